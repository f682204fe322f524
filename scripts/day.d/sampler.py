"""What the processes use, second by second."""

import asyncio
import os
import pathlib
import re
import time

from stack import TOKENS
from wire import TROUBLE, Client

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGESIZE")
LINE = re.compile(r'^telltale_(\w+?)(?:\{([^}]*)\})? ([0-9.e+-]+)$', re.M)

# As one row: commits, transactions by this sampler included; WAL; sizes; rows.
DATABASE = """
SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = 'telltale'),
       pg_current_wal_insert_lsn() - '0/0'::pg_lsn,
       (SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables),
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       (SELECT string_agg(relname || '=' || pg_table_size(relid) || '/' || pg_indexes_size(relid) || '/' || n_dead_tup, ',')
          FROM pg_stat_user_tables);
"""


def usage(pid):
    """Memory in MB, seconds of CPU, threads, descriptors; None: it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        # A service that keeps others out shows its descriptors to root alone.
        descriptors = len(os.listdir(f"/proc/{pid}/fd")) if os.access(f"/proc/{pid}/fd", os.R_OK) else 0
        return {"memory": int(fields[21]) * PAGE / 1e6, "cpu_seconds": (int(fields[11]) + int(fields[12])) / TICK,
                "threads": int(fields[17]), "descriptors": descriptors}
    except (OSError, IndexError):
        return None


class Sampler:
    """Takes a sample every second into `samples`, of the database every five."""

    def __init__(self, stack, phase, note):
        self.stack, self.phase, self.note = stack, phase, note
        self.samples, self.client, self.began = [], None, time.time()
        self.database_asks = 0
        self.previous = {}
        self.task = asyncio.create_task(self.run())

    async def run(self):
        due, n = time.monotonic(), 0
        while True:
            try:
                sample = await self.take(n % 5 == 0)
                self.samples.append(sample)
                self.note(sample)
            except Exception as problem:  # a sample that fails is one that is missing
                self.samples.append({"at": time.time() - self.began, "phase": self.phase(), "trouble": str(problem)[:200]})
            n += 1
            due = max(due + 1, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    async def take(self, with_database=True):
        sample = {"at": time.time() - self.began, "phase": self.phase()}
        for name in ("serve", "replica"):
            pid = self.stack.pid(name)
            if pid and (used := usage(pid)):
                sample[name] = used
                before = self.previous.get(name)
                if before and before[0] == pid and sample["at"] > before[1]:
                    used["cpu"] = (used["cpu_seconds"] - before[2]) / (sample["at"] - before[1]) * 100
                self.previous[name] = (pid, sample["at"], used["cpu_seconds"])
        cluster = [usage(pid) for pid in self.stack.backends()]
        sample["database_cpu_seconds"] = sum(one["cpu_seconds"] for one in cluster if one)
        sample["database_processes"] = len(cluster)
        sample["log_bytes"] = self.stack.log.size()
        sample["own_cpu_seconds"] = time.process_time()
        logs = [*self.stack.data_dir.glob("*.log*"), *self.stack.cluster.glob("log/*")]
        sample["database_log_bytes"] = sum(path.stat().st_size for path in logs if path.is_file())
        sample["metrics"] = await self.metrics()
        if with_database:
            sample["database"] = await asyncio.to_thread(self.database)
        return sample

    async def metrics(self):
        """Values by name; by name and actor or relay, where there is such a label."""
        if self.client is None:
            self.client = Client(self.stack.port, TOKENS["operator"])
        try:
            status, text = await self.client.call("GET", "/metrics", timeout=2, raw=True)
        except TROUBLE:
            return None
        return parse(text) if status == 200 else None

    def database(self):
        """None while it does not answer."""
        try:
            line = self.stack.psql(text=DATABASE, timeout=3)
        except Exception:  # away, hung, starting: the sample has no figures of it
            return None
        self.database_asks += 1
        commits, wal, size, backends, tables = line.split("|")
        return {"commits": int(commits), "wal": int(wal), "size": int(size), "backends": int(backends) - 1,
                "asks": self.database_asks,
                "tables": {name: tuple(map(int, sizes.split("/"))) for name, _, sizes in
                           (table.partition("=") for table in tables.split(","))}}

    async def rest(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        if self.client:
            self.client.close()


def parse(text):
    """Prometheus text as {name: {label values: value}}; histograms left out."""
    found = {}
    for name, labels, value in LINE.findall(text):
        if name.endswith("_bucket"):
            continue
        key = "/".join(re.findall(r'"([^"]*)"', labels))
        found.setdefault(name, {})[key] = float(value)
    return found


def total(metrics, name):
    """Over all labels; None where it is not told."""
    return sum(metrics[name].values()) if metrics and name in metrics else None
