#include <string>

#include "actors/persistence/postgres/delivery_rows.hpp"
#include "actors/persistence/postgres/pg_event_log.hpp"
#include "actors/persistence/postgres/store_statements.hpp"
#include "actors/persistence/stored_text.hpp"

namespace telltale {

namespace {

constexpr const char* put_back = R"(
  UPDATE deliveries
  SET state = 'pending', tries = 0, next_try_at = now(), leased_until = NULL,
      sent_at = NULL
  WHERE id = $1 AND state IN ('sent', 'dead')
  RETURNING id, event_id, task_id, relay, chat_id, state, tries, next_try_at,
            last_error, sent_at, message_id, text)";

constexpr const char* put_dead_back = R"(
  WITH back AS (
    UPDATE deliveries
    SET state = 'pending', tries = 0, next_try_at = now(), leased_until = NULL
    WHERE state = 'dead' AND relay >= coalesce($1::text, '')
      AND ($1::text IS NULL OR relay = $1)
    RETURNING relay)
  SELECT relay, count(*) FROM back GROUP BY relay ORDER BY relay)";

/// Whatever its target, or of all relays.
constexpr const char* enable_relays =
    "DELETE FROM disabled_relays WHERE $1::text IS NULL OR relay = $1";
constexpr const char* find_delivery = "SELECT 1 FROM deliveries WHERE id = $1";

/// Counts in partial indexes: neither looks at what was sent. The oldest of a
/// chat is its first.
constexpr const char* count_backlog = R"(,
  tally AS (
    SELECT count(*) AS pending,
           count(*) FILTER (WHERE EXISTS (
             SELECT 1 FROM muted m WHERE m.chat_id IN ('', d.chat_id)))
             AS muted
    FROM deliveries d WHERE d.relay = $1 AND d.state = 'pending'
  )
  SELECT tally.pending, tally.muted,
         (SELECT count(*) FROM deliveries
          WHERE relay = $1 AND state = 'dead'),
         coalesce((
           SELECT extract(epoch FROM now() - min(created_at))
           FROM (SELECT chat_id, created_at FROM fronts
                 UNION ALL
                 (SELECT '', created_at FROM deliveries
                  WHERE relay = $1 AND state = 'pending' AND chat_id = ''
                  ORDER BY position LIMIT 1)) first
           WHERE NOT EXISTS (SELECT 1 FROM muted m
                             WHERE m.chat_id IN ('', first.chat_id))), 0)
           ::double precision
  FROM tally)";

backlog_read count_in(pqxx::connection& link, const read_backlog& request) {
  pqxx::read_transaction work{link};
  const auto row = work.exec_prepared1("count_backlog", request.relay, 1);
  backlog_read answer;
  answer.pending = row[0].as<std::uint64_t>();
  answer.muted = row[1].as<std::uint64_t>();
  answer.dead = row[2].as<std::uint64_t>();
  answer.oldest = std::chrono::milliseconds{
      static_cast<std::int64_t>(row[3].as<double>() * 1000)};
  return answer;
}

delivery_record read_record(const pqxx::row& row) {
  delivery_record record;
  record.id.value = need_uuid(row[0]);
  record.event.value = need_uuid(row[1]);
  record.task.value = need_uuid(row[2]);
  record.relay = row[3].c_str();
  record.chat_id = row[4].c_str();
  if (const auto state = parse_delivery_state(row[5].c_str()))
    record.state = *state;
  record.tries = row[6].as<std::uint32_t>();
  record.next_try_at = read_time(row[7]);
  record.last_error = row[8].c_str();
  record.sent_at = read_time(row[9]);
  record.message_id = row[10].c_str();
  record.text = stored_text::from_store(row[11].c_str());
  return record;
}

/// Nothing was put back: is it because there is none, or because it is pending?
struct redelivery_try {
  std::optional<delivery_record> record;
  bool exists = false;
};

redelivery_try redeliver_in(pqxx::connection& link, const redeliver& request) {
  pqxx::work work{link};
  redelivery_try result;
  const auto id = to_string(request.id);
  const auto rows = work.exec_prepared("put_back", id);
  if (!rows.empty()) {
    result.record = read_record(rows[0]);
    work.exec_prepared0("enable_relays", result.record->relay);
  } else {
    result.exists = !work.exec_prepared("find_delivery", id).empty();
  }
  work.commit();
  return result;
}

dead_requeued redeliver_in(pqxx::connection& link,
                           const redeliver_dead& request) {
  pqxx::work work{link};
  dead_requeued result;
  for (const auto& row : work.exec_prepared("put_dead_back", request.relay)) {
    result.relays.emplace_back(row[0].c_str());
    result.count += row[1].as<std::uint64_t>();
  }
  work.exec_prepared0("enable_relays", request.relay);
  work.commit();
  return result;
}

} // namespace

statement_list redelivery_statements() {
  return {{"put_back", put_back},
          {"put_dead_back", put_dead_back},
          {"enable_relays", enable_relays},
          {"find_delivery", find_delivery},
          {"count_backlog", std::string{chat_fronts} + count_backlog}};
}

pg_redeliveries::pg_redeliveries(pg_options options)
    : connection_(std::move(options), redelivery_statements()) {}

caf::expected<redelivery_queued>
pg_redeliveries::redeliver_one(const redeliver& request) {
  auto result = connection_.run(
      [&](pqxx::connection& link) { return redeliver_in(link, request); });
  if (!result)
    return result.error();
  if (result->record)
    return redelivery_queued{*std::move(result->record)};
  return make_error(result->exists ? ec::not_redeliverable
                                   : ec::delivery_not_found,
                    "delivery " + to_string(request.id));
}

caf::expected<dead_requeued>
pg_redeliveries::redeliver_all(const redeliver_dead& request) {
  return connection_.run(
      [&](pqxx::connection& link) { return redeliver_in(link, request); });
}

caf::expected<backlog_read> pg_redeliveries::read(const read_backlog& request) {
  return connection_.run(
      [&](pqxx::connection& link) { return count_in(link, request); });
}

} // namespace telltale
