// libs: telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.delivery_store

#include <string>
#include <vector>

#include "actors/persistence/postgres/pg_mutes.hpp"
#include "actors/persistence/postgres/pg_task_store.hpp"
#include "actors/persistence/postgres/uuid_v5.hpp"
#include "tests/support/event_world.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

CAF_TEST_FIXTURE_SCOPE(delivery_store_tests, event_world)

CAF_TEST(a chat gets one message at a time in the order of the log) {
  bind("s1", "chats", "c1");
  bind("s2", "chats", "c2");
  std::vector<event_facts> facts;
  for (int i = 0; i < 3; ++i)
    facts.push_back(make_facts(event_type::task_failed, "s1"));
  facts.push_back(make_facts(event_type::task_failed, "s2"));
  tell(facts);
  const auto first = take("chats");
  CAF_REQUIRE_EQUAL(first.due.size(), 2u);
  CAF_CHECK(first.due[0].facts.id == facts[0].id);
  CAF_CHECK(first.due[1].facts.id == facts[3].id);
  CAF_CHECK(!first.more);
  CAF_CHECK(first.next_try_at.has_value());
  CAF_MESSAGE("leased: the chat waits");
  CAF_CHECK(take("chats").due.empty());
  CAF_MESSAGE("in backoff: the chat waits");
  record("chats", again(first.due[0], 1h));
  CAF_CHECK(take("chats").due.empty());
  CAF_CHECK_EQUAL(ask("SELECT tries FROM deliveries WHERE state = 'pending' "
                      "ORDER BY position LIMIT 1"),
                  "1");
  CAF_MESSAGE("a try that was put back does not count");
  auto throttled = again(first.due[1], 0ms);
  throttled.counts = false;
  record("chats", throttled);
  const auto other = take("chats");
  CAF_REQUIRE_EQUAL(other.due.size(), 1u);
  CAF_CHECK_EQUAL(other.due[0].tries, 0u);
  CAF_MESSAGE("done: the next one is due");
  const auto done = record("chats", sent(first.due[0]));
  CAF_CHECK_EQUAL(done.answer.recorded, 1u);
  const auto second = take("chats");
  CAF_REQUIRE_EQUAL(second.due.size(), 1u);
  CAF_CHECK(second.due[0].facts.id == facts[1].id);
  CAF_MESSAGE("a lease that ran out is taken by whoever comes");
  record("chats", again(second.due[0], 0ms));
  CAF_CHECK_EQUAL(take("chats", 16, -1ms).due.size(), 1u);
  CAF_CHECK_EQUAL(take("chats").due.size(), 1u);
}

CAF_TEST(a storm in one chat can be taken at once and in order) {
  bind("s1", "chats", "c1");
  bind("s2", "chats", "c2");
  std::vector<event_facts> facts;
  for (int i = 0; i < 5; ++i)
    facts.push_back(make_facts(event_type::task_failed, "s1"));
  facts.push_back(make_facts(event_type::task_failed, "s2"));
  tell(facts);
  const auto ids = [&](const deliveries_leased& taken) {
    std::vector<std::size_t> result;
    for (const auto& due : taken.due)
      for (std::size_t i = 0; i < facts.size(); ++i)
        if (facts[i].id == due.facts.id)
          result.push_back(i);
    return result;
  };
  const auto request = take_deliveries{"chats", 1, 60s, 3};
  const auto first = store.take(request);
  CAF_REQUIRE(first);
  CAF_CHECK_EQUAL(ids(*first), (std::vector<std::size_t>{0, 1, 2}));
  CAF_CHECK(first->more);
  const auto other = store.take(request);
  CAF_REQUIRE(other);
  CAF_CHECK_EQUAL(ids(*other), (std::vector<std::size_t>{5}));
  CAF_MESSAGE("the second of them waits: the third does, too");
  record("chats", sent(first->due[0]));
  record("chats", again(first->due[1], 1h));
  record("chats", again(first->due[2], 0ms));
  CAF_CHECK(store.take(request)->due.empty());
  execute("UPDATE deliveries SET next_try_at = now()");
  const auto rest = store.take(request);
  CAF_REQUIRE(rest);
  CAF_CHECK_EQUAL(ids(*rest), (std::vector<std::size_t>{1, 2, 3}));
}

