"""Whatever hangs, the service says so, answers /readyz, and ends when it is told
to: a database that is stopped, a log that nobody reads, a chat that never
answers, a database that does not come back, a disk that is full."""

import fcntl
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from scenario.service import CONFIG, Failed, Service

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
DRAIN = 15  # http.drain_timeout's default
checked = 0


def check(holds, what):
    global checked
    if not holds:
        raise Failed(what)
    checked += 1


class World(Service):
    def __init__(self):
        super().__init__(PROGRAM, lease="60s", silence="60s")
        self.stderr = None

    def launch(self, *more, stderr=None, sink=None):
        config = self.folder / "telltale.toml"
        config.write_text(CONFIG.format(port=self.port, public_url=self.url, folder=self.folder, sink=sink or self.sink_url,
                                        lease=self.lease, silence=self.silence))
        log = open(self.log_path, "ab")
        self.processes["serve"] = subprocess.Popen([str(PROGRAM), "serve", "--config", str(config), *more], stdout=log,
                                                   stderr=stderr or log, env=self.environment)
        self.wait(self.ready, "the service to be ready", 120, self.processes["serve"])

    def cluster(self):
        """The database's processes, whatever state they are in."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "cwd") == str(self.folder / "postgres" / "cluster"):
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def signal_cluster(self, number):
        for process in self.cluster():
            os.kill(process, number)

    def readiness(self):
        """Status, body, seconds."""
        began = time.monotonic()
        try:
            with urllib.request.urlopen(self.url + "/readyz", timeout=10) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as problem:
            status, text = problem.code, problem.read()
        return status, json.loads(text), time.monotonic() - began

    def lines(self, wanted):
        records = [json.loads(line) for line in self.log_path.read_text(errors="replace").splitlines() if line.startswith("{")]
        return [r["message"] for r in records if re.search(wanted, r["message"])]

    def metric(self, name):
        text = self.call("GET", "/metrics")[1]
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else None

    def terminate(self, seconds):
        """(exit code, seconds)"""
        process = self.processes.pop("serve")
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            self.signal_cluster(signal.SIGKILL)
            raise Failed(f"SIGTERM did not end it within {seconds} s") from None
        return code, time.monotonic() - began

    def close(self):
        self.signal_cluster(signal.SIGCONT)
        super().close()
        self.signal_cluster(signal.SIGKILL)


def hung_database(world):
    world.launch()
    task = world.create(title="t")["id"]
    began = time.monotonic()
    world.signal_cluster(signal.SIGSTOP)
    slowest = 0
    while True:
        status, body, took = world.readiness()
        slowest = max(slowest, took)
        if status == 503:
            break
        check(time.monotonic() - began < 10, "the hang is never told")
        time.sleep(0.02)
    known = time.monotonic() - began
    check(known <= 2.1, f"/readyz told the hang after {known:.2f} s")
    check(slowest <= 2, f"/readyz took {slowest:.2f} s")
    check(body["database"]["state"] == "not_answering" and body["database"]["explanation"], body)
    check(world.metric("telltale_database_stalled") == 1, "the metric tells it")
    time.sleep(3)
    world.signal_cluster(signal.SIGCONT)
    world.wait(world.ready, "readiness after the hang", 5)
    check(world.metric("telltale_database_stalled") == 0, "the metric tells that it is over")
    check(len(world.lines("the database does not answer")) == 1, world.lines("does not answer"))
    back = world.lines("the database answers again after")
    check(len(back) == 1 and 3 <= float(re.search(r"([\d.]+) s", back[0]).group(1)) <= 8, back)
    print(f"  a hang is known after {known:.2f} s, /readyz took at most {slowest:.2f} s; {back[0]}")

    # And while it hangs, with calls under way that will not be answered.
    world.signal_cluster(signal.SIGSTOP)
    threads = [threading.Thread(target=lambda: quiet(world, task), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    code, took = world.terminate(DRAIN + 15)
    check(took <= DRAIN + 5, f"it took {took:.1f} s to end")
    check(code == 75, f"it ended with {code}")
    check(not world.cluster(), "the database is gone, too")
    print(f"  with a hung database SIGTERM took {took:.1f} s (drain {DRAIN} s), code {code}")
    world.launch()
    check(world.task(task)["id"] == task, "and recovers")
    code, took = world.terminate(20)
    check(code == 0, f"an orderly stop: {code}, {took:.1f} s")


def quiet(world, task):
    try:
        world.report(task, "running")
    except Exception:
        pass


def unread_log(world):
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        pass
    fcntl.fcntl(writer, fcntl.F_SETFL, 0)
    world.launch("--set", "log.level=trace", stderr=writer)
    os.close(writer)
    for n in range(120):
        made = world.create(title=f"unread {n:03d}", max_attempts=1)["id"]
        world.report(made, "failed", detail="exit status 1", failure_reason="agent_error.process_failure")
    world.wait(lambda: count_hooks(world) >= 120, "every hook although nobody reads the log", 30)
    check(world.readiness()[0] == 200, "ready")
    code, took = world.terminate(DRAIN + 15)
    check(took <= 10 and code == 0, f"with an unread log it ended with {code} after {took:.1f} s")
    print(f"  with a full log pipe 120 hooks were sent, SIGTERM took {took:.1f} s, code {code}")
    os.close(reader)


def count_hooks(world):
    return sum("unread" in json.dumps(m) for m in world.messages())


def hung_chat(world):
    with socket.socket() as chat:
        chat.bind(("127.0.0.1", 0))
        chat.listen(64)
        world.launch(sink=f"http://127.0.0.1:{chat.getsockname()[1]}")
        for n in range(5):
            made = world.create(title=f"hung {n}", max_attempts=1)["id"]
            world.report(made, "failed", detail="exit status 1", failure_reason="agent_error.process_failure")
        time.sleep(1)
        code, took = world.terminate(DRAIN + 15)
    check(took <= DRAIN + 5 and code == 0, f"with a hung chat it ended with {code} after {took:.1f} s")
    print(f"  with a hung chat SIGTERM took {took:.1f} s, code {code}")


def lost_database(world):
    """A cluster that ends by itself and does not start again for a while."""
    world.launch()
    config = world.folder / "postgres" / "cluster" / "postgresql.conf"
    text = config.read_text()
    config.write_text(text + "\nnonsense = 1\n")
    world.signal_cluster(signal.SIGKILL)
    world.wait(lambda: world.readiness()[0] == 503, "readiness to fall", 5)
    world.wait(lambda: world.lines("does not start again"), "a line that says so", 20)
    time.sleep(3)
    check(len(world.lines("does not start again")) == 1, "told once")
    check(world.readiness()[1]["database"]["state"] == "unreachable", world.readiness()[1])
    config.write_text(text)
    world.wait(world.ready, "readiness after the database came back", 30)
    check(len(world.lines("runs again after")) == 1, "told that it is back")
    # SIGTERM while it is tried again and again.
    config.write_text(text + "\nnonsense = 1\n")
    world.signal_cluster(signal.SIGKILL)
    time.sleep(1.5)
    code, took = world.terminate(30)
    check(took <= DRAIN + 5 and code in (0, 75), f"it ended with {code} after {took:.1f} s")
    config.write_text(text)
    print(f"  with a database that does not come back SIGTERM took {took:.1f} s, code {code}")


def full_disk(world):
    place = world.folder / "postgres"
    place.mkdir(exist_ok=True)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "none", str(place)],
                                           stderr=subprocess.DEVNULL).returncode != 0:
        print("  a full disk: not tried, a file system cannot be mounted here")
        return
    try:
        world.launch()
        task = world.create(title="before", max_attempts=1)["id"]
        ballast = place / "ballast"
        with open(ballast, "wb") as out:
            try:
                while True:
                    out.write(b"\0" * 65536)
                    out.flush()
            except OSError:
                pass
        status, body = 0, {}
        for n in range(400):
            status, body = world.call("POST", "/tasks", {"kind": "review", "title": "x" * 200, "labels": {"a": os.urandom(3000).hex()}})
            if status != 201:
                break
        check(status == 503 and body["code"] == "database_full", f"{status} {body}")
        world.wait(lambda: world.readiness()[1]["database"]["state"] == "full", "readiness to say that the disk is full", 5)
        check(world.readiness()[0] == 503, "not ready")
        time.sleep(10)
        warnings = len(world.lines("."))
        check(len(world.lines("the disk of the database is full")) == 1, world.lines("full"))
        time.sleep(5)
        check(len(world.lines(".")) - warnings <= 1, world.lines(".")[warnings:])
        ballast.unlink()
        world.wait(world.ready, "readiness after room was made", 15)
        check(len(world.lines("the database has room again")) == 1, world.lines("room again"))
        world.report(task, "failed", detail="exit status 1", failure_reason="agent_error.process_failure")
        check(world.task(task)["status"] == "failed", "and works")
        code, took = world.terminate(30)
        check(code == 0, code)
        print("  a full disk is told once, answered 503 database_full, and over when there is room")
    finally:
        world.close()
        subprocess.run(["umount", "-l", str(place)], check=False)


chosen = sys.argv[2:] or ["hung_database", "unread_log", "hung_chat", "lost_database", "full_disk"]
for name in chosen:
    scene = World()
    try:
        scene.start_sink()
        globals()[name](scene)
    except Exception:
        print(f"in {name}; the log: {scene.log_path}", file=sys.stderr)
        raise
    finally:
        scene.close()
print(f"{checked} passed, 0 failed")
