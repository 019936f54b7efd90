"""When a journey has something to do, as what is kept of it tells: a worker would do the same with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from nextvisit.flow.engine.effects import Effect, Finish, Wait
from nextvisit.flow.engine.events import Event, Result, Signal, Timer
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import State
from nextvisit.flow.engine.step import step


@dataclass(frozen=True, slots=True)
class LastStep:
    """The last step of a journey that is kept: where it has stood `since`, and what it asked for.

    result: what the action came to, once known. told: what the journey was told after that step, in order.
    """

    state: State
    asked: Effect
    since: datetime
    result: Result | None
    told: Iterable[Signal] = ()


def due_at(program: Program, last: LastStep, now: datetime) -> datetime:
    """The end of the wait that it is in; of what it was to do at once, and of which nothing is kept, when.

    Raises Bug as `step` does.
    """
    state, asked, since, result = last.state, last.asked, last.since, last.result
    news = deque(last.told)
    while True:
        event: Event
        if isinstance(asked, Wait):
            if news and news[0].at < asked.until:
                event = news.popleft()
            elif asked.until > now:
                return asked.until
            else:
                event = Timer(asked.until)
        elif result is None or isinstance(asked, Finish):
            return since
        elif news and news[0].at <= result.at:
            state, effects = step(program, state, news.popleft())
            if any(isinstance(each, Finish) for each in effects):
                return since
            continue
        else:
            event, result = result, None
        state, (asked,) = step(program, state, event)
        since = event.at
