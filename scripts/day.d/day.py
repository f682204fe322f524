"""Runs the day; scripts/day says how."""

import argparse
import asyncio
import faulthandler
import os
import pathlib
import signal
import sys
import tempfile
import time

import checks
import report
import told
from checks import Line
from fleet import Fleet
from phases import Phases
from plan import PACE, PHASES, Plan
from priority import yielding
from sampler import Sampler, usage
from stack import Stack
from scenario.service import Failed
from streams import SubscriberProcess


class Day(Phases):
    """A run of the day: the plan, what runs, and what was found."""

    def __init__(self, program, plan, folder):
        self.plan = plan
        self.stack = Stack(program, folder, data_mb=1500 if plan.minutes < 10 else 4000)
        self.now, self.began = "start", time.time()
        self.lines, self.spans, self.loads, self.outages, self.kills, self.beside = [], [], {}, [], [], []
        self.guarded = False

    def line(self, line):
        self.lines.append(line)

    def skip(self, what, why):
        self.line(Line(what, "", f"skipped: {why}", None))

    def say(self, text):
        print(f"{time.time() - self.began:6.0f} s  {text}", file=sys.stderr, flush=True)

    def note(self, sample):
        """After each sample: the progress line, and the guard."""
        used = sample.get("serve") or {}
        if used.get("memory", 0) > self.plan.memory_guard:
            self.guarded = True
        if sys.stderr.isatty():
            print(f"\r\x1b[K{sample['at']:6.0f} s  {self.now:<10} {used.get('memory', 0):5.0f} MB {used.get('cpu', 0):5.1f} % "
                  f"{used.get('threads', 0):3} threads {used.get('descriptors', 0):4} descriptors, "
                  f"{len(self.fleet.report_ms) if self.fleet else 0} reports", end="", file=sys.stderr, flush=True)

    def service_cpu(self):
        pid = self.stack.pid("serve")
        used = usage(pid) if pid else None
        return used["cpu_seconds"] if used else None

    # --- the course of the day -----------------------------------------------

    async def run(self):
        self.fleet = self.subscribers = None
        self.stack.start_sink()
        self.stack.start()
        await self.bind_chats()
        # Connections that are made when they are first needed belong to idleness.
        warm = self.fleet = Fleet(self.stack.port, 8, lambda: self.now)
        for name in ("octo", "lark", "slack", "telegram"):
            await self.fleet.create("fail", **self.chat(name, "main"))
        await self.fleet.flow(20, 2)
        await self.fleet.until_done(30)
        await self.fleet.rest()
        self.sampler = Sampler(self.stack, lambda: self.now, self.note)
        await self.phase("idle", self.idle)
        self.fleet = Fleet(self.stack.port, self.plan.runners, lambda: self.now, warm)
        self.subscribers = SubscriberProcess(self.stack.port, self.plan.subscribers)
        await asyncio.sleep(2)
        for name in PHASES:
            if name != "idle" and self.plan.wants(name):
                await self.phase(name, self.chats_storm if name == "chats" else getattr(self, name))
        await self.phase("told", self.until_told)
        await self.subscribers.rest()
        await self.fleet.rest()
        await self.phase("quiet", lambda seconds: asyncio.sleep(seconds), self.plan.quiet_seconds)
        self.now = "checks"
        await self.judge()
        await self.sampler.rest()
        await self.stop_hung()

    async def phase(self, name, body, seconds=None):
        """Runs one, ends it if the memory runs away, and sees that the service is there afterwards."""
        seconds = self.plan.seconds(name) if seconds is None and name in PHASES else seconds or 0
        self.now, began = name, time.time()
        if not sys.stderr.isatty():
            self.say(f"{name} ({seconds:.0f} s)" if seconds else name)
        task = asyncio.create_task(body(seconds))
        try:
            while not task.done():
                await asyncio.wait([task], timeout=1)
                if self.guarded:
                    self.line(Line(f"phase {name}: memory", f"<= {self.plan.memory_guard:g} MB", "more: the phase was ended", False))
                    break
                if time.time() - began > seconds * 3 + 120:
                    self.line(Line(f"phase {name}: its end", f"{seconds:.0f} s", f"ended after {time.time() - began:.0f} s", False))
                    break
            if task.done():
                task.result()
        except (Failed, OSError, IndexError, ValueError) as problem:
            self.line(Line(f"phase {name}", "goes its way", str(problem)[:200], False))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.stack.signal_database(signal.SIGCONT)
            self.stack.log.reads.set()
        await self.see_to_service(name)
        self.spans.append((name, began - self.sampler.began, time.time() - self.sampler.began))

    async def see_to_service(self, phase):
        """Starts it anew if it died, does not answer or has run away."""
        ready = None if self.guarded else await self.stack.until_ready(30)
        if ready is not None:
            return
        died = self.stack.pid("serve") is None
        if not self.guarded:
            self.line(Line(f"after phase {phase}: the service", "serves", "had died" if died else "was not ready for 30 s", False))
        began = time.time()
        await asyncio.to_thread(self.stack.stop, "serve", signal.SIGKILL)
        self.kills.append(began)
        await asyncio.to_thread(self.stack.start)
        self.outage("", "", began, time.time() + 70)
        self.guarded = False
        await asyncio.sleep(2)
        used = usage(self.stack.pid("serve"))
        self.say(f"the service was started anew after phase {phase}; {used['memory'] if used else 0:.0f} MB")

    async def until_told(self, _):
        """Waits until all work is done and all messages are told, as long as faults and limits explain it."""
        await asyncio.gather(*self.beside)
        if not await self.fleet.until_done(120):
            open_runs = self.fleet.open_runs()
            self.line(Line("work that was created is finished", "0 open", f"{len(open_runs)} open", False, open_runs[0].title))
        latest = max((end + allowance for _, _, _, end, allowance in self.outages), default=0)
        deadline = max(time.time() + 60, latest + 30)
        while time.time() < deadline:
            try:
                states = await asyncio.to_thread(self.delivery_states)
                if not any(state == "pending" for _, state in states):
                    break
            except Failed:
                pass
            await asyncio.sleep(1)

    def delivery_states(self):
        rows = self.stack.psql(text="SELECT relay, state, count(*) FROM deliveries GROUP BY 1, 2").splitlines()
        return {(relay, state): int(count) for relay, state, count in (row.split("|") for row in rows)}

    # --- the verdict ---------------------------------------------------------

    def all_tasks(self):
        """Every task as GET /tasks has it, by id."""
        found, cursor = {}, ""
        while True:
            page = self.stack.call("GET", "/tasks?limit=200" + (f"&cursor={cursor}" if cursor else ""), expect=200)[1]
            found |= {task["id"]: task for task in page["tasks"]}
            cursor = page["next_cursor"]
            if not cursor:
                return found

    async def judge(self):
        samples = self.sampler.samples
        idle = [one for one in samples if one["phase"] == "idle"]
        quiet = [one for one in samples if one["phase"] == "quiet"]
        self.lines += checks.costs(self.loads) if not self.plan.only or self.loads else []
        self.lines += checks.quick_calls(self.fleet)
        self.lines += checks.peaks(samples, self.spans)
        tasks = await asyncio.to_thread(self.all_tasks)
        rows = self.stack.psql(text="SELECT task_id, number, coalesce(failure_reason, ''), extract(epoch FROM started_at) FROM attempts").splitlines()
        attempts = [(task, int(number), reason, float(begun or 0)) for task, number, reason, begun in (row.split("|") for row in rows)]
        states = self.delivery_states()
        self.lines += checks.truth(self.fleet, tasks, attempts, states, self.kills)
        messages = await asyncio.to_thread(self.stack.sink_messages)
        self.lines += self.tellings(tasks, messages)
        self.line(checks.at_most("events that a subscriber got out of order", self.subscribers.disorder, 0,
                                 note=f"{self.subscribers.received} got"))
        self.lines += checks.back_to_idle(idle, quiet)
        self.lines += checks.nothing_grows(quiet, self.plan.minutes)

    def tellings(self, tasks, messages):
        failures, hook = [], {}
        for run in self.fleet.runs:
            task = tasks.get(run.id)
            if not task:
                continue
            if task["status"] in ("failed", "timed_out") and run.relay:
                failures.append({"title": run.title, "relay": run.relay, "chat": run.chat, "phase": run.phase,
                                 "failed": told.moment(task["completed_at"])})
            if run.failures:
                hook[run.id] = run.failures
        account = told.match(failures, messages, hook)
        told.judge(account, messages, self.outages)
        stormed = {run.id for run in self.fleet.runs if run.phase == "hook" and run.failures}
        waits = [told.moment(m["received_at"]) - told.moment(tasks[of]["completed_at"]) for m in messages
                 if m["relay"] == "webhook" and (of := m["text"].partition(" ")[2]) in stormed]
        late = (max(waits), 15 + len(waits) / (200 * PACE), "s", f"{len(waits)} of them") if waits else None
        return list(checks.telling(account, self.stack.ask_sink("/stats"), late))

    async def stop_hung(self):
        """At last: SIGTERM while the database hangs ends within the drain time and five seconds."""
        self.now = "stop"
        self.stack.signal_database(signal.SIGSTOP)
        stopped = self.stack.backends()
        began = time.monotonic()
        try:
            code = await asyncio.to_thread(self.stack.stop, "serve", signal.SIGTERM, 25)
            self.line(checks.at_most("SIGTERM with a hung database ends after", time.monotonic() - began, 20, "s", f"exit code {code}"))
        except Failed:
            self.line(Line("SIGTERM with a hung database ends after", "<= 20 s", "not within 25 s", False))
        for pid in stopped:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass


