"""The time that a short reply speaks of: `jutro o 15`, `в среду утром`, `next Tuesday at 3`.

A small grammar of our own: general date libraries drop the hour of `jutro o 15` and read the Polish
`nie` as Sunday. Words come from the language's `TimeWords`; everything is folded text. An hour from 1 to
7 without more is in the afternoon, since clinics do not see patients at night. What a negated clause
names (`nie jutro`, `not Monday`) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from nextvisit.understanding.lexicon import Part, TimeWords

_PART_HOUR: Mapping[Part, int] = {"morning": 9, "midday": 12, "afternoon": 14, "evening": 17}
_PART_SPAN: Mapping[Part, tuple[int, int]] = {
    "morning": (0, 12),
    "midday": (11, 14),
    "afternoon": (12, 17),
    "evening": (16, 24),
}
_LAST_NIGHT_HOUR = 7
_NOON = 12
_SHORT = 4
_MONTH = 30


@dataclass(frozen=True, slots=True)
class Mention:
    """What was said of a time, as far as it was said. `several`: more days than one were named."""

    day: date | None = None
    at: time | None = None
    part: Part | None = None
    bound: Literal["after", "before"] | None = None
    several: bool = False

    def admits(self, local: datetime) -> bool:
        """Whether a time of the clinic's wall clock is among those meant."""
        clock = local.time()
        if self.day is not None and local.date() != self.day:
            return False
        if self.part is not None and self.at is None:
            first, last = _PART_SPAN[self.part]
            return first <= clock.hour < last
        if self.at is None:
            return True
        match self.bound:
            case "after":
                return clock >= self.at
            case "before":
                return clock <= self.at
            case None:
                return (clock.hour, clock.minute) == (self.at.hour, self.at.minute)


def read_mention(marked: str, words: TimeWords, today: date) -> Mention | None:
    """What the folded text with its marks says of a time; None when it says nothing."""
    text = _kept(marked, words, today)
    day, rest = _day(text, words, today)
    several = day is not None and _names_another_day(rest, day, words, today)
    part, rest = _part(rest, words)
    at, bound, rest = _time(rest, words, part, day_known=day is not None)
    if day is None and at is None and part is None:
        return None
    return Mention(day, at, part, bound, several)


def _names_another_day(rest: str, day: date, words: TimeWords, today: date) -> bool:
    """`Tue 01.12` names one day; `Tue or Wed`, and `Tue 02.12` on a Wednesday, do not."""
    other = _day(rest, words, today)[0]
    if other is None or other == day:
        return False
    return other != _weekday(rest, words, today)[0] or other.weekday() != day.weekday()


