"""A real Temporal behind mutual TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
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

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await pass_on((host, int(port)), reader, writer)

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


async def pass_on(to: tuple[str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Both ways, until one side ends; a peer that is not there is a closed connection."""
    try:
        behind, onward = await asyncio.open_connection(*to)
    except OSError:
        writer.close()
        return
    with suppress(OSError, ssl.SSLError):
        await asyncio.gather(_one_way(reader, onward), _one_way(behind, writer))


async def _one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
