-- Lists that ask for several things at once.
--
-- PostgreSQL intersects two partial indexes only if neither's predicate follows
-- from the other's. "Finished" is therefore said in three ways, which the
-- table's constraints make one: a list by runner and reason reads two indexes
-- and the rows that are in both, not each row of the rarer. Lists say the same
-- (list_statement.cpp); writes cost what they did.
CREATE INDEX tasks_ended_runner ON tasks (runner_id, created_at, id)
  WHERE completed_at IS NOT NULL AND runner_id IS NOT NULL;
DROP INDEX tasks_finished_runner;
CREATE INDEX tasks_ended_kind ON tasks (kind, created_at, id)
  WHERE status IN ('succeeded', 'failed', 'timed_out', 'cancelled');
DROP INDEX tasks_finished_kind;
CREATE INDEX tasks_ended_reason ON tasks (failure_reason, created_at, id)
  WHERE status NOT IN ('queued', 'running', 'posting_result')
    AND failure_reason IS NOT NULL;
DROP INDEX tasks_finished_reason;
-- What goes together: one who takes status, outcome and reason for chances of
-- their own expects a seventh of what is there, and sorts every row of a runner
-- where a page is soon met on the way from the newest.
CREATE STATISTICS tasks_together (mcv) ON status, outcome, failure_reason, kind
  FROM tasks;
ANALYZE tasks;
