// libs: telltale_relay telltale_failed_task_payload
#define CAF_SUITE unit.relay_watch
#include <string>
#include <vector>

#include "tests/support/relay_world.hpp"

using namespace std::chrono_literals;
using namespace telltale;
using namespace telltale::test;

CAF_TEST_FIXTURE_SCOPE(relay_watch_tests, relay_fixture)

CAF_TEST(a storm is asked for whole only as far as it may be told singly) {
  auto options = chat_options();
  options.digest_threshold = 3000;
  start(options);
  CAF_CHECK_EQUAL(store->takes.back().per_chat, 3001u);
  CAF_CHECK_EQUAL(store->takes.back().whole_per_chat, 3000u);
  options.digest_threshold = 1;
  start(options);
  CAF_CHECK_EQUAL(store->takes.back().per_chat, 2000u);
  CAF_CHECK_EQUAL(store->takes.back().whole_per_chat, 10u); // titles
  options.digest_window = 0ms;
  start(options);
  CAF_CHECK_EQUAL(store->takes.back().whole_per_chat,
                  store->takes.back().per_chat);
}

CAF_TEST(as many as the threshold are told singly and one more is a storm) {
  const auto out = start();
  std::vector<notice> few;
  for (std::uint8_t i = 1; i <= 5; ++i)
    few.push_back(due(i, "c1"));
  deliver(few);
  CAF_CHECK_EQUAL(out->all[0].message.detail, "it broke");
  std::vector<notice> many;
  for (std::uint8_t i = 11; i <= 16; ++i)
    many.push_back(due(i, "c2"));
  many[3].chat.locale = "zh-CN"; // the first one's language is the digest's
  deliver(many);
  CAF_REQUIRE_EQUAL(out->all.size(), 2u);
  CAF_CHECK(out->all[1].message.message.starts_with("⚠️ 6 runs failed"));
}

CAF_TEST(the rest of a storm too large for one message follows at once) {
  const auto out = start();
  std::vector<notice> storm;
  for (int i = 0; i < 2000; ++i) {
    storm.push_back(due(1, "c1"));
    storm.back().id.value.bytes[0] = static_cast<std::uint8_t>(i / 250);
    storm.back().id.value.bytes[1] = static_cast<std::uint8_t>(i % 250);
  }
  deliver(storm);
  CAF_REQUIRE_EQUAL(out->all.size(), 1u);
  CAF_CHECK(out->all[0].message.message.starts_with("⚠️ 2000 runs failed"));
  answer(*out, message_sent{"1"});
  CAF_CHECK_EQUAL(store->results.size(), 2000u);
  deliver({due(2, "c1"), due(3, "c1")});
  CAF_REQUIRE_EQUAL(out->all.size(), 2u);
  CAF_CHECK(out->all[1].message.message.starts_with("⚠️ 2 runs failed"));
  answer(*out, message_sent{"2"});
  CAF_MESSAGE("what comes after that is held");
  deliver({due(4, "c1")});
  CAF_CHECK_EQUAL(out->all.size(), 2u);
}

CAF_TEST(chats that hang take their own places and no others) {
  auto options = chat_options();
  options.max_in_flight = 4;
  const auto out = start(options);
  deliver({due(1, "h1"), due(2, "h2"), due(3, "h3")});
  CAF_REQUIRE_EQUAL(out->all.size(), 3u);
  deliver({due(4, "c4")}); // stays in the store: three of four are at work
  CAF_CHECK_EQUAL(out->all.size(), 3u);
  pass(2s);
  CAF_REQUIRE_EQUAL(out->all.size(), 4u);
  CAF_CHECK_EQUAL(out->all[3].chat.chat_id, "c4");
  CAF_CHECK_EQUAL(store->takes.back().limit, 1u);
}

CAF_TEST(a lease outlasts the slowest send) {
  auto options = chat_options();
  options.request_timeout = 5min;
  start(options);
  CAF_CHECK(store->takes.back().lease > 15min);
}

