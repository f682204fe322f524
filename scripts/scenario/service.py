"""Starts the local chat and the service as real processes, and talks to them."""

import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

RUNNER_TOKEN = "runner-" + "demo" * 4
OPERATOR_TOKEN = "operator-" + "demo" * 4
READER_TOKEN = "reader-" + "demo" * 4

CONFIG = """
[http]
listen = "127.0.0.1:{port}"
public_url = "{public_url}"

[auth]
runner_tokens = [ {{ name = "fleet", token = {{ env = "TELLTALE_RUNNER_TOKEN" }} }} ]
operator_tokens = [
  {{ name = "ops", scopes = ["read", "write"], token = {{ env = "TELLTALE_OPERATOR_TOKEN" }} }},
  {{ name = "readers", scopes = ["read"], token = {{ env = "TELLTALE_READER_TOKEN" }} }},
]

[database]
data_dir = "{folder}/postgres"

[tasks]
lease = "{lease}"

# Short, so that silence is found while you watch.
[reaper]
tick = "300ms"
runner_silence = "{silence}"
lease_grace = "1s"

[retry]
jitter = 0.0
[retry.reasons."agent_error.provider_network"]
base = "1s"
[retry.reasons.runtime_offline]
base = "1s"

[relays.team-octo]
type = "octo"
base_url = "{sink}"
token = {{ env = "OCTO_BOT_TOKEN" }}
locale = "zh-CN"
digest_threshold = 100

[relays.team-lark]
type = "lark"
base_url = "{sink}"
app_id = "cli_demo"
app_secret = {{ env = "LARK_APP_SECRET" }}
locale = "en"
digest_threshold = 100

[relays.audit]
type = "webhook"
url = "{sink}/hook"
secrets = [ {{ env = "HOOK_SECRET" }} ]
events = ["task:failed", "task:recovered"]
allow_private = true

[log]
format = "json"
"""


class Failed(Exception):
    """Something did not go as it must."""


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """The sink and the service, with a folder of their own."""

    def __init__(self, program, folder=None, port=0, lease="3s", silence="3s", log=None):
        self.program = str(program)
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="telltale-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        # The embedded database runs as an unprivileged user when this is root.
        self.folder.chmod(0o755)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lease, self.silence = lease, silence
        self.sink_url = None
        self.processes = {}
        self.log_path = self.folder / "telltale.log"
        self.environment = dict(
            os.environ,
            TELLTALE_RUNNER_TOKEN=RUNNER_TOKEN,
            TELLTALE_OPERATOR_TOKEN=OPERATOR_TOKEN,
            TELLTALE_READER_TOKEN=READER_TOKEN,
            OCTO_BOT_TOKEN="bf_" + "0" * 8,
            LARK_APP_SECRET="s" * 16,
            HOOK_SECRET="whsec_" + "c2VjcmV0" * 4,
        )

    def start_sink(self):
        out = open(self.folder / "sink.out", "w+b")
        self.processes["sink"] = subprocess.Popen(
            [self.program, "sink", "--listen", "127.0.0.1:0"], stdout=out, stderr=subprocess.STDOUT,
            env=self.environment)
        found = self.wait(lambda: re.search(r"http://[0-9.]+:\d+", (self.folder / "sink.out").read_text(errors="replace")),
                          "the local chat to start", 20)
        self.sink_url = found.group(0)

    def start(self):
        config = self.folder / "telltale.toml"
        config.write_text(CONFIG.format(port=self.port, public_url=self.url, folder=self.folder, sink=self.sink_url,
                                        lease=self.lease, silence=self.silence))
        log = open(self.log_path, "ab")
        self.processes["serve"] = subprocess.Popen(
            [self.program, "serve", "--config", str(config)], stdout=log, stderr=log, env=self.environment)
        self.wait(self.ready, "the service to be ready", 90, self.processes["serve"])

    def ready(self):
        try:
            with urllib.request.urlopen(self.url + "/readyz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def wait(self, condition, what, seconds, process=None):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            if process is not None and process.poll() is not None:
                tail = self.log_path.read_text(errors="replace")[-3000:] if self.log_path.exists() else ""
                raise Failed(f"the process ended with {process.returncode} while waiting for {what}\n{tail}")
            time.sleep(0.05)
        raise Failed(f"waited {seconds} s in vain for {what}")

    def stop(self, name="serve", how=signal.SIGTERM, seconds=30):
        process = self.processes.pop(name, None)
        if process is None:
            return 0
        process.send_signal(how)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failed(f"{name} did not stop within {seconds} s")

    def close(self):
        for name in list(self.processes):
            try:
                self.stop(name)
            except Failed:
                pass

    def call(self, method, path, body=None, token=OPERATOR_TOKEN, headers=None, expect=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header("Authorization", "Bearer " + token)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as problem:
            status, text = problem.code, problem.read()
        if expect is not None and status != expect:
            raise Failed(f"{method} {path} answered {status}, not {expect}: {text[:500]!r}")
        return status, (json.loads(text) if text and text[:1] in b"{[" else text.decode(errors="replace"))

    def runner(self, method, path, body=None, expect=None):
        return self.call(method, path, body, token=RUNNER_TOKEN, expect=expect)

    def create(self, expect=201, **fields):
        fields.setdefault("kind", "review")
        return self.call("POST", "/tasks", fields, expect=expect)[1]

    def claim(self, runner, kind):
        """Waits for a task of that kind and takes it."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            _, answer = self.runner("POST", "/internal/tasks/claim",
                                    {"runner_id": runner, "kinds": [kind], "wait_seconds": 5}, expect=200)
            if answer["tasks"]:
                return answer["tasks"][0]
        raise Failed(f"no task of kind {kind} could be claimed")

    def report(self, task, status, expect=204, **fields):
        return self.runner("POST", f"/internal/tasks/{task}/status", {"status": status, **fields}, expect=expect)

    def task(self, task):
        return self.call("GET", f"/tasks/{task}", expect=200)[1]

    def tasks(self, **filters):
        return self.call("GET", "/tasks?" + urllib.parse.urlencode(filters), expect=200)[1]["tasks"]

    def messages(self):
        with urllib.request.urlopen(self.sink_url + "/messages", timeout=5) as answer:
            found = json.loads(answer.read())
        return found["messages"] if isinstance(found, dict) else found

    def execute(self, arguments, *command, timeout=120):
        return subprocess.run(
            [self.program, "exec", "--server", self.url, *arguments, "--", *command],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=timeout)
