"""What waits for a person at the clinic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import signs
from nextvisit.watch.finding import Finding, Grade, fine, wrong

_LONG = timedelta(days=3)


async def tasks(database: Database) -> Sequence[Finding]:
    """A task that nobody sees to is a patient who waits."""
    async with database.transaction() as tx:
        queues = await signs.open_tasks(tx)
        now = tx.now
    return [
        wrong(
            f"{each.count} open for {each.queue}, the oldest for {(now - each.oldest).days} days",
            since=each.oldest,
            touches=f"up to {each.count} patients",
            do=f"`nextvisit task list --queue {each.queue}`, and close what is done",
        )
        if now - each.oldest > _LONG
        else Finding(Grade.OK, f"{each.count} open for {each.queue}", since=each.oldest)
        for each in queues
    ] or fine("none is open")
