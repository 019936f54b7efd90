"""The pull: pages of everything that changed, type after type; `nextvisit.sdk.rounds` has its rules.

Patients come first, so that consents and visits find them. Deletions are invisible to a search; the
listing finds them, and sooner the history, where the server offers one. What is wrong with one type ends
that type's round, not the others'.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, tzinfo
from typing import Any, get_args

from nextvisit.sdk.errors import NextVisitError, ProtocolError, Rejected
from nextvisit.sdk.outbound import Query
from nextvisit.sdk.pulling import GivenPage, KindPull, KindUnfinished, LinkExpired, PullBounds, WantedPage
from nextvisit.sdk.records import Cursor, RawBatch
from nextvisit.sdk.rounds import Sighting
from nextvisit_mis_fhir_r4 import cursor as cursors
from nextvisit_mis_fhir_r4.body import Damaged
from nextvisit_mis_fhir_r4.connection import Answer, Connection
from nextvisit_mis_fhir_r4.history import HistoryOffer, TypeHistory, begun
from nextvisit_mis_fhir_r4.page import is_incomplete, matches, misfits, next_link, total_of
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, instant
from nextvisit_mis_fhir_r4.settings import FhirR4Settings, SyncedType
from nextvisit_mis_fhir_r4.stamp import digest_of_content

ORDER: tuple[SyncedType, ...] = get_args(SyncedType)
_REFUSED = 400


async def pull(
    connection: Connection, settings: FhirR4Settings, offer: HistoryOffer, since: Cursor | None
) -> AsyncIterator[RawBatch]:
    """Pages with something new, each with the cursor that follows it."""
    place = cursors.load(since)
    first: NextVisitError | None = None
    kinds = [kind for kind in ORDER if kind in settings.resources]
    known = {kind: place.rounds[kind].position for kind in kinds if kind in place.rounds}
    for kind in kinds:
        place.histories[kind] = begun(place.histories.get(kind))
    search = Search(connection, settings)
    bounds = PullBounds(
        overlap=settings.overlap, look_back=settings.look_back, most_pages=settings.most_pages
    )
    for kind in kinds:
        try:
            each = KindPull(
                "fhir", place.rounds, kind, search.ask, cursor=place.dump, bounds=bounds, own=connection.own
            )
            async for batch in each.run():
                yield batch
        except (KindUnfinished, ProtocolError, Rejected) as error:
            if error.code == "fhir.http_401":
                raise
            first = first or error
    for kind in await offer.among(kinds) if since is not None else ():
        async for batch in TypeHistory(connection, settings, place, kind, known.get(kind)).run():
            yield batch
    if first is not None:
        raise first


class Search:
    """A page of a search, as the SDK's pull wants it."""

    def __init__(self, connection: Connection, settings: FhirR4Settings) -> None:
        self._connection = connection
        self._settings = settings

    async def ask(self, asked: WantedPage) -> GivenPage:
        """See `nextvisit.sdk.pulling.Ask`."""
        if asked.link is not None:
            answer = await self._connection.read_page(asked.link)
            if answer.status in {_REFUSED, 404, 410}:
                raise LinkExpired("fhir.link_expired", too_far=answer.status == _REFUSED)
        else:
            answer = await self._connection.read(asked.kind, self._query(asked))
        if answer.status >= 400:
            raise _refusal(answer, asked.kind)
        return self._answered(answer, asked.kind)

    def _query(self, asked: WantedPage) -> Query:
        order = "-_lastUpdated" if asked.newest_first else "_lastUpdated"
        query = [("_sort", order), ("_count", str(self._settings.page_size))]
        if asked.since is not None:
            since = asked.since.isoformat(timespec="milliseconds")
            query.insert(0, ("_lastUpdated", "ge" + since.replace("+00:00", "Z")))
        return query

    def _answered(self, answer: Answer, kind: str) -> GivenPage:
        bundle = answer.json()
        if bundle.get("resourceType") != "Bundle":
            raise ProtocolError("fhir.not_a_bundle", f"the search for {kind}", whose="theirs")
        zone = self._settings.clock_zone
        things = (_sighting(one, kind, zone) for one in matches(bundle))
        found = [*things, *map(_malformed, misfits(bundle))]
        return GivenPage(
            answer.body,
            found,
            link=next_link(bundle),
            full=len(found) >= self._settings.page_size,
            # The server's clock, because it is what `lastUpdated` was stamped with; ours may differ.
            now=answer.at or datetime.now(UTC),
            total=total_of(bundle),
            incomplete=is_incomplete(bundle),
        )


def _refusal(answer: Answer, kind: str) -> Rejected:
    if answer.status == 404:
        return Rejected(
            "fhir.no_such_type", f"{kind}: not served; leave it out of resources", scope="message"
        )
    return answer.refusal()


def _sighting(resource: Json, kind: str, zone: tzinfo | None) -> Sighting:
    meta: Any = resource.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    try:
        updated = instant(meta.get("lastUpdated"), zone)
    except Unfit:
        updated = None
    version = f"{meta.get('versionId')} {meta.get('lastUpdated')}"
    if not meta.get("versionId"):
        # Both are optional; and of two edits in one second the date is the same.
        version = f"{version} {digest_of_content(resource)}"
    return Sighting.of(f"{kind}/{resource.get('id')}", version, updated)


def _malformed(entry: object) -> Sighting:
    raw = entry.raw if isinstance(entry, Damaged) else json.dumps(entry)
    return Sighting.of("malformed", raw, None)
