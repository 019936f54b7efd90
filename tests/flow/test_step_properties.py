"""Laws of `step`, under random events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from nextvisit.flow.engine.effects import CreateTask, Effect, Finish, SendMessage, Wait
from nextvisit.flow.engine.events import (
    CampaignStopped,
    Deferred,
    Delivered,
    DeliveryFailed,
    Event,
    GoalReached,
    Opened,
    PatientGone,
    Replied,
    SendFailed,
    SendUnknown,
    Sent,
    Skipped,
    Started,
    TaskCreated,
    Timer,
)
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import Acting, Ended, Outcome, State
from nextvisit.flow.engine.step import MOST_ENTERED, begin, step
from nextvisit.flow.verbs import AnyResult
from nextvisit.flow.verbs.offer_effects import (
    Booked,
    BookingFailed,
    BookSlot,
    MakeOffer,
    NoneFree,
    Offered,
    SlotGone,
)
from nextvisit.sdk.replies import Intent
from tests.world.campaigns import reactivation

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
PROGRAM = reactivation()
RESULTS = get_args(AnyResult)
ACTIONS = SendMessage | MakeOffer | BookSlot | CreateTask


def result(draw: st.DrawFn, action: SendMessage | MakeOffer | BookSlot | CreateTask, at: datetime) -> Event:
    """A possible result of the action that is out."""
    name = str(draw(st.integers(0, 3)))
    refused: list[Event] = [
        SendFailed(at, "x"),
        SendUnknown(at, name),
        Deferred(at, at + timedelta(hours=draw(st.integers(0, 40))), "quiet_hours"),
        *(Skipped(at, "x", scope) for scope in ("rung", "message", "journey")),
    ]
    match action:
        case SendMessage():
            sent: list[Event] = [Sent(at, name), Sent(at, name), *refused]
            return draw(st.sampled_from(sent))
        case MakeOffer():
            offered: list[Event] = [
                Offered(at, name, name, 3),
                Offered(at, name, name, 1),
                NoneFree(at),
                *refused,
            ]
            return draw(st.sampled_from(offered))
        case BookSlot():
            booked: list[Event] = [Booked(at, name), SlotGone(at), BookingFailed(at, "x")]
            return draw(st.sampled_from(booked))
        case CreateTask():
            return TaskCreated(at, name)


def signal(draw: st.DrawFn, at: datetime, seq: int) -> Event:
    name = str(draw(st.integers(0, 3)))
    reply = Replied(
        at,
        draw(st.sampled_from(Intent)),
        choice=draw(st.none() | st.integers(-1, 5)),
        wanted=draw(st.none() | st.just(at + timedelta(days=3))),
        seq=seq,
    )
    news: list[Event] = [Delivered(at, name, seq), Opened(at, name, seq), DeliveryFailed(at, name, "x", seq)]
    ends: list[Event] = [GoalReached(at, seq), PatientGone(at, "deceased", seq), CampaignStopped(at, seq)]
    kind = draw(st.integers(0, 19))
    if kind == 0:
        return draw(st.sampled_from(ends))
    return draw(st.sampled_from(news)) if kind < 8 else reply


def check_laws(before: State, event: Event, state: State, effects: tuple[Effect, ...]) -> None:
    actions = [effect for effect in effects if isinstance(effect, ACTIONS)]
    assert len(effects) <= 1
    assert state.rung >= before.rung
    assert sum(each.times for each in state.entered) <= MOST_ENTERED
    if isinstance(before.phase, Acting) and not isinstance(event, RESULTS):
        assert not actions
    if isinstance(state.phase, Ended):
        assert effects == (Finish(state.outcome or Outcome.STOPPED),)
        assert state.outcome is not None
    elif isinstance(state.phase, Acting):
        assert bool(actions) != (isinstance(before.phase, Acting) and not isinstance(event, RESULTS))
    else:
        assert isinstance(effects[0], Wait)
        assert effects[0].until == state.wake_at
        assert state.goal_by is None or effects[0].until <= state.goal_by
    if isinstance(event, Replied) and event.intent is Intent.OPT_OUT:
        assert isinstance(state.phase, Ended)
    if isinstance(event, PatientGone):
        assert state.outcome is Outcome.DECEASED


@st.composite
def journeys(draw: st.DrawFn, program: Program) -> State:
    """Plays a random journey and checks every law on the way; returns the last state."""
    at, flags = NOW, tuple(draw(st.sets(st.sampled_from(sorted(program.conditions)))))
    state = begin(program, at, flags)
    event: Event = Started(at, flags)
    out: SendMessage | MakeOffer | BookSlot | CreateTask | None = None
    keys: set[tuple[object, ...]] = set()
    for seq in range(1, draw(st.integers(2, 80))):
        before = state
        state, effects = step(program, state, event)
        check_laws(before, event, state, effects)
        if isinstance(state.phase, Ended):
            assert step(program, state, Timer(at)) == (state, ())
            return state
        for effect in effects:
            if isinstance(effect, ACTIONS):
                out = effect
                key = (effect.kind, effect.node, effect.occurrence, getattr(effect, "rung", None))
                assert isinstance(event, Timer) or key not in keys, "only a deferral repeats a key"
                keys.add(key)
        at += timedelta(minutes=draw(st.integers(0, 600)))
        if draw(st.integers(0, 2)) == 0:
            event = signal(draw, at, seq)
        elif isinstance(state.phase, Acting):
            assert out is not None
            event = result(draw, out, at)
        else:
            assert state.wake_at is not None
            at = max(at, state.wake_at)
            event = Timer(at)
    return state


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_sequence_of_events_breaks_a_law(data: st.DataObject) -> None:
    state = data.draw(journeys(PROGRAM))
    assert len(state.heard) <= 20


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_state_survives_being_written_down(data: st.DataObject) -> None:
    state = data.draw(journeys(PROGRAM))
    wire = TypeAdapter(State)
    assert wire.validate_json(wire.dump_json(state)) == state


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_journey_ends_when_only_time_passes(data: st.DataObject) -> None:
    state = data.draw(journeys(PROGRAM))
    event: Event
    for _ in range(200):
        if isinstance(state.phase, Ended):
            break
        if isinstance(state.phase, Acting):
            results: dict[str, Event] = {
                "send_message": Sent(NOW, "z"),
                "make_offer": Offered(NOW, "z", "z", 3),
                "book_slot": Booked(NOW, "z"),
                "create_task": TaskCreated(NOW, "z"),
            }
            event = results[state.phase.action]
        else:
            assert state.wake_at is not None
            event = Timer(state.wake_at)
        state, _ = step(PROGRAM, state, event)
    assert isinstance(state.phase, Ended)
