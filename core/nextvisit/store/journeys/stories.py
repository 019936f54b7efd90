"""All that happened in one journey, in order, for `journey show` and `journey why`. No texts."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from nextvisit.flow.engine.events import Signal
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.base.tables import DecisionRow, table_of
from nextvisit.store.booking import bookings
from nextvisit.store.booking.bookings import Booking
from nextvisit.store.journeys import journey_events, journeys
from nextvisit.store.journeys.journeys import Decision, JourneyHead
from nextvisit.store.messages import auto_replies, ledger
from nextvisit.store.messages.auto_reply_rows import AutoReply
from nextvisit.store.messages.message_rows import Message

_decisions = table_of(DecisionRow)


@dataclass(frozen=True, slots=True)
class Story:
    """Each part oldest first."""

    head: JourneyHead
    decisions: tuple[Decision, ...]
    messages: tuple[Message, ...]
    auto_replies: tuple[AutoReply, ...]
    events: tuple[Signal, ...]
    bookings: tuple[Booking, ...]


async def story(tx: Tx, journey: JourneyId) -> Story:
    """Raises Bug when there is no such journey."""
    rows = await tx.connection.execute(
        select(_decisions).where(_decisions.c.journey_id == journey).order_by(_decisions.c.id)
    )
    return Story(
        head=await journeys.head(tx, journey),
        decisions=tuple(
            Decision(row.at, row.node, row.effect, row.occurrence, row.rung, row.result, row.reason)
            for row in rows
        ),
        messages=tuple(await ledger.of_journey(tx, journey)),
        auto_replies=tuple(await auto_replies.of_journey(tx, journey)),
        events=await journey_events.after(tx, journey, 0),
        bookings=tuple(await bookings.of_journey(tx, journey)),
    )
