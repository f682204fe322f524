"""The last mile on the real service: a kill between send and record, mutes, a
storm into a chat with a limit, a hook that wants no more, all that is dead once
more."""

import collections
import json
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts/bench.d"))

import scenario.service
from scenario.service import Service
from world import Database

FAILURES, A_SECOND = 10_000, 5
scenario.service.CONFIG = scenario.service.CONFIG.replace("digest_threshold = 100", "digest_threshold = 5") \
    .replace('locale = "zh-CN"', 'locale = "en"').replace('events = ["task:failed", "task:recovered"]', 'events = ["task:cancelled"]')
REASONS = {"timeout": "timed out", "agent_error.process_failure": "agent crashed", "agent_error.provider_network": "network trouble"}
service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="600s", silence="600s")
done = []


def passed(what):
    done.append(what)
    print(f"  {what}", flush=True)


def bind(*chats):
    for chat in chats:
        service.call("PUT", f"/chat-sessions/{chat}", {"relay": "team-octo", "chat_id": chat, "channel_type": 2}, expect=200)


def fail(title, chat):
    made = service.create(title=title, chat_session_id=chat, max_attempts=1)["id"]
    service.report(made, "failed", detail="exit status 1", failure_reason="agent_error.process_failure")
    return made


def texts(chat=None):
    return [m["text"] for m in service.messages() if m["relay"] == "octo" and chat in (None, m["chat"])]


def stats():
    with urllib.request.urlopen(service.sink_url + "/stats", timeout=5) as answer:
        return json.loads(answer.read())


def fault(**what):
    request = urllib.request.Request(service.sink_url + "/faults", data=json.dumps(what).encode(), method="POST")
    urllib.request.urlopen(request, timeout=5).read()


def metric(line):
    text = service.call("GET", "/metrics")[1]
    found = re.search("^" + re.escape(line) + r" ([0-9.e+-]+)$", text, re.M)
    return float(found.group(1)) if found else None


def deliveries(**filters):
    query = "&".join(f"{k}={v}" for k, v in filters.items())
    return service.call("GET", "/deliveries?" + query, expect=200)[1]["deliveries"]


def start_sink():
    """A chat that throttles, on the port of the one before, if there was one."""
    out = open(service.folder / "sink.out", "w+b")
    listen = (service.sink_url or "http://127.0.0.1:0").removeprefix("http://")
    service.processes["sink"] = subprocess.Popen(
        [service.program, "sink", "--listen", listen, "--throttle", str(A_SECOND)], stdout=out, stderr=subprocess.STDOUT)
    found = service.wait(lambda: re.search(r"http://[0-9.]+:\d+", (service.folder / "sink.out").read_text(errors="replace")),
                         "the local chat to start", 20)
    service.sink_url = found.group(0)


