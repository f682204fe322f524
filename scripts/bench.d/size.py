"""What the service costs while nothing happens, and how soon it is there."""

import tempfile
import shutil
import time

from world import at_most


def rows(world):
    folder = tempfile.mkdtemp(prefix="telltale-bench-")
    try:
        with world.service(folder=folder) as it:
            time.sleep(3)
            before = it.cpu()
            time.sleep(5 if world.quick else 10)
            yield at_most("idle: CPU", (it.cpu() - before) / (5 if world.quick else 10) * 100, 1, "% of a core")
            yield at_most("idle: resident memory", it.memory(), 60, "MB")
        with world.service(folder=folder) as it:
            yield at_most("start to ready on an existing database", it.startup, 2, "s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
