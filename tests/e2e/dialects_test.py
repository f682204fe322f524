"""Sessions of both runner dialects, as written down in tests/data/session_*.jsonl,
are replayed over real HTTP. The same life told in either dialect leaves the same
task, attempts and events, and a database that hangs is a 5xx to both."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading

from scenario.service import RUNNER_TOKEN, Service

DATA = pathlib.Path("tests/data")
# A daemon does not say that it did post nothing, nor is its late word kept; and
# it knows attempts by their ids, so that it starts each of them once.
UNLIKE = {"unsaid", "too_late", "unknown", "retried"}
# What differs between any two tasks, and what comes later, in its own time.
OWN = {"id", "task_id", "event_id", "run_url", "kind", "runner_id", "deliveries"}


def is_time(value):
    return isinstance(value, str) and value[:2] == "20" and value[-1:] == "Z" and "T" in value


def bare(value):
    """Without ids and times; whether there is a time stays."""
    if isinstance(value, dict):
        return {name: bare(each) for name, each in value.items() if name not in OWN}
    if isinstance(value, list):
        return [bare(each) for each in value]
    return "a time" if is_time(value) else value


class Session:
    """One file's lives, played in their order."""

    def __init__(self, service, dialect):
        self.service, self.dialect, self.tasks = service, dialect, {}

    def play(self):
        lines = (DATA / f"session_{self.dialect}.jsonl").read_text().splitlines()
        for number, line in enumerate(lines, 1):
            try:
                self.step(json.loads(line))
            except AssertionError as problem:
                raise AssertionError(f"session_{self.dialect}.jsonl:{number}: {problem}") from problem
        return len(lines)

    def step(self, what):
        if "operator" in what:
            return getattr(self, what["operator"])(what["life"], what.get("task", {}))
        task = self.tasks.get(what["life"], "")
        path = what["path"].replace("{task}", task).replace("{runner}", self.runner(what["life"]))
        status, answer = self.service.call(what["method"], path, what.get("body"), token=RUNNER_TOKEN,
                                           headers=what["headers"])
        assert status == what["status"], f"{path} answered {status}: {answer}"
        for name, value in what.get("answer", {}).items():
            assert answer[name] == value, f"{path} answered {name} {answer[name]}, not {value}"

    def runner(self, life):
        return f"{self.dialect}-{life}"

    def create(self, life, fields):
        self.tasks[life] = self.service.create(kind=self.runner(life), **fields)["id"]

    def cancel(self, life, _):
        self.service.call("POST", f"/tasks/{self.tasks[life]}/cancel", expect=200)

    def claim(self, life, _):
        claimed = self.service.claim(self.runner(life), self.runner(life))
        assert claimed["task_id"] == self.tasks[life]

    def see(self, life, expected):
        task = self.service.task(self.tasks[life])
        for name, value in expected.items():
            assert task[name] == value, f"{name} is {task[name]}, not {value}"


def events_of(service, tasks):
    """Every published event of these tasks, in order."""
    found = {task: [] for task in tasks}
    with socket.create_connection(("127.0.0.1", service.port)) as line:
        line.settimeout(1.5)
        line.sendall(b"GET /events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                     + service.environment["TELLTALE_OPERATOR_TOKEN"].encode() + b"\r\n\r\n")
        text = b""
        try:
            while chunk := line.recv(65536):
                text += chunk
        except TimeoutError:
            pass
    for line in text.decode().splitlines():
        if line.startswith("data: "):
            event = json.loads(line[6:])
            task = event.get("task_id") or event.get("payload", {}).get("task_id")
            if task in found and event["type"].startswith("task:"):
                found[task].append(event)
    return found


def same_rows(service, one, other):
    tasks = list(one.tasks.values()) + list(other.tasks.values())
    events = events_of(service, tasks)
    for life in sorted(one.tasks.keys() - UNLIKE):
        pair = [one.tasks[life], other.tasks[life]]
        rows = [bare(service.task(task)) for task in pair]
        assert rows[0] == rows[1], f"{life}: the rows differ\n{rows[0]}\n{rows[1]}"
        told = [bare([{k: v for k, v in event.items() if k not in ("id", "position")} for event in events[task]])
                for task in pair]
        assert told[0] == told[1], f"{life}: the events differ\n{told[0]}\n{told[1]}"
        assert len(told[0]) >= 3, f"{life}: {told[0]}"


def postgres_processes(service):
    master = next(service.folder.rglob("postmaster.pid")).read_text().split()[0]
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", master], stdout=subprocess.PIPE, check=True)
    return [int(master)] + [int(pid) for pid in children.stdout.split()]


def hanging_database(service):
    """Daemons give up after a 4xx and repeat after a 5xx."""
    task = service.create(kind="life-hanging")["id"]
    service.runner("POST", f"/api/daemon/tasks/{task}/start", {}, expect=200)
    paths = [("POST", f"/api/daemon/tasks/{task}/complete"), ("GET", f"/api/daemon/tasks/{task}/status"),
             ("GET", f"/internal/tasks/{task}/status")]
    answers = []
    stopped = postgres_processes(service)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        calls = [threading.Thread(target=lambda m=method, p=path: answers.append(
            service.runner(m, p, {"output": "x"} if m == "POST" else None)[0])) for method, path in paths]
        for call in calls:
            call.start()
        for call in calls:
            call.join()
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    assert answers == [503] * len(paths), answers
    service.runner("POST", f"/api/daemon/tasks/{task}/complete", {"output": "x"}, expect=200)
    assert service.task(task)["outcome"] == "delivered"


service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="60s", silence="60s")
try:
    service.start_sink()
    service.start()
    sessions = [Session(service, "status"), Session(service, "daemon")]
    steps = sum(session.play() for session in sessions)
    same_rows(service, *sessions)
    hanging_database(service)
    assert service.stop("serve") == 0, "a drained service exits 0"
    print(f"{steps} steps of {len(sessions)} dialects, {len(sessions[0].tasks)} lives each")
finally:
    service.close()
