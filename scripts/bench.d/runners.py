"""Ten thousand runners that heartbeat every 15 s, each on a connection of its own."""

import asyncio
import resource
import time

from world import at_most, row

RUNNERS, PERIOD = 10_000, 15.0


async def heartbeats(port, runners, seconds, measure):
    """Every runner beats once a period, spread evenly; `measure` is called after
    the first period, when all are connected, and again at the end."""
    answered, failed = 0, 0
    over = asyncio.Event()

    async def runner(number):
        nonlocal answered, failed
        await asyncio.sleep(PERIOD * number / runners)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = (f"POST /internal/runners/runner-{number}/heartbeat HTTP/1.1\r\nHost: localhost\r\n"
                   "Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"tasks\":[]}").encode()
        due = time.monotonic()
        while not over.is_set():
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                          if line.lower().startswith(b"content-length"))
            await reader.readexactly(length)
            answered += head.startswith(b"HTTP/1.1 200")
            failed += not head.startswith(b"HTTP/1.1 200")
            due += PERIOD
            try:
                await asyncio.wait_for(over.wait(), max(due - time.monotonic(), 0.001))
            except asyncio.TimeoutError:
                pass
        writer.close()

    async def quiet(number):
        nonlocal failed
        try:
            await runner(number)
        except (OSError, asyncio.IncompleteReadError):
            failed += 1

    tasks = [asyncio.create_task(quiet(number)) for number in range(runners)]
    await asyncio.sleep(PERIOD + 1)
    measure()
    before = answered
    await asyncio.sleep(seconds)
    measure()
    beaten = answered - before
    over.set()
    await asyncio.gather(*tasks)
    return beaten, failed


def rows(world):
    "Ten thousand runners that heartbeat every 15 s: what the service costs then."
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < RUNNERS + 200:
        yield row("10 000 heartbeating runners", 0, "<= 15", "% of a core", False, f"only {hard} open files are allowed")
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    seconds = 10 if world.quick else 2 * PERIOD
    with world.service() as it:
        seen = []
        beaten, failed = asyncio.run(heartbeats(
            it.service.port, RUNNERS, seconds, lambda: seen.append((it.cpu(), it.memory()))))
        note = f"{beaten / seconds:.0f} heartbeats/s, {failed} failed"
        (before, _), (after, memory) = seen
        yield at_most("10 000 heartbeating runners: CPU", (after - before) / seconds * 100, 15, "% of a core", note=note)
        yield at_most("10 000 heartbeating runners: memory", memory, 200, "MB", note=f"{failed} failed")
