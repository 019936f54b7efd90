"""The time that a short reply speaks of: `jutro o 15`, `в среду утром`, `next Tuesday at 3`.

A small grammar of our own: general date libraries drop the hour of `jutro o 15` and read the Polish
`nie` as Sunday. Words come from the language's `TimeWords`; everything is folded text. An hour from 1 to
7 without more is in the afternoon, since clinics do not see patients at night. What a negated clause
names (`nie jutro`, `not Monday`) is left out. What is not about time is handed back: whoever books from a
time has to know that nothing else was said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from rapidfuzz.distance import OSA

from nextvisit.understanding.days import day_in, stem_of, weekday_in
from nextvisit.understanding.folding import is_number
from nextvisit.understanding.hours import Bound, part_in, time_in
from nextvisit.understanding.lexicon import Part, TimeWords
from nextvisit.understanding.time_text import GAP, alternatives

_PART_HOUR: Mapping[Part, int] = {"morning": 9, "midday": 12, "afternoon": 14, "evening": 17}
_PART_SPAN: Mapping[Part, tuple[int, int]] = {
    "morning": (0, 12),
    "midday": (11, 14),
    "afternoon": (12, 17),
    "evening": (17, 24),
}
_NOON = 12
_LONG = 6
"""Letters of a word from which on one slip makes it no other word."""
_ENDING = 3


@dataclass(frozen=True, slots=True)
class Mention:
    """What was said of a time, as far as it was said.

    bound: the hour is the first or the last. several: more days than one were named, or from one on, or until
    one.
    """

    day: date | None = None
    at: time | None = None
    part: Part | None = None
    bound: Bound | None = None
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


@dataclass(frozen=True, slots=True)
class TimeReading:
    """mention: what is wanted; None when nothing is. excludes: a time was named that is not wanted.

    rest: the text without all that, with a border in its place. respelled: a word was taken for one that it
    is a slip away from.
    """

    mention: Mention | None
    excludes: bool
    rest: str
    respelled: bool = False


def read_time(marked: str, words: TimeWords, today: date) -> TimeReading:
    """What a folded text with its marks says of a time."""
    if words.not_time:
        marked = re.sub(rf"\b(?:{alternatives(words.not_time)})\b", GAP, marked)
    compound = (
        rf"\b({alternatives(w for w in words.weekdays if len(w) >= _LONG)})({alternatives(words.parts)})"
    )
    marked = re.sub(compound, r"\1 \2", marked)  # Freitagvormittag
    spelled, respelled = _respelled(marked, words)
    text, excludes = _kept(spelled, words, today)
    if any(is_number(char) for char in text) or _speaks_of_time(text, words):
        day, rest = day_in(text, words, today)
        several = day is not None and _names_another_day(rest, day, words, today)
        if day is not None and not several:
            rest = weekday_in(rest, words, today)[1]  # `Tue 01.12` names it twice
        part, rest = part_in(rest, words)
        at, bound, rest = time_in(rest, words, part, day_known=day is not None)
        open_ended = day is not None and _opens(rest, words)
        if excludes and day is None:
            return TimeReading(
                None, excludes, rest, respelled
            )  # what is left is a part of what does not suit
        if day is not None or at is not None or part is not None:
            mention = Mention(day, at, part, bound, several or open_ended)
            return TimeReading(mention, excludes, rest, respelled)
    return TimeReading(None, excludes, spelled if not excludes else text, respelled and excludes)


def _speaks_of_time(text: str, words: TimeWords) -> bool:
    """Most texts do not, and the grammar need not be asked."""
    return _opening(words).search(text) is not None


@cache
def _opening_of(stems: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{alternatives(stems)})")


def _opening(words: TimeWords) -> re.Pattern[str]:
    named = (
        *words.weekdays,
        *words.months,
        *words.relative,
        *words.units,
        *words.week,
        *words.parts,
        *words.hours,
    )
    return _opening_of((*named, *words.half, *words.next_but_one))


def _opens(rest: str, words: TimeWords) -> bool:
    """Whether a day is only where the time begins or ends: `after Friday`, `do wtorku`."""
    before = rest.partition(GAP)[0].split()
    return bool(before) and before[-1] in {*words.after, *words.before}


def _respelled(marked: str, words: TimeWords) -> tuple[str, bool]:
    """Day and month words with one slip, put right."""
    known = [w for w in (*words.weekdays, *words.relative, *words.months) if len(w) >= _LONG and " " not in w]
    phrases = (*words.half, *words.quarter_past, *words.quarter_to, *words.quarter_into, *words.hours)
    right = {word for phrase in phrases for word in phrase.split()}
    changed = False

    def put_right(match: re.Match[str]) -> str:
        nonlocal changed
        word = match.group()
        if (
            len(word) < _LONG
            or word in right
            or stem_of(word, words.weekdays) is not None
            or word.startswith(tuple(known))
        ):
            return word
        for other in known:
            if word[0] == other[0] and abs(len(word) - len(other)) <= _ENDING:
                distance = min(OSA.distance(word[: len(other) + extra], other) for extra in (-1, 0, 1))
                if distance == 1:
                    changed = True
                    return other
        return word

    return re.sub(r"[^\W\d_]+", put_right, marked), changed


def _names_another_day(rest: str, day: date, words: TimeWords, today: date) -> bool:
    """`Tue 01.12` names one day; `Tue or Wed`, and `Tue 02.12` on a Wednesday, do not."""
    other = day_in(rest, words, today)[0]
    if other is None or other == day:
        return False
    return other != weekday_in(rest, words, today)[0] or other.weekday() != day.weekday()


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


def _kept(marked: str, words: TimeWords, today: date) -> tuple[str, bool]:
    """The clauses that name no unwanted time, one after the other, and whether one was left out."""
    text = " ".join(marked.replace("'", "").replace("\n", " | ").split())
    for phrase in (*words.after, *words.before):
        # "Not before three" is a bound and no refusal.
        if " " in phrase:
            bound = words.after[0] if phrase in words.after else words.before[0]
            text = re.sub(rf"\b{re.escape(phrase)}\b", bound, text)
    for phrase in words.negation:
        if " " in phrase:  # "anything but Friday" is one clause
            text = re.sub(rf"\b{re.escape(phrase)}\b", words.negation[0], text)
    splits = rf"[,;!?|]|\.(?=\s|$)|\b(?:{alternatives(words.split)})\b"
    negation = re.compile(rf"\b(?:{alternatives(words.negation)})\b")
    if negation.search(text) is None:
        return text, False
    kept, left_out = [], False
    for clause in re.split(splits, text):
        if negation.search(clause) and day_in(clause, words, today)[0] is not None:
            left_out = True
            continue
        kept.append(clause)
    return (GAP.join(kept), True) if left_out else (text, False)
