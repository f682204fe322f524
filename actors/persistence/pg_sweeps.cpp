#include "actors/persistence/pg_task_store.hpp"

#include <stdexcept>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/persistence/pg_masks.hpp"
#include "actors/persistence/task_rows.hpp"
#include "actors/persistence/task_writes.hpp"

// What the reaper asks of PostgreSQL.

namespace telltale {

namespace {

std::string ago(std::chrono::milliseconds span) {
  return "now() - interval '" + std::to_string(span.count()) + " milliseconds'";
}

/// Which rows a sweep takes; nothing if its threshold switches it off.
std::optional<std::string> silent_rows(const sweep_tasks& what,
                                       std::chrono::milliseconds runner_silence,
                                       std::chrono::milliseconds lease,
                                       const pqxx::transaction_base& quoting) {
  const auto threshold = what.threshold;
  const std::string active = "t.status IN ('running', 'posting_result')";
  const std::string queued = "t.status = 'queued'";
  const bool off = threshold <= std::chrono::milliseconds{0};
  switch (what.kind) {
  case sweep_kind::queue_ttl:
    if (off)
      return std::nullopt;
    return queued + " AND NOT t.awaits_runner AND GREATEST(t.created_at,"
           + " t.run_after) < " + ago(threshold);
  case sweep_kind::reconnect:
    if (off)
      return std::nullopt;
    return queued + " AND t.awaits_runner AND t.run_after < " + ago(threshold);
  case sweep_kind::runner_offline:
    // A lease was renewed by a sign of life, too, be it one without a name.
    return active + " AND r.last_seen_at < " + ago(threshold)
           + " AND t.lease_expires_at < " + ago(threshold - lease);
  case sweep_kind::lease:
    return active + " AND t.lease_expires_at < " + ago(threshold)
           + " AND (r.id IS NULL OR r.last_seen_at >= " + ago(runner_silence)
           + ")";
  case sweep_kind::wall_clock: {
    const auto fallback = off ? std::string{"NULL"}
                              : "interval '" + std::to_string(threshold.count())
                                    + " milliseconds'";
    return active + " AND t.started_at < now() - CASE"
           + " WHEN t.timeout_seconds IS NULL THEN " + fallback
           + " WHEN t.timeout_seconds > 0"
           + " THEN t.timeout_seconds * interval '1 second' END";
  }
  case sweep_kind::recovery:
    return active + " AND t.runner_id = " + quoting.quote(what.runner.value);
  }
  return std::nullopt;
}

/// A deferred retry whose lost runner gave a sign of life waits no longer.
constexpr const char* release_returned =
    "UPDATE tasks t SET awaits_runner = false, version = version + 1"
    " FROM runners r WHERE t.status = 'queued' AND t.awaits_runner"
    " AND r.id = t.runner_id AND r.last_seen_at > t.run_after";

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
  FROM finished f JOIN attempts a ON a.task_id = f.id
  WHERE a.ended_at IS NULL
UNION ALL
SELECT 'a failed task lacks its attempt', f.id FROM finished f
  WHERE f.status IN ('failed', 'timed_out') AND NOT EXISTS (
    SELECT FROM attempts a WHERE a.task_id = f.id AND a.number = f.attempt)
UNION ALL
SELECT 'a failure has not exactly one event', f.id FROM finished f
  WHERE f.status IN ('failed', 'timed_out') AND (
    SELECT count(*) FROM events e WHERE e.task_id = f.id
      AND e.attempt = f.attempt AND e.type = 'task:failed'
      AND e.occurred_at = f.completed_at) <> 1
UNION ALL
SELECT 'a failure that was told recovered in silence', f.id FROM finished f
  WHERE f.status = 'succeeded'
    AND EXISTS (SELECT FROM events e WHERE e.task_id = f.id
      AND e.attempt = f.attempt AND e.type = 'task:failed')
    AND NOT EXISTS (SELECT FROM events e WHERE e.task_id = f.id
      AND e.attempt = f.attempt AND e.type = 'task:recovered')
UNION ALL
SELECT 'an active task lacks its lease or its open attempt', t.id FROM tasks t
  WHERE t.status IN ('running', 'posting_result') AND (
    t.lease_expires_at IS NULL OR NOT EXISTS (
      SELECT FROM attempts a WHERE a.task_id = t.id AND a.number = t.attempt
        AND a.ended_at IS NULL)))";

} // namespace

committed<tasks_swept> pg_task_store::sweep_once(pqxx::connection& link,
                                                 const sweep_tasks& what) {
  committed<tasks_swept> result;
  pqxx::work transaction{link};
  const auto condition = silent_rows(what, rules_->get()->runner_silence,
                                     rules_->get()->lease, transaction);
  if (!condition)
    return result;
  if (what.kind == sweep_kind::reconnect)
    transaction.exec(release_returned);
  const auto rows = transaction.exec(
      "SELECT now(), r.last_seen_at, " + std::string{task_columns} + ", "
      + std::string{attempt_columns}
      + " FROM tasks t"
        " LEFT JOIN attempts a ON a.task_id = t.id AND a.number = t.attempt"
        " LEFT JOIN runners r ON r.id = t.runner_id WHERE "
      + *condition + " LIMIT " + std::to_string(what.limit)
      + " FOR UPDATE OF t SKIP LOCKED");
  std::vector<transition> plans;
  plans.reserve(static_cast<std::size_t>(rows.size()));
  for (const auto& row : rows) {
    task_snapshot found;
    try {
      found.task = read_task(row, 2);
      found.attempt = read_attempt(found.task.id, row, 2 + task_column_count);
    } catch (const std::runtime_error& problem) {
      // It must not keep the others from being found.
      spdlog::error("a silent task cannot be read: {}", problem.what());
      continue;
    }
    auto plan = decide_sweep(std::move(found), what, {maybe_moment(row[1])},
                             changes_.context(moment_of(row[0])));
    if (!plan.writes_task)
      continue;
    changes_.stamp(*plan.event);
    plans.push_back(std::move(plan));
  }
  if (!plans.empty()) {
    std::vector<const transition*> writes;
    for (const auto& plan : plans)
      writes.push_back(&plan);
    // All of them: their rows are locked.
    const auto written = write_transitions(transaction, writes);
    for (auto& plan : plans)
      plan.event->position = written.at(plan.task.id);
  }
  transaction.commit();
  for (auto& plan : plans)
    result.facts.push_back(*std::move(plan.event));
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
    const auto rows = reading.exec_params(truth_statement, what.window.count());
    result.violations = static_cast<std::uint64_t>(rows.size());
    if (!rows.empty())
      result.first = std::string{text_of(rows[0][0])} + ": task "
                     + std::string{text_of(rows[0][1])};
    return result;
  });
}

} // namespace telltale
