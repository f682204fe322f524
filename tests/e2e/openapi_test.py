"""Every operation that /openapi.json describes is called on the real service and
answers as described; the clients of docs/clients work."""

import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

from scenario.service import OPERATOR_TOKEN, RUNNER_TOKEN, Service

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "docs/clients"))
from telltale_client import Problem, Telltale  # noqa: E402

service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="60s", silence="60s")

# What a call needs beyond its path; {} where the body may be anything.
BODIES = {
    "claim_tasks": {"runner_id": "r", "kinds": ["none-of-this-kind"]},
    "report_status": {"status": "running"},
    "report_many": {"reports": []},
    "runner_heartbeat": {"tasks": []},
    "daemon_complete": {"output": "done"},
    "daemon_fail": {"error": "it broke"},
    "create_task": {"kind": "review"},
    "bind_chat_session": {"relay": "team-octo", "chat_id": "C"},
    "redact_text": {"text": "plain"},
    "test_routes": {"kind": "review"},
    "open_session": {"token": OPERATOR_TOKEN},
    "daemon_register": {"workspace_id": "default", "daemon_id": "d", "runtimes": [{"name": "n", "type": "p"}]},
    "daemon_heartbeat": {"runtime_id": "r"},
    "daemon_claim": {"daemon_id": "d", "runtime_ids": ["r"], "max_tasks": 1},
    "daemon_deregister": {"runtime_ids": ["r"]},
    "put_mute": {"relay": "team-octo", "for": "1h"},
}
QUERIES = {"clear_mute": "?relay=team-octo"}
# Where the state of things may forbid it, the problem that says so is an answer too.
CODES = {"not_cancellable", "not_retryable", "not_redeliverable", "terminal_state", "task_not_found", "delivery_not_found",
         "chat_session_not_found", "mute_not_found", "cause_not_found", "stale_attempt"}


def call(method, path, token, body):
    request = urllib.request.Request(service.url + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Authorization", "Bearer " + token)
    if body is not None:
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            kind = answer.headers.get_content_type()
            return answer.status, kind, b"" if kind == "text/event-stream" else answer.read()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.headers.get_content_type(), problem.read()


try:
    service.start_sink()
    service.start()
    status, kind, text = call("GET", "/openapi.json", "", None)
    document = json.loads(text)
    assert status == 200 and document["openapi"].startswith("3.1"), document["openapi"]
    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids)), "operationId is unique"

    called = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert in_path == set(re.findall(r"{(\w+)}", path)), f"{name}: the path's parameters are described"
            task = service.create(kind="called")["id"]
            values = {"task_id": task, "runner_id": "r", "chat_session_id": "s",
                      "workspace_id": "default", "issue_id": "i", "autopilot_run_id": "a", "part": "summary",
                      "delivery_id": "01890000-0000-7000-8000-000000000001", "fingerprint": "0123456789abcdef"}
            target = re.sub(r"{(\w+)}", lambda m: values[m.group(1)], path) + QUERIES.get(name, "")
            runners = any("runnerToken" in way for way in operation["security"])
            body = BODIES.get(name, {} if "requestBody" in operation else None)
            status, kind, text = call(method.upper(), target, RUNNER_TOKEN if runners else OPERATOR_TOKEN, body)
            described = operation["responses"]
            if str(status) in described:
                wanted = described[str(status)].get("content")
                assert wanted is None or kind in wanted, f"{name} answered {kind}, not one of {list(wanted)}"
            else:
                problem = json.loads(text)
                assert kind == "application/problem+json" and problem["code"] in CODES, f"{name} answered {status}: {text[:300]!r}"
                assert problem["status"] == status and {"title", "detail"} <= set(problem)
            if operation["security"]:
                refused, kind, _ = call(method.upper(), target, "no-token", body)
                # Who brings one bad token after the other waits.
                assert refused in (401, 429) and kind == "application/problem+json", f"{name} without a token: {refused}"
            called += 1
    assert called == len(ids) and called > 30, called

    # The clients.
    ops, fleet = Telltale(service.url, OPERATOR_TOKEN), Telltale(service.url, RUNNER_TOKEN)
    first = ops.create_task("client", idempotency_key="k1", title="by the client", max_attempts=1)
    assert ops.create_task("client", idempotency_key="k1").id == first.id
    work = fleet.claim("client-runner", kinds=["client"], wait_seconds=5)[0]
    assert work.task_id == first.id and fleet.heartbeat("client-runner", [work]) == []
    fleet.report(work.task_id, "failed", attempt=work.attempt, detail="dial tcp 203.0.113.9:443: connection refused")
    assert ops.task(first.id).failure_reason == "agent_error.provider_network"
    assert [each.id for each in ops.tasks(kind="client", limit=1)] == [first.id]
    assert ops.retry(first.id).status == "queued" and ops.cancel(first.id).status == "cancelled"
    assert ops.stats("1d")["window"] == "1d"
    try:
        ops.task("01890000-0000-7000-8000-000000000001")
        raise AssertionError("an unknown task is a problem")
    except Problem as problem:
        assert problem.code == "task_not_found" and not problem.is_transient

    runner = pathlib.Path(os.environ["TELLTALE_BINARY_DIR"]) / "example_runner"
    second = ops.create_task("cpp", max_attempts=1)
    done = subprocess.run([runner, "127.0.0.1", str(service.port), "cpp"], capture_output=True, text=True, timeout=30,
                          env=dict(service.environment))
    assert done.returncode == 0 and done.stdout.strip() == second.id, done.stderr
    assert ops.task(second.id).failure_reason == "environment_prepare_failed"
finally:
    service.close()
print("1 passed, 0 failed")
