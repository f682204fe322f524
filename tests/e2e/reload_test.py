"""SIGHUP takes over relays, redaction patterns and tokens without a restart; an
invalid file changes nothing and says why."""

import os
import pathlib
import re
import signal
import sys
import threading
import time

from scenario.service import OPERATOR_TOKEN, Service

RELOADS = 200
RUNNERS = 4
CHATS = 60  # so many that no digest gathers what runners fail

service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="60s", silence="60s")


def told(title):
    return [m["text"] for m in service.messages() if title in m.get("text", "") and "schema" not in m.get("text", "")]


def fail(title, detail, chat):
    made = service.create(title=title, chat_session_id=chat, max_attempts=1)["id"]
    service.report(made, "failed", detail=detail, failure_reason="agent_error.process_failure")
    return made


def held():
    """Threads and descriptors of the service; connections of clients come and go. The latter the service shows to root alone."""
    process = f"/proc/{service.processes['serve'].pid}"
    descriptors = len(os.listdir(process + "/fd")) if os.access(process + "/fd", os.R_OK) else 0
    return len(os.listdir(process + "/task")), descriptors // 4 * 4 + 4


def metrics():
    return service.call("GET", "/metrics")[1]


def log():
    return service.log_path.read_text(errors="replace")


def reload(text, wanted):
    """Writes the file, sends SIGHUP and waits for the log to say so."""
    seen = len(log())
    config.write_text(text)
    service.processes["serve"].send_signal(signal.SIGHUP)
    service.wait(lambda: re.search(wanted, log()[seen:]), wanted, 20)


try:
    service.start_sink()
    service.start()
    config = service.folder / "telltale.toml"
    first = config.read_text()
    for session, relay in (("r-1", "team-octo"), ("r-2", "later-octo")):
        status, _ = service.call("PUT", f"/chat-sessions/{session}", {"relay": relay, "chat_id": session, "channel_type": 2})
        assert status == (200 if relay == "team-octo" else 422), f"{relay}: {status}"
    assert re.search(r"audit: ops from 127\.0\.0\.1: bind_chat_session r-1 -> 200 \(", log()), "the log says who bound the chat"
    run = fail("before the reload", "ticket TCK-123456 is closed", "r-1")
    assert "TCK-123456" in service.task(run)["error_detail"]
    service.wait(lambda: told("before the reload"), "the first message", 15)

    # Broken files change nothing.
    for broken, wanted in ((first + "\n[reaper2]\n", "not reloaded"),
                           (first + '\n[redaction]\npatterns = [ { name = "x", keywords = ["a"], regex = "a(" } ]\n', "not reloaded: redaction")):
        reload(broken, wanted)
        assert service.call("GET", "/tasks", expect=200)

    # A relay more, a relay changed, a pattern, another token.
    changed = first.replace('locale = "zh-CN"', 'locale = "en"') + """
[redaction]
patterns = [ { name = "ticket", keywords = ["TCK-"], regex = "TCK-[0-9]{6}" } ]

[relays.later-octo]
type = "octo"
base_url = "%s"
token = { env = "OCTO_BOT_TOKEN" }
""" % service.sink_url
    changed = changed.replace('operator_tokens = [', 'operator_tokens = [ { name = "new", scopes = ["read", "write"], token = "a-new-operator-token" },', 1)
    reload(changed, "configuration reloaded")
    assert service.call("GET", "/tasks", token="a-new-operator-token")[0] == 200
    assert service.call("GET", "/tasks", token=OPERATOR_TOKEN)[0] == 200
    service.call("PUT", "/chat-sessions/r-2", {"relay": "later-octo", "chat_id": "r-2", "channel_type": 2}, expect=200)
    run = fail("after the reload", "ticket TCK-654321 is closed", "r-2")
    assert "TCK-654321" not in service.task(run)["error_detail"], "the new pattern masks"
    fail("in another language", "", "r-1")
    service.wait(lambda: told("after the reload"), "the new relay's message", 15)
    text = service.wait(lambda: told("in another language"), "the changed relay's message", 15)[0]
    assert "process crashed" in text, f"the changed relay speaks English: {text!r}"

    # And a relay less.
    reload(first, "configuration reloaded")
    status, _ = service.call("PUT", "/chat-sessions/r-3", {"relay": "later-octo", "chat_id": "r-3"})
    assert status == 422, status
    assert service.call("GET", "/tasks", token="a-new-operator-token")[0] == 401
    time.sleep(0.5)
    assert len(told("in another language")) == 1
    assert 'relay="later-octo"' not in metrics(), "the metrics of a relay that is gone are gone"

    # However often a relay is changed while runners fail: what the old ones had
    # open is closed, and every failure is told once.
    for n in range(CHATS):
        service.call("PUT", f"/chat-sessions/load-{n}", {"relay": "team-octo", "chat_id": f"load-{n}", "channel_type": 2}, expect=200)
    failed = []
    over = threading.Event()

    def run(number):
        n = number
        while not over.is_set():
            title = f"under load {n:06d}"
            fail(title, "", f"load-{n % CHATS}")
            failed.append(title)
            n += RUNNERS
            time.sleep(0.05)

    def told_of_load():
        return [text for m in service.messages() if "under load" in (text := m.get("text", "")) and "schema" not in text]

    reload(other := first.replace('locale = "zh-CN"', 'locale = "en"'), "configuration reloaded")
    runners = [threading.Thread(target=run, args=(number,)) for number in range(RUNNERS)]
    for each in runners:
        each.start()
    # Parts of the service connect when they first have something to do.
    service.wait(lambda: len(told_of_load()) > 3 * RUNNERS, "the load", 20)
    before = held()
    series = metrics().count("\n")
    for n in range(RELOADS):
        reload(first if n % 2 == 0 else other, "configuration reloaded")
    over.set()
    for each in runners:
        each.join()
    service.wait(lambda: len(told_of_load()) >= len(failed), f"{len(failed)} messages", 30)
    service.wait(lambda: all(now <= then + 4 for now, then in zip(held(), before)),
                 f"as many threads and descriptors as before, {before}", 15)
    held_last = held()
    texts = told_of_load()
    for title in failed:
        seen = sum(title in text for text in texts)
        assert seen == 1, f"{title} was told {seen} times"
    assert metrics().count("\n") <= series + 20, "series of the metrics do not grow with reloads"
    assert service.stop("serve") == 0
    print(f"14 passed, 0 failed: {RELOADS} reloads while {len(failed)} runs failed; threads and descriptors {before} → {held_last}")
finally:
    service.close()
