"""A proxy before any server, which cuts its answers or answers in its place.

    async with FaultProxy(server.port) as proxy:
        yield ChannelPeer(channel=lambda: channel(proxy.port), cut_next=lambda: proxy.cut_next(writes), …)

It looks at what the client sends as it comes, in the clear. `reads`, `writes` and `too_many` are for HTTP.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

Matches = Callable[[bytes], object]
"""Whether what a client has just sent is meant."""

_READS = re.compile(rb"(GET|HEAD) ")
_LAST = b"Connection: close"
_WRITES = re.compile(rb"(POST|PUT|PATCH|DELETE) ")


def reads(sent: bytes) -> bool:
    """A request over HTTP that changes nothing."""
    return _READS.match(sent) is not None


def writes(sent: bytes) -> bool:
    """A request over HTTP that changes something."""
    return _WRITES.match(sent) is not None


def too_many(wait: timedelta) -> Callable[[bytes], bytes]:
    """Of HTTP: a request too many, to come again after `wait`."""
    return _answer(f"429 Too Many Requests\r\nRetry-After: {wait.total_seconds():.0f}", b"")


def saying(status: int, body: bytes) -> Callable[[bytes], bytes]:
    """Of HTTP: an answer in JSON."""
    return _answer(f"{status} As Told\r\nContent-Type: application/json", body)


def _answer(head: str, body: bytes) -> Callable[[bytes], bytes]:
    answer = f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    return lambda _: answer


async def _drained(reader: asyncio.StreamReader) -> None:
    """The rest of a request that was answered early: unread, it would take the answer with it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(5):
            while await reader.read(65536):
                pass


@dataclass(slots=True)
class _Way:
    """One connection. cut: the next that the server says is not passed on, and ends it."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    cut: bool = False


class FaultProxy:
    """Listens on `port`, and passes on what comes to the server's."""

    def __init__(self, server_port: int, host: str = "127.0.0.1") -> None:
        self.port = 0
        self._there = (host, server_port)
        self._cut: Matches | None = None
        self._answer: tuple[Matches, Callable[[bytes], bytes]] | None = None
        self._ways: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        for task in list(self._ways):
            task.cancel()
        await asyncio.gather(*self._ways, return_exceptions=True)

    def cut_next(self, when: Matches) -> None:
        """The server gets the next such request and answers it; the connection ends before the answer."""
        self._cut = when

    def answer_next(self, when: Matches, answer: Callable[[bytes], bytes]) -> None:
        """The next such request does not reach the server; the client gets this answer to it."""
        self._answer = (when, answer)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._ways.add(task)
        try:
            await self._relay(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # either side is gone, or the relay is: there is nobody to tell
        finally:
            writer.close()
            self._ways.discard(task)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, server = await asyncio.open_connection(*self._there)
        way = _Way(writer, server)
        both = [
            asyncio.create_task(self._ask(reader, way)),
            asyncio.create_task(self._tell(there, way)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            server.close()

    async def _ask(self, reader: asyncio.StreamReader, way: _Way) -> None:
        while sent := await reader.read(65536):
            if self._answer is not None and self._answer[0](sent):
                said = self._answer[1](sent)
                self._answer = None
                way.client.write(said)
                await way.client.drain()
                if _LAST in said:
                    await _drained(reader)
                    return
                continue
            if self._cut is not None and self._cut(sent):
                self._cut, way.cut = None, True
            way.server.write(sent)
            await way.server.drain()

    async def _tell(self, reader: asyncio.StreamReader, way: _Way) -> None:
        while said := await reader.read(65536):
            if way.cut:
                return
            way.client.write(said)
            await way.client.drain()
