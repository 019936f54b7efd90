"""How news of a message moves a journey on the ladder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nextvisit.flow.engine.effects import Effect, Finish, SendMessage, Wait
from nextvisit.flow.engine.events import Delivered, DeliveryFailed, Event, Sent, Started, Timer
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import Outcome, State
from nextvisit.flow.engine.step import begin, step
from nextvisit.sdk.records import ChannelKind
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


def program(steps: str) -> Program:
    usable = EMAIL_SMS | {ChannelKind("viber")}
    return small(steps, "hello", ladder=LADDER, usable=usable)


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
