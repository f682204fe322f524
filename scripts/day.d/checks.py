"""What must hold of a day: each line says what, the target and what was measured."""

import dataclasses
import statistics

from sampler import total


# Shown, and no part of the verdict.
FIGURE = "figure"


@dataclasses.dataclass
class Line:
    what: str
    target: str
    measured: str
    good: bool | str | None  # None: could not be looked at here; FIGURE
    note: str = ""

    @property
    def is_timed(self):
        """About time or the processor, so that a slow or busy machine can spoil it."""
        return any(word in f"{self.target} " for word in (" s ", " ms ", "% of a core", " % ", "a second"))


def figure(what, value, unit, note=""):
    """What depends on the machine alone whether it is good."""
    return Line(what, "as the machine is", f"{value:.3g} {unit}", FIGURE, note)


def at_most(what, value, target, unit="", note="", missing="not measured", digits=None):
    """A line that holds if there is a value and it is no more than the target."""
    unit = f" {unit}" if unit else ""
    if value is None:
        return Line(what, f"<= {target:g}{unit}", missing, False, note)
    shown = f"{value:.{digits}f}" if digits is not None else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return Line(what, f"<= {target:g}{unit}", f"{shown}{unit}", value <= target, note)


def slope(points):
    """Least squares, per minute."""
    if len(points) < 3:
        return 0.0
    mx = statistics.fmean(x for x, _ in points)
    my = statistics.fmean(y for _, y in points)
    spread = sum((x - mx) ** 2 for x, _ in points)
    return sum((x - mx) * (y - my) for x, y in points) / spread * 60 if spread else 0.0


def of_service(samples, what):
    return [(one["at"], one["serve"][what]) for one in samples if one.get("serve") and what in one["serve"]]


def of_metric(samples, name):
    return [(one["at"], value) for one in samples if (value := total(one.get("metrics"), name)) is not None]


def of_database(samples, what):
    return [(one["at"], one["database"][what]) for one in samples if one.get("database")]


def middle(points):
    return statistics.median(value for _, value in points) if points else None


def last(points):
    return points[-1][1] if points else None


# Gauges that begin with a relay's first change.
BY_RELAY = ("sends_in_flight", "relay_circuit_open")


