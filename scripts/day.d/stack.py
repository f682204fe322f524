"""The processes of the day: the sink, the service, its replica and its database."""

import asyncio
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time
import urllib.request

from scenario.service import OPERATOR_TOKEN, RUNNER_TOKEN, Failed, Service, free_port

# For statements of ours: the service's tables are in a schema of their own.
OWN_SCHEMA = dict(os.environ, PGOPTIONS="-c search_path=telltale,public")

# Addresses, tokens, the place of the database, and relays. All else is the default.
CONFIG = """
[http]
listen = "127.0.0.1:{port}"
[auth]
runner_tokens = [ {{ name = "fleet", token = {{ env = "TELLTALE_RUNNER_TOKEN" }} }} ]
operator_tokens = [ {{ name = "ops", token = {{ env = "TELLTALE_OPERATOR_TOKEN" }} }} ]
[database]
{database}
[relays.octo]
type = "octo"
base_url = "{sink}"
token = {{ env = "OCTO_BOT_TOKEN" }}
[relays.lark]
type = "lark"
base_url = "{sink}"
app_id = "cli_day"
app_secret = {{ env = "LARK_APP_SECRET" }}
[relays.slack]
type = "slack"
base_url = "{sink}"
token = {{ env = "SLACK_BOT_TOKEN" }}
[relays.telegram]
type = "telegram"
base_url = "{sink}"
token = {{ env = "TELEGRAM_BOT_TOKEN" }}
[relays.hook]
type = "webhook"
url = "{sink}/hook{version}"
secrets = [ {{ env = "HOOK_SECRET" }} ]
allow_private = true
"""


class LogPipe:
    """A process's stderr, which somebody reads into a file, or does not for a while."""

    def __init__(self, path):
        self.path, self.end = path, None
        self.reads = threading.Event()
        self.reads.set()

    def open(self):
        """The end to write to, for the process that is started next."""
        ours, theirs = os.pipe()
        threading.Thread(target=self.read, args=(ours,), daemon=True).start()
        return theirs

    def read(self, ours):
        with open(self.path, "ab", buffering=0) as file:
            while True:
                self.reads.wait()
                text = os.read(ours, 65536)
                if not text:
                    break
                file.write(text)
        os.close(ours)

    def size(self):
        return self.path.stat().st_size if self.path.exists() else 0


