"""Restores of this database from a backup, and whose messages are in doubt by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, text

from nextvisit.clock import Clock
from nextvisit.domain.restoration import Course, Restoration, may_have_gone_out
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import JourneyId


async def begun(tx: Tx, taken_at: datetime, lost_at: datetime | None = None) -> Restoration:
    """This database was restored from a backup that knows until `taken_at`; campaigns send nothing now.

    lost_at: until when what was lost may have sent; None: until now. What comes in gets numbers that were
    given to nothing in between, for ids are derived from them. Raises ConfigError when the backup is of a
    time that is still to come, or is later than the loss.
    """
    lost = tx.now if lost_at is None else lost_at
    refuse_impossible(taken_at, lost, tx.now)
    statement = text("SELECT restoration_begin(:taken, :lost, :now)")
    values = {"taken": taken_at, "lost": lost, "now": tx.now}
    number: int = (await tx.connection.execute(statement, values)).scalar_one()
    body = {"taken_at": taken_at.isoformat(), "lost_at": lost.isoformat()}
    tx.audit(Entry("restore.begun", "restoration", str(number), body=body))
    return next(each for each in await listing(tx) if each.id == number)


def refuse_impossible(taken_at: datetime, lost_at: datetime, now: datetime) -> None:
    """Raises ConfigError for times that `begun` refuses."""
    if not taken_at <= lost_at <= now:
        message = "a backup is taken before the loss, and the loss is over; or a clock was wrong"
        raise ConfigError("restore.times", message, place=f"{taken_at.isoformat()}, {lost_at.isoformat()}")


async def listing(tx: Tx) -> Sequence[Restoration]:
    """All that there were, the latest first."""
    statement = text(
        "SELECT id, taken_at, lost_at, restored_at, rehydrated_at, confirmed_at, confirmed_by, not_sent, ran"
        " FROM restoration ORDER BY id DESC"
    )
    rows = await tx.connection.execute(statement)
    return [_restoration(row) for row in rows.mappings()]


def _restoration(row: RowMapping) -> Restoration:
    return Restoration(**{**row, "not_sent": tuple(row["not_sent"])})


async def unconfirmed(tx: Tx) -> Restoration | None:
    """The latest, while nobody has confirmed it."""
    return next((each for each in await listing(tx) if each.confirmed_at is None), None)


async def confirm(
    tx: Tx, restored: Restoration, by: str, *, lost_at: datetime, not_sent: Sequence[str]
) -> None:
    """A person has seen to what happened in between; from now on it is sent again.

    Those that were begun before and not confirmed are confirmed with it, and cover the same time.
    """
    statement = text(
        """
        UPDATE restoration SET confirmed_at = :now, confirmed_by = :by, ran_until = :now,
            lost_at = CASE WHEN id = :id THEN :lost ELSE lost_at END, not_sent = :not_sent
        WHERE confirmed_at IS NULL
        """
    )
    values = {"now": tx.now, "by": by, "lost": lost_at, "not_sent": list(not_sent), "id": restored.id}
    await tx.connection.execute(statement, values)
    body = {"lost_at": lost_at.isoformat(), "not_sent": ",".join(not_sent)}
    tx.audit(Entry("restore.confirmed", "restoration", str(restored.id), body=body))


async def rehydrated(tx: Tx) -> None:
    """Every open journey runs."""
    statement = text("UPDATE restoration SET rehydrated_at = :now WHERE confirmed_at IS NULL")
    await tx.connection.execute(statement, {"now": tx.now})


async def ran_on(tx: Tx, at_most: timedelta, clock: Clock) -> None:
    """A worker takes work. at_most: what counts since that was last said, by the wall; else none did."""
    statement = text(
        """
        UPDATE restoration
        SET ran = ran + least(:now - ran_until, CAST(:at_most AS interval)), ran_until = :now
        WHERE confirmed_at IS NOT NULL AND :now > ran_until
        """
    )
    known = [each for each in await listing(tx) if each.confirmed_at is not None]
    if known:
        day = timedelta(days=1)
        await tx.connection.execute(
            statement, {"now": tx.now, "at_most": at_most * (day / clock.wall_span(day))}
        )


async def in_doubt(tx: Tx, journey: JourneyId) -> Restoration | None:
    """The restore by which nobody knows whether the journey's next message has gone out. None: it has not."""
    for each in await listing(tx):
        course = await _course(tx, each, journey)
        if may_have_gone_out(each, course, tx.now):
            return each
    return None


