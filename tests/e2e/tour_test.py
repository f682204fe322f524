"""The README's tour works as pasted: its shell blocks run in order, in one shell,
against the service that the tour starts, and print what the README says."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

from scenario.service import free_port

root = pathlib.Path(__file__).resolve().parents[2]
program = pathlib.Path(sys.argv[1]).resolve()
readme = (root / "README.md").read_text()
tour = readme[readme.index("## Tour"):]
tour = tour[:tour.index("\n## ", 5)]
blocks = re.findall(r"```sh\n(.*?)```", tour, re.S)
assert len(blocks) >= 4, "the tour has its blocks"

folder = tempfile.mkdtemp(prefix="telltale-tour-")
pathlib.Path(folder).chmod(0o755)
port, sink = free_port(), free_port()
script = "set -e\nexport PATH=%s:$PATH\n" % program.parent + "\n".join(blocks)
script = script.replace("build/release/telltale", str(program)).replace("8080", str(port)).replace("9101", str(sink))
tour_shell = subprocess.Popen(["bash", "-c", script + "\n"], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, start_new_session=True)
try:
    text = tour_shell.communicate(timeout=180)[0].decode(errors="replace")
finally:
    try:
        os.killpg(tour_shell.pid, signal.SIGTERM)  # what a tour that broke off left behind
    except ProcessLookupError:
        pass
print(text)
assert tour_shell.returncode == 0, f"the tour ended with {tour_shell.returncode}"
for promised in re.findall(r"^# → (.*)$", tour, re.M):
    assert promised in text, f"the tour promises {promised!r}"
print(f"{len(blocks)} passed, 0 failed")
