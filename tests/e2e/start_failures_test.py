"""A start that fails at any step ends with its documented code and one line that
says what is wrong, and leaves nothing running."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from scenario.service import free_port

program = str(pathlib.Path(sys.argv[1]).resolve())
folder = pathlib.Path(tempfile.mkdtemp(prefix="telltale-start-"))
folder.chmod(0o755)
ROUNDS = 10
checked = 0


def left_running(of):
    """Processes that work in the embedded database's folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if str(of) in os.readlink(entry / "cwd"):
                found.append(entry.name)
        except OSError:
            pass
    return found


def left_behind(of):
    """Those that are there still, once killed ones had a moment to be gone."""
    deadline = time.monotonic() + 3
    while left_running(of) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left_running(of)


def write(name, text):
    file = folder / name
    file.write_text(text)
    return file


def launch(config):
    return subprocess.Popen([program, "serve", "--config", str(config)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env={**os.environ, "RUNNER": "r" * 20, "OPERATOR": "o" * 20})


def fails(what, config, code, words, rounds=ROUNDS, most_errors=1):
    """The start ends by itself, each time, with this code and one line."""
    global checked
    for _ in range(rounds):
        process = launch(config)
        out, err = process.communicate(timeout=60)
        assert process.returncode == code, f"{what}: ended with {process.returncode}, not {code}:\n{err}"
        assert "ready" not in out, f"{what}: {out}"
        errors = [line for line in err.splitlines() if re.search(r" (critical|error|fatal) | crit ", line) or line.startswith("telltale:")]
        assert 1 <= len(errors) <= most_errors, f"{what}: one line tells it, not {len(errors)}:\n{err}"
        for word in words:
            assert word in errors[0], f"{what}: no {word!r} in {errors[0]!r}"
        behind = left_behind(folder)
        assert not behind, f"{what}: {behind} still run"
        checked += 1


def base(data="db", listen=None, more=""):
    return f"""
[http]
listen = "{listen or '127.0.0.1:0'}"
{more}
[database]
data_dir = "{folder}/{data}"
"""


try:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        fails("an address in use", write("a.toml", base(listen=address)), 69, [address, "stop it", "http.listen"])
    tokens = """
[auth]
runner_tokens = [ { name = "r", token = { env = "RUNNER" } } ]
operator_tokens = [ { name = "o", token = { env = "OPERATOR" } } ]
"""
    fails("an address not ours", write("b.toml", base(listen="192.0.2.1:8080") + tokens), 69, ["192.0.2.1:8080", "no such address"])
    tls = f'tls_certificate = "{folder}/no.pem"\ntls_key = "{folder}/no.key"'
    fails("TLS files", write("c.toml", base(more=tls)), 78, ["no.pem"])
    fails("a pattern", write("d.toml", base() + '\n[redaction]\npatterns = [ { name = "odd", keywords = ["a"], regex = "a(" } ]\n'), 78, ["odd"])
    fails("a relay", write("e.toml", base() + f'\n[relays.x]\ntype = "octo"\nbase_url = "http://127.0.0.1:1"\ntoken = {{ env = "OPERATOR" }}\nca_file = "{folder}/no-ca.pem"\n'),
          78, ["relays.x", "no-ca.pem"])
    assert not (folder / "db").exists(), "none of these started a database"

    # A database folder that cannot be one, and a cluster that does not start.
    write("file", "")
    fails("a data_dir that is no folder", write("f.toml", base(data="file/db")), 69, ["embedded database", "file"], rounds=3)
    good = write("good.toml", base())
    process = launch(good)
    line = process.stdout.readline()
    assert "ready" in line, line + process.stderr.read()
    second = launch(good)
    _, err = second.communicate(timeout=60)
    assert second.returncode == 69 and "another telltale" in err, err
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0, process.stderr.read()
    assert not left_behind(folder)
    checked += 2

    # A schema that a newer program left.
    database = folder / "db"
    text = (database / "cluster" / "postgresql.conf").read_text()
    (database / "cluster" / "postgresql.conf").write_text(text + "\nnonsense = 1\n")
    fails("a cluster that does not start", good, 69, ["embedded database", "nonsense"], rounds=3)
    (database / "cluster" / "postgresql.conf").write_text(text)

    # SIGTERM ends a start that waits for a database, at once.
    dead = free_port()
    waiting = write("g.toml", '[http]\nlisten = "127.0.0.1:0"\n[database]\nmode = "url"\nurl = { env = "DATABASE" }\n')
    os.environ["DATABASE"] = f"postgresql://x@127.0.0.1:{dead}/x"
    process = launch(waiting)
    line = process.stderr.readline()
    while "waiting for the database" not in line:
        assert line, "the wait says what it waits for"
        line = process.stderr.readline()
    assert str(dead) in line, line
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert time.monotonic() - began < 1.5, time.monotonic() - began
    checked += 1

    # The same with a server that takes connections and says nothing.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        os.environ["DATABASE"] = f"postgresql://x@127.0.0.1:{silent.getsockname()[1]}/x"
        process = launch(waiting)
        time.sleep(1)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(10)
        assert time.monotonic() - began < 5.5 and code in (0, 75), (code, time.monotonic() - began)
        checked += 1

    # And while it makes the embedded database.
    for delay in (0.05, 0.3, 0.8, 1.5):
        shutil.rmtree(folder / "db", ignore_errors=True)
        process = launch(good)
        time.sleep(delay)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(15)
        assert time.monotonic() - began < 5.5 and code in (0, 75, -15), (code, delay)
        behind = left_behind(folder)
        assert not behind, f"after {delay} s: {behind}"
        checked += 1
    print(f"{checked} passed, 0 failed")
finally:
    for number in left_running(folder):
        os.kill(int(number), signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
