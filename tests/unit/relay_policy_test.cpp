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

CAF_TEST(waits double up to five minutes with full jitter) {
  CAF_CHECK_EQUAL(backoff(0, 1.0).count(), 1000);
  CAF_CHECK_EQUAL(backoff(3, 1.0).count(), 8000);
  CAF_CHECK_EQUAL(backoff(3, 0.5).count(), 4000);
  CAF_CHECK_EQUAL(backoff(9, 1.0).count(), 300'000);
  CAF_CHECK_EQUAL(backoff(4'000'000, 1.0).count(), 300'000);
  CAF_CHECK_EQUAL(backoff(3, 0.0).count(), 50);
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
