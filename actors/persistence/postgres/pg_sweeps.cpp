#include "actors/persistence/postgres/pg_task_store.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/persistence/postgres/pg_masks.hpp"
#include "actors/persistence/postgres/task_rows.hpp"
#include "actors/persistence/postgres/task_writes.hpp"

// What the reaper asks of PostgreSQL.

namespace telltale {

namespace {

/// What a sweep asks, with its parameters from `$1` on; the last is the limit.
struct question {
  sweep_kind kind;
  std::string_view name;
  std::string_view condition;
};

constexpr std::array questions{
    // Each in the order of the one index that it is meant to go by.
    question{sweep_kind::queue_ttl, "sweep_queue_ttl", R"(
t.status = 'queued' AND (t.attempt = 0 OR t.failure_reason IS NULL)
AND NOT t.awaits_runner AND t.created_at < now() - $1::bigint * interval '1 millisecond'
AND (t.run_after IS NULL
     OR t.run_after < now() - $1::bigint * interval '1 millisecond')
ORDER BY t.created_at LIMIT $2::bigint)"},
    question{sweep_kind::reconnect, "sweep_reconnect", R"(
t.awaits_runner
AND t.run_after < now() - $1::bigint * interval '1 millisecond'
LIMIT $2::bigint)"},
    // A lease was renewed by a sign of life, too, be it one without a name.
    question{sweep_kind::runner_offline, "sweep_runner_offline", R"(
t.status IN ('running', 'posting_result')
AND r.last_seen_at < now() - $1::bigint * interval '1 millisecond'
AND t.lease_expires_at < now() - ($1::bigint - $2::bigint)
                                 * interval '1 millisecond'
ORDER BY t.runner_id LIMIT $3::bigint)"},
    question{sweep_kind::lease, "sweep_lease", R"(
t.status IN ('running', 'posting_result')
AND t.lease_expires_at < now() - $1::bigint * interval '1 millisecond'
ORDER BY t.runner_id LIMIT $2::bigint)"},
    // Without a limit of its own a task has the common one, if that is on.
    question{sweep_kind::wall_clock, "sweep_wall_clock", R"(
t.status IN ('running', 'posting_result')
AND t.started_at < now() - CASE
  WHEN t.timeout_seconds IS NULL
    THEN nullif(greatest($1::bigint, 0), 0) * interval '1 millisecond'
  WHEN t.timeout_seconds > 0 THEN t.timeout_seconds * interval '1 second' END
ORDER BY t.runner_id LIMIT $2::bigint)"},
    question{sweep_kind::retry_not_taken, "sweep_retry_not_taken", R"(
t.status = 'queued' AND t.attempt > 0 AND t.failure_reason IS NOT NULL
AND NOT t.awaits_runner
AND t.run_after < now() - $1::bigint * interval '1 millisecond'
ORDER BY t.run_after LIMIT $2::bigint)"},
    question{sweep_kind::recovery, "sweep_recovery", R"(
t.status IN ('running', 'posting_result')
AND t.runner_id >= $1::text AND t.runner_id <= $1::text
ORDER BY t.runner_id LIMIT $2::bigint)"},
    question{sweep_kind::deregistered, "sweep_deregistered", R"(
t.status IN ('running', 'posting_result')
AND t.runner_id >= $1::text AND t.runner_id <= $1::text
ORDER BY t.runner_id LIMIT $2::bigint)"},
};

constexpr int first_binding_column = 3;
constexpr int first_task_column = first_binding_column + binding_column_count;

std::string_view name_of(sweep_kind kind) {
  return std::ranges::find(questions, kind, &question::kind)->name;
}

std::string statement_of(const question& asked) {
  return "SELECT now(), r.last_seen_at, " + std::string{kind_is_claimed} + ", "
         + std::string{binding_columns} + ", " + std::string{task_columns}
         + ", " + std::string{attempt_columns}
         + ", t.labels FROM tasks t"
           " LEFT JOIN chat_sessions c ON c.id = ANY(ARRAY[t.chat_session_id])"
           " LEFT JOIN runners r ON r.id = ANY(ARRAY[t.runner_id])"
           " LEFT JOIN attempts a ON a.task_id = ANY(ARRAY[t.id])"
           "   AND a.number = t.attempt WHERE "
         + std::string{asked.condition} + " FOR UPDATE OF t SKIP LOCKED";
}

/// A threshold of nothing switches a sweep off; tasks' own limits stay.
bool is_off(const sweep_tasks& what) {
  return what.threshold <= std::chrono::milliseconds{0}
         && (what.kind == sweep_kind::queue_ttl
             || what.kind == sweep_kind::retry_not_taken
             || what.kind == sweep_kind::reconnect);
}

std::vector<std::string> parameters_of(const sweep_tasks& what,
                                       const task_rules& rules) {
  std::vector<std::string> values;
  if (what.kind == sweep_kind::recovery
      || what.kind == sweep_kind::deregistered)
    values.push_back(what.runner.value);
  else
    values.push_back(std::to_string(what.threshold.count()));
  if (what.kind == sweep_kind::runner_offline)
    values.push_back(std::to_string(rules.lease.count()));
  values.push_back(std::to_string(what.limit));
  return values;
}

constexpr const char* release_returned_name = "release_returned";
/// A deferred retry whose lost runner gave a sign of life waits no longer.
constexpr const char* release_returned =
    "UPDATE tasks t SET awaits_runner = false, version = t.version + 1"
    " FROM runners r WHERE t.awaits_runner"
    " AND r.id = ANY(ARRAY[t.runner_id]) AND r.last_seen_at > t.run_after";

// Each row names the invariant that it breaks and the task. What one row can
// hold is held by the schema's constraints; this is about rows together.
constexpr const char* truth_statement = R"(
WITH finished AS (
  SELECT id, status, attempt, completed_at, failure_reason, outcome
  FROM tasks WHERE completed_at > now() - $1::bigint * interval '1 millisecond'
)
SELECT 'a finished task lacks reason or outcome' AS broken, id FROM finished
  WHERE outcome IS NULL
    OR (status IN ('failed', 'timed_out') AND failure_reason IS NULL)
UNION ALL
SELECT 'a finished task has an open attempt', f.id
  FROM finished f JOIN attempts a ON a.task_id = ANY(ARRAY[f.id])
  WHERE a.ended_at IS NULL
UNION ALL
SELECT 'a failed task lacks its attempt', f.id FROM finished f
  WHERE f.status IN ('failed', 'timed_out') AND (
    SELECT a.number FROM attempts a
    WHERE a.task_id = f.id AND a.number = f.attempt) IS NULL
UNION ALL
SELECT 'a failure has not exactly one event', f.id FROM finished f
  WHERE f.status IN ('failed', 'timed_out') AND (
    SELECT count(*) FROM events e WHERE e.task_id = ANY(ARRAY[f.id])
      AND e.attempt = f.attempt AND e.type = 'task:failed'
      AND e.occurred_at = f.completed_at) <> 1
UNION ALL
SELECT 'a failure has not the reason that was told last', f.id FROM finished f
  WHERE f.status IN ('failed', 'timed_out') AND (
    SELECT e.facts->>'why' FROM events e
    WHERE e.task_id = ANY(ARRAY[f.id])
      AND e.type IN ('task:failed', 'task:amended')
    ORDER BY e.position + 0 DESC LIMIT 1) <> f.failure_reason
UNION ALL
SELECT 'a failure that was told recovered in silence', f.id FROM finished f
  WHERE f.status = 'succeeded' AND (
    SELECT max(e.position + 0) FROM events e
    WHERE e.task_id = ANY(ARRAY[f.id]) AND e.type = 'task:failed'
      AND e.facts->>'will_retry' IS NULL) > COALESCE((
    SELECT max(e.position + 0) FROM events e
    WHERE e.task_id = ANY(ARRAY[f.id]) AND e.type = 'task:recovered'), 0)
UNION ALL
SELECT 'an active task lacks its lease or its open attempt', t.id FROM tasks t
  WHERE t.status IN ('running', 'posting_result') AND (
    t.lease_expires_at IS NULL OR NOT EXISTS (
      SELECT FROM attempts a
      WHERE a.task_id = ANY(ARRAY[t.id]) AND a.number = t.attempt
        AND a.ended_at IS NULL)))";

} // namespace

