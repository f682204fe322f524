"""What daemons meet: another on the same task, restarts, replays, large outputs, and
every call that is wrong. Each by the real service over real HTTP."""

import pathlib
import sys
import time
import urllib.error
import urllib.request

from scenario.service import RUNNER_TOKEN, Service

UNKNOWN = "01990000-0000-7000-8000-00000000dead"


class Daemon:
    """One daemon with one runtime, as its client code calls."""

    def __init__(self, service, name, provider="claude"):
        self.service, self.name = service, name
        self.provider, self.runtime = provider, None

    def call(self, method, path, body=None, expect=200, token=RUNNER_TOKEN):
        return self.service.call(method, path, body, token=token, expect=expect)[1]

    def register(self, workspace="default", expect=200):
        answer = self.call("POST", "/api/daemon/register", {
            "workspace_id": workspace, "daemon_id": self.name, "device_name": self.name, "cli_version": "0.2.30",
            "runtimes": [{"name": self.provider, "type": self.provider, "version": "1", "status": "online"}]}, expect)
        if expect == 200:
            self.runtime = answer["runtimes"][0]["id"]
        return answer

    def claim(self, most=1):
        answer = self.call("POST", "/api/daemon/tasks/claim",
                           {"daemon_id": self.name, "runtime_ids": [self.runtime], "max_tasks": most})
        return answer["tasks"]

    def claim_one(self):
        found = []
        self.service.wait(lambda: found.extend(self.claim()) or found, "a task to claim", 20)
        return found[0]

    def task(self, run, what, body=None, expect=200, token=RUNNER_TOKEN):
        return self.call("POST", f"/api/daemon/tasks/{run}/{what}", {} if body is None else body, expect, token)

    def status(self, run):
        return self.call("GET", f"/api/daemon/tasks/{run}/status")["status"]

    def beat(self):
        return self.call("POST", "/api/daemon/heartbeat", {"runtime_id": self.runtime, "supports_batch_import": True})


def lost_and_found(service, a, b):
    """A goes silent, B has the second attempt: nothing that A says later reaches it."""
    task = service.create(kind="claude", max_attempts=3)["id"]
    first = a.claim_one()["id"]
    assert first == task, "the first attempt is seen under the task's id"
    a.task(first, "start")
    second = []
    service.wait(lambda: b.beat() and second.extend(b.claim()) or second, "B to have the second attempt", 30)
    run = second[0]["id"]
    assert run != task and second[0]["task_id"] == task and second[0]["attempt"] == 2, second
    b.task(run, "start")
    before = service.task(task)
    a.task(first, "fail", {"error": "dial tcp: connection refused"})
    a.task(first, "complete", {"output": "done after all"})
    a.task(first, "start", expect=409)
    assert a.status(first) == "failed", "the old agent is stopped"
    a.task(first, "progress", {"summary": "still here"})
    after = service.task(task)
    for name in ("status", "attempt", "runner_id", "error_detail", "failure_reason", "posted"):
        assert before[name] == after[name], f"{name} went from {before[name]} to {after[name]}"
    assert after["attempts"][0]["late_report"], "what A said is kept on its attempt"
    assert b.status(run) == "running"
    b.task(run, "complete", {"output": "done"})
    assert service.task(task)["outcome"] == "delivered" and a.status(first) == "failed"


def real_reason(service, a):
    """Swept as offline, then the runner's own word: the task says what it was."""
    task = service.create(kind="claude", max_attempts=2)["id"]
    run = a.claim_one()["id"]
    a.task(run, "start")
    service.wait(lambda: service.task(task)["failure_reason"] == "runtime_offline", "the sweep", 30)
    a.task(run, "fail", {"error": "API Error: 402 Your credit balance is too low"})
    found = service.task(task)
    assert found["failure_reason"] == "agent_error.provider_quota_limit", found["failure_reason"]
    assert found["status"] == "failed", "what has no credit is not tried again"


