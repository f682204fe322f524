"""Those who create tasks, in a process of their own: what they measure is how
long the service takes to answer, not how long an answer lies unread while the
process of 200 runners is busy with something else."""

import asyncio
import itertools
import json
import pathlib
import sys
import time

from stack import TOKENS
from wire import TROUBLE, Client

CONNECTIONS = 8


class MakerProcess:
    """Starts them when it is first asked; they end with `close`, and with this process."""

    def __init__(self, port):
        self.port, self.numbers, self.waiting = port, itertools.count(), {}
        self.process = self.reading = None
        self.starting = asyncio.Lock()

    async def create(self, key, body):
        """Status, answer and milliseconds; what TROUBLE names if there is no answer."""
        async with self.starting:
            if self.process is None:
                self.process = await asyncio.create_subprocess_exec(
                    sys.executable, "-B", str(pathlib.Path(__file__)), str(self.port),
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 22,
                    start_new_session=True)  # does not yield to the service, as the runners do: priority.py
                self.reading = asyncio.create_task(self.read())
        number = next(self.numbers)
        answer = self.waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self.process.stdin.write(json.dumps([number, key, body]).encode() + b"\n")
            status, answered, milliseconds = await answer
        finally:
            del self.waiting[number]
        if status is None:
            raise OSError(answered)
        return status, answered, milliseconds

    async def read(self):
        while line := await self.process.stdout.readline():
            number, *answer = json.loads(line)
            if (future := self.waiting.get(number)) and not future.done():
                future.set_result(answer)
        for future in self.waiting.values():
            if not future.done():
                future.set_result((None, "the makers have ended", 0))

    async def close(self):
        if self.process is None:
            return
        self.process.stdin.close()
        await self.process.wait()
        await self.reading


async def main(port):
    free = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(Client(port, TOKENS["operator"]))

    async def create(number, key, body):
        client = await free.get()
        began = time.monotonic()
        try:
            status, answer = await client.call("POST", "/tasks", body, headers={"Idempotency-Key": key})
        except TROUBLE as problem:
            status, answer = None, f"{type(problem).__name__}: {problem}"
        finally:
            free.put_nowait(client)
        print(json.dumps([number, status, answer, (time.monotonic() - began) * 1000]), flush=True)

    wanted = asyncio.StreamReader(limit=1 << 22)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(wanted), sys.stdin)
    under_way = set()
    while line := await wanted.readline():
        task = asyncio.create_task(create(*json.loads(line)))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    for task in under_way:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
