"""One service, twenty kinds of secret in everything that a runner and an operator
may say, values that runners register, a restart in between, and replays: none of
it is in any place where a text ends up."""

import base64
import json
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import urllib.parse
import urllib.request

from scenario import service as scenario
from scenario.service import OPERATOR_TOKEN, Service

# Each failure by itself, however many there are: digests leave details out.
scenario.CONFIG = scenario.CONFIG.replace("digest_threshold = 100", "digest_threshold = 1000")

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
dice = random.Random(20240611)


def noise(n, alphabet=ALPHABET):
    """Random letters and digits with all kinds among them."""
    while True:
        text = "".join(dice.choice(alphabet) for _ in range(n))
        if any(c.isdigit() for c in text) and (alphabet.isdigit() or any(c.isalpha() for c in text)):
            return text


def hexes(n):
    return noise(n, "0123456789abcdef")


def kinds():
    """(text around it, what must be gone) per kind, put together here so that no
    scanner takes this file for a leak."""
    made = {
        "github": ("push failed: {}", "gh" + "p_" + noise(36)),
        "gitlab": ("remote: {} was refused", "gl" + "pat-" + noise(20)),
        "aws id": ("key {} is not known", "AK" + "IA" + noise(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")),
        "slack": ("posting with {}", "xox" + "b-" + noise(12, "0123456789") + "-" + noise(24)),
        "llm": ("401 from the model: {}", "sk-" + "ant-api03-" + noise(90)),
        "stripe": ("charge failed {}", "sk_" + "live_" + noise(24)),
        "npm": ("npm ERR! 403 {}", "np" + "m_" + noise(36)),
        "google": ("quota of {} is used up", "AI" + "za" + noise(35)),
        "octo": ("bot {} is gone", "b" + "f_" + hexes(40)),
        "daemon": ("daemon token {} expired", "m" + "ul_" + hexes(40)),
        "jwt": ("bad token {}", "ey" + "J" + noise(20) + ".ey" + "J" + noise(40) + "." + noise(43)),
        "header": ("> Authorization: Bearer {}", noise(40)),
        "basic": ("> authorization: Basic {}", base64.b64encode(b"ci:" + noise(18).encode()).decode()),
        "cookie": ("< Set-Cookie: session={}; Path=/", noise(32)),
        "url": ("fetching https://ci:{}@git.example.com/x.git", noise(20)),
        "query": ("GET https://api.example.com/v1?token={}&page=2", noise(28)),
        "keyed": ('config: {{"db_password": "{}"}}', "hunter-" + noise(9)),
        "env": ("HOME=/root\nAPI_TOKEN={}\nLANG=C", noise(26)),
        "dsn": ("postgres://app:{}@db:5432/app is away", noise(18)),
        "pem": ("-----BEGIN " + "RSA PRIVATE KEY-----\n{}\n-----END " + "RSA PRIVATE KEY-----", noise(64) + "\n" + noise(64)),
        "hook": ("posting to https://hooks.slack.com/services/{}", "T" + noise(9) + "/B" + noise(9) + "/" + noise(24)),
        "opaque": ("unexpected answer {}", "".join(noise(4) for _ in range(11))),
    }
    # What is masked of a hook or a key of several lines is found by its last line.
    return {name: (text.format(value), re.split(r"[/\n]", value)[-1]) for name, (text, value) in made.items()}


service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="60s", silence="60s")
planted = {}  # what must be nowhere, by what it is
everywhere = {}  # where a text may end up: name to bytes


def plant(prefix):
    """A text with a fresh secret of every kind."""
    texts = []
    for name, (text, secret) in kinds().items():
        planted[f"{prefix}: {name}"] = secret
        texts.append(text)
    return texts


def register(prefix):
    """Values that no pattern finds, as a runner knows them."""
    values = [f"worker-{hexes(4)}.fleet", f"/srv/{noise(7)}/work dir", f"pass \"{noise(5)}\" <{noise(4)}>", "short"]
    for i, value in enumerate(values[:3]):
        planted[f"{prefix}: value {i}"] = value
    return values


def spoken(values):
    """The values as programs print them."""
    v = values[:3]
    return (f"on {v[0]} in {v[1]} with {v[2]}; {json.dumps(v[2])}; {urllib.parse.quote(v[1], safe='')}; "
            + base64.b64encode(("x" + v[0]).encode()).decode() + " " + v[1].encode().hex())


def claim(mask=None):
    _, answer = service.runner("POST", "/internal/tasks/claim",
                               {"runner_id": "r-secrets", "wait_seconds": 5, **({"mask": mask} if mask else {})}, expect=200)
    assert len(answer["tasks"]) == 1, answer
    return answer["tasks"][0]["task_id"]


def listen(stop_after):
    """What an event stream says until it says nothing for a second."""
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as stream:
        stream.sendall(f"GET /events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {OPERATOR_TOKEN}\r\n\r\n".encode())
        stream.settimeout(stop_after)
        said = b""
        try:
            while part := stream.recv(65536):
                said += part
        except TimeoutError:
            pass
        return said


def get(path):
    request = urllib.request.Request(service.url + path, headers={"Authorization": "Bearer " + OPERATOR_TOKEN})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read()


try:
    service.start_sink()
    service.environment["TELLTALE_LOG__LEVEL"] = "debug"
    service.start()
    for session, relay in (("s-octo", "team-octo"), ("s-lark", "team-lark")):
        service.call("PUT", f"/chat-sessions/{session}", {"relay": relay, "chat_id": "oc_" + session, "channel_type": 2}, expect=200)

    # What an operator asks for.
    for text in plant("title"):
        service.create(title=text[:290], labels={"note": text}, source_url="https://h/x?" + text, kind="unclaimed")

    # Every kind, in every text that a runner may say, told to every chat.
    for session in ("s-octo", "s-lark", None):
        for text in plant(f"detail to {session}"):
            made = service.create(title="secrets", max_attempts=1, **({"chat_session_id": session} if session else {}))["id"]
            claim()
            service.report(made, "failed", detail=text, result_url="https://h/x?" + text, failure_reason="agent_error.process_failure")
    whole = "\n".join(plant("all at once"))
    made = service.create(title="secrets", max_attempts=1, chat_session_id="s-octo")["id"]
    claim()
    service.report(made, "failed", detail=whole)
    late = "\n".join(plant("late"))
    service.report(made, "succeeded", detail=late, expect=409)
    batch = [service.create(title="secrets", max_attempts=1)["id"] for _ in range(2)]
    claim(), claim()
    service.runner("POST", "/internal/reports", {"reports": [
        {"task_id": task, "status": "timed_out", "detail": text} for task, text in zip(batch, plant("batch"))]}, expect=200)
    made = service.create(title="secrets", max_attempts=1, chat_session_id="s-lark")["id"]
    service.runner("POST", f"/api/daemon/tasks/{made}/start", {}, expect=200)
    service.runner("POST", f"/api/daemon/tasks/{made}/fail", {"error": "\n".join(plant("daemon"))}, expect=200)

    # Values that a claim registers hold for its task, also after a restart.
    values = register("claim")
    before = service.create(title="values", max_attempts=1, chat_session_id="s-octo")["id"]
    assert claim(values) == before
    after = service.create(title="values", max_attempts=2, chat_session_id="s-lark")["id"]
    others = register("claim before the restart")
    assert claim(others) == after
    service.report(before, "failed", detail=spoken(values), result_url="https://h/" + values[0])
    shown = service.task(before)["error_detail"]
    assert shown.startswith("on [REDACTED:known-value") and "short" not in values[0], shown
    assert service.stop("serve") == 0
    service.start()
    service.report(after, "running")
    service.report(after, "failed", detail=spoken(others))
    assert service.task(after)["error_detail"].startswith("on [REDACTED:known-value"), service.task(after)["error_detail"]
    # A late word is still one of the task.
    service.report(before, "succeeded", detail=spoken(values), expect=409)

    # A report's own values, in both dialects, and for what comes after.
    own = register("report")
    made = service.create(title="values", max_attempts=1, chat_session_id="s-octo")["id"]
    claim()
    service.report(made, "running", mask=own)
    service.report(made, "failed", detail=spoken(own))
    own = register("daemon's report")
    made = service.create(title="values", max_attempts=1)["id"]
    service.runner("POST", f"/api/daemon/tasks/{made}/start", {"mask": own}, expect=200)
    service.runner("POST", f"/api/daemon/tasks/{made}/fail", {"error": spoken(own)}, expect=200)
    # Of no other task: there they are words like any other.
    free = "worker-of-nobody.fleet"
    made = service.create(title="values", max_attempts=1)["id"]
    claim([free])
    service.report(made, "running")
    other = service.create(title="values", max_attempts=1)["id"]
    claim()
    service.report(other, "failed", detail="on " + free)
    assert service.task(other)["error_detail"] == "on " + free
    for wrong in ("one", [1], {"a": 1}, ["x" * 40000], ["v"] * 201):
        status, _ = service.runner("POST", "/internal/tasks/claim", {"runner_id": "r", "mask": wrong})
        assert status == 422, f"{str(wrong)[:40]}: {status}"
        status, _ = service.report(other, "running", expect=None, mask=wrong)
        assert status == 422, status

    # What /redact answers is as clean.
    for text in plant("redact"):
        _, answer = service.call("POST", "/redact", {"text": text}, expect=200)
        everywhere[f"/redact {len(everywhere)}"] = json.dumps(answer).encode()

    # All told, then every place where a text may be.
    def pending():
        return service.call("GET", "/deliveries?state=pending&limit=200", expect=200)[1]["deliveries"]
    service.wait(lambda: not pending(), "all deliveries", 60)
    everywhere["the event stream"] = listen(1.0)
    assert everywhere["the event stream"].count(b"event:") > 50
    for path in ("/tasks?limit=200", "/deliveries?limit=200", "/metrics", "/chat-sessions"):
        everywhere[path] = get(path)
    for task in service.tasks(limit=200):
        everywhere["/tasks/" + task["id"]] = get("/tasks/" + task["id"])
    with urllib.request.urlopen(service.sink_url + "/messages", timeout=10) as answer:
        everywhere["the sink"] = answer.read()
    sent = json.loads(everywhere["the sink"])
    sent = sent["messages"] if isinstance(sent, dict) else sent
    assert len(sent) > 60, f"{len(sent)} messages"
    dump = shutil.which("pg_dump") or max(map(str, pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_dump")))
    socket_folder = next(p.parent for p in (service.folder / "postgres").rglob(".s.PGSQL.*") if not p.name.endswith(".lock"))
    done = subprocess.run([dump, "-h", str(socket_folder), "-U", "telltale", "telltale"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    everywhere["pg_dump"] = done.stdout
    assert b"task_masks" in done.stdout
    assert service.stop("serve") == 0
    for path in (service.folder / "postgres").rglob("*"):
        if path.is_file():
            everywhere[str(path)] = path.read_bytes()
    everywhere["the log"] = service.log_path.read_bytes()
    everywhere["the sink's terminal"] = (service.folder / "sink.out").read_bytes()

    leaks = []
    for name, secret in planted.items():
        spellings = {secret, json.dumps(secret)[1:-1], json.dumps(json.dumps(secret)[1:-1])[1:-1]}
        if "value" in name:
            spellings |= {urllib.parse.quote(secret, safe=""), secret.encode().hex()}
        for place, said in everywhere.items():
            if any(spelling.encode() in said for spelling in spellings):
                leaks.append(f"{name} is in {place}")
    assert not leaks, "\n".join(leaks[:40]) + f"\n{len(leaks)} leaks"
    print(f"{len(planted)} secrets, {len(everywhere)} places: 1 passed, 0 failed")
finally:
    service.close()
    shutil.rmtree(service.folder, ignore_errors=True)
