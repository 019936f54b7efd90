"""Whose messages are in doubt after a restore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from nextvisit.domain.restoration import SLACK, Course, Restoration, may_have_gone_out
from tests.world.clock import NOW

HOUR = timedelta(hours=1)
HOURS = st.integers(0, 200).map(lambda each: each * HOUR)
STEPS = st.lists(st.tuples(HOURS, HOURS, HOURS), min_size=1, max_size=8)
"""Of each step: what the campaign waits before it, and how long its message then waits for a gate: in what was
lost, and after the restore."""


def _restored(lost: timedelta, ran: timedelta) -> Restoration:
    taken, confirmed = NOW, NOW + lost + timedelta(days=3)
    return Restoration(1, taken, taken + lost, confirmed, confirmed, confirmed, "ann", (), ran)


def _reached_before(steps: Sequence[tuple[timedelta, timedelta, timedelta]], lost: timedelta) -> int:
    """How many messages what was lost may have sent: no sooner than its own gate let it."""
    passed, reached = timedelta(), 0
    for wait, gate, _ in steps:
        passed += wait + gate
        if passed > lost:
            break
        reached += 1
    return reached


@given(steps=STEPS, lost=HOURS)
def test_whatever_was_sent_between_backup_and_loss_is_in_doubt(
    steps: Sequence[tuple[timedelta, timedelta, timedelta]], lost: timedelta
) -> None:
    ran = gated = timedelta()
    for number, (wait, _, gate) in enumerate(steps):
        ran, gated = ran + wait + gate, gated + gate
        restored = _restored(lost, ran)
        course = Course(NOW - HOUR, NOW - HOUR, first=False, gated=gated)
        now = restored.restored_at + ran
        if number < _reached_before(steps, lost):
            assert may_have_gone_out(restored, course, now)
        elif sum((each[0] for each in steps[: number + 1]), timedelta()) > lost + SLACK:
            assert not may_have_gone_out(restored, course, now), "nobody is left out without need"


@given(lost=HOURS, ran=HOURS, gated=HOURS)
def test_until_it_is_confirmed_everything_is(lost: timedelta, ran: timedelta, gated: timedelta) -> None:
    restored = replace(_restored(lost, ran), confirmed_at=None)
    assert may_have_gone_out(restored, Course(NOW, NOW, first=False, gated=gated), NOW + timedelta(days=900))


@given(lost=HOURS, late=HOURS, ran=HOURS)
def test_who_is_enrolled_anew_is_in_doubt_from_their_own_beginning(
    lost: timedelta, late: timedelta, ran: timedelta
) -> None:
    restored = _restored(lost, late + ran)
    assert restored.confirmed_at is not None
    enrolled = restored.confirmed_at + late + HOUR
    now = enrolled + ran
    first = Course(enrolled, enrolled, first=True, gated=timedelta())
    assert may_have_gone_out(restored, first, now) == (min(late + ran, ran) <= lost + SLACK)
    assert not may_have_gone_out(restored, replace(first, first=False), now)
    assert may_have_gone_out(restored, replace(first, first=False, due_at=restored.lost_at), enrolled)
