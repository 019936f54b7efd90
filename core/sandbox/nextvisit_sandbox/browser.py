"""A patient's browser: fetches what a mail names, and does not give up."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Final, Self

import httpx2

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PAUSE: Final = 1.0
_TRIES: Final = 900
_TIMEOUT: Final = 20.0
_SERVER_ERROR: Final = 500
_TOO_MANY: Final = 429
_PATIENT: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
_SCANNER: Final = "Mozilla/5.0 (compatible; MailSecurityScanner/2.1; link-check)"


class Browser:
    """Makes visits; a visit has its own cookies."""

    def __init__(self, trust_ca: Path | None) -> None:
        self._tls = ssl.create_default_context(cafile=trust_ca)

    def visit(self, *, scanner: bool = False) -> Visit:
        """A new visit by a person, or by the scanner in front of the mailbox."""
        return Visit(self._tls, _SCANNER if scanner else _PATIENT)


class Visit:
    """One sitting at the browser; use it as an async context manager."""

    def __init__(self, tls: ssl.SSLContext, agent: str) -> None:
        headers = {"User-Agent": agent}
        self._client = httpx2.AsyncClient(
            verify=tls, headers=headers, follow_redirects=True, timeout=_TIMEOUT, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, url: str) -> httpx2.Response:
        """A page; tried again while the server is away or ill."""
        return await self._persist("GET", url, None)

    async def post(self, url: str, data: Mapping[str, str]) -> httpx2.Response:
        """A filled form; tried again like a patient who presses the button once more."""
        return await self._persist("POST", url, data)

    async def _persist(self, method: str, url: str, data: Mapping[str, str] | None) -> httpx2.Response:
        for _ in range(_TRIES - 1):
            try:
                response = await self._client.request(method, url, data=data)
            except httpx2.TransportError:
                await asyncio.sleep(_PAUSE)
                continue
            if response.status_code < _SERVER_ERROR and response.status_code != _TOO_MANY:
                return response
            await asyncio.sleep(_PAUSE)
        return await self._client.request(method, url, data=data)
