-- What somebody may have to be told waits here, by its event's position, from
-- the transaction that writes the event until its deliveries are stored. To
-- cross it off rewrites no event. `events.due` is read for what a program of
-- before left there, and written no more.
CREATE TABLE events_due (
  position bigint PRIMARY KEY
) WITH (fillfactor = 100, autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_threshold = 5000);

-- Deferred retries whose runner was lost: every tick of the reaper asks for
-- them, and there are few.
CREATE INDEX tasks_awaiting ON tasks (run_after)
  WHERE status = 'queued' AND awaits_runner;

-- A delivery's id is made of event, relay and chat: one index says that there
-- is one. New rows go to the end of the list's, as they do with tasks.
ALTER TABLE deliveries DROP CONSTRAINT deliveries_event_id_relay_chat_id_key;
DROP INDEX deliveries_newest;
CREATE INDEX deliveries_newest ON deliveries (created_at, id);

-- An attempt is written twice: there is room for its end beside its beginning.
ALTER TABLE attempts SET (fillfactor = 50);
