"""An ordinary day in three minutes ends with every line good. Lines about time are
shown and do not count: this is a debug build, and other tests run beside it."""

import pathlib
import subprocess
import sys

day = pathlib.Path("scripts/day.d/day.py").resolve()
arguments = [sys.executable, "-B", str(day), sys.argv[1], "--minutes", "3", "--untimed"]
sys.exit(subprocess.run(arguments).returncode)
