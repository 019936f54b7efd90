"""What is refused by its head alone: another host's request, and one that can be read in two ways.

An answer repeats nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

import idna
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from nextvisit.sdk.loopback import is_loopback
from nextvisit.web.health import HEALTH

_MOST_HEADERS: Final = 100
LARGEST_HEAD: Final = 16 * 1024
"""Bytes of a request's line and headers."""
_HOST: Final = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")


class RequestHead:
    """ASGI middleware. hosts: that requests may be for, beside this machine's own names.

    A probe asks for the pod's address: whether we are well is told whatever the host. Nothing of a patient
    stands there, and it is the same for everybody.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(map(_plain, hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = _refusal(scope) if scope["type"] == "http" else None
        if refused is None and scope["type"] == "http" and not self._is_ours(scope):
            refused = 421, "misdirected_request"  # RFC 9110, 15.5.20
        if refused is None:
            await self._app(scope, receive, send)
            return
        status, code = refused
        answer = JSONResponse({"error": code}, status_code=status, headers={"Connection": "close"})
        await answer(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        if scope["path"] in HEALTH:
            return True
        name = _host(Headers(scope=scope).getlist("host")[0])
        return name is not None and (name in self._hosts or is_loopback(name))


def _refusal(scope: Scope) -> tuple[int, str] | None:
    headers = scope["headers"]
    # What another major version means by a message's end, we do not know (RFC 9110, 15.6.6).
    if not scope["http_version"].startswith("1."):
        return 505, "http_version_not_supported"
    if len(headers) > _MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > LARGEST_HEAD:
        return 431, "request_header_fields_too_large"
    names = [name for name, _ in headers]
    framed = names.count(b"transfer-encoding")
    # RFC 9112, 6.1: who reads it by the other one takes what follows for another request.
    if framed and (b"content-length" in names or framed > 1 or scope["http_version"] == "1.0"):
        return 400, "bad_request"
    hosts = Headers(scope=scope).getlist("host")
    if len(hosts) != 1 or _host(hosts[0]) is None:
        return 400, "bad_request"
    # A target with a host of its own is for proxies, and we are none (RFC 9112, 3.2.2).
    return None if scope["raw_path"].startswith(b"/") else (400, "bad_request")


def _host(header: str) -> str | None:
    """The name without a port, as `_plain` has it; None for what is no host."""
    found = _HOST.fullmatch(header)
    return None if found is None else _plain(found["name"])


def _plain(name: str) -> str:
    return name.lower().removesuffix(".").strip("[]")


def hosts_of(public_url: str, more: Iterable[str]) -> tuple[str, ...]:
    """The host of our pages as browsers name it, and those that the settings list."""
    ours = urlsplit(public_url).hostname or ""
    return (ours if ours.isascii() else idna.encode(ours, uts46=True).decode("ascii"), *more)
