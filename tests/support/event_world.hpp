#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <caf/test/unit_test.hpp>
#include <pqxx/pqxx>

#include "actors/persistence/facts_codec.hpp"
#include "actors/persistence/pg_event_store.hpp"
#include "actors/persistence/stored_text.hpp"
#include "tests/support/postgres_fixture.hpp"

// What the tests of the event log and of deliveries share.

namespace telltale {

inline pg_options options_for(const std::string& url) {
  pg_options result;
  result.url = url;
  return result;
}

inline event_facts make_facts(event_type type,
                              const std::string& session = {}) {
  event_facts facts;
  facts.id.value = make_uuid_v7();
  facts.type = type;
  facts.occurred_at = now_utc() - std::chrono::seconds{10};
  facts.task.value = make_uuid_v7();
  facts.attempt = 1;
  facts.kind = "review";
  facts.title = stored_text::from_store("\"quoted\" {braces}, \\ and \u2026");
  facts.chat_session.value = session;
  facts.status = task_status::failed;
  facts.why = reason::timeout;
  return facts;
}

inline void insert(pqxx::transaction_base& work, const event_facts& facts) {
  work.exec_params0("INSERT INTO events (id, task_id, attempt, type, "
                    "occurred_at, facts) VALUES ($1, $2, $3, $4, $5, $6)",
                    to_string(facts.id), to_string(facts.task), facts.attempt,
                    to_string(facts.type), format_rfc3339(facts.occurred_at),
                    write_facts(facts));
}

inline event_publication prepare(const event_facts& facts) {
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

/// A fresh database with an event store on it.
struct event_world : postgres_fixture {
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
                        std::chrono::milliseconds lease = std::chrono::seconds{
                            60}) {
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

inline delivery_result sent(const due_delivery& due) {
  delivery_result result;
  result.id = due.id;
  result.state = delivery_state::sent;
  result.message_id = "m1";
  result.text = stored_text::from_store("what people read");
  return result;
}

inline delivery_result again(const due_delivery& due,
                             std::chrono::milliseconds wait) {
  delivery_result result;
  result.id = due.id;
  result.retry_in = wait;
  result.error = "no answer";
  return result;
}

} // namespace telltale
