"""A predicate in words."""

from __future__ import annotations

import pytest

from nextvisit.sdk.records import AppointmentStatus, Specialty
from nextvisit.segments.model import (
    Age,
    AllOf,
    AnyOf,
    Has,
    Language,
    LastVisit,
    Not,
    Predicate,
    SexIs,
    Tagged,
    Visited,
)
from nextvisit.segments.spans import Span
from nextvisit.segments.words import in_words

YEAR = Span(12, "month")
SLEEPING = LastVisit(over=Span(6, "month"), within=YEAR)
HEART = Visited(Specialty("general_practice"), within=YEAR)


@pytest.mark.parametrize(
    ("predicate", "words"),
    [
        (LastVisit(over=YEAR), "last fulfilled visit more than 12 months ago"),
        (SLEEPING, "last fulfilled visit more than 6 months ago and within 12 months"),
        (
            LastVisit(within=YEAR, status=AppointmentStatus.NOSHOW, specialty=Specialty("cardiology")),
            "last noshow visit in cardiology within 12 months",
        ),
        (Age(30, 65), "aged 30 to 65"),
        (Age(from_=30), "aged 30 or older"),
        (Age(to=65), "aged 65 or younger"),
        (HEART, "was in general practice within 12 months"),
        (Has("email"), "with an e-mail address on record"),
        (Not(Has("future_appointment")), "without an appointment ahead"),
        (Not(Age(30, 65)), "not aged 30 to 65"),
        (Language(("pl", "ru")), "speaks pl or ru"),
        (SexIs(("female",)), "sex female"),
        (Tagged("vip"), "tagged vip"),
        (Not(Tagged("late", "recall")), "not tagged late in the campaign recall"),
        (AllOf(()), "everybody"),
        (AnyOf(()), "nobody"),
        (AllOf((Age(30, 65),)), "aged 30 to 65"),
        (
            AllOf((Age(30, 65), AnyOf((HEART, Language(("pl",)))))),
            "aged 30 to 65, and (was in general practice within 12 months, or speaks pl)",
        ),
        (
            Not(AllOf((Age(30, 65), HEART))),
            "not (aged 30 to 65, and was in general practice within 12 months)",
        ),
    ],
)
def test_a_predicate_is_said_in_words(predicate: Predicate, words: str) -> None:
    assert in_words(predicate) == words