def restart(service, a, recover_first):
    """The outbox and recover-orphans come in either order; the end is the same."""
    task = service.create(kind="claude", max_attempts=2)["id"]
    run = a.claim_one()["id"]
    a.task(run, "start")
    calls = [lambda: a.call("POST", f"/api/daemon/runtimes/{a.runtime}/recover-orphans", {}),
             lambda: a.task(run, "fail", {"error": "exit status 2", "failure_reason": "agent_error.process_failure"})]
    for call in calls if recover_first else reversed(calls):
        call()
    found = service.task(task)
    return {name: found[name] for name in ("status", "failure_reason", "error_detail", "attempt")}


def replay(service, a):
    """The outbox replays without end: one end, one event."""
    task = service.create(kind="claude", max_attempts=1)["id"]
    run = a.claim_one()["id"]
    a.task(run, "start")
    for _ in range(50):
        assert a.task(run, "fail", {"error": "exit status 2"})["status"] == "failed"
    for _ in range(3):
        a.task(run, "complete", {"output": "x"})  # out of order, and too late
    found = service.task(task)
    assert found["status"] == "failed" and found["attempt"] == 1 and len(found["attempts"]) == 1, found
    time.sleep(0.5)
    told = [each for each in service.task(task)["deliveries"]]
    assert len(told) == 1, f"one delivery to the hook, not {len(told)}"


def words(service, a):
    """A report is never refused for its words; whatever they are is kept."""
    def end(body, how="fail", attempts=1):
        task = service.create(kind="claude", max_attempts=attempts)["id"]
        run = a.claim_one()["id"]
        a.task(run, "start")
        a.task(run, how, body)
        return service.task(task)

    odd = end({"error": "API Error: 529 overloaded", "failure_reason": "Provider-Timeout"})
    assert odd["failure_reason"] == "agent_error.provider_capacity_or_rate_limit", odd["failure_reason"]
    assert odd["attempts"][0]["reported_reason"] == "Provider-Timeout", odd["attempts"][0]
    for word, meant in (("idle_watchdog", "agent_error.agent_timeout"),
                        ("codex_resume_oversized", "agent_error.context_overflow"),
                        ("agent_fallback_message", "agent_error.empty_or_unparseable_output"),
                        ("cancelled", "runtime_recovery"), ("runtime_access_denied", "runtime_access_denied")):
        found = end({"error": "it ended", "failure_reason": word})
        assert found["failure_reason"] == meant, f"{word} became {found['failure_reason']}"
        kept = found["attempts"][0]["reported_reason"]
        assert kept == (None if word == meant else word), f"{word} was kept as {kept}"
    again = end({"error": "it ended", "failure_reason": "codex_semantic_inactivity"}, attempts=2)
    assert again["status"] == "queued" and again["failure_reason"] == "agent_error.agent_timeout", again
    service.call("POST", f"/tasks/{again['id']}/cancel", {}, expect=200)
    for value, text in (({"code": 7, "message": "no"}, '{"code":7,"message":"no"}'), (["a", 1], '["a",1]'), (12, "12"),
                        (None, None), (True, "true")):
        assert end({"error": value})["error_detail"] == text, f"{value!r}"
    assert end({"error": "x", "failure_reason": 17})["status"] == "failed"
    notice = end({"output": "Error: prompt is too long: 210000 tokens > 200000 maximum"}, "complete")
    assert notice["failure_reason"] == "agent_error.context_overflow" and notice["status"] == "failed", notice
    turns = end({"output": "Stopped: reached the maximum number of turns (40)."}, "complete")
    assert turns["failure_reason"] == "iteration_limit", turns
    assert end({"output": "", "branch_name": "x"}, "complete")["outcome"] == "delivered"
    assert end({"output": "", "pr_url": "https://git.example/7"}, "complete")["outcome"] == "delivered"
    assert end({"output": " \n"}, "complete")["outcome"] == "silent_noop"


