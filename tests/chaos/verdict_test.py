"""The day's own judgement: what was told, when, and what is called good."""

import datetime

import checks
import told
from checks import Line, at_most, slope

START = 1_800_000_000.0


def message(number, at, text, relay="octo", chat="g"):
    stamp = datetime.datetime.fromtimestamp(START + at, datetime.timezone.utc).isoformat()
    return {"number": number, "relay": relay, "chat": chat, "text": text, "received_at": stamp}


def failure(n, at, relay="octo", chat="g"):
    return {"title": f"day{n:06d}", "relay": relay, "chat": chat, "phase": "storm", "failed": START + at}


def account(failures, messages, hook=None, outages=()):
    return told.judge(told.match(failures, messages, hook or {}), messages, outages)


def a_message_tells_its_failure():
    found = account([failure(1, 0)], [message(1, 1, "⚠️ it broke\nRun day000001")])
    assert (len(found.told), found.untold, found.doubled, found.miscounted) == (1, [], [], [])


def a_failure_without_a_message_is_untold():
    found = account([failure(1, 0), failure(2, 0)], [message(1, 1, "⚠️ x\nRun day000001")])
    assert found.untold == ["day000002"] and found.miscounted


def a_second_message_is_told_twice():
    found = account([failure(1, 0)], [message(1, 1, "⚠️ x\nRun day000001"), message(2, 2, "⚠️ x\nRun day000001")])
    assert found.doubled == ["day000001"] and found.miscounted


def a_limit_that_was_used_up_explains_a_wait():
    """1000 messages to Lark in 20 s; the next goes when the minute is over."""
    first = [failure(n, 0, "lark", f"c{n}") for n in range(1000)]
    sent = [message(n, n / 50, f"x\nRun day{n:06d}", "lark", f"c{n}") for n in range(1000)]
    late = [failure(2000, 21, "lark", "d")]
    found = account(first + late, sent + [message(2000, 60, "x\nRun day002000", "lark", "d")])
    assert max(one.excess for one in found.told if one.chat == "d") < 15, found.told[-1]
    # But not one that goes on when there is room again.
    found = account(first + late, sent + [message(2000, 110, "x\nRun day002000", "lark", "d")])
    assert max(one.excess for one in found.told if one.chat == "d") > 30


def a_digest_counts_exactly():
    failures = [failure(n, 0) for n in range(12)]
    text = "⚠️ 12 runs failed in a short time.\n12 × agent_error\nRun day000000, Run day000001, Run day000002\n… and 9 more"
    assert not account(failures, [message(1, 3, text)]).miscounted
    assert account(failures, [message(1, 3, text.replace("12 runs", "11 runs"))]).miscounted


def what_limits_allow_is_no_excess():
    failures = [failure(n, 0, chat=f"g{n}") for n in range(350)]
    paced = [message(n, n / 35, f"⚠️ x\nRun day{n:06d}", chat=f"g{n}") for n in range(350)]
    assert max(one.excess for one in account(failures, paced).told) < 1.5
    slow = [message(n, n / 5, f"⚠️ x\nRun day{n:06d}", chat=f"g{n}") for n in range(350)]
    assert max(one.excess for one in account(failures, slow).told) > 50


def an_outage_excuses_its_chat_alone():
    outage = [("octo", "g", START - 1, START + 30, 15)]
    late = [message(1, 40, "⚠️ x\nRun day000001"), message(2, 40, "⚠️ x\nRun day000002", chat="h")]
    found = account([failure(1, 0), failure(2, 0, chat="h")], late, outages=outage)
    assert sorted(one.excess for one in found.told)[0] == 0
    assert sorted(one.excess for one in found.told)[1] > 39


def a_hook_hears_each_failed_attempt_once():
    texts = ["task:failed t1", "task:failed t2", "task:failed t2"]
    messages = [message(n, 1, text, "webhook", "") for n, text in enumerate(texts)]
    found = account([], messages, {"t1": 1, "t2": 1, "t3": 1})
    assert (found.hook_missing, found.hook_doubled) == (["t3"], ["t2"])


def a_line_without_a_value_is_bad():
    assert at_most("x", None, 5).good is False
    assert at_most("x", 5, 5).good is True and at_most("x", 5.1, 5).good is False


def what_grows_is_seen():
    assert abs(slope([(n, 50 + n * 0.1) for n in range(60)]) - 6) < 1e-9
    flat = [{"at": n, "phase": "quiet", "log_bytes": 0, "database_log_bytes": 0,
             "serve": {"memory": 40, "threads": 9, "descriptors": 30, "cpu_seconds": 0},
             "metrics": {"timers": {"relay": 1}, "actor_messages_total": {"relay": n * 2.0}}} for n in range(90)]
    assert all(line.good for line in checks.nothing_grows(flat, 3))
    grown = [one | {"serve": one["serve"] | {"memory": 40 + one["at"]},
                    "metrics": {"timers": {"relay": one["at"]}, "actor_messages_total": {"relay": one["at"] ** 2.0}}} for one in flat]
    assert [line.what for line in checks.nothing_grows(grown, 3) if not line.good] == [
        "quiet: memory grows", "quiet: timers grow", "quiet: messages between actors a second"]


def skipped_lines_are_not_good():
    assert Line("disk", "", "skipped: no root", None).good is not True


tests = [value for name, value in list(globals().items()) if callable(value) and getattr(value, "__module__", "") == "__main__"
         and value not in (message, failure, account)]
for test in tests:
    test()
    print(test.__name__.replace("_", " "))
print(f"{len(tests)} passed, 0 failed")
