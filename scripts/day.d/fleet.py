"""Those who create tasks and those who work on them, and what the service has
acknowledged to them."""

import asyncio
import dataclasses
import random
import time

from makers import MakerProcess
from stack import TOKENS
from wire import TROUBLE, Client, events

FINAL = {"deliver": "succeeded", "noop": "succeeded", "fail": "failed", "timeout": "timed_out", "retried": "succeeded"}
DETAILS = (
    "error: cannot find symbol\n  symbol: method frobnicate()\n  1 error",
    "Traceback (most recent call last):\n  File \"run.py\", line 12, in <module>\nValueError: invalid literal for int()",
    "npm ERR! code ELIFECYCLE\nnpm ERR! errno 1",
    "the provider closed the connection after 3 tries: 502 Bad Gateway",
)


@dataclasses.dataclass
class Run:
    """One task as those outside know it."""
    title: str
    then: str                   # what its runner makes of it
    session: str = ""
    relay: str = ""
    chat: str = ""
    phase: str = ""
    id: str = ""
    created: float = 0.0        # acknowledged, on the clock of time.time()
    status: str = ""            # acknowledged by the service
    ended: float = 0.0
    refused: int = 0            # the status code that a final report met instead
    failures: int = 0           # attempts that a runner reported as failed, acknowledged


