"""What carries HTTP for `outbound`: the library's own pool, over connections whose addresses were checked."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from http.cookiejar import CookieJar

import httpcore2
import httpx2

from nextvisit.sdk.destinations import CheckedWay


class NoCookies(CookieJar):
    """What a server gives to be sent back to it is not kept: it would lengthen every later request."""

    def extract_cookies(self, response: object, request: object) -> None:
        """See http.cookiejar."""

    def add_cookie_header(self, request: object) -> None:
        """See http.cookiejar."""


class CheckedTransport(httpx2.AsyncBaseTransport):
    """The library's own pool, over connections that are checked; its errors stay as the pool raises them."""

    def __init__(self, context: ssl.SSLContext, way: CheckedWay) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context,
            max_connections=20,
            max_keepalive_connections=5,
            keepalive_expiry=5,
            network_backend=way,
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """See httpx2."""
        url = request.url
        answered = await self._pool.handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            answered.status,
            headers=answered.headers,
            stream=_Stream(answered),
            extensions=answered.extensions,
        )

    async def aclose(self) -> None:
        """See httpx2."""
        await self._pool.aclose()


class _Stream(httpx2.AsyncByteStream):
    def __init__(self, answered: httpcore2.Response) -> None:
        self._answered = answered

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._answered.aiter_stream():
            yield piece

    async def aclose(self) -> None:
        await self._answered.aclose()
