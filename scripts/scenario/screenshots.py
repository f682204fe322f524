"""The README's pictures, from the demo's story."""

import pathlib
import sys
import threading
import time

from . import browser
from .service import OPERATOR_TOKEN, Service
from .story import Story


def stay_alive(service):
    """Signs of life of the fleet until the service is stopped."""
    while "serve" in service.processes:
        for runner in ("runner-1", "runner-2", "runner-3"):
            try:
                service.runner("POST", f"/internal/runners/{runner}/heartbeat", {"tasks": []})
            except OSError:
                return
        time.sleep(1)


def main(program, into):
    service = Service(pathlib.Path(program).resolve())
    try:
        service.start_sink()
        service.start()
        story = Story(service, lambda text: print(text, flush=True))
        story.bind_chats()
        story.real_commands()
        story.silent_runner()
        story.simulated_runners()
        story.check(40)
        threading.Thread(target=stay_alive, args=(service,), daemon=True).start()
        done = browser.run(pathlib.Path(__file__).with_suffix(".mjs"), browser.root / "build/screenshots", 120,
                           TELLTALE_URL=service.url, TELLTALE_OPERATOR_TOKEN=OPERATOR_TOKEN,
                           TELLTALE_SCREENSHOTS=str(pathlib.Path(into).resolve()))
        print(done.stdout.decode(), end="")
        return done.returncode
    finally:
        service.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
