"""A real Temporal behind mutual TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import trustme

SERVER = "temporal.clinic.example"


@asynccontextmanager
async def in_tls(target: str, authority: trustme.CA) -> AsyncIterator[int]:
    """The port of a proxy that wants a certificate of `authority`; the server behind it is a real one."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    authority.configure_trust(context)
    authority.issue_cert(SERVER).configure_cert(context)
    host, _, port = target.rpartition(":")

    async with passing_on(lambda: (host, int(port)), tls=context) as served:
        yield served


@asynccontextmanager
async def passing_on(
    to: Callable[[], tuple[str, int] | None], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """The port of a proxy, which leaves no connection behind. to: for each connection; None: it is closed."""
    connections = set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(_pass_on(to(), reader, writer))
        connections.add(connection)
        connection.add_done_callback(connections.discard)

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls) as server:
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for each in connections:
                each.cancel()
            await asyncio.gather(*connections, return_exceptions=True)


async def _pass_on(
    to: tuple[str, int] | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Both ways, until one side ends; a peer that is not there is a closed connection."""
    writers = [writer]
    try:
        with suppress(OSError, ssl.SSLError):
            if to is not None:
                behind, onward = await asyncio.open_connection(*to)
                writers.append(onward)
                await asyncio.gather(_one_way(reader, onward), _one_way(behind, writer))
    finally:
        for each in writers:
            each.close()
            with suppress(OSError, ssl.SSLError):
                await each.wait_closed()


async def _one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
