"""The first thing that every action does: the journey's row, and whether there is anything left to do."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from nextvisit.domain.contact_reason import Reason
from nextvisit.flow.engine.events import Deferred, GoalReached, PatientGone, Skipped
from nextvisit.flow.verbs import AnyResult
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.journeys import journey_events, journeys
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut


@dataclass(frozen=True, slots=True)
class Begun:
    """out: the answer, when there is nothing left to do."""

    head: JourneyHead
    out: ActionOut | None


async def begin_action(tx: Tx, asked: ActionIn, *, booking_begun: bool = False) -> Begun:
    """Write the step that asked; find the result of an earlier attempt, or the journey's end.

    booking_begun: an earlier attempt has asked the MIS for a visit, so the visit that the MIS tells of may be
    that one.
    """
    journey = journey_id(asked)
    head = await journeys.head(tx, journey, lock=True)
    closed = Skipped(at=tx.now, reason=Reason.JOURNEY_CLOSED.value, scope="journey")
    if head.outcome is not None:
        return Begun(head, ActionOut(closed))
    head = await journeys.advance(tx, journey, asked.state, asked.pending, locked=head)
    if head.result is not None and not isinstance(head.result, Deferred):
        return Begun(head, ActionOut(head.result))
    # The numbers have no gaps and whoever tells needs the lock that we have.
    unseen = head.told > asked.state.seen
    news = await journey_events.after(tx, journey, asked.state.seen) if unseen else ()
    # The MIS tells us of our own booking too; the patient is still to hear of it.
    ends = PatientGone if asked.state.booked or booking_begun else GoalReached | PatientGone
    if any(isinstance(each, ends) for each in news):
        return Begun(head, ActionOut(closed, news))
    return Begun(head, None)


async def record(tx: Tx, asked: ActionIn, result: AnyResult) -> ActionOut:
    """Write what the action came to; the answer is the result that stands."""
    return ActionOut(await journeys.record(tx, journey_id(asked), asked.effect, result))


def journey_id(asked: ActionIn) -> JourneyId:
    """Typed."""
    return JourneyId(UUID(asked.journey))
