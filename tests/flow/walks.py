"""Random walks through `step`, the same on every machine: what was seen to follow what."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from nextvisit.flow.engine.answering import UNANSWERABLE
from nextvisit.flow.engine.effects import Action, Finish, Wait
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
    Result,
    SendFailed,
    SendUnknown,
    Sent,
    Signal,
    Skipped,
    Started,
    TaskCreated,
    Timer,
)
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import Acting, Cause, Ended, New, PhaseName
from nextvisit.flow.engine.step import begin, step
from nextvisit.flow.verbs.offer_effects import Booked, BookingFailed, NoneFree, Offered, SlotGone
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.replies import Intent
from tests.world.campaigns import HEAD, reactivation, small

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)

MIXED = """\
  - id: first
    send: hello
    then: [ { wait: 3 days }, { goto: asking } ]
  - id: asking
    ask:
      message: hello
      answers:
        wants_visit: { goto: offering }
        question: [ { task: reception } ]
        confirm: [ { wait: 2 days }, { goto: first } ]
        too_expensive: [ { send: hello }, { wait_for: reply } ]
        other_times: [ { wait_for: reply } ]
        cancel: [ { wait: 2 days }, { wait_for: reply } ]
      silence: { after: 2 days, steps: [ { wait: 5 days }, { goto: offering } ] }
  - id: offering
    offer: { specialty: cardiology, slots: 2, answer_within: 2 days }
    booked: [ { wait: 4 days }, { send: hello }, { wait: 1 day } ]
    none_free: [ { task: reception }, { wait: 1 day } ]
    silence: [ { wait: 1 day }, { send: hello } ]
"""


BOOKING = """\
  - offer: { specialty: cardiology, slots: 1, answer_within: 2 days }
    booked: [ { send: hello }, { wait: 1 day }, { send: hello }, { ask: { message: hello, silence: { after: 2 days } } }, end ]
"""

HASTY = HEAD.replace("60 days", "1 day")

CLIMB = """\
unknown: next_rung
ladder:
  - { channel: email, until: delivered, for: 24 hours }
  - { channel: sms }
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One transition: the phase before, what came, the phase after."""

    before: PhaseName
    cause: Cause
    after: PhaseName


def cause(event: Event) -> Cause:
    """What the table calls an event."""
    match event:
        case Started():
            return "started"
        case Timer():
            return "timer"
        case PatientGone() | CampaignStopped():
            return "end"
        case Replied(intent=intent) if intent in UNANSWERABLE:
            return "end"
        case Replied():
            return "reply"
        case Delivered() | Opened() | DeliveryFailed():
            return "news"
        case GoalReached():
            return "goal"
        case _:
            return "result"


def results(action: Action, at: datetime, name: str) -> list[Result]:
    """What the action may come to."""
    refused: list[Result] = [
        SendFailed(at, "x"),
        SendUnknown(at, name),
        *[Deferred(at, at + timedelta(hours=9), "quiet_hours")] * 4,
        *(Skipped(at, "x", scope) for scope in ("rung", "message", "journey")),
    ]
    by_kind: dict[str, list[Result]] = {
        "send_message": [*[Sent(at, name)] * 6, *refused],
        "make_offer": [*[Offered(at, name, name, 2)] * 6, Offered(at, name, name, 1), NoneFree(at), *refused],
        "book_slot": [*[Booked(at, name)] * 4, SlotGone(at), BookingFailed(at, "x")],
        "create_task": [TaskCreated(at, name)],
    }
    return by_kind[action.kind]


def signals(draw: random.Random, at: datetime, newest: str, seq: int) -> list[Signal]:
    """What may come from outside. newest: the message that news are about, or another."""
    name = draw.choice([newest, "other"])
    anything, choice = [each for each in Intent if each not in UNANSWERABLE], draw.choice([None, 1, 2, 5])
    meant = draw.choice([*anything, *[Intent.CHOICE] * (0 if choice is None else len(anything))])
    reply = Replied(at, meant, choice=choice, seq=seq)
    news: list[Signal] = [Delivered(at, name, seq), Opened(at, name, seq), DeliveryFailed(at, name, "x", seq)]
    ends: list[Signal] = [
        *[GoalReached(at, seq)] * 4,
        PatientGone(at, "deceased", seq),
        Replied(at, draw.choice(sorted(UNANSWERABLE)), seq=seq),
        CampaignStopped(at, seq),
    ]
    return [reply] * 8 + news * 2 + (ends if draw.random() < 0.2 else [])


def _walk(program: Program, draw: random.Random) -> Iterator[Seen]:
    at, state, out = NOW, begin(program, NOW), None
    began = False
    for seq in range(1, 60):
        event: Event
        if isinstance(state.phase, Ended):
            return
        if draw.random() < 0.4 or (isinstance(state.phase, New) and began):
            event = draw.choice(signals(draw, at, state.in_hand.message or "none", seq))
        elif isinstance(state.phase, New):
            event, began = Started(at), False
        elif isinstance(state.phase, Acting):
            assert out is not None
            event = draw.choice(results(out, at, f"m{seq}"))
        else:
            assert state.wake_at is not None
            early = draw.random() < 0.2
            at = at if early else max(at, state.wake_at)
            event = Timer(at)
        before = state.phase.name
        state, effects = step(program, state, event)
        yield Seen(before, cause(event), state.phase.name)
        out = next((each for each in effects if not isinstance(each, Wait | Finish)), out)
        at += timedelta(minutes=draw.randint(0, 600))


@cache
def seen() -> frozenset[Seen]:
    """What happens in some thousands of walks."""
    draw = random.Random(1)
    programs = (
        reactivation(),
        small(MIXED, "hello", "offer"),
        small(MIXED, "hello", "offer", ladder=CLIMB),
        small(MIXED, "hello", "offer", head=HASTY),
        *[small(BOOKING, "hello", "offer")] * 4,
        small("  - wait: 2 days\n", "hello"),
        small("  - end\n", "hello"),
        small("  - send: hello\n", "hello", ladder=CLIMB),
    )
    return frozenset(each for _ in range(6000) for program in programs for each in _walk(program, draw))


def impossible() -> frozenset[tuple[PhaseName, Cause]]:
    """The pairs that raise Bug, of those that walks can stand in."""
    program, draw = small(MIXED, "hello", "offer"), random.Random(2)
    found: set[tuple[PhaseName, Cause]] = set()
    events: list[Event] = [Started(NOW), Timer(NOW + timedelta(days=400)), Sent(NOW, "m"), Booked(NOW, "b")]
    for _ in range(300):
        at, state, out = NOW, begin(program, NOW), None
        for seq in range(30):
            if isinstance(state.phase, Ended):
                break
            for event in events:
                try:
                    step(program, state, event)
                except Bug:
                    found.add((state.phase.name, cause(event)))
            if isinstance(state.phase, New):
                state, effects = step(program, state, Started(at))
            elif isinstance(state.phase, Acting):
                assert out is not None
                state, effects = step(program, state, draw.choice(results(out, at, f"m{seq}")))
            else:
                state, effects = step(program, state, Timer(state.wake_at or at))
            out = next((each for each in effects if not isinstance(each, Wait | Finish)), out)
    return frozenset(found)