CAF_TEST(targets without chats are taken many at a time) {
  relays = {hook("hook")};
  for (int i = 0; i < 5; ++i)
    tell({make_facts(event_type::task_failed)});
  const auto first = take("hook", 3);
  CAF_CHECK_EQUAL(first.due.size(), 3u);
  CAF_CHECK(first.more);
  CAF_CHECK_EQUAL(first.due[0].chat.chat_id, "");
  const auto second = take("hook", 3);
  CAF_CHECK_EQUAL(second.due.size(), 2u);
  CAF_CHECK(!second.more);
  CAF_CHECK(take("other").due.empty());
}

CAF_TEST(what became of a delivery is an event and it can be sent again) {
  bind("s1", "chats", "c1");
  const auto facts = make_facts(event_type::task_failed, "s1");
  tell({facts});
  const auto due = take("chats").due.at(0);
  CAF_CHECK(upkeep.redeliver_one(redeliver{due.id}).error()
            == make_error(ec::not_redeliverable));
  auto dead = again(due, 0ms);
  dead.state = delivery_state::dead;
  const auto recorded = record("chats", dead);
  CAF_REQUIRE_EQUAL(recorded.events.size(), 1u);
  const auto& told = recorded.events[0];
  CAF_CHECK(told.type == event_type::delivery_dead);
  CAF_CHECK(told.delivery == due.id);
  CAF_CHECK_EQUAL(told.relay, "chats");
  CAF_CHECK(told.task == facts.task);
  CAF_CHECK(told.id != facts.id);
  CAF_MESSAGE("it has its position from there, and nobody is told of it");
  CAF_CHECK(told.position > 0);
  CAF_CHECK_EQUAL(ask("SELECT position FROM events WHERE id = '"
                      + to_string(told.id) + "'"),
                  std::to_string(told.position));
  CAF_CHECK_EQUAL(ask("SELECT last_value FROM event_position"),
                  std::to_string(told.position));
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM deliveries"), "1");
  CAF_MESSAGE("a second record of the same end changes nothing");
  CAF_CHECK_EQUAL(record("chats", sent(due)).answer.recorded, 0u);
  CAF_MESSAGE("redelivery");
  const auto queued = upkeep.redeliver_one(redeliver{due.id});
  CAF_REQUIRE(queued);
  CAF_CHECK(queued->delivery.state == delivery_state::pending);
  CAF_CHECK_EQUAL(queued->delivery.tries, 0u);
  const auto repeated = take("chats").due.at(0);
  CAF_CHECK(repeated.id == due.id);
  const auto end = record("chats", sent(repeated));
  CAF_CHECK(end.events.at(0).type == event_type::delivery_sent);
  CAF_CHECK_EQUAL(ask("SELECT text FROM deliveries"), "what people read");
  const auto unknown = delivery_id{make_uuid_v7()};
  CAF_CHECK(code_of(upkeep.redeliver_one(redeliver{unknown}).error())
            == ec::delivery_not_found);
}

