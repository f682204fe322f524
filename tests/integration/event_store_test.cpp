// libs: telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.event_store

#include <algorithm>
#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "actors/persistence/replica_notifier.hpp"
#include "actors/persistence/uuid_v5.hpp"
#include "tests/support/event_world.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

CAF_TEST_FIXTURE_SCOPE(event_store_tests, event_world)

CAF_TEST(an event published twice has one position and one delivery) {
  bind("s1", "chats", "c1");
  const auto facts = committed_facts(event_type::task_failed, "s1");
  auto request = publish_events{{prepare(facts), prepare(facts)}};
  request.events[0].webhooks = {"hook"};
  const auto first = store.publish(request);
  CAF_REQUIRE(first);
  CAF_REQUIRE_EQUAL(first->events.size(), 1u);
  CAF_CHECK_EQUAL(first->events[0].position, 1);
  CAF_CHECK_EQUAL(first->due_relays.size(), 2u);
  pg_event_store other{options_for(url())};
  const auto second = other.publish(request);
  CAF_REQUIRE(second);
  CAF_CHECK(second->events.empty());
  CAF_CHECK(second->due_relays.empty());
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM deliveries"), "2");
  CAF_CHECK_EQUAL(ask("SELECT last_value FROM event_position"), "1");
  const auto taken = take("chats");
  CAF_REQUIRE_EQUAL(taken.due.size(), 1u);
  const auto& due = taken.due[0];
  CAF_CHECK_EQUAL(to_string(due.id),
                  to_string(make_delivery_id(facts.id, "chats", "c1")));
  CAF_CHECK_EQUAL(due.payload, request.events[0].payload);
  CAF_CHECK_EQUAL(due.envelope,
                  request.events[0].head + request.events[0].payload + "}");
  CAF_CHECK_EQUAL(due.envelope, first->events[0].envelope);
  CAF_CHECK_EQUAL(due.chat.thread_id, "t1");
  CAF_CHECK_EQUAL(due.chat.channel_type, 2);
  CAF_CHECK_EQUAL(due.chat.session.value, "s1");
  // From RFC 9562's appendix: DNS namespace, www.example.com.
  const auto dns = parse_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  CAF_CHECK_EQUAL(to_string(make_uuid_v5(*dns, "www.example.com")),
                  "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

CAF_TEST(a transaction that commits late is published after those before it) {
  const auto late = make_facts(event_type::task_created);
  pqxx::connection connection{url()};
  pqxx::work held_open{connection};
  insert(held_open, late);
  const auto early = committed_facts(event_type::task_started, "");
  auto found = store.take(take_unpublished{0ms, 10});
  CAF_REQUIRE(found);
  CAF_REQUIRE_EQUAL(found->facts.size(), 1u);
  CAF_CHECK(found->facts[0] == early);
  const auto first = publish({early});
  CAF_CHECK_EQUAL(first.events.at(0).position, 1);
  held_open.commit();
  found = store.take(take_unpublished{0ms, 10});
  CAF_REQUIRE(found);
  CAF_REQUIRE_EQUAL(found->facts.size(), 1u);
  CAF_CHECK(found->facts[0] == late);
  const auto second = publish({late});
  CAF_CHECK_EQUAL(second.events.at(0).position, 2);
  const auto read = store.read(read_events{1, 10});
  CAF_REQUIRE(read);
  CAF_REQUIRE_EQUAL(read->events.size(), 1u);
  CAF_CHECK(read->events[0].id == late.id);
  CAF_CHECK_EQUAL(read->newest, 2);
  CAF_CHECK_EQUAL(read->oldest, 1);
  CAF_CHECK(store.take(take_unpublished{1h, 10})->facts.empty());
}

CAF_TEST(publishers that race give positions without a gap) {
  constexpr int rounds = 25;
  constexpr int batch = 4;
  std::vector<std::vector<event_facts>> all(3);
  {
    pqxx::connection connection{url()};
    pqxx::work work{connection};
    for (auto& mine : all) {
      for (int i = 0; i < rounds * batch; ++i) {
        mine.push_back(make_facts(event_type::task_created));
        insert(work, mine.back());
      }
    }
    work.commit();
  }
  std::atomic<int> failures{0};
  std::atomic<int> running{3};
  std::vector<std::thread> publishers;
  for (const auto& mine : all) {
    publishers.emplace_back([&, this] {
      pg_event_store own{options_for(url())};
      for (int round = 0; round < rounds; ++round) {
        publish_events request;
        for (int i = 0; i < batch; ++i)
          request.events.push_back(
              prepare(mine[static_cast<std::size_t>(round * batch + i)]));
        if (!own.publish(request))
          ++failures;
      }
      --running;
    });
  }
  // A subscriber that reads while they write sees 1, 2, 3, ...
  std::int64_t seen = 0;
  std::int64_t gaps = 0;
  bool last_look = false;
  while (!last_look) {
    last_look = running == 0;
    const auto read = store.read(read_events{seen, 1000});
    CAF_REQUIRE(read);
    for (const auto& event : read->events)
      gaps += event.position == ++seen ? 0 : 1;
    CAF_REQUIRE_EQUAL(read->newest, seen);
  }
  for (auto& one : publishers)
    one.join();
  CAF_CHECK_EQUAL(failures, 0);
  CAF_CHECK_EQUAL(gaps, 0);
  CAF_CHECK_EQUAL(seen, 3 * rounds * batch);
}

CAF_TEST(a recovery is told only where its failure was told) {
  bind("s1", "chats", "c1");
  const auto failure = committed_facts(event_type::task_failed, "s1");
  auto recovery = make_facts(event_type::task_recovered, "s1");
  recovery.task = failure.task;
  commit(recovery);
  const auto stranger = committed_facts(event_type::task_recovered, "s1");
  CAF_MESSAGE("its failure is committed and not published: it waits");
  CAF_CHECK(publish({recovery}).events.empty());
  CAF_CHECK_EQUAL(publish({stranger}).events.size(), 1u);
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM deliveries"), "0");
  const auto both = publish({failure, recovery});
  CAF_CHECK_EQUAL(both.events.size(), 2u);
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM deliveries"), "2");
  CAF_MESSAGE("a failure that never arrived needs no recovery");
  const auto lost = committed_facts(event_type::task_failed, "s1");
  publish({lost});
  execute("UPDATE deliveries SET state = 'dead', next_try_at = NULL "
          "WHERE event_id = '"
          + to_string(lost.id) + "'");
  auto late = make_facts(event_type::task_recovered, "s1");
  late.task = lost.task;
  commit(late);
  CAF_CHECK_EQUAL(publish({late}).events.size(), 1u);
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM deliveries WHERE event_id = '"
                      + to_string(late.id) + "'"),
                  "0");
}

