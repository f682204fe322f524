"""What a command under `telltale exec` can reach of it, and what is left of a command whose exec was killed."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

program = sys.argv[1]
scratch = pathlib.Path(tempfile.mkdtemp(prefix="telltale-exec-"))
runner, operator = "runner-" + "secret" * 4, "operator-" + "secret" * 4
base = dict(os.environ, TELLTALE_SERVER="http://127.0.0.1:9", HOME=str(scratch), TELLTALE_OPERATOR_TOKEN=operator, COPY_OF_IT=operator)
passed = 0


def check(name, claim, *facts):
    global passed
    assert claim, f"{name}: {facts}"
    passed += 1


def run(script, *options, **variables):
    done = subprocess.run([program, "exec", "--quiet", *options, "--", "sh", "-c", script], env=dict(base, **variables),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", timeout=60)
    return done.stdout + done.stderr


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def ours():
    """Processes of this very program that were started for this test: other tests may run beside it."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.path.samefile(f"{entry}/exe", program) and scratch.name in (entry / "cmdline").read_text():
                found.append(entry.name)
        except OSError:
            pass
    return found


def wait(claim, seconds=15):
    until = time.monotonic() + seconds
    while not claim() and time.monotonic() < until:
        time.sleep(0.05)
    return claim()


# What the kernel shows of exec and of the processes that it has started, and of nobody else's.
LOOK = ("for p in $PPID $(cat /proc/$PPID/task/*/children); do tr '\\0' '\\n' < /proc/$p/environ; tr '\\0' ' ' < /proc/$p/cmdline; done 2>/dev/null;"
        " env; echo end")

for options, variables in (([], {"TELLTALE_RUNNER_TOKEN": runner}),
                           (["--token-env", "OTHER"], {"OTHER": runner, "TELLTALE_RUNNER_TOKEN": "another-" + runner})):
    seen = run(LOOK, *options, **variables)
    # What was seen is an environment: a failure does not print it.
    check("no token reaches the command", "end" in seen and runner not in seen and operator not in seen, options)
    check("the rest of the environment does", "TELLTALE_SERVER=" in seen)

if os.geteuid() != 0:
    seen = run("cat /proc/$PPID/environ >/dev/null && echo readable; cat /proc/$PPID/mem 2>&1 | head -c 1 >/dev/null; echo end")
    check("nobody of the same user reads exec's memory", "readable" not in seen)

# A command, and what it has started, end with an exec that is killed: with one that ignores TERM, too, after the grace.
for trap in ("", "trap '' TERM; "):
    pids = scratch / "pids"
    pids.unlink(missing_ok=True)
    exec_process = subprocess.Popen([program, "exec", "--quiet", "--", "sh", "-c", f"{trap}sleep 300 & echo $$ $! > {pids}; wait; sleep 300"],
                                    env=base, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    check("the command starts", wait(lambda: pids.exists() and len(pids.read_text().split()) == 2))
    family = [int(pid) for pid in pids.read_text().split()]
    check("it runs", all(map(is_alive, family)), family)
    exec_process.send_signal(signal.SIGKILL)
    exec_process.wait()
    check("the command ends with exec", wait(lambda: not any(map(is_alive, family)), 30), trap, family)

# What ends in order leaves no process of ours.
run(f"true {scratch.name}")
check("nothing is left behind", wait(lambda: not ours()), ours())

# The service was away all the time: the reports wait where the manual says, for this user alone.
spool = scratch / ".local" / "state" / "telltale" / "spool"
kept = list(spool.glob("*.report"))
check("reports wait on disk", len(kept) >= 3 and all(path.stat().st_mode & 0o777 == 0o600 for path in kept), kept)
check("without our tokens", not any(token in path.read_text() for path in kept for token in (runner, operator)))
done = subprocess.run([program, "flush"], env=base, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
check("flush says that the service is away", done.returncode == 75 and "kept 1" in done.stdout, done)
check("and loses nothing", len(list(spool.glob("*.report"))) == len(kept))

print(f"{passed} passed, 0 failed")
