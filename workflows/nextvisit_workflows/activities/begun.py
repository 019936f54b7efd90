"""The first thing that every action does: the journey's row, and whether there is anything left to do.

What the action is, is read from the row and the stored version. Whoever asks only names it; what does not
follow from what is stored is refused (`unexpected`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from temporalio import activity

from nextvisit.domain.contact_reason import Reason
from nextvisit.flow.engine.effects import Effect, Finish, Wait
from nextvisit.flow.engine.events import GoalReached, PatientGone, Signal, Skipped
from nextvisit.flow.engine.follow import LastKept, UnlawfulError, follow
from nextvisit.flow.engine.state import State
from nextvisit.flow.verbs import AnyAction, AnyResult
from nextvisit.sdk.errors import Bug
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.journeys import journey_events, journeys
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.unexpected import UnexpectedError
from nextvisit_workflows.runtime import registry
from nextvisit_workflows.runtime.pacing import clinic_span
from nextvisit_workflows.runtime.versions import load_version
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut, FinishIn, journey_workflow_id

CLOCKS_APART = timedelta(minutes=5)
"""By the wall: what Temporal's clock may be ahead of ours; an instant beyond it is nobody's."""


Action = TypeVar("Action", bound=AnyAction)


@dataclass(frozen=True, slots=True)
class Begun(Generic[Action]):
    """action: what the journey asks for, by the store, and what is still to be done."""

    head: JourneyHead
    action: Action


async def begin_action(
    tx: Tx,
    equipment: Equipment,
    asked: ActionIn,
    *kinds: type[Action],
    booking_begun: bool = False,
    closing: Callable[[Skipped], AnyResult] = lambda closed: closed,
) -> Begun[Action] | ActionOut:
    """Write the step that asked; find the result of an earlier attempt, or the journey's end.

    kinds: of the action that is carried out. ActionOut: the answer, when there is nothing left to do.
    booking_begun: an earlier attempt has asked the MIS for a visit, so the visit that the MIS tells of may be
    that one. closing: how the action says that the journey was over before it was begun. Raises
    UnexpectedError for what the store does not expect.
    """
    journey = journey_id(asked)
    head = await journeys.head(tx, journey, lock=True)
    if head.outcome is not None:
        return ActionOut(closing(_closed(tx.now)))
    told = await _told(tx, head)
    if asked.number == head.actions + 1:
        state, action = await _followed(tx, equipment, head, told, asked)
        head = await journeys.advance(tx, journey, state, (_action(action),), locked=head)
    elif asked.number != head.actions:
        raise UnexpectedError("number")
    action = _action(head.pending[0] if head.pending else None)
    _require_asked(action, asked)
    if not isinstance(action, kinds):
        raise UnexpectedError("activity")
    if head.result is not None:
        return ActionOut(head.result)
    news = tuple(each for each in told if each.seq > head.seen)
    # The MIS tells us of our own booking too; the patient is still to hear of it.
    booked = booking_begun or (head.state is not None and head.state.booked)
    ends = PatientGone if booked else GoalReached | PatientGone
    if any(isinstance(each, ends) for each in news):
        # No later than this, so that the journey hears of it before it hears our answer, and ends.
        closed = closing(_closed(max(tx.now, *(each.at for each in news))))
        return replace(await record(tx, asked, action, closed), news=news)
    return Begun(head, action)


async def end_of(tx: Tx, equipment: Equipment, finished: FinishIn) -> State | None:
    """Where the journey stands at its end, by the store; None when it has ended already.

    Raises UnexpectedError when it does not end there, or otherwise than is said.
    """
    head = await journeys.head(tx, journey_id(finished), lock=True)
    if head.outcome is not None:
        return None
    if finished.number != head.actions:
        raise UnexpectedError("number")
    state, end = await _followed(tx, equipment, head, await _told(tx, head), finished)
    if not isinstance(end, Finish) or end.outcome is not finished.outcome:
        raise UnexpectedError("outcome")
    return state


async def record(tx: Tx, asked: ActionIn, action: AnyAction, result: AnyResult) -> ActionOut:
    """Write what the action came to; the answer is the result that stands."""
    return ActionOut(await journeys.record(tx, journey_id(asked), action, result))


def journey_id(asked: ActionIn | FinishIn) -> JourneyId:
    """Typed. Raises UnexpectedError when another workflow asks than the journey's own."""
    if activity.info().workflow_id != journey_workflow_id(asked.journey):
        raise UnexpectedError("workflow")
    return JourneyId(UUID(asked.journey))


async def _told(tx: Tx, head: JourneyHead) -> tuple[Signal, ...]:
    # The numbers have no gaps and whoever tells needs the lock that we have.
    return await journey_events.after(tx, head.id, head.seen) if head.told > head.seen else ()


async def _followed(
    tx: Tx, equipment: Equipment, head: JourneyHead, told: tuple[Signal, ...], asked: ActionIn | FinishIn
) -> tuple[State, Effect]:
    await load_version(tx, head.campaign, head.version)
    program = registry.program(head.campaign, head.version, frozenset(head.channels))
    kept = LastKept(
        enrolled_at=head.enrolled_at,
        flags=head.flags,
        state=head.state,
        asked=head.pending[0] if head.pending else None,
        result=head.result,
        told={each.seq: each for each in told},
    )
    try:
        return follow(program, kept, asked.past, latest=latest(equipment, tx.now))
    except UnlawfulError as error:
        raise UnexpectedError(error.why) from error
    except Bug as error:
        raise UnexpectedError(error.code) from error


def latest(equipment: Equipment, now: datetime) -> datetime:
    """What Temporal's clock may show now. By the clinic's clock, which may run faster than the wall."""
    return now + clinic_span(equipment.clock, CLOCKS_APART)


def _action(asked: Effect | None) -> AnyAction:
    if isinstance(asked, AnyAction):
        return asked
    raise UnexpectedError("no_action" if asked is None or isinstance(asked, Wait | Finish) else "effect")


def _require_asked(action: AnyAction, asked: ActionIn) -> None:
    if (action.node, action.occurrence) != (asked.node, asked.occurrence):
        raise UnexpectedError("action")
    if activity.info().activity_type != action.activity:
        raise UnexpectedError("activity")


def _closed(at: datetime) -> Skipped:
    return Skipped(at=at, reason=Reason.JOURNEY_CLOSED.value, scope="journey")
