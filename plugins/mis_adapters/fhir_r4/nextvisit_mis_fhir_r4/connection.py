"""HTTP to the FHIR server; what the library raises becomes our kinds of error here and nowhere else.

Redirects are not followed, because they would carry the token to another place. The token is read
again when the server refuses it, because whoever rotates it writes a new one into the same file.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2
import orjson

from nextvisit.sdk.certificates import certificate_fault
from nextvisit.sdk.errors import ConfigError, OutcomeUnknown, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.settings import reveal
from nextvisit.sdk.tls import NO_TLS, speaks_no_tls
from nextvisit_mis_fhir_r4.address import origin_of
from nextvisit_mis_fhir_r4.body import loads
from nextvisit_mis_fhir_r4.primitives import Json, Unfit
from nextvisit_mis_fhir_r4.settings import FhirR4Settings

FHIR_JSON = "application/fhir+json"
_UNAUTHORIZED = 401
_WHOLE = 4
"""So many times `timeout` may an answer take, however busy the server seems."""
LARGEST = 128 * 1024 * 1024
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose status the caller decides about: 2xx, 400, 404, 409, 410, 412 or 422."""

    status: int
    body: bytes
    etag: str
    at: datetime | None = None
    """When the server made it, by its own clock (RFC 9110, 6.6.1)."""

    def json(self) -> Json:
        """The body as a JSON object. Raises ProtocolError."""
        try:
            body = loads(self.body)
        except Unfit as unfit:
            raise ProtocolError(f"fhir.{unfit.reason}", f"HTTP {self.status}", whose="theirs") from None
        if not body.complete:
            raise ProtocolError("fhir.body.cut", f"HTTP {self.status}", whose="theirs")
        return body.json

    def issue_codes(self) -> tuple[str, ...]:
        """The codes of an OperationOutcome; its texts may name a patient and are left alone."""
        try:
            issues = orjson.loads(self.body).get("issue", [])
            return tuple(str(issue["code"]) for issue in issues if issue["code"] in _ISSUE_CODES)
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
            return ()

    def refusal(self) -> Rejected:
        """This answer as a lasting refusal of what was asked."""
        codes = ",".join(self.issue_codes()) or "no issue code"
        return Rejected(f"fhir.http_{self.status}", codes, scope="message")


# https://hl7.org/fhir/R4/valueset-issue-type.html, those a server answers a refusal with.
_ISSUE_CODES = frozenset(
    [
        "invalid",
        "structure",
        "required",
        "value",
        "invariant",
        "security",
        "login",
        "unknown",
        "expired",
        "forbidden",
        "suppressed",
        "processing",
        "not-supported",
        "duplicate",
        "multiple-matches",
        "not-found",
        "deleted",
        "too-long",
        "code-invalid",
        "extension",
        "too-costly",
        "business-rule",
        "conflict",
        "transient",
        "lock-error",
        "no-store",
        "exception",
        "timeout",
        "incomplete",
        "throttled",
        "informational",
    ]
)


@dataclass(frozen=True, slots=True)
class Received:
    """What came, whatever its status."""

    status: int
    headers: httpx2.Headers
    body: bytes


