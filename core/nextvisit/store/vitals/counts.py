"""How many of each there are, for whoever draws curves. Counts, codes and instants; nobody's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from nextvisit.store.base.engine import Tx


@dataclass(frozen=True, slots=True)
class ArrivedCount:
    """What of one origin is in the inbox and not done."""

    origin: str
    state: str
    things: int
    oldest: datetime


async def arrived(tx: Tx) -> Sequence[ArrivedCount]:
    """By origin and state: new, parked."""
    statement = text(
        """
        SELECT origin, state, sum(count)::bigint AS things, min(received_at) AS oldest FROM inbox
        WHERE state = 'new' OR state = 'parked' GROUP BY origin, state
        """
    )
    return [ArrivedCount(**row) for row in (await tx.connection.execute(statement)).mappings()]


@dataclass(frozen=True, slots=True)
class MessageCount:
    """Of one campaign, in one state of the ledger. reason: of those that were skipped; of a provider's codes
    only what stands before the dot.
    """

    campaign: str
    state: str
    reason: str | None
    count: int


async def messages(tx: Tx) -> Sequence[MessageCount]:
    """The whole ledger, once through."""
    statement = text(
        """
        SELECT campaign, state, CASE WHEN state = 'skipped' THEN split_part(reason, '.', 1) END AS reason,
            count(*) AS count
        FROM message GROUP BY 1, 2, 3
        """
    )
    return [MessageCount(**row) for row in (await tx.connection.execute(statement)).mappings()]


@dataclass(frozen=True, slots=True)
class JourneyCount:
    """Of one campaign. state: open, or how they ended."""

    campaign: str
    state: str
    count: int


async def journeys(tx: Tx) -> Sequence[JourneyCount]:
    """All that there are."""
    statement = text(
        """
        SELECT campaign, coalesce(outcome, 'open') AS state, count(*) AS count FROM journey GROUP BY 1, 2
        """
    )
    return [JourneyCount(**row) for row in (await tx.connection.execute(statement)).mappings()]


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What has happened since an instant: messages that went out, arrived, were answered, could not be given
    to the provider; auto-replies; appointments that we booked.
    """

    sent: int
    delivered: int
    replied: int
    unknown: int
    auto_replies: int
    booked: int


async def since(tx: Tx, first: datetime) -> DayCounts:
    """From then on."""
    statement = text(
        """
        SELECT
            count(*) FILTER (WHERE sent_at >= :first) AS sent,
            count(*) FILTER (WHERE delivered_at >= :first) AS delivered,
            count(*) FILTER (WHERE replied_at >= :first) AS replied,
            count(*) FILTER (WHERE state = 'unknown' AND claimed_at >= :first) AS unknown,
            (SELECT count(*) FROM auto_reply WHERE sent_at >= :first) AS auto_replies,
            (SELECT count(*) FROM booking WHERE state = 'booked' AND settled_at >= :first) AS booked
        FROM message
        """
    )
    return DayCounts(**(await tx.connection.execute(statement, {"first": first})).mappings().one())


async def key_ages(tx: Tx) -> Mapping[str, timedelta]:
    """How long each purpose's active key has been so, by the wall."""
    statement = text(
        "SELECT purpose, clock_timestamp() - created_at_wall AS age FROM key_ring WHERE state = 'active'"
    )
    return {row.purpose: row.age for row in await tx.connection.execute(statement)}
