"""The hour, or the part of the day, that a text names: `o 15`, `halb vier`, `после обеда`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal

from nextvisit.understanding.folding import is_number
from nextvisit.understanding.lexicon import Part, TimeWords
from nextvisit.understanding.time_text import alternatives, take

_LAST_NIGHT_HOUR = 7
_NOON = 12
_HALF, _QUARTER, _HOUR = 30, 15, 60
_DAY = 24

Bound = Literal["after", "before"]
"""Whether an hour is the first or the last that suits."""


def part_in(text: str, words: TimeWords) -> tuple[Part | None, str]:
    found, rest = take(rf"\b({alternatives(words.parts)})\w*", text)
    return (words.parts[found[1]], rest) if found else (None, text)


def time_in(
    text: str, words: TimeWords, part: Part | None, *, day_known: bool
) -> tuple[time | None, Bound | None, str]:
    """The hour, whether it is the first or the last that suits, and the text without it."""
    for read in (_in_parts_of_an_hour, _announced, _in_words):
        clock, bound, rest = read(text, words, part)
        if clock is not None:
            return clock, bound, rest
    spelt = [r"\b(\d{1,2})(?:[:.]|-(?=00|15|30|45))(\d{2})\s*(am|pm)?(?!\d)", r"\b(\d{1,2})()\s*(am|pm)\b"]
    spelt.append(rf"\b(\d{{1,2}})()()\s*(?:{alternatives(words.hour_units)})\b")
    if day_known or part is not None:
        spelt.append(r"(?<![\d:.])(\d{1,2})()()(?![\d:.]*\d)")
    for pattern in spelt:
        found, rest = take(pattern, text)
        clock = _clock(found, part, words) if found else None
        if clock is not None:
            return clock, None, rest
    return None, None, text


def _announced(text: str, words: TimeWords, part: Part | None) -> tuple[time | None, Bound | None, str]:
    """`o 15`, `nach 16 Uhr`, `at 3pm`."""
    hour = (
        r"(\d{1,2})(?:[:.](\d{2}))?(?:-?(?:ej|tej|ta|ой|ти|и))?\s*(am|pm|a\.m\.|p\.m\.)?(?!\d)"
        rf"(?!\s*(?:{alternatives(words.units)}))(?:\s*(?:{alternatives(words.hour_units)})\b)?"
    )
    for bound, prepositions in _prepositions(words):
        found, rest = take(rf"\b(?:{alternatives(prepositions)})\s+{hour}", text)
        clock = _clock(found, part, words) if found else None
        if clock is not None:
            return clock, bound, rest
    return None, None, text


def _in_words(text: str, words: TimeWords, part: Part | None) -> tuple[time | None, Bound | None, str]:
    """`at nine`, `po dziewiątej`."""
    for bound, prepositions in _prepositions(words) if words.hours else ():
        found, rest = take(rf"\b(?:{alternatives(prepositions)})\s+({alternatives(words.hours)})\b", text)
        if found:
            return time(_hour(words.hours[found[1]], part, is_padded=False)), bound, rest
    return None, None, text


def _prepositions(words: TimeWords) -> Sequence[tuple[Bound | None, tuple[str, ...]]]:
    return (("after", words.after), ("before", words.before), (None, words.at))


def _in_parts_of_an_hour(
    text: str, words: TimeWords, part: Part | None
) -> tuple[time | None, Bound | None, str]:
    """`halb vier`, `quarter past nine`, `wpół do czwartej`, `без четверти пять`, `чверть на десяту`."""
    hours = alternatives([*words.hours, "0"])
    for phrases, minutes in (
        (words.half, -_HALF if words.half_is_before else _HALF),
        (words.quarter_past, _QUARTER),
        (words.quarter_to, -_QUARTER),
        (words.quarter_into, _QUARTER - _HOUR),
    ):
        if not phrases:
            continue
        at = rf"(?:\b(?:{alternatives(words.at)})\s+)?"
        found, rest = take(rf"{at}\b(?:{alternatives(phrases)})\s*(\d{{1,2}}|{hours})\b()()", text)
        if found is None:
            continue
        hour = int(found[1]) if is_number(found[1]) else words.hours[found[1]]
        if hour < _DAY:
            whole = datetime.combine(date(2000, 1, 2), time(_hour(hour, part, is_padded=False)))
            before = text[: found.start()].split()[-1:]
            bound: Bound | None = "after" if before and before[0] in words.after else None
            bound = "before" if before and before[0] in words.before else bound
            return (whole + timedelta(minutes=minutes)).time(), bound, rest
    return None, None, text


def _clock(found: re.Match[str], part: Part | None, words: TimeWords) -> time | None:
    hour, minute = int(found[1]), int(found[2] or 0)
    suffix = (found[3] or "").replace(".", "")
    if suffix and hour <= _NOON and suffix not in words.of_day:  # "4 am Freitag" is German
        hour = hour % 12 + (12 if suffix == "pm" else 0)
    else:
        hour = _hour(hour, part, is_padded=found[1].startswith("0"))
    try:
        return time(hour, minute)
    except ValueError:
        return None


def _hour(hour: int, part: Part | None, *, is_padded: bool) -> int:
    """Of the day. Clinics do not see patients at night, so a small one is in the afternoon."""
    if is_padded or not 0 < hour < _NOON:
        return hour
    late = part in ("afternoon", "evening")
    return hour + _NOON if late or (hour <= _LAST_NIGHT_HOUR and part != "morning") else hour
