"""(program, state, event) → (state, effects). Docs: docs/flow_semantics.md.

Laws: one action out at a time; a state that is neither acting nor ended always waits for something; an
ended journey never changes; an event that cannot happen raises Bug and changes nothing. Signals that
come while an action is out wait in `heard`, except for those that end the journey.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from nextvisit.flow.engine.answering import on_reply
from nextvisit.flow.engine.effects import CreateTask, Effect
from nextvisit.flow.engine.events import (
    Booked,
    BookingFailed,
    CampaignStopped,
    Deferred,
    Delivered,
    DeliveryFailed,
    Event,
    GoalReached,
    Intent,
    NoneFree,
    Offered,
    Opened,
    PatientGone,
    Replied,
    Result,
    SendFailed,
    SendUnknown,
    Sent,
    Signal,
    Skipped,
    SlotGone,
    Started,
    TaskCreated,
    Timer,
)
from nextvisit.flow.engine.ladder import begin_message, climb_from, on_news, on_result, send, settled
from nextvisit.flow.engine.moves import Go, Stay, Turn, act, finish, illegal, occurrence, unmoved, wait
from nextvisit.flow.engine.offering import (
    begin_offer,
    make_offer,
    on_book_result,
    on_offer_result,
    on_offer_undelivered,
)
from nextvisit.flow.engine.program import (
    Ask,
    Branch,
    End,
    Jump,
    Listen,
    Node,
    Offer,
    Pause,
    Program,
    Send,
    Task,
)
from nextvisit.flow.engine.state import Heard, NodeId, Outcome, Phase, State, Visit

MOST_VISITS = 50
"""Nodes entered in one journey; a campaign that needs more has lost its way, and staff take over."""

MOST_HEARD = 20
"""Signals kept while an action is out; the oldest go first."""

_GONE = {
    "deceased": Outcome.DECEASED,
    "merged": Outcome.MERGED,
    "inactive": Outcome.INACTIVE,
    "erased": Outcome.ERASED,
    "opted_out": Outcome.OPTED_OUT,
}


def begin(program: Program, at: datetime, flags: tuple[str, ...] = ()) -> State:
    """A journey before its Started event. The campaign's patience counts from `at`."""
    return State(node=program.start, flags=flags, goal_by=at + program.goal_within)


