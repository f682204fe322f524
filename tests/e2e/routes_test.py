"""Who is told of a failure whose session is bound to no chat: routes and default
chats, at first and after a reload; with none, nobody, and everything says so."""

import pathlib
import signal
import subprocess
import sys

import scenario.service
from scenario.service import OPERATOR_TOKEN, Service

ROUTES = """
[[routes]]
match = {{ kind = "deploy-*", reason = "agent_error.*" }}
to = [ {{ relay = "team-lark", chat_id = "oc_ops" }} ]
continue = true

[[routes]]
match = {{ labels = {{ team = "web" }} }}
to = [ {{ relay = "team-octo", chat_id = "web", channel_type = 2 }}, {{ relay = "audit" }} ]
"""
DEFAULT = '[relays.team-octo]\ndefault_chat = "rest"\n'
first = scenario.service.CONFIG
scenario.service.CONFIG = first.replace("[relays.team-octo]\n", DEFAULT) + ROUTES
program = pathlib.Path(sys.argv[1]).resolve()
service = Service(program, lease="60s", silence="60s")


def fail(title, **fields):
    made = service.create(title=title, max_attempts=1, **fields)
    service.report(made["id"], "failed", detail="exit status 1", failure_reason="agent_error.process_failure")
    return made


def told(title):
    return sorted((m["relay"], m.get("chat", "")) for m in service.messages() if title in m.get("text", "") and m["relay"] != "webhook")


def told_to(title, *chats):
    service.wait(lambda: told(title) == sorted(chats), f"{title} to be told to {chats}, not {told(title)}", 20)


def state(task):
    return service.task(task)["told"]


def command(*words):
    done = subprocess.run([program, *words, "--server", service.url], capture_output=True, text=True, timeout=20,
                          env={"TELLTALE_OPERATOR_TOKEN": OPERATOR_TOKEN, "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done
    return done.stdout


try:
    service.start_sink()
    service.start()
    service.call("PUT", "/chat-sessions/own", {"relay": "team-octo", "chat_id": "own", "channel_type": 2}, expect=200)
    web = {"labels": {"team": "web", "tier": 2}}

    made = fail("routed by kind", kind="deploy-api")
    assert made["tells"] == [{"relay": "team-lark", "chat_id": "oc_ops", "via": "route"}], made["tells"]
    told_to("routed by kind", ("lark", "oc_ops"))
    service.wait(lambda: state(made["id"])["state"] == "told", "told", 20)

    both = fail("routed twice", kind="deploy-web", **web)
    assert [one["via"] for one in both["tells"]] == ["route"] * 3, both["tells"]
    told_to("routed twice", ("lark", "oc_ops"), ("octo", "web"))
    service.wait(lambda: {one["relay"]: one["state"] for one in state(both["id"])["targets"]}
                 == {"team-lark": "told", "team-octo": "told", "audit": "told"}, "both chats and the hook to be told", 20)

    fail("by its own session", kind="deploy-web", chat_session_id="own", **web)
    told_to("by its own session", ("octo", "own"))
    fail("session without chat", kind="build", chat_session_id="unbound")
    told_to("session without chat", ("octo", "rest"))
    print("  session, routes and default chats are told, each once", flush=True)

    # What a sweep ends is routed as what a report ends.
    service.create(title="lost on its way", kind="deploy-x", max_attempts=1, **web)
    service.claim("r-lost", "deploy-x")
    service.runner("POST", "/internal/runners/r-lost/recover", {}, expect=200)
    told_to("lost on its way", ("octo", "web"))
    print("  a swept task is routed by its reason and its labels", flush=True)

    asked = service.call("POST", "/routes/test", {"kind": "deploy-a", "reason": "timeout"}, expect=200)[1]["tells"]
    assert asked == [{"relay": "team-octo", "chat_id": "rest", "via": "default"}], asked
    assert service.call("POST", "/routes/test", {"reason": "timeout"})[0] == 422
    assert service.call("POST", "/routes/test", {"kind": "a"}, token="a token that nobody holds")[0] == 401
    listed = service.call("GET", "/routes", expect=200)[1]
    assert len(listed["routes"]) == 2 and listed["routes"][0]["continue"], listed
    text = command("routes", "test", "--kind", "deploy-a", "--reason", "agent_error.x", "--label", "team=web")
    assert text.splitlines() == ["team-lark oc_ops (route)", "team-octo web (route)", "audit (route)"], text
    assert "what no route fits" in command("routes", "list")
    assert "own" in command("chats", "list")
    command("chats", "bind", "later", "--relay", "team-lark", "--chat", "oc_later")
    fail("bound by command", kind="build", chat_session_id="later")
    told_to("bound by command", ("lark", "oc_later"))
    command("chats", "unbind", "later")
    print("  routes and chats are told and changed at the terminal", flush=True)

    # Without routes and default chats: nobody.
    config = service.folder / "telltale.toml"
    whole = config.read_text()
    config.write_text(whole.replace('default_chat = "rest"\n', "").split("[[routes]]")[0])
    service.processes["serve"].send_signal(signal.SIGHUP)
    service.wait(lambda: not service.call("GET", "/routes")[1]["routes"], "the reload", 20)
    alone = fail("told nobody", kind="deploy-api")
    assert alone["tells"] == [], alone
    service.wait(lambda: state(alone["id"])["state"] == "nobody", "nobody to be told", 20)
    assert "no route" in state(alone["id"]).get("why", ""), state(alone["id"])
    assert "Nobody is told" in command("routes", "test", "--kind", "deploy-a")
    config.write_text(whole.replace('relay = "team-lark"', 'relay = "none"'))
    service.processes["serve"].send_signal(signal.SIGHUP)
    service.wait(lambda: "routes[0].to[0].relay" in service.log_path.read_text(errors="replace"), "the refusal", 20)
    print("  a reload changes routes, and one that names no relay changes nothing", flush=True)
    assert service.stop("serve") == 0
    print("4 passed, 0 failed")
finally:
    service.close()
