"""An operator's terminal: why, runs, tail, retry, cancel, deliveries, redeliver
against the real service and the local chat."""

import hashlib
import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import time

from scenario.service import Service

service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="60s", silence="60s")


def telltale(*words, expect=0, **environment):
    done = subprocess.run([service.program, *words], capture_output=True, text=True, timeout=30,
                          env=dict(service.environment, TELLTALE_SERVER=service.url, **environment))
    assert done.returncode == expect, f"{words} ended with {done.returncode}, not {expect}\n{done.stdout}{done.stderr}"
    return done.stdout if expect == 0 else done.stderr


def wait_for(path, text):
    service.wait(lambda: text in path.read_text(errors="replace"), f"{text!r} in {path.name}", 20)


try:
    service.start_sink()
    service.start()
    service.call("PUT", "/chat-sessions/c", {"relay": "team-octo", "chat_id": "C-9", "channel_type": 2, "locale": "en"}, expect=200)
    heard = service.folder / "tail.out"
    tail = subprocess.Popen([service.program, "tail", "--type", "failed", "--type", "sent"], stdout=open(heard, "wb"),
                            stderr=subprocess.DEVNULL,
                            env=dict(service.environment, TELLTALE_SERVER=service.url))
    service.processes["tail"] = tail
    service.wait(lambda: "telltale_event_subscribers 1" in service.call("GET", "/metrics")[1], "tail to follow", 20)

    run = service.create(title="PR 41", chat_session_id="c", max_attempts=1)["id"]
    service.report(run, "running", attempt=1)
    service.report(run, "failed", detail="\x1b[2Jthrice\nthe model said no", failure_reason="agent_blocked")
    service.wait(lambda: any(d["state"] == "sent" for d in service.task(run)["deliveries"]), "the message", 20)

    # why: by id, by link, the last one; in words, in JSON, in Chinese.
    text = telltale("why", run)
    assert text.startswith("Review did not post: the model said no\n"), text
    assert "\x1b" not in text and "C-9" in text and "sent" in text, text
    assert telltale("why", f"{service.url}/runs/{run}").startswith("Review did not post")
    assert "the model said no" in telltale("why", "--last")
    assert json.loads(telltale("why", run, "--json"))["id"] == run
    english, chinese = telltale("why", run, LANG="en_US.UTF-8", LC_ALL=""), telltale("why", run, LANG="zh_CN.UTF-8", LC_ALL="")
    assert english != chinese, "the copy is in the reader's language"
    assert "task_not_found" in telltale("why", "01890000-0000-7000-8000-000000000001", expect=66)
    assert "wants a task" in telltale("why", expect=64)
    assert "TELLTALE_OPERATOR_TOKEN" in telltale("why", run, expect=77, TELLTALE_OPERATOR_TOKEN="")
    assert "is the service running" in telltale("why", run, "--server", "http://127.0.0.1:1", expect=69)

    # A new token, and the line that a service takes for it.
    made = telltale("token", "new", "--name", "bot", "--scopes", "create,read").splitlines()
    assert hashlib.sha256(made[0].encode()).hexdigest() in made[-1] and len(made[0]) > 40, made
    assert made != telltale("token", "new", "--name", "bot", "--scopes", "create,read").splitlines()
    fresh = service.folder / "token.toml"
    fresh.write_text("[auth]\n" + made[-1] + "\n" + telltale("token", "new", "--runner").splitlines()[-1] + "\n")
    telltale("check-config", "--config", str(fresh))
    assert "wants a name" in telltale("token", "new", "--name", 'a"b', expect=64)

    # On a terminal there are colours, unless they are unwelcome.
    def on_terminal(**environment):
        controller, line = pty.openpty()
        done = subprocess.run([service.program, "why", run], stdout=line, timeout=30,
                              env=dict(service.environment, TELLTALE_SERVER=service.url, TERM="xterm", **environment))
        os.close(line)
        assert done.returncode == 0
        return os.read(controller, 65536)

    assert b"\x1b[31mfailed" in on_terminal()
    assert b"\x1b" not in on_terminal(NO_COLOR="1")

    # runs
    other = service.create(kind="build", title="nightly")["id"]
    assert other in telltale("runs") and run in telltale("runs")
    assert other not in telltale("runs", "--outcome", "failed")
    assert run in telltale("runs", "-q", "model said", "--since", "1h")
    assert "No run is like that" in telltale("runs", "--kind", "deploy")
    telltale("runs", "--since", "soon", expect=64)
    telltale("runs", "--status", "no-such", expect=64)

    # cancel, retry
    assert telltale("cancel", other) == f"{other} is cancelled\n"
    assert "not_cancellable" in telltale("cancel", run, expect=65)
    assert telltale("retry", run, other).splitlines() == [f"{run} is queued", f"{other} is queued"]
    assert json.loads(telltale("cancel", run, other, "--json"))[1]["status"] == "cancelled"

    # report: a fortnight's audit says what the rows say.
    audited = [service.create(kind="audit", max_attempts=1)["id"] for _ in range(144)]
    answer = service.runner("POST", "/internal/reports", {"reports": [
        {"task_id": each, "status": "succeeded", **({"posted": 0, "detail": "token expired"} if i < 60 else
                                                   {"posted": 0} if i < 98 else
                                                   {"posted": 0, "intended_empty": True} if i < 110 else {"posted": 2})}
        for i, each in enumerate(audited)]}, expect=200)[1]
    assert all(each["ok"] for each in answer["results"])
    text = telltale("report", "--days", "14", "--kind", "audit")
    assert "Of 144 runs that succeeded, 98 posted nothing (68 %)." in text, text
    assert "60    token expired" in text and "38    none was given" in text, text
    assert json.loads(telltale("report", "--kind", "audit", "--json"))["outcomes"]["silent_noop"] == 98
    listed = json.loads(telltale("runs", "--kind", "audit", "--outcome", "silent_noop", "--limit", "200", "--json"))["tasks"]
    assert len(listed) == 98, "the filter agrees with the count"
    assert 'telltale_tasks_finished_total{outcome="silent_noop"} 98' in service.call("GET", "/metrics")[1], "and so does the metric"
    telltale("report", "--days", "0", expect=64)

    # deliveries, redeliver
    delivery = json.loads(telltale("deliveries", "--state", "sent", "--relay", "team-octo", "--json"))["deliveries"][0]
    assert delivery["id"] in telltale("deliveries")
    assert telltale("redeliver", delivery["id"]) == f"{delivery['id']} will be sent again\n"
    telltale("redeliver", expect=64)
    telltale("redeliver", "01890000-0000-7000-8000-000000000001", expect=66)

    # tail has heard what it asked for, and goes on after a restart.
    wait_for(heard, "task:failed")
    wait_for(heard, "delivery:sent")
    assert "task:created" not in heard.read_text()
    service.stop("serve")
    service.start()
    again = service.create(title="after the restart")["id"]
    service.report(again, "failed", detail="again", failure_reason="agent_blocked")
    wait_for(heard, again)
    lines = heard.read_text().splitlines()
    assert len(lines) == len(set(lines)), "nothing is told twice"
    tail.send_signal(signal.SIGINT)
    tail.wait(10)
    del service.processes["tail"]

    # How long `why` takes is for people to see; the suite only prints it.
    began = time.monotonic()
    telltale("why", run)
    print(f"why answered in {1000 * (time.monotonic() - began):.0f} ms")

    # What shells and man read is made without a service.
    for shell in ("bash", "zsh", "fish"):
        assert "redeliver" in telltale("completion", shell)
    checked = subprocess.run(["bash", "-n"], input=telltale("completion", "bash"), text=True)
    assert checked.returncode == 0
    assert ".TH TELLTALE 1" in telltale("manual")
finally:
    service.close()
print("1 passed, 0 failed")