async def _body(response: httpx2.Response) -> bytes:
    """Decoded, and no longer than LARGEST: a few bytes may decode to more than there is memory for."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > LARGEST:
            message = f"an answer is longer than {LARGEST} bytes; a smaller page_size may help"
            raise ProtocolError("fhir.too_large", message, whose="theirs")
    return bytes(body)


class Connection:
    """One server. Opens its client with the first request, inside the running loop."""

    def __init__(self, settings: FhirR4Settings) -> None:
        self.base = settings.base_url
        self._address = settings.address
        self._settings = settings
        self._token: str | None = None
        self._client: httpx2.AsyncClient | None = None
        # At INFO these libraries log addresses with resource ids, at DEBUG headers with the token.
        for name in ("httpx2", "httpcore2"):
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.WARNING))

    async def read(self, path: str, query: Query = ()) -> Answer:
        """GET. Raises RetryLater, Rejected, ConfigError, ProtocolError."""
        return self._decide(await self._send("GET", self._url(path), query=query), writes=False)

    async def read_page(self, link: str) -> Answer:
        """GET a page by the link that the server gave. Raises ProtocolError when it leads elsewhere."""
        return await self.read(self.own(link))

    async def write(self, method: str, path: str, resource: Json) -> Answer:
        """POST or PUT. Raises as `read`, and OutcomeUnknown when the answer is missing."""
        try:
            content = orjson.dumps(resource)
        except TypeError as error:
            message = "holds broken characters and cannot be written back"
            raise ProtocolError("fhir.unwritable", message, whose="theirs") from error
        response = await self._send(method, self._url(path), content=content)
        return self._decide(response, writes=True)

    def own(self, link: str) -> str:
        """`link` as we reach it; ProtocolError unless it leads to this server."""
        ours = self._address.own(link)
        if ours is None:
            found = f"a link leads to {origin_of(link)}, which is not {origin_of(self.base)}"
            advice = "if it is this server's own name, add its base address to also_known_as"
            raise ProtocolError("fhir.foreign_link", f"{found}; {advice}", whose="theirs")
        return ours

    async def close(self) -> None:
        """Close the client; a later request opens another."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _url(self, path: str) -> str:
        if path.startswith(("https://", "http://")):
            return path
        return f"{self.base}/{path}" if path else self.base

    def _open(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                # Some servers answer a search from memory; what decides about a booking must be fresh.
                headers={"Accept": FHIR_JSON, "Cache-Control": "no-cache"},
                timeout=self._settings.timeout.total_seconds(),
                verify=self._tls(),
                trust_env=False,
            )
        return self._client

    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            place = str(self._settings.ca_file)
            raise ConfigError("fhir.ca_file", "cannot be read as certificates", place=place) from error

    async def _send(
        self, method: str, url: str, *, query: Query = (), content: bytes | None = None
    ) -> Received:
        response = await self._ask(method, url, query, content)
        if response.status == _UNAUTHORIZED and self._token_is_new():
            return await self._ask(method, url, query, content)
        return response

    def _token_is_new(self) -> bool:
        """Whether the secret is another one than the one that was refused."""
        refused, self._token = self._token, self._revealed()
        return self._token != refused

    def _revealed(self) -> str | None:
        return None if self._settings.token is None else reveal(self._settings.token)

    async def _ask(self, method: str, url: str, query: Query, content: bytes | None) -> Received:
        self._token = self._token or self._revealed()
        headers = {"Content-Type": FHIR_JSON} if content is not None else {}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            async with (
                asyncio.timeout(_WHOLE * self._settings.timeout.total_seconds()),
                self._open().stream(
                    method, url, params=list(query) or None, content=content, headers=headers
                ) as response,
            ):
                return Received(response.status_code, response.headers, await _body(response))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            if (why := certificate_fault(error)) is not None:
                raise ConfigError("fhir.untrusted", why, place=self.base) from error
            if speaks_no_tls(error):
                raise ConfigError("fhir.no_tls", NO_TLS, place=self.base) from error
            raise RetryLater("fhir.unreachable", f"{self.base} does not answer") from error
        except (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.InvalidURL) as error:
            raise ProtocolError("fhir.request", "the request could not be made", whose="ours") from error
        except (httpx2.TransportError, TimeoutError) as error:
            if method == "GET":
                raise RetryLater("fhir.no_answer", f"{self.base} broke off") from error
            raise OutcomeUnknown("fhir.no_answer", f"{self.base} broke off") from error
        except httpx2.DecodingError as error:
            raise ProtocolError("fhir.encoding", whose="theirs") from error

    def _decide(self, response: Received, *, writes: bool) -> Answer:
        status = response.status
        code = f"fhir.http_{status}"
        if 200 <= status < 300 or status in {400, 404, 409, 410, 412, 422}:
            at = _http_date(response.headers.get("date", ""))
            return Answer(status, response.body, response.headers.get("etag", ""), at)
        if status in {401, 403}:
            raise Rejected(code, "the server refuses this token", scope="account")
        if status in {408, 425, 429, 503}:
            raise RetryLater(code, after=_retry_after(response))
        if status >= 500:
            if writes:
                raise OutcomeUnknown(code)
            raise RetryLater(code, after=_retry_after(response))
        if 300 <= status < 400:
            raise ProtocolError(code, "redirects are not followed; correct base_url", whose="theirs")
        raise Rejected(code, scope="message")


def _retry_after(response: Received) -> timedelta | None:
    """Seconds, or a date that is held against the server's own clock (RFC 9110, 10.2.3)."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value), 86_400))
    until, now = _http_date(value), _http_date(response.headers.get("date", ""))
    if until is None or now is None:
        return None
    return min(max(until - now, timedelta()), timedelta(days=1))


def _http_date(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None else None
