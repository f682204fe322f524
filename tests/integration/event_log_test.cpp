// libs: telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.event_log

#include <algorithm>
#include <string>
#include <vector>

#include "actors/persistence/postgres/uuid_v5.hpp"
#include "tests/support/event_world.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

CAF_TEST_FIXTURE_SCOPE(event_log_tests, event_world)

CAF_TEST(an event and its deliveries are read as they were written) {
  bind("s1", "chats", "c1");
  relays = {hook("hook")};
  const auto facts = make_facts(event_type::task_failed, "s1");
  auto told = tell({facts});
  CAF_REQUIRE_EQUAL(told.size(), 1u);
  CAF_CHECK_EQUAL(told[0].position, 1);
  CAF_CHECK(told[0].leased.empty());
  std::ranges::sort(told[0].waiting);
  CAF_CHECK_EQUAL(told[0].waiting, (std::vector<std::string>{"chats", "hook"}));
  const auto read = log.read(read_events{0, 10});
  CAF_REQUIRE(read);
  CAF_REQUIRE_EQUAL(read->events.size(), 1u);
  CAF_CHECK(static_cast<const event_facts&>(read->events[0]) == facts);
  CAF_CHECK_EQUAL(read->events[0].position, 1);
  const auto taken = take("chats");
  CAF_REQUIRE_EQUAL(taken.due.size(), 1u);
  const auto& due = taken.due[0];
  CAF_CHECK_EQUAL(to_string(due.id),
                  to_string(make_delivery_id(facts.id, "chats", "c1")));
  CAF_CHECK(due.facts == facts);
  CAF_CHECK_EQUAL(due.chat.thread_id, "t1");
  CAF_CHECK_EQUAL(due.chat.channel_type, 2);
  CAF_CHECK_EQUAL(due.chat.session.value, "s1");
  // From RFC 9562's appendix: DNS namespace, www.example.com.
  const auto dns = parse_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  CAF_CHECK_EQUAL(to_string(make_uuid_v5(*dns, "www.example.com")),
                  "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

CAF_TEST(a delivery that can go at once is born leased to its writer) {
  bind("s1", "chats", "c1");
  bind("s2", "chats", "c2");
  relays = {{"chats", true, {}, 60s}};
  const auto fail = [&](const std::string& session) {
    return tell({make_facts(event_type::task_failed, session)}).front();
  };
  const auto first = fail("s1");
  CAF_REQUIRE_EQUAL(first.leased.size(), 1u);
  CAF_CHECK(first.waiting.empty());
  CAF_CHECK(first.leased[0].id == make_delivery_id(first.id, "chats", "c1"));
  CAF_CHECK_EQUAL(first.leased[0].chat.chat_id, "c1");
  CAF_CHECK_EQUAL(first.leased[0].chat.thread_id, "t1");
  CAF_CHECK(take("chats").due.empty());
  CAF_MESSAGE("one before it in its chat: it waits");
  const auto second = fail("s1");
  CAF_CHECK(second.leased.empty());
  CAF_CHECK_EQUAL(second.waiting, (std::vector<std::string>{"chats"}));
  CAF_MESSAGE("another chat does not wait for it");
  CAF_CHECK_EQUAL(fail("s2").leased.size(), 1u);
  CAF_MESSAGE("of two for one chat the first goes");
  execute("UPDATE deliveries SET state = 'sent'");
  const auto both = tell({make_facts(event_type::task_failed, "s1"),
                          make_facts(event_type::task_failed, "s1")});
  CAF_CHECK_EQUAL(both[0].leased.size(), 1u);
  CAF_CHECK(both[1].leased.empty());
  CAF_MESSAGE("a mute, of the chat or of the relay: it waits");
  execute("UPDATE deliveries SET state = 'sent'");
  execute("INSERT INTO mutes (relay, chat_id, until)"
          " VALUES ('chats', 'c1', now() + interval '1 hour')");
  CAF_CHECK(fail("s1").leased.empty());
  CAF_CHECK_EQUAL(fail("s2").leased.size(), 1u);
  execute("UPDATE deliveries SET state = 'sent'");
  execute("UPDATE mutes SET chat_id = ''");
  CAF_CHECK(fail("s2").leased.empty());
  CAF_MESSAGE("a target that asked for no more");
  execute("DELETE FROM mutes; UPDATE deliveries SET state = 'sent'; "
          "INSERT INTO disabled_relays (relay, target, why)"
          " VALUES ('chats', 't', 'gone')");
  CAF_CHECK(fail("s2").leased.empty());
  CAF_MESSAGE("a relay that runs elsewhere");
  execute("DELETE FROM disabled_relays; UPDATE deliveries SET state = 'sent'");
  relays = {{"other", true, {}, 60s}};
  CAF_CHECK(fail("s2").leased.empty());
}

CAF_TEST(of a storm only a few go at once) {
  relays = {{"hook", false, {}, 60s}};
  std::vector<event_facts> many;
  for (int i = 0; i < 50; ++i)
    many.push_back(make_facts(event_type::task_failed));
  std::size_t leased = 0;
  for (const auto& event : tell(many))
    leased += event.leased.size();
  CAF_CHECK_EQUAL(leased, 32u);
  CAF_MESSAGE("and while they are under way none");
  CAF_CHECK(tell({make_facts(event_type::task_failed)})[0].leased.empty());
  CAF_CHECK_EQUAL(take("hook", 100).due.size(), 19u);
  CAF_MESSAGE("a lease that ran out is found like any other");
  execute("UPDATE deliveries SET leased_until = now() - interval '1 second'");
  const auto again = take("hook", 100);
  CAF_REQUIRE_EQUAL(again.due.size(), 51u);
  CAF_CHECK(again.due[0].message == again.due[0].id); // it may have been sent
}

CAF_TEST(a recovery is told only where its failure was told) {
  bind("s1", "chats", "c1");
  relays.clear();
  const auto recovery_of = [](const event_facts& failure) {
    auto facts = make_facts(event_type::task_recovered, "s1");
    facts.task = failure.task;
    return facts;
  };
  const auto count = [this] { return ask("SELECT count(*) FROM deliveries"); };
  tell({make_facts(event_type::task_recovered, "s1")});
  CAF_CHECK_EQUAL(count(), "0");
  const auto failure = make_facts(event_type::task_failed, "s1");
  tell({failure});
  CAF_CHECK_EQUAL(count(), "1");
  tell({recovery_of(failure)});
  CAF_CHECK_EQUAL(count(), "2");
  CAF_MESSAGE("a failure that never arrived needs no recovery");
  const auto lost = make_facts(event_type::task_failed, "s1");
  tell({lost});
  execute("UPDATE deliveries SET state = 'dead', next_try_at = NULL "
          "WHERE event_id = '"
          + to_string(lost.id) + "'");
  const auto late = recovery_of(lost);
  tell({late});
  CAF_CHECK_EQUAL(count(), "3");
  CAF_MESSAGE("a hook hears of each");
  relays = {hook("hook")};
  tell({make_facts(event_type::task_recovered, "s1")});
  CAF_CHECK_EQUAL(count(), "4");
}

CAF_TEST(a failure and its deliveries are one transaction) {
  bind("s1", "chats", "c1");
  auto options = options_for(url());
  options.rules = task_rules{.retry = {}, .relays = {{"chats", true, {}, 60s}}};
  auto tasks = make_pg_task_store(options);
  create_task request;
  request.task.id.value = make_uuid_v7();
  request.task.kind = "review";
  request.task.chat_session.value = "s1";
  CAF_REQUIRE(tasks->create(request));
  std::vector<committed_event> told;
  const auto fail = [&] {
    std::vector<pending_report> batch(1);
    batch[0].ready.task = request.task.id;
    batch[0].ready.status = task_status::failed;
    batch[0].ready.failure_reason = reason::agent_provider_network;
    batch[0].ready.detail = stored_text::from_store("connection reset");
    const auto events = tasks->apply(batch);
    if (events)
      told = *events;
    return events ? batch[0].result : code_of(events.error());
  };
  const auto status = [&] {
    return ask("SELECT status FROM tasks WHERE id = '"
               + to_string(request.task.id) + "'");
  };
  for (const std::string table : {"events", "deliveries"}) {
    CAF_MESSAGE("no row in " << table << ": no failure");
    execute("CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE "
            "plpgsql AS 'BEGIN RAISE EXCEPTION ''refused''; END';"
            "CREATE TRIGGER refuse BEFORE INSERT ON "
            + table + " FOR EACH ROW EXECUTE FUNCTION refuse()");
    CAF_CHECK(fail() != ec::none);
    CAF_CHECK_EQUAL(status(), "queued");
    CAF_CHECK_EQUAL(ask("SELECT count(*) FROM events"), "1");
    execute("DROP TRIGGER refuse ON " + table);
  }
  CAF_CHECK(fail() == ec::none);
  CAF_CHECK_EQUAL(status(), "failed");
  CAF_REQUIRE_EQUAL(told.size(), 1u);
  CAF_CHECK_EQUAL(told[0].error.view(), "connection reset");
  CAF_CHECK_EQUAL(told[0].leased.size(), 1u);
  CAF_CHECK_EQUAL(ask("SELECT chat_id FROM deliveries WHERE leased_until"
                      " > now()"),
                  "c1");
}

CAF_TEST(a sweep tells of its failures in its own transaction) {
  bind("s1", "chats", "c1");
  auto options = options_for(url());
  options.rules = task_rules{.retry = {}, .relays = {{"chats", true, {}, 60s}}};
  auto tasks = make_pg_task_store(options);
  create_task request;
  request.task.id.value = make_uuid_v7();
  request.task.kind = "review";
  request.task.chat_session.value = "s1";
  CAF_REQUIRE(tasks->create(request));
  execute("UPDATE tasks SET created_at = now() - interval '1 day'");
  sweep_tasks sweep;
  sweep.kind = sweep_kind::queue_ttl;
  sweep.threshold = 1h;
  sweep.failure_reason = reason::queued_expired;
  sweep.sentinel = redacted_text::from_platform("task expired in queue");
  const auto swept = tasks->sweep(sweep);
  CAF_REQUIRE(swept);
  CAF_REQUIRE_EQUAL(swept->events.size(), 1u);
  CAF_REQUIRE_EQUAL(swept->events[0].leased.size(), 1u);
  CAF_CHECK_EQUAL(swept->events[0].leased[0].chat.chat_id, "c1");
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM deliveries"), "1");
}

CAF_TEST_FIXTURE_SCOPE_END()