def sizes(service, a):
    """An agent's whole output is taken, and little of it is kept."""
    def post(what, body, expect=200, token=RUNNER_TOKEN):
        task = service.create(kind="claude", max_attempts=1)["id"]
        run = a.claim_one()["id"]
        a.task(run, "start")
        a.task(run, what, body, expect, token)
        return service.task(task)

    for mebibytes in (1.1, 8):
        output = "line of output\n" * int(mebibytes * 1024 * 1024 / 15)
        assert post("complete", {"output": output})["outcome"] == "delivered"
    failed = post("fail", {"error": "first words\n" + "x y " * 2_000_000 + "\nfatal: the last words"})
    detail = failed["error_detail"]
    assert len(detail.encode()) <= 65536 and detail.startswith("first words") and "the last words" in detail
    a.task(post_run(service, a), "complete", {"output": "x" * (17 * 1024 * 1024)}, 413)
    # Elsewhere the usual bound holds, and without a good token nothing is read.
    service.call("POST", "/tasks", {"kind": "x", "title": "y" * 2_000_000}, expect=413)
    status, _ = raw(service, f"/api/daemon/tasks/{UNKNOWN}/fail", b'{"error":"' + b"z" * 2_000_000 + b'"}', "no-such-token-at-all")
    assert status == 401, status


def post_run(service, a):
    service.create(kind="claude", max_attempts=1)
    run = a.claim_one()["id"]
    a.task(run, "start")
    return run


def raw(service, path, body, token):
    request = urllib.request.Request(service.url + path, data=body, method="POST",
                                     headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read()


def wrong(service, a, b):
    """Each wrong call has its answer, and costs nobody anything."""
    assert a.call("POST", "/api/daemon/heartbeat", {"runtime_id": "nobody"}) == {
        "runtime_id": "nobody", "status": "runtime_gone", "runtime_gone": True}
    assert a.register("elsewhere", 422)["detail"].startswith("workspace_id ")
    assert a.call("GET", "/api/daemon/workspaces/elsewhere/repos", None, 422)["code"] == "invalid_field"
    many = {"daemon_id": a.name, "runtime_ids": [f"r{i}" for i in range(10_000)], "max_tasks": 1}
    assert a.call("POST", "/api/daemon/tasks/claim", many, 422)["detail"].startswith("runtime_ids ")
    for ids in ("r", [7], [""], {"a": 1}):
        answer = a.call("POST", "/api/daemon/tasks/claim", {"daemon_id": a.name, "runtime_ids": ids}, 422)
        assert "runtime_ids" in answer["detail"], answer
    foreign = {"daemon_id": a.name, "runtime_ids": [b.runtime], "max_tasks": 1}
    assert a.call("POST", "/api/daemon/tasks/claim", foreign, 403)["code"] == "forbidden"
    assert a.call("POST", "/api/daemon/tasks/claim",
                  {"daemon_id": a.name, "runtime_ids": ["unknown"], "max_tasks": 1})["tasks"] == []
    assert a.call("POST", "/api/daemon/runtimes/unknown/tasks/claim", {}) == {"task": None}
    for what in ("start", "complete", "fail", "progress", "usage", "cancel-ack", "session", "messages"):
        answer = a.task(UNKNOWN, what, {}, 404)
        assert "task not found" in answer["title"], answer
    # The token that a claim hands out speaks for that attempt alone.
    service.create(kind="claude", max_attempts=1)
    mine = a.claim_one()
    assert mine["auth_token"].startswith("mat_"), mine["auth_token"][:4]
    other = service.create(kind="claude", max_attempts=1)["id"]
    a.task(mine["id"], "start", token=mine["auth_token"])
    a.task(other, "start", {}, 403, mine["auth_token"])
    a.task(other, "fail", {"error": "x"}, 403, mine["auth_token"])
    a.call("POST", "/api/daemon/deregister", {"runtime_ids": [b.runtime]}, 403, mine["auth_token"])
    assert service.task(other)["status"] == "queued", "a token of one attempt did nothing to another task"
    a.task(mine["id"], "complete", {"output": "ok"}, token=mine["auth_token"])
    service.call("POST", f"/tasks/{other}/cancel", {}, expect=200)
    # What a newer daemon asks is counted by its shape.
    for path in ("/api/daemon/ws", f"/api/daemon/shiny/{UNKNOWN}/new-thing"):
        status, text = service.call("GET", path, token=RUNNER_TOKEN)
        assert status == 404 and text.strip() == "404 page not found", f"{status}: {text!r}"
    with urllib.request.urlopen(service.url + "/metrics", timeout=5) as answer:
        metrics = answer.read().decode()
    assert 'telltale_unknown_calls_total{call="GET /api/daemon/shiny/{}/new-thing"} 1' in metrics, metrics[-2000:]


def clocks(service, a):
    """A daemon's clock may be an hour off: what counts is the service's."""
    for off in (-3600, 3600):
        told = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + off))
        task = service.create(kind="claude", max_attempts=1)["id"]
        run = a.claim_one()["id"]
        for what, body in (("start", {"started_at": told}), ("messages", {"messages": [{"seq": 1, "type": "text", "created_at": told}]}),
                           ("progress", {"summary": "at it", "at": told}), ("complete", {"output": "x", "completed_at": told})):
            a.task(run, what, body)
        found = service.task(task)
        assert found["created_at"] <= found["started_at"] <= found["completed_at"], found
        assert found["outcome"] == "delivered", found


