"""Five-field cron expressions: checked here, run by Temporal Schedules."""

from __future__ import annotations

import re

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_ITEM = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?")


def checked_cron(text: str) -> str:
    """The expression with single blanks. Raises ValueError with what would be right."""
    fields = text.split()
    if len(fields) != len(_FIELDS):
        message = (
            f"`{text}` needs five fields: minute, hour, day of the month, month, day of the week; "
            '`"0 10 * * MON-FRI"` is ten o\'clock on working days'
        )
        raise ValueError(message)
    for field, (name, low, high, words) in zip(fields, _FIELDS, strict=True):
        for item in field.split(","):
            if not _possible(item, low, high, words):
                message = f"`{item}` is no {name}; possible are {low} to {high}, `*`, ranges and lists"
                raise ValueError(message)
    return " ".join(fields)


def _possible(item: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    found = _ITEM.fullmatch(item)
    if found is None or found[3] == "0":
        return False
    ends = [_number(end, words, low) for end in (found[1], found[2]) if end is not None]
    return all(end is not None and low <= end <= high for end in ends) and ends == sorted(
        end for end in ends if end is not None
    )


def _number(word: str, words: tuple[str, ...], low: int) -> int | None:
    if word.upper() in words:
        return words.index(word.upper()) + (low if words is _MONTHS else 0)
    return int(word) if word.isdecimal() else None
