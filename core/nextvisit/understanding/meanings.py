"""What a text asks for or agrees to, in one language.

What permits is read strictly: before a time is booked or a visit agreed to, everything in the text has to be
understood. With day, hour, yes-words and fillers taken out nothing may be left, no question and no negation;
else it is asked back (UNCLEAR, with the choice) or a person reads it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.folding import Folded, is_number
from nextvisit.understanding.model import Context, Understood
from nextvisit.understanding.numbers import number, score
from nextvisit.understanding.times import time
from nextvisit.understanding.utterance import UNCLEAR, Utterance
from nextvisit.understanding.vocabulary import Vocabulary, is_negated

_PEOPLE: Final = (
    (Intent.WRONG_NUMBER, "wrong_number"),
    (Intent.COMPLAINT, "complaint"),
    (Intent.OTHER_LANGUAGE, "other_language"),
    (Intent.ALREADY_BOOKED, "already_booked"),
    (Intent.FOR_ANOTHER, "for_another"),
)
"""What a person sees to, whatever else is said."""

_REASON: Final = 3
"""Words that we do not know after a no, and that leave it one."""

_LETTER: Final = 120
"""Words of a text that is no reply any more but a letter: it stops us or a person reads it."""


def meaning(vocabulary: Vocabulary, folded: Folded, context: Context, *, is_own: bool) -> Understood:
    """UNCLEAR where this language does not know it. is_own: it is the writer's."""
    if not folded.words or folded.words in vocabulary.unsure or len(folded.tokens) > _LETTER:
        return UNCLEAR
    said = Utterance(vocabulary, folded, context, is_own)
    found = _for_a_person(said) or score(said) or number(said) or time(said) or _phrase(said) or _word(said)
    return found or UNCLEAR


def _for_a_person(said: Utterance) -> Understood | None:
    for intent, group in _PEOPLE:
        span = said.find(group)
        if span is not None:
            return said.by(intent, span)
    span = said.find("running_late")
    return None if span is None or said.context.offer else said.by(Intent.RUNNING_LATE, span)


def _phrase(said: Utterance) -> Understood | None:
    """A phrase that says what is wanted, or not."""
    return _elsewhere(said) or _refused_or_wanted(said) or _asked(said)


def _elsewhere(said: Utterance) -> Understood | None:
    """Another time than that which was named or offered."""
    pending = said.context.appointment_pending and not said.context.offer
    span = said.find("reschedule")
    if span is not None and is_negated(said.vocabulary, said.tokens, span, within=2):
        return replace(UNCLEAR, rule=said.rule(span))
    if span is not None:
        return said.by(Intent.OTHER_TIMES if said.context.offer else Intent.RESCHEDULE, span)
    span = said.find("other_times")
    if span is not None:
        return said.by(Intent.RESCHEDULE if pending else Intent.OTHER_TIMES, span)
    return None


def _refused_or_wanted(said: Utterance) -> Understood | None:
    pending = said.context.appointment_pending and not said.context.offer
    wants = said.wants()
    if said.context.offer and (span := said.find("declines")) is not None:
        return said.given_up(span, Intent.DECLINES, wants)
    span = said.find("cancel")
    if span is not None:
        # What is only offered cannot be cancelled.
        return said.given_up(span, Intent.OTHER_TIMES if said.context.offer else Intent.CANCEL, wants)
    if pending and (span := said.bare("cancels")) is not None:
        return said.given_up(span, Intent.CANCEL, wants)
    for group, intent in (("human", Intent.HUMAN), ("too_expensive", Intent.TOO_EXPENSIVE)):
        span = said.find(group)
        if span is not None:
            return said.by(intent, span)
    span = said.find("declines")
    if span is not None:
        return said.given_up(span, Intent.DECLINES, wants)
    return wants


def _asked(said: Utterance) -> Understood | None:
    if said.asks:
        return Understood(Intent.QUESTION, confidence=0.7, source="pattern")
    span = said.find("busy") if said.context.offer else None
    return None if span is None else said.by(Intent.OTHER_TIMES, span)


def _word(said: Utterance) -> Understood | None:
    """A yes or a no, and nothing beside it."""
    agreed = said.agreed()
    if agreed is None:
        return _no(said)
    left, denied = said.left_of(said.tokens), said.is_denied(said.tokens)
    if not left and not denied:
        return said.yes(agreed)
    single = said.context.offer is not None and len(said.context.offer) == 1
    return replace(UNCLEAR, choice=1, rule=said.rule(agreed)) if single and not denied else None


def _no(said: Utterance) -> Understood | None:
    span = said.find("no")
    if span is None or span.tokens[0] != 0:
        return None
    left = said.left_of(said.beside(span))
    pending = said.context.appointment_pending and not said.context.offer
    if any(map(is_number, left)) or len(left) > (0 if pending or not said.is_own else _REASON):
        return None  # "no 2" may refuse the second or choose it; in Polish "no" is a well
    intent = Intent.CANCEL if pending else Intent.DECLINES
    return replace(said.by(intent, span), confidence=0.6 if left else 1.0, source="keyword")
