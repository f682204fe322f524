-- Values that runners want masked in a task's texts: sealed, and only as long as
-- words about the task may come (docs/adr/0008).

ALTER TABLE tasks ADD COLUMN masks integer NOT NULL DEFAULT 0;

CREATE TABLE task_masks (
  task_id uuid NOT NULL REFERENCES tasks ON DELETE CASCADE,
  number  integer NOT NULL, -- the task's `masks` when they were registered
  sealed  text NOT NULL,
  PRIMARY KEY (task_id, number)
);
