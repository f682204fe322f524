"""From a report to the chat: how soon it arrives, also beside a chat that hangs, and a storm into a chat with a limit."""

import collections
import datetime
import json
import re
import select
import socket
import statistics
import subprocess
import threading
import time
import urllib.request

from world import at_most, row

CONFIG = """
[relays.chat]
type = "octo"
base_url = "{sink}"
token = "bf_bench"
allow_private = true
{rates}
"""
UNPACED = 'digest_window = "0ms"\nrate_per_chat = 100000.0\nrate_per_app = 100000.0\nmax_in_flight = 256'
CHATS = 200
REASONS = ("timeout", "agent_error.process_failure", "agent_error.provider_network", "agent_error.unknown")


class Chat:
    """A local chat; with a limit it counts whom it refused."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([str(program), "sink", "--listen", "127.0.0.1:0", "--json", *arguments],
                                        stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http://\S+", self.process.stdout.readline()).group(0)
        self.lines = []
        self.reader = threading.Thread(target=self.keep, daemon=True)
        self.reader.start()

    def keep(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def read(self, wanted, seconds):
        """The messages, once `wanted(messages)` or the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            messages = [json.loads(line) for line in list(self.lines)]
            if wanted(messages) or time.monotonic() >= deadline:
                return messages
            time.sleep(0.2)

    def stats(self):
        with urllib.request.urlopen(self.url + "/stats", timeout=5) as answer:
            return json.loads(answer.read())

    def close(self):
        self.process.kill()
        self.process.wait()


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def report_steadily(it, tasks, rate):
    """Reports each task at its time, over 16 connections: the moment at which
    each was sent, and the milliseconds by which the sender was late."""
    lines = [socket.create_connection(("127.0.0.1", it.service.port)) for _ in range(16)]
    for line in lines:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = b'{"status":"failed","attempt":1,"detail":"the provider closed the connection"}'
    head = "POST /internal/tasks/%s/status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    sent, late, answered, began = {}, [], 0, time.monotonic()

    def listen(seconds):
        nonlocal answered
        for line in select.select(lines, [], [], max(seconds, 0))[0]:
            answered += line.recv(65536).count(b"HTTP/1.1 204")

    for number, task in enumerate(tasks):
        due = began + number / rate
        while (left := due - time.monotonic()) > 0:
            listen(left)
        late.append((time.monotonic() - due) * 1000)
        sent[task] = time.time()
        lines[number % len(lines)].sendall((head % (task, len(body))).encode() + body)
    deadline = time.monotonic() + 30
    while answered < len(tasks) and time.monotonic() < deadline:
        listen(0.1)
    for line in lines:
        line.close()
    if answered < len(tasks):
        raise SystemExit(f"{len(tasks) - answered} reports were not acknowledged")
    return sent, late


def spread(it, count):
    """Running tasks in many chats; the title names the task."""
    for chat in range(CHATS):
        it.service.call("PUT", f"/chat-sessions/chat-{chat}", {"relay": "chat", "chat_id": f"chat-{chat}", "channel_type": 2}, expect=200)
    tasks = it.database.seed_running(count, session="chat-0")
    it.database.sql(f"UPDATE tasks SET chat_session_id = 'chat-' || ('x' || right(id::text, 8))::bit(32)::int % {CHATS}, title = id::text")
    it.database.settle_down()
    return tasks


