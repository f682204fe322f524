"""PostgreSQL hangs, clients give up, PostgreSQL goes on: what nobody waits for
any more is not carried out. No task gets an attempt that no runner saw, no task
is made for a client that left, and who still waits is served."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

from scenario.service import OPERATOR_TOKEN, RUNNER_TOKEN, Service

TASKS, CLAIMS, CREATES, LISTS = 20, 80, 10, 10


def counted(service, name, call):
    _, text = service.call("GET", "/metrics")
    wanted = f'telltale_{name}{{call="{call}"}} '
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(wanted))


def is_counted(service, call, least):
    """Calls are dropped when their turn comes, a moment after the database is back."""
    deadline = time.monotonic() + 20
    while counted(service, "abandoned_calls_total", call) < least:
        assert time.monotonic() < deadline, f"{call}: {counted(service, 'abandoned_calls_total', call)} of {least} were dropped"
        time.sleep(0.1)


def database_processes(service):
    postmaster = int((service.folder / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(postmaster)], check=True, capture_output=True).stdout
    return [postmaster] + [int(pid) for pid in children.split()]


def signal_all(processes, what):
    for pid in processes:
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            pass


def send(service, method, path, body, token, headers=""):
    """Sends a request and leaves its answer alone."""
    data = json.dumps(body) if body is not None else ""
    line = socket.create_connection(("127.0.0.1", service.port))
    line.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{headers}"
                 f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n{data}".encode())
    return line


def what_nobody_waits_for_is_not_done(service):
    made = [service.create(kind="stalled")["id"] for _ in range(TASKS)]
    hung = database_processes(service)
    patient = []
    signal_all(hung, signal.SIGSTOP)
    try:
        lines = [send(service, "POST", "/internal/tasks/claim",
                      {"runner_id": f"gone-{i}", "kinds": ["stalled"], "wait_seconds": 30}, RUNNER_TOKEN)
                 for i in range(CLAIMS)]
        lines += [send(service, "POST", "/tasks", {"kind": "unwanted"}, OPERATOR_TOKEN) for _ in range(CREATES)]
        lines += [send(service, "POST", "/tasks", {"kind": "keyed"}, OPERATOR_TOKEN, f"Idempotency-Key: key-{i}\r\n")
                  for i in range(3)]
        lines += [send(service, "GET", "/tasks?kind=stalled", None, OPERATOR_TOKEN) for _ in range(LISTS)]
        waiting = threading.Thread(target=lambda: patient.append(service.create(kind="patient")))
        waiting.start()
        time.sleep(2)
        for line in lines:
            line.close()
        time.sleep(2)
    finally:
        signal_all(hung, signal.SIGCONT)
    waiting.join(20)
    assert patient, "a client that waits is answered"
    is_counted(service, "claim_tasks", CLAIMS - 1)
    for task in made:
        found = service.task(task)
        assert found["status"] == "queued" and found["attempt"] == 0 and not found["attempts"], found
    # The first of each kind was with the database already.
    assert len(service.tasks(kind="unwanted")) <= 1
    is_counted(service, "create_task", CREATES - 1)
    is_counted(service, "list_tasks", LISTS - 1)
    assert len(service.tasks(kind="keyed")) == 3, "a create with a key is carried out"
    taken = service.claim("here", "stalled")
    assert taken["attempt"] == 1, taken


service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="60s", silence="60s")
try:
    service.start_sink()
    service.start()
    what_nobody_waits_for_is_not_done(service)
    assert service.stop("serve") == 0, "a drained service exits 0"
    print(f"{CLAIMS} claims, {CREATES} creates and {LISTS} lists were left alone; {TASKS} tasks wait as they were")
finally:
    service.close()
