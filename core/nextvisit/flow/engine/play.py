"""How a simulation plays what the engine asks for: the forms that the verbs fill."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from nextvisit.flow.engine.events import Result
from nextvisit.sdk.records import ChannelKind

if TYPE_CHECKING:
    from nextvisit.flow.engine.effects import Action

Say = Callable[[str, ChannelKind], str]
"""The text of a template on a channel; an empty text is left out of the transcript."""


@dataclass(frozen=True, slots=True)
class Play:
    """One action carried out in virtual time. name: what its message, offer, booking or task is called."""

    at: datetime
    name: str
    zone: ZoneInfo
    say: Say


@dataclass(frozen=True, slots=True)
class Played:
    """What an action came to, its line in the transcript, and what a message said."""

    result: Result
    line: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """How the next fitting action comes out. line: that action's, to which `ends` is added."""

    fits: Callable[[Action], bool]
    line: Callable[[Action], str]
    ends: str
    result: Callable[[datetime, str], Result]

    def told(self, action: Action) -> str:
        return f"{self.line(action)}: {self.ends}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of a script that prepare an outcome. example: one such phrase, for whoever mistypes it."""

    example: str
    pattern: re.Pattern[str]
    prepare: Callable[[re.Match[str], ZoneInfo], Prepared]


def fixed(words: str, prepared: Prepared) -> Phrase:
    """A phrase without anything to fill in."""
    return Phrase(words, re.compile(re.escape(words)), lambda _found, _zone: prepared)


def local_instant(text: str, zone: ZoneInfo) -> datetime:
    """`2026-11-30 10:00` in the clinic's zone. Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=zone).astimezone(UTC)
