"""What a day ends with: the table, the file for programs, the plot, the page."""

import json
import platform
import time

import checks
import plot
from checks import of_metric, of_service

MARKS = ("<!-- day: written by scripts/day --markdown; do not edit -->", "<!-- day: end -->")


def word(line):
    if line.good == checks.FIGURE:
        return "figure"
    return "skipped" if line.good is None else "good" if line.good else "BAD"


def table(lines, seconds):
    widths = [max(len(getattr(line, name)) for line in lines) for name in ("what", "target", "measured")]
    out = []
    for line in lines:
        out.append(f"{word(line):<8}{line.what:<{widths[0]}}  {line.measured:>{widths[2]}}  ({line.target})"
                   + (f"  {line.note}" if line.note else ""))
    bad = sum(line.good is False for line in lines)
    skipped = sum(line.good is None for line in lines)
    good = sum(line.good is True for line in lines)
    out.append(f"\n{good} good, {bad} bad, {skipped} skipped, in {seconds / 60:.1f} minutes")
    return "\n".join(out)


def as_json(path, lines, phases, samples, extra):
    slim = [{key: value for key, value in one.items() if key != "metrics"} | {
        "timers": (one.get("metrics") or {}).get("timers"),
        "actor_messages_total": (one.get("metrics") or {}).get("actor_messages_total")} for one in samples]
    path.write_text(json.dumps({"lines": [vars(line) | {"verdict": word(line)} for line in lines],
                                "phases": [{"name": n, "from": b, "to": e} for n, b, e in phases],
                                "samples": slim, **extra}, indent=1, default=str))


def rates(points, at_least=0.0):
    """Per second between neighbours; a counter that begins anew is left out."""
    return [(b[0], (b[1] - a[1]) / (b[0] - a[0])) for a, b in zip(points, points[1:]) if b[1] >= a[1] and b[0] > a[0] + at_least]


def as_plot(path, samples, phases, minutes):
    messages = rates(of_metric(samples, "actor_messages_total"))
    sent = rates([(one["at"], sum(v for k, v in one["metrics"]["deliveries_total"].items() if k.endswith("/sent")))
                  for one in samples if (one.get("metrics") or {}).get("deliveries_total")])
    strips = [("Memory of the service", "MB", [("resident", of_service(samples, "memory"))]),
              ("CPU of the service", "%", [("of a core", of_service(samples, "cpu"))]),
              ("Messages between actors", "/s", [("actors", messages)]),
              ("Messages to chats and hooks", "/s", [("sent", sent)]),
              ("Threads and descriptors", "", [("threads", of_service(samples, "threads")), ("descriptors", of_service(samples, "descriptors"))])]
    end = samples[-1]["at"] if samples else 1
    plot.draw(path, f"An ordinary day in {minutes:g} minutes, default settings", strips, phases, end)


def as_markdown(path, lines, phases, minutes, seconds, image):
    """Rewrites the marked part of a page; makes the page if there is none."""
    cores = len([line for line in open("/proc/cpuinfo") if line.startswith("processor")])
    out = [MARKS[0], "", f"`scripts/day --minutes {minutes:g}` of {time.strftime('%Y-%m-%d')}, on {cores} cores "
           f"({platform.machine()}, Linux {platform.release().split('-')[0]}), {seconds / 60:.0f} minutes in all.", ""]
    if image:
        out += [f"![memory, CPU, messages and threads over the day, phase by phase]({image})", ""]
    out += ["| | what | target | measured |", "| --- | --- | --- | --- |"]
    for line in lines:
        measured = f"{line.measured} ({line.note})" if line.note else line.measured
        out.append(f"| {word(line).lower()} | {line.what} | {line.target} | {measured} |".replace("<=", "≤").replace(">=", "≥"))
    out += ["", MARKS[1]]
    text = "\n".join(out)
    old = path.read_text() if path.exists() else ""
    if MARKS[0] in old and MARKS[1] in old:
        head, _, rest = old.partition(MARKS[0])
        text = head + text + rest.partition(MARKS[1])[2]
    elif old:
        text = old.rstrip("\n") + "\n\n" + text + "\n"
    else:
        text += "\n"
    path.write_text(text)
