"""What a schedule may say, and when it fires next, in local time, as Debian's cron does it.

A time that the clocks jump over fires at the first valid instant; a time that happens twice fires
once. Schedules by the minute or hour (`*/15 * * * *`) follow the elapsed time instead.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FIELDS = (
    ("minute", 0, 59, 60),
    ("hour", 0, 23, 24),
    ("day of the month", 1, 31, 31),
    ("month", 1, 12, 12),
    ("day of the week", 0, 7, 7),  # Sunday has two numbers
)
"""Lowest and highest number, and how many values there are."""
_ANY_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)


def checked_cron(text: str) -> str:
    """The schedule with single blanks. Raises ValueError with what would be right.

    Each item is tried by itself, so that the fault can be named; whoever fires it has the last word.
    """
    fields = text.split()
    if len(fields) != len(_FIELDS):
        message = (
            f"`{text}` needs five fields: minute, hour, day of the month, month, day of the week; "
            '`"0 10 * * MON-FRI"` is ten o\'clock on working days'
        )
        raise ValueError(message)
    for place, (name, low, high, values) in enumerate(_FIELDS):
        for item in fields[place].split(","):
            alone = ["*"] * len(_FIELDS)
            alone[place] = item
            if not _fires(alone):
                message = f"`{item}` is no {name}; possible are {low} to {high}, `*`, ranges and lists"
                raise ValueError(message)
            if _step(item) > values:
                message = f"`{item}` starts anew before it is over; possible are steps up to {values}"
                raise ValueError(message)
    if not _fires(fields):
        message = f"`{text}` never fires: no such month has such a day"
        raise ValueError(message)
    return " ".join(fields)


def _step(item: str) -> int:
    _, _, step = item.partition("/")
    return int(step) if step else 1


def _fires(fields: list[str]) -> bool:
    try:
        return next(CronSim(" ".join(fields), _ANY_INSTANT), None) is not None
    except CronSimError:
        return False


def next_firing(cron: str, after: datetime, zone: ZoneInfo, holidays: Collection[date] = ()) -> datetime:
    """The first firing strictly after `after`, in UTC, leaving out local dates in `holidays`.

    Raises ValueError as `checked_cron` does.
    """
    firings = CronSim(checked_cron(cron), after.astimezone(zone))
    # From inside the second half of an overlap the library may answer with the first half.
    later = (each for each in firings if each > after.astimezone(UTC) and each.date() not in holidays)
    return next(later).astimezone(UTC)