class Stack(Service):
    """Service and sink with a folder of their own, started and ended as the day wants it."""

    def __init__(self, program, folder, data_mb):
        super().__init__(program, folder)
        self.environment.update(SLACK_BOT_TOKEN="xoxb-" + "day" * 6, TELEGRAM_BOT_TOKEN="7:" + "day" * 6)
        self.version, self.starts = 0, []
        self.log = LogPipe(self.log_path)
        self.replica_log = LogPipe(self.folder / "replica.log")
        self.replica_port = free_port()
        self.data = self.folder / "data"
        self.data.mkdir(exist_ok=True)
        self.data.chmod(0o755)
        self.mounted = False
        if os.geteuid() == 0 and shutil.which("mount"):
            done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={data_mb}m,mode=755", "telltale-day", str(self.data)],
                                  stderr=subprocess.PIPE)
            self.mounted = done.returncode == 0
        self.data_dir = self.data / "postgres"
        self.cluster = self.data_dir / "cluster"

    def start_sink(self):
        out = open(self.folder / "sink.out", "w+b")
        self.processes["sink"] = subprocess.Popen(
            [self.program, "sink", "--listen", "127.0.0.1:0", "--real-limits", "--json"], stdout=out,
            stderr=subprocess.STDOUT, env=self.environment, start_new_session=True)
        found = self.wait(lambda: re.search(r"http://[0-9.]+:\d+", (self.folder / "sink.out").read_text(errors="replace")),
                          "the sink to start", 20)
        self.sink_url = found.group(0)

    def write(self, name, port, database):
        path = self.folder / name
        path.write_text(CONFIG.format(port=port, sink=self.sink_url, database=database,
                                      version=f"?{self.version}" if self.version else ""))
        return str(path)

    def write_config(self):
        return self.write("telltale.toml", self.port, f'data_dir = "{self.data_dir}"')

    def launch(self, name, config, pipe):
        end = pipe.open()
        self.processes[name] = subprocess.Popen([self.program, "serve", "--config", config], stdin=subprocess.DEVNULL,
                                                stdout=end, stderr=end, env=self.environment, start_new_session=True)
        os.close(end)

    def start(self):
        began = time.monotonic()
        self.launch("serve", self.write_config(), self.log)
        self.wait(self.ready, "the service to be ready", 90, self.processes["serve"])
        self.starts.append(time.monotonic() - began)

    def start_replica(self):
        """A second process on the embedded cluster, which it reaches through its socket."""
        host, port = self.socket()
        url = f"host={host} port={port} user=telltale dbname=telltale"
        self.environment["TELLTALE_REPLICA_DATABASE"] = url
        config = self.write("replica.toml", self.replica_port,
                            'mode = "url"\nurl = { env = "TELLTALE_REPLICA_DATABASE" }')
        self.launch("replica", config, self.replica_log)
        self.wait(lambda: self.readiness(self.replica_port)[0], "the replica to be ready", 60, self.processes["replica"])

    def reload(self):
        """SIGHUP with another address of the hook."""
        self.version += 1
        self.write_config()
        os.kill(self.pid("serve"), signal.SIGHUP)

    def readiness(self, port=None):
        """Whether it is ready, and what it says."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port or self.port}/readyz", timeout=1) as answer:
                return answer.status == 200, answer.read().decode()
        except urllib.error.HTTPError as problem:
            return False, problem.read().decode(errors="replace")
        except OSError as problem:
            return False, str(problem)

    async def until_ready(self, seconds):
        """Seconds until it was ready; None: it was not."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if (await asyncio.to_thread(self.readiness))[0]:
                return time.monotonic() - began
            await asyncio.sleep(0.2)
        return None

    def pid(self, name):
        process = self.processes.get(name)
        return process.pid if process and process.poll() is None else None

    # --- the database --------------------------------------------------------

    def postmaster(self):
        """Id of the cluster's first process and the lines of its file."""
        lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines

    def socket(self):
        _, lines = self.postmaster()
        return lines[4], lines[3]

    def backends(self):
        """Ids of the cluster's processes, the postmaster first."""
        try:
            first, _ = self.postmaster()
            if os.readlink(f"/proc/{first}/cwd") != str(self.cluster.resolve()):
                return []  # a file that a dead cluster left
            children = pathlib.Path(f"/proc/{first}/task/{first}/children").read_text().split()
            return [first, *map(int, children)]
        except (OSError, ValueError, IndexError):
            return []

    def signal_database(self, number):
        for pid in self.backends():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def psql(self, *arguments, text=None, timeout=60):
        host, port = self.socket()
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", port, "-U", "telltale", *arguments,
                               "telltale"], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout, env=OWN_SCHEMA)
        if done.returncode:
            raise Failed(f"psql: {done.stderr[-500:]}")
        return done.stdout.strip()

    def fill_disk(self):
        """Takes all room where the database lives but a little; the file to remove."""
        ballast = self.data / "ballast"
        with open(ballast, "wb") as file:
            room = os.statvfs(self.data)
            os.posix_fallocate(file.fileno(), 0, max(1, room.f_bavail - 8) * room.f_frsize)
        return ballast

    # --- the sink ------------------------------------------------------------

    def ask_sink(self, path):
        with urllib.request.urlopen(self.sink_url + path, timeout=30) as answer:
            return json.loads(answer.read())

    def fault(self, **what):
        request = urllib.request.Request(self.sink_url + "/faults", json.dumps(what).encode())
        urllib.request.urlopen(request, timeout=5).close()

    def sink_messages(self, after=0):
        """All messages after that number."""
        found = []
        while True:
            some = self.ask_sink(f"/messages?after={after}&limit=5000")
            found += some
            if len(some) < 5000:
                return found
            after = some[-1]["number"]

    def clear(self, keep):
        for name in list(self.processes):
            process = self.processes.pop(name)
            if process.poll() is None:
                process.kill() if name != "serve" else process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        for pid in self.backends():  # if the service could not end them
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.mounted:
            for _ in range(20):
                if subprocess.run(["umount", str(self.data)], stderr=subprocess.DEVNULL).returncode == 0:
                    break
                time.sleep(0.5)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


TOKENS = {"runner": RUNNER_TOKEN, "operator": OPERATOR_TOKEN}
