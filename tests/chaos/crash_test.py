"""What was acknowledged survives: the service is killed under load, again and
again, and afterwards every report that was answered 204 is in the store, every
failure has its event, and the chat was told of each once.

  crash_test.py PROGRAM [--rounds N]   kills it N times (3)
"""

import concurrent.futures
import http.client
import json
import pathlib
import random
import signal
import sys
import time

from scenario.service import RUNNER_TOKEN, Service

ROUNDS = int(sys.argv[3]) if sys.argv[2:3] == ["--rounds"] else 3
TASKS = 60
random.seed(7)
service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="60s", silence="60s")
acknowledged = {}


def report(task, detail):
    """One report on a connection of its own: True if it was acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    try:
        connection.request("POST", f"/internal/tasks/{task}/status",
                           json.dumps({"status": "failed", "detail": detail,
                                       "failure_reason": "agent_error.process_failure"}),
                           {"Authorization": "Bearer " + RUNNER_TOKEN, "Content-Type": "application/json"})
        return connection.getresponse().status == 204
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


try:
    service.start_sink()
    service.start()
    # A chat per task, so that no digest gathers them.
    tasks = []
    for n in range(ROUNDS * TASKS):
        session = f"crash-{n}"
        service.call("PUT", f"/chat-sessions/{session}", {"relay": "team-octo", "chat_id": session, "channel_type": 2}, expect=200)
        tasks.append(service.create(title=f"crash run {n:04d}", chat_session_id=session, max_attempts=1)["id"])
    for round_number in range(ROUNDS):
        mine = tasks[round_number * TASKS:(round_number + 1) * TASKS]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            waiting = {pool.submit(report, task, f"exit status {i}"): task for i, task in enumerate(mine)}
            time.sleep(random.uniform(0.01, 0.15))
            service.stop("serve", signal.SIGKILL)
            for done in concurrent.futures.as_completed(waiting):
                if done.result():
                    acknowledged[waiting[done]] = True
        service.start()
        # Runners try again what was not acknowledged.
        for task in mine:
            if task not in acknowledged:
                assert report(task, "exit status 1"), "a report after the restart is acknowledged"
                acknowledged[task] = True
    for task in tasks:
        found = service.task(task)
        assert found["status"] == "failed", f"an acknowledged report was lost: {task} is {found['status']}"
        assert found["failure_reason"] == "agent_error.process_failure"

    def told():
        texts = [m["text"] for m in service.messages() if "crash run" in m.get("text", "")]
        return len(texts) >= len(tasks) and texts

    texts = service.wait(told, "every failure to be told", 60 + 10 * ROUNDS)
    time.sleep(1)
    texts = told()
    for n in range(len(tasks)):
        seen = sum(f"crash run {n:04d}" in text for text in texts)
        assert seen == 1, f"run {n} was told {seen} times"
    assert service.stop("serve") == 0
    print(f"{len(tasks)} passed, 0 failed")
finally:
    service.close()
