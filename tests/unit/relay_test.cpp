// libs: telltale_relay telltale_failed_task_payload
#define CAF_SUITE unit.relay
#include <string>
#include <vector>

#include "tests/support/relay_world.hpp"

using namespace std::chrono_literals;
using namespace telltale;
using namespace telltale::test;

CAF_TEST_FIXTURE_SCOPE(relay_tests, relay_fixture)

CAF_TEST(a delivery is leased sent and recorded with its text) {
  const auto out = start();
  CAF_CHECK_EQUAL(store->takes.size(), 1u);
  CAF_CHECK_EQUAL(store->takes[0].lease.count(), 60'000);
  deliver({due(1, "c1", payload("password [REDACTED:x] is wrong"))});
  CAF_REQUIRE_EQUAL(out->all.size(), 1u);
  const auto copy = "⚠️ " + catalog::of("en").copy("timeout");
  CAF_CHECK_EQUAL(out->all[0].message.message, copy);
  CAF_CHECK_EQUAL(out->all[0].message.detail, "password [REDACTED:x] is wrong");
  CAF_CHECK(store->results.empty());
  answer(*out, message_sent{"9007199254740993"});
  CAF_REQUIRE_EQUAL(store->results.size(), 1u);
  CAF_CHECK(last().state == delivery_state::sent);
  CAF_CHECK_EQUAL(last().message_id, "9007199254740993");
  CAF_CHECK_EQUAL(last().text,
                  copy + "\npassword [REDACTED:x] is wrong\nFix it");
  CAF_CHECK_EQUAL(counters->read(counter::deliveries_total, "octo-main/sent"),
                  1);
}

CAF_TEST(an attempt that is being retried is told to nobody) {
  const auto out = start();
  deliver({due(1, "c1", payload("first try", true)), due(2, "c2")});
  CAF_REQUIRE_EQUAL(out->all.size(), 1u);
  CAF_CHECK(out->all[0].key == due(2, "").id);
  CAF_REQUIRE_EQUAL(store->results.size(), 1u);
  CAF_CHECK(last().state == delivery_state::dead);
  CAF_CHECK(last().text.empty());
}

CAF_TEST(a lost answer is followed by the same key) {
  const auto out = start();
  deliver({due(1, "c1")});
  answer(*out, no_answer);
  CAF_CHECK(last().state == delivery_state::pending);
  CAF_CHECK(last().counts);
  CAF_CHECK(last().retry_in >= 50ms && last().retry_in <= 8s);
  deliver({due(1, "c1", payload("it broke"), 1)});
  CAF_REQUIRE_EQUAL(out->all.size(), 2u);
  CAF_CHECK(out->all[0].key == out->all[1].key);
}

CAF_TEST(a chat that hangs delays no other chat and no other relay) {
  const auto slow = start();
  const auto quick = start();
  deliver({due(1, "slow")});
  CAF_CHECK_EQUAL(slow->in_flight.size(), 1u);
  deliver({due(2, "other")});
  CAF_REQUIRE_EQUAL(slow->in_flight.size(), 2u);
  slow->answer(slow->in_flight.back(), message_sent{"2"});
  settle_all();
  CAF_CHECK(last().id == due(2, "").id);
  store->to_take.push_back({{due(3, "c3")}, false, {}});
  self->send(relays.back(), deliveries_due{});
  settle_all();
  CAF_CHECK_EQUAL(quick->in_flight.size(), 1u);
  CAF_CHECK_EQUAL(slow->all.size(), 2u);
}

CAF_TEST(a chat hears its messages in order and one at a time) {
  const auto out = start();
  deliver({due(1, "c1"), due(2, "c1"), due(3, "c1")});
  CAF_CHECK_EQUAL(out->all.size(), 1u);
  answer(*out, message_sent{"1"});
  CAF_CHECK_EQUAL(out->all.size(), 2u);
  answer(*out, try_again{"busy", 3s, true, false});
  CAF_CHECK_EQUAL(out->all.size(), 2u);
  pass(100ms);
  CAF_REQUIRE_EQUAL(store->results.size(), 3u);
  CAF_CHECK(store->results[1].id == due(2, "").id);
  CAF_CHECK(store->results[2].id == due(3, "").id);
  for (const auto i : {1u, 2u}) {
    CAF_CHECK(store->results[i].state == delivery_state::pending);
    CAF_CHECK(!store->results[i].counts);
    CAF_CHECK_EQUAL(store->results[i].retry_in.count(), 3000);
  }
}

CAF_TEST(results that follow one another soon are recorded together) {
  const auto out = start();
  deliver({due(1, "c1"), due(2, "c2"), due(3, "c3")});
  answer(*out, message_sent{"1"});
  CAF_CHECK_EQUAL(store->results.size(), 1u);
  answer(*out, message_sent{"2"});
  answer(*out, message_sent{"3"});
  CAF_CHECK_EQUAL(store->results.size(), 1u);
  pass(100ms);
  CAF_CHECK_EQUAL(store->results.size(), 3u);
  CAF_CHECK_EQUAL(store->records, 2);
}

CAF_TEST(a broken binding is dead at once and counted) {
  const auto out = start();
  deliver({due(1, "c1")});
  answer(*out, given_up{"not in the chat", true, false});
  CAF_CHECK(last().state == delivery_state::dead);
  CAF_CHECK_EQUAL(last().error, "not in the chat");
  CAF_CHECK_EQUAL(counters->read(counter::broken_bindings_total, "octo-main"),
                  1);
}

CAF_TEST(a hook that is gone gets nothing more) {
  auto options = chat_options();
  options.type = "webhook";
  const auto out = start(options);
  const auto first = due(1, "");
  deliver({first, due(2, "", payload("retried", true))});
  CAF_REQUIRE_EQUAL(out->all.size(), 2u); // a hook hears of retries too
  CAF_CHECK_EQUAL(out->all[0].envelope, first.payload->envelope());
  CAF_CHECK_EQUAL(store->takes.back().target.size(), 64u);
  answer(*out, given_up{"gone", false, true});
  answer(*out, message_sent{});
  CAF_CHECK_EQUAL(store->disabled, (std::vector<std::string>{"gone"}));
  CAF_CHECK_EQUAL(counters->read(counter::relay_disabled, "octo-main"), 1);
  deliver({due(3, "")});
  pass(100ms);
  CAF_CHECK_EQUAL(out->all.size(), 2u);
  CAF_CHECK(last().id == due(3, "").id);
  CAF_CHECK(last().state == delivery_state::dead);
  CAF_MESSAGE("an operator redelivers: the store has forgotten it");
  store->disabled_now.clear();
  deliver({due(3, "")});
  CAF_CHECK_EQUAL(out->all.size(), 3u);
  CAF_CHECK_EQUAL(counters->read(counter::relay_disabled, "octo-main"), 0);
}

CAF_TEST(a hook that was gone before the start is left alone) {
  store->disabled_now = "HTTP 410";
  auto options = chat_options();
  options.type = "webhook";
  const auto out = start(options);
  CAF_CHECK_EQUAL(counters->read(counter::relay_disabled, "octo-main"), 1);
  deliver({due(1, "")});
  CAF_CHECK(out->all.empty());
  CAF_CHECK(last().state == delivery_state::dead);
  CAF_CHECK(store->disabled.empty());
}

CAF_TEST(a target without answers is left alone and then probed) {
  auto options = chat_options();
  options.type = "webhook";
  const auto out = start(options);
  for (std::uint8_t i = 1; i <= 8; ++i) {
    deliver({due(i, "")});
    answer(*out, no_answer);
    CAF_CHECK(last().counts);
  }
  CAF_CHECK_EQUAL(counters->read(counter::relay_circuit_open, "octo-main"), 1);
  const auto takes = store->takes.size();
  deliver({due(9, "", payload("it broke"), 9)});
  CAF_CHECK_EQUAL(store->takes.size(), takes);
  CAF_CHECK_EQUAL(out->all.size(), 8u);
  pass(5s);
  CAF_REQUIRE_EQUAL(out->all.size(), 9u);
  CAF_CHECK_EQUAL(store->takes.back().limit, 1u);
  CAF_MESSAGE("a probe costs no try, not even the last one");
  answer(*out, no_answer);
  pass(100ms);
  CAF_CHECK(last().id == due(9, "").id);
  CAF_CHECK(last().state == delivery_state::pending);
  CAF_CHECK(!last().counts);
  CAF_CHECK_EQUAL(last().retry_in.count(), 10'000);
  CAF_CHECK_EQUAL(counters->read(counter::throttled_total, "octo-main"), 0);
  store->to_take.push_back({{due(9, "", payload("it broke"), 9)}, false, {}});
  pass(9s);
  CAF_CHECK_EQUAL(out->all.size(), 9u);
  pass(1s);
  CAF_REQUIRE_EQUAL(out->all.size(), 10u);
  answer(*out, message_sent{});
  CAF_CHECK_EQUAL(counters->read(counter::relay_circuit_open, "octo-main"), 0);
  deliver({due(10, ""), due(11, "")});
  CAF_CHECK_EQUAL(out->all.size(), 12u);
}

CAF_TEST(a chat that gives no answers by itself holds up no other) {
  const auto out = start();
  for (std::uint8_t i = 1; i <= 8; ++i) {
    deliver({due(i, "bad")});
    answer(*out, no_answer);
  }
  CAF_CHECK_EQUAL(counters->read(counter::relay_circuit_open, "octo-main"), 0);
  deliver({due(9, "bad"), due(10, "good")});
  CAF_REQUIRE_EQUAL(out->all.size(), 9u);
  CAF_CHECK_EQUAL(out->all.back().chat.chat_id, "good");
  pass(100ms);
  CAF_CHECK(last().id == due(9, "").id);
  CAF_CHECK(last().state == delivery_state::pending);
  CAF_CHECK(!last().counts);
  CAF_CHECK(last().retry_in > 4s && last().retry_in <= 5s);
  answer(*out, message_sent{"1"});
  pass(5s);
  deliver({due(9, "bad")});
  CAF_CHECK_EQUAL(out->all.size(), 10u);
}

CAF_TEST(what was committed with a lease goes without asking the store) {
  const auto out = start();
  const auto takes = store->takes.size();
  self->send(relays.front(), notices_due{{due(1, "c1"), due(2, "c2")}});
  settle_all();
  pass(1ms);
  CAF_CHECK_EQUAL(out->all.size(), 2u);
  answer(*out, message_sent{"1"});
  answer(*out, message_sent{"2"});
  pass(100ms);
  CAF_CHECK_EQUAL(store->results.size(), 2u);
  CAF_CHECK_EQUAL(store->takes.size(), takes);
  CAF_MESSAGE("unless something waits behind it");
  self->send(relays.front(), notices_due{{due(3, "c1")}});
  store->to_take.push_back({{}, false, now_utc() + 60s}); // behind its lease
  self->send(relays.front(), deliveries_due{});
  settle_all();
  const auto asked = store->takes.size();
  pass(1ms);
  answer(*out, message_sent{"3"});
  pass(100ms);
  CAF_CHECK_EQUAL(store->takes.size(), asked + 1);
}

CAF_TEST(a notice for a chat that is being told something goes back) {
  const auto out = start();
  deliver({due(1, "c1")});
  self->send(relays.front(), notices_due{{due(2, "c1"), due(3, "c3")}});
  settle_all();
  pass(101ms);
  CAF_REQUIRE_EQUAL(out->all.size(), 2u);
  CAF_CHECK_EQUAL(out->all[1].chat.chat_id, "c3");
  CAF_REQUIRE_EQUAL(store->results.size(), 1u);
  CAF_CHECK(last().id == due(2, "").id);
  CAF_CHECK(last().state == delivery_state::pending);
  CAF_CHECK(!last().counts);
  CAF_CHECK(!last().doubtful);
}

CAF_TEST(results wait until the store is back) {
  const auto out = start();
  deliver({due(1, "c1")});
  store->broken = true;
  answer(*out, message_sent{"m"});
  CAF_CHECK(store->results.empty());
  store->broken = false;
  pass(1s);
  CAF_REQUIRE_EQUAL(store->results.size(), 1u);
  CAF_CHECK_EQUAL(last().message_id, "m");
}

CAF_TEST(a storm becomes one message and all its deliveries are sent) {
  const auto out = start();
  std::vector<notice> storm;
  for (std::uint8_t i = 1; i <= 8; ++i)
    storm.push_back(due(i, "c1"));
  storm.push_back(due(9, "c1"));
  storm.back().payload = recovery();
  deliver(storm);
  CAF_REQUIRE_EQUAL(out->all.size(), 1u);
  CAF_CHECK(out->all[0].message.message.starts_with("⚠️ 8 runs failed"));
  answer(*out, message_sent{"digest"});
  CAF_REQUIRE_EQUAL(store->results.size(), 8u);
  for (const auto& result : store->results) {
    CAF_CHECK(result.state == delivery_state::sent);
    CAF_CHECK_EQUAL(result.message_id, "digest");
  }
  CAF_REQUIRE_EQUAL(out->all.size(), 2u);
  CAF_CHECK(out->all[1].message.good_news);
  answer(*out, message_sent{"good"});
  // The rest of the storm waits to be gathered.
  deliver({due(10, "c1")});
  pass(100ms);
  CAF_CHECK_EQUAL(out->all.size(), 2u);
  CAF_CHECK(last().state == delivery_state::pending);
  CAF_CHECK(!last().counts);
  CAF_CHECK(last().retry_in > 7s && last().retry_in <= 8s);
}

CAF_TEST(a chat is never sent more than its rate) {
  auto options = chat_options();
  options.rate_per_chat = 2;
  const auto out = start(options);
  deliver({due(1, "c1"), due(2, "c1"), due(3, "c1")});
  answer(*out, message_sent{"1"});
  answer(*out, message_sent{"2"});
  CAF_CHECK_EQUAL(out->all.size(), 2u);
  pass(996ms);
  CAF_CHECK_EQUAL(out->all.size(), 2u);
  pass(2ms);
  CAF_CHECK_EQUAL(out->all.size(), 3u);
}

CAF_TEST(what waits in memory for too long is put back before its lease ends) {
  auto options = chat_options();
  options.rate_per_chat = 0.01;
  const auto out = start(options);
  deliver({due(1, "c1"), due(2, "c1")});
  answer(*out, message_sent{"1"});
  CAF_CHECK_EQUAL(store->results.size(), 1u);
  for (int i = 0; i < 7; ++i)
    pass(5s);
  CAF_CHECK_EQUAL(out->all.size(), 1u);
  CAF_REQUIRE_EQUAL(store->results.size(), 2u);
  CAF_CHECK(last().state == delivery_state::pending);
  CAF_CHECK(!last().counts);
}

CAF_TEST(the store is polled slowly and when something falls due) {
  const auto out = start();
  const auto before = store->takes.size();
  pass(4900ms);
  CAF_CHECK_EQUAL(store->takes.size(), before);
  pass(200ms);
  CAF_CHECK_EQUAL(store->takes.size(), before + 1);
  store->to_take.push_back({{}, false, now_utc() + 300ms});
  self->send(relays.front(), deliveries_due{});
  settle_all();
  pass(301ms);
  CAF_CHECK_EQUAL(store->takes.size(), before + 3);
  CAF_CHECK(out->all.empty());
}

CAF_TEST(a bot is shown as online only if that is wanted) {
  auto options = chat_options();
  CAF_CHECK_EQUAL(start(options)->beats, 0);
  options.heartbeat = true;
  const auto out = start(options);
  CAF_CHECK_EQUAL(out->beats, 1);
  pass(20s);
  CAF_CHECK_EQUAL(out->beats, 2);
}

CAF_TEST_FIXTURE_SCOPE_END()
