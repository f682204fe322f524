"""The demo: tells the story on real parts and shows what the chat received."""

import argparse
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from .service import Failed, OPERATOR_TOKEN, Service
from .story import Story

COLOUR = sys.stdout.isatty()


def paint(code, text):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def say(text):
    print(text, flush=True)


def show(messages, shown):
    for message in messages[shown:]:
        where = message.get("relay") or message.get("kind") or "chat"
        if where == "webhook":
            continue
        say(paint("36", f"┌ {where} · {message.get('chat', message.get('chat_id', ''))}"))
        for line in message.get("text", "").splitlines():
            say(paint("36", "│ ") + line)
    return len(messages)


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--exit", action="store_true", help="end after the story, with 0 if what was told is what happened")
    parser.add_argument("--port", type=int, default=0, help="port of the service (a free one)")
    parser.add_argument("--folder", help="where the demo keeps its files (a fresh temporary folder)")
    parser.add_argument("--no-simulate", action="store_true", help="leave the fleet of simulated runners out")
    options = parser.parse_args()
    if options.folder:
        shutil.rmtree(options.folder, ignore_errors=True)
    service = Service(pathlib.Path(options.program).resolve(), options.folder, options.port)
    stopped = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.append(True) or (_ for _ in ()).throw(KeyboardInterrupt()))
    code = 1
    try:
        service.start_sink()
        say(paint("1", f"local chat    {service.sink_url}/"))
        began = time.monotonic()
        service.start()
        say(paint("1", f"service       {service.url}/   (ready in {time.monotonic() - began:.1f} s; operator token: {OPERATOR_TOKEN})"))
        story = Story(service, say)
        story.bind_chats()
        say(paint("1", "\nReal commands through `telltale exec`, then simulated runners:"))
        story.real_commands()
        story.simulated_runners()
        story.silent_runner()
        fleet = 0
        if not options.no_simulate:
            say(paint("1", "\nA fleet of simulated runners:"))
            fleet = subprocess.run(
                [service.program, "simulate", "--url", service.url, "--runners", "4", "--tasks", "40"],
                env=service.environment).returncode
        results = story.check()
        say(paint("1", "\nWhat the local chat received:"))
        wanted = [title for title, _, _ in results]
        show([m for m in service.messages() if any(t in m.get("text", "") for t in wanted)], 0)
        say(paint("1", "\nWhat was promised, and what was seen:"))
        for title, what, problem in results:
            mark = paint("32", "yes") if problem is None else paint("31", "NO ")
            say(f"  {mark}  {title}: {what}" + ("" if problem is None else f" — {problem}"))
        leaks = story.leaks()
        say(f"  {paint('32', 'yes') if not leaks else paint('31', 'NO ')}  no secret in log, chat or store" + (f" — {leaks}" if leaks else ""))
        if fleet != 0:
            say(paint("31", f"  NO   the simulated fleet: exit code {fleet}"))
        code = 0 if not leaks and fleet == 0 and all(problem is None for _, _, problem in results) else 1
        say(paint("1", f"\n{'What was told is what happened.' if code == 0 else 'What was told is not what happened.'}"))
        if not options.exit:
            say(f"Open {service.url}/ (token above) and {service.sink_url}/; Ctrl-C ends the demo.")
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        code = code if not options.exit else 130
    except Failed as problem:
        say(paint("31", f"the demo failed: {problem}"))
        if service.log_path.exists():
            say(f"the service's log: {service.log_path}")
    finally:
        service.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
