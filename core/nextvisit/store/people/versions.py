"""Which of two versions of one thing of a MIS is the later one, in whatever order they come.

The date of a version decides; at the same instant its number, where both are numbers; else who comes last.
A date beyond our clock is a wrong clock somewhere. Such a version is kept as of when it came, so that
whatever
changes afterwards is later. Beyond by more than a day it says nothing at all: then the numbers decide, else
who comes last. So a record that is dated 9999 is taken, and the next one with a true date wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

ASTRAY: Final = timedelta(days=1)
"""Clocks of one hospital differ by less."""


@dataclass(frozen=True, slots=True)
class Version:
    """at: when it was made, never later than when it came; None where that could not be read.

    ahead: its own date was astray, so `at` is none to compare by.
    """

    number: str
    at: datetime | None
    ahead: bool = False


def version_of(number: str, updated_at: datetime | None, now: datetime) -> Version:
    """A version that comes at `now`."""
    if updated_at is None:
        return Version(number, None)
    return Version(number, min(updated_at, now), ahead=updated_at > now + ASTRAY)


def same(came: Version, known: Version) -> bool:
    """Whether it is here already. A MIS may use a number twice, so the date counts too, where it is one."""
    if came.number != known.number:
        return False
    if came.ahead or known.ahead or came.at is None or known.at is None:
        return came.number != ""
    return came.at == known.at


def outdated(came: Version, known: Version) -> bool:
    """Whether what came is here already, or something later is."""
    return same(came, known) or earlier(came, known)


def earlier(came: Version, known: Version) -> bool:
    """Whether what came is surely older than what is here."""
    astray = came.ahead or known.ahead
    if not astray and came.at is not None and known.at is not None and came.at != known.at:
        return came.at < known.at
    if came.number.isdecimal() and known.number.isdecimal():
        return int(came.number) < int(known.number)
    return False