def step(program: Program, state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    """What the event comes to. Raises Bug for an event that cannot happen in this state."""
    if state.phase is Phase.ENDED:
        return state, ()
    if not isinstance(event, Started | Timer | Result):
        state = replace(state, seen=max(state.seen, event.seq))
    stay = _arrive(program, _react(program, state, event), event.at)
    while stay.state.heard and stay.state.phase not in {Phase.ACTING, Phase.ENDED}:
        first, *rest = stay.state.heard
        now = replace(first, at=event.at)
        turn = _react(program, replace(stay.state, heard=tuple(rest)), now)
        stay = _arrive(program, turn, event.at)
    return stay.state, stay.effects


def _react(program: Program, state: State, event: Event) -> Turn:
    match event:
        case Started():
            if state.phase is not Phase.NEW:
                raise illegal(state, event.kind)
            return Go(replace(state, flags=event.flags or state.flags), program.start)
        case Timer():
            return _on_timer(program, state, event.at)
        case (
            GoalReached()
            | PatientGone()
            | CampaignStopped()
            | Replied()
            | Delivered()
            | Opened()
            | DeliveryFailed()
        ):
            return _on_signal(program, state, event)
        case _:
            return _on_result(program, state, event)


def _on_timer(program: Program, state: State, at: datetime) -> Turn:
    if state.wake_at is None or state.phase is Phase.ACTING:
        raise illegal(state, "timer")
    if at < state.wake_at:
        return unmoved(state)
    if state.goal_by is not None and at >= state.goal_by:
        return finish(state, Outcome.COMPLETED)
    state = replace(state, wake_at=None, replying=False, reason="silence")
    node = program.nodes[state.node]
    match state.phase:
        case Phase.DEFERRED:
            return make_offer(program, state, at) if isinstance(node, Offer) else send(program, state, at)
        case Phase.CLIMBING:
            return climb_from(program, state, at, state.trying + 1)
        case _:
            return Go(state, _after_silence(program, state, node))


def _after_silence(program: Program, state: State, node: Node) -> NodeId:
    match node:
        case Ask(silence=target) | Offer(silence=target) | Pause(next=target):
            return target
        case Listen(ask=ask):
            return _ask(program, state, ask).silence
        case _:
            raise illegal(state, "timer")


def _on_signal(program: Program, state: State, event: Signal) -> Turn:
    match event:
        case PatientGone():
            return finish(state, _GONE[event.reason])
        case CampaignStopped():
            return finish(state, Outcome.STOPPED)
        case GoalReached():
            return _on_goal(state)
        case Replied(intent=Intent.OPT_OUT):
            return finish(state, Outcome.OPTED_OUT)
        case Replied() | Delivered() | Opened() | DeliveryFailed():
            if state.phase in {Phase.ACTING, Phase.NEW}:
                heard: tuple[Heard, ...] = (*state.heard, event)
                return unmoved(replace(state, heard=heard[-MOST_HEARD:]))
        case _:
            assert_never(event)
    if isinstance(event, Replied):
        return on_reply(program, state, event)
    if isinstance(event, DeliveryFailed) and isinstance(program.nodes[state.node], Offer):
        return on_offer_undelivered(program, state, event)
    return on_news(program, state, event)


def _on_goal(state: State) -> Turn:
    """The MIS tells us of our own booking too: then the journey goes on to confirm it."""
    if state.booked:
        return unmoved(state)
    if state.acting == "book":
        return unmoved(replace(state, goal=True))
    return finish(state, Outcome.GOAL)


def _on_result(program: Program, state: State, event: Result) -> Turn:
    acting = state.acting
    if state.phase is not Phase.ACTING:
        raise illegal(state, event.kind)
    match event:
        case Offered() | NoneFree() if acting == "offer":
            return on_offer_result(program, state, event)
        case Skipped() | Deferred() | SendFailed() | SendUnknown() if acting == "offer":
            return on_offer_result(program, state, event)
        case Sent() | Skipped() | Deferred() | SendFailed() | SendUnknown() if acting == "send":
            return on_result(program, state, event)
        case Booked() | SlotGone() | BookingFailed() if acting == "book":
            return on_book_result(program, state, event)
        case TaskCreated() if acting == "task":
            return _on_task(program, state, event)
        case _:
            raise illegal(state, event.kind)


def _on_task(program: Program, state: State, event: TaskCreated) -> Turn:
    resume, node = state.resume, program.nodes[state.node]
    if resume is None:
        return Go(state, node.next) if isinstance(node, Task) else finish(state, Outcome.HANDED_OVER)
    state = replace(state, resume=None)
    if resume is Phase.CLIMBING:
        # the patient has written, so there is nobody left to climb to
        return settled(program, state, event.at)
    return wait(state, resume, state.wake_at or event.at)


def _arrive(program: Program, turn: Turn, at: datetime) -> Stay:
    while isinstance(turn, Go):
        turn = _enter(program, turn.state, turn.node, at)
    return turn


def _enter(program: Program, state: State, here: NodeId, at: datetime) -> Turn:  # noqa: C901  # one arm a node
    if sum(visit.times for visit in state.visits) >= MOST_VISITS:
        return finish(state, Outcome.HANDED_OVER)
    state = replace(state, node=here, visits=_visited(state, here), acting=None, resume=None, wake_at=None)
    node = program.nodes[here]
    match node:
        case Send():
            return begin_message(program, state, at)
        case Ask():
            return begin_message(program, replace(state, ask=here), at)
        case Pause():
            return wait(state, Phase.WAITING, at + node.lasts)
        case Listen():
            state = replace(state, ask=node.ask)
            return wait(state, Phase.LISTENING, at + _ask(program, state, node.ask).silence_after)
        case Branch():
            met = (target for condition, target in node.arms if condition is None or condition in state.flags)
            return Go(state, next(met, node.otherwise))
        case Offer():
            return begin_offer(program, state, node, at)
        case Task():
            return act(state, CreateTask(here, occurrence(state), node.queue, state.reason))
        case Jump():
            return Go(state, node.next)
        case End():
            return finish(state, node.outcome)
        case _:
            assert_never(node)


def _visited(state: State, here: NodeId) -> tuple[Visit, ...]:
    if any(visit.node == here for visit in state.visits):
        return tuple(
            Visit(visit.node, visit.times + 1) if visit.node == here else visit for visit in state.visits
        )
    return (*state.visits, Visit(here, 1))


def _ask(program: Program, state: State, node: NodeId) -> Ask:
    ask = program.nodes[node]
    if not isinstance(ask, Ask):
        raise illegal(state, "listen")
    return ask
