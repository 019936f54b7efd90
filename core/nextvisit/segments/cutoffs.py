"""The instants and days that a predicate compares with, for both backends.

Computed once in Python; SQL gets them as parameters and does no calendar arithmetic of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from nextvisit.segments.model import Age, LastVisit, Visited
from nextvisit.segments.spans import shift_months


@dataclass(frozen=True, slots=True)
class StartWindow:
    """`not_before <= start < before`; None is no bound. `start <= now` holds besides."""

    not_before: datetime | None
    before: datetime | None

    def holds(self, start: datetime) -> bool:
        return (self.not_before is None or start >= self.not_before) and (
            self.before is None or start < self.before
        )


@dataclass(frozen=True, slots=True)
class BirthWindow:
    """`after < birth_date <= not_after`; None is no bound."""

    after: date | None
    not_after: date | None

    def holds(self, birth_date: date) -> bool:
        return (self.after is None or birth_date > self.after) and (
            self.not_after is None or birth_date <= self.not_after
        )


def start_window(predicate: LastVisit | Visited, now: datetime, zone: ZoneInfo) -> StartWindow:
    over = predicate.over if isinstance(predicate, LastVisit) else None
    return StartWindow(
        not_before=predicate.within.before(now, zone) if predicate.within else None,
        before=over.before(now, zone) if over else None,
    )


def birth_window(age: Age, now: datetime, zone: ZoneInfo) -> BirthWindow:
    """Somebody born on 29 February completes a year on 1 March of a common year."""
    today = now.astimezone(zone).date()
    return BirthWindow(
        after=None if age.to is None else shift_months(today, -12 * (age.to + 1)),
        not_after=None if age.from_ is None else shift_months(today, -12 * age.from_),
    )
