-- Lists of a million tasks. What is open and what is finished have indexes of
-- their own, so a task is in one of them, and what a finished task is found by
-- is written once, at its end. They are read backwards, newest first: new rows
-- go to their end, where one page is filled before the next is begun.
--
-- The key of the open ones holds whatever a list may ask for, which is then
-- compared inside the index, without a look at the table.
CREATE INDEX tasks_open_newest ON tasks (created_at, id, status, kind, runner_id,
    chat_session_id, failure_reason)
  WHERE status IN ('queued', 'running', 'posting_result');
CREATE INDEX tasks_finished_newest ON tasks (created_at, id)
  WHERE outcome IS NOT NULL;
CREATE INDEX tasks_finished_outcome ON tasks (outcome, created_at, id, status)
  WHERE outcome IS NOT NULL;
CREATE INDEX tasks_finished_reason ON tasks (failure_reason, created_at, id)
  WHERE outcome IS NOT NULL AND failure_reason IS NOT NULL;
CREATE INDEX tasks_finished_kind ON tasks (kind, created_at, id)
  WHERE outcome IS NOT NULL;
CREATE INDEX tasks_finished_runner ON tasks (runner_id, created_at, id)
  WHERE outcome IS NOT NULL AND runner_id IS NOT NULL;
CREATE INDEX tasks_finished_chat ON tasks (chat_session_id, created_at, id)
  WHERE outcome IS NOT NULL AND chat_session_id IS NOT NULL;
DROP INDEX tasks_newest;
DROP INDEX tasks_chat_session;