CAF_TEST(what is muted waits and holds no other chat back) {
  pg_mutes mutes{options_for(url())};
  pg_task_store tasks{options_for(url())};
  bind("s1", "chats", "c1");
  bind("s2", "chats", "c2");
  const auto quiet = make_facts(event_type::task_failed, "s1");
  tell({quiet, make_facts(event_type::task_failed, "s2")});
  const auto until = now_utc() + 1h;
  const auto put = mutes.put(
      put_mute{"chats", "c1", until, stored_text::from_store("release")});
  CAF_REQUIRE(put);
  CAF_CHECK_EQUAL(put->mute.waiting, 1u);
  const auto first = take("chats");
  CAF_REQUIRE_EQUAL(first.due.size(), 1u);
  CAF_CHECK_EQUAL(first.due[0].chat.chat_id, "c2");
  record("chats", sent(first.due[0]));
  const auto none = take("chats");
  CAF_CHECK(none.due.empty());
  CAF_REQUIRE(none.next_try_at);
  CAF_CHECK(*none.next_try_at == until);
  const auto seen = upkeep.read(read_backlog{"chats"});
  CAF_REQUIRE(seen);
  CAF_CHECK_EQUAL(seen->pending, 1u);
  CAF_CHECK_EQUAL(seen->muted, 1u);
  CAF_CHECK_EQUAL(seen->oldest.count(), 0);
  list_deliveries of_task;
  of_task.task = quiet.task;
  const auto listed = tasks.list(of_task);
  CAF_REQUIRE(listed);
  CAF_REQUIRE_EQUAL(listed->deliveries.size(), 1u);
  CAF_CHECK(listed->deliveries[0].muted_until == until);
  CAF_MESSAGE("a mute of the relay lasts when that of the chat ends");
  CAF_REQUIRE(mutes.put(put_mute{"chats", "", now_utc() + 1min, {}}));
  CAF_REQUIRE(mutes.clear(clear_mute{"chats", "c1"}));
  CAF_CHECK(take("chats").due.empty());
  const auto all = mutes.list(list_mutes{});
  CAF_REQUIRE(all);
  CAF_REQUIRE_EQUAL(all->mutes.size(), 1u);
  CAF_CHECK_EQUAL(all->mutes[0].waiting, 1u);
  CAF_MESSAGE("over: it is told");
  execute("UPDATE mutes SET until = now()");
  CAF_CHECK(mutes.list(list_mutes{})->mutes.empty());
  CAF_CHECK_EQUAL(take("chats").due.size(), 1u);
  CAF_REQUIRE(mutes.clear(clear_mute{"chats", ""}));
  CAF_CHECK(code_of(mutes.clear(clear_mute{"chats", ""}).error())
            == ec::mute_not_found);
}

CAF_TEST(a muted hook waits) {
  relays = {hook("hook")};
  pg_mutes mutes{options_for(url())};
  tell({make_facts(event_type::task_failed)});
  const auto until = now_utc() + 1h;
  CAF_REQUIRE(mutes.put(put_mute{"hook", "", until, {}}));
  const auto none = take("hook");
  CAF_CHECK(none.due.empty());
  CAF_CHECK(none.next_try_at == until);
  CAF_REQUIRE(mutes.clear(clear_mute{"hook", ""}));
  CAF_CHECK_EQUAL(take("hook").due.size(), 1u);
}

CAF_TEST(failures beyond those that are told one by one come slim) {
  bind("s1", "chats", "c1");
  std::vector<event_facts> facts;
  for (int i = 0; i < 4; ++i)
    facts.push_back(make_facts(event_type::task_failed, "s1"));
  tell(facts);
  auto request = take_deliveries{"chats", 1, 60s, 10};
  request.whole_per_chat = 2;
  const auto taken = store.take(request);
  CAF_REQUIRE(taken);
  CAF_REQUIRE_EQUAL(taken->due.size(), 4u);
  CAF_CHECK(taken->due[1].whole);
  CAF_CHECK(taken->due[1].facts == facts[1]);
  CAF_CHECK(!taken->due[2].whole);
  CAF_CHECK(taken->due[2].facts.title.empty());
  CAF_CHECK(taken->due[3].facts.id == facts[3].id);
  CAF_CHECK(taken->due[3].facts.type == event_type::task_failed);
  CAF_CHECK(taken->due[3].facts.failure_reason == reason::timeout);
}

