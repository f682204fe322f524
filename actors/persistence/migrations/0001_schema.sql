-- Tasks, attempts, events, deliveries.
--
-- `tasks` is written many times a row: no index covers what a report changes
-- while a task stays in one state, and pages keep room, so that such writes stay
-- on their page (heap-only tuples).

CREATE TABLE tasks (
  id               uuid PRIMARY KEY,
  version          bigint NOT NULL DEFAULT 1,
  status           text NOT NULL CHECK (status IN ('queued', 'running',
                     'posting_result', 'succeeded', 'failed', 'timed_out',
                     'cancelled')),
  outcome          text CHECK (outcome IN ('delivered', 'clean', 'silent_noop',
                     'unverified', 'failed', 'cancelled')),
  settled_by       text CHECK (settled_by IN ('runner', 'reaper', 'person')),
  attempt          integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  max_attempts     integer NOT NULL CHECK (max_attempts >= 1),
  failure_reason   text CHECK (failure_reason <> ''),
  error_detail     text CHECK (error_detail <> ''),
  telling_line     text CHECK (telling_line <> ''),
  cause            text CHECK (cause ~ '^[0-9a-f]{16}$'),
  posted           bigint CHECK (posted >= 0),
  intended_empty   boolean,
  result_url       text,
  runner_id        text,
  run_after        timestamptz,
  started_at       timestamptz,
  completed_at     timestamptz,
  lease_expires_at timestamptz,
  awaits_runner    boolean NOT NULL DEFAULT false,
  timeout_seconds  bigint CHECK (timeout_seconds >= 0),
  priority         integer NOT NULL DEFAULT 0,
  created_at       timestamptz NOT NULL DEFAULT now(),
  kind             text NOT NULL,
  title            text NOT NULL DEFAULT '',
  chat_session_id  text,
  agent_id         text,
  issue_id         text,
  workspace_id     text,
  source_url       text,
  wanted_runner    text CHECK (wanted_runner <> ''), -- only it may claim the task
  dispatched       boolean NOT NULL DEFAULT false,   -- nobody may claim the task
  created_by       text CHECK (created_by <> ''),    -- name of its maker's token
  idempotency_key  text,
  labels           json,
  input            json,
  masks            integer NOT NULL DEFAULT 0, -- how many `task_masks` it had
  current_attempt  uuid, -- the id of attempt `attempt`; null: none, or the task's
  claimed          boolean NOT NULL DEFAULT false, -- by a runner, once at least
  asks_attempts    boolean NOT NULL DEFAULT false, -- it named `max_attempts`
  failure_told     boolean NOT NULL DEFAULT false, -- and no success since
  -- No chat was there to be told of its last failure or what corrects it.
  untold           boolean NOT NULL DEFAULT false,
  -- The truth invariants that one row can hold.
  CONSTRAINT failed_has_reason CHECK (
    status NOT IN ('failed', 'timed_out') OR failure_reason IS NOT NULL),
  CONSTRAINT active_has_lease CHECK (
    (status IN ('running', 'posting_result')) = (lease_expires_at IS NOT NULL)),
  CONSTRAINT finished_has_outcome CHECK (
    (status IN ('succeeded', 'failed', 'timed_out', 'cancelled'))
      = (outcome IS NOT NULL)),
  CONSTRAINT finished_has_end CHECK (
    (outcome IS NOT NULL) = (completed_at IS NOT NULL))
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX tasks_idempotency ON tasks (idempotency_key)
  WHERE idempotency_key IS NOT NULL;

-- Claims. What a job system starts by itself is in none of these; what one
-- runner alone may claim has an index of its own. A task's place in the queue is its priority and the moment at which it
-- was due: when it was made, or when its retry is to begin. All of it is in the
-- index, so neither tasks of other kinds nor those that are due later, nor those
-- that were claimed while somebody holds an old snapshot, are looked at in the
-- table (queue_floors.hpp).
CREATE INDEX tasks_queue
  ON tasks ((-priority), (greatest(created_at, run_after)))
  WHERE status = 'queued' AND wanted_runner IS NULL AND NOT dispatched;
CREATE INDEX tasks_queue_kind
  ON tasks (kind, (-priority), (greatest(created_at, run_after)))
  WHERE status = 'queued' AND wanted_runner IS NULL AND NOT dispatched;
CREATE INDEX tasks_queue_wanted
  ON tasks (wanted_runner, (-priority), (greatest(created_at, run_after)))
  WHERE status = 'queued' AND wanted_runner IS NOT NULL AND NOT dispatched;
-- When the next deferred task is due; there are few.
CREATE INDEX tasks_deferred ON tasks (run_after)
  WHERE status = 'queued' AND run_after IS NOT NULL AND wanted_runner IS NULL
    AND NOT dispatched;
CREATE INDEX tasks_deferred_kind ON tasks (kind, run_after)
  WHERE status = 'queued' AND run_after IS NOT NULL AND wanted_runner IS NULL
    AND NOT dispatched;

-- Retries that nobody takes; there are few.
CREATE INDEX tasks_retries ON tasks (run_after)
  WHERE status = 'queued' AND attempt > 0 AND failure_reason IS NOT NULL;

-- Sweeps: what is under way. Leases move without touching it.
CREATE INDEX tasks_active ON tasks (runner_id)
  WHERE status IN ('running', 'posting_result');
-- Deferred retries whose runner was lost: every tick of the reaper asks for
-- them, and there are few. Only tasks in the queue await a runner.
CREATE INDEX tasks_awaiting ON tasks (runner_id, run_after)
  WHERE awaits_runner;
-- The truth check, retention and the index of words: by end. Only a task's last
-- write touches it.
CREATE INDEX tasks_finished ON tasks (completed_at, id)
  WHERE completed_at IS NOT NULL;

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
CREATE INDEX tasks_untold ON tasks (created_at, id) WHERE untold;
CREATE INDEX tasks_finished_chat ON tasks (chat_session_id, created_at, id)
  WHERE outcome IS NOT NULL AND chat_session_id IS NOT NULL;
-- PostgreSQL intersects two partial indexes only if neither's predicate follows
-- from the other's. "Finished" is therefore said in three ways, which the
-- table's constraints make one: a list by runner and reason reads two indexes
-- and the rows that are in both, not each row of the rarer. Lists say the same
-- (list_statement.cpp).
CREATE INDEX tasks_ended_runner ON tasks (runner_id, created_at, id)
  WHERE completed_at IS NOT NULL AND runner_id IS NOT NULL;
CREATE INDEX tasks_ended_kind ON tasks (kind, created_at, id)
  WHERE status IN ('succeeded', 'failed', 'timed_out', 'cancelled');
CREATE INDEX tasks_ended_reason ON tasks (failure_reason, created_at, id)
  WHERE status NOT IN ('queued', 'running', 'posting_result')
    AND failure_reason IS NOT NULL;
-- Failures of one cause; the first and the newest of each.
CREATE INDEX tasks_ended_cause ON tasks (cause, created_at, id)
  WHERE outcome IS NOT NULL AND cause IS NOT NULL;
-- What goes together: one who takes status, outcome and reason for chances of
-- their own expects a seventh of what is there, and sorts every row of a runner
-- where a page is soon met on the way from the newest.
CREATE STATISTICS tasks_together (mcv) ON status, outcome, failure_reason, kind
  FROM tasks;

-- An attempt is written twice, and its end takes more room than its beginning.
CREATE TABLE attempts (
  task_id        uuid NOT NULL REFERENCES tasks ON DELETE CASCADE,
  number         integer NOT NULL CHECK (number >= 1),
  id             uuid, -- null: the task's, of the first attempt
  claimed        boolean NOT NULL DEFAULT false, -- begun by a claim, not a report
  runner_id      text,
  started_at     timestamptz NOT NULL,
  ended_at       timestamptz,
  status         text NOT NULL,
  failure_reason text CHECK (failure_reason <> ''),
  error_detail   text CHECK (error_detail <> ''),
  telling_line   text CHECK (telling_line <> ''),
  cause          text CHECK (cause ~ '^[0-9a-f]{16}$'),
  detail_origin   text, -- who said that
  settled_by     text,
  findings       json,  -- how many values of which class were masked
  evidence       json,  -- what a sweep saw when it settled the attempt
  late_report    json,  -- what came after the attempt was over
  remarks        json,  -- what its runner said beside: note, usage, branch
  PRIMARY KEY (task_id, number),
  CONSTRAINT later_has_id CHECK ((number > 1) = (id IS NOT NULL)),
  CONSTRAINT closed_failure_has_reason CHECK (
    status NOT IN ('failed', 'timed_out') OR failure_reason IS NOT NULL)
) WITH (fillfactor = 40);

-- By its id a later attempt is found, and nothing else is.
CREATE UNIQUE INDEX attempts_id ON attempts (id) WHERE id IS NOT NULL;

-- Values that runners want masked in a task's texts: sealed, and only as long as
-- reports about the task may come (docs/adr/0008).
CREATE TABLE task_masks (
  task_id uuid NOT NULL REFERENCES tasks ON DELETE CASCADE,
  number  integer NOT NULL, -- the task's `masks` when they were registered
  sealed  text NOT NULL,
  PRIMARY KEY (task_id, number)
);

CREATE TABLE runners (
  id            text PRIMARY KEY,
  first_seen_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at  timestamptz NOT NULL DEFAULT now(),
  -- Of those that register by themselves: a daemon's runtimes.
  workspace_id  text,
  daemon_id     text,
  provider      text,
  name          text,
  device        text,
  version       text,
  left_at       timestamptz -- its daemon has said that it goes
) WITH (fillfactor = 50);

-- The kinds of tasks that runners claimed, or waited for, lately; an empty one
-- stands for any.
CREATE TABLE claimed_kinds (
  kind       text PRIMARY KEY,
  claimed_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE chat_sessions (
  id           text PRIMARY KEY,
  relay        text NOT NULL,
  chat_id      text NOT NULL,
  thread_id    text NOT NULL DEFAULT '',
  reply_to     text NOT NULL DEFAULT '',
  channel_type integer NOT NULL DEFAULT 0,
  locale       text NOT NULL DEFAULT '',
  updated_at   timestamptz NOT NULL DEFAULT now()
);

-- The log: facts, of which whatever is told is made. A row is written once, by
-- the transaction that caused it, with its position (event_positions.hpp).
CREATE SEQUENCE event_position AS bigint CACHE 1;
CREATE TABLE events (
  id          uuid PRIMARY KEY,
  task_id     uuid NOT NULL,
  attempt     integer NOT NULL,
  type        text NOT NULL,
  occurred_at timestamptz NOT NULL,
  facts       json NOT NULL,
  position    bigint NOT NULL UNIQUE
);
CREATE INDEX events_task ON events (task_id);

-- Who is told of an event, written by its transaction.
CREATE TABLE deliveries (
  id           uuid PRIMARY KEY, -- UUIDv5 of event, relay and chat
  event_id     uuid NOT NULL,
  task_id      uuid NOT NULL,
  relay        text NOT NULL,
  chat_id      text NOT NULL DEFAULT '',
  thread_id    text NOT NULL DEFAULT '',
  reply_to     text NOT NULL DEFAULT '',
  channel_type integer NOT NULL DEFAULT 0,
  locale       text NOT NULL DEFAULT '',
  position     bigint NOT NULL, -- of the event: the order within a chat
  state        text NOT NULL DEFAULT 'pending'
                 CHECK (state IN ('pending', 'sent', 'dead', 'superseded')),
  corrects     boolean NOT NULL DEFAULT false, -- its chat may know otherwise
  routed       boolean NOT NULL DEFAULT false, -- a route named its target
  tries        integer NOT NULL DEFAULT 0,
  next_try_at  timestamptz DEFAULT now(),
  leased_until timestamptz,
  -- A message's idempotency key is bound to its words. A delivery that may have
  -- reached its chat goes again as it went: alone, or with those it was told
  -- with. Its own id: alone; null: surely not sent yet.
  message_key  uuid,
  last_error   text NOT NULL DEFAULT '',
  sent_at      timestamptz,
  message_id   text NOT NULL DEFAULT '',
  text         text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 60);
CREATE INDEX deliveries_pending ON deliveries (relay, chat_id, position)
  WHERE state = 'pending';
CREATE INDEX deliveries_task ON deliveries (task_id);
-- Indexes of what is found by its age, which lists name: a lookup by id and a
-- count of what is dead have no use for them.
CREATE INDEX deliveries_newest ON deliveries (created_at, id)
  WHERE created_at IS NOT NULL;
CREATE INDEX deliveries_dead ON deliveries (created_at, id)
  WHERE state = 'dead' AND created_at IS NOT NULL;
-- Counting what is dead of one relay, and sending it again.
CREATE INDEX deliveries_dead_relay ON deliveries (relay) WHERE state = 'dead';

-- What operators hold back for a while: a chat, or a relay with all its chats.
CREATE TABLE mutes (
  relay      text NOT NULL,
  chat_id    text NOT NULL DEFAULT '', -- empty: the whole relay
  until      timestamptz NOT NULL,
  note       text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (relay, chat_id)
);

-- Who has signed in to the page. A browser holds the text of which this is the
-- SHA-256; `token` is the beginning of the digest of the token that it stands for.
CREATE TABLE page_sessions (
  hash       text PRIMARY KEY,
  token      bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at    timestamptz NOT NULL DEFAULT now()
);

-- Targets that asked for no more. `target` is a digest of the configuration
-- that they had then: with another one they are tried again.
CREATE TABLE disabled_relays (
  relay  text PRIMARY KEY,
  target text NOT NULL,
  why    text NOT NULL,
  since  timestamptz NOT NULL DEFAULT now()
);

-- The words of finished tasks, written behind the reports by an actor of its own
-- (docs/adr/0014). The index over them is made by that actor, since it needs an
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

-- What one deployment keeps to itself, such as the key of placeholders' tags.
CREATE TABLE deployment (
  name  text PRIMARY KEY,
  value text NOT NULL
);
