"""What came in, from the MIS, from channels, from patients' pages: shown, and processed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nextvisit.store.base.engine import Database
from nextvisit.store.base.entry import Entry
from nextvisit.store.queues import inbox
from nextvisit.store.queues.inbox import InboxListing, InboxState


@dataclass(frozen=True, slots=True)
class Arrivals:
    """counts: of every state, whichever one `things` are of."""

    counts: Mapping[InboxState, int]
    things: Sequence[InboxListing]


async def listing(database: Database, state: InboxState, limit: int) -> Arrivals:
    """Parked things with their reason, never with their words."""
    async with database.transaction() as tx:
        things = await inbox.listing(tx, state, limit)
        return Arrivals(await inbox.counts(tx), things)


async def replay(database: Database, ids: Sequence[int] | None, by: str) -> int:
    """Let these parked things be processed again, or all of them; returns how many. Audited."""
    async with database.transaction(actor=by) as tx:
        count = await inbox.replay(tx, ids)
        tx.audit(Entry("inbox.replayed", "inbox", "parked", body={"count": count}))
    return count