CAF_TEST(what may have been sent is known by the message that it went in) {
  bind("s1", "chats", "c1");
  std::vector<event_facts> facts;
  for (int i = 0; i < 4; ++i)
    facts.push_back(make_facts(event_type::task_failed, "s1"));
  tell(facts);
  take_deliveries request{"chats", 16, 60s};
  request.per_chat = 10;
  auto taken = store.take(request);
  CAF_REQUIRE(taken);
  CAF_REQUIRE_EQUAL(taken->due.size(), 4u);
  for (const auto& one : taken->due)
    CAF_CHECK(!one.message);
  const auto id = [&](std::size_t i) { return taken->due[i].id; };
  const auto named = store.gather({"chats", {{id(1), id(2)}}});
  CAF_REQUIRE(named);
  CAF_REQUIRE_EQUAL(named->keys.size(), 1u);
  CAF_MESSAGE("the key is made of all that the message tells");
  CAF_CHECK(store.gather({"chats", {{id(2), id(1)}}})->keys == named->keys);
  CAF_CHECK(make_message_key({id(0), id(1), id(2)}) != named->keys[0]);
  CAF_MESSAGE("an answer that was lost, and one that refused");
  auto lost = again(taken->due[0], 0ms);
  lost.doubtful = true;
  record("chats", lost);
  auto refused = again(taken->due[3], 0ms);
  record("chats", refused);
  CAF_MESSAGE("nobody said what became of the two");
  execute("UPDATE deliveries SET leased_until = now() - interval '1 second' "
          "WHERE leased_until IS NOT NULL");
  taken = store.take(request);
  CAF_REQUIRE(taken);
  CAF_REQUIRE_EQUAL(taken->due.size(), 4u);
  CAF_CHECK(taken->due[0].message == id(0));
  CAF_CHECK(taken->due[1].message == named->keys[0]);
  CAF_CHECK(taken->due[2].message == named->keys[0]);
  CAF_CHECK(!taken->due[3].message);
  CAF_MESSAGE("nor of any: the last may have been sent by itself");
  execute("UPDATE deliveries SET leased_until = now() - interval '1 second'");
  taken = store.take(request);
  CAF_REQUIRE(taken);
  CAF_CHECK(taken->due[3].message == id(3));
  CAF_CHECK(taken->due[1].message == named->keys[0]);
}

CAF_TEST(
    what is written to be sent at once has a short lease until it is sent) {
  const auto left = [&] {
    return ask("SELECT CASE "
               "WHEN leased_until > clock_timestamp() + interval '50 s' "
               "THEN 'long' "
               "WHEN leased_until <= clock_timestamp() + interval '5 s' "
               "THEN 'short' END FROM deliveries");
  };
  relays = {{"hook", false, {}}};
  const auto before = std::chrono::steady_clock::now();
  const auto told = tell({make_facts(event_type::task_failed)});
  const auto& due = told.at(0).leased.at(0);
  CAF_CHECK_EQUAL(left(), "short");
  CAF_CHECK(due.leased_until >= before + first_lease);
  CAF_CHECK(due.leased_until <= std::chrono::steady_clock::now() + first_lease);
  CAF_REQUIRE(store.renew({"other", {due.id}, 60s}));
  CAF_CHECK_EQUAL(left(), "short");
  CAF_REQUIRE(store.renew({"hook", {due.id}, 60s}));
  CAF_CHECK_EQUAL(left(), "long");
  CAF_MESSAGE("what is free stays free");
  execute("UPDATE deliveries SET leased_until = NULL");
  CAF_REQUIRE(store.renew({"hook", {due.id}, 60s}));
  CAF_CHECK_EQUAL(take("hook").due.size(), 1u);
}

CAF_TEST(a lease that has ended is not given back since another may have it) {
  relays = {hook("hook")};
  tell({make_facts(event_type::task_failed)});
  const auto lost = take("hook", 16, -1ms).due.at(0);
  CAF_CHECK(lost.leased_until <= std::chrono::steady_clock::now());
  const auto found = take("hook").due.at(0);
  auto late = again(lost, 0ms);
  late.leased_until = lost.leased_until;
  CAF_CHECK_EQUAL(record("hook", late).answer.recorded, 0u);
  CAF_CHECK(take("hook").due.empty());
  CAF_MESSAGE("what was sent is recorded whoever has it");
  auto done = sent(lost);
  done.leased_until = lost.leased_until;
  CAF_CHECK_EQUAL(record("hook", done).answer.recorded, 1u);
  CAF_CHECK_EQUAL(record("hook", again(found, 0ms)).answer.recorded, 0u);
}