def wishes(service, a, b):
    """A task that names its runner goes to no other, whatever its kind."""
    task = service.create(kind="anything", runner=b.runtime)["id"]
    assert a.claim() == [] and service.runner(
        "POST", "/internal/tasks/claim", {"runner_id": "native", "limit": 10}, expect=200)[1]["tasks"] == []
    got = b.claim()
    assert [each["id"] for each in got] == [task] and got[0]["runtime_id"] == b.runtime, got
    b.task(task, "start")
    b.task(task, "complete", {"output": "x"})
    waiting = service.create(kind="other", runner="native-7")["id"]
    answer = service.runner("POST", "/internal/tasks/claim", {"runner_id": "native-7", "kinds": ["other"]}, expect=200)[1]
    assert [each["task_id"] for each in answer["tasks"]] == [waiting], answer
    service.report(waiting, "succeeded", posted=1)
    problem = service.create(expect=422, kind="x", runner="r", dispatch=True)
    assert problem["detail"].startswith("runner "), problem


def leave(service, a):
    """A daemon that goes leaves nothing to wait for."""
    task = service.create(kind="claude", max_attempts=2)["id"]
    run = a.claim_one()["id"]
    a.task(run, "start")
    held = [each for each in service.tasks(status="running") if each["runner_id"] == a.runtime]
    answer = a.call("POST", "/api/daemon/deregister", {"runtime_ids": [a.runtime], "offline_reasons": {a.runtime: "stop"}})
    found = service.task(task)
    assert answer["failed"] == len(held), (answer, held)
    assert found["failure_reason"] == "runtime_offline" and found["status"] == "queued", found
    assert found["attempts"][0]["evidence"]["sweep"] == "deregistered", found["attempts"][0]["evidence"]
    assert a.beat()["status"] == "runtime_gone"
    runners = {each["id"]: each for each in service.call("GET", "/runners", expect=200)[1]["runners"]}
    assert runners[a.runtime]["silent"] and runners[a.runtime]["provider"] == "claude", runners[a.runtime]
    before = a.runtime
    a.register()
    assert a.runtime == before, "a runtime's id is the same for the same daemon"
    again = a.claim_one()
    assert again["task_id"] == task and again["attempt"] == 2
    a.task(again["id"], "start")
    a.task(again["id"], "complete", {"output": "x"})


service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="2s", silence="3s")
try:
    service.start_sink()
    service.start()
    a, b = Daemon(service, "daemon-a"), Daemon(service, "daemon-b")
    a.register()
    b.register()
    assert a.runtime != b.runtime
    lost_and_found(service, a, b)
    real_reason(service, a)
    ends = [restart(service, a, order) for order in (True, False)]
    assert ends[0] == ends[1], ends
    replay(service, a)
    words(service, a)
    sizes(service, a)
    wrong(service, a, b)
    clocks(service, a)
    wishes(service, a, b)
    leave(service, a)
    assert service.stop("serve") == 0, "a drained service exits 0"
    print("10 passed, 0 failed")
finally:
    service.close()
