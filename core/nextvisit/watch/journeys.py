"""Whether journeys go on, and whether what they send goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from nextvisit.flow.engine.due import LastStep, due_at
from nextvisit.flow.engine.events import Signal
from nextvisit.sdk.errors import NextVisitError
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.campaigns.programs import Programs
from nextvisit.store.journeys import journey_events
from nextvisit.store.journeys import journeys as stored
from nextvisit.store.journeys.journeys import Filters, JourneyHead
from nextvisit.store.vitals import signs
from nextvisit.watch.finding import Finding, fine, wrong

_PATIENCE = timedelta(hours=6)
_MANY = 5
_PAGE = 500


async def moving(database: Database, programs: Programs, *, campaign: str | None = None) -> Sequence[Finding]:
    """A journey moves at its start, at the end of a wait, and when an action has come to something.

    Temporal alone keeps a wait, but what a journey waits for follows from what the store has of it.
    campaign: of this one alone.
    """
    overdue: dict[str, list[datetime]] = {}
    page: Sequence[JourneyHead] | None = None
    while page is None or page:
        after = page[-1].id if page else None
        async with database.transaction() as tx:
            before = tx.now - _PATIENCE
            untouched = Filters(campaign, open_only=True, of_running=True, untouched_since=before)
            page = await stored.listing(tx, replace(untouched, after=after, limit=_PAGE))
            for each, due in await _due(tx, programs, page):
                if due < before:
                    overdue.setdefault(each.campaign, []).append(due)
    hours = _PATIENCE // timedelta(hours=1)
    return [
        wrong(
            "journey.late",
            f"{len(those)} of {name} stand still, more than {hours} hours after they were to go on",
            since=min(those),
            where=name,
            count=len(those),
            touches=f"{len(those)} patients",
            do="see that Temporal and a worker run, then `nextvisit journey rehydrate`",
        )
        for name, those in sorted(overdue.items())
    ] or fine("all of them move")


async def _due(
    tx: Tx, programs: Programs, page: Sequence[JourneyHead]
) -> Sequence[tuple[JourneyHead, datetime]]:
    told = await journey_events.unseen(tx, page)
    return [(each, await _due_of(tx, programs, each, told.get(each.id, ()))) for each in page]


async def _due_of(tx: Tx, programs: Programs, head: JourneyHead, told: Sequence[Signal]) -> datetime:
    """For one that has not begun, or that no worker of this release goes on with: when it came there."""
    if head.state is None:
        return head.updated_at
    last = LastStep(head.state, head.pending[0], head.updated_at, head.result, told)
    try:
        return due_at(await programs.program(tx, head.campaign, head.version), last, tx.now)
    except NextVisitError:
        return head.updated_at


async def sending(database: Database, *, campaign: str | None = None) -> Sequence[Finding]:
    """Messages that are refused again and again, and those of which nobody knows what became.

    campaign: of this one alone.
    """
    async with database.transaction() as tx:
        vain = [each for each in await signs.tried_in_vain(tx, _MANY) if campaign in {None, each.campaign}]
        unknown = [each for each in await signs.unknown_outcomes(tx) if campaign in {None, each.campaign}]
    findings = [
        wrong(
            "message.in_vain",
            f"{each.count} messages of {each.campaign} were tried {_MANY} times or more and did not go out",
            since=each.oldest,
            where=each.campaign,
            count=each.count,
            touches=f"{each.count} patients",
            do="the lines about the channels say which of them refuses; the worker's log names each",
        )
        for each in vain
    ] + [
        wrong(
            "message.unknown",
            f"{each.count} messages or bookings of {each.campaign}: nobody can say whether they went through",
            since=each.oldest,
            where=each.campaign,
            count=each.count,
            touches=f"{each.count} patients",
            do="ask the provider, or the MIS; `nextvisit task list` has one for each message",
        )
        for each in unknown
    ]
    return findings or fine("nothing is refused again and again, no outcome is unknown")