try:
    start_sink()
    service.start()
    bind("killed", "storm", "quiet", "loud")

    # The chat has the message, its answer hangs, and the service dies.
    fault(next=1, chat="killed", stored=True, hang=True)
    killed = fail("told before the kill", "killed")
    service.wait(lambda: texts("killed"), "the message that is not recorded", 20)
    service.stop("serve", signal.SIGKILL)
    service.start()
    assert service.task(killed)["deliveries"][0]["state"] == "pending"

    # A storm, while the lease of that one runs out.
    database, refused = Database(service.folder), stats()["refused"]
    tasks = database.seed_running(FAILURES, session="storm")
    reasons = list(REASONS)
    sent = collections.Counter()
    began = time.monotonic()
    for start in range(0, FAILURES, 500):
        batch = [{"task_id": task, "status": "failed", "attempt": 1, "failure_reason": reasons[n % len(reasons)]}
                 for n, task in enumerate(tasks[start:start + 500], start)]
        for report in batch:
            sent[report["failure_reason"]] += 1
        answer = service.runner("POST", "/internal/reports", {"reports": batch}, expect=200)[1]
        assert all(result["ok"] for result in answer["results"])
        if start == 5000:  # a mute in the middle of it holds, and loses nothing
            mute = service.call("PUT", "/mutes", {"relay": "team-octo", "chat_id": "storm", "for": "1h"}, expect=200)[1]
            time.sleep(1)
            held = len(texts("storm"))
            time.sleep(1)
            assert len(texts("storm")) <= held + A_SECOND, "a muted chat hears nothing new"
            fail("another chat", "loud")
            service.wait(lambda: texts("loud"), "the chat beside a muted one", 20)
            service.call("DELETE", "/mutes?relay=team-octo&chat_id=storm", expect=204)

    def counted():
        """Failures by reason in all messages; one by one or in digests."""
        seen = collections.Counter()
        for text in texts("storm"):
            gathered = re.match(r"\S+ (\d+) runs failed", text)
            if not gathered:
                seen["one by one"] += 1
                continue
            by_reason = {reason: int(count) for count, reason in re.findall(r"^(\d+) × (.+)$", text, re.M)}
            assert sum(by_reason.values()) == int(gathered.group(1)), text
            seen.update(by_reason)
        return seen

    service.wait(lambda: counted().total() >= FAILURES, "every failure of the storm to be told", 120)
    told_after = time.monotonic() - began
    seen = counted()
    assert seen.total() == FAILURES, seen
    for reason, words in REASONS.items():
        assert sent[reason] - seen["one by one"] <= seen[words] <= sent[reason], (seen, sent)
    assert stats()["refused"] == refused, "the chat's limit is never met"
    assert metric('telltale_throttled_total{relay="team-octo"}') is None
    passed(f"a storm of {FAILURES} is told in {len(texts('storm'))} messages, exact, without a throttle ({told_after:.1f} s)")

    # Mutes: nothing is lost, nobody else waits.
    for index in range(7):
        quiet = fail(f"while muted {index}", "quiet") if index else None
        if index == 0:
            mute = service.call("PUT", "/mutes", {"relay": "team-octo", "chat_id": "quiet", "for": "1h", "note": "release"}, expect=200)[1]
            assert mute["note"] == "release" and mute["chat_id"] == "quiet", mute
    waiting = service.wait(lambda: (found := deliveries(task_id=quiet)) and found[0], "the delivery that waits", 20)
    assert waiting["state"] == "pending" and waiting["muted_until"] == mute["until"], waiting
    fail("not muted", "loud")
    service.wait(lambda: any("not muted" in text for text in texts("loud")), "the other chat's message", 20)
    assert not texts("quiet")
    listed = service.call("GET", "/mutes", expect=200)[1]["mutes"]
    assert [(m["chat_id"], m["waiting"]) for m in listed] == [("quiet", 6)], listed
    service.wait(lambda: metric('telltale_deliveries{relay="team-octo",state="muted"}') == 6, "the gauge of what is muted", 25)
    short = service.call("PUT", "/mutes", {"relay": "team-octo", "chat_id": "quiet", "until": time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))}, expect=200)[1]
    assert short["created_at"] == mute["created_at"]
    service.wait(lambda: texts("quiet"), "what waited, at the end of the mute", 20)
    assert re.match(r"\S+ 6 runs failed", texts("quiet")[0]), texts("quiet")
    assert not service.call("GET", "/mutes", expect=200)[1]["mutes"]
    passed("what was muted is told in one message when the mute ends")

    # A hook that wants no more, over a restart; then everything dead again.
    service.call("PUT", "/mutes", {"relay": "audit", "for": "1h"}, expect=200)
    fault(next=1, status=410)
    service.call("POST", f"/tasks/{service.create(title='for the hook')['id']}/cancel", expect=200)
    service.call("DELETE", "/mutes?relay=audit", expect=204)
    service.wait(lambda: deliveries(relay="audit", state="dead"), "the hook's delivery to be dead", 20)
    service.wait(lambda: metric('telltale_relay_disabled{relay="audit"}') == 1, "the hook to be disabled", 20)
    assert service.stop("serve") == 0
    service.start()
    gone = service.call("GET", "/readyz")[1]["relays"]["disabled"]
    assert [one["relay"] for one in gone] == ["audit"], gone
    service.wait(lambda: metric('telltale_relay_disabled{relay="audit"}') == 1, "the hook to be disabled still", 20)
    back = service.call("POST", "/deliveries/redeliver", {"relay": "audit"}, expect=202)[1]["redelivered"]
    assert back >= 1
    service.wait(lambda: not deliveries(relay="audit", state="dead"), "the dead to be told", 20)
    assert not service.call("GET", "/readyz")[1]["relays"]["disabled"]
    passed("a hook that said 410 stays disabled over a restart until an operator redelivers")

    # The one that was killed comes once more, with the same key.
    service.wait(lambda: service.task(killed)["deliveries"][0]["state"] == "sent", "the delivery after its lease", 90)
    assert len(texts("killed")) == 1 and stats()["repeats"] >= 1
    passed("a message sent before a kill is told once")
    assert service.stop("serve") == 0
    print(f"{len(done)} passed, 0 failed")
finally:
    service.close()