CAF_TEST(finding 5 a failure and its notice are one transaction) {
  auto tasks = make_pg_task_store(options_for(url()));
  create_task request;
  request.task.id.value = make_uuid_v7();
  request.task.kind = "review";
  request.task.chat_session.value = "s1";
  CAF_REQUIRE(tasks->create(request));
  const auto fail = [&] {
    std::vector<report_flight> batch(1);
    batch[0].ready.task = request.task.id;
    batch[0].ready.status = task_status::failed;
    batch[0].ready.why = reason::agent_provider_network;
    batch[0].ready.detail = stored_text::from_store("connection reset");
    const auto facts = tasks->apply(batch);
    return facts ? batch[0].result : code_of(facts.error());
  };
  const std::string status = "SELECT status FROM tasks WHERE id = '"
                             + to_string(request.task.id) + "'";
  CAF_MESSAGE("no notice: no failure");
  execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
          "'BEGIN RAISE EXCEPTION ''refused''; END';"
          "CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW "
          "WHEN (NEW.type = 'task:failed') EXECUTE FUNCTION refuse()");
  CAF_CHECK(fail() != ec::none);
  CAF_CHECK_EQUAL(ask(status), "queued");
  CAF_MESSAGE("a failure: its notice waits in the log, whoever was told");
  execute("DROP TRIGGER refuse ON events");
  CAF_CHECK(fail() == ec::none);
  CAF_CHECK_EQUAL(ask(status), "failed");
  const auto found = store.take(take_unpublished{0ms, 10});
  CAF_REQUIRE(found);
  const auto notice = std::find_if(
      found->facts.begin(), found->facts.end(), [](const event_facts& facts) {
        return facts.type == event_type::task_failed;
      });
  CAF_REQUIRE(notice != found->facts.end());
  CAF_CHECK(notice->task == request.task.id);
  CAF_CHECK_EQUAL(notice->error.view(), "connection reset");
  CAF_CHECK_EQUAL(notice->chat_session.value, "s1");
}

CAF_TEST(replicas hear each other and not themselves) {
  std::promise<void> heard;
  std::atomic<int> own{0};
  std::atomic<int> others{0};
  std::atomic<bool> for_deliveries{false};
  replica_notifier listener{options_for(url()), [&](bool deliveries) {
                              for_deliveries = for_deliveries || deliveries;
                              if (others++ == 0)
                                heard.set_value();
                            }};
  replica_notifier notifier{options_for(url()), [&](bool) { ++own; }};
  auto arrived = heard.get_future();
  // The listener may still be connecting: notify until it hears.
  for (int i = 0; i < 500; ++i) {
    notifier.notify(true);
    if (arrived.wait_for(20ms) == std::future_status::ready)
      break;
  }
  CAF_CHECK_GREATER(others.load(), 0);
  CAF_CHECK(for_deliveries.load());
  CAF_CHECK_EQUAL(own.load(), 0);
}

CAF_TEST_FIXTURE_SCOPE_END()
