"""What a second reader's opinion may change of what the rules understood.

It raises a reply to what stops us or to a person, takes back what would be done by itself, and names what
the rules left unclear, as far as nothing is booked or withdrawn by that name. It never gives a choice, a
consent, a cancellation or a withdrawal, and what stops us by the rules stands. A score that is none, such as
one above 1, counts as no opinion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.model import Understood

_RAISES: Final = 0.5
"""More likely than not is enough for help to be sent or the dead to be left in peace: a person looks next."""
_DOUBTS: Final = 0.25
_HOLDS: Final = 0.6
_DISSENTS: Final = 0.7
_SHRUGS: Final = 0.9
"""That it means nothing is said of much that the rules know, such as the bare name of a day."""

_STANDS: Final = frozenset({Intent.URGENT, Intent.DECEASED, Intent.OPT_OUT})
_HELP: Final = (Intent.URGENT, Intent.DECEASED)
_PERSON: Final = frozenset({Intent.HOLD, Intent.QUESTION, Intent.HUMAN, Intent.COMPLAINT, Intent.FOR_ANOTHER})
"""Somebody reads these, so a doubt changes nothing."""

_YES: Final = frozenset({Intent.CHOICE, Intent.CONFIRM, Intent.WANTS_VISIT})
_KIN: Final[Mapping[Intent, frozenset[Intent]]] = {
    Intent.CHOICE: _YES,
    Intent.CONFIRM: _YES,
    Intent.WANTS_VISIT: _YES | {Intent.OTHER_TIMES},
    Intent.CANCEL: frozenset({Intent.CANCEL, Intent.RESCHEDULE, Intent.DECLINES}),
    Intent.RESCHEDULE: frozenset({Intent.RESCHEDULE, Intent.CANCEL, Intent.OTHER_TIMES, Intent.CHOICE}),
}
"""What books or gives up a visit, and the meanings that do not speak against it."""

_FILLS: Final[Mapping[Intent, float]] = {
    Intent.QUESTION: 0.6,
    Intent.HUMAN: 0.6,
    Intent.COMPLAINT: 0.6,
    Intent.FOR_ANOTHER: 0.6,
    Intent.OTHER_TIMES: 0.7,
    Intent.TOO_EXPENSIVE: 0.7,
    Intent.ALREADY_BOOKED: 0.7,
    Intent.RUNNING_LATE: 0.7,
    Intent.DECLINES: 0.9,
    Intent.WANTS_VISIT: 0.9,
}
"""From which score on it names what the rules left unclear: the less a person sees of it, the higher."""


def weigh(understood: Understood, scores: Mapping[Intent, float]) -> Understood:
    """What the rules understood, unless the opinion speaks against it and may."""
    opinion = {intent: score for intent, score in scores.items() if 0.0 <= score <= 1.0}
    if understood.intent in _STANDS:
        return understood
    if (raised := _raised(understood, opinion)) is not None:
        return raised
    if _in_doubt(understood, opinion):
        return _unclear()
    if _dissents(understood, opinion):
        return replace(_unclear(), choice=understood.choice)
    return _filled(understood, opinion)


def _raised(understood: Understood, opinion: Mapping[Intent, float]) -> Understood | None:
    for intent in _HELP:
        if (score := opinion.get(intent, 0.0)) >= _RAISES:
            return _named(intent, score)
    # A withdrawal that only a model sees is a vague one. A wrong number is written to no more as it is.
    stop = max(opinion.get(Intent.HOLD, 0.0), opinion.get(Intent.OPT_OUT, 0.0))
    if stop >= _HOLDS and understood.intent not in {Intent.HOLD, Intent.WRONG_NUMBER}:
        return _named(Intent.HOLD, stop)
    return None


def _in_doubt(understood: Understood, opinion: Mapping[Intent, float]) -> bool:
    """Perhaps somebody needs help: a machine that asks back or thanks would be the wrong one to answer.

    A wrong number that a person would have to read first would be written to meanwhile.
    """
    if understood.intent in _PERSON or understood.intent is Intent.WRONG_NUMBER:
        return False
    return any(opinion.get(intent, 0.0) >= _DOUBTS for intent in _HELP)


def _dissents(understood: Understood, opinion: Mapping[Intent, float]) -> bool:
    kin = _KIN.get(understood.intent)
    if kin is None:
        return False
    return any(
        score >= (_SHRUGS if intent is Intent.UNCLEAR else _DISSENTS)
        for intent, score in opinion.items()
        if intent not in kin
    )


def _filled(understood: Understood, opinion: Mapping[Intent, float]) -> Understood:
    """What is to be asked back stays so: the rules know more of it than that it is unclear."""
    if understood.intent is not Intent.UNCLEAR or understood.choice is not None or not opinion:
        return understood
    likeliest = max(opinion, key=lambda intent: (opinion[intent], intent))
    least = _FILLS.get(likeliest)
    if least is None or opinion[likeliest] < least:
        return understood
    return _named(likeliest, opinion[likeliest])


def _named(intent: Intent, score: float) -> Understood:
    return Understood(intent, confidence=score, source="reader")


def _unclear() -> Understood:
    return Understood(Intent.UNCLEAR, confidence=0.0, source="none")