async def _course(tx: Tx, restored: Restoration, journey: JourneyId) -> Course:
    """A message waits from when it is planned until something has come of it, or until now."""
    statement = text(
        """
        SELECT e.enrolled_at, e.due_at,
            NOT EXISTS (
                SELECT FROM campaign_firing f
                WHERE f.campaign = e.campaign AND f.due_at > :lost AND f.due_at < e.due_at
            ) AS first,
            coalesce((
                SELECT sum(greatest(coalesce(d.at, :now) - greatest(m.planned_at, :since), interval '0'))
                FROM message m LEFT JOIN LATERAL (
                    SELECT min(at) AS at FROM journey_decision d
                    WHERE d.journey_id = m.journey_id AND d.node = m.node AND d.occurrence = m.occurrence
                        AND d.rung = m.rung AND d.effect IN ('send_message', 'make_offer')
                        AND d.result <> 'deferred'
                ) d ON true
                WHERE m.journey_id = e.id
            ), interval '0') AS gated
        FROM enrolment e WHERE e.id = :journey
        """
    )
    values = {
        "journey": journey,
        "lost": restored.lost_at,
        "since": restored.confirmed_at or tx.now,
        "now": tx.now,
    }
    return Course(**(await tx.connection.execute(statement, values)).mappings().one())


async def answers_from_before(tx: Tx, auto_reply: str) -> bool:
    """Whether what was lost may have written it back already: by its words, which are of then."""
    statement = text(
        "SELECT EXISTS (SELECT FROM auto_reply a JOIN restoration r ON r.lost_at >= a.said_at"
        " WHERE a.id = CAST(:id AS uuid))"
    )
    found: bool = (await tx.connection.execute(statement, {"id": auto_reply})).scalar_one()
    return found


@dataclass(frozen=True, slots=True)
class Left:
    """What a person looks at before confirming; counts.

    unsettled: messages and auto-replies that were being sent as the backup was taken. open_journeys: that
    go on. unread: what came in and is not processed. strangers: by connection, reports on messages that
    nobody here knows, so they went out in between. unknown: messages of which it stayed unknown.
    """

    unsettled: int
    open_journeys: int
    unread: int
    strangers: dict[str, int]
    unknown: int


async def left(tx: Tx, reason: str) -> Left:
    """Now. reason: the ledger's, of what stayed unknown by a restore."""
    counts = text(
        """
        SELECT
            (SELECT count(*) FROM message WHERE state = 'claimed')
            + (SELECT count(*) FROM auto_reply WHERE state = 'claimed') AS unsettled,
            (SELECT count(*) FROM journey WHERE outcome IS NULL) AS open_journeys,
            (SELECT count(*) FROM inbox WHERE state = 'new' AND reason IS DISTINCT FROM 'unknown_message')
            AS unread,
            (SELECT count(*) FROM message WHERE state = 'unknown' AND reason = :reason) AS unknown
        """
    )
    strangers = text(
        "SELECT origin, sum(count)::bigint AS times FROM inbox"
        " WHERE state IN ('new', 'parked') AND reason = 'unknown_message' GROUP BY origin ORDER BY origin"
    )
    row = (await tx.connection.execute(counts, {"reason": reason})).mappings().one()
    found = {each.origin: each.times for each in await tx.connection.execute(strangers)}
    return Left(**row, strangers=found)


async def unknown(tx: Tx, reason: str, limit: int) -> Sequence[tuple[JourneyId, str]]:
    """(journey, connection) of messages of which it stayed unknown, the oldest first."""
    statement = text(
        "SELECT journey_id, provider FROM message WHERE state = 'unknown' AND reason = :reason"
        " ORDER BY planned_at, id LIMIT :limit"
    )
    rows = await tx.connection.execute(statement, {"reason": reason, "limit": limit})
    return [(JourneyId(each.journey_id), each.provider) for each in rows]
