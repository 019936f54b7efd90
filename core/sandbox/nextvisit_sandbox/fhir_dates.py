"""FHIR dates of any precision as spans of time, for searching."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from nextvisit_sandbox.fhir_problem import FhirProblem

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_PREFIXED = re.compile(r"(eq|ne|ge|gt|le|lt)?(\d.*)")
_YEAR = re.compile(r"\d{4}")
_MONTH = re.compile(r"(\d{4})-(\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class DateRule:
    """One `date=` condition: a prefix and the half-open span that its value covers."""

    prefix: str
    low: datetime
    high: datetime

    def holds(self, at: datetime) -> bool:
        """Whether an instant satisfies it."""
        match self.prefix:
            case "ge":
                return at >= self.low
            case "gt":
                return at >= self.high
            case "le":
                return at < self.high
            case "lt":
                return at < self.low
            case "ne":
                return not self.low <= at < self.high
            case _:
                return self.low <= at < self.high


def date_rule(name: str, value: str, zone: ZoneInfo) -> DateRule:
    """Reads `ge2026-01-01`; a value without an offset is in the clinic's zone.

    Raises FhirProblem 400 for what is no date.
    """
    found = _PREFIXED.fullmatch(value.strip())
    if found is None:
        raise _no_date(name, value)
    try:
        low, high = _span(found[2], zone)
    except ValueError as error:
        raise _no_date(name, value) from error
    return DateRule(found[1] or "eq", low, high)


@lru_cache(maxsize=100_000)
def instant(value: str, zone: ZoneInfo) -> datetime:
    """The beginning of a date or dateTime."""
    return _span(value, zone)[0]


def _span(value: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    if _YEAR.fullmatch(value):
        year = int(value)
        return _midnight(date(year, 1, 1), zone), _midnight(date(year + 1, 1, 1), zone)
    month = _MONTH.fullmatch(value)
    if month:
        first = date(int(month[1]), int(month[2]), 1)
        after = first + timedelta(days=monthrange(first.year, first.month)[1])
        return _midnight(first, zone), _midnight(after, zone)
    if _DAY.fullmatch(value):
        day = date.fromisoformat(value)
        return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    # A `+` of an offset that a client forgot to escape arrives as a space.
    at = datetime.fromisoformat(value.replace(" ", "+"))
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    precision = timedelta(milliseconds=1) if "." in value else timedelta(seconds=1)
    return at, at + precision


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _no_date(name: str, value: str) -> FhirProblem:
    return FhirProblem(400, "value", f"{name}: {value!r} is no FHIR date with an optional prefix")
