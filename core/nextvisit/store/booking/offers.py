"""Slots that a message offers, and how long they are kept.

Until `hard_until` a slot is kept for its offer alone; after that, while the offer is open, others get it
only when they find nothing better.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal
from uuid import uuid5

from pydantic import TypeAdapter
from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert

from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import MisRef, Slot
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.ids import JourneyId, OfferId
from nextvisit.store.base.tables import BookingRow, OfferRow, SlotHoldRow, table_of

_offers = table_of(OfferRow)
_holds = table_of(SlotHoldRow)
_bookings = table_of(BookingRow)

_CLOCKS_DIFFER = timedelta(minutes=1)
"""Of two machines, at most."""

_REFUSED_FOR = timedelta(days=1)
"""How long a slot that the MIS would not book is believed to be taken, whatever the MIS says of it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """`slots` in the order in which the patient reads them; a choice counts from 1."""

    id: OfferId
    journey_id: JourneyId
    source: str
    node: str
    occurrence: int
    slots: tuple[Slot, ...]
    state: Literal["open", "closed"]
    created_at: datetime

    def begins_before(self, instant: datetime) -> bool:
        """Whether one of its times does."""
        return any(slot.start < instant for slot in self.slots)


@dataclass(frozen=True, slots=True)
class Held:
    """hard: not to be offered to anybody else. soft: only when nothing else is free."""

    hard: frozenset[MisRef]
    soft: frozenset[MisRef]


Pick = Callable[[Held], Sequence[Slot]]
"""Chooses what to offer, knowing what is kept."""


@cache
def _slots() -> TypeAdapter[tuple[Slot, ...]]:
    return TypeAdapter(tuple[Slot, ...])


async def make(
    tx: Tx,
    journey: JourneyId,
    node: str,
    occurrence: int,
    source: str,
    *,
    pick: Pick,
    hold: timedelta,
    read_at: datetime,
    not_before: datetime | None = None,
) -> Offer | None:
    """Offer what `pick` chooses and keep it; the journey's earlier offers are given back.

    None when it chooses nothing. `pick` is given what is kept for others, and until the transaction ends
    nobody else picks from this MIS connection. read_at: when the MIS said what is free.

    Returns the offer of (journey, node, occurrence) that is there already, whatever its slots; but one of
    which nobody has been told yet is chosen anew when a time of it is before `not_before`.
    """
    # Two offers must not both see the same slot free.
    await tx.connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"slots:{source}", 0)))
    )
    offer = _id(journey, node, occurrence)
    known = await _one(tx, _offers.c.id == offer)
    if known is not None and (not_before is None or not known.begins_before(not_before)):
        return known
    slots = pick(await held(tx, source, besides=journey, read_at=read_at))
    if not slots:
        return None
    await close_of_journey(tx, journey)
    said = {"slots": _slots().dump_python(tuple(slots), mode="json"), "state": "open", "created_at": tx.now}
    made = insert(_offers).values(
        id=offer, journey_id=journey, source=source, node=node, occurrence=occurrence, **said
    )
    await tx.connection.execute(made.on_conflict_do_update(index_elements=[_offers.c.id], set_=said))
    keep = [
        {"source": source, "offer_id": offer, "hard_until": tx.now + hold, "slot_ref": slot.ref}
        for slot in slots
    ]
    kept = insert(_holds)
    again = {"hard_until": kept.excluded.hard_until}
    await tx.connection.execute(kept.on_conflict_do_update(constraint=_holds.primary_key, set_=again), keep)
    return await get(tx, offer)


async def get(tx: Tx, offer: OfferId) -> Offer:
    """Raises Bug when there is no such offer."""
    found = await _one(tx, _offers.c.id == offer)
    if found is None:
        raise Bug("offer.unknown", f"offer {offer}")
    return found


async def times_of(tx: Tx, those: Collection[OfferId]) -> frozenset[MisRef]:
    """All that was offered in them."""
    rows = await tx.connection.execute(select(_offers).where(_offers.c.id.in_(those)))
    return frozenset(slot.ref for row in rows.mappings() for slot in _offer_of(row).slots)


async def open_offer(tx: Tx, journey: JourneyId) -> Offer | None:
    """The offer that the patient may answer; a journey has one at most."""
    return await _one(tx, _offers.c.journey_id == journey, _offers.c.state == "open")


async def close(tx: Tx, offer: OfferId) -> None:
    """Answered, withdrawn or out of date: its slots are free for others."""
    await tx.connection.execute(update(_offers).where(_offers.c.id == offer).values(state="closed"))


async def close_of_journey(tx: Tx, journey: JourneyId) -> None:
    """Close whatever the journey has open."""
    await tx.connection.execute(
        update(_offers)
        .where(_offers.c.journey_id == journey, _offers.c.state == "open")
        .values(state="closed")
    )


async def held(tx: Tx, source: str, *, read_at: datetime, besides: JourneyId | None = None) -> Held:
    """Slots of this MIS connection that open offers keep, those of `besides` left out.

    read_at: when the MIS was asked what is free. What we have booked since then is kept hard as well: it
    was still free in that answer, and the offer that kept it ended with the booking. So is what it would not
    book lately, or whoever chose that would be offered it again.
    """
    query = (
        select(_holds.c.slot_ref, func.max(_holds.c.hard_until).label("until"))
        .join_from(_holds, _offers, _offers.c.id == _holds.c.offer_id)
        .where(_holds.c.source == source, _offers.c.state == "open")
        .group_by(_holds.c.slot_ref)
    )
    if besides is not None:
        query = query.where(_offers.c.journey_id != besides)
    rows = (await tx.connection.execute(query)).all()
    hard = {MisRef(row.slot_ref) for row in rows if row.until > tx.now}
    hard |= await _asked_for(tx, source, read_at - _CLOCKS_DIFFER)
    soft = {MisRef(row.slot_ref) for row in rows} - hard
    return Held(hard=frozenset(hard), soft=frozenset(soft))


async def _asked_for(tx: Tx, source: str, since: datetime) -> set[MisRef]:
    """Slots that we have booked since then, or that we were lately told are taken."""
    booked = (_bookings.c.state == "booked") & (_bookings.c.settled_at >= since)
    taken = (_bookings.c.state == "taken") & (_bookings.c.settled_at > tx.now - _REFUSED_FOR)
    query = select(_bookings.c.slot_ref).where(_bookings.c.source == source, booked | taken)
    return {MisRef(each) for each in await tx.connection.scalars(query)}


def _id(journey: JourneyId, node: str, occurrence: int) -> OfferId:
    return OfferId(uuid5(journey, f"offer:{node}:{occurrence}"))


async def _one(tx: Tx, *conditions: Any) -> Offer | None:
    query = select(_offers).where(*conditions).order_by(_offers.c.created_at.desc()).limit(1)
    row = (await tx.connection.execute(query)).mappings().one_or_none()
    return None if row is None else _offer_of(row)


def _offer_of(row: RowMapping) -> Offer:
    return Offer(
        id=OfferId(row["id"]),
        journey_id=JourneyId(row["journey_id"]),
        source=row["source"],
        node=row["node"],
        occurrence=row["occurrence"],
        slots=_slots().validate_python(row["slots"]),
        state=row["state"],
        created_at=row["created_at"],
    )
