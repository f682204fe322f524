"""A small client of Telltale's HTTP API, with nothing but the standard library.

    from telltale_client import Telltale

    ops = Telltale("http://127.0.0.1:8080", token="…")           # an operator's token
    run = ops.create_task(kind="review", title="PR 42", chat_session_id="team")
    print(ops.task(run.id).failure_reason)

    fleet = Telltale("http://127.0.0.1:8080", token="…")         # a runner's token
    for work in fleet.claim("runner-1", kinds=["review"], wait_seconds=30):
        fleet.report(work.task_id, "running", attempt=work.attempt)
        fleet.report(work.task_id, "failed", attempt=work.attempt, detail="what the process said last")

Errors are `Problem`s with the stable `code` of the answer. 429 and 5xx are worth another try, 4xx are not.
"""

from __future__ import annotations

import dataclasses
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Iterator, Optional


class Problem(Exception):
    """An answer other than a success (RFC 9457)."""

    def __init__(self, status: int, code: str, detail: str):
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.detail = status, code, detail

    @property
    def is_transient(self) -> bool:
        return self.status in (408, 429) or self.status >= 500


@dataclasses.dataclass(frozen=True)
class Task:
    id: str
    kind: str
    title: Optional[str]
    status: str
    outcome: Optional[str]
    attempt: int
    max_attempts: int
    failure_reason: Optional[str]
    error_detail: Optional[str]
    run: dict[str, Any]  # everything the service said, attempts and deliveries among it

    @staticmethod
    def of(body: dict[str, Any]) -> "Task":
        names = [field.name for field in dataclasses.fields(Task) if field.name != "run"]
        return Task(**{name: body.get(name) for name in names}, run=body)


@dataclasses.dataclass(frozen=True)
class Work:
    """What a claim hands out. `token` is good for reports about this attempt alone."""

    task_id: str
    attempt: int
    kind: str
    title: Optional[str]
    input: Any
    lease_expires_at: str
    token: str


class Telltale:
    def __init__(self, url: str, token: str = "", timeout: float = 40.0):
        self.url, self.token, self.timeout = url.rstrip("/"), token, timeout

    # --- operators
    def create_task(self, kind: str, idempotency_key: str = "", **fields: Any) -> Task:
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return Task.of(self._call("POST", "/tasks", {"kind": kind, **fields}, headers))

    def task(self, task_id: str) -> Task:
        return Task.of(self._call("GET", f"/tasks/{urllib.parse.quote(task_id, safe='')}"))

    def tasks(self, **filters: Any) -> Iterator[Task]:
        """All that match, newest first, page by page."""
        cursor = None
        while True:
            query = {name: value for name, value in {**filters, "cursor": cursor}.items() if value is not None}
            page = self._call("GET", "/tasks?" + urllib.parse.urlencode(query))
            yield from map(Task.of, page["tasks"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def retry(self, task_id: str) -> Task:
        return Task.of(self._call("POST", f"/tasks/{urllib.parse.quote(task_id, safe='')}/retry"))

    def cancel(self, task_id: str) -> Task:
        return Task.of(self._call("POST", f"/tasks/{urllib.parse.quote(task_id, safe='')}/cancel"))

    def stats(self, window: str = "14d") -> dict[str, Any]:
        return self._call("GET", "/stats?" + urllib.parse.urlencode({"window": window}))

    # --- runners
    def claim(self, runner_id: str, kinds: Optional[list[str]] = None, limit: int = 1, wait_seconds: int = 0) -> list[Work]:
        body = {"runner_id": runner_id, "limit": limit, "wait_seconds": wait_seconds, **({"kinds": kinds} if kinds else {})}
        names = [field.name for field in dataclasses.fields(Work)]
        return [Work(**{name: one.get(name) for name in names})
                for one in self._call("POST", "/internal/tasks/claim", body)["tasks"]]

    def report(self, task_id: str, status: str, **fields: Any) -> None:
        """Returns once the report is committed. Repeating a report changes nothing."""
        self._call("POST", f"/internal/tasks/{urllib.parse.quote(task_id, safe='')}/status", {"status": status, **fields})

    def heartbeat(self, runner_id: str, held: list[Work]) -> list[str]:
        """Renews the leases; the tasks that this runner must stop."""
        body = {"tasks": [{"task_id": one.task_id, "attempt": one.attempt} for one in held]}
        return self._call("POST", f"/internal/runners/{urllib.parse.quote(runner_id, safe='')}/heartbeat", body)["stop"]

    def _call(self, method: str, path: str, body: Any = None, headers: Optional[dict[str, str]] = None) -> Any:
        request = urllib.request.Request(self.url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        for name, value in {**({"Content-Type": "application/json"} if body is not None else {}),
                            **({"Authorization": "Bearer " + self.token} if self.token else {}), **(headers or {})}.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            problem = json.loads(error.read() or b"{}")
            raise Problem(error.code, problem.get("code", ""), problem.get("detail", "")) from None
        return json.loads(text) if text else None
