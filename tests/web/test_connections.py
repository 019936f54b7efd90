"""Slow, silent and senseless connections, on a real socket: each costs its own connection a bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from nextvisit.web.app import create_app, safe_headers
from nextvisit.web.connections import Bounds
from nextvisit.web.server import http_server
from tests.world.clinic import Clinic
from tests.world.site import SITE
from tests.world.web import Web, deps_of

pytestmark = pytest.mark.anyio

SOON = timedelta(milliseconds=300)
NEVER = timedelta(hours=1)
LOOPBACK = (ip_network("127.0.0.0/8"),)
HEAD = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
LAST = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
PATIENCE = 30
"""Seconds. A net for what hangs."""

Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Served:
    """A server of ours that listens on this port."""

    port: int

    @asynccontextmanager
    async def connected(self, first: bytes = b"") -> AsyncIterator[Pipe]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(first)
            yield reader, writer
        finally:
            writer.close()

    async def said(self, request: bytes) -> bytes:
        """All that it says until it closes."""
        async with self.connected(request) as (reader, _):
            return await ended(reader)


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What comes until the other side is gone, politely or not."""
    async with asyncio.timeout(PATIENCE):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b"reset"


@asynccontextmanager
async def serving(app: Starlette, bounds: Bounds) -> AsyncIterator[Served]:
    server = http_server(app, safe_headers(SITE), bounds, host="127.0.0.1", port=0)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield Served(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        await task


@contextmanager
def many_files(wanted: int) -> Iterator[None]:
    """Both ends of each connection are ours."""
    import resource  # noqa: PLC0415

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, hard)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def everything(_request: Request) -> Response:
    """An answer larger than any buffer between us."""
    return Response(b"x" * 64 * 1024 * 1024)


async def short(_request: Request) -> Response:
    return PlainTextResponse("short")


ROUTES = Starlette(routes=[Route("/large", everything), Route("/short", short, methods=["GET", "POST"])])


async def test_while_500_connections_say_half_a_head_a_patient_s_page_answers(web: Web) -> None:
    """More than the process keeps: who has not asked for the longest time makes room."""
    token = await web.clinic.a_token(web.message, "page")
    asked = f"GET /v/{token} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    bounds = Bounds(trusted_proxies=LOOPBACK, head=NEVER)
    with many_files(2048):
        async with serving(create_app(deps_of(web.clinic)), bounds) as served, AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(served.connected(HEAD)) for _ in range(500)]
            assert b"200 OK" in await served.said(asked)
            assert await ended(opened[0][0]) in {b"", b"reset"}, "the oldest made room"


async def test_one_address_cannot_take_all_places_and_a_proxy_s_may() -> None:
    few = Bounds(connections=100, per_address=3, head=NEVER)
    async with serving(ROUTES, few) as served, AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(served.connected(HEAD)) for _ in range(4)]
        assert await ended(opened[0][0]) in {b"", b"reset"}
    behind = Bounds(connections=100, per_address=3, head=NEVER, trusted_proxies=LOOPBACK)
    async with serving(ROUTES, behind) as served, AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(served.connected(HEAD)) for _ in range(10)]
        for reader, writer in opened:
            writer.write(b"Connection: close\r\n\r\n")
            assert b"HTTP/1.1 404" in await ended(reader)


async def test_who_is_answered_keeps_the_place_and_the_next_is_told_to_wait() -> None:
    bounds = Bounds(connections=2, trusted_proxies=LOOPBACK, answer=NEVER)
    asked = b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with serving(ROUTES, bounds) as served, AsyncExitStack() as stack:
        for _ in range(2):
            reader, _ = await stack.enter_async_context(served.connected(asked))
            await reader.readline()
        refused = await served.said(b"")
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"X-Content-Type-Options: nosniff" in refused


async def test_slow_bodies_hold_no_place_against_whoever_comes() -> None:
    """Also behind a proxy, and from this machine: whose body has been awaited for the longest makes room."""

    async def read(request: Request) -> Response:
        return PlainTextResponse(await request.body())

    begun = b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nsl"
    routes = Starlette(routes=[Route("/read", read, methods=["POST"])])
    bounds = Bounds(connections=3, trusted_proxies=LOOPBACK, body=NEVER)
    async with serving(routes, bounds) as served, AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(served.connected(begun)) for _ in range(3)]
        assert (await served.said(LAST)).startswith(b"HTTP/1.1 404 ")
        assert await ended(opened[0][0]) in {b"", b"reset"}
        for reader, writer in opened[1:]:
            writer.write(b"ow body")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 "), "the others go on"


