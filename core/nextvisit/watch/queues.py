"""What came in and waits, and what a worker is still to tell Temporal and to write back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from nextvisit.store.base.engine import Database
from nextvisit.store.messages import auto_replies
from nextvisit.store.queues import inbox, outbox
from nextvisit.store.vitals import signs
from nextvisit.store.vitals.signs import ParkedThings
from nextvisit.watch.finding import Finding, Grade, fine, wrong

_LONG = timedelta(hours=1)
_SOON = timedelta(minutes=5)
_DAY = timedelta(days=1)
_REASONS_SHOWN = 10


async def arrivals(database: Database) -> Sequence[Finding]:
    """What is parked, by origin and reason, and whether the rest is processed."""
    async with database.transaction() as tx:
        counts = await inbox.counts(tx)
        parked = await signs.parked(tx)
        waiting = await signs.waiting_since(tx)
        now = tx.now
    findings = _parked(parked)
    if waiting is not None and now - waiting > _LONG:
        says = f"{counts['new']} things wait to be processed"
        do = "see whether a worker runs: its log says `inbox.…`"
        findings.append(wrong("inbox.waiting", says, since=waiting, do=do, count=counts["new"]))
    return findings or fine(f"{counts['new']} new, {counts['parked']} parked")


async def parked_from(database: Database, origins: Collection[str]) -> Sequence[Finding]:
    """Of these connections alone."""
    async with database.transaction() as tx:
        parked = [each for each in await signs.parked(tx) if each.origin in origins]
    return _parked(parked) or fine("nothing of theirs is parked")


def _parked(those: Sequence[ParkedThings]) -> list[Finding]:
    findings = [_of_parked(each) for each in those[:_REASONS_SHOWN]]
    left = len(those) - _REASONS_SHOWN
    if left <= 0:
        return findings
    things = sum(each.things for each in those[_REASONS_SHOWN:])
    return [*findings, wrong("inbox.parked", f"and for {left} more reasons", do=_PARKED, count=things)]


_PARKED = "`nextvisit inbox list --state parked` names them; mend the cause, then `nextvisit inbox replay`"


def _of_parked(found: ParkedThings) -> Finding:
    return wrong(
        "inbox.parked",
        f"{found.things} from {found.origin} parked as {found.reason}",
        since=found.oldest,
        where=found.origin,
        count=found.things,
        touches=f"{found.things} things that {found.origin} sent",
        do=_PARKED,
    )


async def outgoing(database: Database) -> Sequence[Finding]:
    """Tried in vain, it needs somebody to look."""
    async with database.transaction() as tx:
        waiting = await outbox.pending(tx)
        now = tx.now
    if waiting.failed:
        says = f"{waiting.failed} of {waiting.count} waiting were tried in vain"
        do = "the worker's log says why (`relay.…`)"
        return [wrong("outbox.failed", says, since=waiting.oldest, do=do, count=waiting.failed)]
    if waiting.oldest is not None and now - waiting.oldest > _LONG:
        says = f"{waiting.count} waiting, and nobody takes them"
        do = "see whether a worker runs"
        return [wrong("outbox.waiting", says, since=waiting.oldest, do=do, count=waiting.count)]
    return [Finding(Grade.OK, f"{waiting.count} waiting", since=waiting.oldest)]


async def written_back(database: Database) -> Sequence[Finding]:
    """Who needs the emergency number needs it now, and by another way if this one failed."""
    async with database.transaction() as tx:
        found = await auto_replies.unsent(tx, tx.now - _DAY)
        now = tx.now
    findings = []
    if found.lost:
        findings.append(
            wrong(
                "auto_reply.lost",
                f"{found.lost} emergency numbers did not arrive since yesterday",
                count=found.lost,
                touches=f"{found.lost} people who may have needed help",
                do="call them: `nextvisit task list` has what they wrote, as urgent",
            )
        )
    if found.oldest is not None and now - found.oldest > _SOON:
        says = f"{found.waiting} auto-replies wait to be sent"
        do = "see whether a worker runs and the channel works: `nextvisit channel list`"
        findings.append(wrong("auto_reply.waiting", says, since=found.oldest, do=do, count=found.waiting))
    return findings or fine(f"{found.waiting} waiting")
