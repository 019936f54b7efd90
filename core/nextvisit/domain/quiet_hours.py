"""When a patient may be written to: a window of local time, on some weekdays, perhaps not on holidays."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nextvisit.domain.local_time import instant, second_instant

EVERY_DAY = frozenset(range(7))
MONDAY_TO_SATURDAY = frozenset(range(6))

# A window that stays shut for more than a year is a configuration error, not a quiet hour.
_HORIZON = 400


@dataclass(frozen=True, slots=True)
class Window:
    """Open on `weekdays` (Monday is 0) from `opens` until before `closes`, in local time of one day."""

    opens: time
    closes: time
    weekdays: frozenset[int] = EVERY_DAY
    on_holidays: bool = True

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            message = f"a window opens before it closes, not {self.opens} to {self.closes}"
            raise ValueError(message)
        if not self.weekdays or not self.weekdays <= EVERY_DAY:
            message = "a window names at least one weekday, 0 (Monday) to 6"
            raise ValueError(message)


def is_open(at: datetime, zone: ZoneInfo, window: Window, holidays: Collection[date]) -> bool:
    """Whether the wall clock of `zone` stands inside the window at the instant `at`."""
    local = at.astimezone(zone)
    if local.weekday() not in window.weekdays:
        return False
    if not window.on_holidays and local.date() in holidays:
        return False
    return window.opens <= local.time() < window.closes


def next_open(now: datetime, zone: ZoneInfo, window: Window, holidays: Collection[date]) -> datetime:
    """`now` itself when the window is open, else the next opening; in UTC.

    Raises ValueError when the window stays shut for more than a year.
    """
    if is_open(now, zone, window, holidays):
        return now.astimezone(UTC)
    today = now.astimezone(zone).date()
    for ahead in range(_HORIZON):
        day = today + timedelta(days=ahead)
        # Where clocks go back over the opening, a day opens twice.
        for opening in (instant(day, window.opens, zone), second_instant(day, window.opens, zone)):
            if opening >= now and is_open(opening, zone, window, holidays):
                return opening
    message = "the window never opens: every one of its days is a holiday"
    raise ValueError(message)
