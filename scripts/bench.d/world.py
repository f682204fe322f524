"""What the topics of the bench share: a service with a database of its own, the
measures U and L, and the rows that they yield.

A topic is a module of this folder with one function:

    def rows(world):
        "First line: what it measures."
        with world.service() as it:
            yield at_most("startup", it.startup * 1000, 2000, "ms")

It yields a row as soon as it is known; `scripts/bench` prints it, with its
target, and exits 1 if any was missed. A miss is a miss by more than the noise
that the topic measured and hands over."""

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from scenario.service import Service

CONFIG = """
[http]
listen = "127.0.0.1:{port}"
[database]
data_dir = "{folder}/postgres"
[log]
level = "warn"
"""


@dataclasses.dataclass(frozen=True)
class Row:
    """One figure beside its target. `target` says its sense: ">= 0.8"."""
    name: str
    value: float
    target: str
    unit: str
    ok: bool
    note: str = ""


def row(name, value, target, unit, ok, note=""):
    return Row(name, value, target, unit, ok, note)


def at_least(name, value, target, unit, noise=0.0, note=""):
    """Holds if `value` is no less than `target`, but for the noise (a share)."""
    return Row(name, value, f">= {target:g}", unit, value >= target * (1 - noise), note)


def at_most(name, value, target, unit, noise=0.0, note=""):
    """Holds if `value` is no more than `target`, but for the noise (a share)."""
    return Row(name, value, f"<= {target:g}", unit, value <= target * (1 + noise), note)


def noise_of(values, most=0.15):
    """Half the spread of rounds of one measure, as a share of their median."""
    middle = statistics.median(values)
    return min((max(values) - min(values)) / 2 / middle, most) if middle else 0.0


def programs():
    """The folder of PostgreSQL's programs."""
    return sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))[-1]


def quoted(text):
    """A literal for SQL."""
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


