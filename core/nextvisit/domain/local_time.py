"""From a wall clock to an instant, where the wall clock jumps.

A local time in a gap (clocks go forward) stands for the instant at which the gap ends; a local time
in an overlap (clocks go back) stands for its first occurrence.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which the wall clock of `zone` shows (or jumps over) `day` `at`."""
    wall = datetime.combine(day, at.replace(tzinfo=None, fold=0))
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    return _end_of_gap(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def day_of(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the day of `at` begins in that zone, and the next one."""
    day = at.astimezone(zone).date()
    return instant(day, time.min, zone), instant(day + timedelta(days=1), time.min, zone)


def second_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The later of the two instants of a local time in an overlap; elsewhere equal to `instant`."""
    wall = datetime.combine(day, at.replace(tzinfo=None, fold=0))
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if second.astimezone(zone).replace(tzinfo=None) == wall:
        return second
    return instant(day, at, zone)


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
