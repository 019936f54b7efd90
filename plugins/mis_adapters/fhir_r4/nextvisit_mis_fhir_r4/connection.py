"""Questions to the FHIR server. What is HTTP's own is the SDK's; what is FHIR's is here.

The token is read again when the server refuses it, because whoever rotates it writes a new one into the same
file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import orjson

from nextvisit.sdk.errors import ProtocolError, Rejected
from nextvisit.sdk.outbound import MIB, AnswerBounds, HttpReply, OutboundHttp, Query
from nextvisit.sdk.ports import RequestPace
from nextvisit.sdk.settings import reveal
from nextvisit_mis_fhir_r4.address import origin_of
from nextvisit_mis_fhir_r4.body import loads
from nextvisit_mis_fhir_r4.primitives import Json, Unfit
from nextvisit_mis_fhir_r4.settings import FhirR4Settings

FHIR_JSON = "application/fhir+json"
_UNAUTHORIZED = 401
_WHOLE = 4
"""So many times `timeout` may an answer take, however busy the server seems."""
_LONGEST_LINK = 8192
"""A page's link stands in the cursor, which is kept."""
_DECIDES = frozenset({400, 404, 409, 410, 412, 422})


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


class Connection:
    """One server. Opens its client with the first request, inside the running loop."""

    def __init__(self, settings: FhirR4Settings) -> None:
        self.base = settings.base_url
        self._address = settings.address
        self._settings = settings
        self._token: str | None = None
        bounds = AnswerBounds(settings.timeout, _WHOLE * settings.timeout, settings.largest_answer * MIB)
        # Some servers answer a search from memory; what decides about a booking must be fresh.
        headers = {"Accept": FHIR_JSON, "Cache-Control": "no-cache"}
        self._http = OutboundHttp("fhir", settings.destination, bounds=bounds, headers=headers)

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
        if len(link) > _LONGEST_LINK:
            message = f"a link is longer than {_LONGEST_LINK} characters"
            raise ProtocolError("fhir.long_link", message, whose="theirs")
        ours = self._address.own(link)
        if ours is None:
            found = f"a link leads to {origin_of(link)}, which is not {origin_of(self.base)}"
            advice = "if it is this server's own name, add its base address to also_known_as"
            raise ProtocolError("fhir.foreign_link", f"{found}; {advice}", whose="theirs")
        return ours

    def keep_pace(self, pace: RequestPace) -> None:
        """Every request takes its turn."""
        self._http.keep_pace(pace)

    async def close(self) -> None:
        """Close the connections; a later request opens others."""
        await self._http.close()

    def _url(self, path: str) -> str:
        if path.startswith(("https://", "http://")):
            return path
        return f"{self.base}/{path}" if path else self.base

    async def _send(
        self, method: str, url: str, *, query: Query = (), content: bytes | None = None
    ) -> HttpReply:
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

    async def _ask(self, method: str, url: str, query: Query, content: bytes | None) -> HttpReply:
        self._token = self._token or self._revealed()
        headers = {"Content-Type": FHIR_JSON} if content is not None else {}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        return await self._http.ask(method, url, query=query, content=content, headers=headers)

    def _decide(self, reply: HttpReply, *, writes: bool) -> Answer:
        settled = self._http.settle(reply, decides=_DECIDES, writes=writes)
        return Answer(settled.status, settled.body, settled.headers.get("etag", ""), settled.at)
