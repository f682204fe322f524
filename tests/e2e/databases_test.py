"""Databases as people have them: roles that set everything otherwise, other encodings, few connections, a pooler, and the
environment of another database. Each is served, or refused at the start with what to do."""

import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

program = sys.argv[1]
scratch = pathlib.Path(tempfile.mkdtemp(prefix="telltale-databases-"))
scratch.chmod(0o755)
tools = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
processes, passed = [], 0


def check(name, claim, *facts):
    global passed
    assert claim, f"{name}: {facts}"
    passed += 1


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def step_down():
    if account:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)


def folder(name):
    path = scratch / name
    path.mkdir()
    if account:
        os.chown(path, account.pw_uid, account.pw_gid)
    return path


def start(*command, log, **more):
    process = subprocess.Popen(list(map(str, command)), stdout=open(log, "ab"), stderr=subprocess.STDOUT, **more)
    processes.append(process)
    return process


def wait(claim, what, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if claim():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come in {seconds} s")


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def sql(text, database="postgres"):
    done = subprocess.run([tools / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", database],
                          input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def config(database, name="telltale"):
    path = scratch / f"{name}.toml"
    path.write_text(f'[http]\nlisten = "127.0.0.1:0"\n[database]\n{database}\n')
    return path


def url(database, to=None, user="telltale"):
    return f'mode = "url"\nurl = "postgresql://{user}@127.0.0.1:{to or port}/{database}"'


class Served:
    """A service that is ready, or why it is not."""

    def __init__(self, database, name, seconds=60, **environment):
        self.log = scratch / f"{name}.log"
        self.process = start(program, "serve", "--config", config(database, name), log=self.log, env=dict(os.environ, **environment), cwd=scratch)
        wait(lambda: "telltale is ready" in self.text() or self.process.poll() is not None, name, seconds)
        self.is_ready = self.process.poll() is None
        found = re.search(r"ready at (http://[0-9.:]+)", self.text())
        self.url = found.group(1) if found else None

    def text(self):
        return self.log.read_text(errors="replace")

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, None if body is None else json.dumps(body).encode(), method=method,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def whole_life(service, name):
    """Texts, moments, arrays and numbers go in and come out as they were."""
    labels = {"a": "x,\"y\"", "NULL": "NULL", "n": 12345678901234567890, "leer": None}
    title = "Prüfung 检查 \\ 'quoted' — ✓"
    made = service.call("POST", "/tasks", {"kind": "k", "title": title, "labels": labels, "max_attempts": 1, "run_after": "2031-05-04T03:02:01.000009Z"})
    detail = "сборка упала: C:\\temp\\new 'x' 构建失败"
    service.call("POST", f"/internal/tasks/{made['id']}/status", {"status": "failed", "detail": detail, "runner_id": "r"})
    read = service.call("GET", f"/tasks/{made['id']}")
    check(f"{name}: texts", read["title"] == title and read["error_detail"] == detail, read)
    check(f"{name}: moments", made["run_after"] == "2031-05-04T03:02:01.000009Z", made["run_after"])
    check(f"{name}: labels", read["labels"]["a"] == labels["a"] and read["labels"]["NULL"] == "NULL", read["labels"])
    check(f"{name}: lists", [task["id"] for task in service.call("GET", "/tasks?status=failed")["tasks"]] == [made["id"]])
    for _ in range(3):
        service.call("POST", "/tasks", {"kind": "claimed"})
    claimed = service.call("POST", "/internal/tasks/claim", {"runner_id": "r", "kinds": ["claimed"], "limit": 3})["tasks"]
    check(f"{name}: claims", len(claimed) == 3, claimed)
    beat = service.call("POST", "/internal/runners/r/heartbeat", {"tasks": [{"task_id": task["task_id"], "attempt": 1} for task in claimed]})
    check(f"{name}: heartbeats", beat["stop"] == [], beat)
    check(f"{name}: ready", service.call("GET", "/readyz"))
    check(f"{name}: stopped in order", service.stop() == 0, service.text()[-2000:])


def refused(database, name, *words):
    service = Served(database, name)
    text = service.text()
    check(f"{name} is refused", not service.is_ready and service.process.returncode == 69, service.process.returncode, text[-1000:])
    for word in words:
        check(f"{name} is explained", word in text, word, text[-1500:])


def pooler(mode, database):
    place = folder(f"pooler-{mode}")
    at = free_port()
    ini = place / "pgbouncer.ini"
    ini.write_text(f"[databases]\n{database} = host=127.0.0.1 port={port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {at}\n"
                   f"unix_socket_dir =\nauth_type = trust\nauth_file = {place}/users\npool_mode = {mode}\ndefault_pool_size = 40\n"
                   f"logfile = {place}/log\npidfile = {place}/pid\n")
    (place / "users").write_text('"telltale" ""\n')
    start(shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", ini, log=place / "out", preexec_fn=step_down)
    wait(lambda: answers(at), "pgbouncer")
    return at


try:
    place = folder("server")
    subprocess.run([tools / "initdb", "-D", place / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"], check=True,
                   stdout=subprocess.DEVNULL, preexec_fn=step_down, cwd=place)
    port = free_port()
    start(tools / "postgres", "-D", place / "data", "-p", port, "-k", place, "-c", "fsync=off", log=scratch / "postgres.log", preexec_fn=step_down,
          cwd=place)
    wait(lambda: answers(port), "PostgreSQL")
    wait(lambda: subprocess.run([tools / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode == 0, "PostgreSQL")
    sql("CREATE ROLE telltale LOGIN")

    # A role and a database that set everything otherwise.
    sql("CREATE DATABASE odd OWNER telltale")
    for setting in ("datestyle = 'SQL, DMY'", "intervalstyle = 'sql_standard'", "timezone = 'Asia/Kathmandu'", "client_encoding = 'LATIN1'",
                    "standard_conforming_strings = off", "array_nulls = off", "bytea_output = 'escape'", "extra_float_digits = -10",
                    "lock_timeout = '1ms'", "statement_timeout = '1ms'", "default_transaction_read_only = on", "synchronous_commit = off",
                    "default_transaction_isolation = 'serializable'", "default_transaction_deferrable = on", "search_path = 'nowhere'"):
        sql(f"ALTER ROLE telltale IN DATABASE odd SET {setting}")
    whole_life(Served(url("odd"), "odd"), "a role with its own settings")
    sql("ALTER ROLE telltale IN DATABASE odd RESET ALL")

    # Encodings that cannot keep every text.
    for encoding in ("LATIN1", "SQL_ASCII"):
        sql(f"CREATE DATABASE in_{encoding.lower()} OWNER telltale ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
        refused(url(f"in_{encoding.lower()}"), f"in_{encoding}", f"keeps texts in {encoding}", "ENCODING 'UTF8'")

    # Too few connections are said with the number, at the start.
    sql("CREATE DATABASE small OWNER telltale; ALTER ROLE telltale CONNECTION LIMIT 6")
    refused(url("small"), "small", "allows this role 6 connections", "the service needs 18")
    sql("ALTER ROLE telltale CONNECTION LIMIT 18")
    whole_life(Served(url("small"), "just_enough"), "as many connections as it needs")
    sql("ALTER ROLE telltale CONNECTION LIMIT -1")

    # A pooler: session by session, or not at all.
    for mode in ("transaction", "statement"):
        sql(f"CREATE DATABASE pooled_{mode} OWNER telltale")
        refused(url(f"pooled_{mode}", pooler(mode, f"pooled_{mode}")), f"pooled_{mode}", "pool_mode = session")
        check(f"{mode} pooling left the database alone", sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'telltale'", f"pooled_{mode}") == "0")
    sql("CREATE DATABASE pooled_session OWNER telltale")
    whole_life(Served(url("pooled_session", pooler("session", "pooled_session")), "pooled_session"), "a pooler of sessions")

    # An environment that means another database leads nowhere.
    sql("CREATE DATABASE named OWNER telltale")
    service = Served(url("named"), "named", PGHOST="/nowhere", PGPORT="1", PGDATABASE="other", PGOPTIONS="-c search_path=nowhere", PGSERVICE="none")
    check("the environment of another database", service.is_ready, service.text()[-1500:])
    whole_life(service, "a database that the configuration names")

    # The embedded database sees nothing of an environment that means another, and what it writes is its own.
    other = {"PGHOST": "/nowhere", "PGPORT": "1", "PGOPTIONS": "-c search_path=nowhere -c default_transaction_read_only=on", "PGSERVICE": "none",
             "PGDATABASE": "other", "PGUSER": "other", "PGDATESTYLE": "SQL", "PGTZ": "Asia/Kathmandu", "PGCLIENTENCODING": "LATIN1",
             "PGSSLMODE": "require", "PGTARGETSESSIONATTRS": "read-only", "PGREQUIREPEER": "nobody", "PGCHANNELBINDING": "require"}
    service = Served(f'data_dir = "{scratch}/embedded/data"', "embedded", **other)
    check("the embedded database runs", service.is_ready, service.text()[-1500:])
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    limits = pathlib.Path(f"/proc/{service.process.pid}/limits").read_text()
    check("files are the service's own", re.search(r"^Umask:\s+0077$", status, re.M), status)
    check("there are no core dumps", re.search(r"^Max core file size\s+0\s+0", limits, re.M), limits)
    if os.geteuid() != 0:
        check("nobody of the same user reads its memory", os.stat(f"/proc/{service.process.pid}/environ").st_uid == 0)
    whole_life(service, "an embedded database")
    loose = [path for path in (scratch / "embedded" / "data").rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o077]
    check("nobody else may read it", not loose, loose[:5])
    print(f"{passed} passed, 0 failed")
finally:
    for process in reversed(processes):
        if process.poll() is None:
            process.send_signal(signal.SIGINT if "postgres" in str(process.args[0]) else signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
    shutil.rmtree(scratch, ignore_errors=True)
