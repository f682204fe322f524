#include <string>
#include <utility>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/postgres/pg_connection.hpp"
#include "actors/persistence/postgres/store_statements.hpp"

namespace telltale {

namespace {

// `$1`: an age in milliseconds, `$2`: how many at most. What another replica
// deletes just now is skipped. Each finds its rows by an index in the order of
// age, so that a tick with nothing to do reads a page or two.

/// The age is that of the row: sent soon after, in all but odd cases.
constexpr const char* prune_deliveries = R"(
DELETE FROM deliveries WHERE id = ANY(ARRAY(
  SELECT id FROM deliveries
  WHERE created_at < now() - $1::bigint * interval '1 millisecond'
    AND state IN ('sent', 'superseded')
    AND (sent_at IS NULL
         OR sent_at < now() - $1::bigint * interval '1 millisecond')
  ORDER BY created_at, id LIMIT $2::bigint FOR UPDATE SKIP LOCKED)))";

/// What a delivery may yet be sent from stays, and so does the newest event: it
/// says how far the log has come. The lowest positions are looked at, as many
/// more as may have to stay among them.
constexpr const char* prune_events = R"(
WITH lowest AS (
  SELECT id, task_id, occurred_at FROM events
  WHERE position < (SELECT max(position) FROM events)
  ORDER BY position
  LIMIT $2::bigint + (SELECT count(*) FROM deliveries
                      WHERE state = 'pending' AND relay >= '')
                   + (SELECT count(*) FROM deliveries
                      WHERE state = 'dead' AND relay >= '')
), old AS (
  SELECT e.id FROM lowest l JOIN events e ON e.id = ANY(ARRAY[l.id])
  WHERE l.occurred_at < now() - $1::bigint * interval '1 millisecond'
    AND NOT EXISTS (SELECT FROM deliveries d
                    WHERE d.task_id = ANY(ARRAY[l.task_id]) AND d.event_id = l.id
                      AND d.state IN ('pending', 'dead'))
  FOR UPDATE OF e SKIP LOCKED
)
DELETE FROM events e USING old WHERE e.id = ANY(ARRAY[old.id]))";

/// A task stays while one of its deliveries waits or is dead. Attempts go with
/// it by the schema.
constexpr const char* prune_tasks = R"(
WITH old AS (
  SELECT t.id FROM tasks t
  WHERE t.completed_at < now() - $1::bigint * interval '1 millisecond'
    AND NOT EXISTS (SELECT FROM deliveries d
                    WHERE d.task_id = ANY(ARRAY[t.id])
                      AND d.state IN ('pending', 'dead'))
  ORDER BY t.completed_at LIMIT $2::bigint FOR UPDATE OF t SKIP LOCKED
), told AS (
  DELETE FROM deliveries d USING old WHERE d.task_id = ANY(ARRAY[old.id])
), words AS (
  DELETE FROM task_words w USING old WHERE w.task_id = ANY(ARRAY[old.id])
)
DELETE FROM tasks t USING old WHERE t.id = ANY(ARRAY[old.id]))";

/// Who holds a task stays, and who is waited for.
constexpr const char* prune_runners = R"(
DELETE FROM runners WHERE id = ANY(ARRAY(
  SELECT r.id FROM runners r
  WHERE r.last_seen_at < now() - $1::bigint * interval '1 millisecond'
    AND coalesce(
      (SELECT t.runner_id FROM tasks t
       WHERE t.status IN ('running', 'posting_result')
         AND t.runner_id >= r.id AND t.runner_id <= r.id
       ORDER BY t.runner_id LIMIT 1),
      (SELECT t.runner_id FROM tasks t
       WHERE t.awaits_runner AND t.runner_id >= r.id AND t.runner_id <= r.id
       ORDER BY t.runner_id LIMIT 1)) IS NULL
  ORDER BY r.id
  LIMIT $2::bigint FOR UPDATE SKIP LOCKED)))";

const char* statement_of(prune_kind kind) {
  switch (kind) {
  case prune_kind::sent_deliveries:
    return "prune_deliveries";
  case prune_kind::events:
    return "prune_events";
  case prune_kind::finished_tasks:
    return "prune_tasks";
  case prune_kind::runners:
    return "prune_runners";
  }
  return "";
}

/// Each batch is a transaction of its own: locks are short, and a stop in
/// between loses nothing.
class pg_retention final : public row_pruner {
public:
  explicit pg_retention(pg_options options)
      : db_(std::move(options), retention_statements()) {}

  caf::expected<old_pruned> prune(const prune_old& what) override {
    return db_.run([&](pqxx::connection& link) {
      pqxx::work deleting{link};
      const auto gone =
          deleting
              .exec_prepared(statement_of(what.kind), what.age.count(),
                             std::int64_t{what.limit})
              .affected_rows();
      deleting.commit();
      old_pruned result;
      result.pruned = static_cast<std::uint32_t>(gone);
      result.more = result.pruned >= what.limit;
      return result;
    });
  }

private:
  pg_connection db_;
};

} // namespace

statement_list retention_statements() {
  return {{"prune_deliveries", prune_deliveries},
          {"prune_events", prune_events},
          {"prune_tasks", prune_tasks},
          {"prune_runners", prune_runners}};
}

std::unique_ptr<row_pruner> make_pg_retention(pg_options options) {
  return std::make_unique<pg_retention>(std::move(options));
}

} // namespace telltale
