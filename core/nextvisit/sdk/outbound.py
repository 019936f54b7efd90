"""HTTP to somebody else's server, in bounds: the one client of our plugins and of whatever else asks by HTTP.

It asks the hosts that the connection's settings name, at addresses that were checked, in TLS unless it is
this very machine or the settings say otherwise. It follows no redirect, because that would carry a token to
another place. An answer is bounded in time and in size, unpacked as well. What the library raises becomes our
kinds of error here and nowhere else.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import zlib
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpcore2
import httpx2

from nextvisit.sdk.certificates import certificate_fault
from nextvisit.sdk.destinations import CheckedWay, origin
from nextvisit.sdk.errors import ConfigError, OutcomeUnknown, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.loopback import is_loopback
from nextvisit.sdk.tls import NO_TLS, speaks_no_tls
from nextvisit.sdk.transport import CheckedTransport, NoCookies

if TYPE_CHECKING:
    from nextvisit.sdk.ports import RequestPace

Query = Sequence[tuple[str, str]]
MIB: Final = 1024 * 1024
_SUCCESS, _REDIRECT, _FAILURE = 2, 3, 5
_TOO_MANY: Final = frozenset({429, 503})
_MOST_HEADERS: Final = 200
_LARGEST_HEAD: Final = 64 * 1024
_LONGEST_WAIT: Final = timedelta(days=1)
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OutboundServer:
    """Which server. base_url: http(s), as the settings have it. plain_http: whether `http://` may leave this
    machine. ca_file: of certificates to trust instead of the machine's own.
    """

    base_url: str
    plain_http: bool = False
    ca_file: Path | None = None

    def fault(self) -> str | None:
        """What is wrong with it, for whoever wrote the settings; None when it may be asked."""
        try:
            url = urlsplit(self.base_url)
            sound = url.scheme in {"http", "https"} and url.hostname and origin(url)[2] is not None
        except ValueError:
            sound = False
        if not sound or url.query or url.fragment or not self.base_url.isprintable():
            return "must be an http(s) address without query, such as https://mis.example/fhir"
        if "@" in url.netloc:
            return "must not hold a name or a password; a token is a setting of its own"
        if self.in_the_clear and not self.plain_http:
            return (
                "http:// sends patients' data in the clear to another machine; write https://, "
                "or plain_http: true if nobody else can listen"
            )
        return None

    @property
    def in_the_clear(self) -> bool:
        """Whether what is said can be overheard on a network."""
        return not self.in_tls and not self.is_here

    @property
    def in_tls(self) -> bool:
        """Whether whoever answers has to prove who it is."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def is_here(self) -> bool:
        """Whether it is this machine, by its loopback."""
        return is_loopback(origin(urlsplit(self.base_url))[1])


@dataclass(frozen=True, slots=True)
class AnswerBounds:
    """silence: how long the other side may say nothing. whole: how long an answer may take, however busy it
    seems. largest: bytes of an answer, packed and unpacked.
    """

    silence: timedelta = timedelta(seconds=30)
    whole: timedelta = timedelta(seconds=120)
    largest: int = 16 * MIB


@dataclass(frozen=True, slots=True, repr=False)
class HttpReply:
    """What came, whatever its status. headers: by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def at(self) -> datetime | None:
        """When the server made it, by its own clock (RFC 9110, 6.6.1)."""
        return _http_date(self.headers.get("date", ""))

    @property
    def wait(self) -> timedelta | None:
        """Seconds, or a date held against the server's own clock (RFC 9110, 10.2.3); a day at most."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            return min(timedelta(seconds=int(value[:9])), _LONGEST_WAIT)
        until, now = _http_date(value), self.at
        return None if until is None or now is None else min(max(until - now, timedelta()), _LONGEST_WAIT)


