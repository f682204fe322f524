-- Positions come from a sequence, under a lock that lasts until the commit
-- (event_positions.hpp). The row that was written by each commit goes: while
-- somebody held an old snapshot, each commit searched through all its versions.
CREATE SEQUENCE event_position AS bigint CACHE 1;
SELECT setval('event_position', greatest(p.last, e.newest, 1),
              greatest(p.last, e.newest) > 0)
FROM event_positions p,
  (SELECT coalesce(max(position), 0) AS newest FROM events) e;
DROP TABLE event_positions;
