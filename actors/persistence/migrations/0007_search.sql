-- The words of finished tasks, written behind the reports by a room of its own
-- (docs/adr/0014). The index over them is made by that room, since it needs an
-- extension, pg_trgm, that not every database grants.
CREATE TABLE task_words (
  task_id uuid PRIMARY KEY,
  words   text NOT NULL -- title and detail, folded by the program
) WITH (fillfactor = 100);

-- Finished tasks that were written again after their end, or whose end lies
-- behind the transaction that wrote it: late reports, a service that was halted.
-- Their words are to be written again.
CREATE TABLE task_word_changes (task_id uuid PRIMARY KEY);

-- One row. Every task that ended at or before this moment, and in order of id
-- within it, has its words in `task_words` or an entry in `task_word_changes`.
-- The lock of the row makes those who fill the table take turns.
CREATE TABLE task_word_progress (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  ended_at timestamptz NOT NULL,
  task_id  uuid NOT NULL
) WITH (fillfactor = 10);
INSERT INTO task_word_progress (ended_at, task_id)
VALUES ('-infinity', '00000000-0000-0000-0000-000000000000');

-- Tasks that are finished as they come, as an import brings them: progress
-- goes back to before the oldest. The service itself never adds such a task.
CREATE FUNCTION note_imported_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- The lock first: whoever fills the table just now must be seen.
  PERFORM FROM task_word_progress FOR UPDATE;
  UPDATE task_word_progress SET
    ended_at = NEW.completed_at - interval '1 microsecond'
  WHERE ended_at >= NEW.completed_at;
  RETURN NULL;
END $$;
CREATE TRIGGER tasks_words_imported AFTER INSERT ON tasks FOR EACH ROW
WHEN (NEW.outcome IS NOT NULL)
EXECUTE FUNCTION note_imported_words();
