"""A time that is named: chosen out of an offer, wished for, or where it cannot be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.dates import Mention, TimeReading, read_time, resolve
from nextvisit.understanding.folding import is_number, tokenised
from nextvisit.understanding.model import Understood
from nextvisit.understanding.utterance import UNCLEAR, Utterance

_SMALL_TALK: Final = 2
"""Words that we do not know and that do not keep a wish for another time from being one: it books nothing."""


def time(said: Utterance) -> Understood | None:
    """A time was named; what for depends on what was asked."""
    context, today = said.context, said.context.now.astimezone(said.context.zone).date()
    reading = read_time(said.folded.marked, said.vocabulary.time, today)
    if reading.mention is None:
        return _only_excluded(said, reading)
    wanted = resolve(reading.mention, context.now, context.zone)
    for group, intent in (("human", Intent.HUMAN), ("too_expensive", Intent.TOO_EXPENSIVE)):
        span = said.find(group)
        if span is not None:
            return replace(said.by(intent, span), wanted=wanted)
    if context.offer:
        return _time_of_offer(said, reading, reading.mention, wanted)
    if context.appointment_pending:
        return _time_while_pending(said, reading, reading.mention, wanted)
    return _time_of_wish(said, reading, wanted)


def _only_excluded(said: Utterance, reading: TimeReading) -> Understood | None:
    """Only what does not suit was named: `tak, ale nie w piątek`."""
    if not reading.excludes:
        return None
    if said.context.offer:
        return Understood(Intent.OTHER_TIMES, confidence=0.9, source="date")
    # What is said of the time that does not suit is no yes.
    suits = replace(said, folded=replace(said.folded, tokens=tokenised(reading.rest)))
    agreed = suits.agreed()
    if agreed is None or said.context.appointment_pending or _left_after_time(said, reading):
        return None
    return said.by(Intent.WANTS_VISIT, agreed)


def _left_after_time(said: Utterance, reading: TimeReading) -> list[str]:
    tokens = tokenised(reading.rest)
    time = said.vocabulary.time
    small = {
        *time.at,
        *time.after,
        *time.before,
        *time.split,
        *time.day_of_month,
        *time.hour_units,
    }
    return [token for token in said.left_of(tokens) if token not in small]


def _time_of_offer(
    said: Utterance, reading: TimeReading, mention: Mention, wanted: datetime | None
) -> Understood:
    if re.fullmatch(r"\W*\d\s*[-/]\s*\d\W*", said.folded.marked):
        return UNCLEAR  # 2/3: two places, a date, or a range
    offer = said.context.offer or ()
    left = _left_after_time(said, reading)
    rest = tokenised(reading.rest)
    other = Understood(Intent.OTHER_TIMES, wanted=wanted, confidence=0.9, source="date")
    denying = ("busy", "other_times", "reschedule", "cancel", "declines")
    if said.vocabulary.says(said.vocabulary.without(rest, "agreed"), *denying):
        return replace(other, wanted=None if said.find("busy") else wanted)
    meant = _meant(said, mention, offer)
    if _numbered(said, mention, offer) is not None:
        meant = _meant(said, replace(mention, at=None, bound=None), offer)
    if len(meant) != 1 or mention.several:
        return _time_not_offered(said, other, left)
    choice = _numbered(said, mention, offer) or meant[0]
    asked_back = replace(UNCLEAR, choice=choice)
    if mention.day is None and mention.at is None:
        return other if said.asks else asked_back  # a part of the day may only wish
    if said.is_refused(rest) and not said.asks:
        return other
    if (
        left
        or mention.bound is not None
        or _may_be_a_name(said)
        or said.is_denied(rest)
        or reading.respelled
        or reading.excludes
    ):
        return asked_back
    exact = mention.day is not None and mention.at is not None
    return Understood(Intent.CHOICE, choice, offer[choice - 1], 1.0 if exact else 0.8, source="date")


def _time_not_offered(said: Utterance, other: Understood, left: Sequence[str]) -> Understood:
    """A time that we did not offer, or that fits several."""
    return other if len(left) <= _SMALL_TALK or said.asks else UNCLEAR


def _may_be_a_name(said: Utterance) -> bool:
    """Whether the day stands where a name does: "regards, Friday"."""
    ends = [max(span.tokens) for span in said.vocabulary["farewell"].all_in(said.tokens)]
    if not ends:
        return False
    today = said.context.now.astimezone(said.context.zone).date()
    return read_time(" ".join(said.tokens[min(ends) + 1 :]), said.vocabulary.time, today).mention is not None


def _numbered(said: Utterance, mention: Mention, offer: tuple[datetime, ...]) -> int | None:
    """The place in the offer that is named beside its day: `2 friday`. A bare digit could be an hour too."""
    words, time = said.folded.words.split(), said.vocabulary.time
    announcing = {*time.at, *time.after, *time.before}
    places = [
        int(word)
        for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False)
        if len(word) == 1 and is_number(word) and before not in announcing and after not in time.hour_units
    ]
    if len(places) != 1 or not 1 <= places[0] <= len(offer):
        return None
    return places[0] if offer[places[0] - 1].astimezone(said.context.zone).date() == mention.day else None


def _meant(said: Utterance, mention: Mention, offer: tuple[datetime, ...]) -> list[int]:
    zone = said.context.zone
    return [index for index, start in enumerate(offer, 1) if mention.admits(start.astimezone(zone))]


def _time_while_pending(
    said: Utterance, reading: TimeReading, mention: Mention, wanted: datetime | None
) -> Understood:
    """I will be there on Friday: repeats the visit, if that is on Friday. Friday alone asks for another
    day."""
    for group in ("reschedule", "other_times"):
        span = said.find(group)
        if span is not None:
            return replace(said.by(Intent.RESCHEDULE, span), wanted=wanted)
    span = said.find("cancel")
    if span is not None:
        return replace(said.given_up(span, Intent.CANCEL, said.wants()), wanted=wanted)
    left = _left_after_time(said, reading)
    agreed = said.agreed()
    if agreed is not None:
        visit = said.context.visit
        if visit is not None and not mention.admits(visit.astimezone(said.context.zone)):
            return Understood(Intent.RESCHEDULE, wanted=wanted, confidence=0.6, source="date")
        sure = not left and not said.is_denied(tokenised(reading.rest)) and not reading.excludes
        return said.by(Intent.CONFIRM, agreed) if sure and visit is not None else UNCLEAR
    if left and not said.asks:
        return UNCLEAR
    return Understood(Intent.RESCHEDULE, wanted=wanted, confidence=0.9, source="date")


def _time_of_wish(said: Utterance, reading: TimeReading, wanted: datetime | None) -> Understood:
    wants = said.wants()
    for group, intent in (
        ("reschedule", Intent.RESCHEDULE),
        ("cancel", Intent.CANCEL),
        ("declines", Intent.DECLINES),
    ):
        span = said.find(group)
        if span is not None:
            found = said.given_up(span, intent, wants)
            return replace(found, wanted=wanted) if intent is Intent.RESCHEDULE else found
    if wants is not None and wants.intent is not Intent.WANTS_VISIT:
        return wants
    left = _left_after_time(said, reading)
    rest = tokenised(reading.rest)
    if said.asks:  # "perhaps tomorrow at four?" is a wish
        left = [word for word in left if not said.vocabulary.says([word], "doubt")]
    doubted = not said.asks and said.vocabulary.says(rest, "doubt")
    denied = doubted or said.is_refused(rest) or said.vocabulary.says(rest, "busy")
    if wanted is None or denied or (wants is None and left):
        return UNCLEAR
    return Understood(Intent.WANTS_VISIT, wanted=wanted, confidence=0.9, source="date")
