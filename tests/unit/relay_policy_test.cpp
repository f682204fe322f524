// libs: telltale_relay
#define CAF_SUITE unit.relay_policy

#include <algorithm>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "actors/relay/delivery/pacing.hpp"
#include "actors/relay/delivery/policy.hpp"

#include <caf/test/dsl.hpp>

using namespace std::chrono_literals;
using namespace telltale;

namespace {

const try_again no_answer{"no answer", {}, false, true};

delivery_id delivery(std::uint16_t number) {
  delivery_id id;
  id.value.bytes[14] = static_cast<std::uint8_t>(number / 256);
  id.value.bytes[15] = static_cast<std::uint8_t>(number % 256);
  return id;
}

retry_schedule schedule_of(const char* type, std::int64_t tries = 10) {
  config::relay_config options;
  options.type = type;
  options.tries = tries;
  return retry_schedule{options};
}

constexpr std::uint16_t many = 2'000; // deliveries

} // namespace

CAF_TEST(waits double up to five minutes on average and are spread evenly) {
  const auto schedule = schedule_of("octo");
  struct row {
    std::uint32_t tries;
    std::int64_t average;
  };
  for (const auto& [tries, average] :
       {row{1, 4'000}, row{2, 8'000}, row{3, 16'000}, row{7, 256'000},
        row{8, 300'000}, row{9, 300'000}, row{4'000'000, 300'000}}) {
    std::int64_t sum = 0;
    std::size_t below_half = 0;
    for (std::uint16_t n = 0; n < many; ++n) {
      const auto wait = schedule.wait_after(delivery(n), tries).count();
      CAF_REQUIRE(wait >= 50);
      CAF_REQUIRE(wait <= 2 * average);
      sum += wait;
      below_half += wait < average / 2 ? 1U : 0U;
    }
    CAF_CHECK(sum / many > average * 95 / 100);
    CAF_CHECK(sum / many < average * 105 / 100);
    CAF_CHECK(below_half > many / 5u);
    CAF_CHECK(below_half < many * 3u / 10u);
  }
}

CAF_TEST(no message of a chat is dead before twenty minutes are over) {
  const auto schedule = schedule_of("telegram");
  for (std::uint16_t n = 0; n < many; ++n) {
    auto waited = 0ms;
    std::uint32_t tries = 1;
    for (; !schedule.is_over(delivery(n), tries); ++tries)
      waited += schedule.wait_after(delivery(n), tries);
    CAF_CHECK(waited >= 20min);
    CAF_CHECK(waited <= 50min);
    CAF_CHECK(tries >= 10u);
    CAF_CHECK(tries <= 30u);
  }
  CAF_MESSAGE("unless an operator wants fewer tries");
  CAF_CHECK(!schedule_of("telegram", 3).is_over(delivery(1), 2));
  CAF_CHECK(schedule_of("telegram", 3).is_over(delivery(1), 3));
}

CAF_TEST(a hook is tried over three days as its scheme proposes) {
  const auto schedule = schedule_of("webhook");
  const std::vector<std::chrono::milliseconds> proposed{
      5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h, 24h};
  for (std::uint16_t n = 0; n < 50; ++n)
    for (std::uint32_t tries = 1; tries <= proposed.size(); ++tries) {
      const auto wait = schedule.wait_after(delivery(n), tries);
      CAF_CHECK(wait >= proposed[tries - 1]);
      CAF_CHECK(wait <= proposed[tries - 1] * 11 / 10);
      CAF_CHECK_EQUAL(schedule.is_over(delivery(n), tries), tries >= 10);
    }
}

CAF_TEST(a store that withholds what it calls due is asked ever more rarely) {
  CAF_CHECK_EQUAL(wait_for_due(3s, 0).count(), 3000);
  CAF_CHECK_EQUAL(wait_for_due(0s, 0).count(), 5);
  CAF_CHECK_EQUAL(wait_for_due(-1h, 1).count(), 10);
  CAF_CHECK_EQUAL(wait_for_due(-1h, 6).count(), 320);
  CAF_CHECK_EQUAL(wait_for_due(-1h, 4'000'000).count(), 5120);
}

CAF_TEST(another address or secret makes a hook another target) {
  config::relay_config hook;
  hook.type = "webhook";
  hook.url = "https://h/1";
  hook.secrets = {config::secret{"whsec_a"}};
  const auto before = target_digest(hook);
  CAF_CHECK_EQUAL(before.size(), 64u);
  CAF_CHECK_EQUAL(target_digest(hook), before);
  auto moved = hook;
  moved.url = "https://h/2";
  CAF_CHECK(target_digest(moved) != before);
  auto rotated = hook;
  rotated.secrets = {config::secret{"whsec_b"}};
  CAF_CHECK(target_digest(rotated) != before);
  hook.type = "octo";
  CAF_CHECK_EQUAL(target_digest(hook), "");
}

CAF_TEST(the last try that fails is the end unless it was throttled) {
  const auto schedule = schedule_of("octo", 5);
  tried_message what;
  what.tries = 3;
  CAF_CHECK(settle(what, schedule, no_answer).result.state
            == delivery_state::pending);
  CAF_CHECK(settle(what, schedule, no_answer).transport_failed);
  what.tries = 4;
  const auto end = settle(what, schedule, no_answer).result;
  CAF_CHECK(end.state == delivery_state::dead);
  CAF_CHECK_EQUAL(end.error, "no answer");
  const auto throttled =
      settle(what, schedule, try_again{"busy", 7s, true, false});
  CAF_CHECK(throttled.result.state == delivery_state::pending);
  CAF_CHECK(!throttled.result.counts);
  CAF_CHECK(!throttled.result.doubtful);
  CAF_CHECK_EQUAL(throttled.result.retry_in.count(), 7000);
  CAF_CHECK(throttled.throttled);
  CAF_CHECK(!throttled.transport_failed);
}

CAF_TEST(what certainly did not arrive is no doubt) {
  const auto schedule = schedule_of("octo");
  auto lost = no_answer;
  CAF_CHECK(settle({}, schedule, lost).result.doubtful);
  lost.may_be_sent = false;
  CAF_CHECK(!settle({}, schedule, lost).result.doubtful);
}

CAF_TEST(a refused credential spends no try of any message) {
  tried_message what;
  what.tries = 9;
  const auto settled =
      settle(what, schedule_of("slack"), credential_refused{"invalid_auth"});
  CAF_CHECK(settled.credential_refused);
  CAF_CHECK(settled.result.state == delivery_state::pending);
  CAF_CHECK(!settled.result.counts);
  CAF_CHECK(!settled.result.doubtful);
  CAF_CHECK_EQUAL(settled.result.retry_in.count(), 0);
}

CAF_TEST(a success that cannot be read is told once more and then left) {
  const auto schedule = schedule_of("slack");
  auto unreadable = no_answer;
  unreadable.unreadable = true;
  tried_message what;
  const auto first = settle(what, schedule, unreadable).result;
  CAF_CHECK(first.state == delivery_state::pending);
  CAF_CHECK(first.doubtful);
  CAF_CHECK(first.retry_in >= 12min);
  what.tries = 1;
  const auto second = settle(what, schedule, unreadable).result;
  CAF_CHECK(second.state == delivery_state::sent);
  CAF_CHECK(second.error.starts_with("doubtful"));
}

namespace {

/// Sends as fast as the pacer lets it, each answered after `travel(n)`, and
/// tells when each arrived: at its answer, as late as it can.
std::vector<steady_time>
arrivals(pacer& pace, std::size_t amount, std::size_t chats, bool one_by_one,
         const std::function<std::chrono::milliseconds(std::size_t)>& travel) {
  struct flight {
    steady_time answer;
    std::string chat;
  };
  const auto later = [](const flight& a, const flight& b) {
    return a.answer > b.answer;
  };
  std::priority_queue<flight, std::vector<flight>, decltype(later)> flights{
      later};
  std::vector<steady_time> arrived;
  steady_time now{};
  std::size_t sent = 0;
  while (arrived.size() < amount) {
    while (!flights.empty() && flights.top().answer <= now) {
      arrived.push_back(flights.top().answer);
      pace.answered(flights.top().chat, now);
      flights.pop();
    }
    const auto chat =
        chats == 0 ? std::string{} : "c" + std::to_string(sent % chats);
    const auto wait = pace.wait(chat, now);
    const bool free = !one_by_one || flights.empty();
    if (sent < amount && free && wait == 0ms) {
      pace.start(chat, now);
      flights.push({now + travel(sent), chat});
      ++sent;
      continue;
    }
    auto next = steady_time::max();
    if (!flights.empty())
      next = flights.top().answer;
    if (sent < amount && free)
      next = std::min<steady_time>(next, now + wait);
    now = std::max<steady_time>(next, now + 1ms);
  }
  std::ranges::sort(arrived);
  return arrived;
}

std::size_t most_within(const std::vector<steady_time>& times,
                        std::chrono::milliseconds window) {
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < times.size(); ++last) {
    while (times[last] - times[first] >= window)
      ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

double a_second(const std::vector<steady_time>& times) {
  const std::chrono::duration<double> all = times.back() - times.front();
  return static_cast<double>(times.size()) / all.count();
}

send_limits of_type(const char* type) {
  config::relay_config options;
  options.type = type;
  return limits_of(options);
}

} // namespace

CAF_TEST(
    no window at the other side holds more than a limit and none is wasted) {
  struct row {
    const char* type;
    std::size_t chats;
    bool one_by_one;
    std::size_t a_second; ///< at most
    std::size_t a_minute;
    double least; ///< of the pace, messages a second
  };
  const auto uneven = [](std::size_t n) {
    return n % 6 == 0 ? 190ms : (n % 2 == 0 ? 60ms : 1ms);
  };
  for (const auto& [type, chats, one_by_one, second, minute, least] : {
           row{"lark", 3000, false, 50, 1000, 1000 / 65.0},
           row{"lark", 1, true, 5, 1000, 4.0},
           row{"octo", 3000, false, 50, 3000, 42},
           row{"slack", 1, true, 1, 60, 0.9},
           row{"slack", 400, false, 300, 300, 4.7},
           row{"telegram", 1, true, 1, 60, 0.9},
           row{"telegram", 400, false, 30, 1800, 26},
           row{"lark-bot", 1, true, 5, 100, 1.5},
           row{"slack-webhook", 1, true, 1, 60, 0.9},
           row{"discord", 1, true, 5, 30, 0.45},
           row{"dingtalk", 1, true, 20, 20, 0.3},
           row{"wecom", 1, true, 20, 20, 0.3},
       }) {
    pacer pace{of_type(type)};
    const auto times = arrivals(pace, 2000, chats, one_by_one, uneven);
    CAF_MESSAGE(type << ": " << a_second(times) << " a second");
    CAF_CHECK(most_within(times, 1s) <= second);
    CAF_CHECK(most_within(times, 60s) <= minute);
    CAF_CHECK(a_second(times) >= least);
    CAF_CHECK(pace.known_chats() <= 1100u);
  }
}

CAF_TEST(a hook gets two hundred a second however long it takes to answer) {
  pacer pace{of_type("webhook")};
  const auto times =
      arrivals(pace, 3000, 0, false, [](std::size_t) { return 60ms; });
  CAF_CHECK(a_second(times) >= 190);
  CAF_CHECK(a_second(times) <= 215);
}

CAF_TEST(only groups have a limit a minute at Telegram) {
  pacer pace{of_type("telegram")};
  steady_time now{};
  for (int i = 0; i < 20; ++i) {
    for (const auto* chat : {"-1001", "42"}) {
      CAF_CHECK_EQUAL(pace.wait(chat, now).count(), 0);
      pace.start(chat, now);
      pace.answered(chat, now);
    }
    now += 1s;
  }
  CAF_CHECK_EQUAL(pace.wait("-1001", now).count(), 40'000);
  CAF_CHECK_EQUAL(pace.wait("42", now).count(), 0);
}

CAF_TEST(rates below one and with a fraction are kept) {
  struct row {
    double rate;
    std::int64_t after_first;
    std::int64_t after_second;
  };
  for (const auto& [rate, first, second] :
       {row{0.01, 100'000, 100'000}, row{2.5, 0, 800}, row{1, 1000, 1000}}) {
    pacer pace{send_limits{.per_app = rate}};
    steady_time now{};
    pace.start({}, now);
    pace.answered({}, now);
    CAF_CHECK_EQUAL(pace.wait({}, now).count(), first);
    now += std::chrono::milliseconds{first};
    pace.start({}, now);
    pace.answered({}, now);
    CAF_CHECK_EQUAL(pace.wait({}, now).count(), second);
  }
}

CAF_TEST(what chats allow is the default and what an operator says wins) {
  CAF_CHECK_EQUAL(of_type("lark").per_app_minute, 1000.0);
  CAF_CHECK_EQUAL(of_type("wecom").per_app_minute, 20.0);
  CAF_CHECK_EQUAL(of_type("slack").per_chat, 1.0);
  config::relay_config choices;
  choices.type = "slack";
  choices.rate_per_chat = 4;
  CAF_CHECK_EQUAL(limits_of(choices).per_chat, 4.0);
  CAF_CHECK_EQUAL(of_type("octo").per_chat, 5.0);
}

CAF_TEST(a probe without an answer spends no try) {
  tried_message what;
  what.tries = 9;
  what.probe = true;
  const auto failed = settle(what, schedule_of("octo", 10), no_answer);
  CAF_CHECK(failed.result.state == delivery_state::pending);
  CAF_CHECK(!failed.result.counts);
  CAF_CHECK(failed.transport_failed);
}
