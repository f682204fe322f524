"""A crash right after a commit delays the message by no more than its first
lease: the service is killed while a failure that it has committed waits to be
sent, and the restarted one tells it within seconds, once.

  lease_test.py PROGRAM
"""

import pathlib
import re
import signal
import sys
import time

from scenario.service import Service

service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="60s", silence="60s")


def fail(title, chat):
    made = service.create(title=title, chat_session_id=chat, max_attempts=1)["id"]
    service.report(made, "failed", detail="exit status 1", failure_reason="agent_error.process_failure")


def told(title):
    return [m for m in service.messages() if title in m.get("text", "")]


try:
    service.start_sink()
    service.start()
    for chat in ("l-1", "l-2"):
        service.call("PUT", f"/chat-sessions/{chat}", {"relay": "team-octo", "chat_id": chat, "channel_type": 2}, expect=200)
    # One message a minute: the second failure is committed and leased, and
    # waits in the relay's memory.
    config = service.folder / "telltale.toml"
    config.write_text(config.read_text().replace('locale = "zh-CN"', 'locale = "zh-CN"\nrate_per_app = 0.017', 1))
    service.processes["serve"].send_signal(signal.SIGHUP)
    service.wait(lambda: re.search("relay team-octo runs with its new", service.log_path.read_text(errors="replace")),
                 "the slow relay", 20)
    fail("the first of a minute", "l-1")
    service.wait(lambda: told("the first of a minute"), "the first message", 15)
    fail("waits in memory", "l-2")
    committed = time.monotonic()
    time.sleep(0.3)
    service.stop("serve", signal.SIGKILL)
    assert not told("waits in memory"), "it was sent before the crash"
    service.start()  # without the slow limit
    ready = time.monotonic()
    service.wait(lambda: told("waits in memory"), "the message that the crash delayed", 20)
    now = time.monotonic()
    delay = now - max(ready, committed + 5)
    assert delay < 5, f"told {delay:.1f} s after the lease's end"
    time.sleep(2)
    assert len(told("waits in memory")) == 1 and len(told("the first of a minute")) == 1
    assert service.stop("serve") == 0
    print(f"1 passed, 0 failed: told {now - committed:.1f} s after the commit")
finally:
    service.close()
