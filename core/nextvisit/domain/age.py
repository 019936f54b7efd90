"""How old somebody is, when the birth date may be known to the year or the month only."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def age_on(birth_date: str, day: date) -> int:
    """Full years on `day`. A birth date without its day or month counts as late as it may be.

    So nobody is taken for an adult too early. `birth_date` is YYYY, YYYY-MM or YYYY-MM-DD.
    """
    parts = [int(part) for part in birth_date.split("-")]
    year = parts[0]
    month = parts[1] if len(parts) > 1 else 12
    number = parts[2] if len(parts) > 2 else monthrange(year, month)[1]  # noqa: PLR2004 - year, month, day
    return day.year - year - ((day.month, day.day) < (month, number))
