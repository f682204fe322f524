"""What a lost machine says when it is back: never about another's run, and
better than the reaper's guess; whoever was told otherwise is told."""

import pathlib
import sys

from scenario.service import Service
from scenario.story import OCTO, LARK, Story

service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="2s", silence="2s")


def status(task, said, expect, token, **fields):
    return service.call("POST", f"/internal/tasks/{task}/status", {"status": said, **fields}, token=token, expect=expect)[1]


def settled(task, *states):
    return service.wait(lambda: (found := service.task(task))["status"] in states and found, f"{task} to be {states}", 30)


def lost(title, runner="lost", **fields):
    """Claimed by a runner that goes silent: the task, and the claim's token."""
    made = service.create(kind=title.split()[0].lower(), title=title, **fields)["id"]
    return made, service.claim(runner, title.split()[0].lower())["token"]


try:
    service.start_sink()
    service.start()
    story = Story(service, print)
    story.bind_chats()

    def told(title, count):
        service.wait(lambda: len(story.told(title)) >= count, f"{count} messages about {title}", 20)
        return [message["text"] for message in story.told(title)]

    # A claims and goes silent, B runs attempt 2: what A says changes nothing of B's.
    task, a = lost("Shared work", max_attempts=2)
    settled(task, "queued")
    b = service.claim("b", "shared")
    assert b["attempt"] == 2
    for said in ("failed", "succeeded", "running"):
        assert status(task, said, 409, a)["code"] == "stale_attempt"
        assert service.runner("POST", f"/internal/tasks/{task}/status", {"status": said}, expect=409)[1]["code"] == "stale_attempt"
        status(task, "running", 204, b["token"])
    assert service.call("GET", f"/internal/tasks/{task}/status", token=a, expect=200)[1]["status"] == "failed"
    assert service.call("GET", f"/internal/tasks/{task}/status", token=b["token"], expect=200)[1]["status"] == "running"
    status(task, "succeeded", 204, b["token"], posted=1)
    first, second = service.task(task)["attempts"]
    assert first["id"] == task != second["id"] and first["late_report"]["status"] == "running"
    assert service.call("GET", f"/tasks/{second['id']}", expect=200)[1]["id"] == task

    # Swept while a retry waits, then the real reason: no retry, told once, as it was.
    task, token = lost("Quota work", chat_session_id=LARK, max_attempts=2)
    settled(task, "queued")
    status(task, "failed", 204, token, detail="402 credit balance too low")
    found = settled(task, "failed")
    assert found["failure_reason"] == "agent_error.provider_quota_limit", found
    assert found["attempts"][0]["evidence"]["failure_reason"] == "runtime_offline"
    texts = told("Quota work", 1)
    assert "402 credit balance too low" in texts[0] and "orrection" not in texts[0], texts

    # Told as final, then the real reason: a correction, once.
    task, token = lost("Guessed work", chat_session_id=LARK, max_attempts=1)
    settled(task, "failed")
    told("Guessed work", 1)
    for _ in range(50):
        status(task, "failed", 204, token, detail="402 credit balance too low")
    texts = told("Guessed work", 2)
    assert "Correction: The quota" in texts[1] and "402 credit balance too low" in texts[1], texts

    # Told failed, and succeeded in a later attempt: one recovery.
    task, token = lost("Stubborn work", chat_session_id=OCTO, max_attempts=1)
    settled(task, "failed")
    told("Stubborn work", 1)
    for attempt in (2, 3):
        service.call("POST", f"/tasks/{task}/retry", {}, expect=200)
        work = service.claim("again", "stubborn")
        assert work["attempt"] == attempt
        if attempt == 2:
            status(task, "failed", 204, work["token"], failure_reason="agent_error.process_failure")
            told("Stubborn work", 2)
    status(task, "succeeded", 204, work["token"], posted=1)
    assert "✅" in told("Stubborn work", 3)[2]

    # What became of telling each is said of it, and nobody is a state.
    service.wait(lambda: service.task(task)["told"]["state"] == "told", "the recovery to be recorded as told", 20)
    assert service.create(kind="x", chat_session_id=LARK)["tells"] == [
        {"relay": "team-lark", "chat_id": "oc_team", "via": "session"}]
    made = service.create(kind="alone")
    assert made["tells"] == []
    service.report(made["id"], "failed", detail="boom")
    nobody = service.tasks(told="nobody")
    assert [each["id"] for each in nobody] == [made["id"]], nobody
    assert nobody[0]["told"]["why"].startswith("the task names no chat session, no route fits")
    metrics = service.call("GET", "/metrics", expect=200)[1]
    assert 'telltale_untold_total{event="task:failed"} 1' in metrics, metrics
    warned = service.execute(["--kind", "build"], "true")
    assert b"nobody would be told" in warned.stdout, warned.stdout
    assert b"nobody would be told" not in service.execute(["--kind", "build", "--chat-session", LARK], "true").stdout
    assert service.call("GET", "/tasks?told=maybe", expect=422)

    for title in ("Quota work", "Guessed work", "Stubborn work"):
        assert len(story.told(title)) == {"Quota": 1, "Guessed": 2, "Stubborn": 3}[title.split()[0]], story.told(title)
    assert service.stop("serve") == 0, "a drained service exits 0"
finally:
    service.close()
print("1 passed, 0 failed")