statement_list sweep_statements() {
  statement_list result{{release_returned_name, release_returned},
                        {"check_truth", truth_statement}};
  for (const auto& asked : questions)
    result.push_back({std::string{asked.name}, statement_of(asked)});
  return result;
}

committed<tasks_swept> pg_task_store::sweep_once(pqxx::connection& link,
                                                 const sweep_tasks& what) {
  committed<tasks_swept> result;
  if (is_off(what))
    return result;
  pqxx::work transaction{link};
  if (what.kind == sweep_kind::reconnect)
    transaction.exec_prepared0(release_returned_name);
  const auto parameters = parameters_of(what, changes_.rules());
  const auto rows =
      transaction.exec_prepared(std::string{name_of(what.kind)},
                                pqxx::prepare::make_dynamic_params(parameters));
  std::vector<transition> plans;
  plans.reserve(static_cast<std::size_t>(rows.size()));
  for (const auto& row : rows) {
    task_snapshot found;
    std::string labels;
    try {
      found.kind_is_claimed = row[2].as<bool>();
      found.chat = read_binding(row, first_binding_column);
      found.task = read_task(row, first_task_column);
      found.attempt = read_attempt(found.task.id, row,
                                   first_task_column + task_column_count);
      labels = text_of(
          row[first_task_column + task_column_count + attempt_column_count]);
    } catch (const std::runtime_error& problem) {
      // It must not keep the others from being found.
      spdlog::error("a silent task cannot be read: {}", problem.what());
      continue;
    }
    const auto chat = found.chat;
    auto plan = decide_sweep(std::move(found), what, {maybe_moment(row[1])},
                             changes_.context(moment_of(row[0])));
    if (!plan.writes_task)
      continue;
    changes_.address(plan, chat, std::move(labels));
    plans.push_back(std::move(plan));
  }
  written_tasks written;
  if (!plans.empty()) {
    std::vector<const transition*> writes;
    for (const auto& plan : plans)
      writes.push_back(&plan);
    written = write_transitions(transaction, writes, changes_.relays());
  }
  transaction.commit();
  // All of them were written: their rows were locked.
  for (auto& plan : plans) {
    result.answer.retried += plan.event->will_retry ? 1U : 0U;
    result.events.push_back(as_committed(plan, written.at(plan.task.id)));
  }
  result.answer.settled = static_cast<std::uint32_t>(plans.size());
  result.answer.more = static_cast<std::size_t>(rows.size()) >= what.limit;
  return result;
}

caf::expected<committed<tasks_swept>>
pg_task_store::sweep(const sweep_tasks& what) {
  return db_.run(
      [&](pqxx::connection& link) { return sweep_once(link, what); });
}

caf::expected<truth_checked> pg_task_store::check(const check_truth& what) {
  return db_.run([&](pqxx::connection& link) {
    truth_checked result;
    pqxx::nontransaction reading{link};
    forget_masks(reading);
    const auto rows = reading.exec_prepared("check_truth", what.window.count());
    result.violations = static_cast<std::uint64_t>(rows.size());
    if (!rows.empty())
      result.first = std::string{text_of(rows[0][0])} + ": task "
                     + std::string{text_of(rows[0][1])};
    return result;
  });
}

} // namespace telltale