CAF_TEST(a target that asked for no more stays so until it changes) {
  relays = {hook("hook")};
  tell({make_facts(event_type::task_failed)});
  auto request = take_deliveries{"hook"};
  request.target = "t1";
  const auto disabled = [&] { return store.take(request)->disabled; };
  const auto due = store.take(request)->due.at(0);
  auto gone = again(due, 0ms);
  gone.state = delivery_state::dead;
  CAF_REQUIRE(
      store.record(record_deliveries{"hook", {gone}, "t1", "HTTP 410"}));
  CAF_CHECK_EQUAL(disabled(), "HTTP 410");
  pg_task_store tasks{options_for(url())};
  const auto checked = tasks.check(check_store{});
  CAF_REQUIRE(checked);
  CAF_REQUIRE_EQUAL(checked->disabled.size(), 1u);
  CAF_CHECK_EQUAL(checked->disabled[0].relay, "hook");
  CAF_MESSAGE("an operator redelivers");
  const auto back = upkeep.redeliver_all(redeliver_dead{"hook"});
  CAF_REQUIRE(back);
  CAF_CHECK_EQUAL(back->count, 1u);
  CAF_CHECK_EQUAL(back->relays, (std::vector<std::string>{"hook"}));
  CAF_CHECK_EQUAL(disabled(), "");
  CAF_MESSAGE("another configuration");
  CAF_REQUIRE(store.record(record_deliveries{"hook", {gone}, "t1", "gone"}));
  CAF_CHECK_EQUAL(disabled(), "gone");
  request.target = "t2";
  CAF_CHECK_EQUAL(disabled(), "");
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM disabled_relays"), "0");
  CAF_CHECK(upkeep.redeliver_all(redeliver_dead{"other"})->count == 0);
  CAF_CHECK(upkeep.read(read_backlog{"hook"})->dead == 1);
}

CAF_TEST(what waits for a relay that nobody configured is found to be ended) {
  bind("s1", "old-name", "c1");
  bind("s2", "chats", "c2");
  tell({make_facts(event_type::task_failed, "s1"),
        make_facts(event_type::task_failed, "s1"),
        make_facts(event_type::task_failed, "s2")});
  const auto look = [&](std::vector<std::string> names) {
    const auto found = store.find_unconfigured({std::move(names)});
    CAF_REQUIRE(found);
    return *found;
  };
  CAF_CHECK(look({"chats", "old-name"}).empty());
  CAF_CHECK_EQUAL(look({}).size(), 2u);
  const auto found = look({"chats", "other"});
  CAF_REQUIRE_EQUAL(found.size(), 1u);
  CAF_CHECK_EQUAL(found[0].relay, "old-name");
  CAF_REQUIRE_EQUAL(found[0].results.size(), 2u);
  CAF_MESSAGE("what is leased is somebody's");
  CAF_CHECK_EQUAL(take("old-name").due.size(), 1u);
  CAF_REQUIRE_EQUAL(look({"chats"}).size(), 1u);
  CAF_CHECK_EQUAL(look({"chats"})[0].results.size(), 1u);
  const auto done = store.record(found[0]);
  CAF_REQUIRE(done);
  CAF_CHECK_EQUAL(done->answer.recorded, 2u);
  CAF_CHECK_EQUAL(done->events.size(), 2u);
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM deliveries WHERE state = 'dead' "
                      "AND last_error LIKE 'no configuration names the relay "
                      "old-name%'"),
                  "2");
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM deliveries WHERE state = "
                      "'pending' AND relay = 'chats'"),
                  "1");
}

CAF_TEST_FIXTURE_SCOPE_END()