def main():
    words = argparse.ArgumentParser(prog="scripts/day", description="An ordinary day in fast motion, with default settings.")
    words.add_argument("program", help=argparse.SUPPRESS)
    words.add_argument("--minutes", type=float, default=30, help="length of the day (30); 3 is the shortest that means anything")
    words.add_argument("--only", default="", help="these phases alone, with commas: " + ", ".join(PHASES))
    words.add_argument("--json", type=pathlib.Path, help="file for lines and samples")
    words.add_argument("--plot", type=pathlib.Path, help="file for a plot, SVG")
    words.add_argument("--markdown", type=pathlib.Path, help="page whose marked part is rewritten with the verdict")
    words.add_argument("--untimed", action="store_true",
                       help="lines about time and CPU do not count: a debug build, a busy machine")
    words.add_argument("--keep", action="store_true", help="keeps the folder with logs and configuration")
    asked = words.parse_args()
    only = tuple(filter(None, asked.only.split(",")))
    if unknown := [name for name in only if name not in PHASES]:
        words.error(f"no such phase: {', '.join(unknown)}")
    faulthandler.register(signal.SIGUSR1)  # shows where it is
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    folder = tempfile.mkdtemp(prefix="telltale-day-")
    os.chmod(folder, 0o755)
    plan = Plan(minutes=asked.minutes, only=only)
    day = Day(pathlib.Path(asked.program).resolve(), plan, folder)
    began = time.time()
    try:
        try:
            with yielding():
                asyncio.run(day.run())
        except (Failed, OSError, KeyboardInterrupt) as problem:
            day.line(Line("the day", "comes to its end", f"{type(problem).__name__}: {problem}"[:200], False, day.now))
    finally:
        day.stack.clear(asked.keep)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    samples = day.sampler.samples if hasattr(day, "sampler") else []
    print(report.table(day.lines, time.time() - began))
    if asked.json:
        report.as_json(asked.json, day.lines, day.spans, samples,
                       {"minutes": plan.minutes, "loads": day.loads, "troubles": day.fleet.troubles if day.fleet else {}})
    if asked.plot:
        report.as_plot(asked.plot, samples, day.spans, plan.minutes)
    if asked.markdown:
        image = os.path.relpath(asked.plot, asked.markdown.parent) if asked.plot else ""
        report.as_markdown(asked.markdown, day.lines, day.spans, plan.minutes, time.time() - began, image)
    if asked.keep:
        print(f"kept: {folder}")
    counted = [line for line in day.lines if not (asked.untimed and line.is_timed)]
    return 1 if any(line.good is False for line in counted) else 0


if __name__ == "__main__":
    sys.exit(main())
