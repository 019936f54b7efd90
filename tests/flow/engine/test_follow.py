"""What a journey may do follows from what is kept of it, whoever asks."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.flow.engine.effects import Action, Effect, Finish, Wait
from nextvisit.flow.engine.events import Event, Result, Signal, Started, Timer
from nextvisit.flow.engine.follow import Began, Heard, LastKept, Past, Resulted, UnlawfulError, Waited, follow
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import State
from nextvisit.flow.engine.step import begin, step
from tests.flow.walks import CLIMB, MIXED, results, signals
from tests.world.campaigns import small

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
PROGRAMS = (small(MIXED, "hello", "offer"), small(MIXED, "hello", "offer", ladder=CLIMB))


@dataclass
class Course:
    """A journey as its workflow runs it, and what the store keeps of it."""

    program: Program
    draw: random.Random
    at: datetime = NOW
    state: State | None = None
    asked: Effect | None = None
    kept: tuple[State | None, Effect | None, Result | None] = (None, None, None)
    told: dict[int, Signal] = field(default_factory=dict)
    past: list[Past] = field(default_factory=list)

    def ask(self) -> tuple[State, Effect]:
        """What the store makes of what the workflow says that it consumed."""
        state, asked, result = self.kept
        kept = LastKept(NOW, (), state, asked, result, self.told)
        return follow(self.program, kept, self.past, latest=self.at)

    def begin(self) -> None:
        self.past.append(Began(self.at))
        self._step(begin(self.program, NOW), Started(self.at))

    def go_on(self) -> None:
        """Until it asks for something again."""
        while isinstance(self.asked, Wait):
            self.at += timedelta(minutes=self.draw.randint(1, 600))
            if self.draw.random() < 0.5:
                self._hear()
            else:
                self.at = max(self.at, self.asked.until)
                self.past.append(Waited(self.at))
                self._step(self._state, Timer(self.at))

    def carry_out(self) -> None:
        """The action is kept, and comes to something; meanwhile signals may be told."""
        assert self.asked is not None
        assert not isinstance(self.asked, Wait | Finish)
        asked: Action = self.asked
        result = self.draw.choice(results(asked, self.at, f"m{len(self.told)}"))
        self.kept, self.past = (self._state, self.asked, result), []
        while self.draw.random() < 0.3 and not isinstance(self.asked, Finish):
            self._hear()
        if not isinstance(self.asked, Finish):
            self.past.append(Resulted())
            self._step(self._state, result)

    @property
    def _state(self) -> State:
        assert self.state is not None
        return self.state

    def _hear(self) -> None:
        seq = self._state.seen + 1
        newest = self._state.in_hand.message or "none"
        self.told[seq] = self.draw.choice(signals(self.draw, self.at, newest, seq))
        self.past.append(Heard(seq))
        acting = not isinstance(self.asked, Wait)
        self.state, effects = step(self.program, self._state, self.told[seq])
        if not acting:
            (self.asked,) = effects
        for each in effects:
            if isinstance(each, Finish):
                self.asked = each

    def _step(self, state: State, event: Event) -> None:
        self.state, (self.asked,) = step(self.program, state, event)


@given(st.sampled_from(PROGRAMS), st.integers())
def test_what_a_journey_consumed_leads_the_store_to_where_it_stands(program: Program, seed: int) -> None:
    course = Course(program, random.Random(seed))
    course.begin()
    for _ in range(12):
        course.go_on()
        assert course.ask() == (course.state, course.asked)
        if isinstance(course.asked, Finish):
            return
        course.carry_out()


@given(st.sampled_from(PROGRAMS), st.integers(), st.data())
def test_nothing_that_is_left_out_or_put_in_leads_to_the_same_action_twice(
    program: Program, seed: int, data: st.DataObject
) -> None:
    """Whatever is said, an action that is out and has no result is not asked for again."""
    course = Course(program, random.Random(seed))
    course.begin()
    course.go_on()
    if isinstance(course.asked, Finish):
        return
    course.carry_out()
    course.kept = (*course.kept[:2], None)
    anything: list[Past] = [Resulted(), Heard(1), Heard(2), Waited(course.at), Began(course.at)]
    course.past = data.draw(st.lists(st.sampled_from(anything), max_size=4))
    try:
        _, asked = course.ask()
    except UnlawfulError:
        return
    assert isinstance(asked, Finish)


@pytest.mark.parametrize(
    ("past", "why"),
    [
        ((), "asks_nothing"),
        ((Waited(NOW),), "no_wait"),
        ((Heard(1),), "not_told"),
        ((Resulted(),), "no_result"),
        ((Began(NOW), Began(NOW)), "begun"),
        ((Began(NOW + timedelta(days=1)),), "time"),
        ((Began(NOW), Resulted()), "no_result"),
    ],
)
def test_what_cannot_have_been_is_unlawful(past: tuple[Past, ...], why: str) -> None:
    course = Course(PROGRAMS[0], random.Random(1), past=list(past))
    with pytest.raises(UnlawfulError) as refused:
        course.ask()
    assert refused.value.why == why
