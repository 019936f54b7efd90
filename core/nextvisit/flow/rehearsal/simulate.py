"""A conversation played through `step` in virtual time: for rehearsals and golden files.

Effects come out well at once, unless a happening has said before how the next one will come out, or the
patient wrote what nobody understood: nobody reads it here, so what a timer sends waits for as long as it may.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from nextvisit.domain.contact_reason import Reason
from nextvisit.flow.engine.effects import Action, Effect, Finish, SendMessage, Wait
from nextvisit.flow.engine.events import Deferred, Event, Result, Started, Timer
from nextvisit.flow.engine.play import Play, Prepared, Say
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import Ended, OpenOffer, State
from nextvisit.flow.engine.step import begin, step
from nextvisit.flow.rehearsal.script import Happening, written
from nextvisit.flow.rehearsal.words import Meant, Reads, Situation, read_nothing
from nextvisit.flow.verbs.offer_effects import MakeOffer
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.replies import Intent


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
    """One patient's conversation. `begin` it, let things `happen`, read `lines`.

    times: what every offer offers, in its order. language: the patient's. read: what words mean.
    """

    program: Program
    zone: ZoneInfo
    now: datetime
    flags: tuple[str, ...] = ()
    say: Say = say_nothing
    times: tuple[datetime, ...] = ()
    language: str = ""
    read: Reads = read_nothing
    lines: list[Line] = field(default_factory=list)
    state: State = field(init=False)
    _prepared: list[Prepared] = field(default_factory=list)
    _count: int = 0
    _asked_back: set[str] = field(default_factory=set)
    _unread_until: datetime | None = None

    def __post_init__(self) -> None:
        self.now = self.now.astimezone(UTC)
        self.state = begin(self.program, self.now, self.flags)

    @property
    def ended(self) -> bool:
        return isinstance(self.state.phase, Ended)

    def start(self) -> None:
        self._give(Started(self.now))

    def until(self, instant: datetime) -> None:
        """Let time pass: timers fire at their instants."""
        while self.state.wake_at is not None and self.state.wake_at <= instant:
            self.now = max(self.now, self.state.wake_at)
            self._give(Timer(self.now))
        self.now = max(self.now, instant)

    def silence(self) -> None:
        """Let time pass until the journey ends."""
        while self.state.wake_at is not None:
            self.until(self.state.wake_at)

    def happen(self, happening: Happening | Prepared) -> None:
        """Something from outside, now; or how the next fitting effect will come out."""
        if isinstance(happening, Prepared):
            self._prepared.append(happening)
            return
        if happening.holds_for is not None:
            self._unread_until = self.now + happening.holds_for
        message = self.state.in_hand.message or ""
        self._note(happening.told)
        for line in happening.besides:
            self._note(line)
        self._give(happening.event(self.now, message, self.state.seen + 1))

    def write(self, words: str) -> None:
        """The patient writes this, now. Raises ValueError when nobody reads it, or knows what is on offer."""
        offer = None if self.ended or self.state.booked else self.state.offer
        if offer is not None and offer.slots > len(self.times):
            message = f"name the {offer.slots} times that are offered, so that words can mean one of them"
            raise ValueError(message)
        times = None if offer is None else self.times[: offer.slots]
        meant = self.read(words, Situation(self.now, self.zone, self.language, times, self.state.booked))
        told = f"patient writes: {' / '.join(words.split(chr(10)))}"
        if offer is not None and self._asks_back(offer, meant):
            self._note(told)
            self._note(f"clinic asks back, at once: time {meant.choice}?")
            return
        self.happen(written(told, meant, in_journey=not self.ended))

    def _asks_back(self, offer: OpenOffer, meant: Meant) -> bool:
        """What is probably one of the times is asked about, once for an offer; no journey hears of it."""
        guess = meant.intent is Intent.UNCLEAR and meant.choice is not None
        if not guess or offer.offer in self._asked_back:
            return False
        self._asked_back.add(offer.offer)
        return True

    def _give(self, event: Event) -> None:
        self.state, effects = step(self.program, self.state, event)
        while (result := self._carry_out(effects)) is not None:
            self.state, effects = step(self.program, self.state, result)

    def _carry_out(self, effects: tuple[Effect, ...]) -> Result | None:
        for effect in effects:
            if isinstance(effect, Finish):
                self._note(f"the journey ends: {effect.outcome.value}")
            elif not isinstance(effect, Wait):  # `until` and `silence` read the state's wake_at
                return self._result(effect)
        return None

    def _result(self, action: Action) -> Result:
        self._count += 1
        name = f"{action.kind}-{self._count}"
        until = self._unread_until
        if until is not None and self.now < until and _is_timed(action):
            local = until.astimezone(self.zone)
            told = f"clinic would write: what the patient wrote is unread, not before {local:%Y-%m-%d %H:%M}"
            self._note(told)
            return Deferred(self.now, until, Reason.REPLY_UNREAD.value)
        for prepared in self._prepared:
            if prepared.fits(action):
                self._prepared.remove(prepared)
                self._note(prepared.told(action))
                return prepared.result(self.now, name)
        played = action.play(Play(self.now, name, self.zone, self.say))
        self._note(played.line, played.text)
        return played.result

    def _note(self, what: str, text: str = "") -> None:
        self.lines.append(Line(self.now.astimezone(self.zone), what, text))


def _is_timed(action: Action) -> bool:
    """Whether it would go out without the patient having written."""
    return isinstance(action, SendMessage | MakeOffer) and not action.in_reply
