"""When a journey has something to do, told from what is kept of its last step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from nextvisit.flow.engine.due import LastStep, due_at
from nextvisit.flow.engine.effects import Effect
from nextvisit.flow.engine.events import (
    Deferred,
    Event,
    GoalReached,
    Opened,
    PatientGone,
    Replied,
    Result,
    Sent,
    Signal,
    Started,
    TaskCreated,
    Timer,
)
from nextvisit.flow.engine.state import State
from nextvisit.flow.engine.step import begin, step
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.replies import Intent
from tests.world.campaigns import small

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

PROGRAM = small(
    "  - ask: { message: hello, answers: { question: [ { task: reception } ] }, silence: { after: 14 days } }\n",
    "hello",
    ladder="ladder:\n  - { channel: email, until: opened, for: 24 hours }\n  - { channel: sms }\n",
)


def kept(
    *events: Event, since: datetime = NOW, result: Result | None = None, told: Sequence[Signal] = ()
) -> LastStep:
    """The last of the steps that those events, after the start, led to."""
    state: State
    effects: Sequence[Effect]
    state, effects = step(PROGRAM, begin(PROGRAM, NOW), Started(NOW))
    for event in events:
        state, effects = step(PROGRAM, state, event)
    return LastStep(state, effects[0], since, result, told)


def test_what_is_to_be_done_at_once_and_has_no_result_was_due_when_it_was_asked_for() -> None:
    assert due_at(PROGRAM, kept(since=NOW + HOUR), NOW + DAY) == NOW + HOUR


def test_a_wait_is_due_at_its_end() -> None:
    climbing = kept(Sent(NOW, "m1"))
    assert due_at(PROGRAM, climbing, NOW) == NOW + DAY
    assert due_at(PROGRAM, climbing, NOW + DAY - timedelta(seconds=1)) == NOW + DAY


@pytest.mark.parametrize("now", [NOW + DAY, NOW + 2 * DAY])
def test_a_wait_that_is_over_made_its_next_action_due_at_its_end(now: datetime) -> None:
    assert due_at(PROGRAM, kept(Sent(NOW, "m1")), now) == NOW + DAY


def test_a_result_leads_to_the_wait_after_it() -> None:
    last = kept(since=NOW, result=Sent(NOW + HOUR, "m1"))
    assert due_at(PROGRAM, last, NOW + 2 * HOUR) == NOW + HOUR + DAY


def test_a_deferral_leads_to_the_instant_it_names_and_then_to_the_message() -> None:
    put_off = kept(result=Deferred(NOW, NOW + 9 * HOUR, "quiet_hours"))
    assert due_at(PROGRAM, put_off, NOW + HOUR) == NOW + 9 * HOUR
    assert due_at(PROGRAM, put_off, NOW + DAY) == NOW + 9 * HOUR


def test_news_during_a_wait_moves_it() -> None:
    """Opened: the climb is over, and silence begins to count from the message."""
    opened = kept(Sent(NOW, "m1"), told=[Opened(NOW + HOUR, "m1", 1)])
    assert due_at(PROGRAM, opened, NOW + 2 * DAY) == NOW + 14 * DAY
    too_late = kept(Sent(NOW, "m1"), told=[Opened(NOW + DAY, "m1", 1)])
    assert due_at(PROGRAM, too_late, NOW + 2 * DAY) == NOW + DAY


def test_an_answer_makes_its_task_due_when_it_came() -> None:
    asked = kept(Sent(NOW, "m1"), told=[Replied(NOW + HOUR, Intent.QUESTION, seq=1)])
    assert due_at(PROGRAM, asked, NOW + 2 * DAY) == NOW + HOUR


@pytest.mark.parametrize("heard_at", [NOW, NOW + HOUR])
def test_what_came_before_the_result_is_taken_up_with_it(heard_at: datetime) -> None:
    last = kept(result=Sent(NOW + HOUR, "m1"), told=[Replied(heard_at, Intent.QUESTION, seq=1)])
    assert due_at(PROGRAM, last, NOW + 2 * DAY) == NOW + HOUR


def test_what_came_after_the_result_is_taken_up_when_it_came() -> None:
    last = kept(result=Sent(NOW, "m1"), told=[Replied(NOW + HOUR, Intent.QUESTION, seq=1)])
    assert due_at(PROGRAM, last, NOW + 2 * DAY) == NOW + HOUR


@pytest.mark.parametrize(
    "end",
    [
        PatientGone(NOW + HOUR, "deceased", seq=1),
        PatientGone(NOW + 2 * HOUR, "deceased", seq=1),
        GoalReached(NOW + HOUR, seq=1),
    ],
    ids=["before", "with it", "goal"],
)
def test_whoever_was_gone_before_the_result_has_nothing_more_to_do_from_then_on(end: Signal) -> None:
    last = kept(since=NOW, result=Sent(NOW + 2 * HOUR, "m1"), told=[end])
    assert due_at(PROGRAM, last, NOW + 30 * DAY) == NOW


def test_a_wait_that_ends_now_leads_to_the_next_one() -> None:
    program = small("  - wait: 1 day\n  - wait: 2 days\n", "hello")
    state, effects = step(program, begin(program, NOW), Started(NOW))
    waiting = LastStep(state, effects[0], NOW, None)
    assert due_at(program, waiting, NOW + DAY - timedelta(seconds=1)) == NOW + DAY
    assert due_at(program, waiting, NOW + DAY) == NOW + 3 * DAY


def test_an_end_that_is_not_kept_was_due_when_it_came_about() -> None:
    reached = kept(Sent(NOW, "m1"), told=[GoalReached(NOW + HOUR, 1)])
    assert due_at(PROGRAM, reached, NOW + 2 * DAY) == NOW + HOUR
    silent = kept(Sent(NOW, "m1"), Opened(NOW, "m1", 1))
    assert due_at(PROGRAM, silent, NOW + 30 * DAY) == NOW + 14 * DAY


def test_several_news_are_heard_in_their_order() -> None:
    last = kept(
        Sent(NOW, "m1"),
        Timer(NOW + DAY),
        result=Sent(NOW + DAY + 2 * HOUR, "m2"),
        told=[Opened(NOW + DAY, "m1", 1), Replied(NOW + DAY + HOUR, Intent.QUESTION, seq=2)],
    )
    assert due_at(PROGRAM, last, NOW + 2 * DAY) == NOW + DAY + 2 * HOUR


def test_a_result_that_cannot_be_is_told() -> None:
    with pytest.raises(Bug, match=r"^flow\.illegal_event: task_created at 0 while acting"):
        due_at(PROGRAM, kept(result=TaskCreated(NOW, "t")), NOW)
