"""The reaper: many silent tasks at once, and a tick that finds none among a million."""

import re
import time

from world import at_most

CONFIG = """
[reaper]
tick = "200ms"
lease_grace = "1s"
"""


def sweep_seconds(it, count):
    it.database.seed_running(count, lease="1 day")
    it.database.sql("UPDATE tasks SET lease_expires_at = now() - interval '1 hour'; VACUUM ANALYZE tasks")
    began = time.monotonic()
    while it.database.sql("SELECT count(*) FROM tasks WHERE status IN ('running', 'posting_result')") != "0":
        if time.monotonic() - began > 120:
            raise SystemExit("silent tasks are not swept")
        time.sleep(0.05)
    return time.monotonic() - began


def rows(world):
    with world.service(CONFIG) as it:
        count = 20_000 if world.quick else 100_000
        seconds = sweep_seconds(it, count) * 100_000 / count
        it.database.published()
        failed = int(it.database.sql("SELECT count(*) FROM events WHERE type = 'task:failed'"))
        yield at_most("100 000 silent tasks swept, each with reason and event", seconds, 4, "s",
                      note=f"{failed} events")
    with world.service() as it:
        it.database.seed_running(100_000 if world.quick else 1_000_000)
        plan = it.database.sql(
            "EXPLAIN (ANALYZE, FORMAT TEXT) SELECT t.id FROM tasks t LEFT JOIN runners r ON r.id = t.runner_id "
            "WHERE t.status IN ('running', 'posting_result') AND t.lease_expires_at < now() - interval '1 second' "
            "AND (r.id IS NULL OR r.last_seen_at >= now() - interval '1 minute') LIMIT 500")
        took = float(re.search(r"Execution Time: ([0-9.]+)", plan).group(1))
        yield at_most("a tick with nothing due, a million tasks", took, 5, "ms")
