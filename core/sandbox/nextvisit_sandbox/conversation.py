"""What one patient says next: decisions only, no network and no waiting."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from nextvisit_sandbox import phrases
from nextvisit_sandbox.behaviours import Behaviour, Behaviours, MailHabit, Wish
from nextvisit_sandbox.phrases import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_MOST_PICKS: Final = 5
_BY_DAY_AND_HOUR: Final = 0.35


class Stage(Enum):
    """How far the conversation is."""

    NEW = auto()
    COMPLAINED = auto()
    WAITING = auto()
    PICKED = auto()
    DONE = auto()


@dataclass(slots=True)
class Conversation:
    """One patient's memory of what was said; changed by nobody but the patient."""

    patient: str
    language: str
    behaviour: Behaviour
    behaviours: Behaviours
    stage: Stage = Stage.NEW
    asked_for_others: bool = False
    picks: int = 0
    answered_pages: set[str] = field(default_factory=set)

    def opens_mail(self) -> bool:
        """Whether the patient reads mail: by habit, or because an answer is expected."""
        return self.behaviour.mail is MailHabit.ANSWERS or self.stage in {Stage.WAITING, Stage.COMPLAINED}

    def reply_to_text(self, text: str, *, reminder: bool, now: datetime) -> str | None:
        """The text that the patient sends back, or None for silence."""
        options = phrases.read_options(text, now.date())
        if not self._talks(reminder=reminder):
            return None
        if options and self._wants_a_time():
            return self._pick(options, now)
        if self.stage is Stage.COMPLAINED:
            self.stage = Stage.WAITING
            return self._say(phrases.YES)
        return self._first_reply(now) if self.stage is Stage.NEW else None

    def button(self, answers: Sequence[str], *, reminder: bool) -> str | None:
        """The button that the patient presses on a page with these, or None for none."""
        wanted = self._wanted_button(answers) if self._talks(reminder=reminder) else None
        return wanted if wanted in answers else None

    def pressed(self, answer: str) -> None:
        """The page took the answer."""
        match answer:
            case "wants_visit":
                self.stage = Stage.WAITING
            case "too_expensive":
                self.stage = Stage.COMPLAINED
            case "other_times":
                self.asked_for_others = True
                self.stage = Stage.WAITING
            case "stop" | "question":
                self.stage = Stage.DONE
            case _:
                self.stage = Stage.PICKED
                self.picks += 1

    def question(self) -> str:
        """What the patient would ask."""
        return self._say(phrases.QUESTION)

    def _talks(self, *, reminder: bool) -> bool:
        if self.behaviour.trait.wish is Wish.NOTHING or self.stage is Stage.DONE:
            return False
        return self.stage is not Stage.NEW or reminder or not self.behaviour.trait.waits_for_reminder

    def _wants_a_time(self) -> bool:
        asks_otherwise = self.behaviour.trait.wish in {Wish.STOP, Wish.QUESTION, Wish.TOO_EXPENSIVE}
        return self.picks < _MOST_PICKS and not (self.stage is Stage.NEW and asks_otherwise)

    def _pick(self, options: Sequence[phrases.Option], now: datetime) -> str:
        option = options[int(self._chance("pick") * len(options))]
        by_day = self._chance("pick-how") < _BY_DAY_AND_HOUR
        self.stage = Stage.PICKED
        self.picks += 1
        return phrases.day_and_hour(self.language, option.at, now) if by_day else option.number

    def _first_reply(self, now: datetime) -> str | None:
        match self.behaviour.trait.wish:
            case Wish.VISIT | Wish.OTHER_TIMES:
                self.stage = Stage.WAITING
                return self._say(phrases.YES)
            case Wish.DATE:
                self.stage = Stage.WAITING
                at = phrases.wished_time(self._chance("wish"), now.date())
                return phrases.day_and_hour(self.language, at, now)
            case Wish.STOP:
                self.stage = Stage.DONE
                return self._say(phrases.STOP)
            case Wish.QUESTION:
                self.stage = Stage.DONE
                return self.question()
            case Wish.TOO_EXPENSIVE:
                self.stage = Stage.COMPLAINED
                return self._say(phrases.TOO_EXPENSIVE)
            case Wish.NOTHING:
                return None

    def _wanted_button(self, answers: Sequence[str]) -> str | None:
        slots = [answer for answer in answers if answer.startswith("slot:")]
        wish = self.behaviour.trait.wish
        if slots and self._wants_a_time():
            if wish is Wish.OTHER_TIMES and not self.asked_for_others and "other_times" in answers:
                return "other_times"
            return slots[int(self._chance("pick") * len(slots))]
        if self.stage is Stage.COMPLAINED:
            return "wants_visit"
        if self.stage is not Stage.NEW:
            return None
        match wish:
            case Wish.STOP:
                return "stop"
            case Wish.QUESTION:
                return "question"
            case Wish.TOO_EXPENSIVE:
                return "too_expensive"
            case _:
                return "wants_visit"

    def _chance(self, about: str) -> float:
        return self.behaviours.chance(self.patient, f"{about}/{self.picks}")

    def _say(self, words: phrases.Words) -> str:
        return say(words, self.language, self._chance("words"))
