"""What one language brings: its words for each intent and for times. Data only; see `lexicons/`.

A pattern is words parted by spaces. `stem*` is any word that begins so; `...` is up to three words in
between. Patterns are written folded, as `folding.fold` writes text: lower case, no accents, ё as е.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Part = Literal["morning", "midday", "afternoon", "evening"]


def _nothing() -> Mapping[str, int]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TimeWords:
    """Words of the date grammar. `weekdays` and `months` and `units` map stems (prefixes) to numbers.

    weekdays: Monday is 0. relative: phrase → days ahead. units: stem → days (30 stands for a month).
    at: prepositions that announce an hour. after/before: those that make it a bound.
    hours: stem of an hour in words → hour of the day. split: words that open a new clause.
    """

    weekdays: Mapping[str, int]
    months: Mapping[str, int]
    relative: Mapping[str, int]
    within: tuple[str, ...]
    units: Mapping[str, int]
    numbers: Mapping[str, int]
    following: tuple[str, ...]
    week: tuple[str, ...]
    parts: Mapping[str, Part]
    at: tuple[str, ...]
    after: tuple[str, ...]
    before: tuple[str, ...]
    hour_units: tuple[str, ...]
    split: tuple[str, ...]
    negation: tuple[str, ...]
    hours: Mapping[str, int] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language. `…_words` match the whole message or its first word; patterns match anywhere.

    opt_out_words: beyond doubt. ambiguous_opt_out: the whole message only, and while a visit is being
    confirmed it means the visit. unsure: whole messages that must not be guessed at.
    """

    language: str
    script: Literal["latin", "cyrillic"]
    opt_out_words: tuple[str, ...]
    opt_out: tuple[str, ...]
    ambiguous_opt_out: tuple[str, ...]
    urgent: tuple[str, ...]
    wrong_number: tuple[str, ...]
    human: tuple[str, ...]
    cancel: tuple[str, ...]
    reschedule: tuple[str, ...]
    other_times: tuple[str, ...]
    too_expensive: tuple[str, ...]
    question: tuple[str, ...]
    wants_visit: tuple[str, ...]
    confirm: tuple[str, ...]
    declines: tuple[str, ...]
    yes_words: tuple[str, ...]
    no_words: tuple[str, ...]
    ordinals: Mapping[str, int]
    filler: tuple[str, ...]
    time: TimeWords
    unsure: tuple[str, ...] = ()


def compile_patterns(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for all patterns, to be searched in folded words joined by single spaces."""
    if not patterns:
        return re.compile(r"(?!)")
    return re.compile("|".join(_pattern(pattern) for pattern in patterns))


def _pattern(pattern: str) -> str:
    out = ""
    gap = False
    for word in pattern.split():
        if word == "...":
            gap = True
            continue
        stem = re.escape(word.removesuffix("*")) + (r"\S*" if word.endswith("*") else "")
        if out:
            out += r"(?: \S+){0,3} " if gap else " "
        out += stem
        gap = False
    return rf"(?<!\S){out}(?!\S)"
