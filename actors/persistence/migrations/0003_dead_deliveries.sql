-- What could not be told: counted and listed often, and there are few.
CREATE INDEX deliveries_dead ON deliveries (created_at DESC, id DESC)
  WHERE state = 'dead';
