"""What of the store stands still, by what it is and since when. Counts, codes and instants; nobody's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from nextvisit.domain.task_reason import TaskReason
from nextvisit.store.base.engine import Tx


async def age(tx: Tx) -> timedelta:
    """How long this installation has its keys: since it was first opened, by the wall."""
    statement = text("SELECT clock_timestamp() - min(created_at_wall) FROM key_ring")
    found: timedelta = (await tx.connection.execute(statement)).scalar_one()
    return found


@dataclass(frozen=True, slots=True)
class ParkedThings:
    """What of one origin waits for somebody, for one reason. things: records, or single arrivals."""

    origin: str
    reason: str
    things: int
    oldest: datetime


async def parked(tx: Tx) -> Sequence[ParkedThings]:
    """The most frequent first."""
    statement = text(
        """
        SELECT origin, coalesce(reason, 'unknown') AS reason, sum(count)::bigint AS things,
            min(received_at) AS oldest
        FROM inbox WHERE state = 'parked' GROUP BY origin, reason ORDER BY things DESC, origin, reason
        """
    )
    return [ParkedThings(**row) for row in (await tx.connection.execute(statement)).mappings()]


@dataclass(frozen=True, slots=True)
class RefusedMessages:
    """What the provider of one connection would not have, by what it said."""

    connection: str
    code: str
    messages: int
    first: datetime


async def refused(tx: Tx, since: datetime, least: int) -> Sequence[RefusedMessages]:
    """Those of which there were so many; the most frequent first."""
    statement = text(
        """
        SELECT provider AS connection, substr(reason, length('rejected.') + 1) AS code, count(*) AS messages,
            min(claimed_at) AS first
        FROM message
        WHERE reason LIKE 'rejected.%' AND claimed_at >= :since AND provider IS NOT NULL
        GROUP BY provider, reason HAVING count(*) >= :least ORDER BY messages DESC, connection, code
        """
    )
    rows = await tx.connection.execute(statement, {"since": since, "least": least})
    return [RefusedMessages(**row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True)
class LostMessages:
    """Of a campaign, what a connection's provider took and then did not deliver. sent: of how many."""

    connection: str
    campaign: str
    code: str
    messages: int
    sent: int
    first: datetime


async def lost(tx: Tx, since: datetime, least: int) -> Sequence[LostMessages]:
    """Those of which there were so many; the most frequent first."""
    statement = text(
        """
        WITH lately AS (
            SELECT provider AS connection, campaign, status, coalesce(status_code, 'failed') AS code, sent_at
            FROM message WHERE state = 'sent' AND sent_at >= :since AND provider IS NOT NULL
        ), all_of_them AS (
            SELECT connection, campaign, count(*) AS sent FROM lately GROUP BY connection, campaign
        )
        SELECT connection, campaign, code, count(*) AS messages, alike.sent, min(sent_at) AS first
        FROM lately JOIN all_of_them AS alike USING (connection, campaign)
        WHERE status = 'failed'
        GROUP BY connection, campaign, code, alike.sent HAVING count(*) >= :least
        ORDER BY messages DESC, connection, campaign, code
        """
    )
    rows = await tx.connection.execute(statement, {"since": since, "least": least})
    return [LostMessages(**row) for row in rows.mappings()]


async def waiting_since(tx: Tx) -> datetime | None:
    """When the oldest thing of the inbox came that nobody has processed or parked."""
    statement = text("SELECT min(received_at) FROM inbox WHERE state = 'new'")
    found: datetime | None = (await tx.connection.execute(statement)).scalar_one()
    return found


@dataclass(frozen=True, slots=True)
class FiringSign:
    """One firing, as far as a doctor is interested."""

    due_at: datetime
    audience: int
    fresh: int
    enrolled: int


async def last_firings(tx: Tx, campaign: str, limit: int) -> Sequence[FiringSign]:
    """The latest first."""
    statement = text(
        """
        SELECT due_at, audience, fresh, contacted + held_out AS enrolled FROM campaign_firing
        WHERE campaign = :campaign ORDER BY due_at DESC LIMIT :limit
        """
    )
    rows = await tx.connection.execute(statement, {"campaign": campaign, "limit": limit})
    return [FiringSign(**row) for row in rows.mappings()]


async def contacted_between(tx: Tx, campaign: str, first: datetime, before: datetime) -> int:
    """How many the firings that were due from `first` until `before` enrolled for a word."""
    statement = text(
        """
        SELECT coalesce(sum(contacted), 0)::bigint FROM campaign_firing
        WHERE campaign = :campaign AND due_at >= :first AND due_at < :before
        """
    )
    parameters = {"campaign": campaign, "first": first, "before": before}
    found: int = (await tx.connection.execute(statement, parameters)).scalar_one()
    return found


@dataclass(frozen=True, slots=True)
class Still:
    """How many of a campaign's things stand still, and the oldest of them."""

    campaign: str
    count: int
    oldest: datetime


async def unknown_outcomes(tx: Tx) -> Sequence[Still]:
    """Messages of which nobody can say whether they went out, and bookings that perhaps were made."""
    statement = text(
        """
        WITH unknown AS (
            SELECT campaign, planned_at AS at FROM message WHERE state = 'unknown'
            UNION ALL
            SELECT j.campaign, b.requested_at FROM booking b JOIN journey j ON j.id = b.journey_id
            WHERE b.state = 'unknown'
        )
        SELECT campaign, count(*) AS count, min(at) AS oldest FROM unknown GROUP BY campaign ORDER BY campaign
        """
    )
    return [Still(**row) for row in (await tx.connection.execute(statement)).mappings()]


async def tried_in_vain(tx: Tx, attempts: int) -> Sequence[Still]:
    """Messages of running campaigns that were taken so often for sending, and are still to be sent."""
    statement = text(
        """
        SELECT m.campaign, count(*) AS count, min(m.planned_at) AS oldest
        FROM message m JOIN campaign c ON c.campaign = m.campaign AND c.state = 'running'
        WHERE m.state = 'planned' AND m.attempts >= :attempts GROUP BY m.campaign ORDER BY m.campaign
        """
    )
    rows = await tx.connection.execute(statement, {"attempts": attempts})
    return [Still(**row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True)
class OpenTasks:
    """Of one queue. urgent_since: since when the oldest is open of those by whom somebody may need help."""

    queue: str
    count: int
    oldest: datetime
    urgent: int
    urgent_since: datetime | None


async def open_tasks(tx: Tx) -> Sequence[OpenTasks]:
    """By queue."""
    statement = text(
        "SELECT queue, count(*) AS count, min(created_at) AS oldest,"
        " count(*) FILTER (WHERE reason = :urgent) AS urgent,"
        " min(created_at) FILTER (WHERE reason = :urgent) AS urgent_since"
        " FROM task WHERE state = 'open' GROUP BY queue ORDER BY queue"
    )
    rows = await tx.connection.execute(statement, {"urgent": TaskReason.URGENT.value})
    return [OpenTasks(**row) for row in rows.mappings()]


async def last_checkpoint(tx: Tx) -> datetime | None:
    """When the chains' ends were last signed, by the wall; None: never."""
    statement = text("SELECT max(at_wall) FROM audit_checkpoint")
    found: datetime | None = (await tx.connection.execute(statement)).scalar_one()
    return found
