"""The day that a text names: `05.12`, `5 grudnia`, `übernächsten Montag`, `через неделю в четверг`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from nextvisit.understanding.folding import is_number
from nextvisit.understanding.lexicon import TimeWords
from nextvisit.understanding.time_text import GAP, alternatives, take

_SHORT = 4
_MONTH = 30
_WEEK = 7
_YEAR, _MONTHS_A_YEAR = 365, 12


def stem_of(word: str, stems: Mapping[str, int]) -> int | None:
    """Short stems are whole words: `sob` is Saturday and `sobie` is not."""
    for stem in sorted(stems, key=len, reverse=True):
        if word == stem or (len(stem) > _SHORT and word.startswith(stem)):
            return stems[stem]
    return None


def day_in(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    for read in _DAYS:
        day, rest = read(text, words, today)
        if day is not None:
            return day, rest
    return None, text


def _future(year: int | None, month: int, number: int, today: date) -> date | None:
    try:
        day = date(year or today.year, month, number)
        return day.replace(year=day.year + 1) if year is None and day < today else day
    except ValueError:
        return None


def _iso(text: str, _words: TimeWords, today: date) -> tuple[date | None, str]:
    found, rest = take(r"\b(\d{4})-(\d{2})-(\d{2})\b", text)
    return (_future(int(found[1]), int(found[2]), int(found[3]), today), rest) if found else (None, text)


def _numeric(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    """Day before month, as in Europe. After `o` or `at` such a pair is a time."""
    announced = [word for word in words.at if word not in ("в", "на", "na", "у", "в", "з")]
    for found in re.finditer(r"(?<![\d:.])(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}|\d{2}))?(?![\d:])", text):
        before = text[: found.start()].split()
        if before and before[-1] in announced and found[3] is None:
            continue
        year = int(found[3]) if found[3] else None
        year = year + 2000 if year is not None and year < 100 else year  # noqa: PLR2004 - two digits
        day = _future(year, int(found[2]), int(found[1]), today)
        if day is not None:
            return day, f"{text[: found.start()]}{GAP}{text[found.end() :]}"
    return None, text


def _named_month(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    months = alternatives(words.months)
    ending = r"(?:st|nd|rd|th|go|ego|tego|-?го|-?е|\.)?"
    for pattern, number, month in (
        (rf"\b(\d{{1,2}}){ending}\s+(?:of\s+)?({months})\w*\.?(?:\s+(\d{{4}}))?(?![\d:])", 1, 2),
        (rf"\b({months})\w*\.?\s+(\d{{1,2}}){ending}(?![\d:])()", 2, 1),
    ):
        found, rest = take(pattern, text)
        if found:
            year = int(found[3]) if found[3] else None
            return _future(year, words.months[found[month]], int(found[number]), today), rest
    return None, text


def _relative(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    for found in re.finditer(rf"\b({alternatives(words.relative)})\b", text):
        before = text[: found.start()].split()
        # "Freitag morgen" is a part of Friday.
        if found[1] in words.parts and before and stem_of(before[-1], words.weekdays) is not None:
            continue
        return today + timedelta(
            days=words.relative[found[1]]
        ), f"{text[: found.start()]}{GAP}{text[found.end() :]}"
    return None, text


def _in_units(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    found, rest = take(
        rf"\b(?:{alternatives(words.within)})\s+(?:(\d{{1,2}}|{alternatives(words.numbers)})\s+)?"
        rf"({alternatives(words.units)})\w*",
        text,
    )
    if not found:
        return None, text
    count = 1
    if found[1]:
        count = int(found[1]) if is_number(found[1]) else words.numbers[found[1]]
    unit = words.units[found[2]]
    if unit < _MONTH:
        day = today + timedelta(days=count * unit)
        # "In two weeks on Thursday": of that week.
        weekday, other = weekday_in(rest, words, today) if unit >= _WEEK else (None, rest)
        if weekday is not None:
            return day + timedelta(days=weekday.weekday() - day.weekday()), other
        return day, rest
    month = today.month - 1 + count * (_MONTHS_A_YEAR if unit >= _YEAR else 1)
    return date(today.year + month // 12, month % 12 + 1, min(today.day, 28)), rest


def _next_but_one(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    """`übernächsten Montag`, `week after next`: two calendar weeks on."""
    if not words.next_but_one:
        return None, text
    found, rest = take(
        rf"\b(?:{alternatives(words.next_but_one)})\w*(?:\s+(?:{alternatives(words.week)})\w*)?", text
    )
    if not found:
        return None, text
    monday = today + timedelta(days=2 * _WEEK - today.weekday())
    weekday, other = weekday_in(rest, words, today)
    return (monday, rest) if weekday is None else (monday + timedelta(days=weekday.weekday()), other)


def weekday_in(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    following = re.compile(rf"(?:{alternatives(words.following)})\w*$")
    for found in re.finditer(r"[^\W\d_]+", text):
        weekday = None if found.group() in words.hours else stem_of(found.group(), words.weekdays)
        if weekday is None:
            continue
        start = found.start()
        ahead = (weekday - today.weekday() - 1) % 7 + 1
        said_next = following.search(text[:start].rstrip())
        if said_next:
            # "Next Tuesday" is the one of the next calendar week.
            start = said_next.start()
            ahead = _WEEK - today.weekday() + weekday
        rest = text[found.end() :]
        later = re.match(
            rf"\s+(?:(?:{alternatives(words.following)})\w*\s+)?(?:{alternatives(words.week)})\b", rest
        )
        if later and not said_next:
            # "Friday week" is the one after this Friday, "Friday next week" that of the next calendar week.
            of_week = _WEEK - today.weekday() + weekday
            ahead = of_week if len(later.group().split()) > 1 else ahead + _WEEK
            rest = rest[later.end() :]
        before, week = text[:start], _of_next_week(text[:start], words)
        if week is not None and not said_next:
            ahead, before = _WEEK - today.weekday() + weekday, before[: week.start()] + before[week.end() :]
        return today + timedelta(days=ahead), f"{before}{GAP}{rest}"
    return None, text


def _of_next_week(text: str, words: TimeWords) -> re.Match[str] | None:
    """`w przyszłym tygodniu w piątek`."""
    return re.search(rf"\b(?:{alternatives(words.following)})\w*\s+(?:{alternatives(words.week)})\w*", text)


def _next_week(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    following, week = alternatives(words.following), alternatives(words.week)
    found, rest = take(rf"\b(?:{following})\w*\s+(?:{week})\w*", text)
    return (today + timedelta(days=7 - today.weekday()), rest) if found else (None, text)


def _ordinal_day(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    """`5th`, `5-го`, `5-tego`, `5 числа`: the next such day of a month."""
    noun = rf"|\s+(?:{alternatives(words.day_of_month)})" if words.day_of_month else ""
    found, rest = take(rf"\b(\d{{1,2}})(?:(?:st|nd|rd|th|-?го|-?ого|-?go|-?ego|-?tego|-?e){noun})\b", text)
    if not found and words.of_day:
        before, units = alternatives(words.of_day), alternatives(words.hour_units)
        found, rest = take(rf"\b(?:{before})\s+(\d{{1,2}})\.?(?![\d:]|\.\d)(?!\s*(?:{units})\b)", text)
    if not found:
        return None, text
    day = today
    for _ in range(62):
        if day.day == int(found[1]):
            return day, rest
        day += timedelta(days=1)
    return None, text


_DAYS = (
    _iso,
    _numeric,
    _named_month,
    _relative,
    _in_units,
    _next_but_one,
    weekday_in,
    _next_week,
    _ordinal_day,
)