class OutboundHttp:
    """One server. Opens its connections with the first request, inside the running loop.

    code: what its errors' codes begin with, such as `fhir`.
    """

    def __init__(
        self,
        code: str,
        destination: OutboundServer,
        *,
        bounds: AnswerBounds = AnswerBounds(),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if (fault := destination.fault()) is not None:
            raise ConfigError(f"{code}.destination", fault, place="base_url")
        self._code = code
        self._destination = destination
        self._origin = origin(urlsplit(destination.base_url))
        self._bounds = bounds
        # Only what is unpacked within bounds is asked for.
        self._headers = {**(headers or {}), "Accept-Encoding": "gzip"}
        self._client: httpx2.AsyncClient | None = None
        self._pace: RequestPace | None = None
        # At INFO these libraries log addresses with resource ids, at DEBUG headers with the token.
        for name in ("httpx2", "httpcore2"):
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.WARNING))

    def keep_pace(self, pace: RequestPace) -> None:
        """Take a turn before each request from now on, and tell of the server's wish to be left alone."""
        self._pace = pace

    async def ask(
        self,
        method: str,
        url: str,
        *,
        query: Query = (),
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpReply:
        """One request. Raises RetryLater, ConfigError, ProtocolError; for anything but a GET also
        OutcomeUnknown, when the answer is missing.
        """
        self._require_ours(url)
        if self._pace is not None:
            await self._pace.turn()
        reply = await self._reply(method, url, query, content, headers)
        if self._pace is not None and reply.status in _TOO_MANY and reply.wait is not None:
            await self._pace.rest(reply.wait)
        return reply

    async def _reply(
        self, method: str, url: str, query: Query, content: bytes | None, headers: Mapping[str, str] | None
    ) -> HttpReply:
        base = self._destination.base_url
        try:
            async with (
                asyncio.timeout(self._bounds.whole.total_seconds()),
                self._open().stream(
                    method, url, params=list(query) or None, content=content, headers=dict(headers or {})
                ) as response,
            ):
                try:
                    return HttpReply(response.status_code, self._head(response), await self._body(response))
                except ProtocolError as error:
                    if method == "GET":
                        raise
                    raise OutcomeUnknown(error.code, "an answer to what was written is no answer") from error
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout) as error:
            if (why := certificate_fault(error)) is not None:
                raise ConfigError(f"{self._code}.untrusted", why, place=base) from error
            if speaks_no_tls(error):
                raise ConfigError(f"{self._code}.no_tls", NO_TLS, place=base) from error
            raise RetryLater(f"{self._code}.unreachable", f"{base} does not answer") from error
        except (
            httpcore2.UnsupportedProtocol, httpcore2.LocalProtocolError, httpx2.InvalidURL, UnicodeError,
        ):  # fmt: skip
            message = "the request could not be made: its address or a header has what none may have"
            # Alone: the library's own error quotes the header, and so a token that has a line end.
            raise ProtocolError(f"{self._code}.request", message, whose="ours") from None
        except (
            httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, TimeoutError,
        ) as error:  # fmt: skip
            if method == "GET":
                raise RetryLater(f"{self._code}.no_answer", f"{base} broke off") from error
            raise OutcomeUnknown(f"{self._code}.no_answer", f"{base} broke off") from error

    def settle(self, reply: HttpReply, *, decides: frozenset[int] = frozenset(), writes: bool) -> HttpReply:
        """The reply, if it is a success or of a status in `decides`, which the caller decides about.

        Raises RetryLater, Rejected, ProtocolError (a redirect), and where it writes OutcomeUnknown.
        """
        status, code = reply.status, f"{self._code}.http_{reply.status}"
        if status // 100 == _SUCCESS or status in decides:
            return reply
        if status in {401, 403}:
            raise Rejected(code, "the server refuses this token", scope="account")
        if status in {408, 425, 429, 503}:
            raise RetryLater(code, after=reply.wait)
        if status // 100 == _FAILURE:
            if writes:
                raise OutcomeUnknown(code)
            raise RetryLater(code, after=reply.wait)
        if status // 100 == _REDIRECT:
            raise ProtocolError(code, "redirects are not followed; correct base_url", whose="theirs")
        raise Rejected(code, scope="message")

    async def close(self) -> None:
        """Close the connections; a later request opens others."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _require_ours(self, url: str) -> None:
        try:
            there = urlsplit(url)
            ours = origin(there) == self._origin and "@" not in there.netloc
        except ValueError:
            ours = False
        if not ours:
            message = "an address leads away from the server that the settings name"
            raise ProtocolError(f"{self._code}.foreign_host", message, whose="theirs")

    def _open(self) -> httpx2.AsyncClient:
        if self._client is None:
            way = CheckedWay(
                f"{self._code}.address",
                loopback=self._destination.is_here,
                proven=self._destination.in_tls,
            )
            self._client = httpx2.AsyncClient(
                headers=self._headers,
                timeout=self._bounds.silence.total_seconds(),
                transport=CheckedTransport(self._tls(), way),
                trust_env=False,
                follow_redirects=False,
                cookies=NoCookies(),
            )
        return self._client

    def _tls(self) -> ssl.SSLContext:
        file = self._destination.ca_file
        try:
            return ssl.create_default_context(cafile=file)
        except (OSError, ssl.SSLError) as error:
            code = f"{self._code}.ca_file"
            raise ConfigError(code, "cannot be read as certificates", place=str(file)) from error

    def _head(self, response: httpx2.Response) -> Mapping[str, str]:
        raw = response.headers.raw
        if len(raw) > _MOST_HEADERS or sum(len(name) + len(value) for name, value in raw) > _LARGEST_HEAD:
            raise ProtocolError(f"{self._code}.too_large", "an answer's headers have no end", whose="theirs")
        return dict(response.headers)

    async def _body(self, response: httpx2.Response) -> bytes:
        codings = [
            each.strip().lower()
            for each in response.headers.get("content-encoding", "").split(",")
            if each.strip().lower() not in {"", "identity"}
        ]
        if codings not in ([], ["gzip"], ["x-gzip"]):
            message = "an answer is packed in another way than gzip, once"
            raise ProtocolError(f"{self._code}.encoding", message, whose="theirs")
        body, came = _Body(self._bounds.largest, gzip=bool(codings)), 0
        try:
            async with aclosing(response.aiter_raw()) as pieces:
                async for piece in pieces:
                    came += len(piece)
                    if came > self._bounds.largest or not body.takes(piece):
                        message = f"an answer is longer than {self._bounds.largest} bytes"
                        raise ProtocolError(f"{self._code}.too_large", message, whose="theirs")
            return body.whole()
        except zlib.error as error:
            raise ProtocolError(f"{self._code}.encoding", whose="theirs") from error


class _Body:
    """An answer's bytes, unpacked as they come: a few may unpack to more than there is memory for."""

    def __init__(self, largest: int, *, gzip: bool) -> None:
        self._largest = largest
        self._gzip = gzip
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._begun = False
        self._body = bytearray()

    def takes(self, piece: bytes) -> bool:
        """False when it has become too long. Raises zlib.error."""
        if not self._gzip:
            self._body += piece
            return len(self._body) <= self._largest
        while piece:
            self._begun = True
            if self._inflate.eof:  # gzip may be several in a row
                self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
            self._body += self._inflate.decompress(piece, self._largest + 1 - len(self._body))
            if len(self._body) > self._largest:
                return False
            piece = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
        return True

    def whole(self) -> bytes:
        """All of it. Raises zlib.error when the end is missing."""
        if self._begun and not self._inflate.eof:
            message = "cut short"
            raise zlib.error(message)
        return bytes(self._body)


def _http_date(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
        at = parsed.astimezone(UTC) if parsed.tzinfo is not None else None
    except (ValueError, OverflowError):  # also of an offset of years, and of one that leaves the calendar
        return None
    # What is reckoned from it must not leave the calendar either.
    return at if at is not None and _EARLIEST <= at < _LATEST else None
