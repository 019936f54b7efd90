"""The pull: pages of everything that changed, type after type.

Patients come first, so that consents and visits find them. Deletions are invisible to a search.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson

from nextvisit.sdk.errors import ProtocolError, Rejected, RetryLater
from nextvisit.sdk.records import Cursor, RawBatch
from nextvisit_mis_fhir_r4 import cursor as cursors
from nextvisit_mis_fhir_r4.connection import Answer, Connection
from nextvisit_mis_fhir_r4.cursor import Round, Sighting, digest_of
from nextvisit_mis_fhir_r4.page import matches, misfits, next_link
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, instant
from nextvisit_mis_fhir_r4.settings import FhirR4Settings, SyncedType

ORDER: tuple[SyncedType, ...] = ("Patient", "RelatedPerson", "Consent", "Appointment", "Encounter")


async def pull(
    connection: Connection, settings: FhirR4Settings, since: Cursor | None
) -> AsyncIterator[RawBatch]:
    """Pages with something new, each with the cursor that follows it."""
    rounds = cursors.load(since)
    for kind in (kind for kind in ORDER if kind in settings.resources):
        async for batch in _pull_type(connection, settings, rounds, kind):
            yield batch


async def _pull_type(
    connection: Connection, settings: FhirR4Settings, rounds: cursors.Rounds, kind: SyncedType
) -> AsyncIterator[RawBatch]:
    now = rounds.get(kind, Round())
    may_restart = True
    while True:
        answer = await _page(connection, settings, kind, now)
        if answer.status in {404, 410} and now.next_link is not None:
            if not may_restart:
                raise RetryLater("fhir.pages_expire", f"{kind}: pages expire before they are read")
            may_restart, now = False, now.restarted()
            continue
        if answer.status >= 400:
            raise _refusal(answer, kind)
        bundle = answer.json()
        if bundle.get("resourceType") != "Bundle":
            raise ProtocolError("fhir.not_a_bundle", f"the search for {kind}", whose="theirs")
        page = [*(_sighting(one, kind) for one in matches(bundle)), *map(_malformed, misfits(bundle))]
        link = next_link(bundle)
        if link is not None and link == now.next_link:
            raise ProtocolError("fhir.same_page", f"{kind}: the next page is the page itself", whose="theirs")
        known = now.knows(page)
        rounds[kind] = now = now.after(page, None if link is None else connection.own(link), settings.overlap)
        if not known:
            yield RawBatch(body=answer.body, cursor=cursors.dump(rounds), count=len(page))
        if link is None:
            return


async def _page(connection: Connection, settings: FhirR4Settings, kind: SyncedType, now: Round) -> Answer:
    if now.next_link is not None:
        return await connection.read_page(now.next_link)
    query = [("_sort", "_lastUpdated"), ("_count", str(settings.page_size))]
    if now.watermark is not None:
        since = (now.watermark - settings.overlap).isoformat(timespec="milliseconds")
        query.insert(0, ("_lastUpdated", "ge" + since.replace("+00:00", "Z")))
    return await connection.read(kind, query)


def _refusal(answer: Answer, kind: SyncedType) -> Rejected:
    if answer.status == 404:
        return Rejected(
            "fhir.no_such_type", f"{kind}: not served; leave it out of resources", scope="account"
        )
    return answer.refusal()


def _sighting(resource: Json, kind: SyncedType) -> Sighting:
    meta: Any = resource.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    try:
        updated = instant(meta.get("lastUpdated"))
    except Unfit:
        updated = None
    version = f"{meta.get('versionId')} {meta.get('lastUpdated')}"
    return Sighting(digest=digest_of(f"{kind}/{resource.get('id')}", version), updated=updated)


def _malformed(entry: object) -> Sighting:
    return Sighting(digest=digest_of("malformed", orjson.dumps(entry).decode()), updated=None)
