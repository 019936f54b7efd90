"""What one language brings: its words for each meaning and for times. Data only; see `lexicons/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from nextvisit.understanding.folding import Script

Part = Literal["morning", "midday", "afternoon", "evening"]


def _nothing() -> Mapping[str, int]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TimeWords:
    """Words of the date grammar, folded. `weekdays`, `months` and `units` map stems (prefixes) to numbers.

    weekdays: Monday is 0. relative: phrase → days ahead. units: stem → days (30 stands for a month).
    next_but_one: the week after next, as one word or phrase. at: prepositions that announce an hour.
    after/before: those that make it a bound. hours: an hour in words → hour of the day. half: words for
    thirty minutes; half_is_before: whether `half four` is 3:30, as in German, Polish and Russian.
    quarter_past, quarter_to, quarter_into: phrases before the hour; `чверть на десяту` is 9:15. day_of_month:
    words after a number that make it a day: `1 числа`. of_day: words before it that do: `am 29.`. split:
    words that open a new clause. not_time: phrases with words of a time that name none: `good morning`.
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
    next_but_one: tuple[str, ...] = ()
    half: tuple[str, ...] = ()
    half_is_before: bool = True
    quarter_past: tuple[str, ...] = ()
    quarter_to: tuple[str, ...] = ()
    quarter_into: tuple[str, ...] = ()
    day_of_month: tuple[str, ...] = ()
    of_day: tuple[str, ...] = ()
    not_time: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language. Each group but the maps is patterns (see `patterns`).

    What stops us, found anywhere in a text, in whatever language it is:
    urgent, deceased, opt_out: sentences beyond doubt. opt_out_words: beyond doubt as a whole clause, with
    nothing but polite words beside. hold: perhaps a stop, or one in part. not_urgent, not_deceased,
    not_opt_out: what looks like it and is none; it is taken out before.

    What goes to a person or asks for something: wrong_number to question.
    What agrees: yes, wants_visit, confirm. `agreed`: with a negation in them and yet a yes ("no problem").
    What is given up: declines, cancel, reschedule, other_times; busy: why a named time does not suit.

    cancels: a single word that gives up the visit while one is pending, and else is a hold ("cancel",
    "rezygnuję"). ends: one that may give up either, and is a hold at any time ("quit", "koniec").
    negation: words that turn a yes around. doubt: words that make a yes depend on something. filler:
    words without a meaning of their own, such as politeness. farewell: what a name may follow. ordinals:
    word → its place in the offer, -1 the last. scores: word → 0 to 10. unsure: whole texts that are not
    guessed at.
    """

    language: str
    script: Script
    urgent: tuple[str, ...]
    not_urgent: tuple[str, ...]
    deceased: tuple[str, ...]
    not_deceased: tuple[str, ...]
    opt_out_words: tuple[str, ...]
    opt_out: tuple[str, ...]
    not_opt_out: tuple[str, ...]
    hold: tuple[str, ...]
    cancels: tuple[str, ...]
    ends: tuple[str, ...]
    wrong_number: tuple[str, ...]
    running_late: tuple[str, ...]
    already_booked: tuple[str, ...]
    for_another: tuple[str, ...]
    complaint: tuple[str, ...]
    other_language: tuple[str, ...]
    human: tuple[str, ...]
    too_expensive: tuple[str, ...]
    question: tuple[str, ...]
    cancel: tuple[str, ...]
    reschedule: tuple[str, ...]
    other_times: tuple[str, ...]
    busy: tuple[str, ...]
    declines: tuple[str, ...]
    wants_visit: tuple[str, ...]
    confirm: tuple[str, ...]
    yes: tuple[str, ...]
    agreed: tuple[str, ...]
    no: tuple[str, ...]
    negation: tuple[str, ...]
    doubt: tuple[str, ...]
    filler: tuple[str, ...]
    farewell: tuple[str, ...]
    ordinals: Mapping[str, int]
    scores: Mapping[str, int]
    time: TimeWords
    unsure: tuple[str, ...] = ()
