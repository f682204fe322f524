"""Claims over real HTTP: sixty runners wait at once and no task goes to two of
them, nor to a client that hung up."""

import collections
import json
import pathlib
import socket
import sys
import threading
import time

from scenario.service import RUNNER_TOKEN, Service

RUNNERS, TASKS = 60, 150


def waiting_claims(service):
    """Long polls that are open, by the connections that the service counts."""
    status, text = service.call("GET", "/metrics")
    assert status == 200
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith("telltale_http_connections "))


def no_task_goes_twice(service):
    taken, guard = collections.Counter(), threading.Lock()

    def work(name):
        while True:
            _, answer = service.runner("POST", "/internal/tasks/claim",
                                       {"runner_id": name, "kinds": ["many"], "wait_seconds": 4}, expect=200)
            if not answer["tasks"]:
                return
            with guard:
                taken.update((task["task_id"], task["attempt"]) for task in answer["tasks"])
            for task in answer["tasks"]:
                service.report(task["task_id"], "succeeded", attempt=task["attempt"], posted=1)

    runners = [threading.Thread(target=work, args=(f"runner-{i}",)) for i in range(RUNNERS)]
    for runner in runners:
        runner.start()
    made = {service.create(kind="many")["id"] for _ in range(TASKS)}
    for runner in runners:
        runner.join()
    assert {task for task, _ in taken} == made, f"{len(taken)} of {TASKS} were claimed"
    assert set(taken.values()) == {1} and {attempt for _, attempt in taken} == {1}, taken.most_common(3)


def who_hangs_up_takes_nothing(service):
    body = json.dumps({"runner_id": "gone", "kinds": ["lonely"], "wait_seconds": 30})
    before = waiting_claims(service)
    with socket.create_connection(("127.0.0.1", service.port)) as line:
        line.sendall(f"POST /internal/tasks/claim HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {RUNNER_TOKEN}\r\n"
                     f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        time.sleep(0.5)  # it waits by now
    service.wait(lambda: waiting_claims(service) <= before, "the claim to leave", 5)
    task = service.create(kind="lonely")["id"]
    claimed = service.claim("here", "lonely")
    assert claimed["task_id"] == task and claimed["attempt"] == 1, claimed
    assert service.task(task)["runner_id"] == "here"


service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="60s", silence="60s")
try:
    service.start_sink()
    service.start()
    who_hangs_up_takes_nothing(service)
    no_task_goes_twice(service)
    assert service.stop("serve") == 0, "a drained service exits 0"
    print(f"{TASKS} tasks, {RUNNERS} runners, each claimed once")
finally:
    service.close()
