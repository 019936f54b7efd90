"""What the server has now: ids and versions of each type, and single things by their ids."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator, Sequence
from datetime import tzinfo

import orjson

from nextvisit.sdk.errors import ProtocolError, RetryLater
from nextvisit.sdk.records import Listed, MisRef
from nextvisit_mis_fhir_r4.connection import Answer, Connection
from nextvisit_mis_fhir_r4.page import matches, next_link
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, instant, node, ref_of, text
from nextvisit_mis_fhir_r4.settings import FhirR4Settings, SyncedType

_REFUSED = 400
_GONE = {404, 410}


async def listing(connection: Connection, settings: FhirR4Settings) -> AsyncIterator[Sequence[Listed]]:
    """Page by page, type after type."""
    for kind in settings.resources:
        answer = await _first_page(connection, settings, kind)
        followed: set[str] = set()
        while True:
            bundle = answer.json()
            yield [one for each in matches(bundle) if (one := _listed(each, kind, settings.clock_zone))]
            link = next_link(bundle)
            if link is None:
                break
            if link in followed:
                raise ProtocolError("fhir.circle", f"{kind}: its pages lead in a circle", whose="theirs")
            followed.add(link)
            answer = await connection.read_page(link)
            if answer.status in _GONE:
                raise RetryLater("fhir.pages_expire", f"{kind}: a page expired before it was read")
            _accepted(answer)


async def look_up(connection: Connection, refs: Sequence[MisRef]) -> bytes:
    """A Bundle of these things, raw as they came; what is gone stands in it as a history tells of it."""
    entries = []
    for ref in refs:
        answer = await connection.read(ref)
        if answer.status in _GONE:
            # https://hl7.org/fhir/R4/http.html#history: an entry of a deletion has no resource.
            entries.append(orjson.dumps({"request": {"method": "DELETE", "url": ref}}))
        else:
            raw = _accepted(answer).body.removeprefix(codecs.BOM_UTF8)
            entries.append(b'{"resource":' + raw + b"}")
    return b'{"resourceType":"Bundle","type":"collection","entry":[' + b",".join(entries) + b"]}"


async def _first_page(connection: Connection, settings: FhirR4Settings, kind: SyncedType) -> Answer:
    query = [("_count", str(settings.page_size))]
    answer = await connection.read(kind, [*query, ("_elements", "id,meta")])
    if answer.status == _REFUSED:
        answer = await connection.read(kind, query)
    return _accepted(answer)


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
    return Listed(ref, _version(resource, zone))


def _version(resource: Json, zone: tzinfo | None) -> str:
    """As `stamp` has it; empty where the server says neither version nor time."""
    try:
        meta = node(resource.get("meta"))
        version = text(meta.get("versionId"))
        return version or instant(meta.get("lastUpdated"), zone).isoformat()
    except Unfit:
        return ""