class Fleet:
    """200 runners that poll for work, and what they were told."""

    def __init__(self, port, runners, phase, earlier=None):
        self.port, self.phase = port, phase
        self.runs = earlier.runs if earlier else []
        self.by_id = {run.id: run for run in self.runs}
        self.operations = 0       # creates, claims that brought a task, reports, heartbeats: acknowledged
        self.troubles = {}        # answers that were none, by kind
        self.create_ms, self.report_ms, self.claim_gave_up = [], [], 0
        self.over = asyncio.Event()
        self.gate, self.held = asyncio.Event(), 0  # of a burst: open, but while one gathers
        self.gate.set()
        self.seen = earlier.seen if earlier else {}  # attempts that a runner was given, by task
        self.random = random.Random(7)
        self.count = runners
        self.tasks = [asyncio.create_task(self.runner(f"runner-{n:03d}")) for n in range(runners)]
        self.makers = MakerProcess(port)

    def trouble(self, kind):
        self.troubles[kind] = self.troubles.get(kind, 0) + 1

    # --- creating ------------------------------------------------------------

    async def create(self, then="deliver", session="", relay="", chat="", work_ms=None):
        """Creates a task; it is tried again under its key until it is acknowledged."""
        run = Run(f"day{len(self.runs):06d}", then, session, relay, chat, self.phase())
        self.runs.append(run)
        body = {"kind": "day", "title": f"Run {run.title}", "max_attempts": 2 if then == "retried" else 1,
                "input": {"then": then, "ms": self.random.randint(20, 400) if work_ms is None else work_ms}}
        if session:
            body["chat_session_id"] = session
        while not self.over.is_set():
            try:
                status, answer, milliseconds = await self.makers.create(run.title, body)
            except TROUBLE:
                self.trouble("create not answered")
                await asyncio.sleep(0.5)
                continue
            if status in (200, 201):
                run.id, run.created = answer["id"], time.time()
                self.by_id[run.id] = run
                self.operations += 1
                if status == 201:
                    self.create_ms.append((milliseconds, run.phase))
                return run
            self.trouble(f"create answered {status}")
            await asyncio.sleep(0.5)
        return run

    async def create_many(self, count, rate, **what):
        """That many, evenly at `rate` a second; `what` may hold functions of the number."""
        began, made = time.monotonic(), []
        for n in range(count):
            if (left := began + n / rate - time.monotonic()) > 0:
                await asyncio.sleep(left)
            made.append(asyncio.create_task(self.create(**{k: v(n) if callable(v) else v for k, v in what.items()})))
        # A phase that is ended early leaves its creators to end by themselves: what they made is known.
        return await asyncio.gather(*map(asyncio.shield, made))

    async def flow(self, rate, seconds, until=None, **what):
        """Tasks at a rate for so long, or until an event; their number."""
        began, n, made = time.monotonic(), 0, []
        while time.monotonic() - began < seconds and not self.over.is_set() and not (until and until.is_set()):
            if (left := began + n / rate - time.monotonic()) > 0:
                await asyncio.sleep(left)
            if len([t for t in made if not t.done()]) > 200:  # the service does not answer: the queue is outside it
                await asyncio.sleep(0.1)
                began = time.monotonic() - n / rate
            made = [t for t in made if not t.done()] if len(made) > 400 else made
            made.append(asyncio.create_task(self.create(**{k: v(n) if callable(v) else v for k, v in what.items()})))
            n += 1
        await asyncio.gather(*map(asyncio.shield, made))
        return n

    async def burst(self, count, **what):
        """That many failures as nearly at once as there are runners: they hold until all are at work."""
        self.gate.clear()
        try:
            await self.create_many(count, self.count, then="fail", work_ms=-1, **what)
            deadline = time.monotonic() + 30
            while self.held < min(count, self.count * 0.9) and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
        finally:
            self.gate.set()

    # --- working -------------------------------------------------------------

    async def runner(self, name):
        me = Client(self.port, TOKENS["runner"])
        luck = random.Random(name)
        await asyncio.sleep(luck.random())
        while not self.over.is_set():
            wait = luck.choice((5, 10, 20, 30))
            try:
                status, answer = await me.call("POST", "/internal/tasks/claim",
                                               {"runner_id": name, "kinds": ["day"], "wait_seconds": wait}, timeout=wait + 5)
            except TROUBLE as problem:
                if isinstance(problem, asyncio.TimeoutError):
                    self.claim_gave_up += 1
                self.trouble("claim not answered")
                await asyncio.sleep(0.5 + luck.random())
                continue
            if status != 200:
                self.trouble(f"claim answered {status}")
                await asyncio.sleep(0.5 + luck.random())
                continue
            for task in answer["tasks"]:
                self.operations += 1
                try:
                    await self.work(me, name, task)
                except asyncio.CancelledError:
                    raise
                except Exception as problem:  # a runner of the day ends with the day, not before
                    self.trouble(f"a runner's {type(problem).__name__}: {problem}"[:120])
        me.close()

    async def work(self, me, name, task):
        self.seen.setdefault(task["task_id"], set()).add(task["attempt"])
        deadline = time.monotonic() + 60
        while (run := self.by_id.get(task["task_id"])) is None:  # its creator has no answer yet
            await asyncio.sleep(0.05)
            if self.over.is_set() or time.monotonic() > deadline:
                return self.trouble("a task that nobody created")
        path = f"/internal/tasks/{run.id}/status"
        told = {"attempt": task["attempt"], "runner_id": name}
        await self.report(me, run, path, {"status": "running", **told})
        if task["input"]["ms"] < 0:
            self.held += 1
            await self.gate.wait()
            self.held -= 1
        left = max(0, task["input"]["ms"]) / 1000
        while left > 5:
            await asyncio.sleep(5)
            left -= 5
            try:
                await me.call("POST", f"/internal/runners/{name}/heartbeat",
                              {"tasks": [{"task_id": run.id, "attempt": task["attempt"]}]})
                self.operations += 1
            except TROUBLE:
                self.trouble("heartbeat not answered")
        await asyncio.sleep(left)
        if run.then == "retried" and task["attempt"] == 1:
            said = {"status": "failed", "failure_reason": "agent_error.provider_network", "detail": DETAILS[3], **told}
            if await self.report(me, run, path, said) == 204:
                run.failures += 1
            return
        said = {"status": FINAL[run.then], **told}
        if run.then in ("deliver", "retried"):
            said["posted"] = 1
        elif run.then == "noop":
            said["posted"] = 0
        elif run.then == "fail":
            said |= {"detail": self.random.choice(DETAILS), "failure_reason": "agent_error.process_failure"}
        began = time.monotonic()
        status = await self.report(me, run, path, said)
        if status == 204:
            self.report_ms.append(((time.monotonic() - began) * 1000, run.phase))
            run.status, run.ended = said["status"], time.time()
            run.failures += said["status"] in ("failed", "timed_out")
        else:
            run.refused = status or 0

    async def report(self, me, run, path, body):
        """Reports until it is answered: the status code; None at the day's end."""
        while not self.over.is_set():
            try:
                status, _ = await me.call("POST", path, body)
            except TROUBLE:
                self.trouble("report not answered")
                await asyncio.sleep(0.5)
                continue
            if status < 500 and status != 429:
                self.operations += 1
                if status != 204:
                    self.trouble(f"report answered {status}")
                return status
            self.trouble(f"report answered {status}")
            await asyncio.sleep(0.5)
        return None

    def open_runs(self):
        """Created, and neither acknowledged nor refused as finished."""
        return [run for run in self.runs if run.id and not run.status and not run.refused]

    async def until_done(self, seconds):
        """Waits for what was created to be finished; whether it was."""
        deadline = time.monotonic() + seconds
        while self.open_runs() and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
        return not self.open_runs()

    async def rest(self):
        """Ends all runners and their connections."""
        self.over.set()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.makers.close()


class Subscribers:
    """Event streams that come and go, each resuming where it left."""

    def __init__(self, port, count):
        self.port, self.received, self.disorder, self.troubles = port, 0, 0, 0
        self.last = [None] * count
        self.tasks = [asyncio.create_task(self.subscriber(n)) for n in range(count)]

    async def subscriber(self, number):
        luck = random.Random(number)
        while True:
            await asyncio.sleep(luck.random() * 3)
            try:
                async with asyncio.timeout(luck.uniform(3, 25)):
                    await self.listen(number)
            except TimeoutError:
                pass  # it goes by itself
            except TROUBLE:
                self.troubles += 1
                await asyncio.sleep(1)

    async def listen(self, number):
        async for name in events(self.port, TOKENS["operator"], self.last[number]):
            self.received += 1
            if self.last[number] is not None and int(name) <= int(self.last[number]):
                self.disorder += 1
            self.last[number] = name

    async def rest(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
