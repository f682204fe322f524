#pragma once

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <vector>

#include <caf/test/unit_test.hpp>
#include <pqxx/pqxx>

#include "actors/persistence/postgres/delivery_writes.hpp"
#include "actors/persistence/postgres/event_positions.hpp"
#include "actors/persistence/postgres/facts_codec.hpp"
#include "actors/persistence/postgres/pg_event_log.hpp"
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
  facts.failure_reason = reason::timeout;
  return facts;
}

/// A target without chats, which nobody here sends to.
inline relay_target hook(const std::string& name,
                         std::vector<event_type> events = {}) {
  return {name, false, std::move(events), std::chrono::milliseconds{0}};
}

/// A fresh database with the stores of the log and of deliveries on it, and a
/// writer of events.
struct event_world : postgres_fixture {
  pg_event_log log{options_for(url())};
  pg_deliveries store{options_for(url())};
  pg_redeliveries upkeep{options_for(url())};
  /// Of the writer. Those of chats that are missing are not its own: what it
  /// writes for them waits to be taken.
  std::vector<relay_target> relays;

  void bind(const std::string& session, const std::string& relay,
            const std::string& chat) const {
    execute("INSERT INTO chat_sessions (id, relay, chat_id, thread_id, "
            "channel_type, locale) VALUES ('"
            + session + "', '" + relay + "', '" + chat + "', 't1', 2, 'en')");
  }

  /// Writes events and their deliveries as the stores of tasks do.
  std::vector<committed_event> tell(const std::vector<event_facts>& all) const {
    pqxx::connection link{url()};
    for (const auto& [name, sql] : delivery_write_statements())
      link.prepare(name, sql);
    pqxx::work work{link};
    work.exec("SELECT " + lock_positions);
    std::vector<committed_event> events;
    std::vector<follow_up> told_to;
    for (const auto& facts : all) {
      const auto position =
          work.exec1("SELECT nextval('event_position')")[0].as<std::int64_t>();
      work.exec_params0("INSERT INTO events (id, task_id, attempt, type, "
                        "occurred_at, facts, position) "
                        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                        to_string(facts.id), to_string(facts.task),
                        facts.attempt, to_string(facts.type),
                        format_rfc3339(facts.occurred_at), write_facts(facts),
                        position);
      events.push_back({facts, position, {}, {}});
      auto& to = told_to.emplace_back();
      if (is_follow_up(facts))
        to = find_follow_up(work, facts.task);
      std::ranges::move(
          choose_targets(facts, chosen(bound(work, facts)), relays),
          std::back_inserter(to.chats));
    }
    std::vector<event_to_tell> asked;
    for (std::size_t i = 0; i < events.size(); ++i)
      asked.push_back({&events[i], events[i].position, told_to[i].chats,
                       told_to[i].superseded});
    auto told = write_deliveries(work, asked, relays);
    for (std::size_t i = 0; i < events.size(); ++i) {
      events[i].leased = std::move(told[i].leased);
      events[i].waiting = std::move(told[i].waiting);
    }
    work.commit();
    return events;
  }

  event_facts told_facts(event_type type, const std::string& session) const {
    auto facts = make_facts(type, session);
    tell({facts});
    return facts;
  }

  deliveries_leased take(const std::string& relay, std::uint32_t limit = 16,
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

private:
  static std::vector<chosen_chat>
  chosen(const std::optional<chat_binding>& chat) {
    if (!chat)
      return {};
    return {{*chat, told_via::session}};
  }

  static std::optional<chat_binding> bound(pqxx::work& work,
                                           const event_facts& facts) {
    const auto rows = work.exec_params(
        "SELECT id, relay, chat_id, thread_id, channel_type, locale"
        " FROM chat_sessions WHERE id = $1",
        facts.chat_session.value);
    if (rows.empty())
      return std::nullopt;
    chat_binding chat;
    chat.session.value = rows[0][0].c_str();
    chat.relay = rows[0][1].c_str();
    chat.chat_id = rows[0][2].c_str();
    chat.thread_id = rows[0][3].c_str();
    chat.channel_type = rows[0][4].as<std::int32_t>();
    chat.locale = rows[0][5].c_str();
    return chat;
  }
};

inline delivery_result sent(const due_delivery& due) {
  delivery_result result;
  result.id = due.id;
  result.state = delivery_state::sent;
  result.message_id = "m1";
  result.text = "what people read";
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
