"""Sessions of every runner dialect, as written down in tests/data/session_*.jsonl,
are replayed over real HTTP. The same life told by a runner of Telltale's own dialect
and by a daemon leaves the same task, attempts and events, and a database that hangs is
a 5xx to both."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

from scenario.service import RUNNER_TOKEN, Service

DATA = pathlib.Path("tests/data")
# Lives that only one of them can lead, or of which one says more than the other.
UNLIKE = {"whole", "unsaid", "too_late", "retried"}
# What differs between any two tasks, and what comes later, in its own time.
OWN = {"id", "task_id", "event_id", "run_url", "kind", "runner_id", "deliveries", "runner"}


def is_time(value):
    return isinstance(value, str) and value[:2] == "20" and value[-1:] == "Z" and "T" in value


def bare(value):
    """Without ids and times; whether there is a time stays."""
    if isinstance(value, dict):
        return {name: bare(each) for name, each in value.items() if name not in OWN}
    if isinstance(value, list):
        return [bare(each) for each in value]
    return "a time" if is_time(value) else value


def holds(found, wanted, path="answer"):
    """All that is wanted is there; what else is there does not matter."""
    if isinstance(wanted, dict):
        assert isinstance(found, dict), f"{path} is {found!r}"
        for name, each in wanted.items():
            assert name in found, f"{path} has no {name}: {found}"
            holds(found[name], each, f"{path}.{name}")
    elif isinstance(wanted, list):
        assert isinstance(found, list) and len(found) == len(wanted), f"{path} is {found!r}, not {wanted!r}"
        for at, each in enumerate(wanted):
            holds(found[at], each, f"{path}[{at}]")
    else:
        assert found == wanted, f"{path} is {found!r}, not {wanted!r}"


class Session:
    """One file's lives, played in their order."""

    def __init__(self, service, dialect):
        self.service, self.dialect, self.tasks = service, dialect, {}
        self.known = {}  # what answers said, by life; the whole session's under ""

    def play(self):
        lines = (DATA / f"session_{self.dialect}.jsonl").read_text().splitlines()
        for number, line in enumerate(lines, 1):
            try:
                self.step(json.loads(line))
            except (AssertionError, IndexError, KeyError) as problem:
                raise AssertionError(f"session_{self.dialect}.jsonl:{number}: {problem!r} in {line[:200]}") from problem
        return len(lines)

    def step(self, what):
        if "operator" in what:
            return getattr(self, what["operator"])(what["life"], self.filled(what["life"], what.get("task", {})))
        known = self.words(what["life"])
        what = self.filled(what["life"], what)
        status, headers, text = self.call(what, known.get(what.get("as"), RUNNER_TOKEN))
        assert status == what["status"], f"{what['path']} answered {status}: {text[:500]}"
        assert what.get("contains", "") in text, f"{what['path']} answered {text[:500]}"
        assert text.strip() == what["text"] if "text" in what else True, f"{what['path']} answered {text[:500]!r}"
        answer = json.loads(text) if "json" in headers.get("Content-Type", "") and text else None
        if "answer" in what:
            holds(answer, what["answer"], what["path"])
        for name, path in what.get("keep", {}).items():
            found = answer
            for part in path.split("."):
                found = found[int(part) if part.isdigit() else part]
            self.keep(what["life"], name, found)
        for name, header in what.get("keep_header", {}).items():
            self.keep(what["life"], name, headers[header])

    def call(self, what, token):
        body = json.dumps(what["body"]).encode() if "body" in what else None
        request = urllib.request.Request(self.service.url + what["path"], method=what["method"], data=body,
                                         headers=dict(what["headers"], Authorization="Bearer " + token))
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.headers, problem.read().decode()

    def keep(self, life, name, value):
        where = "" if life == "whole" and name not in ("run", "token") else life
        self.known.setdefault(where, {})[name] = value

    def words(self, life):
        words = {"runner": self.runner(life), "task": self.tasks.get(life, "")}
        words.update(self.known.get("", {}))
        words.update(self.known.get(life, {}))
        return words

    def filled(self, life, value):
        if isinstance(value, dict):
            return {name: self.filled(life, each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.filled(life, each) for each in value]
        if isinstance(value, str):
            for name, word in self.words(life).items():
                value = value.replace("{" + name + "}", str(word))
        return value

    def runner(self, life):
        return f"{self.dialect}-{life}"

    def create(self, life, fields):
        made = self.service.create(**dict({"kind": self.runner(life)}, **fields))
        self.tasks[life] = made["id"]
        if fields.get("dispatch"):
            assert made["attempt"] == 1 and made["status"] == "queued", made
            self.keep(life, "token", made["token"])

    def cancel(self, life, _):
        self.service.call("POST", f"/tasks/{self.tasks[life]}/cancel", expect=200)

    def claim(self, life, _):
        claimed = self.service.claim(self.runner(life), self.runner(life))
        assert claimed["task_id"] == self.tasks[life]

    def attempt_again(self, life, expected):
        status, answer = self.service.call("POST", f"/internal/tasks/{self.tasks[life]}/attempts", {})
        assert status == 200 and answer["attempt"] == expected["attempt"], f"{status}: {answer}"
        self.keep(life, "token2", answer["token"])

    def await_due(self, life, _):
        self.service.wait(lambda: self.due(life), "a retry to be due", 10)

    def due(self, life):
        task = self.service.task(self.tasks[life])
        return task["run_after"] is None or task["run_after"] < now()

    def see(self, life, expected):
        holds(self.service.task(self.tasks[life]), expected, "the task")

    def attempt(self, life, expected):
        holds(self.service.task(self.tasks[life])["attempts"][-1], expected, "the attempt")


def now():
    import datetime
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


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
    for life in sorted((one.tasks.keys() & other.tasks.keys()) - UNLIKE):
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
    sessions = [Session(service, name) for name in ("status", "daemon", "job")]
    steps = sum(session.play() for session in sessions)
    same_rows(service, *sessions[:2])
    hanging_database(service)
    assert service.stop("serve") == 0, "a drained service exits 0"
    print(f"{steps} steps of {len(sessions)} dialects, {len(sessions[0].tasks)} lives each")
finally:
    service.close()
