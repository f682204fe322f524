// libs: telltale_relay telltale_failed_task_payload
#define CAF_SUITE unit.relay_backlog
#include <string>

#include "tests/support/backlog_world.hpp"

using namespace std::chrono_literals;
using namespace telltale;
using namespace telltale::test;

namespace {

config::relay_config defaults(const std::string& type) {
  config::relay_config options;
  options.type = type;
  return options;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(relay_backlog_tests, backlog_fixture)

CAF_TEST(a hook with a long backlog gets about as many ticks as messages) {
  for (std::size_t i = 0; i < 3000; ++i)
    waiting->add(i, "");
  begin(defaults("webhook"));
  const auto took = drain(5min);
  CAF_MESSAGE(took.count() << " ms, " << ticks() << " ticks, " << waiting->takes
                           << " takes, " << waiting->records << " records, "
                           << waiting->recounts << " recounts, "
                           << waiting->fruitless_takes << " fruitless");
  CAF_CHECK_EQUAL(waiting->sent, 3000u);
  CAF_CHECK_EQUAL(target->sends, 3000u);
  CAF_CHECK(ticks() <= 2 * target->sends);
  CAF_CHECK(waiting->takes <= target->sends / 4);
  CAF_CHECK(waiting->records <= target->sends / 4);
  CAF_CHECK(took <= 3000s / 180);
  CAF_CHECK(target->most_at_once <= 32u);
  CAF_CHECK(timers() <= 3);
  CAF_MESSAGE("afterwards there are only the ticks of the idle poll");
  run_for(10s);
  const auto before = ticks();
  const auto takes = waiting->takes;
  run_for(60s);
  CAF_CHECK(ticks() - before <= 20);
  CAF_CHECK(waiting->takes - takes <= 13);
}

CAF_TEST(a storm over many chats gets about as many ticks as messages) {
  for (std::size_t i = 0; i < 2000; ++i)
    waiting->add(i, "chat-" + std::to_string(i % 400));
  target->answer = [](const http::client_request&, steady_time) {
    return http_outcome{http::client_response{
        200,
        {},
        R"({"code":0,"tenant_access_token":"t","expire":7200,)"
        R"("data":{"message_id":"om_1"}})"}};
  };
  begin(defaults("lark"));
  const auto took = drain(5min);
  CAF_MESSAGE(took.count() << " ms, " << target->sends << " sends, " << ticks()
                           << " ticks, " << waiting->takes << " takes, "
                           << waiting->records << " records, "
                           << waiting->put_back << " put back, "
                           << waiting->fruitless_takes << " fruitless");
  CAF_CHECK_EQUAL(waiting->sent, 2000u);
  CAF_CHECK(ticks() <= 2 * target->sends);
  CAF_CHECK(waiting->takes <= target->sends / 4);
  CAF_CHECK(waiting->records <= target->sends / 2);
  CAF_CHECK(waiting->put_back <= 16u * 5u); // once, for the pause
  CAF_CHECK(took <= 90s); // 1000 a minute, the first 1000 at once
  CAF_CHECK(most_within(1s) <= 50u);
  CAF_CHECK(most_within(60s) <= 1000u);
  run_for(10s);
  const auto before = ticks();
  run_for(60s);
  CAF_CHECK(ticks() - before <= 20);
}

CAF_TEST(pairs of results close together do not multiply ticks) {
  begin(chat_options());
  std::size_t number = 0;
  for (int round = 0; round < 50; ++round)
    for (int pair = 0; pair < 2; ++pair) {
      waiting->add(number++, "chat-" + std::to_string(round));
      tell();
      run_for(20ms);
    }
  drain(1min);
  CAF_CHECK_EQUAL(waiting->sent, 100u);
  CAF_MESSAGE(ticks() << " ticks");
  CAF_CHECK(ticks() <= 3 * 100u);
  run_for(10s);
  const auto before = ticks();
  run_for(60s);
  CAF_CHECK(ticks() - before <= 20);
  CAF_CHECK(timers() <= 3);
}

CAF_TEST(a relay that shows its bot as online has few ticks) {
  auto options = chat_options();
  options.heartbeat = true;
  begin(options);
  for (std::size_t i = 0; i < 60; ++i) {
    waiting->add(i, "one chat");
    tell();
    run_for(100ms);
  }
  run_for(30s);
  const auto before = ticks();
  const auto beats = target->beats;
  run_for(10min);
  CAF_CHECK(target->beats - beats >= 29u);
  CAF_CHECK(target->beats - beats <= 31u);
  CAF_CHECK(ticks() - before <= 200);
  CAF_CHECK(timers() <= 3);
}

CAF_TEST(a store whose clock is behind is not asked all the time) {
  begin(chat_options());
  run_for(10s);
  waiting->add(1, "c");
  waiting->rows.front().next_try = sys.clock().now() + 1h;
  const auto takes = waiting->takes;
  waiting->behind = 2h; // it says that it is due, and does not give it
  tell();
  run_for(60s);
  CAF_CHECK(waiting->takes - takes <= 30);
}

CAF_TEST_FIXTURE_SCOPE_END()
