"""Reports over HTTP against L, what the service's own statement reaches without it."""

import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import uuid

from world import at_least, at_most, noise_of

here = pathlib.Path(__file__).resolve().parent
root = here.parents[1]
BATCH = 100


def literal(values):
    def one(value):
        if value is None:
            return "NULL"
        return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "{" + ",".join(one(v) for v in values) + "}"


def write_statement():
    source = (root / "actors/persistence/postgres/task_writes.cpp").read_text()
    text = re.search(r'write_statement\(\) \{\s*return R"\((.*?)\)";', source, re.S).group(1)
    lock = re.search(r'lock_positions =\s*"(.*?)"', (root / "actors/persistence/postgres/event_positions.hpp").read_text()).group(1)
    return re.sub(r'\)"\s*\+ lock_positions \+\s*R"\(', lambda _: lock, text)


def prepare_limit(database, ids, facts_text):
    """A table with the parameters of each batch, as the service would send them,
    and the pgbench script that plays one batch a transaction."""
    facts = json.loads(facts_text)
    now = database.sql("SELECT now()")
    columns = 46
    lines = []
    for number in range(len(ids) // BATCH):
        mine = ids[number * BATCH:(number + 1) * BATCH]
        same = lambda value: [value] * BATCH  # noqa: E731
        events = [str(uuid.uuid4()) for _ in mine]
        texts = [json.dumps(dict(facts, id=event, task=task), separators=(",", ":")) for task, event in zip(mine, events)]
        p = [mine, same(2), same("succeeded"), same("delivered"), same("runner"), same(1), same(1), same(None), same(None),
             same(1), same(None), same(None), same("runner-1"), same(None), same(now), same(now), same(None), same("f"),
             same(None), same("f"), same("f"), same("f"), mine, same(1), same("runner-1"), same(now), same(now), same("succeeded"), same(None), same(None),
             same("runner"), same(None), same(None), same(None), same(None), same("f"), same(None),
             events, mine, same(1), same("task:succeeded"), same(now), texts,
             [], [], []]
        assert len(p) == columns
        lines.append("\t".join([str(number + 1)] + [literal(x).replace("\\", "\\\\") for x in p]))
    database.sql("DROP TABLE IF EXISTS bench_batch; DROP SEQUENCE IF EXISTS bench_seq; CREATE SEQUENCE bench_seq; CREATE TABLE bench_batch (n int PRIMARY KEY, "
                 + ", ".join(f"p{i} text" for i in range(1, columns + 1)) + ");\nCOPY bench_batch FROM stdin;\n"
                 + "\n".join(lines) + "\n\\.\nVACUUM ANALYZE bench_batch;")
    statement = re.sub(r"\$(\d+)", lambda m: f"(SELECT p{m.group(1)} FROM b)", write_statement())
    statement = statement.replace("WITH written", "WITH b AS MATERIALIZED (SELECT * FROM bench_batch WHERE n = (SELECT nextval('bench_seq'))), written", 1)
    # The end of each task is now, as it is with reports.
    for ended in (16, 27):
        statement = statement.replace(f"(SELECT p{ended} FROM b)::timestamptz[]", f"array_fill(now(), ARRAY[{BATCH}])")
    script = pathlib.Path(tempfile.mkstemp(suffix=".sql")[1])
    script.write_text(statement.strip() + ";\n")
    return script, len(lines)


def measure_limit(it, ids, facts):
    """One measure of L, in rows a second."""
    database = it.database
    script, batches = prepare_limit(database, ids, facts)
    try:
        with it.halted():  # it would follow the log and index words beside it
            rate = database.pgbench("-n", "-M", "prepared", "-c", "4", "-j", "1", "-t", str(batches // 4), "-f", str(script))
    finally:
        script.unlink()
    written = int(database.sql("SELECT count(*) FROM tasks WHERE status = 'succeeded'"))
    if written < batches // 4 * 4 * BATCH:
        raise SystemExit(f"the limit's statement wrote {written} rows")
    database.sql("DROP TABLE bench_batch")
    return rate * BATCH


def load(world, it, ids, connections, pipeline, batch=1, status="succeeded", pause=0):
    """Reports each task once, as fast as it goes, or resting before each call."""
    listing = pathlib.Path(tempfile.mkstemp()[1])
    listing.write_text("\n".join(ids) + "\n")
    before = it.cpu()
    done = subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{world.seconds}s", "--timeout", "20s", "-s",
                           str(here / "reports.lua"), it.url, "--", str(listing), str(pipeline), str(batch), status, str(pause)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode()
    listing.unlink()
    found = re.search(r"RESULT (\d+) ([0-9.]+) ([0-9.]+) ([0-9.]+)", text)
    if not found or "refused" in text:
        raise SystemExit(f"wrk: {text}")
    requests, seconds, p50, p99 = (float(x) for x in found.groups())
    if requests * batch > len(ids):
        world.say(f"(only {len(ids)} tasks were there for {requests * batch:.0f} reports: repeats are counted)")
    reports = requests * batch
    return {"rate": reports / seconds, "p50": p50, "p99": p99, "cpu": (it.cpu() - before) / reports * 1e6}


def rows(world):
    loads = (("64", "single reports, 64 connections", 64, 1, 0.8),
             ("256", "single reports, 256 connections", 256, 1, 0.95),
             ("pipelined", "single reports, 64 connections x pipeline 16", 64, 16, 1.2))
    names = ("U", "L", "64", "256", "pipelined", "batched", "p99", "cpu")
    with world.service() as it:
        service, database = it.service, it.database
        made = service.create(kind="probe", max_attempts=1)["id"]
        service.report(made, "running")
        service.report(made, "succeeded", posted=1)
        facts = database.sql(f"SELECT facts FROM events WHERE task_id = '{made}' AND type = 'task:succeeded'")
        results = {name: [] for name in names}
        for _ in range(world.rounds):
            results["U"].append(it.unit(world.seconds))
            database.clear()
            results["L"].append(measure_limit(it, database.seed_running(60_000 * world.seconds), facts))
            world.say(f"U: {results['U'][-1]:.0f} transactions/s, L: {results['L'][-1]:.0f} rows/s")
            for name, _, connections, pipeline, _ in loads:
                database.clear()
                ids = database.seed_running((100_000 if pipeline > 1 else 60_000) * world.seconds)
                got = load(world, it, ids, connections, pipeline)
                results[name].append(got["rate"])
                results["cpu"].append(got["cpu"])
                world.say(f"{name}: {got['rate']:.0f}/s, p50 {got['p50']:.1f} ms, p99 {got['p99']:.1f} ms, {got['cpu']:.1f} us CPU a report")
            database.clear()
            got = load(world, it, database.seed_running(100_000 * world.seconds), 4, 1, batch=500)
            results["batched"].append(got["rate"])
            world.say(f"batched: {got['rate']:.0f}/s, {got['cpu']:.1f} us CPU a report")
            # Half of what 64 connections reached, by resting between reports.
            database.clear()
            pause = max(1, round(2 * 64 / results["64"][-1] * 1000 - 2))
            got = load(world, it, database.seed_running(30_000 * world.seconds), 64, 1, pause=pause)
            results["p99"].append(got["p99"])
            world.say(f"half rate: {got['rate']:.0f}/s, p99 {got['p99']:.1f} ms")
    limit, unit = statistics.median(results["L"]), statistics.median(results["U"])
    noise = noise_of(results["L"])
    world.say(f"U = {unit:.0f} transactions/s, L = {limit:.0f} rows/s ({limit / unit:.1f} U; noise {noise * 100:.0f} %)")
    for name, label, _, _, target in loads:
        rate = statistics.median(results[name])
        yield at_least(label, rate / limit, target, "L", noise, f"{rate:.0f}/s")
    rate = statistics.median(results["batched"])
    yield at_least("batched reports, 500 a call", rate / limit, 0.9, "L", noise, f"{rate:.0f}/s")
    yield at_most("report answered at half of the rate, p99", statistics.median(results["p99"]), 10, "ms")
    yield at_most("CPU of the service per report", min(results["cpu"]), 15, "us")