def ways(messages, sent):
    """Milliseconds from each report to its message, ascending."""
    came = {}
    for line in messages:
        came[re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", line["text"]).group(0)] = moment(line["received_at"])
    return sorted((came[task] - when) * 1000 for task, when in sent.items())


def near_last(values, share=0.99):
    return sorted(values)[int(len(values) * share)]


def arrivals(world, rate, rates):
    """Milliseconds from each report to its message, and how late the sender was."""
    chat = Chat(world.program)
    try:
        with world.service(CONFIG.format(sink=chat.url, rates=rates)) as it:
            tasks = spread(it, rate * world.seconds)
            report_steadily(it, tasks[:rate], rate)  # warm
            sent, late = report_steadily(it, tasks[rate:], rate)
            messages = chat.read(lambda found: len(found) >= len(tasks), 60)
            if len(messages) != len(tasks):
                raise SystemExit(f"{len(messages)} messages arrived of {len(tasks)}")
            return ways(messages, sent), late
    finally:
        chat.close()


def beside_one_that_hangs(world, seconds, rate=30):
    """Every tenth report is for a chat that never answers: milliseconds to the
    others' messages, through the same relay."""
    chat = Chat(world.program)
    try:
        fault = json.dumps({"next": 1_000_000, "chat": "stuck", "hang": True}).encode()
        urllib.request.urlopen(urllib.request.Request(chat.url + "/faults", fault), timeout=5).close()
        with world.service(CONFIG.format(sink=chat.url, rates="")) as it:
            it.service.call("PUT", "/chat-sessions/stuck", {"relay": "chat", "chat_id": "stuck", "channel_type": 2}, expect=200)
            tasks = spread(it, rate * seconds)
            stuck = set(tasks[::10])
            it.database.sql("UPDATE tasks SET chat_session_id = 'stuck' WHERE id IN (" + ",".join(f"'{task}'" for task in stuck) + ")")
            sent, _ = report_steadily(it, tasks, rate)
            others = {task: when for task, when in sent.items() if task not in stuck}
            messages = chat.read(lambda found: len(found) >= len(others), 30)
            if len(messages) != len(others):
                raise SystemExit(f"{len(messages)} messages arrived of {len(others)}")
            return ways(messages, others)
    finally:
        chat.close()


def storm(world, count):
    """A storm into one chat that takes five messages a second, which is what a
    relay of its type keeps to by default: seconds from the
    report of the cause that waited longest to its message, how many were
    refused, how many messages, counts by reason, memory."""
    chat = Chat(world.program, "--throttle", "5")
    try:
        with world.service(CONFIG.format(sink=chat.url, rates="")) as it:
            it.service.call("PUT", "/chat-sessions/storm", {"relay": "chat", "chat_id": "storm", "channel_type": 2}, expect=200)
            tasks = it.database.seed_running(count, session="storm")
            batches = []
            for start in range(0, count, 500):
                it.service.runner("POST", "/internal/reports", {"reports": [
                    {"task_id": task, "status": "failed", "attempt": 1, "failure_reason": REASONS[n % len(REASONS)]}
                    for n, task in enumerate(tasks[start:start + 500], start)]}, expect=200)
                batches.append(time.time())

            def causes(line):
                found = re.match(r"\S+ (\d+) runs failed", line["text"])
                return int(found.group(1)) if found else 1

            def told(lines):
                return sum(map(causes, lines))

            messages = chat.read(lambda found: told(found) >= count, 180)
            if told(messages) != count:
                raise SystemExit(f"{told(messages)} of {count} failures were told")
            by_reason = collections.Counter()
            longest = before = 0
            for line in messages:
                # They are told in the order of their reports.
                longest = max(longest, moment(line["received_at"]) - batches[before // 500])
                before += causes(line)
                for number, reason in re.findall(r"^(\d+) × (.+)$", line["text"], re.M):
                    by_reason[reason] += int(number)
            return longest, chat.stats()["refused"], len(messages), by_reason, it.memory()
    finally:
        chat.close()


def rows(world):
    rate = 20
    values, _ = arrivals(world, rate, "")
    yield at_most(f"report -> message at the chat, default settings, {rate} failures/s, p50", statistics.median(values), 10, "ms",
                  note=f"p99 {near_last(values):.0f} ms")
    rate = 1000
    values, late = arrivals(world, rate, UNPACED)
    yield at_most("report -> message at the chat, 1000 failures/s, p50", statistics.median(values), 10, "ms",
                  note=f"counted from the moment of sending, p99 {near_last(late):.1f} ms after its time")
    yield at_most("report -> message at the chat, 1000 failures/s, p99", near_last(values), 100, "ms")
    seconds = 15 if world.quick else 60
    values = beside_one_that_hangs(world, seconds)
    yield at_most(f"report -> message while another chat hangs for {seconds} s, p99", near_last(values), 100, "ms",
                  note=f"longest {values[-1]:.0f} ms")
    count = 10_000 if world.quick else 100_000
    late, refused, messages, by_reason, memory = storm(world, count)
    yield row(f"storm of {count}: throttle answers provoked", refused, "= 0", "", refused == 0, f"{messages} messages")
    yield at_most(f"storm of {count}: every cause told after its report, longest", late, 15, "s", note=f"{memory:.0f} MB resident")
    told = sum(by_reason.values())
    yield row(f"storm of {count}: failures in digests, by reason", told, f"<= {count}", "", count - 10 <= told <= count)
