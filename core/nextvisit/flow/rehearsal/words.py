"""What a patient's own words come to in a rehearsal. Whoever plays it brings the reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from nextvisit.sdk.replies import Intent


@dataclass(frozen=True, slots=True)
class Situation:
    """In which something is written. offer: the times on offer, if any are. booked: a visit lies ahead."""

    at: datetime
    zone: ZoneInfo
    language: str
    offer: tuple[datetime, ...] | None
    booked: bool


@dataclass(frozen=True, slots=True)
class Meant:
    """As in `Replied`."""

    intent: Intent
    choice: int | None = None
    wanted: datetime | None = None


Reads = Callable[[str, Situation], Meant]


def read_nothing(words: str, situation: Situation) -> Meant:
    """For rehearsals of meanings only. Raises ValueError."""
    del words, situation
    message = "nobody reads words here; say what they mean, as `replies wants_visit`"
    raise ValueError(message)
