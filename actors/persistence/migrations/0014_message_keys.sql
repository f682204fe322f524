-- A message's idempotency key is bound to its words. A delivery that may have
-- reached its chat goes again as it went: alone, or with those it was told with.
ALTER TABLE deliveries
  ADD COLUMN message_key uuid; -- its own id: alone; null: surely not sent yet
