"""A conversation played through `step` in virtual time: for rehearsals and golden files.

Effects come out well at once, unless a happening has said before how the next one will come out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from nextvisit.flow.engine.effects import (
    Action,
    BookSlot,
    CreateTask,
    Effect,
    Finish,
    MakeOffer,
    SendMessage,
    Wait,
)
from nextvisit.flow.engine.events import Booked, Event, Offered, Result, Sent, Started, TaskCreated, Timer
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import Phase, State
from nextvisit.flow.engine.step import begin, step
from nextvisit.flow.rehearsal.script import Happening, Prepared
from nextvisit.sdk.records import ChannelKind

Say = Callable[[str, ChannelKind], str]
"""The text of a template on a channel; an empty text is left out of the transcript."""


def say_nothing(template: str, channel: ChannelKind) -> str:
    """For transcripts of template names only."""
    del template, channel
    return ""


@dataclass(frozen=True, slots=True)
class Line:
    """Who did what, when; `text` is what a message said."""

    at: datetime
    what: str
    text: str = ""

    def __str__(self) -> str:
        said = "".join(f"\n    {line}" for line in self.text.splitlines())
        return f"{self.at:%a %d.%m %H:%M}  {self.what}{said}"


@dataclass(slots=True)
class Rehearsal:
    """One patient's conversation. `begin` it, let things `happen`, read `lines`."""

    program: Program
    zone: ZoneInfo
    now: datetime
    flags: tuple[str, ...] = ()
    say: Say = say_nothing
    lines: list[Line] = field(default_factory=list)
    state: State = field(init=False)
    _prepared: list[Prepared] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        self.now = self.now.astimezone(UTC)
        self.state = begin(self.program, self.now, self.flags)

    @property
    def ended(self) -> bool:
        return self.state.phase is Phase.ENDED

    def start(self) -> None:
        self._give(Started(self.now, self.flags))

    def until(self, instant: datetime) -> None:
        """Let time pass: timers fire at their instants."""
        while not self.ended and self.state.wake_at is not None and self.state.wake_at <= instant:
            self.now = max(self.now, self.state.wake_at)
            self._give(Timer(self.now))
        self.now = max(self.now, instant)

    def silence(self) -> None:
        """Let time pass until the journey ends."""
        while not self.ended and self.state.wake_at is not None:
            self.until(self.state.wake_at)

    def happen(self, happening: Happening | Prepared) -> None:
        """Something from outside, now; or how the next fitting effect will come out."""
        if isinstance(happening, Prepared):
            self._prepared.append(happening)
            return
        message = self.state.message or ""
        self._note(happening.told)
        self._give(happening.event(self.now, message, self.state.seen + 1))

    def _give(self, event: Event) -> None:
        self.state, effects = step(self.program, self.state, event)
        while (result := self._carry_out(effects)) is not None:
            self.state, effects = step(self.program, self.state, result)

    def _carry_out(self, effects: tuple[Effect, ...]) -> Result | None:
        for effect in effects:
            match effect:
                case Wait():
                    pass  # `until` and `silence` read the state's wake_at
                case Finish():
                    self._note(f"the journey ends: {effect.outcome.value}")
                case SendMessage() | MakeOffer() | BookSlot() | CreateTask():
                    return self._result(effect)
        return None

    def _result(self, action: Action) -> Result:
        self._count += 1
        name = f"{action.kind}-{self._count}"
        for prepared in self._prepared:
            if prepared.fits(action):
                self._prepared.remove(prepared)
                self._note(prepared.told(action))
                return prepared.result(self.now, name)
        match action:
            case SendMessage():
                answer = ", in reply" if action.in_reply else ""
                self._note(
                    f"clinic writes `{action.template}` by {action.channels[0].value}{answer}",
                    self.say(action.template, action.channels[0]),
                )
                return Sent(self.now, name)
            case MakeOffer():
                near = f" near {action.wanted.astimezone(self.zone):%d.%m %H:%M}" if action.wanted else ""
                self._note(
                    f"clinic offers {action.slots} times{near} by {action.channels[0].value}",
                    self.say(action.template, action.channels[0]),
                )
                return Offered(self.now, name, name, action.slots)
            case BookSlot():
                self._note(f"clinic books time {action.choice}")
                return Booked(self.now, name)
            case CreateTask():
                self._note(f"task for {action.queue}: {action.reason}")
                return TaskCreated(self.now, name)

    def _note(self, what: str, text: str = "") -> None:
        self.lines.append(Line(self.now.astimezone(self.zone), what, text))
