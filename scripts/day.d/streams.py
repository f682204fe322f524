"""The day's event streams, in a process of their own: together they read
thousands of events a second, and in the fleet's process each answer that it
waits for would seem as late as they are many."""

import asyncio
import json
import pathlib
import subprocess
import sys

from fleet import Subscribers
from priority import yield_more


class SubscriberProcess:
    """Starts them; `rest` ends them and gathers what they saw. They end with this process, too."""

    def __init__(self, port, count):
        self.received = self.disorder = self.troubles = 0
        self.process = subprocess.Popen([sys.executable, "-B", str(pathlib.Path(__file__)), str(port), str(count)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)

    async def rest(self):
        told, _ = await asyncio.to_thread(self.process.communicate, timeout=30)
        self.received, self.disorder, self.troubles = json.loads(told)


async def main(port, count):
    yield_more()
    all_of_them = Subscribers(port, count)
    await asyncio.to_thread(sys.stdin.read)  # until the day closes it, or is gone
    await all_of_them.rest()
    print(json.dumps([all_of_them.received, all_of_them.disorder, all_of_them.troubles]))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
