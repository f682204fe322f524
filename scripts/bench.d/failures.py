"""What a failure costs: claim to failed with payload and delivery, beside a success, in log."""

import pathlib
import statistics
import subprocess
import time

import reports
from world import at_least, at_most, noise_of

here = pathlib.Path(__file__).resolve().parent

# A chat that nobody answers in: deliveries are written, and wait.
CONFIG = """
[relays.bench]
type = "octo"
base_url = "http://127.0.0.1:9"
token = "bf_bench"
allow_private = true
"""


def claim_and_fail(world, it):
    """Tasks a second from queued to failed, their deliveries written."""
    it.database.clear()
    it.database.seed_queued(25_000 * world.seconds, session="bench")
    began = time.monotonic()
    done = subprocess.run(["wrk", "-t", "1", "-c", "64", "-d", f"{world.seconds}s", "--timeout", "20s", "-s",
                           str(here / "failures.lua"), it.url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if "refused" in done.stdout.decode():
        raise SystemExit(f"wrk: {done.stdout.decode()}")
    seconds = time.monotonic() - began
    return int(it.database.sql("SELECT count(*) FROM tasks WHERE status = 'failed'")) / seconds


def cost(world, it, status):
    """Seconds a report, its event and deliveries with it."""
    it.database.clear()
    ids = it.database.seed_running(40_000 * world.seconds, session="bench")
    began = time.monotonic()
    reports.load(world, it, ids, 64, 1, status=status)
    return (time.monotonic() - began) / int(it.database.sql(f"SELECT count(*) FROM tasks WHERE status = '{status}'"))


def wal_of_failures(it, count):
    """Bytes of log a task, from its making to its delivery's row: what it logs,
    and what it logs right after a checkpoint, with the images of pages that
    are touched for the first time then. Those are a price of checkpoints: the
    more tasks between two, the less each pays."""
    service, database = it.service, it.database

    def live():
        for _ in range(count):
            service.create(kind="wal", max_attempts=1, title="Review change 1", chat_session_id="bench")
        left = count
        while left > 0:
            _, answer = service.runner("POST", "/internal/tasks/claim", {"runner_id": "bench", "kinds": ["wal"], "limit": 100}, expect=200)
            if not answer["tasks"]:
                raise SystemExit("the tasks that were made cannot be claimed")
            left -= len(answer["tasks"])
            service.runner("POST", "/internal/reports", {"reports": [
                {"task_id": t["task_id"], "status": "failed", "attempt": 1, "detail": "the provider closed the connection"}
                for t in answer["tasks"]]}, expect=200)

    def measured():
        before = database.wal()
        live()
        return (database.wal() - before) / count

    live()
    plain = measured()
    database.sql("CHECKPOINT")
    return plain, measured()


def rows(world):
    with world.service(CONFIG) as it:
        it.service.call("PUT", "/chat-sessions/bench", {"relay": "bench", "chat_id": "c1"})
        units, rates, ratios = [], [], []
        for _ in range(world.rounds):
            units.append(it.unit(world.seconds))
            rates.append(claim_and_fail(world, it))
            ratios.append(cost(world, it, "failed") / cost(world, it, "succeeded"))
        unit, noise = statistics.median(units), max(noise_of(units), noise_of(rates))
        rate = statistics.median(rates)
        yield at_least("claim -> running -> failed, payload and delivery written", rate / unit, 8.4, "U", noise, f"{rate:.0f}/s")
        yield at_most("a failure beside a success", statistics.median(ratios), 1.1, "x", noise_of(ratios))
        it.database.clear()
        plain, with_images = wal_of_failures(it, 500)
        yield at_most("WAL per failed task, all told", plain, 1200, "bytes",
                      note=f"{with_images:.0f} with page images, right after a checkpoint")