@pytest.mark.parametrize("begun", [b"", HEAD], ids=["without a byte", "half a head"])
async def test_a_head_that_does_not_end_ends_its_connection(begun: bytes) -> None:
    async with serving(ROUTES, Bounds(head=SOON)) as served:
        said = await served.said(begun)
    assert said.startswith(b"HTTP/1.1 408 ") if begun else said in {b"", b"reset"}


async def test_a_byte_now_and_then_wins_no_time() -> None:
    """Neither on a new connection, nor on one that was answered once."""
    async with serving(ROUTES, Bounds(head=SOON)) as served:
        for before in (b"", b"GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            async with served.connected(before + HEAD) as (reader, writer):
                ending = asyncio.create_task(ended(reader))
                while not ending.done():
                    writer.write(b"x")
                    await asyncio.sleep(0.02)
                assert b"408" in await ending or await ending == b"reset"


@pytest.mark.parametrize("path", [b"/short", b"/nowhere"])
async def test_a_body_that_does_not_end_ends_its_connection_whoever_reads_it(path: bytes) -> None:
    head = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
    async with serving(ROUTES, Bounds(body=SOON)) as served, served.connected(head) as (reader, writer):
        ending = asyncio.create_task(ended(reader))
        while not ending.done():
            writer.write(b"x")
            await asyncio.sleep(0.02)
        assert (await ending)[:9] in {b"HTTP/1.1 ", b"reset"}


async def test_who_does_not_take_an_answer_is_left() -> None:
    asked = b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with serving(ROUTES, Bounds(answer=SOON)) as served, served.connected(asked) as (reader, writer):
        await reader.readline()
        while not writer.is_closing():  # that the other end is gone shows when we say more
            writer.write(b"x")
            await asyncio.sleep(0.02)


async def test_what_is_asked_in_one_go_is_answered_in_its_order() -> None:
    asked = b"GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2
    async with serving(ROUTES, Bounds()) as served:
        said = await served.said(asked + LAST)
    assert [each.split()[0] for each in said.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"404"]


SENSELESS = {
    "a large head": (b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"a" * 100_000, b"431"),
    "many headers": (HEAD + b"a: b\r\n" * 200 + b"\r\n", b"431"),
    "no HTTP": (b"\x16\x03\x01\x02\x00\r\n\r\n", b"400"),
    "both lengths": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /",
        b"400",
    ),
    "two lengths": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"400",
    ),
    "unknown coding": (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", b"501"),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", b"400"),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", b"400"),
    "no host of old": (b"GET / HTTP/1.0\r\n\r\n", b"400"),
    "whole target": (b"GET http://localhost/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
    "a bare line feed": (b"GET / HTTP/1.1\nHost: localhost\r\n\r\n", b"400"),
    "a bare line feed at the end": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\nGET /evil HTTP/1.1\r\n", b"400"),
    "a bare carriage return": (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b\rContent-Length: 9\r\n\r\n",
        b"400",
    ),
    "a NUL in a header": (b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b\x00c\r\n\r\n", b"400"),
    "two line feeds in a header": (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nA:\n\nGET / HTTP/1.1\nHost: localhost\r\n\r\n",
        b"400",
    ),
    "a header that goes on": (b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c\r\n\r\n", b"400"),
    "a length that goes on": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length:\r\n 5\r\n\r\nGET /",
        b"400",
    ),
    "a space before the colon": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length : 5\r\n\r\nGET /",
        b"400",
    ),
    "a sign before the length": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\nGET /",
        b"400",
    ),
    "a list of codings": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"501",
    ),
    "nearly a coding": (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n", b"501"),
    "a coding of old": (
        b"POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"400",
    ),
    "a version before all": (
        b"POST / HTTP/0.9\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"505",
    ),
    "a version to come": (b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\nGET /evil HTTP/1.1\r\n\r\n", b"505"),
    "no version": (b"GET /\r\nHost: localhost\r\n\r\n", b"400"),
    "a target in two parts": (b"GET / /evil HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
    "a whole target of another host": (
        b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"400",
    ),
    "lengths in a list": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5, 6\r\n\r\n",
        b"400",
    ),
    "a length of hexadecimals": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x5\r\n\r\nhello",
        b"400",
    ),
    "a length parted by an underscore": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5_0\r\n\r\nhello",
        b"400",
    ),
    "codings twice": (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        b"501",
    ),
    "a coding behind a control character": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        b"400",
    ),
    "a blank before the first header": (
        b"POST / HTTP/1.1\r\n Content-Length: 5\r\nHost: localhost\r\n\r\nhello",
        b"400",
    ),
    "another host": (b"GET /evil HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"421"),
}


