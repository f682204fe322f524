// libs: telltale_relay
#define CAF_SUITE unit.relay_policy

#include <deque>

#include "actors/relay/circuit.hpp"
#include "actors/relay/pacing.hpp"
#include "actors/relay/policy.hpp"

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

CAF_TEST(no window holds more than the limits of an app allow) {
  steady_time now{};
  pacer pace{5, 50, 1000, now};
  std::deque<steady_time> sent;
  std::size_t most_a_second = 0;
  std::size_t most_a_minute = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto chat = "c" + std::to_string(i);
    now += pace.wait(chat, now);
    pace.take(chat, now);
    sent.push_back(now);
    const auto since = [&](auto window) {
      return static_cast<std::size_t>(
          std::count_if(sent.begin(), sent.end(),
                        [&](steady_time t) { return now - t < window; }));
    };
    most_a_second = std::max(most_a_second, since(1s));
    most_a_minute = std::max(most_a_minute, since(60s));
  }
  CAF_CHECK(most_a_second <= 50u);
  CAF_CHECK(most_a_minute <= 1000u);
  CAF_CHECK(most_a_minute >= 900u);
  CAF_CHECK(pace.known_chats() <= 1100u);
}

CAF_TEST(a message that travels slowly does not make the next ones too many) {
  steady_time now{};
  pacer pace{5, 1000, 100'000, now};
  std::deque<steady_time> arrived;
  // Slow, quick, quick …: each arrives as late as it can, at its answer.
  for (int i = 0; i < 40; ++i) {
    now += pace.wait("c", now);
    pace.take("c", now);
    now += i % 6 == 0 ? 190ms : 1ms;
    arrived.push_back(now);
    pace.answered("c", now);
    if (arrived.size() > 5) {
      CAF_CHECK(arrived.back() - arrived.front() >= 1s);
      arrived.pop_front();
    }
  }
}

CAF_TEST(a failed probe doubles the wait and an answer closes the circuit) {
  circuit breaker;
  steady_time now{};
  for (int i = 1; i < 5; ++i)
    CAF_CHECK(!breaker.failed(now));
  CAF_CHECK_EQUAL(breaker.wait(now).count(), 0);
  CAF_CHECK(breaker.failed(now));
  CAF_CHECK_EQUAL(breaker.wait(now).count(), 1000);
  CAF_CHECK(!breaker.failed(now + 10ms)); // it was under way
  CAF_CHECK_EQUAL(breaker.wait(now + 1s).count(), 0);
  breaker.failed(now + 1s);
  CAF_CHECK_EQUAL(breaker.wait(now + 1s).count(), 2000);
  breaker.answered();
  CAF_CHECK(!breaker.is_open());
}
