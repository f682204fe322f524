-- Tasks, attempts, events, deliveries.
--
-- `tasks` and `events` are written many times each: no index covers what a
-- report changes while a task stays in one state, and pages keep room, so that
-- such writes stay on their page (heap-only tuples).

CREATE TABLE tasks (
  id               uuid PRIMARY KEY,
  version          bigint NOT NULL DEFAULT 1,
  status           text NOT NULL CHECK (status IN ('queued', 'running',
                     'posting_result', 'succeeded', 'failed', 'timed_out',
                     'cancelled')),
  outcome          text CHECK (outcome IN ('delivered', 'clean', 'silent_noop',
                     'unverified', 'failed', 'cancelled')),
  settler          text CHECK (settler IN ('runner', 'reaper', 'person')),
  attempt          integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  max_attempts     integer NOT NULL CHECK (max_attempts >= 1),
  failure_reason   text CHECK (failure_reason <> ''),
  error_detail     text CHECK (error_detail <> ''),
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
  idempotency_key  text,
  labels           json,
  input            json,
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

-- Claims: the queue alone, in the order in which it is served.
CREATE INDEX tasks_queue ON tasks (priority DESC, created_at)
  WHERE status = 'queued';
-- Sweeps: what is under way. Leases move without touching it.
CREATE INDEX tasks_active ON tasks (runner_id)
  WHERE status IN ('running', 'posting_result');
-- The truth check and retention: by end. Only a task's last write touches it.
CREATE INDEX tasks_finished ON tasks (completed_at)
  WHERE completed_at IS NOT NULL;
-- Lists: newest first, all or by chat session.
CREATE INDEX tasks_newest ON tasks (created_at DESC, id DESC);
CREATE INDEX tasks_chat_session ON tasks (chat_session_id, created_at DESC, id DESC)
  WHERE chat_session_id IS NOT NULL;
CREATE UNIQUE INDEX tasks_idempotency ON tasks (idempotency_key)
  WHERE idempotency_key IS NOT NULL;

CREATE TABLE attempts (
  task_id        uuid NOT NULL REFERENCES tasks ON DELETE CASCADE,
  number         integer NOT NULL CHECK (number >= 1),
  runner_id      text,
  started_at     timestamptz NOT NULL,
  ended_at       timestamptz,
  status         text NOT NULL,
  failure_reason text CHECK (failure_reason <> ''),
  error_detail   text CHECK (error_detail <> ''),
  settler        text,
  findings       json,  -- how many values of which class were masked
  evidence       json,  -- what a sweep saw when it settled the attempt
  late_report    json,  -- what came after the attempt was over
  PRIMARY KEY (task_id, number),
  CONSTRAINT closed_failure_has_reason CHECK (
    status NOT IN ('failed', 'timed_out') OR failure_reason IS NOT NULL)
) WITH (fillfactor = 70);

CREATE TABLE runners (
  id            text PRIMARY KEY,
  first_seen_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at  timestamptz NOT NULL DEFAULT now()
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

-- The log. A row is written by the transaction that caused it and gets its
-- position, payload and envelope when it is published.
CREATE TABLE events (
  id          uuid PRIMARY KEY,
  task_id     uuid NOT NULL,
  attempt     integer NOT NULL,
  type        text NOT NULL,
  occurred_at timestamptz NOT NULL,
  facts       json NOT NULL,
  position    bigint UNIQUE,
  head        text,
  payload     text
) WITH (fillfactor = 60);
CREATE INDEX events_unpublished ON events (occurred_at) WHERE position IS NULL;
CREATE INDEX events_task ON events (task_id);

-- One row: the position given last. Its lock makes publishers take turns, so
-- positions become visible in their order and without a gap.
CREATE TABLE event_positions (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  last     bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO event_positions (last) VALUES (0);

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
                 CHECK (state IN ('pending', 'sent', 'dead')),
  tries        integer NOT NULL DEFAULT 0,
  next_try_at  timestamptz DEFAULT now(),
  leased_until timestamptz,
  last_error   text NOT NULL DEFAULT '',
  sent_at      timestamptz,
  message_id   text NOT NULL DEFAULT '',
  text         text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (event_id, relay, chat_id)
) WITH (fillfactor = 60);
CREATE INDEX deliveries_pending ON deliveries (relay, chat_id, position)
  WHERE state = 'pending';
CREATE INDEX deliveries_newest ON deliveries (created_at DESC, id DESC);
CREATE INDEX deliveries_task ON deliveries (task_id);

-- What one deployment keeps to itself, such as the key of placeholders' tags.
CREATE TABLE deployment (
  name  text PRIMARY KEY,
  value text NOT NULL
);
