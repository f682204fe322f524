"""Whom the processor serves first. The runners and the readers of events stand
for other machines; on this one they would take from the service what those
would not."""

import contextlib
import os
import pathlib

SESSION = pathlib.Path("/proc/self/autogroup")


@contextlib.contextmanager
def yielding(nice=10):
    """This process's session yields to the others meanwhile, where the kernel
    weighs sessions (each process with `start_new_session` is one of its own)."""
    try:
        before = SESSION.read_text().rsplit(" ", 1)[-1]
        SESSION.write_text(str(nice))
    except OSError:  # no such file: all are equal
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            SESSION.write_text(before)


def yield_more(nice=15):
    """The same for a process that ends by itself, and within its session."""
    os.nice(10)
    with contextlib.suppress(OSError):
        SESSION.write_text(str(nice))
