"""HTTP as the day's clients speak it: keep-alive connections on asyncio, and
event streams."""

import asyncio
import json

TROUBLE = (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError)


class Client:
    """One keep-alive connection; it connects when it must. One call at a time."""

    def __init__(self, port, token):
        self.port, self.token = port, token
        self.reader = self.writer = None

    def close(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None

    async def call(self, method, path, body=None, timeout=10.0, headers=None, raw=False):
        """Status and answer; what TROUBLE names, if there is none. A connection that was
        closed while idle is made anew, once, where nothing was sent twice by it."""
        try:
            return await asyncio.wait_for(self._call(method, path, body, headers, raw), timeout)
        except BaseException:
            self.close()
            raise

    async def _call(self, method, path, body, headers, raw):
        if self.writer is None or self.reader.at_eof():
            self.close()
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        data = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {self.token}"]
        if body is not None:
            head.append("Content-Type: application/json")
        if body is not None or method != "GET":
            head.append(f"Content-Length: {len(data)}")
        head += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + data)
        status, fields = await read_head(self.reader)
        answer = b""
        if fields.get("transfer-encoding") == "chunked":
            while chunk := await read_chunk(self.reader):
                answer += chunk
        elif length := int(fields.get("content-length", 0)):
            answer = await self.reader.readexactly(length)
        if fields.get("connection") == "close":
            self.close()
        if raw:
            return status, answer.decode(errors="replace")
        return status, json.loads(answer) if answer[:1] in (b"{", b"[") else None


async def read_head(reader):
    lines = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace").split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    return int(lines[0].split(" ")[1]), fields


async def read_chunk(reader):
    """The next chunk of a body; empty at its end."""
    size = int((await reader.readuntil(b"\r\n")).strip() or b"0", 16)
    chunk = await reader.readexactly(size + 2)
    return chunk[:-2]


async def events(port, token, after=None):
    """The ids of an event stream's events, as they come; ends with the stream."""
    reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port, limit=1 << 22), 10)
    try:
        resume = f"Last-Event-ID: {after}\r\n" if after else ""
        writer.write((f"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
                      f"Accept: text/event-stream\r\n{resume}\r\n").encode())
        status, _ = await asyncio.wait_for(read_head(reader), 10)
        if status != 200:
            raise ValueError(f"/events answered {status}")
        rest = b""
        while chunk := await read_chunk(reader):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if line.startswith(b"id:"):
                    yield line[3:].strip().decode()
    finally:
        writer.close()
