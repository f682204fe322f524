// libs: telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.event_store

#include <algorithm>
#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <pqxx/pqxx>

#include "actors/persistence/facts_codec.hpp"
#include "actors/persistence/pg_event_store.hpp"
#include "actors/persistence/replica_bell.hpp"
#include "actors/persistence/stored_text.hpp"
#include "actors/persistence/uuid_v5.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

pg_options options_for(const std::string& url) {
  pg_options result;
  result.url = url;
  return result;
}

event_facts make_facts(event_type type, const std::string& session = {}) {
  event_facts facts;
  facts.id.value = make_uuid_v7();
  facts.type = type;
  facts.occurred_at = now_utc() - 10s;
  facts.task.value = make_uuid_v7();
  facts.attempt = 1;
  facts.kind = "review";
  facts.title = stored_text::from_store("\"quoted\" {braces}, \\ and \u2026");
  facts.chat_session.value = session;
  facts.status = task_status::failed;
  facts.why = reason::timeout;
  return facts;
}

void insert(pqxx::transaction_base& work, const event_facts& facts) {
  work.exec_params0("INSERT INTO events (id, task_id, attempt, type, "
                    "occurred_at, facts) VALUES ($1, $2, $3, $4, $5, $6)",
                    to_string(facts.id), to_string(facts.task), facts.attempt,
                    to_string(facts.type), format_rfc3339(facts.occurred_at),
                    write_facts(facts));
}

event_publication prepare(const event_facts& facts) {
  event_publication result;
  result.facts = facts;
  result.payload = R"({"title": "\"{x}\" \\ )"
                   "\u2026"
                   R"("})";
  result.head = R"({"type":"x","payload":)";
  result.to_chat = facts.type == event_type::task_failed
                   || facts.type == event_type::task_recovered;
  result.only_after_failure = facts.type == event_type::task_recovered;
  return result;
}

struct fixture : postgres_fixture {
  pg_event_store store{options_for(url())};

  void commit(const event_facts& facts) const {
    pqxx::connection connection{url()};
    pqxx::work work{connection};
    insert(work, facts);
    work.commit();
  }

  void bind(const std::string& session, const std::string& relay,
            const std::string& chat) const {
    execute("INSERT INTO chat_sessions (id, relay, chat_id, thread_id, "
            "channel_type, locale) VALUES ('"
            + session + "', '" + relay + "', '" + chat + "', 't1', 2, 'en')");
  }

  event_facts committed_facts(event_type type, const std::string& session) {
    auto facts = make_facts(type, session);
    commit(facts);
    return facts;
  }

  events_stored publish(const std::vector<event_facts>& facts) {
    publish_events request;
    for (const auto& one : facts)
      request.events.push_back(prepare(one));
    auto stored = store.publish(request);
    CAF_REQUIRE(stored);
    return *stored;
  }

  deliveries_taken take(const std::string& relay, std::uint32_t limit = 16,
                        std::chrono::milliseconds lease = 60s) {
    auto taken = store.take(take_deliveries{relay, limit, lease});
    CAF_REQUIRE(taken);
    return *taken;
  }

  committed<deliveries_recorded> record(const std::string& relay,
                                        const delivery_result& result) {
    auto recorded = store.record(record_deliveries{relay, {result}});
    CAF_REQUIRE(recorded);
    return *recorded;
  }
};

delivery_result sent(const due_delivery& due) {
  delivery_result result;
  result.id = due.id;
  result.state = delivery_state::sent;
  result.message_id = "m1";
  result.text = stored_text::from_store("what people read");
  return result;
}

