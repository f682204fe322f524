"""The story that the demo tells and the end-to-end test checks: each step makes
something happen on a real runner or a simulated one, and says what must be told
of it, to whom, and what must not."""

import os
import time

from .service import Failed

SECRET = "ghp_" + "A1b2C3d4E5f6" * 3  # has a token's shape and opens nothing
LARK, OCTO = "story-en", "story-zh"


class Story:
    def __init__(self, service, say):
        self.service, self.say = service, say
        self.expectations = []  # (title, what must be seen, check)
        self.work = service.folder / "work"
        self.work.mkdir(exist_ok=True)

    def expect(self, title, what, check):
        self.expectations.append((title, what, check))

    # --- what the chat got ---------------------------------------------------

    def told(self, title):
        return [m for m in self.service.messages() if title in m.get("text", "") and m.get("relay", m.get("kind")) != "webhook"]

    def expect_told(self, title, what, *words, without=()):
        def check():
            texts = [m["text"] for m in self.told(title)]
            if len(texts) != 1:
                return f"{len(texts)} messages instead of one"
            for word in words:
                if word not in texts[0]:
                    return f"the message lacks {word!r}: {texts[0]!r}"
            for word in without:
                if word in texts[0]:
                    return "the message holds what it must not"
            return None
        self.expect(title, what, check)

    # --- steps ---------------------------------------------------------------

    def bind_chats(self):
        for session, relay, chat, extra in ((LARK, "team-lark", "oc_team", {}), (OCTO, "team-octo", "team-group", {"channel_type": 2})):
            self.service.call("PUT", f"/chat-sessions/{session}", {"relay": relay, "chat_id": chat, **extra}, expect=200)

    def run(self, title, code, what, *words, chat=LARK, command=(), options=()):
        """A real command, through `telltale exec`."""
        done = self.service.execute(
            ["--kind", "build", "--title", title, "--chat-session", chat, *options], *command)
        if done.returncode != code:
            raise Failed(f"{title}: exec exited {done.returncode}, not {code}: {done.stdout.decode(errors='replace')[-800:]}")
        self.say(f"ran   {title}: exit code {code}")
        self.expect_told(title, what, *words)

    def real_commands(self):
        source = self.work / "broken.cpp"
        source.write_text("int main() { return undeclared_name; }\n")
        self.run("Compile the parser", 1, "a compiler's last words", "undeclared_name",
                 command=["g++", "-c", str(source), "-o", os.devnull])
        script = self.work / "import_prices.py"
        script.write_text("def read(row):\n    return int(row['price'])\n\nread({'price': 'n/a'})\n")
        self.run("Import the prices", 1, "a Python traceback's last line", "ValueError", command=["python3", str(script)])
        self.run("Fetch the sources", 128, "git's own words about a host that does not exist", "no-such-host.invalid",
                 chat=OCTO, command=["git", "clone", "https://no-such-host.invalid/sources.git", str(self.work / "sources")])
        self.run("Run the linter", 127, "a program that is not installed", "no-such-linter", command=["no-such-linter", "--all"])
        self.run("Train the model", 137, "a killed process", "SIGKILL", command=["sh", "-c", "echo 'epoch 3 of 90' >&2; kill -9 $$"])
        self.run("Wait for the deploy", 124, "a run that ran out of time", "1", options=["--timeout", "1s"],
                 command=["sh", "-c", "echo 'waiting for pods' >&2; sleep 30"])

    def simulated_runners(self):
        service = self.service
        # A provider's failure, in both languages, reason not named by the runner.
        for chat, kind, title, words in ((LARK, "review", "Review the parser", ("401",)), (OCTO, "audit", "审查登录流程", ("insufficient",))):
            detail = "provider said: 401 Unauthorized, invalid api key" if chat == LARK \
                else "402 payment required: insufficient balance"
            made = service.create(kind=kind, title=title, chat_session_id=chat)
            work = service.claim("runner-1", kind)
            service.report(made["id"], "failed", detail=detail, attempt=work["attempt"])
            self.expect_told(title, "a provider's failure", *words)
        # No detail at all: the reason's own words, in the reader's language.
        for chat, kind, title, words in ((LARK, "summary", "Summarise the thread", ("quota",)), (OCTO, "digest", "汇总讨论", ("额度",))):
            made = service.create(kind=kind, title=title, chat_session_id=chat)
            work = service.claim("runner-1", kind)
            service.report(made["id"], "failed", failure_reason="agent_error.provider_quota_limit", attempt=work["attempt"])
            self.expect_told(title, "the reason in the reader's language", *words, without=("agent_error",))
        # A secret in the last words.
        made = service.create(kind="release", title="Push the tag", chat_session_id=LARK)
        work = service.claim("runner-2", "release")
        service.report(made["id"], "failed", attempt=work["attempt"],
                       detail=f"remote: denied\nurl was https://ci:{SECRET}@git.example.com/app.git\nGITHUB_TOKEN={SECRET}")
        self.expect_told("Push the tag", "a failure with its secret masked", "REDACTED", without=(SECRET, SECRET[4:20]))
        # An attempt that is retried: nobody is told, and the second one works.
        made = service.create(kind="draft", title="Draft the release notes", chat_session_id=LARK, max_attempts=2)
        work = service.claim("runner-3", "draft")
        service.report(made["id"], "failed", detail="stream disconnected before completion", attempt=work["attempt"],
                       failure_reason="agent_error.provider_network")
        work = service.claim("runner-3", "draft")
        service.report(made["id"], "succeeded", posted=1, attempt=work["attempt"])
        retried = made["id"]

        def told_nobody():
            if self.told("Draft the release notes"):
                return "the chat was told of an attempt that was retried"
            task = service.task(retried)
            if task["status"] != "succeeded" or len(task["attempts"]) != 2 or not task["attempts"][0]["failure_reason"]:
                return f"the run page tells another story: {task['status']}, {len(task['attempts'])} attempts"
            return None
        self.expect("Draft the release notes", "a retried attempt that told nobody, kept on the run's page", told_nobody)
        # A silent no-op.
        made = service.create(kind="comment", title="Comment on the change", chat_session_id=LARK)
        work = service.claim("runner-3", "comment")
        service.report(made["id"], "succeeded", posted=0, detail="could not post: review thread is locked", attempt=work["attempt"])
        noop = made["id"]

        def is_listed():
            found = [t["id"] for t in service.tasks(outcome="silent_noop")]
            return None if noop in found else "GET /tasks?outcome=silent_noop does not list it"
        self.expect("Comment on the change", "a silent no-op, seen in GET /tasks", is_listed)

    def silent_runner(self):
        service = self.service
        made = service.create(kind="index", title="Index the archive", chat_session_id=LARK, max_attempts=1)
        service.claim("runner-lost", "index")
        self.say("ran   Index the archive: its runner fell silent")
        self.expect_told("Index the archive", "a silent runner, reaped with a reason", without=("runtime_offline", "task timed out"))
        made = service.create(kind="translation", title="Translate the manual", chat_session_id=OCTO, max_attempts=1)
        work = service.claim("runner-late", "translation")
        late = made["id"]
        service.wait(lambda: service.task(late)["status"] in ("failed", "timed_out"), "the reaper to find the silence", 30)
        service.wait(lambda: self.told("Translate the manual"), "the chat to be told of it", 15)
        service.report(late, "succeeded", posted=1, attempt=work["attempt"])

        def recovered():
            task = service.task(late)
            if task["status"] != "succeeded" or task["outcome"] != "delivered":
                return f"the task is {task['status']}/{task['outcome']}"
            texts = [m["text"] for m in self.told("Translate the manual")]
            if len(texts) != 2 or "✅" not in texts[-1]:
                return f"the chat was not told that the run did finish: {texts}"
            return None
        self.expect("Translate the manual", "a late success, told after the failure", recovered)

    # --- the end -------------------------------------------------------------

    def check(self, seconds=20):
        """Waits until all holds; then the list of what was seen, and of what was not."""
        deadline = time.monotonic() + seconds
        while True:
            results = [(title, what, check()) for title, what, check in self.expectations]
            if all(problem is None for _, _, problem in results) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        # Give a second message of the same failure the time to be wrong.
        time.sleep(1)
        results = [(title, what, check()) for title, what, check in self.expectations]
        return results

    def leaks(self):
        """Files and answers that hold the planted secret; there must be none: not
        in the log, not at the chat, not in a byte of the database or its journal."""
        found = []
        for path in (self.service.folder / "postgres").rglob("*"):
            if path.is_file() and SECRET.encode() in path.read_bytes():
                found.append(str(path))
        for path in (self.service.log_path, self.service.folder / "sink.out"):
            if SECRET in path.read_text(errors="replace"):
                found.append(str(path))
        for message in self.service.messages():
            if SECRET in str(message):
                found.append("a message")
        for task in self.service.tasks(limit=200):
            if SECRET in str(self.service.task(task["id"])):
                found.append("a task")
        return found
