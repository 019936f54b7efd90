"""What came in, from the MIS, from channels, from patients' pages: shown, and processed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nextvisit.intake.wire import MisResource
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.engine import Database
from nextvisit.store.base.entry import Entry
from nextvisit.store.queues import inbox
from nextvisit.store.queues.inbox import InboxKind, InboxListing, InboxState


@dataclass(frozen=True, slots=True)
class Arrival:
    """A thing that came in. resource: the type and id of what could not be read of a MIS."""

    id: int
    kind: InboxKind
    origin: str
    resource: str | None
    count: int
    state: InboxState
    reason: str | None
    attempts: int
    received_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """counts: of every state, whichever one `things` are of."""

    counts: Mapping[InboxState, int]
    things: Sequence[Arrival]


async def listing(database: Database, state: InboxState, limit: int) -> Arrivals:
    """Parked things with their reason, never with their words."""
    async with database.transaction() as tx:
        things = [_arrival(each) for each in await inbox.listing(tx, state, limit)]
        return Arrivals(await inbox.counts(tx), things)


def _arrival(row: InboxListing) -> Arrival:
    return Arrival(
        id=row.id,
        kind=row.kind,
        origin=row.origin,
        resource=None if row.body is None else MisResource.model_validate_json(row.body).ref,
        count=row.count,
        state=row.state,
        reason=row.reason,
        attempts=row.attempts,
        received_at=row.received_at,
        done_at=row.done_at,
    )


async def replay(database: Database, ids: Sequence[int] | None, by: str) -> int:
    """Let these parked things be processed again, or all of them; returns how many. Audited.

    Raises ConfigError, and changes nothing, when one of these is not parked.
    """
    async with database.transaction(actor=by) as tx:
        count = await inbox.replay(tx, ids)
        if ids is not None and count != len(set(ids)):
            written = ", ".join(str(each) for each in ids)
            message = (
                f"{len(set(ids)) - count} of these are not parked; `nextvisit inbox list` shows which are"
            )
            raise ConfigError("inbox.not_parked", message, place=written)
        tx.audit(Entry("inbox.replayed", "inbox", "parked", body={"count": count}))
    return count
