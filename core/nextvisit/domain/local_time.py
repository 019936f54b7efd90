"""From a wall clock to an instant, where the wall clock jumps.

A local time in a gap (clocks go forward) stands for the instant at which the gap ends; a local time
in an overlap (clocks go back) stands for its first occurrence.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which the wall clock of `zone` shows (or jumps over) `day` `at`."""
    first, second = _readings(day, at, zone)
    return first if first <= second else _end_of_gap(second, first, zone)


def day_of(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the day of `at` begins in that zone, and the next one."""
    day = at.astimezone(zone).date()
    return instant(day, time.min, zone), instant(day + timedelta(days=1), time.min, zone)


def second_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The later of the two instants of a local time in an overlap; elsewhere equal to `instant`."""
    first, second = _readings(day, at, zone)
    return second if first <= second else _end_of_gap(second, first, zone)


def _readings(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """By the offset before a jump, and by the one after it (PEP 495).

    In an overlap both are right; in a gap neither is, and the second is the earlier one.
    """
    wall = datetime.combine(day, at)
    before, after = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return before, after


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second after the jump that lies in (before, after]."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)
