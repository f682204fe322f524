-- Indexes that alone fit what is asked, whatever the planner believes of sizes.
-- What ended, in the order in which the index of words asks for it.
DROP INDEX tasks_finished;
CREATE INDEX tasks_finished ON tasks (completed_at, id)
  WHERE completed_at IS NOT NULL;
-- Only tasks in the queue await a runner.
DROP INDEX tasks_awaiting;
CREATE INDEX tasks_awaiting ON tasks (runner_id, run_after)
  WHERE awaits_runner;
-- Indexes of what is found by its age, which lists name: a lookup by id and a
-- count of what is dead have no use for them.
DROP INDEX deliveries_newest;
CREATE INDEX deliveries_newest ON deliveries (created_at, id)
  WHERE created_at IS NOT NULL;
DROP INDEX deliveries_dead;
CREATE INDEX deliveries_dead ON deliveries (created_at, id)
  WHERE state = 'dead' AND created_at IS NOT NULL;
