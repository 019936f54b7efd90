"""Whether journeys go on, and whether what they send goes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import signs
from nextvisit.watch.finding import Finding, fine, wrong

_PATIENCE = timedelta(hours=6)
_MANY = 5


async def moving(database: Database) -> Sequence[Finding]:
    """A journey moves at its start, at the end of a wait, and when an action has come to something."""
    async with database.transaction() as tx:
        still = await signs.overdue_journeys(tx, _PATIENCE)
    hours = _PATIENCE // timedelta(hours=1)
    return [
        wrong(
            f"{each.count} of {each.campaign} stand still, more than {hours} hours after they were to go on",
            since=each.oldest,
            touches=f"{each.count} patients",
            do="see that Temporal and a worker run, then `nextvisit journey rehydrate`",
        )
        for each in still
    ] or fine("all of them move")


async def sending(database: Database) -> Sequence[Finding]:
    """Messages that are refused again and again, and those of which nobody knows what became."""
    async with database.transaction() as tx:
        vain = await signs.tried_in_vain(tx, _MANY)
        unknown = await signs.unknown_outcomes(tx)
    findings = [
        wrong(
            f"{each.count} messages of {each.campaign} were tried {_MANY} times or more and did not go out",
            since=each.oldest,
            touches=f"{each.count} patients",
            do="the lines about the channels say which of them refuses; the worker's log names each",
        )
        for each in vain
    ] + [
        wrong(
            f"{each.count} messages or bookings of {each.campaign}: nobody can say whether they went through",
            since=each.oldest,
            touches=f"{each.count} patients",
            do="ask the provider, or the MIS; `nextvisit task list` has one for each message",
        )
        for each in unknown
    ]
    return findings or fine("nothing is refused again and again, no outcome is unknown")
