"""Which of two versions of one thing of a MIS is the later one, in whatever order they come.

The date of a version decides; at the same instant its number, where both are numbers. A date beyond our clock
is a wrong clock somewhere. Such a version is kept as of when it came, so that whatever changes afterwards is
later. Beyond by more than a day, or missing, it says no more than that: the version was made before it came.
Then the numbers decide; without numbers, of two undated versions who comes last. So a record that is dated
9999 is taken, and the next one with a true date wins.

Where none of it decides, nobody knows which of the two holds. What comes is taken, and whatever stops us in
either of them counts until a version comes that is surely later. The same goes for a version that is surely
earlier and that the MIS has now, as it says when it is asked for the thing: it was restored from a backup, or
answers from a copy that lags behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

ASTRAY: Final = timedelta(days=1)
"""Clocks of one hospital differ by less."""

HAIR: Final = timedelta(microseconds=1)
"""What has to be put right behind another version is newer by this, and than nothing else."""
AT_ONCE: Final = timedelta(milliseconds=1)
"""Nothing of a MIS changes twice in it, and several hundred hairs fit in."""

Place = Literal["here", "earlier", "unsure", "later"]
"""Of a version that comes, beside the one that is known."""


@dataclass(frozen=True, slots=True)
class Version:
    """at: when it was made, never later than when it came; None where nobody knows either.

    ahead: its own date is missing or was astray, so `at` is when it came.
    """

    number: str
    at: datetime | None
    ahead: bool = False


def version_of(number: str, updated_at: datetime | None, now: datetime) -> Version:
    """A version that comes at `now`."""
    if updated_at is None:
        return Version(number, now, ahead=True)
    return Version(number, min(updated_at, now), ahead=updated_at > now + ASTRAY)


def place(came: Version, known: Version, *, has_now: bool = False) -> Place:
    """has_now: the MIS was asked for the thing, and this is what it has.

    What was deleted has no number any more: the version that was deleted, seen again, is news.
    """
    if same(came, known):
        return "here"
    if earlier(came, known):
        return "unsure" if has_now else "earlier"
    return "later" if not known.number or _later(came, known) else "unsure"


def same(came: Version, known: Version) -> bool:
    """Whether it is here already. A MIS may use a number twice, so the date counts too, where it is one."""
    if came.number != known.number:
        return False
    if _undated(came) or _undated(known):
        return came.number != ""
    return came.at == known.at


def outdated(came: Version, known: Version) -> bool:
    """Whether what came is here already, or something later is."""
    return same(came, known) or earlier(came, known)


def earlier(came: Version, known: Version) -> bool:
    """Whether what came is surely older than what is here."""
    if not _undated(came) and not _undated(known) and came.at != known.at:
        return came.at is not None and known.at is not None and came.at < known.at
    if _made_after(came, known):
        return False
    return _numbered(came, known) and int(came.number) < int(known.number)


def _later(came: Version, known: Version) -> bool:
    """Of two that are neither the same, nor is what came surely earlier."""
    if _numbered(came, known):
        return _made_after(came, known) or int(came.number) > int(known.number)
    return _made_after(came, known) or (_undated(came) and _undated(known))


def _made_after(came: Version, known: Version) -> bool:
    """Whether what came has a date, and is dated after the other was here."""
    return not _undated(came) and came.at is not None and known.at is not None and came.at > known.at


def _undated(version: Version) -> bool:
    return version.ahead or version.at is None


def _numbered(one: Version, other: Version) -> bool:
    return one.number.isdecimal() and other.number.isdecimal()