def back_to_idle(idle, quiet):
    """The end of the quiet half beside the time before anything happened."""
    end = quiet[len(quiet) // 2:]
    cpu = of_service(end, "cpu_seconds")
    share = (cpu[-1][1] - cpu[0][1]) / (cpu[-1][0] - cpu[0][0]) * 100 if len(cpu) > 1 else None
    yield at_most("idle again: memory", last(of_service(end, "memory")), 80, "MB")
    yield at_most("idle again: CPU", share, 1, "% of a core")
    for what, room in (("threads", 2), ("descriptors", 8)):
        before, after = middle(of_service(idle, what)), middle(of_service(end, what))
        yield at_most(f"idle again: {what}", after, (before or 0) + room, note=f"{before:g} at the start" if before else "")
    before, after = middle(of_database(idle, "backends")), middle(of_database(end, "backends"))
    yield at_most("idle again: PostgreSQL backends", after, (before or 0) + 2, note=f"{before:g} at the start" if before else "")
    metrics = next((one["metrics"] for one in reversed(end) if one.get("metrics")), {})
    for name in ("event_subscribers", "reports_in_flight", "sends_in_flight", "relay_circuit_open", "database_stalled"):
        value = total(metrics, name) if metrics else None
        if metrics and value is None and name in BY_RELAY:
            value = 0  # no relay had reason to
        yield at_most(f"idle again: {name}", value, 0, missing="not told" if metrics else "no metrics", digits=0)
    pending = sum(v for k, v in metrics.get("deliveries", {}).items() if k.endswith("/pending"))
    yield at_most("idle again: deliveries pending", pending if metrics else None, 0, digits=0)
    yield timers(metrics)


def timers(metrics):
    by_actor = (metrics or {}).get("timers", {})
    worst = max(by_actor, key=by_actor.get, default="")
    return at_most("idle again: timers of one actor", by_actor.get(worst), 16, note=worst, missing="not told", digits=0)


def nothing_grows(quiet, minutes):
    """Slopes over the second half of the quiet; a short one is noisier."""
    end = quiet[len(quiet) // 3:]
    span = (end[-1]["at"] - end[0]["at"]) / 60 if len(end) > 1 else 0
    room = max(1.0, 1 / span if span else 1)  # a page more or less is no slope
    yield at_most("quiet: memory grows", slope(of_service(end, "memory")), 0.2 * room, "MB a minute")
    for what in ("threads", "descriptors"):
        yield at_most(f"quiet: {what} grow", slope(of_service(end, what)), 0.5 * room, "a minute")
    yield at_most("quiet: timers grow", slope(of_metric(end, "timers")), 0.5 * room, "a minute",
                  missing="not told") if of_metric(end, "timers") else Line("quiet: timers grow", "told", "not told", False)
    counted = of_metric(end, "actor_messages_total")
    if len(counted) > 5:
        third = len(counted) // 3
        first = (counted[third][1] - counted[0][1]) / (counted[third][0] - counted[0][0])
        final = (counted[-1][1] - counted[-third][1]) / (counted[-1][0] - counted[-third][0])
        yield at_most("quiet: messages between actors a second", final, max(first * 1.2, first + 5), note=f"{first:.0f} before", digits=0)
    else:
        yield Line("quiet: messages between actors a second", "told", "not told", False)
    logs = [(one["at"], one["log_bytes"] / 1e3) for one in end if "log_bytes" in one]
    yield at_most("quiet: the log grows", slope(logs), 10, "kB a minute")
    logs = [(one["at"], one["database_log_bytes"] / 1e3) for one in end if "database_log_bytes" in one]
    yield at_most("quiet: PostgreSQL's log grows", slope(logs), 20, "kB a minute")
    wal = [(at, value / 1e3) for at, value in of_database(end, "wal")]
    # In a short quiet, vacuum still tidies up after what was before it.
    yield at_most("quiet: WAL", slope(wal), 100 if span >= 5 else 500, "kB a minute")


def costs(loads):
    """The first minutes of load beside the last."""
    morning, evening = loads.get("morning"), loads.get("evening")
    if morning:
        yield at_most("disk a finished task, without deliveries", morning["disk"] / 1e3, 3.5, "kB", f"{morning['tasks']} tasks")
        yield at_most("WAL a task, without deliveries", morning["wal"] / 1e3, 6, "kB")
        yield figure("CPU of the service at 100 tasks a second", morning["cpu"], "% of a core",
                     f"{morning['rate']:.0f} tasks a second, 200 long polls, 30 event streams")
    else:
        yield Line("cost of a task", "measured", "no load was measured", False)
    if morning and evening:
        first, then = morning["commits"], evening["commits"]
        yield Line("commits an operation, evening beside morning", "within 25 %", f"{then:.2f} beside {first:.2f}",
                   abs(then - first) <= 0.25 * first)
        yield at_most("CPU at 100 tasks a second, evening", evening["cpu"], 1.5 * morning["cpu"], "% of a core")


def peaks(samples, phases):
    """Per phase that has a target of its own."""
    for name, cpu_target in (("hook", None), ("chats", 20), ("storm", None)):
        mine = [one for one in samples if one["phase"] == name]
        memory = of_service(mine, "memory")
        if memory:
            yield at_most(f"memory in phase {name}, most", max(value for _, value in memory), 100, "MB")
    whole = [value for _, value in of_service(samples, "memory")]
    if whole:
        yield at_most("memory over the day, most", max(whole), 150, "MB")
    replica = [one["replica"] for one in samples if one.get("replica")]
    cpu = [one["cpu"] for one in replica if "cpu" in one][2:]
    if cpu:
        yield at_most("an idle replica beside this one, CPU", statistics.median(cpu), 2, "% of a core")
    for name, limit in (("actor_restarts_total", 0), ("truth_violations_total", 0), ("log_lines_dropped_total", None)):
        values = of_metric(samples, name)
        if limit is not None:
            yield at_most(name, max((value for _, value in values), default=0), limit, digits=0)


def truth(fleet, tasks, attempts, states, kills):
    """What was reported beside what is told. `tasks`: as GET /tasks has them, by id. `attempts`: (task, number, reason, begun)."""
    lost = [run.title for run in fleet.runs if run.status and tasks.get(run.id, {}).get("status") != run.status]
    unknown = [run.title for run in fleet.runs if run.id and run.id not in tasks]
    acknowledged = sum(1 for run in fleet.runs if run.status)
    yield Line("acknowledged reports that are there", f"{acknowledged}", f"{acknowledged - len(lost)}", not lost, ", ".join(lost[:3]))
    yield at_most("acknowledged tasks that are not there", len(unknown), 0, note=", ".join(unknown[:3]))
    created = {run.id for run in fleet.runs if run.id}
    yield at_most("tasks that nobody asked for", len(set(tasks) - created), 0)
    refused = [f"{run.title} {run.refused}" for run in fleet.runs if run.refused]
    yield at_most("final reports refused", len(refused), 0, note=", ".join(refused[:3]))
    offline = [task for task, _, reason, _ in attempts if reason == "runtime_offline"]
    yield at_most("false runtime_offline attempts", len(offline), 0)
    unseen = [begun for task, number, _, begun in attempts if number not in fleet.seen.get(task, ())]
    # An answer that was under way when the service was killed is lost with it.
    excused = [begun for begun in unseen if any(kill - 2 <= begun <= kill + 0.5 for kill in kills)]
    yield at_most("attempts that no runner saw", len(unseen) - len(excused), 0, note=f"{len(excused)} lost by a kill" if excused else "")
    dead = sum(count for (_, state), count in states.items() if state == "dead")
    yield at_most("messages dead", dead, 0, note=", ".join(f"{relay} {count}" for (relay, state), count in states.items() if state == "dead"))
    pending = sum(count for (_, state), count in states.items() if state == "pending")
    yield at_most("messages still pending", pending, 0, note=", ".join(f"{r} {c}" for (r, s), c in states.items() if s == "pending"))


def telling(account, stats, hook_late):
    yield at_most("failures that were not told to their chat", len(account.untold), 0, note=", ".join(account.untold[:3]))
    yield at_most("failures told twice to their chat", len(account.doubled), 0, note=", ".join(account.doubled[:3]))
    yield at_most("chats whose messages miscount", len(account.miscounted), 0, note="; ".join(account.miscounted[:3]))
    yield at_most("failed attempts that the hook did not hear of", len(account.hook_missing), 0)
    yield at_most("failed attempts that the hook heard of twice", len(account.hook_doubled), 0)
    late = [one for one in account.told if one.excess > 0]
    worst = max(late, key=lambda one: one.excess, default=None)
    yield at_most("seconds beyond what limits allow, longest", worst.excess if worst else 0 if account.told else None, 15, "s",
                  f"{worst.relay} {worst.chat}, {worst.phase}: {worst.told - worst.failed:.0f} s in all" if worst else
                  f"{len(account.told)} told", missing="nothing was told")
    if hook_late:
        yield at_most("hook's storm told after its failure, longest", *hook_late)
    refused = ", ".join(f"{row['relay']} {row['per']} {row['refused']}" for row in stats["limits"] if row["refused"])
    yield at_most("throttle answers", stats["throttled"], 0, note=refused)


def quick_calls(fleet):
    waits = sorted(ms for ms, phase in fleet.create_ms if phase in ("morning", "evening"))
    if waits:
        yield at_most("create beside 200 polling runners, p99", waits[int(len(waits) * 0.99)], 20, "ms", f"{len(waits)} of them")