delivery_result again(const due_delivery& due, std::chrono::milliseconds wait) {
  delivery_result result;
  result.id = due.id;
  result.retry_in = wait;
  result.error = "no answer";
  return result;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(event_store_tests, fixture)

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
  CAF_CHECK_EQUAL(ask("SELECT last FROM event_positions"), "1");
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

CAF_TEST(a chat gets one message at a time in the order of the log) {
  bind("s1", "chats", "c1");
  bind("s2", "chats", "c2");
  std::vector<event_facts> facts;
  for (int i = 0; i < 3; ++i)
    facts.push_back(committed_facts(event_type::task_failed, "s1"));
  facts.push_back(committed_facts(event_type::task_failed, "s2"));
  publish(facts);
  const auto first = take("chats");
  CAF_REQUIRE_EQUAL(first.due.size(), 2u);
  CAF_CHECK(first.due[0].event == facts[0].id);
  CAF_CHECK(first.due[1].event == facts[3].id);
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
  CAF_CHECK(second.due[0].event == facts[1].id);
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
    facts.push_back(committed_facts(event_type::task_failed, "s1"));
  facts.push_back(committed_facts(event_type::task_failed, "s2"));
  publish(facts);
  const auto ids = [&](const deliveries_taken& taken) {
    std::vector<std::size_t> result;
    for (const auto& due : taken.due)
      for (std::size_t i = 0; i < facts.size(); ++i)
        if (facts[i].id == due.event)
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
  publish_events request;
  for (int i = 0; i < 5; ++i) {
    auto event = prepare(committed_facts(event_type::task_failed, ""));
    event.webhooks = {"hook"};
    request.events.push_back(event);
  }
  CAF_REQUIRE(store.publish(request));
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
  const auto facts = committed_facts(event_type::task_failed, "s1");
  publish({facts});
  const auto due = take("chats").due.at(0);
  CAF_CHECK(store.redeliver_one(redeliver{due.id}).error()
            == make_error(ec::not_redeliverable));
  auto dead = again(due, 0ms);
  dead.state = delivery_state::dead;
  const auto recorded = record("chats", dead);
  CAF_REQUIRE_EQUAL(recorded.facts.size(), 1u);
  const auto& told = recorded.facts[0];
  CAF_CHECK(told.type == event_type::delivery_dead);
  CAF_CHECK(told.delivery == due.id);
  CAF_CHECK_EQUAL(told.relay, "chats");
  CAF_CHECK(told.task == facts.task);
  CAF_CHECK(told.id != facts.id);
  const auto unpublished = store.take(take_unpublished{0ms, 10});
  CAF_REQUIRE(unpublished);
  CAF_REQUIRE_EQUAL(unpublished->facts.size(), 1u);
  CAF_CHECK(unpublished->facts[0] == told);
  CAF_MESSAGE("a second record of the same end changes nothing");
  CAF_CHECK_EQUAL(record("chats", sent(due)).answer.recorded, 0u);
  CAF_MESSAGE("redelivery");
  const auto queued = store.redeliver_one(redeliver{due.id});
  CAF_REQUIRE(queued);
  CAF_CHECK(queued->delivery.state == delivery_state::pending);
  CAF_CHECK_EQUAL(queued->delivery.tries, 0u);
  const auto repeated = take("chats").due.at(0);
  CAF_CHECK(repeated.id == due.id);
  const auto end = record("chats", sent(repeated));
  CAF_CHECK(end.facts.at(0).type == event_type::delivery_sent);
  CAF_CHECK_EQUAL(ask("SELECT text FROM deliveries"), "what people read");
  const auto unknown = delivery_id{make_uuid_v7()};
  CAF_CHECK(code_of(store.redeliver_one(redeliver{unknown}).error())
            == ec::delivery_not_found);
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

CAF_TEST(replicas hear each other and not themselves) {
  std::promise<void> heard;
  std::atomic<int> own{0};
  std::atomic<int> others{0};
  replica_bell listener{options_for(url()), [&] {
                          if (others++ == 0)
                            heard.set_value();
                        }};
  replica_bell ringer{options_for(url()), [&] { ++own; }};
  auto arrived = heard.get_future();
  // The listener may still be connecting: ring until it hears.
  for (int i = 0; i < 500; ++i) {
    ringer.ring();
    if (arrived.wait_for(20ms) == std::future_status::ready)
      break;
  }
  CAF_CHECK_GREATER(others.load(), 0);
  CAF_CHECK_EQUAL(own.load(), 0);
}

CAF_TEST_FIXTURE_SCOPE_END()
