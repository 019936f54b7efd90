"""What reached a journey from outside: numbered rows, and a signal that only tells of them.

An event is written, and Temporal told of it, in the transaction of what caused it. Whoever takes a
journey up again in an empty Temporal server hands it every event after the last one that it consumed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import BigInteger, case, cast, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from nextvisit.flow.engine.events import CampaignStopped, Signal
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.base.tables import JourneyEventRow, JourneyRow, table_of
from nextvisit.store.journeys.journey_json import signal_from_json, signal_to_json
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.queues import outbox

_journeys = table_of(JourneyRow)
_events = table_of(JourneyEventRow)


async def tell(tx: Tx, journey: JourneyId, event: Signal, dedupe: str) -> int | None:
    """Number what happened and tell Temporal in the same transaction. Numbers have no gaps.

    Returns the number; None for what was told before and for a journey that has ended.
    """
    # The lock orders the tellers; only under it the number is free and duplicates are visible.
    told = await tx.connection.scalar(
        select(_journeys.c.event_count)
        .where(_journeys.c.id == journey, _journeys.c.outcome.is_(None))
        .with_for_update()
    )
    if told is None:
        return None
    numbered = replace(event, seq=told + 1)
    written = await tx.connection.scalar(
        insert(_events)
        .values(
            journey_id=journey,
            seq=numbered.seq,
            event=signal_to_json(numbered),
            dedupe=dedupe,
            at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["journey_id", "dedupe"])
        .returning(_events.c.seq)
    )
    if written is None:
        return None
    await tx.connection.execute(
        update(_journeys).where(_journeys.c.id == journey).values(event_count=numbered.seq)
    )
    await outbox.put(tx, "signal_journey", str(journey), signal_to_json(numbered))
    return numbered.seq


def of_reply(ref: str) -> str:
    """The key of an answer. ref: the number of its inbox row, and which it is in there."""
    return f"reply:{ref}"


async def is_overtaken(tx: Tx, journey: JourneyId, ref: str) -> bool:
    """Whether the journey was told an answer that came in after this one, and was not told this one."""
    number, row = func.split_part(_events.c.dedupe, ":", 2), int(ref.partition(":")[0])
    # A CASE, because the order of an AND is nobody's promise, and not every key has a number.
    later = case((_events.c.dedupe.like("reply:%"), cast(number, BigInteger) > row), else_=False)
    of_journey = _events.c.journey_id == journey
    told = exists().where(of_journey, _events.c.dedupe == of_reply(ref))
    return bool(await tx.connection.scalar(select(exists().where(of_journey, later) & ~told)))


async def last_reply(tx: Tx, journey: JourneyId) -> str | None:
    """The key of the last answer that the journey was told."""
    query = (
        select(_events.c.dedupe)
        .where(_events.c.journey_id == journey, _events.c.dedupe.like("reply:%"))
        .order_by(_events.c.seq.desc())
        .limit(1)
    )
    found: str | None = await tx.connection.scalar(query)
    return found


async def tell_stopped(tx: Tx, campaign: str, limit: int) -> int:
    """Tell the next open journeys that their campaign is stopped; 0 when all have been told."""
    dedupe = "campaign_stopped"
    been_told = exists().where(_events.c.journey_id == _journeys.c.id, _events.c.dedupe == dedupe)
    rows = await tx.connection.execute(
        select(_journeys.c.id)
        .where(_journeys.c.campaign == campaign, _journeys.c.outcome.is_(None), ~been_told)
        .order_by(_journeys.c.id)
        .limit(limit)
    )
    told = [await tell(tx, JourneyId(row.id), CampaignStopped(tx.now), dedupe) for row in rows]
    return len(told)


async def unseen(tx: Tx, those: Collection[JourneyHead]) -> Mapping[JourneyId, Sequence[Signal]]:
    """Of each that was told something since its last step that is kept: what, in order."""
    seen = {each.id: each.seen for each in those}
    behind = [each.id for each in those if each.told > seen[each.id]]
    rows = await tx.connection.execute(
        select(_events.c.journey_id, _events.c.event)
        .where(_events.c.journey_id.in_(behind))
        .order_by(_events.c.journey_id, _events.c.seq)
    )
    told: dict[JourneyId, list[Signal]] = {journey: [] for journey in behind}
    for row in rows:
        signal = signal_from_json(row.event)
        if signal.seq > seen[row.journey_id]:
            told[row.journey_id].append(signal)
    return told


async def after(tx: Tx, journey: JourneyId, seq: int) -> tuple[Signal, ...]:
    """What was told since number `seq`, in order."""
    rows = await tx.connection.execute(
        select(_events.c.event)
        .where(_events.c.journey_id == journey, _events.c.seq > seq)
        .order_by(_events.c.seq)
    )
    return tuple(signal_from_json(row.event) for row in rows)
