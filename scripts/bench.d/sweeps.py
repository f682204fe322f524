"""The reaper: many silent tasks at once, and a tick that finds none among a million."""

import re
import statistics
import time

from world import at_most

CONFIG = """
[reaper]
tick = "200ms"
lease_grace = "1s"
"""


# What a tick asks, as actors/persistence/postgres/pg_sweeps.cpp words it.
ACTIVE = "t.status IN ('running', 'posting_result')"
QUEUED = "t.status = 'queued'"
TICK = [
    QUEUED + " AND NOT t.awaits_runner AND t.created_at < now() - interval '1 hour' AND (t.run_after IS NULL OR t.run_after < now() - interval '1 hour')",
    QUEUED + " AND t.awaits_runner AND t.run_after < now() - interval '1 hour'",
    ACTIVE + " AND r.last_seen_at < now() - interval '3 minutes'",
    ACTIVE + " AND t.lease_expires_at < now() - interval '1 second' AND (r.id IS NULL OR r.last_seen_at >= now() - interval '3 minutes')",
    ACTIVE + " AND t.started_at < now() - CASE WHEN t.timeout_seconds IS NULL THEN interval '3 hours'"
             " WHEN t.timeout_seconds > 0 THEN t.timeout_seconds * interval '1 second' END",
]


def milliseconds_of(database, question):
    """Milliseconds that the database takes for one question of a tick."""
    plan = database.sql("EXPLAIN (ANALYZE) SELECT t.id FROM tasks t LEFT JOIN runners r ON r.id = t.runner_id WHERE "
                        + question + " LIMIT 500 FOR UPDATE OF t SKIP LOCKED")
    if "Seq Scan on tasks" in plan:
        raise SystemExit(f"a tick reads the whole table: {plan}")
    return float(re.search(r"Execution Time: ([0-9.]+)", plan).group(1))


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
        failed = int(it.database.sql("SELECT count(*) FROM events WHERE type = 'task:failed'"))
        yield at_most("100 000 silent tasks swept, each with reason and event", seconds, 4, "s",
                      note=f"{failed} events")
    with world.service() as it:
        count = 100_000 if world.quick else 1_000_000
        it.database.seed_finished(count)
        it.database.seed_running(10_000)
        it.database.seed_queued(10_000)
        took = [sum(milliseconds_of(it.database, question) for question in TICK) for _ in range(3)]
        yield at_most(f"a tick with nothing due, {count} tasks, 20 000 of them open", statistics.median(took), 5, "ms")
