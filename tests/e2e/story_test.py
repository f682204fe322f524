"""The demo's story holds: every failure told once, with its reason, to the right
chat, and nothing told of what was retried."""

import pathlib
import sys

from scenario.service import Service
from scenario.story import Story

service = Service(pathlib.Path(sys.argv[1]).resolve())
try:
    service.start_sink()
    service.start()
    story = Story(service, print)
    story.bind_chats()
    story.real_commands()
    story.simulated_runners()
    story.silent_runner()
    results = story.check(40)
    for title, what, problem in results:
        print("ok  " if problem is None else "FAIL", title, "-", what, "" if problem is None else f"({problem})")
    leaks = story.leaks()
    assert not leaks, f"the planted secret is in {leaks}"
    broken = [title for title, _, problem in results if problem is not None]
    assert not broken, f"not as promised: {broken}"
    assert service.stop("serve") == 0, "a drained service exits 0"
    print(f"{len(results)} passed, 0 failed")
finally:
    service.close()
