#include "actors/persistence/pg_event_store.hpp"

#include <memory>
#include <stdexcept>

#include <spdlog/spdlog.h>

#include "actors/persistence/delivery_rows.hpp"
#include "actors/persistence/facts_codec.hpp"
#include "actors/persistence/store_statements.hpp"

namespace telltale {

namespace {

/// What is visible has all its predecessors visible, so the newest that a
/// reader sees is where it goes on from. Retention leaves the newest event.
constexpr const char* read_log = R"(
  SELECT o.newest, o.oldest, e.position, e.id, e.type, e.task_id,
         e.chat_session, e.envelope, e.next_attempt_at, e.facts, e.kind
  FROM (SELECT (SELECT coalesce(max(position), 0) FROM events) AS newest,
               (SELECT coalesce(min(position), 0) FROM events) AS oldest) o
  LEFT JOIN (SELECT position, id, type, task_id,
                    coalesce(facts->>'chat_session', '') AS chat_session,
                    CASE WHEN $3::boolean THEN head || payload || '}' END
                      AS envelope,
                    facts->>'next_attempt_at' AS next_attempt_at,
                    coalesce(facts->>'kind', '') AS kind,
                    CASE WHEN $3::boolean AND payload IS NULL THEN facts END
                      AS facts
             FROM events WHERE position > $1
             ORDER BY position LIMIT $2) e ON true
  ORDER BY e.position)";

constexpr const char* find_waiting = R"(
  SELECT facts, id, coalesce(position, 0), due FROM (
    (SELECT occurred_at, position, id, facts, due FROM events
     WHERE (due OR position IS NULL)
       AND occurred_at <= now() - $1 * interval '1 millisecond'
     ORDER BY occurred_at LIMIT $2)
    UNION ALL
    (SELECT e.occurred_at, e.position, e.id, e.facts, true
     FROM events_due q JOIN events e ON e.position = ANY(ARRAY[q.position])
     WHERE e.occurred_at <= now() - $1 * interval '1 millisecond'
     ORDER BY q.position LIMIT $2)) waiting
  ORDER BY occurred_at, position, id LIMIT $2)";

unpublished_taken take_in(pqxx::connection& link,
                          const take_unpublished& request) {
  pqxx::read_transaction work{link};
  const auto rows = work.exec_prepared(
      "find_waiting", request.older_than.count(), request.limit + 1);
  unpublished_taken answer;
  for (const auto& row : rows) {
    if (answer.facts.size() == request.limit) {
      answer.more = true;
      break;
    }
    if (auto facts = read_facts(row[0].c_str())) {
      facts->position = row[2].as<std::int64_t>();
      facts->due = row[3].as<bool>();
      answer.facts.push_back(*std::move(facts));
    } else {
      spdlog::error("event {} holds facts that cannot be read", row[1].c_str());
    }
  }
  return answer;
}

events_read read_in(pqxx::connection& link, const read_events& request,
                    const envelope_writer& write_envelope) {
  pqxx::read_transaction work{link};
  events_read answer;
  for (const auto& row : work.exec_prepared("read_log", request.after,
                                            request.limit, request.envelopes)) {
    answer.newest = row[0].as<std::int64_t>();
    answer.oldest = row[1].as<std::int64_t>();
    if (row[2].is_null())
      continue;
    published_event event;
    event.position = row[2].as<std::int64_t>();
    event.id.value = need_uuid(row[3]);
    if (const auto type = parse_event_type(row[4].c_str()))
      event.type = *type;
    event.task.value = need_uuid(row[5]);
    event.chat_session = row[6].c_str();
    if (!request.envelopes)
      event.envelope.clear(); // whoever needs it asks again
    else if (row[7].is_null())
      event.envelope = write_from_facts(row[9], write_envelope);
    else
      event.envelope = row[7].c_str();
    if (!row[8].is_null())
      event.next_attempt_at = parse_rfc3339(row[8].c_str());
    event.kind = row[10].c_str();
    answer.events.push_back(std::move(event));
  }
  return answer;
}

} // namespace

std::string write_from_facts(const pqxx::field& facts,
                             const envelope_writer& write_envelope) {
  const auto read = read_facts(facts.c_str());
  if (!read || !write_envelope)
    throw std::runtime_error{"an event without a payload cannot be told"};
  return write_envelope(*read);
}

statement_list event_store_statements() {
  return statement_list{{"read_log", read_log}, {"find_waiting", find_waiting}}
         + publication_statements() + delivery_statements()
         + redelivery_statements();
}

pg_event_store::pg_event_store(pg_options options,
                               envelope_writer write_envelope)
    : connection_(std::move(options), event_store_statements()),
      write_envelope_(std::move(write_envelope)) {}

caf::expected<unpublished_taken>
pg_event_store::take(const take_unpublished& request) {
  return connection_.run(
      [&](pqxx::connection& link) { return take_in(link, request); });
}

caf::expected<events_read> pg_event_store::read(const read_events& request) {
  return connection_.run([&](pqxx::connection& link) {
    return read_in(link, request, write_envelope_);
  });
}

std::unique_ptr<event_store>
make_pg_event_store(pg_options options, envelope_writer write_envelope) {
  return std::make_unique<pg_event_store>(std::move(options),
                                          std::move(write_envelope));
}

} // namespace telltale