class Database:
    """The service's own database, reached past the service."""

    def __init__(self, folder):
        socket = next(pathlib.Path(folder).rglob(".s.PGSQL.*[0-9]"), None)
        if socket is None:  # its path would be too long there: the cluster names the folder
            words = (pathlib.Path(folder) / "postgres" / "postmaster.pid").read_text().splitlines()
            socket = pathlib.Path(words[4]) / f".s.PGSQL.{words[3]}"
        self.host, self.port = str(socket.parent), socket.name.rsplit(".", 1)[1]
        self.env = dict(os.environ, PGHOST=self.host, PGPORT=self.port, PGUSER="postgres", PGDATABASE="telltale",
                        PGOPTIONS="-c search_path=telltale,public")

    def sql(self, text, database="telltale"):
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database], input=text.encode(),
                              env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise SystemExit(f"psql: {done.stderr.decode()[-2000:]}")
        return done.stdout.decode().strip()

    def pgbench(self, *arguments, database="telltale"):
        """Transactions a second."""
        done = subprocess.run([str(programs() / "pgbench"), *arguments, database], env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = done.stdout.decode()
        found = re.search(r"tps = ([0-9.]+) \(without", text) or re.search(r"tps = ([0-9.]+)", text)
        if done.returncode or not (found or "-i" in arguments):
            raise SystemExit(f"pgbench: {text[-2000:]}")
        return float(found.group(1)) if found else None

    def wal(self):
        """Bytes of write-ahead log written so far."""
        return int(self.sql("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))

    def clear(self):
        """Empties the tables."""
        for _ in range(20):  # the sweeps look at them too: a deadlock is tried again
            try:
                return self.sql("TRUNCATE deliveries, attempts, events, tasks CASCADE")
            except SystemExit:
                time.sleep(0.5)
        raise SystemExit("the tables cannot be emptied")

    def seed_running(self, count, lease="1 day", session=None):
        """Running tasks of attempt 1; their ids in the order of their making,
        as those that the service makes are."""
        self.sql(f"""
            WITH made AS (
              INSERT INTO tasks (id, version, status, attempt, max_attempts, kind, title, created_at, started_at,
                                 lease_expires_at, runner_id, chat_session_id)
              SELECT ('01910000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 2, 'running', 1, 1, 'bench',
                     'Review change ' || n, now(), now(), now() + interval '{lease}', 'runner-' || n % 100, {quoted(session)}
              FROM generate_series(1, {count}) n RETURNING id, started_at, runner_id)
            INSERT INTO attempts (task_id, number, runner_id, started_at, status)
            SELECT id, 1, runner_id, started_at, 'running' FROM made;""")
        self.settle_down()
        return self.sql("SELECT id FROM tasks WHERE status = 'running' ORDER BY id").split()

    def seed_queued(self, count, session=None):
        """Tasks that wait to be claimed."""
        self.sql(f"""
            INSERT INTO tasks (id, status, max_attempts, kind, title, created_at, chat_session_id)
            SELECT ('01920000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'queued', 1, 'bench',
                   'Review change ' || n, now() + n * interval '1 microsecond', {quoted(session)}
            FROM generate_series(1, {count}) n;""")
        self.settle_down()

    def seed_finished(self, count):
        """Tasks that are over, a second apart, without attempts or events."""
        self.sql(f"""
            INSERT INTO tasks (id, version, status, outcome, settled_by, attempt, max_attempts, kind, title, created_at, started_at,
                               completed_at, posted)
            SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 3, 'succeeded', 'delivered', 'runner', 1, 1, 'bench',
                   'Review change ' || n, t, t, t, 1
            FROM (SELECT n, now() - interval '2 hours' - n * interval '1 second' AS t FROM generate_series(1, {count}) n) made;""")
        self.settle_down()

    def settle_down(self):
        self.sql("VACUUM ANALYZE tasks; VACUUM ANALYZE attempts; VACUUM events; CHECKPOINT;")


class Running:
    """A service under measure, and what it costs."""

    def __init__(self, service, startup):
        self.service, self.startup = service, startup
        self.url, self.folder = service.url, service.folder
        self.database = Database(service.folder)
        self.pid = service.processes["serve"].pid

    def cpu(self):
        """Seconds of a core that the service has used, its database apart."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Resident memory in MB."""
        return int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6

    @contextlib.contextmanager
    def halted(self):
        """The database alone: the service neither asks it nor writes."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def unit(self, seconds):
        """One measure of U: pgbench's simple update, transactions a second."""
        if self.database.sql("SELECT count(*) FROM pg_database WHERE datname = 'bench_u'") == "0":
            self.database.sql("CREATE DATABASE bench_u")
            self.database.pgbench("-i", "-q", "-s", "10", database="bench_u")
        with self.halted():
            return self.database.pgbench("-n", "-c", "8", "-j", "2", "-T", str(seconds), "-N", database="bench_u")


class World:
    """What a run of the bench is given: the program and how long to look."""

    def __init__(self, program, quick=False):
        self.program, self.quick = pathlib.Path(program).resolve(), quick
        self.rounds, self.seconds = (1, 5) if quick else (3, 8)

    @contextlib.contextmanager
    def service(self, config="", folder=None):
        """A service that serves, with a database of its own; `config` is added
        to its configuration file, `folder` keeps what is in it."""
        made = tempfile.mkdtemp(prefix="telltale-bench-") if folder is None else None
        service = Service(self.program, folder or made)
        service.folder.chmod(0o755)
        for name in ("TELLTALE_RUNNER_TOKEN", "TELLTALE_OPERATOR_TOKEN"):
            service.environment.pop(name, None)
        path = service.folder / "bench.toml"
        path.write_text(CONFIG.format(port=service.port, folder=service.folder) + config)
        try:
            with open(service.log_path, "ab") as log:
                began = time.monotonic()
                service.processes["serve"] = subprocess.Popen(
                    [str(self.program), "serve", "--config", str(path)], stdout=log, stderr=log, env=service.environment)
                service.wait(service.ready, "the service to be ready", 60, service.processes["serve"])
            yield Running(service, time.monotonic() - began)
        finally:
            service.close()
            if made:
                shutil.rmtree(made, ignore_errors=True)

    def say(self, text):
        """A line between the rows: a round, a condition."""
        print(f"    {text}", flush=True)