def resolve(mention: Mention, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant that slots are looked for around, in `zone`; None when it has passed.

    A day without an hour is its noon, so that the whole day is near.
    """
    local = now.astimezone(zone)
    hour = _PART_HOUR[mention.part] if mention.part is not None else _NOON
    at = mention.at or time(hour)
    if mention.day is None:
        today = datetime.combine(local.date(), at, zone)
        return today if today > local else datetime.combine(local.date() + timedelta(days=1), at, zone)
    wanted = datetime.combine(mention.day, at, zone)
    if wanted > local:
        return wanted
    # "Today", said after noon, still means the rest of the day.
    return local if mention.at is None and mention.day == local.date() else None


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _take(pattern: str, text: str) -> tuple[re.Match[str] | None, str]:
    """The first match, and the text without it."""
    found = re.search(pattern, text)
    return (found, f"{text[: found.start()]} | {text[found.end() :]}") if found else (None, text)


def _stem(word: str, stems: Mapping[str, int]) -> int | None:
    """Short stems are whole words: `sob` is Saturday and `sobie` is not."""
    for stem in sorted(stems, key=len, reverse=True):
        if word == stem or (len(stem) > _SHORT and word.startswith(stem)):
            return stems[stem]
    return None


def _kept(marked: str, words: TimeWords, today: date) -> str:
    """The clauses that are not negated, one after the other."""
    text = " ".join(marked.replace("'", "").split())
    for phrase in (*words.after, *words.before):
        # "Not before three" is a bound and no refusal.
        if " " in phrase:
            bound = words.after[0] if phrase in words.after else words.before[0]
            text = re.sub(rf"\b{re.escape(phrase)}\b", bound, text)
    clauses = re.split(rf"[,;!?\n]|\.(?=\s|$)|\b(?:{_alternatives(words.split)})\b", text)
    negation = re.compile(rf"\b(?:{_alternatives(words.negation)})\b")
    kept = []
    for clause in clauses:
        found = negation.search(clause)
        if found and _day(clause, words, today)[0] is not None:
            continue
        kept.append(clause)
    return " ".join(" ".join(kept).split())


def _day(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    for read in (_iso, _numeric, _named_month, _relative, _in_units, _weekday, _next_week, _ordinal_day):
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
    found, rest = _take(r"\b(\d{4})-(\d{2})-(\d{2})\b", text)
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
            return day, f"{text[: found.start()]} | {text[found.end() :]}"
    return None, text


def _named_month(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    months = _alternatives(words.months)
    ending = r"(?:st|nd|rd|th|go|ego|tego|-?го|-?е|\.)?"
    for pattern, number, month in (
        (rf"\b(\d{{1,2}}){ending}\s+(?:of\s+)?({months})\w*\.?(?:\s+(\d{{4}}))?(?![\d:])", 1, 2),
        (rf"\b({months})\w*\.?\s+(\d{{1,2}}){ending}(?![\d:])()", 2, 1),
    ):
        found, rest = _take(pattern, text)
        if found:
            year = int(found[3]) if found[3] else None
            return _future(year, words.months[found[month]], int(found[number]), today), rest
    return None, text


def _relative(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    found, rest = _take(rf"\b({_alternatives(words.relative)})\b", text)
    return (today + timedelta(days=words.relative[found[1]]), rest) if found else (None, text)


def _in_units(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    found, rest = _take(
        rf"\b(?:{_alternatives(words.within)})\s+(?:(\d{{1,2}}|{_alternatives(words.numbers)})\s+)?"
        rf"({_alternatives(words.units)})\w*",
        text,
    )
    if not found:
        return None, text
    count = 1
    if found[1]:
        count = int(found[1]) if found[1].isdigit() else words.numbers[found[1]]
    unit = words.units[found[2]]
    if unit < _MONTH:
        return today + timedelta(days=count * unit), rest
    month = today.month - 1 + count
    return date(today.year + month // 12, month % 12 + 1, min(today.day, 28)), rest


def _weekday(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    following = re.compile(rf"(?:{_alternatives(words.following)})\w*$")
    for found in re.finditer(r"[^\W\d_]+", text):
        weekday = _stem(found.group(), words.weekdays)
        if weekday is None:
            continue
        start = found.start()
        ahead = (weekday - today.weekday() - 1) % 7 + 1
        said_next = following.search(text[:start].rstrip())
        if said_next:
            # "Next Tuesday" is the one of the next calendar week.
            start = said_next.start()
            ahead = 7 - today.weekday() + weekday
        return today + timedelta(days=ahead), f"{text[:start]} | {text[found.end() :]}"
    return None, text


def _next_week(text: str, words: TimeWords, today: date) -> tuple[date | None, str]:
    following, week = _alternatives(words.following), _alternatives(words.week)
    found, rest = _take(rf"\b(?:{following})\w*\s+(?:{week})\w*", text)
    return (today + timedelta(days=7 - today.weekday()), rest) if found else (None, text)


def _ordinal_day(text: str, _words: TimeWords, today: date) -> tuple[date | None, str]:
    """`5th`, `5-го`, `5-tego`: the next such day of a month."""
    found, rest = _take(r"\b(\d{1,2})(?:st|nd|rd|th|-?го|-?ego|-?tego)\b", text)
    if not found:
        return None, text
    day = today
    for _ in range(62):
        if day.day == int(found[1]):
            return day, rest
        day += timedelta(days=1)
    return None, text


def _part(text: str, words: TimeWords) -> tuple[Part | None, str]:
    found, rest = _take(rf"\b({_alternatives(words.parts)})\w*", text)
    return (words.parts[found[1]], rest) if found else (None, text)


def _time(
    text: str, words: TimeWords, part: Part | None, *, day_known: bool
) -> tuple[time | None, Literal["after", "before"] | None, str]:
    bound: Literal["after", "before"] | None = None
    hour = (
        r"(\d{1,2})(?:[:.](\d{2}))?(?:-?(?:ej|tej|ta|ой|ти|и))?\s*(am|pm|a\.m\.|p\.m\.)?(?!\d)"
        rf"(?!\s*(?:{_alternatives(words.units)}))"
    )
    units = rf"(?:\s*(?:{_alternatives(words.hour_units)})\b)?"
    for name, prepositions in (("after", words.after), ("before", words.before), (None, words.at)):
        found, rest = _take(rf"\b(?:{_alternatives(prepositions)})\s+{hour}{units}", text)
        clock = _clock(found, part) if found else None
        if clock is not None:
            bound = "after" if name == "after" else "before" if name == "before" else None
            return clock, bound, rest
    spelt = [r"\b(\d{1,2})[:.](\d{2})\s*(am|pm)?(?!\d)", r"\b(\d{1,2})()\s*(am|pm)\b"]
    spelt.append(rf"\b(\d{{1,2}})()()\s*(?:{_alternatives(words.hour_units)})\b")
    if day_known or part is not None:
        spelt.append(r"(?<![\d:.])(\d{1,2})()()(?![\d:.]*\d)")
    for pattern in spelt:
        found, rest = _take(pattern, text)
        clock = _clock(found, part) if found else None
        if clock is not None:
            return clock, None, rest
    if words.hours:
        found, rest = _take(rf"\b(?:{_alternatives(words.at)})\s+({_alternatives(words.hours)})\b", text)
        if found:
            return time(words.hours[found[1]]), None, rest
    return None, None, text


def _clock(found: re.Match[str], part: Part | None) -> time | None:
    hour, minute = int(found[1]), int(found[2] or 0)
    suffix = (found[3] or "").replace(".", "")
    if suffix:
        hour = hour % 12 + (12 if suffix == "pm" else 0)
    elif not found[1].startswith("0") and 0 < hour < _NOON:
        late = part in ("afternoon", "evening")
        early = part == "morning"
        if late or (hour <= _LAST_NIGHT_HOUR and not early):
            hour += 12
    try:
        return time(hour, minute)
    except ValueError:
        return None
