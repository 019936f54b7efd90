"""How news of a message moves a journey on the ladder."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nextvisit.flow.engine.effects import Effect, Finish, SendMessage, Wait
from nextvisit.flow.engine.events import (
    Deferred,
    Delivered,
    DeliveryFailed,
    Event,
    Replied,
    SendFailed,
    SendUnknown,
    Sent,
    Skipped,
    Started,
    Timer,
)
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import Acting, Climbing, InHand, Listening, Outcome, Phase, PutOff, State
from nextvisit.flow.engine.step import begin, step
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.replies import Intent
from tests.world.campaigns import EMAIL_SMS, small

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
DAY = timedelta(days=1)

ASK = "  - ask: { message: hello, silence: { after: 14 days } }\n"
SEND = "  - { send: hello }\n  - { wait: 9 days }\n"
LADDER = """\
ladder:
  - { channel: email, until: delivered, for: 24 hours }
  - { channel: sms, until: delivered, for: 24 hours }
  - { channel: viber }
"""


def program(steps: str, *, ladder: str = LADDER) -> Program:
    usable = EMAIL_SMS | {ChannelKind("viber")}
    return small(steps, "hello", ladder=ladder, usable=usable)


def after(program: Program, *events: Event) -> tuple[State, tuple[Effect, ...]]:
    state, effects = step(program, begin(program, NOW), Started(NOW))
    for event in events:
        state, effects = step(program, state, event)
    return state, effects


def rung(effects: tuple[Effect, ...]) -> int | None:
    """Of the message that is sent, if one is."""
    return next((effect.rung for effect in effects if isinstance(effect, SendMessage)), None)


@pytest.mark.parametrize(
    ("steps", "next_phase"), [(ASK, "listening"), (SEND, "waiting")], ids=["ask", "send"]
)
def test_delivery_of_the_newest_message_ends_a_climb_that_awaits_it_and_of_an_older_one_does_not(
    steps: str, next_phase: str
) -> None:
    first, second = Sent(NOW, "m1"), Sent(NOW + DAY, "m2")
    climbed = after(program(steps), first, Timer(NOW + DAY), second, Delivered(NOW + DAY, "m1", 1))[0]
    assert climbed.phase.name == "climbing"
    assert after(program(steps), first, Delivered(NOW, "m1", 1))[0].phase.name == next_phase


@pytest.mark.parametrize("steps", [ASK, SEND], ids=["ask", "send"])
def test_a_failure_while_climbing_tries_the_next_rung_if_it_is_of_the_newest_message(steps: str) -> None:
    first, second = Sent(NOW, "m1"), Sent(NOW + DAY, "m2")
    assert rung(after(program(steps), first, DeliveryFailed(NOW, "m1", "bounced", 1))[1]) == 1
    older = DeliveryFailed(NOW + DAY, "m1", "bounced", 1)
    _, effects = after(program(steps), first, Timer(NOW + DAY), second, older)
    assert effects == (Wait(NOW + 2 * DAY),)


def test_whom_no_message_reached_is_unreachable() -> None:
    _, effects = after(
        program(ASK),
        Sent(NOW, "m1"),
        Timer(NOW + DAY),
        Sent(NOW + DAY, "m2"),
        Timer(NOW + 2 * DAY),
        Sent(NOW + 2 * DAY, "m3"),
        DeliveryFailed(NOW + 2 * DAY, "m1", "bounced", 1),
        DeliveryFailed(NOW + 2 * DAY, "m2", "bounced", 2),
        DeliveryFailed(NOW + 2 * DAY, "m3", "bounced", 3),
    )
    assert effects == (Finish(Outcome.UNREACHABLE),)


NEXT_RUNG = "unknown: next_rung\n" + LADDER
PATIENCE = 3 * DAY
FIRST_BY = NOW + PATIENCE
"""When the message on the first rung is to have gone out: the campaign gives each rung three days."""


@pytest.mark.parametrize(
    ("ladder", "result", "in_hand", "phase"),
    [
        (
            LADDER,
            Sent(NOW, "m1"),
            InHand(0, FIRST_BY, "m1", out=("m1",), last_sent=NOW),
            Climbing(NOW + DAY),
        ),
        (
            LADDER,
            SendUnknown(NOW, "m1"),
            InHand(0, FIRST_BY, "m1", out=("m1",), last_sent=NOW),
            Climbing(NOW + DAY),
        ),
        (
            NEXT_RUNG,
            SendUnknown(NOW, "m1"),
            InHand(1, FIRST_BY, None, out=("m1",), last_sent=NOW),
            Acting("send_message"),
        ),
        (LADDER, SendFailed(NOW, "x"), InHand(1, FIRST_BY), Acting("send_message")),
        (LADDER, Skipped(NOW, "x", "rung"), InHand(1, FIRST_BY), Acting("send_message")),
        (LADDER, Skipped(NOW, "x", "message"), InHand(0, FIRST_BY, last_sent=NOW), Listening(NOW + 14 * DAY)),
        (LADDER, Deferred(NOW, NOW + DAY, "quiet_hours"), InHand(0, FIRST_BY), PutOff(NOW + DAY)),
    ],
    ids=["sent", "unknown, held", "unknown", "failed", "not this rung", "not this message", "deferred"],
)
def test_a_result_leaves_everything_else_of_the_journey_as_it_was(
    ladder: str, result: Event, in_hand: InHand, phase: Phase
) -> None:
    of = program(ASK, ladder=ladder)
    before = after(of)[0]
    assert replace(before, in_hand=in_hand, phase=phase) == after(of, result)[0]


def test_who_was_reached_on_a_higher_rung_is_written_to_there_from_then_on_with_a_message_anew() -> None:
    of = program("  - { send: hello }\n  - { wait: 9 days }\n  - { send: hello }\n")
    state, _ = after(of, SendFailed(NOW, "x"), Sent(NOW, "m1"), Delivered(NOW, "m1", 1))
    assert (state.rung, state.in_hand.message, state.in_hand.out) == (1, "m1", ("m1",))
    later = NOW + 9 * DAY
    state, effects = step(of, state, Timer(later))
    assert rung(effects) == 1
    assert state.in_hand == InHand(1, later + PATIENCE)


def test_a_message_that_is_not_to_go_leaves_the_time_of_the_one_that_went() -> None:
    """Silence counts from what the patient has."""
    state, _ = after(
        program(ASK), Sent(NOW, "m1"), Timer(NOW + DAY), Skipped(NOW + DAY, "frequency.exceeded", "message")
    )
    assert state.in_hand == InHand(1, NOW + DAY + PATIENCE, "m1", out=("m1",), last_sent=NOW)
    assert state.phase == Listening(NOW + 14 * DAY)


def test_with_the_last_rung_unknown_silence_counts_from_then() -> None:
    of = program(ASK, ladder="unknown: next_rung\nladder: [ { channel: email } ]\n")
    state, _ = after(of, SendUnknown(NOW + DAY, "m1"))
    assert state.in_hand == InHand(0, FIRST_BY, None, out=("m1",), last_sent=NOW + DAY)
    assert state.phase == Listening(NOW + 15 * DAY)


def test_a_journey_without_a_rung_is_unreachable_and_keeps_nothing_of_what_was_heard() -> None:
    of = program(ASK)
    heard = Replied(NOW, Intent.QUESTION, seq=1)
    state, effects = after(of, heard, Skipped(NOW, "consent.none", "journey"))
    assert effects == (Finish(Outcome.SKIPPED),)
    assert state.heard == ()
