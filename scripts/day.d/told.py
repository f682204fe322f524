"""Which message told which failure, and whether that was as soon as the limits
of its chat allow. Pure: it gets what the service tells of its tasks and what the
sink got."""

import bisect
import collections
import dataclasses
import datetime
import re

from plan import LIMITS, PACE

TITLE = re.compile(r"day\d{6}")
DIGEST = re.compile(r"^\W*(\d+) runs failed", re.M)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@dataclasses.dataclass
class Told:
    title: str
    relay: str
    chat: str
    phase: str
    failed: float     # when
    told: float       # when; 0: never
    excess: float = 0  # seconds beyond what the limits and the faults explain


@dataclasses.dataclass
class Account:
    told: list
    untold: list      # titles
    doubled: list     # titles
    miscounted: list  # chats whose messages tell of more or fewer failures than there were
    hook_missing: list  # tasks
    hook_doubled: list
    messages: int = 0


def match(failures, messages, hook_wanted):
    """`failures`: dicts with title, relay, chat, phase and failed (when). `hook_wanted`: how many
    failed attempts of each task the hook hears of."""
    account = Account([], [], [], [], [], [])
    by_chat, hook = collections.defaultdict(list), collections.Counter()
    for message in messages:
        account.messages += 1
        if message["relay"] == "webhook":
            kind, _, task = message["text"].partition(" ")
            if kind == "task:failed":
                hook[task] += 1
        else:
            by_chat[message["relay"], message["chat"]].append(message)
    for task, wanted in hook_wanted.items():
        if hook[task] < wanted:
            account.hook_missing.append(task)
        elif hook[task] > wanted:
            account.hook_doubled.append(task)
    waiting = collections.defaultdict(dict)  # by chat: the failures by title, in their order
    for failure in sorted(failures, key=lambda f: f["failed"]):
        waiting[failure["relay"], failure["chat"]][failure["title"]] = failure
    for chat in set(waiting) | set(by_chat):
        match_chat(chat, waiting[chat], by_chat[chat], account)
    return account


def match_chat(chat, waiting, messages, account):
    total, counted, told = len(waiting), 0, set()

    def tell(failure, message):
        told.add(failure["title"])
        account.told.append(Told(failure["title"], *chat, failure["phase"], failure["failed"], moment(message["received_at"])))

    for message in messages:
        if found := DIGEST.search(message["text"]):
            many = int(found.group(1))
            counted += many
            # They are told in their order; those that it names are surely among them.
            names = [title for title in TITLE.findall(message["text"]) if title in waiting]
            for title in names[:many]:
                tell(waiting.pop(title), message)
            for title in list(waiting)[:many - len(names)]:
                tell(waiting.pop(title), message)
            continue
        title = TITLE.search(message["text"])
        counted += 1
        if title and title.group(0) in waiting:
            tell(waiting.pop(title.group(0)), message)
        elif title and title.group(0) in told:
            account.doubled.append(title.group(0))
    account.untold += list(waiting)
    if counted != total:
        account.miscounted.append(f"{'/'.join(chat)}: {counted} of {total}")


def full_spans(times, most, seconds):
    """When the last `seconds` had so many messages: (from, to), in order and apart."""
    spans = []
    for first, last in zip(times, times[most - 1:]):
        begin, end = last, first + seconds
        if begin >= end:
            continue
        if spans and begin <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((begin, end))
    return spans


def overlap(spans, begin, end):
    """How much of the time from `begin` to `end` the spans cover."""
    return sum(max(0.0, min(end, to) - max(begin, since)) for since, to in spans)


def judge(account, messages, outages):
    """Sets the excess of each. `outages`: (relay or "", chat or "", from, to, allowance) while
    something stood in the way. The pace: between failure and message the chat and the app
    sent so many messages, for which their limits give so much time."""
    times = collections.defaultdict(list)
    for message in messages:
        at = moment(message["received_at"])
        times[message["relay"]].append(at)
        times[message["relay"], message["chat"]].append(at)
    for line in times.values():
        line.sort()

    def between(key, begin, end):
        line = times.get(key, [])
        return bisect.bisect_right(line, end) - bisect.bisect_left(line, begin)

    spans = {}

    def used_up(key, most, seconds):
        if (key, most, seconds) not in spans:
            spans[key, most, seconds] = full_spans(times.get(key, []), max(1, int(most * PACE)), seconds)
        return spans[key, most, seconds]

    for one in account.told:
        limits, paced = LIMITS[one.relay], 0.0
        for scope, key in (("chat", (one.relay, one.chat)), ("app", one.relay)):
            for most, seconds in limits[scope]:
                count = between(key, one.failed, one.told)
                if count > most * PACE:
                    paced = max(paced, count / (most / seconds * PACE))
                # A limit that was used up at once opens again when its time is over, with no message meanwhile.
                paced = max(paced, overlap(used_up(key, most, seconds), one.failed, one.told))
        excused = 0.0
        for relay, chat, begin, end, allowance in outages:
            if (relay and relay != one.relay) or (chat and chat != one.chat):
                continue
            excused += max(0.0, min(one.told, end + allowance) - max(one.failed, begin))
        one.excess = max(0.0, one.told - one.failed - paced - excused)
    return account
