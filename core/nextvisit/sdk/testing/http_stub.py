"""As much of HTTP as the stub of a vendor's server needs, in the loop of the test.

async def answer(asked: HttpAsked) -> tuple[int, object]:
    return 200, {"name": "Acme"}

async with listening(answer) as port: …
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class HttpAsked:
    """A request. headers: by their names in lower case. target: path and query as they were written."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    target: str = ""

    @property
    def json(self) -> Any:
        """What the body says; None without one."""
        return json.loads(self.body or b"null")


@dataclass(frozen=True, slots=True)
class HttpSaid:
    """An answer whose headers matter."""

    status: int
    body: bytes
    headers: Mapping[str, str]


Answers = Callable[[HttpAsked], Awaitable[tuple[int, Any] | HttpSaid]]
"""A status, and bytes as they are or what is said as JSON; or all of it."""


def closed_port() -> int:
    """Where nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@asynccontextmanager
async def listening(answers: Answers) -> AsyncIterator[int]:
    """A server on this machine; gives its port."""
    open_now: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(writer)
        try:
            while asked := await _asked(reader):
                writer.write(_written(await answers(asked)))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            open_now.discard(writer)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in list(open_now):
            writer.transport.abort()


def _written(said: tuple[int, Any] | HttpSaid) -> bytes:
    if isinstance(said, HttpSaid):
        status, body, headers = said.status, said.body, said.headers
    else:
        status, content = said
        body, headers = content if isinstance(content, bytes) else json.dumps(content).encode(), {}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


async def _asked(reader: asyncio.StreamReader) -> HttpAsked | None:
    line = await reader.readline()
    if not line:
        return None
    method, target, _ = line.decode().split(" ")
    headers = {}
    while header := (await reader.readline()).decode().strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    url = urlsplit(target)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    return HttpAsked(method, url.path, query, headers, body, target)
