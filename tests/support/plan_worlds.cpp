#include "tests/support/plan_worlds.hpp"

#include <utility>

#include <pqxx/pqxx>

namespace telltale {

namespace {

/// Half of them open, and something of everything else.
constexpr const char* fill = R"(
ALTER TABLE tasks DISABLE TRIGGER tasks_words_imported;
INSERT INTO tasks (id, status, outcome, settled_by, attempt, max_attempts, failure_reason, error_detail, telling_line, cause, runner_id, run_after, awaits_runner, started_at, completed_at, lease_expires_at, created_at, kind, title, chat_session_id, masks)
SELECT ('01910000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
 CASE WHEN n % 10 < 4 THEN 'queued' WHEN n % 10 = 4 THEN 'running' WHEN n % 10 < 8 THEN 'succeeded' ELSE 'failed' END,
 CASE WHEN n % 10 IN (5,6,7) THEN 'delivered' WHEN n % 10 > 7 THEN 'failed' END,
 CASE WHEN n % 10 > 4 THEN 'runner' END, CASE WHEN n % 10 < 3 THEN 0 ELSE 1 END, 2,
 CASE WHEN n % 10 > 7 THEN 'timeout' END, CASE WHEN n % 10 > 7 THEN 'it took too long ' || n END,
 CASE WHEN n % 10 > 7 THEN 'it took too long ' || n END, CASE WHEN n % 10 > 7 THEN lpad(to_hex(n % 40), 16, '0') END,
 CASE WHEN n % 10 > 2 THEN 'runner-' || n % 500 END,
 CASE WHEN n % 10 = 3 THEN now() + (n % 3600) * interval '1 second' END, n % 100 = 3,
 CASE WHEN n % 10 > 3 THEN now() - interval '1 hour' END,
 CASE WHEN n % 10 > 4 THEN now() - n * interval '1 second' END,
 CASE WHEN n % 10 = 4 THEN now() + interval '1 minute' END,
 now() - n * interval '1 second', 'kind-' || n % 50, 'Review change ' || n, 'session-' || n % 1000, CASE WHEN n % 1000 = 5 THEN 1 ELSE 0 END
FROM generate_series(1, 40000) n;
INSERT INTO task_masks SELECT id, 1, 'x' FROM tasks WHERE masks > 0;
INSERT INTO claimed_kinds (kind) SELECT 'kind-' || n FROM generate_series(1, 50) n;
INSERT INTO attempts (task_id, number, runner_id, started_at, ended_at, status, failure_reason)
SELECT id, 1, runner_id, started_at, completed_at, status, failure_reason FROM tasks WHERE attempt > 0 AND started_at IS NOT NULL;
INSERT INTO events (id, task_id, attempt, type, occurred_at, facts, position)
SELECT gen_random_uuid(), id, attempt, CASE WHEN status='failed' THEN 'task:failed' ELSE 'task:succeeded' END, created_at, '{}', row_number() OVER () FROM tasks;
INSERT INTO deliveries (id, event_id, task_id, relay, chat_id, position, state, sent_at, next_try_at, created_at)
SELECT gen_random_uuid(), id, task_id, 'relay-' || position % 5, CASE WHEN position % 5 = 0 THEN '' ELSE 'chat-' || position % 300 END, position,
 CASE WHEN position % 20 = 0 THEN 'dead' WHEN position % 4 = 0 THEN 'pending' ELSE 'sent' END, now(), now(), occurred_at FROM events WHERE position % 2 = 0;
INSERT INTO runners (id) SELECT 'runner-' || n FROM generate_series(1, 500) n;
INSERT INTO task_words SELECT id, lower(title) FROM tasks WHERE outcome IS NOT NULL;
INSERT INTO task_word_changes SELECT id FROM tasks WHERE outcome IS NOT NULL LIMIT 100;
INSERT INTO chat_sessions (id, relay, chat_id) SELECT 'session-' || n, 'relay-1', 'chat-' || n FROM generate_series(1, 1000) n;
ALTER TABLE tasks ENABLE TRIGGER tasks_words_imported;
)";

/// One statement at a time, outside of a transaction.
void run(const plan_world& world, const std::string& sql) {
  pqxx::connection link{world.url()};
  pqxx::nontransaction work{link};
  work.exec(sql);
}

void fill_up(const plan_world& world) {
  for (const std::string table :
       {"tasks", "attempts", "events", "deliveries", "runners", "task_words",
        "task_word_changes", "task_masks", "chat_sessions", "mutes",
        "claimed_kinds"})
    run(world, "ALTER TABLE " + table + " SET (autovacuum_enabled = off)");
  run(world, fill);
}

} // namespace

std::vector<std::unique_ptr<plan_world>> make_plan_worlds() {
  std::vector<std::unique_ptr<plan_world>> worlds;
  for (const auto* name : {"fresh", "emptied", "never analysed", "large"})
    worlds.push_back(std::make_unique<plan_world>(name));
  run(*worlds[1], "VACUUM ANALYZE");
  fill_up(*worlds[2]);
  fill_up(*worlds[3]);
  run(*worlds[3], "VACUUM ANALYZE");
  run(*worlds[3], "UPDATE pg_class SET reltuples = 50 * reltuples"
                  " WHERE relnamespace = 'telltale'::regnamespace"
                  " AND reltuples > 1000");
  return worlds;
}

} // namespace telltale