@pytest.mark.parametrize("what", SENSELESS)
async def test_a_senseless_request_is_refused_safely_and_not_repeated(what: str, clinic: Clinic) -> None:
    request, status = SENSELESS[what]
    async with serving(create_app(deps_of(clinic)), Bounds()) as served:
        said = await served.said(request)
    assert said.startswith(b"HTTP/1.1 " + status), said[:200]
    assert said.count(b"HTTP/1.1 ") == 1, "nothing behind it is taken for a request"
    assert b"evil" not in said
    lower = said.lower()
    for header in (b"x-content-type-options: nosniff", b"content-security-policy:", b"connection: close"):
        assert header in lower


CHUNKS = {
    "a carriage return beside its size": b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "a line feed beside its size": b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    "a line feed behind its size": b"5\nhello\r\n0\r\n\r\n",
    "more than its size": b"5\r\nhelloGET /evil HTTP/1.1\r\n0\r\n\r\n",
    "a blank behind its size": b"5 \r\nhello\r\n0\r\n\r\n",
    "a NUL beside its size": b"5;\x00\r\nhello\r\n0\r\n\r\n",
    "a size of more than 64 bits": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "a size with a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "a size parted by an underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "less than its size": b"6\r\nhello\r\n0\r\n\r\n",
    "a size that is none": b"0x5\r\nhello\r\n0\r\n\r\n",
    "a trailer that goes on": b"5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n",
    "a trailer that ends bare": b"5\r\nhello\r\n0\r\nA: b\n\r\n",
}


@pytest.mark.parametrize("what", CHUNKS)
async def test_a_chunk_that_another_server_may_end_elsewhere_is_refused(what: str) -> None:
    head = b"POST /read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"

    async def read(request: Request) -> Response:
        return PlainTextResponse(await request.body())

    routes = Starlette(routes=[Route("/read", read, methods=["POST"])])
    async with serving(routes, Bounds()) as served:
        assert b"hello" in await served.said(head + b"5;a=b\r\nhello\r\n0\r\n\r\n" + LAST)
        said = await served.said(head + CHUNKS[what] + LAST)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1


ONE_WAY = {
    "one length, said twice": (b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"),
    "a coding in capitals": (b"Transfer-Encoding: CHUNKED\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
    "a length behind the chunks": (
        b"Transfer-Encoding: chunked\r\n",
        b"5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n",
    ),
    "another protocol": (b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n", b"hello"),
    "a word before the body": (b"Expect: 100-continue\r\nContent-Length: 5\r\n", b"hello"),
}


@pytest.mark.parametrize("what", ONE_WAY)
async def test_what_has_one_reading_ends_where_rfc_9112_ends_it(what: str) -> None:
    framed, body = ONE_WAY[what]

    async def read(request: Request) -> Response:
        return PlainTextResponse(await request.body())

    routes = Starlette(routes=[Route("/read", read, methods=["POST"])])
    async with serving(routes, Bounds()) as served:
        said = await served.said(
            b"POST /read HTTP/1.1\r\nHost: localhost\r\n" + framed + b"\r\n" + body + LAST
        )
    answers = [each for each in said.split(b"HTTP/1.1 ")[1:] if not each.startswith(b"100")]
    assert [each[:3] for each in answers] == [b"200", b"404"]
    assert answers[0].endswith(b"hello")


async def test_what_is_answered_without_its_body_keeps_no_place(clinic: Clinic) -> None:
    begun = b"POST /webhooks/nobody HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
    async with (
        serving(create_app(deps_of(clinic)), Bounds(connections=1, body=NEVER)) as served,
        served.connected(begun) as (reader, _),
    ):
        assert (await reader.readline()).startswith(b"HTTP/1.1 404 ")
        assert (await served.said(HEAD + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


async def test_who_forwards_for_whom_is_not_believed() -> None:
    async def client_of(request: Request) -> Response:
        return PlainTextResponse(f"{request.client and request.client.host} {request.url.scheme}")

    told = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
    async with serving(Starlette(routes=[Route("/", client_of)]), Bounds()) as served:
        assert (await served.said(told)).endswith(b"127.0.0.1 http")
