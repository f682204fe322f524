// libs: telltale_command_sink
#define CAF_SUITE unit.sink_limits
#include <boost/json/object.hpp>

#include "commands/sink/sink_faults.hpp"
#include "commands/sink/sink_limits.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale::commands;
using namespace std::chrono_literals;

namespace {

const sink_limiter::moment start{1'000h};

/// One message every `step`, to chats by turns: how many of `count` pass.
int passed(sink_limiter& limiter, const std::string& relay, int count,
           std::chrono::milliseconds step, int chats = 1,
           const std::string& prefix = "c") {
  int result = 0;
  for (int n = 0; n < count; ++n)
    if (!limiter.admit(relay, prefix + std::to_string(n % chats),
                       start + n * step))
      ++result;
  return result;
}

} // namespace

CAF_TEST(each chat takes what its documentation says and refuses the next) {
  struct row {
    const char* relay;
    const char* prefix;
    int chats;
    int count; ///< sent within a moment
    int pass;
  };
  for (const auto& [relay, prefix, chats, count, pass] :
       {row{"lark", "oc_", 1, 6, 5}, row{"lark", "oc_", 100, 51, 50},
        row{"slack", "C", 1, 4, 3}, row{"slack", "C", 400, 301, 300},
        row{"telegram", "1", 1, 4, 3}, row{"telegram", "1", 100, 31, 30},
        row{"lark-bot", "h", 1, 6, 5}, row{"slack-webhook", "h", 1, 4, 3},
        row{"discord", "h", 1, 6, 5}, row{"dingtalk", "t", 1, 21, 20},
        row{"wecom", "k", 1, 21, 20}, row{"octo", "g", 1, 6, 5},
        row{"octo", "g", 100, 51, 50}, row{"webhook", "", 1, 3'000, 3'000}}) {
    sink_limiter limiter{true, 0};
    CAF_MESSAGE(relay);
    CAF_CHECK_EQUAL(passed(limiter, relay, count, 0ms, chats, prefix), pass);
    CAF_CHECK_EQUAL(limiter.refused(relay),
                    static_cast<std::uint64_t>(count - pass));
  }
}

CAF_TEST(an app has a limit of a minute beside that of a second) {
  sink_limiter limiter{true, 0};
  // 25 a second break no second's limit, and the minute's after 40 s.
  CAF_CHECK_EQUAL(passed(limiter, "lark", 1'250, 40ms, 400), 1'000);
  sink_limiter steady{true, 0};
  CAF_CHECK_EQUAL(passed(steady, "lark", 2'000, 61ms, 400), 2'000);
}

CAF_TEST(a group of telegram has a limit that a person has not ) {
  sink_limiter limiter{true, 0};
  CAF_CHECK_EQUAL(passed(limiter, "telegram", 30, 1100ms, 1, "-100"), 20);
  CAF_CHECK_EQUAL(passed(limiter, "telegram", 30, 1100ms, 1, "77"), 30);
}

CAF_TEST(no span of a limit holds more than it allows) {
  sink_limiter limiter{true, 0};
  // At 4.9 s and 5.1 s there are two seconds by the clock, and one span.
  CAF_CHECK_EQUAL(passed(limiter, "lark", 5, 1ms), 5);
  CAF_CHECK(limiter.admit("lark", "c0", start + 999ms).has_value());
  CAF_CHECK(!limiter.admit("lark", "c0", start + 1'000ms).has_value());
  CAF_CHECK(limiter.admit("lark", "c0", start + 1'000ms).has_value());
}

CAF_TEST(a refusal says when the message would be taken) {
  sink_limiter limiter{true, 0};
  CAF_CHECK_EQUAL(passed(limiter, "telegram", 20, 2'000ms, 1, "-1"), 20);
  const auto refused = limiter.admit("telegram", "-10", start + 40s);
  CAF_REQUIRE(refused.has_value());
  CAF_CHECK(refused->per == sink_limit::scope::group);
  CAF_CHECK_EQUAL(refused->wait.count(), 20'000);
  CAF_CHECK(!limiter.admit("telegram", "-10", start + 60s).has_value());
}

CAF_TEST(a robot that was too fast is shut out for ten minutes) {
  sink_limiter limiter{true, 0};
  CAF_CHECK_EQUAL(passed(limiter, "dingtalk", 21, 10ms), 20);
  CAF_CHECK(limiter.admit("dingtalk", "c0", start + 9min).has_value());
  CAF_CHECK(!limiter.admit("dingtalk", "c0", start + 20min).has_value());
}

CAF_TEST(chats that are quiet are forgotten) {
  sink_limiter limiter{true, 0};
  for (int n = 0; n < 100'000; ++n)
    static_cast<void>(
        limiter.admit("slack", std::to_string(n), start + n * 250ms));
  CAF_CHECK(limiter.windows() <= 4'097);
}

CAF_TEST(a sink without limits refuses nothing) {
  sink_limiter limiter{false, 0};
  CAF_CHECK_EQUAL(passed(limiter, "lark", 5'000, 0ms), 5'000);
  CAF_CHECK(limiter.list().empty());
}

CAF_TEST(a fault of a time ends with it and one of a number with that) {
  sink_faults faults;
  faults.add({{"away", true}, {"for_ms", 1'000}, {"relay", "octo"}}, start);
  for (int n = 0; n < 50; ++n)
    CAF_CHECK(faults.meet("octo", "g", start + n * 10ms).has_value());
  CAF_CHECK(!faults.meet("lark", "g", start).has_value());
  const auto met = faults.meet("octo", "g", start + 999ms);
  CAF_REQUIRE(met.has_value());
  CAF_CHECK_EQUAL(met->status, 502u);
  CAF_CHECK(met->body.starts_with("<html>"));
  CAF_CHECK(!faults.meet("octo", "g", start + 1'000ms).has_value());
  faults.add({{"next", 2}, {"chat", "slow"}, {"hang", true}}, start);
  CAF_CHECK(!faults.meet("octo", "g", start).has_value());
  CAF_CHECK(faults.meet("octo", "slow", start).has_value());
  CAF_CHECK(faults.meet("octo", "slow", start + 1h).has_value());
  CAF_CHECK(!faults.meet("octo", "slow", start).has_value());
}

CAF_TEST(faults that nobody meets do not pile up) {
  sink_faults faults;
  for (int n = 0; n < 1'500; ++n)
    faults.add({{"next", 1}, {"chat", std::to_string(n)}}, start);
  CAF_CHECK_EQUAL(faults.size(), 1'000u);
  faults.add({{"clear", true}}, start);
  CAF_CHECK_EQUAL(faults.size(), 0u);
}
