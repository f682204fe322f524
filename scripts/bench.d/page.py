"""The page over a million runs: from the answer of the data call to the painted list; `telltale why` beside it."""

import json
import pathlib
import statistics
import subprocess
import time

from scenario import browser
from world import at_most

RUNS = 1_000_000


def seed(database):
    """Finished runs of a month: one in ten failed, one in twelve posted nothing."""
    database.sql(f"""
        INSERT INTO tasks (id, version, status, outcome, attempt, max_attempts, kind, title, failure_reason, error_detail, telling_line, cause,
                           created_at, started_at, completed_at, runner_id)
        SELECT ('01910000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 2,
               CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'succeeded' END,
               CASE WHEN n % 10 = 0 THEN 'failed' WHEN n % 12 = 1 THEN 'silent_noop' ELSE 'delivered' END,
               1, 1, 'review', 'Review change ' || n,
               CASE WHEN n % 10 = 0 THEN 'agent_error.provider_network' END,
               CASE WHEN n % 10 = 0 THEN 'dial tcp 203.0.113.7:443: connection refused' WHEN n % 12 = 1 THEN 'no inline position' END,
               CASE WHEN n % 10 = 0 THEN 'dial tcp 203.0.113.7:443: connection refused' WHEN n % 12 = 1 THEN 'no inline position' END,
               CASE WHEN n % 10 = 0 THEN '64b641676cf93db2' END,
               at, at, at + interval '40 seconds', 'runner-' || n % 100
        FROM (SELECT n, now() - interval '30 days' * (1 - n / {RUNS}.0) - interval '1 minute' AS at
              FROM generate_series(1, {RUNS}) n) made;""")
    database.sql("VACUUM ANALYZE tasks; CHECKPOINT;")


def why(world, it):
    """Milliseconds of whole calls of the command line, and what it asks about."""
    made = it.service.create(kind="review", title="Review change 4711")["id"]
    it.service.report(made, "running", runner_id="runner-1")
    it.service.report(made, "failed", detail="dial tcp 203.0.113.7:443: connection refused")
    times = []
    for _ in range(20 * world.rounds):
        began = time.perf_counter()
        done = subprocess.run([str(world.program), "why", made, "--server", it.url], stdout=subprocess.PIPE, check=True)
        times.append((time.perf_counter() - began) * 1000)
        if b"connection refused" not in done.stdout:
            raise SystemExit(f"why does not say why: {done.stdout.decode()}")
    return times


def rows(world):
    with world.service() as it:
        world.say(f"seeding {RUNS} runs")
        seed(it.database)
        done = browser.run(pathlib.Path(__file__).with_name("page_paint.mjs"), browser.root / "build/page-bench", 300,
                           TELLTALE_URL=it.url, TELLTALE_ROUNDS=str(world.rounds * 3))
        if done.returncode:
            raise SystemExit("the browser did not get to the end")
        for name, figure in json.loads(done.stdout).items():
            yield at_most(f"{name}, data call", figure["call"], 20, "ms")
            yield at_most(f"{name}, data call to paint", figure["paint"], 300, "ms", note=f"from the address to paint {figure['all']:.0f} ms")
        times = why(world, it)
        yield at_most("telltale why, the slowest call", max(times), 100, "ms", note=f"median {statistics.median(times):.0f} ms")
