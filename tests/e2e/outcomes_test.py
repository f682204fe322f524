"""The outcome of a finished run is stored once: the list's filter, the counter,
the statistics and the report count the same runs."""

import collections
import json
import pathlib
import re
import subprocess
import sys

from scenario.service import Service

service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="60s", silence="60s")

# outcome, how many, the last report of each, the reason that is stored
ENDS = [
    ("delivered", 5, {"status": "succeeded", "posted": 2}, None),
    ("delivered", 1, {"status": "succeeded", "posted": 1, "intended_empty": True}, None),
    ("clean", 3, {"status": "succeeded", "posted": 0, "intended_empty": True}, None),
    ("silent_noop", 7, {"status": "succeeded", "posted": 0, "detail": "the token expired"}, None),
    ("silent_noop", 2, {"status": "succeeded", "detail": "no word about what it posted"}, None),
    ("unverified", 4, {"status": "succeeded"}, None),
    ("failed", 2, {"status": "failed", "failure_reason": "agent_blocked", "detail": "it said no"}, "agent_blocked"),
    ("failed", 3, {"status": "timed_out"}, "timeout"),
    ("cancelled", 2, {"status": "cancelled"}, None),
]


def counted():
    found = re.findall(r'^telltale_tasks_finished_total\{outcome="(\w+)"\} (\d+)', service.call("GET", "/metrics")[1], re.M)
    return {outcome: int(count) for outcome, count in found if count != "0"}


def reported():
    done = subprocess.run([service.program, "report", "--json"], capture_output=True, text=True, timeout=30,
                          env=dict(service.environment, TELLTALE_SERVER=service.url))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(expected, reasons):
    outcomes = list(expected)
    assert counted() == dict(expected), counted()
    filtered = {outcome: service.tasks(outcome=outcome, limit=200) for outcome in outcomes}
    assert {outcome: len(tasks) for outcome, tasks in filtered.items()} == dict(expected), filtered
    for outcome, tasks in filtered.items():
        assert {service.task(t["id"])["outcome"] for t in tasks} == {outcome}, tasks
    assert {reason: len(service.tasks(failure_reason=reason, limit=200)) for reason in reasons} == dict(reasons)
    succeeded = sum(expected[outcome] for outcome in ("delivered", "clean", "silent_noop", "unverified"))
    assert len(service.tasks(status="succeeded", limit=200)) == succeeded
    for found in (service.call("GET", "/stats", expect=200)[1], reported()):
        assert found["outcomes"] == dict(expected), found["outcomes"]
        assert found["succeeded"] == succeeded and found["finished"] == sum(expected.values()), found
        assert {r["failure_reason"]: r["count"] for r in found["reasons"]} == dict(reasons), found["reasons"]
        assert abs(found["silent_noop_rate"] - expected["silent_noop"] / succeeded) < 0.01, found["silent_noop_rate"]
        assert collections.Counter({o: sum(b["outcomes"][o] for b in found["buckets"]) for o in outcomes}) == expected


try:
    service.start_sink()
    service.start()
    expected, reasons = collections.Counter(), collections.Counter()
    made = []
    for outcome, count, last, reason in ENDS:
        for _ in range(count):
            task = service.create(title=f"Run that ends {outcome}", max_attempts=1)["id"]
            service.report(task, "running", attempt=1)
            service.report(task, last["status"], attempt=1, **{k: v for k, v in last.items() if k != "status"})
            made.append(task)
        expected[outcome] += count
        if reason:
            reasons[reason] += count
    waiting = service.create(title="Nobody ran it", max_attempts=1)["id"]
    service.call("POST", f"/tasks/{waiting}/cancel", expect=200)
    expected["cancelled"] += 1
    open_task = service.create(title="It runs", max_attempts=1)["id"]
    service.report(open_task, "running", attempt=1)
    check(expected, reasons)

    # A report that comes twice is counted once.
    service.report(made[0], "succeeded", attempt=1, posted=2)
    check(expected, reasons)
    assert len(service.tasks(limit=200)) == sum(expected.values()) + 1
finally:
    service.close()
