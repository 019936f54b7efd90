"""The pull: pages of everything that changed, type after type; `cursor` has its rules.

Patients come first, so that consents and visits find them. Deletions are invisible to a search; the
listing finds them, and sooner the history, where the server offers one. What is wrong with one type ends
that type's round, not the others'.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from nextvisit.sdk.errors import NextVisitError, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.outbound import Query
from nextvisit.sdk.page_walk import PageWalk
from nextvisit.sdk.records import Cursor, RawBatch
from nextvisit_mis_fhir_r4 import cursor as cursors
from nextvisit_mis_fhir_r4.body import Damaged
from nextvisit_mis_fhir_r4.connection import Answer, Connection
from nextvisit_mis_fhir_r4.cursor import Page, Round, Sighting, digest_of
from nextvisit_mis_fhir_r4.history import HistoryOffer, TypeHistory, with_history
from nextvisit_mis_fhir_r4.page import is_incomplete, matches, misfits, next_link, total_of
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, instant
from nextvisit_mis_fhir_r4.settings import FhirR4Settings, SyncedType
from nextvisit_mis_fhir_r4.stamp import digest_of_content

ORDER: tuple[SyncedType, ...] = ("Patient", "RelatedPerson", "Consent", "Appointment", "Encounter")
_REFUSED = 400
_MOST_WALKS = 4
_MOST_EXPIRED = 3
_MOST_REPEATS = 3


class TypeUnfinished(RetryLater):
    """The pages of one type cannot be read to their end now; the other types can."""


async def pull(
    connection: Connection, settings: FhirR4Settings, offer: HistoryOffer, since: Cursor | None
) -> AsyncIterator[RawBatch]:
    """PageWalk with something new, each with the cursor that follows it."""
    rounds = cursors.load(since)
    first: NextVisitError | None = None
    kinds = [kind for kind in ORDER if kind in settings.resources]
    known = {kind: rounds[kind].position for kind in kinds if kind in rounds}
    for kind in kinds:
        rounds[kind] = with_history(rounds.get(kind, Round()))
    for kind in kinds:
        try:
            async for batch in TypePull(connection, settings, rounds, kind).run():
                yield batch
        except (TypeUnfinished, ProtocolError, Rejected) as error:
            if error.code == "fhir.http_401":
                raise
            first = first or error
    for kind in await offer.among(kinds) if since is not None else ():
        async for batch in TypeHistory(connection, settings, rounds, kind, known.get(kind)).run():
            yield batch
    if first is not None:
        raise first


class TypePull:
    """The round of one type. `rounds` is kept as it stands after each page."""

    def __init__(
        self, connection: Connection, settings: FhirR4Settings, rounds: cursors.Rounds, kind: SyncedType
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._rounds = rounds
        self._kind = kind
        self._now = rounds.get(kind, Round()).begun(settings.overlap)
        self._looked_back = False
        self._expired = self._walks = 0
        self._pages = PageWalk("fhir", kind, settings.most_pages)
        self._faces: Counter[tuple[Sighting, ...]] = Counter()

    async def run(self) -> AsyncIterator[RawBatch]:
        """Until the round is over."""
        while self._now.under_way:
            answer = await self._read()
            if answer is None:
                continue
            page = self._page(answer)
            if page.incomplete:
                async for batch in self._heard(answer, page):
                    yield batch
                message = f"{self._kind}: the server says that an answer is incomplete; it is asked again"
                raise TypeUnfinished("fhir.incomplete", message)
            if self._must_begin_earlier(page):
                continue
            await self._learn_whether_it_sorts(page)
            known = self._now.knows(page)
            wrong = self._go_on(page)
            if not known:
                yield self._batch(answer, page)
            if wrong is not None:
                raise wrong
        if self._now.cut is not None:
            raise TypeUnfinished("fhir.cut_short", self._cut_short(self._now.cut))

    async def _heard(self, answer: Answer, page: Page) -> AsyncIterator[RawBatch]:
        """What an incomplete answer has is taken in, and the position stays before it."""
        if not self._now.knows(page):
            self._rounds[self._kind] = self._now = self._now.heard(page, self._settings.overlap)
            yield self._batch(answer, page)

    def _cut_short(self, cut: datetime) -> str:
        since = "" if cut == cursors.BEGINNING else f" of what changed at {cut:%Y-%m-%d %H:%M:%S} UTC"
        found = f"{self._kind}: the server has more{since} than it gives to one search"
        advice = "raise its limit of results or of the offset; it is tried again once a day"
        return f"{found}; {advice}"

    def _go_on(self, page: Page) -> NextVisitError | None:
        """Take the next position; what is wrong with it, once the page is safe."""
        after = self._now.after(page, self._settings.overlap)
        wrong: NextVisitError | None = None
        if after.next_link is not None:
            try:
                after = replace(after, next_link=self._connection.own(after.next_link))
                self._refuse_circles(after, page)
            except ProtocolError as error:
                # From the beginning of the walk, for when it is mended: a link need not be valid then.
                wrong, after = error, after.again()
        else:
            self._pages.begin_again()
            self._faces.clear()
            self._walks = 0 if after.before is None else self._walks + 1
            if self._walks == _MOST_WALKS:
                message = f"{self._kind}: changes while its pages are read, again and again"
                wrong = TypeUnfinished("fhir.restless", message)
        self._rounds[self._kind] = self._now = after
        return wrong

    def _refuse_circles(self, after: Round, page: Page) -> None:
        face = tuple(page.sightings)
        self._faces[face] += 1
        if self._faces[face] > _MOST_REPEATS:
            message = f"{self._kind}: its pages lead in a circle"
            raise ProtocolError("fhir.circle", message, whose="theirs")
        self._pages.follow(str(after.next_link))

    async def _read(self) -> Answer | None:
        """The next page; None when it has expired, and the walk begins again."""
        link = self._now.next_link
        if link is None:
            answer = await self._connection.read(self._kind, self._query("_lastUpdated"))
        else:
            answer = await self._connection.read_page(link)
        if answer.status in {_REFUSED, 404, 410} and link is not None:
            self._expired += 1
            self._rounds[self._kind] = self._now = self._without(answer)
            self._pages.begin_again()
            self._faces.clear()
            return None
        if answer.status >= 400:
            raise _refusal(answer, self._kind)
        try:
            self._pages.came(len(answer.body))
        except RetryLater as error:
            raise TypeUnfinished(error.code, str(error).partition(": ")[2]) from error
        return answer

    def _without(self, answer: Answer) -> Round:
        """This round after a link led to nothing. Refused again, there is no way so far into one search."""
        if answer.status == _REFUSED and self._expired > 1:
            return self._now.cut_short()
        if self._expired > _MOST_EXPIRED:
            message = f"{self._kind}: pages expire before they are read"
            raise TypeUnfinished("fhir.pages_expire", message)
        return self._now.again()

    def _query(self, order: str) -> Query:
        query = [("_sort", order), ("_count", str(self._settings.page_size))]
        if self._now.at is not None:
            since = self._now.at.isoformat(timespec="milliseconds")
            query.insert(0, ("_lastUpdated", "ge" + since.replace("+00:00", "Z")))
        return query

    def _page(self, answer: Answer) -> Page:
        bundle = answer.json()
        if bundle.get("resourceType") != "Bundle":
            raise ProtocolError("fhir.not_a_bundle", f"the search for {self._kind}", whose="theirs")
        zone = self._settings.clock_zone
        things = (_sighting(one, self._kind, zone) for one in matches(bundle))
        found = [*things, *map(_malformed, misfits(bundle))]
        return Page(
            sightings=found,
            link=next_link(bundle),
            full=len(found) >= self._settings.page_size,
            # The server's clock, because it is what `lastUpdated` was stamped with; ours may differ.
            now=answer.at or datetime.now(UTC),
            total=total_of(bundle),
            incomplete=is_incomplete(bundle),
        )

    def _must_begin_earlier(self, page: Page) -> bool:
        """Whether the round has to reach back further than it did for this first page."""
        now = self._now
        if self._looked_back or now.next_link is not None:
            return False
        self._looked_back = True
        if not now.must_look_back(page.now, self._settings.overlap):
            return False
        self._now = now.looking_back(page.now, self._settings.look_back)
        return self._now.at != now.at

    async def _learn_whether_it_sorts(self, page: Page) -> None:
        """Asked for the newest first, a server that sorts does not begin as when asked for the oldest.

        Asked only where there is more than a page. A server may ignore what it does not know, and what lies
        in the order of its making looks sorted by change until something old is edited.
        """
        if not page.more or self._now.sorts is not None or self._now.next_link is not None:
            return
        answer = await self._connection.read(self._kind, self._query("-_lastUpdated"))
        here = page.times
        there = self._page(answer).times if answer.status < 400 else []
        sorts = bool(here and there) and here[0] < there[0] and here[-1] <= there[0]
        self._now = replace(
            self._now,
            sorts=sorts and self._now.keeps_order(page) and there == sorted(there, reverse=True),
        )

    def _batch(self, answer: Answer, page: Page) -> RawBatch:
        return RawBatch(
            body=answer.body,
            cursor=cursors.dump(self._rounds),
            count=len(page.sightings),
            newest=cursors.newest(self._rounds),
            ahead=cursors.ahead(self._rounds),
        )


def _refusal(answer: Answer, kind: SyncedType) -> Rejected:
    if answer.status == 404:
        return Rejected(
            "fhir.no_such_type", f"{kind}: not served; leave it out of resources", scope="message"
        )
    return answer.refusal()


def _sighting(resource: Json, kind: SyncedType, zone: tzinfo | None) -> Sighting:
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
    return Sighting(digest=digest_of(f"{kind}/{resource.get('id')}", version), updated=updated)


def _malformed(entry: object) -> Sighting:
    raw = entry.raw if isinstance(entry, Damaged) else json.dumps(entry)
    return Sighting(digest=digest_of("malformed", raw), updated=None)
