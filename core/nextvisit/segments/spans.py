"""Lengths of time as people write them: `24 hours`, `14 days`, `12 months`."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Unit = Literal["minute", "hour", "day", "week", "month", "year"]

_UNITS: dict[str, Unit] = {unit: unit for unit in get_args(Unit)}
_FORM = re.compile(rf"(\d{{1,5}}) *({'|'.join(_UNITS)})s?")
_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Span:
    """A positive length of time.

    Minutes and hours are absolute. Days and weeks keep the local time of day; months and years do too,
    and go to the month's last day where the day does not exist (a month before 31 March is 28 February).
    A local time that a clock change skips is read with the offset before the change; a time that comes
    twice is the first one.
    """

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count} {self.unit}" + ("" if self.count == 1 else "s")

    def before(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """The instant (UTC) that lies this long before."""
        return self._moved(instant, zone, -1)

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """The instant (UTC) that lies this long after."""
        return self._moved(instant, zone, 1)

    def to_timedelta(self) -> timedelta:
        """For minutes, hours, days (24 hours) and weeks; ValueError for months and years."""
        match self.unit:
            case "minute":
                return timedelta(minutes=self.count)
            case "hour":
                return timedelta(hours=self.count)
            case "day" | "week":
                return timedelta(days=self.count * _DAYS[self.unit])
            case "month" | "year":
                message = f"`{self}` has no fixed length; write it in days or weeks"
                raise ValueError(message)

    def _moved(self, instant: datetime, zone: ZoneInfo, sign: int) -> datetime:
        if self.unit in {"minute", "hour"}:
            # in UTC, for arithmetic within a zone would be on the wall's time
            return instant.astimezone(UTC) + sign * self.to_timedelta()
        local = instant.astimezone(zone)
        if self.unit in _MONTHS:
            day = shift_months(local.date(), sign * self.count * _MONTHS[self.unit])
        else:
            day = local.date() + sign * self.to_timedelta()
        wall = datetime.combine(day, local.time().replace(fold=0), tzinfo=zone)
        return wall.astimezone(UTC)


def shift_months(day: date, months: int) -> date:
    """The same day some months away, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < 1:
        return date.min
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def parse_span(text: str) -> Span:
    """Raises ValueError with what would be right."""
    found = _FORM.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        message = (
            f"`{text}` is no length of time; write a number and minutes, hours, days, weeks, months or "
            "years, such as `14 days`"
        )
        raise ValueError(message)
    return Span(int(found[1]), _UNITS[found[2]])
