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
    """A request. headers: by their names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What the body says; None without one."""
        return json.loads(self.body or b"null")


Answers = Callable[[HttpAsked], Awaitable[tuple[int, Any]]]
"""A status, and bytes as they are or what is said as JSON."""


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
                status, said = await answers(asked)
                body = said if isinstance(said, bytes) else json.dumps(said).encode()
                writer.write(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
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
    return HttpAsked(method, url.path, dict(parse_qsl(url.query, keep_blank_values=True)), headers, body)
