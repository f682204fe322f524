"""Speed and size, as ratios taken in one run. U is what pgbench's simple update
reaches on the same PostgreSQL, L what the service's own write statement reaches
there, driven by pgbench without the service."""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

from scenario.service import Service

root = pathlib.Path(__file__).resolve().parents[2]
here = pathlib.Path(__file__).resolve().parent
program = pathlib.Path(sys.argv[1]).resolve()
quick = "--quick" in sys.argv
ROUNDS = 1 if quick else 3
SECONDS = 5 if quick else 8
BATCH = 100

CONFIG = """
[http]
listen = "127.0.0.1:{port}"
[database]
data_dir = "{folder}/postgres"
[log]
level = "warn"
"""


def find_bin():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    return found[-1]


class Database:
    def __init__(self, folder):
        socket = next(pathlib.Path(folder).rglob(".s.PGSQL.*[0-9]"), None)
        socket = socket or next(p for p in pathlib.Path("/tmp").rglob(".s.PGSQL.*[0-9]"))
        self.host, self.port = str(socket.parent), socket.name.rsplit(".", 1)[1]
        self.env = dict(os.environ, PGHOST=self.host, PGPORT=self.port, PGUSER="telltale", PGDATABASE="telltale")

    def sql(self, text, database="telltale"):
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database], input=text.encode(),
                              env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise SystemExit(f"psql: {done.stderr.decode()[-2000:]}")
        return done.stdout.decode().strip()

    def pgbench(self, *arguments, database="telltale"):
        done = subprocess.run([str(find_bin() / "pgbench"), *arguments, database], env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = done.stdout.decode()
        found = re.search(r"tps = ([0-9.]+) \(without", text) or re.search(r"tps = ([0-9.]+)", text)
        if done.returncode or not (found or "-i" in arguments):
            raise SystemExit(f"pgbench: {text[-2000:]}")
        return float(found.group(1)) if found else None


def clear(database):
    """Empties the tables once the events of the round before are published."""
    for _ in range(600):
        if database.sql("SELECT count(*) FROM events WHERE position IS NULL") == "0":
            break
        time.sleep(0.1)
    for _ in range(20):  # the sweeps look at them too: a deadlock is tried again
        try:
            return database.sql("TRUNCATE deliveries, attempts, events, tasks")
        except SystemExit:
            time.sleep(0.5)
    raise SystemExit("the tables cannot be emptied")


def seed(database, count):
    """Running tasks of attempt 1; their ids in the order of their making, as
    those that the service makes are."""
    database.sql(f"""
        WITH made AS (
          INSERT INTO tasks (id, version, status, attempt, max_attempts, kind, title, created_at, started_at,
                             lease_expires_at, runner_id)
          SELECT ('01910000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 2, 'running', 1, 1, 'bench', 'Review change ' || n, now(), now(),
                 now() + interval '1 day', 'runner-' || n % 100
          FROM generate_series(1, {count}) n RETURNING id, started_at, runner_id)
        INSERT INTO attempts (task_id, number, runner_id, started_at, status)
        SELECT id, 1, runner_id, started_at, 'running' FROM made;""")
    ids = database.sql("SELECT id FROM tasks WHERE status = 'running' ORDER BY id").split()
    database.sql("VACUUM ANALYZE tasks; VACUUM ANALYZE attempts; VACUUM events; CHECKPOINT;")
    return ids


def literal(values):
    def one(value):
        if value is None:
            return "NULL"
        return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "{" + ",".join(one(v) for v in values) + "}"


def write_statement():
    source = (root / "actors/persistence/task_writes.cpp").read_text()
    return re.search(r'write_statement\(\) \{\s*return R"\((.*?)\)";', source, re.S).group(1)


def prepare_limit(database, ids, facts_text):
    """A table with the parameters of each batch, as the service would send them,
    and the pgbench script that plays one batch a transaction."""
    facts = json.loads(facts_text)
    now = database.sql("SELECT now()")
    columns = 39
    lines = []
    for number in range(len(ids) // BATCH):
        mine = ids[number * BATCH:(number + 1) * BATCH]
        same = lambda value: [value] * BATCH  # noqa: E731
        events = [str(uuid.uuid4()) for _ in mine]
        texts = []
        for task, event in zip(mine, events):
            texts.append(json.dumps(dict(facts, id=event, task=task) if "task" in facts
                                    else dict(facts, id=event, task_id=task), separators=(",", ":")))
        p = [mine, same(2), same("succeeded"), same("delivered"), same("runner"), same(1), same(1), same(None), same(None),
             same(1), same(None), same(None), same("runner-1"), same(None), same(now), same(now), same(None), same("f"),
             mine, same(1), same("runner-1"), same(now), same(now), same("succeeded"), same(None), same(None),
             same("runner"), same(None), same(None), same(None),
             events, mine, same(1), same("task:succeeded"), same(now), texts,
             [], [], []]
        assert len(p) == columns
        lines.append("\t".join([str(number + 1)] + [literal(x).replace("\\", "\\\\") for x in p]))
    database.sql("DROP TABLE IF EXISTS bench_batch; DROP SEQUENCE IF EXISTS bench_seq; CREATE SEQUENCE bench_seq; CREATE TABLE bench_batch (n int PRIMARY KEY, "
                 + ", ".join(f"p{i} text" for i in range(1, columns + 1)) + ");\nCOPY bench_batch FROM stdin;\n"
                 + "\n".join(lines) + "\n\\.\nVACUUM ANALYZE bench_batch;")
    statement = re.sub(r"\$(\d+)", lambda m: f"(SELECT p{m.group(1)} FROM b)", write_statement())
    statement = statement.replace("WITH written", "WITH b AS MATERIALIZED (SELECT * FROM bench_batch WHERE n = (SELECT nextval('bench_seq'))), written", 1)
    script = pathlib.Path(tempfile.mkstemp(suffix=".sql")[1])
    script.write_text(statement.strip() + ";\n")
    return script, len(lines)


def cpu_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def load(service, ids, connections, pipeline):
    listing = pathlib.Path(tempfile.mkstemp()[1])
    listing.write_text("\n".join(ids) + "\n")
    pid = service.processes["serve"].pid
    before = cpu_of(pid)
    done = subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{SECONDS}s", "--timeout", "20s", "-s", str(here / "reports.lua"),
                           service.url, "--", str(listing), str(pipeline)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode()
    listing.unlink()
    found = re.search(r"RESULT (\d+) ([0-9.]+) ([0-9.]+) ([0-9.]+)", text)
    if not found or "no 204" in text:
        raise SystemExit(f"wrk: {text}")
    requests, seconds, p50, p99 = (float(x) for x in found.groups())
    if requests > len(ids):
        print(f"  (only {len(ids)} tasks were there for {requests:.0f} reports: repeats are counted)")
    return {"rate": requests / seconds, "p50": p50, "p99": p99, "cpu": (cpu_of(pid) - before) / requests * 1e6}


rows = []


def row(what, value, target, holds, note=""):
    rows.append((what, value, target, holds))
    print(f"  {'ok  ' if holds else 'MISS'} {what:<58} {value:>12}  target {target:<10} {note}", flush=True)


def main():
    folder = tempfile.mkdtemp(prefix="telltale-bench-")
    service = Service(program, folder)
    config = pathlib.Path(folder) / "bench.toml"
    config.write_text(CONFIG.format(port=service.port, folder=folder))
    service.folder.chmod(0o755)
    for name in ("TELLTALE_RUNNER_TOKEN", "TELLTALE_OPERATOR_TOKEN"):
        service.environment.pop(name, None)
    log = open(service.log_path, "ab")
    service.processes["serve"] = subprocess.Popen([str(program), "serve", "--config", str(config)], stdout=log, stderr=log,
                                                  env=service.environment)
    try:
        service.wait(service.ready, "the service to be ready", 60, service.processes["serve"])
        pid = service.processes["serve"].pid
        time.sleep(3)
        before = cpu_of(pid)
        time.sleep(5)
        print("Size")
        row("idle: CPU", f"{(cpu_of(pid) - before) / 5 * 100:.2f} %", "<= 1 %", (cpu_of(pid) - before) / 5 <= 0.01)
        row("idle: resident memory", f"{memory_of(pid):.1f} MB", "<= 60 MB", memory_of(pid) <= 60)
        database = Database(folder)
        made = service.create(kind="probe", max_attempts=1)["id"]
        service.report(made, "running")
        service.report(made, "succeeded", posted=1)
        facts = database.sql(f"SELECT facts FROM events WHERE task_id = '{made}' AND type = 'task:succeeded'")
        database.sql("CREATE DATABASE bench_u", "telltale")
        database.pgbench("-i", "-q", "-s", "10", database="bench_u")
        print(f"Speed ({ROUNDS} rounds of {SECONDS} s; two cores carry database, service and load)")
        results = {"U": [], "L": [], "64": [], "256": [], "pipelined": [], "cpu": [], "p99": []}
        for _ in range(ROUNDS):
            results["U"].append(database.pgbench("-n", "-c", "8", "-j", "2", "-T", str(SECONDS), "-N", database="bench_u"))
            clear(database)
            ids = seed(database, 60_000 * SECONDS)
            script, batches = prepare_limit(database, ids, facts)
            rate = database.pgbench("-n", "-M", "prepared", "-c", "4", "-j", "1", "-t", str(batches // 4), "-f", str(script))
            written = int(database.sql("SELECT count(*) FROM tasks WHERE status = 'succeeded'"))
            assert written >= batches // 4 * 4 * BATCH, f"the limit's statement wrote {written} rows"
            results["L"].append(rate * BATCH)
            print(f"    U: {results['U'][-1]:.0f} transactions/s, L: {rate * BATCH:.0f} rows/s")
            script.unlink()
            database.sql("DROP TABLE bench_batch")
            for name, connections, pipeline in (("64", 64, 1), ("256", 256, 1), ("pipelined", 64, 16)):
                clear(database)
                ids = seed(database, 100_000 * SECONDS if pipeline > 1 else 60_000 * SECONDS)
                got = load(service, ids, connections, pipeline)
                results[name].append(got["rate"])
                results["cpu"].append(got["cpu"])
                results["p99"].append(got["p99"])
                print(f"    {name}: {got['rate']:.0f}/s, p50 {got['p50']:.1f} ms, p99 {got['p99']:.1f} ms, {got['cpu']:.1f} us CPU a report")
        middle = {name: statistics.median(values) for name, values in results.items()}
        limit = middle["L"]
        spread = (max(results["L"]) - min(results["L"])) / limit
        print(f"  U = {middle['U']:.0f} transactions/s, L = {limit:.0f} rows/s ({limit / middle['U']:.1f} U; spread {spread * 100:.0f} %)")
        for name, label, target in (("64", "single reports, 64 connections", 0.6), ("256", "single reports, 256 connections", 0.6),
                                    ("pipelined", "single reports, 64 connections x pipeline 16", 0.6)):
            ratio = middle[name] / limit
            row(label, f"{ratio:.2f} L", f">= {target} L", ratio >= target * (1 - min(spread, 0.15)), f"{middle[name]:.0f}/s")
        row("CPU of the service per report", f"{min(results['cpu']):.1f} us", "<= 15 us", min(results["cpu"]) <= 15)
    finally:
        service.close()
    missed = [r for r in rows if not r[3]]
    print(f"{len(rows) - len(missed)} targets met, {len(missed)} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
