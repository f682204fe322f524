"""What happens in the course of the day, phase by phase.

A phase is a coroutine of a Day; it may note findings (checks.Line) and outages, in
which messages are excused from being told."""

import asyncio
import os
import signal
import subprocess
import time

from checks import Line, at_most
from stack import OWN_SCHEMA


class Phases:
    """The phases' bodies; `day.Day` runs them."""

    def chat(self, relay, name):
        """Fields of a task whose failure that chat is told."""
        session = f"{relay}-{name}"
        return {"session": session, "relay": relay, "chat": self.chats[session]}

    async def bind_chats(self):
        """Sessions bound to chats: a few of each relay, 400 of Lark for the storm."""
        self.chats = {}
        wanted = [("octo", "main", "g-main"), ("octo", "storm", "g-storm"), ("lark", "main", "oc_main"), ("slack", "main", "C0MAIN"),
                  ("slack", "away", "C0AWAY"), ("telegram", "main", "-1001"), ("telegram", "stuck", "-1002"), ("octo", "snap", "g-snap")]
        wanted += [("lark", f"c{n:03d}", f"oc_c{n:03d}") for n in range(self.plan.chats)]
        for relay, name, chat in wanted:
            body = {"relay": relay, "chat_id": chat} | ({"channel_type": 2} if relay == "octo" else {})
            await asyncio.to_thread(self.stack.call, "PUT", f"/chat-sessions/{relay}-{name}", body, expect=200)
            self.chats[f"{relay}-{name}"] = chat

    async def base_flow(self, seconds, rate=None, until=None):
        """Ordinary work beside a phase: all succeed, but for a failure now and then."""
        mix = ["deliver"] * 14 + ["noop", "retried", "deliver", "deliver", "fail", "timeout"]
        targets = [self.chat(*t) for t in (("octo", "main"), ("lark", "main"), ("slack", "main"))]
        return await self.fleet.flow(
            rate or self.plan.base_rate, seconds, until, then=lambda n: mix[n % len(mix)],
            # One failure in a few seconds and chat: what people read one by one.
            session=lambda n: targets[n // 20 % 3]["session"] if mix[n % 20] == "fail" and n % 60 == 18 else "",
            relay=lambda n: targets[n // 20 % 3]["relay"] if n % 60 == 18 else "",
            chat=lambda n: targets[n // 20 % 3]["chat"] if n % 60 == 18 else "",
            work_ms=lambda n: 12_000 if n % 97 == 5 else None)

    # --- calm ----------------------------------------------------------------

    async def idle(self, seconds):
        await asyncio.sleep(seconds)

    async def morning(self, seconds):
        await self.measured_load("morning", seconds)

    async def evening(self, seconds):
        await self.measured_load("evening", seconds)

    async def measured_load(self, name, seconds):
        """100 tasks a second that succeed: what each costs."""
        await self.fleet.until_done(30)
        before, operations = await self.figures(), self.fleet.operations
        began, cpu = time.monotonic(), self.service_cpu()
        made = await self.fleet.flow(self.plan.peak_rate, seconds)
        await self.fleet.until_done(30)
        took, cpu = time.monotonic() - began, (self.service_cpu() or 0) - (cpu or 0)
        await asyncio.sleep(1)  # the database tells its figures once a second
        after = await self.figures()
        if before and after and made:
            self.loads[name] = {
                "tasks": made, "rate": made / took, "cpu": cpu / took * 100,
                "commits": (after["commits"] - before["commits"]) / max(1, self.fleet.operations - operations),
                "wal": (after["wal"] - before["wal"]) / made, "disk": (after["size"] - before["size"]) / made}

    async def figures(self):
        return await asyncio.to_thread(self.sampler.database)

    # --- failures ------------------------------------------------------------

    async def singles(self, seconds):
        flow = asyncio.create_task(self.base_flow(seconds))
        for relay in ("octo", "lark", "slack", "telegram"):
            for _ in range(2):
                await self.fleet.create("fail", **self.chat(relay, "main"))
                await asyncio.sleep(seconds / 10)
        await flow

    async def storm(self, seconds):
        count = self.plan.count(300, 60)
        flow = asyncio.create_task(self.base_flow(seconds))
        await self.fleet.burst(count, **self.chat("octo", "storm"))
        await flow

    async def chats_storm(self, seconds):
        count = self.plan.count(2000, 400)
        names = [self.chat("lark", f"c{n:03d}") for n in range(self.plan.chats)]
        flow = asyncio.create_task(self.base_flow(seconds))
        await self.fleet.create_many(count, min(100, count / (seconds / 2)), then="fail", work_ms=20,
                                     **{key: lambda n, key=key: names[n % len(names)][key] for key in ("session", "relay", "chat")})
        await flow

    async def hook(self, seconds):
        count = self.plan.count(3000, 600)
        flow = asyncio.create_task(self.base_flow(seconds))
        await self.fleet.create_many(count, count / seconds, then="fail", work_ms=20)
        await flow

    async def away(self, seconds):
        """A chat answers with a proxy's page; it goes on beside the phases that follow."""
        self.stack.fault(away=True, relay="slack", chat="C0AWAY", for_ms=int(seconds * 1000))
        self.outage("slack", "C0AWAY", time.time(), time.time() + seconds)
        self.beside.append(asyncio.create_task(self.trickle(seconds, "slack", "away")))
        await self.base_flow(min(3, seconds))

    async def stuck(self, seconds):
        self.stack.fault(hang=True, relay="telegram", chat="-1002", for_ms=int(seconds * 1000))
        # What hangs when it ends still takes its whole time to be given up.
        self.outage("telegram", "-1002", time.time(), time.time() + seconds + 10)
        self.beside.append(asyncio.create_task(self.trickle(seconds, "telegram", "stuck")))
        await self.base_flow(min(3, seconds))

    async def trickle(self, seconds, relay, name):
        """Failures for a chat that does not take them, a few in all."""
        count = 6
        for _ in range(count):
            await self.fleet.create("fail", **self.chat(relay, name))
            await asyncio.sleep(seconds / count)

    # --- operators -----------------------------------------------------------

    async def reloads(self, seconds):
        flow = asyncio.create_task(self.base_flow(seconds))
        for _ in range(20):
            self.stack.reload()
            await asyncio.sleep(seconds / 20)
        await flow

    async def replica(self, seconds):
        await asyncio.to_thread(self.stack.start_replica)
        await self.base_flow(seconds / 2)
        await self.fleet.until_done(20)
        await asyncio.sleep(2)
        await asyncio.to_thread(self.stack.stop, "replica", signal.SIGTERM, 25)

    async def snapshot(self, seconds):
        """A transaction that began before all this, as a dump holds one."""
        host, port = self.stack.socket()
        held = subprocess.Popen(["psql", "-XAtq", "-h", host, "-p", port, "-U", "telltale", "telltale"], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True, env=OWN_SCHEMA)
        held.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT count(*) FROM tasks;\n")
        held.stdin.flush()
        await asyncio.to_thread(held.stdout.readline)
        try:
            rates = []
            for _ in range(3):
                done, began = self.finished(), time.monotonic()
                await self.base_flow(seconds / 3, self.plan.peak_rate)
                rates.append((self.finished() - done) / (time.monotonic() - began))
            self.line(Line("rate while a snapshot is held open, last third of first", ">= 95 %", f"{rates[2] / max(rates[0], 1):.0%}",
                           rates[2] >= 0.95 * rates[0], f"{rates[0]:.0f}, {rates[2]:.0f} tasks a second of {self.plan.peak_rate:g}"))
            figures = await self.figures()
            if figures:
                small = {name: sizes for name, sizes in figures["tables"].items() if name not in GROWING}
                name, worst = max(small.items(), key=lambda item: sum(item[1][:2]))
                self.line(at_most("small tables under a snapshot, the largest", sum(worst[:2]) / 1e6, 1, "MB", name))
        finally:
            held.stdin.close()
            held.wait(10)

    # --- trouble -------------------------------------------------------------

    async def hang(self, seconds):
        """PostgreSQL stops, goes on, and is killed."""
        flow = asyncio.create_task(self.base_flow(3600, until=(calm := asyncio.Event())))
        await asyncio.sleep(1)
        began = time.time()
        # Tasks that are there when it stops, so that waiting claims would take them.
        self.stack.signal_database(signal.SIGSTOP)
        try:
            noticed = await self.until_unready(seconds)
            await asyncio.sleep(max(0, seconds - (time.time() - began)))
        finally:
            self.stack.signal_database(signal.SIGCONT)
        self.outage("", "", began, time.time())
        back = await self.stack.until_ready(30)
        self.line(at_most("/readyz says that the database hangs", noticed, 2, "s", missing="never"))
        self.line(at_most("ready after the database goes on", back, 5, "s", missing="not within 30 s"))
        await asyncio.sleep(2)
        began = time.time()
        os.kill(self.stack.postmaster()[0], signal.SIGQUIT)
        await self.until_unready(10)
        back = await self.stack.until_ready(60)
        self.outage("", "", began, time.time())
        self.line(at_most("ready after the database died", back, 15, "s", missing="not within 60 s"))
        calm.set()
        await flow

    async def disk(self, seconds):
        if not self.stack.mounted:
            return self.skip("the disk is full", "needs root and mount for a disk of its own")
        flow = asyncio.create_task(self.base_flow(3600, until=(calm := asyncio.Event())))
        await asyncio.sleep(1)
        began, lines, told = time.time(), self.log_lines(), self.no_room_told()
        ballast = self.stack.fill_disk()
        try:
            noticed = await self.until_unready(seconds)
            await asyncio.sleep(max(0, seconds - (time.time() - began)))
        finally:
            ballast.unlink()
        back = await self.stack.until_ready(90)
        self.outage("", "", began, time.time())
        if noticed is None and self.no_room_told() == told:
            self.skip("/readyz while the disk is full", "PostgreSQL found room all the time")
        else:
            said = "200 all the time" if noticed is None else f"503 after {noticed:.1f} s"
            self.line(Line("/readyz while the disk is full", "503", said, noticed is not None))
        self.line(at_most("ready after the disk has room again", back, 30, "s", missing="not within 90 s"))
        per_minute = (self.log_lines() - lines) / (time.time() - began) * 60
        self.line(at_most("lines of log a minute while the disk is full", per_minute, 60, "", digits=0))
        calm.set()
        await flow

    async def unread(self, seconds):
        """The log is a pipe, and nobody reads it, while hooks fail and are told in the log."""
        self.stack.log.reads.clear()
        began, before = time.time(), len(self.fleet.report_ms)
        try:
            self.stack.fault(for_ms=int(seconds * 1000), relay="webhook", status=500)
            self.outage("webhook", "", began, began + seconds)
            flow = asyncio.create_task(self.base_flow(seconds))
            count = self.plan.count(300, 100)
            await self.fleet.create_many(count, count / seconds * 1.5, then="fail", work_ms=20)
            for n in range(40):  # each is told in the log
                self.stack.reload()
                await asyncio.sleep(seconds / 120)
            await flow
            ready = await self.stack.until_ready(2)
        finally:
            self.stack.log.reads.set()
        rate = (len(self.fleet.report_ms) - before) / (time.time() - began)
        self.line(Line("reports a second while nobody reads the log", f">= {self.plan.base_rate * 0.8:g} a second", f"{rate:.0f}",
                       rate >= self.plan.base_rate * 0.8 and ready is not None, "" if ready is not None else "not ready"))

    async def kill(self, seconds):
        for _ in range(1 if self.plan.minutes < 10 else 3):
            flow = asyncio.create_task(self.base_flow(3600, until=(calm := asyncio.Event())))
            await asyncio.sleep(seconds)
            began = time.time()
            await asyncio.to_thread(self.stack.stop, "serve", signal.SIGKILL)
            self.kills.append(began)
            await asyncio.to_thread(self.stack.start)
            self.line(at_most("ready after a kill", self.stack.starts[-1], 5, "s"))
            # What was leased when it died is taken again when the lease is over (60 s).
            self.outage("", "", began, time.time() + 70)
            calm.set()
            await flow

    # --- helpers -------------------------------------------------------------

    async def until_unready(self, seconds):
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if not (await asyncio.to_thread(self.stack.readiness))[0]:
                return time.monotonic() - began
            await asyncio.sleep(0.1)
        return None

    def finished(self):
        return len(self.fleet.report_ms)

    def no_room_told(self):
        """How often PostgreSQL said that there is no room."""
        logs = [*self.stack.data_dir.glob("*.log*"), *self.stack.cluster.glob("log/*")]
        return sum(path.read_bytes().count(b"No space left") for path in logs)

    def log_lines(self):
        return self.stack.log_path.read_bytes().count(b"\n")

    def outage(self, relay, chat, begin, end):
        """What failed meanwhile may be told as much later as waiting doubled with each try."""
        length = end - begin
        self.outages.append((relay, chat, begin, end, min(max(2 * length, 15), 600)))


# Tables that have a row for each task or event, and so grow with them.
GROWING = ("tasks", "attempts", "events", "deliveries", "task_words")