CAF_TEST(operators see what waits and what is under way) {
  store->backlog = {5, 2, 1, 90s};
  const auto out = start();
  const auto read = [&](counter which, const char* label = "octo-main") {
    return counters->read(which, label);
  };
  CAF_CHECK_EQUAL(read(counter::deliveries, "octo-main/pending"), 5);
  CAF_CHECK_EQUAL(read(counter::deliveries, "octo-main/muted"), 2);
  CAF_CHECK_EQUAL(read(counter::deliveries, "octo-main/dead"), 1);
  CAF_CHECK_EQUAL(read(counter::oldest_pending_seconds), 90);
  auto old = due(1, "c1");
  old.created_at = now_utc() - 3s;
  deliver({old});
  CAF_CHECK_EQUAL(read(counter::sends_in_flight), 1);
  store->backlog = {};
  pass(15s);
  CAF_CHECK_EQUAL(read(counter::deliveries, "octo-main/pending"), 0);
  answer(*out, message_sent{"1"});
  CAF_CHECK_EQUAL(read(counter::sends_in_flight), 0);
  double sends = 0;
  double age = 0;
  for (const auto& seen : counters->distributions())
    (seen.id == counter::send_seconds ? sends : age) += seen.sum;
  CAF_CHECK(sends >= 15);
  CAF_CHECK(age >= 3);
  deliver({due(2, "c1")});
  answer(*out, try_again{"busy", 1s, true, false});
  CAF_CHECK_EQUAL(read(counter::throttled_total), 1);
  CAF_CHECK_EQUAL(read(counter::deliveries_total, "octo-main/throttled"), 1);
}

CAF_TEST(a relay that ends puts back what it did not send) {
  const auto out = start();
  deliver({due(1, "c1"), due(2, "c1")});
  CAF_REQUIRE_EQUAL(out->all.size(), 1u);
  self->send_exit(relays.front(), caf::exit_reason::user_shutdown);
  settle_all();
  CAF_MESSAGE("it waits a moment for the answer to what it sent");
  CAF_CHECK(store->results.empty());
  out->answer(message_sent{"1"});
  settle_all();
  CAF_REQUIRE_EQUAL(store->results.size(), 2u);
  CAF_CHECK(store->results.front().id == due(1, "").id);
  CAF_CHECK(store->results.front().state == delivery_state::sent);
  CAF_CHECK(last().id == due(2, "").id);
  CAF_CHECK(last().state == delivery_state::pending);
  CAF_CHECK(!last().counts);
  for (const auto& sample : counters->samples())
    CAF_CHECK(sample.id != counter::deliveries);
  CAF_CHECK_EQUAL(counters->read(counter::timers, "relay"), 0);
}

CAF_TEST(a relay that ends without an answer puts back all that it took) {
  const auto out = start();
  deliver({due(1, "c1"), due(2, "c1")});
  const auto takes = store->takes.size();
  self->send_exit(relays.front(), caf::exit_reason::user_shutdown);
  self->send(relays.front(), deliveries_due{});
  settle_all();
  pass(499ms);
  CAF_CHECK(store->results.empty());
  CAF_CHECK_EQUAL(store->takes.size(), takes);
  pass(1ms);
  CAF_REQUIRE_EQUAL(store->results.size(), 2u);
  for (const auto& result : store->results) {
    CAF_CHECK(result.state == delivery_state::pending);
    CAF_CHECK(!result.counts);
    CAF_CHECK_EQUAL(result.retry_in.count(), 0);
  }
}

CAF_TEST(what is being taken when a relay ends is handed back) {
  const auto out = start();
  store->to_take.push_back({{due(1, "c1")}, false, {}});
  self->send(relays.front(), deliveries_due{});
  sched.run_once(); // it asks
  self->send_exit(relays.front(), caf::exit_reason::user_shutdown);
  settle_all();
  CAF_CHECK(out->all.empty());
  CAF_REQUIRE_EQUAL(store->results.size(), 1u);
  CAF_CHECK(last().state == delivery_state::pending);
  CAF_CHECK(!last().counts);
}

CAF_TEST(the metrics of a relay go with its name alone) {
  start();
  for (const auto* name : {"octo-main", "octo-main-2"}) {
    counters->add(counter::deliveries_total, std::string{name} + "/sent");
    counters->set(counter::relay_circuit_open, name, 1);
    counters->observe(counter::send_seconds, name, 1);
  }
  forget_relay_metrics(*counters, "octo-main");
  std::size_t left = 0;
  for (const auto& sample : counters->samples()) {
    CAF_CHECK(!sample.label.starts_with("octo-main/"));
    left += sample.label.starts_with("octo-main-2") ? 1U : 0U;
  }
  CAF_CHECK_EQUAL(left, 2u);
  CAF_CHECK_EQUAL(counters->distributions().size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
