"""What a runner may get wrong in its reports, on the real service: each is
answered as the contract says, and costs nobody else anything."""

import pathlib
import sys

from scenario.service import Service

service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="60s", silence="60s")


def batch(reports, expect=200):
    return service.runner("POST", "/internal/reports", {"reports": reports}, expect=expect)[1]


def codes(answer):
    return [None if each["ok"] else each["code"] for each in answer["results"]]


def report(token, task, expect, **fields):
    return service.call("POST", f"/internal/tasks/{task}/status", {"status": "running", **fields}, token=token, expect=expect)[1]


try:
    service.start_sink()
    service.start()
    new = lambda **fields: service.create(kind="r", **fields)["id"]  # noqa: E731
    unknown = "01890000-0000-7000-8000-000000000001"

    # One too many: nothing of it is taken.
    spared = new()
    problem = batch([{"task_id": spared, "status": "running"}] * 1001, expect=422)
    assert problem["code"] == "invalid_field" and "1000" in problem["detail"], problem
    assert service.task(spared)["status"] == "queued"
    assert codes(batch([])) == []

    # Good and bad ones together: answered in order, the good ones committed.
    good, other, over = new(), new(), new()
    service.call("POST", f"/tasks/{over}/cancel", {}, expect=200)
    mixed = batch([
        {"task_id": good, "status": "failed", "detail": "dial tcp: connection refused", "attempt": 1},
        {"task_id": "not-an-id", "status": "failed"},
        {"task_id": unknown, "status": "failed"},
        {"task_id": other, "status": "exploded"},
        {"task_id": other, "status": "running", "attempt": "one"},
        {"task_id": over, "status": "failed", "detail": "too late"},
        {"task_id": other, "status": "running"},
        "no object",
    ])
    said = codes(mixed)
    assert said[0] is None and said[6] is None, said
    assert said[3] == "unsupported_status" and said[4] == "invalid_field" and said[5] == "terminal_state", said
    assert said[1] is not None and said[2] == "task_not_found" and said[7] is not None, said
    assert [each["task_id"] for each in mixed["results"]][2] == unknown
    assert service.task(other)["status"] == "running"
    cancelled = service.task(over)
    assert cancelled["status"] == "cancelled" and cancelled["error_detail"] is None

    # The same item twice: the second finds it done; one event, one delivery.
    twice = new(max_attempts=1)
    item = {"task_id": twice, "status": "failed", "detail": "once", "failure_reason": "agent_blocked"}
    assert codes(batch([item, item])) == [None, None]
    assert codes(batch([item])) == [None]
    events = service.wait(lambda: [d for d in service.task(twice)["deliveries"]], "the webhook's delivery", 20)
    assert len({d["event_id"] for d in events}) == 1, "told once"

    # A late word about an attempt that is over is kept on it.
    done = new(max_attempts=1)
    report(service.environment["TELLTALE_RUNNER_TOKEN"], done, 204, status="succeeded", posted=1)
    problem = report(service.environment["TELLTALE_RUNNER_TOKEN"], done, 409, status="failed", detail="no, it broke")
    assert problem["code"] == "terminal_state"
    assert service.task(done)["attempts"][0]["late_report"]["error_detail"] == "no, it broke"

    # A claim's token is good for its task and attempt alone.
    first, second = new(max_attempts=3), new()
    mine = {}
    while len(mine) < 2:
        for each in service.runner("POST", "/internal/tasks/claim", {"runner_id": "r1", "kinds": ["r"], "limit": 100}, expect=200)[1]["tasks"]:
            if each["task_id"] in (first, second):
                mine[each["task_id"]] = each["token"]
    report(mine[first], first, 204, attempt=1)
    report(mine[first], second, 403)
    for method, path in (("GET", "/tasks"), ("POST", f"/tasks/{first}/cancel"), ("POST", "/internal/tasks/claim")):
        assert service.call(method, path, {} if method == "POST" else None, token=mine[first])[0] == 403, path
    assert service.call("GET", "/tasks", token=mine[first] + "x")[0] == 401
    # The attempt is over and another under way: its token says so.
    report(mine[first], first, 204, status="failed", failure_reason="agent_error.provider_network", attempt=1)
    service.wait(lambda: first in [each["task_id"] for each in service.runner(
        "POST", "/internal/tasks/claim", {"runner_id": "r2", "kinds": ["r"], "limit": 100}, expect=200)[1]["tasks"]],
        "the second attempt", 20)
    assert report(mine[first], first, 409, status="succeeded")["code"] == "stale_attempt"
    assert service.task(first)["status"] == "running"
finally:
    service.close()
print("1 passed, 0 failed")
