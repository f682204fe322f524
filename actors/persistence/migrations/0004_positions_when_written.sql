-- An event gets its position in the transaction that writes it. `due` marks the
-- few that somebody may have to be told: their payload and deliveries are
-- stored right after. Events without a position are those that a program of
-- before wrote and did not publish; they get one when they are published.
ALTER TABLE events ADD COLUMN due boolean NOT NULL DEFAULT false;
DROP INDEX events_unpublished;
CREATE INDEX events_waiting ON events (occurred_at)
  WHERE due OR position IS NULL;
-- Most rows are never written again.
ALTER TABLE events SET (fillfactor = 90);
