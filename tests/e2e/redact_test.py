"""`telltale redact` over files, pipes and streams of messages, as programs use it."""

import os
import pathlib
import subprocess
import sys
import tempfile

program = str(pathlib.Path(sys.argv[1]).resolve())
folder = pathlib.Path(tempfile.mkdtemp(prefix="telltale-redact-"))
secret = "hunter-22-" + "x7" * 4
line = f"password={secret} in /home/alice at 10.1.2.3"
checks = 0


def redact(*arguments, said=b"", **options):
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([program, "redact", *map(str, arguments)], input=said, stderr=subprocess.PIPE, timeout=60, **options)


def check(holds, what):
    global checks
    assert holds, what
    checks += 1


# Profiles.
for profile, wanted in (("store", "password=[REDACTED:keyed-secret] in /home/alice at 10.1.2.3"),
                        ("event", "password=[REDACTED:keyed-secret] in /home/[user] at 10.1.2.3"),
                        ("chat", "password=[REDACTED:keyed-secret] in /home/[user] at [REDACTED:private-ip]")):
    done = redact("--profile", profile, said=line.encode())
    check((done.returncode, done.stdout.decode()) == (0, wanted), f"{profile}: {done}")
check(redact(said=b"").stdout == b"", "nothing stays nothing")
check(redact(said=line.encode()).stdout == redact("-", said=line.encode()).stdout, "- is standard input")
done = redact("--profile", "everyone", said=b"x")
check(done.returncode == 64 and b"profile" in done.stderr and not done.stdout, f"an unknown profile: {done}")
check(redact("--nul", said=b"x").returncode == 64, "an unknown option")

# The report is on standard error and holds no value.
done = redact("--report", said=(line + "\n" + "again pwd=" + secret).encode())
check(done.stderr == b"keyed-secret\t2\n", f"a report: {done.stderr!r}")

# Files: each through the same engine; what is missing is told and the rest goes on.
(folder / "one").write_text(line + "\n")
(folder / "two").write_bytes(b"plain \xff\0 bytes\n")
done = redact(folder / "one", folder / "none", folder, folder / "two")
check(done.returncode == 66, f"a missing file: {done.returncode}")
check(done.stdout == b"password=[REDACTED:keyed-secret] in /home/alice at 10.1.2.3\nplain  bytes\n", done.stdout)
check(done.stderr.count(b"\n") == 2 and b"none" in done.stderr and b"directory" in done.stderr, done.stderr)

# Messages between NULs, one engine for all, each answered as it comes.
many = [f"message {i}: token={secret}{i}" if i % 3 else f"message {i}" for i in range(20000)]
done = redact("--null", said=b"".join(m.encode() + b"\0" for m in many))
parts = done.stdout.split(b"\0")
check(len(parts) == len(many) + 1 and parts[-1] == b"", f"{len(parts)} parts")
check(all(secret.encode() not in p for p in parts) and parts[3] == b"message 3", "every message is masked on its own")
check(redact("--null", said=b"a\0\0b").stdout == b"a\0\0b\0", "an empty message stays one, the last one needs no NUL")
with subprocess.Popen([program, "redact", "--null"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talk:
    for i in range(3):
        talk.stdin.write(f"pwd={secret}{i}".encode() + b"\0")
        talk.stdin.flush()
        answer = b""
        while not answer.endswith(b"\0"):
            answer += os.read(talk.stdout.fileno(), 4096)
        check(answer == b"pwd=[REDACTED:keyed-secret]\0", f"a conversation: {answer!r}")
    talk.stdin.close()
    check(talk.wait(20) == 0, "the end of the input ends it")

# Large input: bounded, both ends kept, nothing let through.
large = f"first {secret}\n".encode() + b"".join(b"line %d token=%s\n" % (i, secret.encode()) for i in range(300000)) + b"the last error\n"
done = redact(said=large)
check(len(done.stdout) <= 65536 and done.stdout.endswith(b"the last error\n") and b"omitted" in done.stdout, f"{len(done.stdout)} bytes")
check(done.stdout.startswith(b"first ") and f"token={secret}".encode() not in done.stdout, "a large input is masked")

# Nobody reads any more, or nothing can be written.
with open("/dev/full", "wb") as full:
    done = redact(said=line.encode(), stdout=full)
    check(done.returncode == 74, f"a full device: {done.returncode}")
with subprocess.Popen([program, "redact", "--null"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as cut:
    cut.stdout.close()
    try:
        cut.stdin.write(b"x\0" * 2_000_000)
        cut.stdin.close()
    except BrokenPipeError:
        pass
    cut.stdin = None
    check(cut.wait(30) != 0, "a closed output ends it")

print(f"{checks} passed, 0 failed")
