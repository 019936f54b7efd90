"""Appointments that we asked a MIS for. The row's id makes asking twice harmless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import uuid5

from sqlalchemy import RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert

from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import MisRef
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import BookingId, JourneyId, OfferId
from nextvisit.store.base.tables import BookingRow, JourneyRow, table_of
from nextvisit.store.booking import offers
from nextvisit.store.booking.offers import Offer

BookingState = Literal["pending", "booked", "taken", "failed", "unknown"]

_bookings = table_of(BookingRow)
_journeys = table_of(JourneyRow)


@dataclass(frozen=True, slots=True)
class Booking:
    """state taken: somebody else has the slot. unknown: ask the MIS before anything else.

    asked_at: when the MIS was first asked, or was about to be: it may have booked since.
    """

    id: BookingId
    journey_id: JourneyId
    node: str
    occurrence: int
    offer_id: OfferId
    source: str
    slot_ref: MisRef
    start_at: datetime
    state: BookingState
    appointment_ref: MisRef | None
    code: str | None
    requested_at: datetime
    asked_at: datetime | None
    settled_at: datetime | None


def booking_id(journey: JourneyId, node: str, occurrence: int) -> BookingId:
    """The same for every attempt."""
    return BookingId(uuid5(journey, f"booking:{node}:{occurrence}"))


async def request(
    tx: Tx, journey: JourneyId, node: str, occurrence: int, offer: Offer, *, choice: int
) -> Booking:
    """Write the wish before the MIS is asked; returns the row that is there already, as it stands.

    `choice` counts from 1. Raises Bug when the offer has no such choice or is another journey's.
    """
    if offer.journey_id != journey or not 1 <= choice <= len(offer.slots):
        raise Bug("booking.no_choice", f"offer {offer.id} gives journey {journey} no choice {choice}")
    slot = offer.slots[choice - 1]
    booking = booking_id(journey, node, occurrence)
    await tx.connection.execute(
        insert(_bookings)
        .values(
            id=booking,
            journey_id=journey,
            node=node,
            occurrence=occurrence,
            offer_id=offer.id,
            source=offer.source,
            slot_ref=slot.ref,
            start_at=slot.start,
            state="pending",
            requested_at=tx.now,
        )
        .on_conflict_do_nothing()
    )
    return await get(tx, booking)


async def ask(tx: Tx, booking: BookingId) -> None:
    """Write that the MIS is about to be asked, before it is: whoever dies meanwhile leaves that behind."""
    await tx.connection.execute(
        update(_bookings)
        .where(_bookings.c.id == booking, _bookings.c.state == "pending", _bookings.c.asked_at.is_(None))
        .values(asked_at=tx.now)
    )


async def settle(
    tx: Tx,
    booking: BookingId,
    state: Literal["booked", "taken", "failed", "unknown"],
    *,
    appointment_ref: MisRef | None = None,
    code: str | None = None,
) -> Booking:
    """Write how it ended; a booked one closes its offer. Harmless when repeated.

    Raises Bug for a booking that has ended differently; `unknown` is no end.
    """
    change = (
        update(_bookings)
        .where(_bookings.c.id == booking, _bookings.c.state.in_(("pending", "unknown")))
        .values(state=state, appointment_ref=appointment_ref, code=code, settled_at=tx.now)
        .returning(_bookings)
    )
    row = (await tx.connection.execute(change)).mappings().one_or_none()
    if row is None:
        standing = await get(tx, booking)
        if standing.state != state or standing.appointment_ref != appointment_ref:
            raise Bug("booking.settled", f"booking {booking} is {standing.state}, not {state}")
        return standing
    settled = _booking_of(row)
    if state == "booked":
        await offers.close(tx, settled.offer_id)
    action = "booking.made" if state == "booked" else "booking.refused"
    body = {"journey": str(settled.journey_id), "slot": settled.slot_ref, "code": code}
    tx.audit(Entry(action, "booking", str(booking), outcome=state, body=body))
    return settled


async def get(tx: Tx, booking: BookingId) -> Booking:
    """Raises Bug when there is no such booking."""
    found = await find(tx, booking)
    if found is None:
        raise Bug("booking.unknown_id", f"booking {booking}")
    return found


async def find(tx: Tx, booking: BookingId) -> Booking | None:
    """None when nobody has asked for it yet."""
    query = select(_bookings).where(_bookings.c.id == booking)
    row = (await tx.connection.execute(query)).mappings().one_or_none()
    return None if row is None else _booking_of(row)


async def of_journey(tx: Tx, journey: JourneyId) -> Sequence[Booking]:
    """Oldest first."""
    query = select(_bookings).where(_bookings.c.journey_id == journey).order_by(_bookings.c.requested_at)
    return [_booking_of(row) for row in (await tx.connection.execute(query)).mappings()]


async def booked_appointments(tx: Tx, campaign: str) -> Sequence[MisRef]:
    """The MIS's references of all appointments that journeys of this campaign booked."""
    rows = await tx.connection.execute(
        select(_bookings.c.appointment_ref)
        .join_from(_bookings, _journeys, _journeys.c.id == _bookings.c.journey_id)
        .where(_journeys.c.campaign == campaign, _bookings.c.state == "booked")
        .order_by(_bookings.c.id)
    )
    return [MisRef(row.appointment_ref) for row in rows]


def _booking_of(row: RowMapping) -> Booking:
    return Booking(
        id=BookingId(row["id"]),
        journey_id=JourneyId(row["journey_id"]),
        node=row["node"],
        occurrence=row["occurrence"],
        offer_id=OfferId(row["offer_id"]),
        source=row["source"],
        slot_ref=MisRef(row["slot_ref"]),
        start_at=row["start_at"],
        state=row["state"],
        appointment_ref=row["appointment_ref"],
        code=row["code"],
        requested_at=row["requested_at"],
        asked_at=row["asked_at"],
        settled_at=row["settled_at"],
    )
