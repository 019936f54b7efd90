"""Book the slot that the patient has chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

import structlog
from temporalio import activity

from nextvisit.flow.engine.events import Skipped
from nextvisit.flow.verbs import AnyResult
from nextvisit.flow.verbs.offer_effects import Booked, BookingFailed, BookSlot, SlotGone
from nextvisit.sdk.errors import Bug, ConfigError, OutcomeUnknown, Rejected, RetryLater, SlotTaken
from nextvisit.sdk.ports import Books
from nextvisit.sdk.records import AppointmentRef, BookingRequest
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.ids import BookingId, OfferId
from nextvisit.store.booking import bookings, offers
from nextvisit.store.booking.bookings import Booking
from nextvisit.store.journeys import journeys
from nextvisit.store.people import patients
from nextvisit_workflows.activities.begun import begin_action, journey_id, record
from nextvisit_workflows.activities.equipment import Equipped
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.activities.pausing import pause_campaign
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut

log = structlog.get_logger()

_ASK_AGAIN = timedelta(minutes=1)
_LEAST_NOTICE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class _Wish:
    action: BookSlot
    booking: BookingId
    request: BookingRequest
    asked_before: bool
    late: bool


class BooksSlots(Equipped):
    """The activity `book_slot`."""

    @activity.defn(name="book_slot")
    @translated
    async def book_slot(self, asked: ActionIn) -> ActionOut:
        """Booked, SlotGone or BookingFailed; goes on asking until one of them is certain."""
        async with self._equipment.db.transaction() as tx:
            wish = await self._wish(tx, asked)
        if isinstance(wish, ActionOut):
            return wish
        try:
            made = await self._ask(self._equipment.books(), wish)
        except ConfigError as error:
            # The patient waits for an answer, so it is asked again now and then whatever becomes of the rest.
            async with self._equipment.db.transaction() as tx:
                head = await journeys.head(tx, journey_id(asked))
                await pause_campaign(tx, head.campaign, error)
            raise
        except SlotTaken as error:
            return await self._settle(asked, wish, "taken", code=error.code)
        except Rejected as error:
            return await self._settle(asked, wish, "failed", code=error.code)
        except OutcomeUnknown as error:
            async with self._equipment.db.transaction() as tx:
                await bookings.settle(tx, wish.booking, "unknown")
            raise RetryLater(
                "booking.unknown", "the MIS is asked what became of it", after=_ASK_AGAIN
            ) from error
        return await self._settle(asked, wish, "booked", made=made)

    async def _wish(self, tx: Tx, asked: ActionIn) -> _Wish | ActionOut:
        journey = journey_id(asked)
        earlier = await bookings.find(tx, bookings.booking_id(journey, asked.node, asked.occurrence))
        begun = await begin_action(
            tx, self._equipment, asked, BookSlot, booking_begun=earlier is not None, closing=_nothing_booked
        )
        if isinstance(begun, ActionOut):
            return begun
        effect = begun.action
        offer = await offers.get(tx, OfferId(UUID(effect.offer)))
        booking = await bookings.request(
            tx, journey, effect.node, effect.occurrence, offer, choice=effect.choice
        )
        if booking.state not in {"pending", "unknown"}:
            return await record(tx, asked, effect, _result(tx, booking))
        slot = offer.slots[effect.choice - 1]
        # The choice came too late for anybody to be there in time; other times are offered.
        late, asked_before = slot.start < tx.now + _LEAST_NOTICE, booking.asked_at is not None
        if late and not asked_before:
            booking = await bookings.settle(tx, booking.id, "taken", code="too_late")
            await offers.close(tx, booking.offer_id)
            return await record(tx, asked, effect, _result(tx, booking))
        identity = await patients.identity(tx, begun.head.patient_id, why="booking")
        await bookings.ask(tx, booking.id)
        request = BookingRequest(str(booking.id), identity.ref, slot)
        return _Wish(effect, booking.id, request, asked_before=asked_before, late=late)

    async def _ask(self, mis: Books, wish: _Wish) -> AppointmentRef:
        """What was asked before may have been done, whoever heard of it or not."""
        if wish.asked_before and (found := await mis.find_booking(wish.request)) is not None:
            return found
        if wish.late:
            raise SlotTaken("too_late")
        try:
            return await mis.book(wish.request)
        except (SlotTaken, Rejected):
            # Perhaps by ourselves: an earlier try, of which the MIS told late.
            found = await mis.find_booking(wish.request) if wish.asked_before else None
            if found is None:
                raise
            return found

    async def _settle(
        self,
        asked: ActionIn,
        wish: _Wish,
        state: Literal["booked", "taken", "failed"],
        *,
        made: AppointmentRef | None = None,
        code: str | None = None,
    ) -> ActionOut:
        async with self._equipment.db.transaction() as tx:
            ref = None if made is None else made.ref
            booking = await bookings.settle(tx, wish.booking, state, appointment_ref=ref, code=code)
            if booking.state == "taken":
                await offers.close(tx, booking.offer_id)
            log.info("booking.settled", booking=str(booking.id), state=booking.state)
            return await record(tx, asked, wish.action, _result(tx, booking))


def _nothing_booked(closed: Skipped) -> BookingFailed:
    """The journey was over before the MIS was asked; of a booking the flow hears that in its own word."""
    return BookingFailed(at=closed.at, code=closed.reason)


def _result(tx: Tx, booking: Booking) -> AnyResult:
    match booking.state:
        case "booked":
            return Booked(at=tx.now, appointment=str(booking.id))
        case "taken":
            return SlotGone(at=tx.now)
        case "failed":
            return BookingFailed(at=tx.now, code=booking.code or "failed")
        case _:
            raise Bug("booking.unsettled", f"booking {booking.id} is {booking.state}")
