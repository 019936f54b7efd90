"""From a journey's last step that is kept to the next one that asks for something, by what came between.

Who runs a journey names what it consumed, and nothing of that is taken from it but the instants of its
timers: the state, the result and the signals are those that are kept. So what it is allowed to do follows
from the store, whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from nextvisit.flow.engine.effects import Effect, Finish, Wait
from nextvisit.flow.engine.events import Result, Signal, Started, Timer
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import State
from nextvisit.flow.engine.step import begin, step


@dataclass(frozen=True, slots=True)
class Began:
    """The journey began at `at`."""

    at: datetime
    kind: Literal["began"] = "began"


@dataclass(frozen=True, slots=True)
class Waited:
    """A wait was over at `at`."""

    at: datetime
    kind: Literal["waited"] = "waited"


@dataclass(frozen=True, slots=True)
class Heard:
    """The signal with this number was heard."""

    seq: int
    kind: Literal["heard"] = "heard"


@dataclass(frozen=True, slots=True)
class Resulted:
    """The action that was out came to its result."""

    kind: Literal["resulted"] = "resulted"


Past = Began | Waited | Heard | Resulted
"""What a journey consumed, by name."""


class UnlawfulError(Exception):
    """What somebody says that a journey consumed does not follow from what is kept of it. why: a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class LastKept:
    """What is kept of a journey.

    state: after the last step that asked for an action; None before the first. asked: that action. result:
    what it came to, once known. told: the signals since, by number.
    """

    enrolled_at: datetime
    flags: tuple[str, ...]
    state: State | None
    asked: Effect | None
    result: Result | None
    told: Mapping[int, Signal]


@dataclass(slots=True)
class _Course:
    program: Program
    kept: LastKept
    latest: datetime
    state: State | None
    asked: Effect | None
    result: Result | None
    anew: bool = False

    def take(self, past: Past) -> None:
        if isinstance(self.asked, Finish):
            raise UnlawfulError("ended")
        match past:
            case Began():
                self._begin(past.at)
            case Waited():
                self._wait(past.at)
            case Heard():
                self._hear(past.seq)
            case Resulted():
                self._finish_action()
            case _:
                assert_never(past)

    def _begin(self, at: datetime) -> None:
        if self.state is not None:
            raise UnlawfulError("begun")
        self._dated(at, at)
        state = begin(self.program, self.kept.enrolled_at, self.kept.flags)
        self._step(state, Started(at=at, flags=self.kept.flags))

    def _wait(self, at: datetime) -> None:
        if self.state is None or not isinstance(self.asked, Wait):
            raise UnlawfulError("no_wait")
        self._dated(at, self.asked.until)
        self._step(self.state, Timer(at=at))

    def _hear(self, seq: int) -> None:
        state = self.state
        signal = self.kept.told.get(seq)
        if state is None or signal is None or seq != state.seen + 1:
            raise UnlawfulError("not_told")
        if isinstance(self.asked, Wait):
            self._step(state, signal)
            return
        # While an action is out a signal waits within the state, or ends the journey.
        self.state, effects = step(self.program, state, signal)
        for each in effects:
            if isinstance(each, Finish):
                self.asked, self.anew = each, True

    def _finish_action(self) -> None:
        if self.state is None or self.asked is None or isinstance(self.asked, Wait) or self.result is None:
            raise UnlawfulError("no_result")
        result, self.result = self.result, None
        self._step(self.state, result)

    def _step(self, state: State, event: Started | Timer | Signal | Result) -> None:
        self.state, effects = step(self.program, state, event)
        if len(effects) != 1:
            raise UnlawfulError("effects")
        (self.asked,), self.anew = effects, True

    def _dated(self, at: datetime, earliest: datetime) -> None:
        if not earliest <= at <= self.latest:
            raise UnlawfulError("time")


def follow(
    program: Program, kept: LastKept, past: Sequence[Past], *, latest: datetime
) -> tuple[State, Effect]:
    """Where the journey stands after `past`, and what it asks for: an action, or its end.

    latest: the instant that no timer may lie behind. Raises UnlawfulError for what cannot have been, and Bug
    as `step` does.
    """
    course = _Course(program, kept, latest, kept.state, kept.asked, kept.result)
    for each in past:
        course.take(each)
    if not course.anew or course.state is None or course.asked is None or isinstance(course.asked, Wait):
        raise UnlawfulError("asks_nothing")
    return course.state, course.asked
