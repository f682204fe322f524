-- Claims. A task's place in the queue is its priority and the moment at which it
-- was due: when it was made, or when its retry is to begin. All of it is in the
-- index, so neither tasks of other kinds nor those that are due later, nor those
-- that were claimed while somebody holds an old snapshot, are looked at in the
-- table (queue_floors.hpp).
DROP INDEX tasks_queue;
CREATE INDEX tasks_queue
  ON tasks ((-priority), (greatest(created_at, run_after)))
  WHERE status = 'queued';
CREATE INDEX tasks_queue_kind
  ON tasks (kind, (-priority), (greatest(created_at, run_after)))
  WHERE status = 'queued';
-- When the next deferred task is due; there are few.
CREATE INDEX tasks_deferred ON tasks (run_after)
  WHERE status = 'queued' AND run_after IS NOT NULL;
CREATE INDEX tasks_deferred_kind ON tasks (kind, run_after)
  WHERE status = 'queued' AND run_after IS NOT NULL;
