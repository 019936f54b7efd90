"""What the server has now: ids and versions of each type, and single things by their ids."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import orjson

from nextvisit.sdk.errors import ProtocolError, RetryLater
from nextvisit.sdk.outbound import Query
from nextvisit.sdk.page_walk import PageWalk
from nextvisit.sdk.records import Listed, MisRef
from nextvisit_mis_fhir_r4.body import loads
from nextvisit_mis_fhir_r4.connection import Answer, Connection
from nextvisit_mis_fhir_r4.page import matches, next_link, total_of, whole
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, instant, node, ref_of, text
from nextvisit_mis_fhir_r4.settings import FhirR4Settings, SyncedType

_REFUSED = 400
_GONE = {404, 410}
_ORDER: Final = ("_sort", "_lastUpdated")
_IDS: Final = ("_elements", "id,meta")


async def listing(connection: Connection, settings: FhirR4Settings) -> AsyncIterator[Sequence[Listed]]:
    """Page by page, type after type."""
    for kind in settings.resources:
        async for page in TypeListing(connection, settings, kind).pages():
            yield page


class TypeListing:
    """The listing of one type. Raises rather than to leave out in silence what the server says it has."""

    def __init__(self, connection: Connection, settings: FhirR4Settings, kind: SyncedType) -> None:
        self._connection = connection
        self._settings = settings
        self._kind = kind
        self._ways: list[Query] = [[_ORDER, _IDS], [_ORDER], []]
        self._refs: set[MisRef] = set()
        self._count = 0
        self._total: int | None = None
        self._newest: datetime | None = None
        self._sorts = True
        self._refused = False

    async def pages(self) -> AsyncIterator[Sequence[Listed]]:
        """A search may end before its things do; where the server sorts, the next begins at its newest."""
        at: datetime | None = None
        while True:
            async for bundle in self._search(at):
                yield self._take(bundle, at)
            if not self._sorts or self._newest is None or (at is not None and self._newest <= at):
                break
            at, self._refused = self._newest, False
        if self._refused or await self._is_short():
            found = f"{self._kind}: the server has {self._total or 'more'} and lists {self._count}"
            advice = "raise its limit of results or of the offset"
            raise RetryLater("fhir.cut_short", f"{found}; {advice}")

    async def _is_short(self) -> bool:
        """A total that the server has of a search that finds nothing, too, counts something else."""
        if self._total is None or self._count >= self._total:
            return False
        if self._newest is None:
            return True
        nothing = whole(await self._first_page(self._newest + timedelta(milliseconds=1)), self._kind)
        return any(True for _ in matches(nothing)) or not total_of(nothing)

    def _take(self, bundle: Json, at: datetime | None) -> list[Listed]:
        """Counted as often as it is listed: what is edited meanwhile comes twice, and hides its neighbour."""
        zone, resources = self._settings.clock_zone, list(matches(bundle))
        page = [one for each in resources if (one := _listed(each, self._kind, zone)) is not None]
        if at is None:
            totals = [each for each in (self._total, total_of(bundle)) if each is not None]
            self._total = min(totals, default=None)
            self._count += len(resources)
        else:
            page = [one for one in page if one.ref not in self._refs]
            self._count += len(page)
        self._refs.update(one.ref for one in page)
        for changed in (_changed(each, zone) for each in resources):
            if changed is not None and self._newest is not None and changed < self._newest and at is None:
                self._sorts = False
            self._newest = max(filter(None, [self._newest, changed]), default=None)
        return page

    async def _search(self, at: datetime | None) -> AsyncIterator[Json]:
        answer = await self._first_page(at)
        pages = PageWalk("fhir", self._kind, self._settings.most_pages)
        while True:
            pages.came(len(answer.body))
            bundle = whole(answer, self._kind)
            yield bundle
            link = next_link(bundle)
            if link is None:
                return
            pages.follow(link)
            answer = await self._connection.read_page(link)
            if answer.status in _GONE:
                raise RetryLater("fhir.pages_expire", f"{self._kind}: a page expired before it was read")
            if answer.status == _REFUSED:
                self._refused = True
                return
            _accepted(answer)

    async def _first_page(self, at: datetime | None) -> Answer:
        """Asked as the server takes it: it need know neither the order nor the elements."""
        query: Query = [("_count", str(self._settings.page_size))]
        if at is not None:
            stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            query = [("_lastUpdated", "ge" + stamp), *query]
        answer = await self._connection.read(self._kind, [*query, *self._ways[0]])
        while answer.status == _REFUSED and len(self._ways) > 1:
            self._ways.pop(0)
            answer = await self._connection.read(self._kind, [*query, *self._ways[0]])
        return _accepted(answer)


async def look_up(connection: Connection, refs: Sequence[MisRef]) -> bytes:
    """A Bundle of these things, raw as they came; what is gone stands in it as a history tells of it."""
    return collection([await entry_of(connection, ref) for ref in refs])


async def entry_of(connection: Connection, ref: MisRef) -> bytes:
    """What such a Bundle has of one thing. Raises as `Connection.read`, and when another thing answers."""
    answer = await connection.read(ref)
    if answer.status in _GONE:
        # https://hl7.org/fhir/R4/http.html#history: an entry of a deletion has no resource.
        gone = {"request": {"method": "DELETE", "url": ref}, "response": {"status": str(answer.status)}}
        return orjson.dumps(gone)
    _must_be(ref, _accepted(answer))
    return b'{"resource":' + answer.body.removeprefix(codecs.BOM_UTF8) + b"}"


def collection(entries: Sequence[bytes]) -> bytes:
    """A Bundle of what was asked for one by one."""
    return b'{"resourceType":"Bundle","type":"collection","entry":[' + b",".join(entries) + b"]}"


def _must_be(ref: MisRef, answer: Answer) -> None:
    """Raises ProtocolError for a page of words, or for something else than was asked for.

    What has broken brackets may be it, and is read as far as it can be.
    """
    kind, _, name = ref.partition("#")[0].partition("/")
    try:
        found = loads(answer.body).json
    except Unfit as unfit:
        if b'"resourceType"' in answer.body:
            return
        raise ProtocolError(f"fhir.{unfit.reason}", f"asked for a {kind}", whose="theirs") from None
    if (found.get("resourceType"), found.get("id")) != (kind, name):
        raise ProtocolError("fhir.another_thing", f"asked for a {kind}", whose="theirs")


def _accepted(answer: Answer) -> Answer:
    if answer.status >= 400:
        raise answer.refusal()
    return answer


def _listed(resource: Json, kind: SyncedType, zone: tzinfo | None) -> Listed | None:
    """None for what has no readable id: nobody could ask for it."""
    try:
        ref = ref_of(resource, kind)
    except Unfit:
        return None
    return Listed(ref, _version(resource), _changed(resource, zone))


def _version(resource: Json) -> str:
    """As `stamp` has it; empty where the server names none."""
    try:
        return text(node(resource.get("meta")).get("versionId"))
    except Unfit:
        return ""


def _changed(resource: Json, zone: tzinfo | None) -> datetime | None:
    try:
        return instant(node(resource.get("meta")).get("lastUpdated"), zone)
    except Unfit:
        return None
