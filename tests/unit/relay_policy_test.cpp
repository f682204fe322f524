// libs: telltale_relay
#define CAF_SUITE unit.relay_policy

#include <algorithm>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "actors/relay/delivery/circuit.hpp"
#include "actors/relay/delivery/pacing.hpp"
#include "actors/relay/delivery/policy.hpp"

#include <caf/test/dsl.hpp>

using namespace std::chrono_literals;
using namespace telltale;

namespace {

const try_again no_answer{"no answer", {}, false, true};

} // namespace

CAF_TEST(waits double up to five minutes on average with full jitter) {
  struct row {
    std::uint32_t tries;
    double random;
    std::int64_t milliseconds;
  };
  for (const auto& [tries, random, expected] : {
           row{1, 0.0, 50},      // at least
           row{1, 0.5, 4'000},   // 1 s × 2²
           row{1, 1.0, 8'000},   // evenly up to twice the average
           row{2, 0.5, 8'000},   //
           row{7, 0.5, 256'000}, //
           row{8, 0.5, 300'000}, // 512 s, held at 5 min
           row{9, 1.0, 600'000}, //
           row{4'000'000, 0.5, 300'000},
       })
    CAF_CHECK_EQUAL(backoff(tries, random).count(), expected);
}

CAF_TEST(ten tries take about twenty minutes) {
  // 4 + 8 + 16 + 32 + 64 + 128 + 256 + 300 + 300 s on average.
  auto expected = 0ms;
  auto most = 0ms;
  for (std::uint32_t tries = 1; tries < 10; ++tries) {
    expected += backoff(tries, 0.5);
    most += backoff(tries, 1.0);
  }
  CAF_CHECK_EQUAL(expected.count(), 1'108'000); // 18.5 min
  CAF_CHECK_EQUAL(most.count(), 2'216'000);
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
  started_try started;
  started.tries = 8;
  started.most_tries = 10;
  CAF_CHECK(settle(started, no_answer).result.state == delivery_state::pending);
  CAF_CHECK(settle(started, no_answer).transport_failed);
  started.tries = 9;
  const auto end = settle(started, no_answer).result;
  CAF_CHECK(end.state == delivery_state::dead);
  CAF_CHECK_EQUAL(end.error, "no answer");
  const auto throttled = settle(started, try_again{"busy", 7s, true, false});
  CAF_CHECK(throttled.result.state == delivery_state::pending);
  CAF_CHECK(!throttled.result.counts);
  CAF_CHECK_EQUAL(throttled.result.retry_in.count(), 7000);
  CAF_CHECK(!throttled.transport_failed);
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

namespace {

/// What a circuit is told and how it then stands.
struct circuit_row {
  enum class what : std::uint8_t { fails, answers, throttles, looks };
  std::chrono::milliseconds at;
  what happened;
  const char* chat;
  bool open_for_all;
  std::int64_t wait; ///< of that chat
};

void run_circuit(const std::vector<circuit_row>& rows) {
  using what = circuit_row::what;
  circuit breaker;
  for (const auto& row : rows) {
    const auto now = steady_time{} + 1h + row.at;
    if (row.happened == what::fails)
      static_cast<void>(breaker.failed(row.chat, now, now));
    else if (row.happened == what::answers)
      breaker.answered(row.chat, now);
    else if (row.happened == what::throttles)
      breaker.throttled(row.chat);
    CAF_MESSAGE("at " << row.at.count() << " ms, chat " << row.chat);
    CAF_CHECK_EQUAL(breaker.is_open(), row.open_for_all);
    CAF_CHECK_EQUAL(breaker.wait(row.chat, now).count(), row.wait);
  }
}

constexpr auto fails = circuit_row::what::fails;
constexpr auto answers = circuit_row::what::answers;
constexpr auto throttles = circuit_row::what::throttles;
constexpr auto looks = circuit_row::what::looks;

std::vector<circuit_row> seven_failures(const char* other = "b") {
  std::vector<circuit_row> rows;
  for (int i = 0; i < 7; ++i)
    rows.push_back({1ms, fails, i % 2 == 0 ? "a" : other, false, 0});
  return rows;
}

} // namespace

CAF_TEST(eight failures over two chats open the circuit and probes grow rarer) {
  auto rows = seven_failures();
  rows.insert(rows.end(), {
                              {2ms, fails, "b", true, 5000},
                              {2ms, looks, "c", true, 5000}, // everybody
                              {5002ms, looks, "c", true, 0}, // a probe
                              {5002ms, fails, "c", true, 10'000},
                              {15'002ms, fails, "a", true, 20'000},
                              {35'002ms, fails, "a", true, 40'000},
                              {75'002ms, fails, "a", true, 60'000},
                              {135'002ms, fails, "a", true, 60'000},
                              {195'002ms, answers, "a", false, 0},
                              {195'003ms, fails, "a", false, 0}, // from anew
                          });
  run_circuit(rows);
}

CAF_TEST(an answer within five seconds keeps the circuit closed) {
  std::vector<circuit_row> rows{{0ms, answers, "c", false, 0}};
  for (int i = 0; i < 20; ++i)
    rows.push_back({1s, fails, i % 2 == 0 ? "a" : "b", false, 0});
  rows.push_back({4999ms, fails, "a", false, 0});
  rows.push_back({5s, fails, "a", true, 5000});
  run_circuit(rows);
}

CAF_TEST(throttles neither open a circuit nor keep it closed) {
  auto rows = seven_failures();
  for (int i = 0; i < 20; ++i)
    rows.push_back({1ms, throttles, "a", false, 0});
  rows.push_back({2ms, fails, "a", true, 5000});
  CAF_MESSAGE("but a probe that is throttled has met somebody");
  rows.push_back({5002ms, throttles, "a", false, 0});
  run_circuit(rows);
}

CAF_TEST(a chat that fails by itself holds up no other) {
  auto rows = seven_failures("a");
  rows.insert(rows.end(), {
                              {1ms, fails, "a", false, 5000},
                              {1ms, looks, "b", false, 0},
                              {2ms, answers, "b", false, 0},
                              {2ms, looks, "a", false, 4999},
                              {3ms, fails, "b", false, 0},
                              {5001ms, fails, "a", false, 10'000},
                              {15'001ms, answers, "a", false, 0},
                          });
  run_circuit(rows);
}

CAF_TEST(a target without chats is one) {
  auto rows = seven_failures("");
  for (auto& row : rows)
    row.chat = "";
  rows.push_back({1ms, fails, "", true, 5000});
  run_circuit(rows);
}

CAF_TEST(what was under way when a circuit opened says nothing new) {
  circuit breaker;
  const auto now = steady_time{} + 1h;
  for (int i = 0; i < 8; ++i)
    static_cast<void>(breaker.failed("", now, now));
  CAF_CHECK(!breaker.failed("", now - 1s, now + 1s));
  CAF_CHECK_EQUAL(breaker.wait(now + 1s).count(), 4000);
}

CAF_TEST(a probe without an answer spends no try) {
  started_try started;
  started.tries = 9;
  started.most_tries = 10;
  started.probe = true;
  const auto failed = settle(started, no_answer);
  CAF_CHECK(failed.result.state == delivery_state::pending);
  CAF_CHECK(!failed.result.counts);
  CAF_CHECK(failed.transport_failed);
}
