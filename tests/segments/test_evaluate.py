"""What each predicate means, at its edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest

from nextvisit.files.fault import InvalidFile
from nextvisit.files.part import Part, SourceFile, load
from nextvisit.sdk.records import AppointmentStatus, Specialty
from nextvisit.segments.evaluate import matches
from nextvisit.segments.facts import PatientFacts, Tag, VisitFact, latest_birth_date
from nextvisit.segments.file import PredicateText
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
from nextvisit.segments.spans import parse_span

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 30, 10, tzinfo=WARSAW)
CARDIOLOGY, DENTISTRY = Specialty("cardiology"), Specialty("dentistry")
YEAR = parse_span("12 months")


def visit(
    start: datetime,
    status: AppointmentStatus = AppointmentStatus.FULFILLED,
    specialty: Specialty | None = CARDIOLOGY,
) -> VisitFact:
    return VisitFact(status, start, specialty)


def holds(predicate: Predicate, facts: PatientFacts, now: datetime = NOW) -> bool:
    return matches(predicate, facts, now, WARSAW)


def a_year_ago(delta: timedelta) -> PatientFacts:
    return PatientFacts(visits=(visit(datetime(2025, 11, 30, 10, tzinfo=WARSAW) + delta),))


def test_over_is_strict_and_within_is_not() -> None:
    second = timedelta(seconds=1)
    assert holds(LastVisit(over=YEAR), a_year_ago(-second))
    assert not holds(LastVisit(over=YEAR), a_year_ago(timedelta()))
    assert holds(LastVisit(within=YEAR), a_year_ago(timedelta()))
    assert not holds(LastVisit(within=YEAR), a_year_ago(-second))


def test_the_last_visit_is_the_latest_of_its_status_and_specialty() -> None:
    old, new = NOW - timedelta(days=900), NOW - timedelta(days=30)
    facts = PatientFacts(
        visits=(visit(new, specialty=DENTISTRY), visit(old), visit(new, AppointmentStatus.NOSHOW))
    )
    assert not holds(LastVisit(over=YEAR), facts)
    assert holds(LastVisit(over=YEAR, specialty=CARDIOLOGY), facts)
    assert holds(LastVisit(within=YEAR, status=AppointmentStatus.NOSHOW), facts)


def test_a_window_may_have_two_ends() -> None:
    window = LastVisit(over=YEAR, within=parse_span("3 years"))
    assert holds(window, a_year_ago(timedelta(days=-100)))
    assert not holds(window, a_year_ago(timedelta(days=-1000)))


def test_no_visit_and_visits_to_come_are_no_last_visit() -> None:
    assert not holds(LastVisit(over=YEAR), PatientFacts())
    assert not holds(LastVisit(within=YEAR), PatientFacts(visits=(visit(NOW + timedelta(days=1)),)))


def test_visited_counts_fulfilled_visits_up_to_now() -> None:
    assert holds(Visited(CARDIOLOGY), a_year_ago(timedelta(days=-3000)))
    assert not holds(Visited(CARDIOLOGY, within=YEAR), a_year_ago(timedelta(days=-1)))
    assert not holds(Visited(DENTISTRY), a_year_ago(timedelta()))
    assert not holds(Visited(CARDIOLOGY), PatientFacts(visits=(visit(NOW, AppointmentStatus.NOSHOW),)))


@pytest.mark.parametrize(
    ("born", "inside"),
    [
        (date(1996, 11, 30), True),  # thirty today
        (date(1996, 12, 1), False),  # thirty tomorrow
        (date(1960, 12, 1), True),  # sixty-five for one more day
        (date(1960, 11, 30), False),  # sixty-six today
        (None, False),
    ],
)
def test_age_counts_completed_years(born: date | None, *, inside: bool) -> None:
    assert holds(Age(30, 65), PatientFacts(birth_date=born)) is inside


def test_the_day_is_the_clinics_day() -> None:
    facts = PatientFacts(birth_date=date(2008, 12, 1))
    assert holds(Age(from_=18), facts, datetime(2026, 11, 30, 23, 30, tzinfo=UTC))
    assert not holds(Age(from_=18), facts, datetime(2026, 11, 30, 22, 30, tzinfo=UTC))


def test_born_on_a_leap_day_completes_years_in_march() -> None:
    facts = PatientFacts(birth_date=date(2008, 2, 29))
    assert not holds(Age(from_=18), facts, datetime(2026, 2, 28, 12, tzinfo=WARSAW))
    assert holds(Age(from_=18), facts, datetime(2026, 3, 1, 12, tzinfo=WARSAW))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1980", date(1980, 12, 31)),
        ("1980-02", date(1980, 2, 29)),
        ("1980-02-03", date(1980, 2, 3)),
        ("1980-13", None),
        ("unknown", None),
        ("", None),
        (None, None),
    ],
)
def test_a_partial_birth_date_is_the_latest_possible(text: str | None, day: date | None) -> None:
    assert latest_birth_date(text) == day


@pytest.mark.parametrize(
    ("status", "counts"),
    [("proposed", True), ("pending", True), ("booked", True), ("cancelled", False), ("waitlist", False)],
)
def test_a_future_appointment_is_one_that_is_still_meant(status: str, *, counts: bool) -> None:
    later = PatientFacts(visits=(visit(NOW + timedelta(seconds=1), AppointmentStatus(status)),))
    assert holds(Has("future_appointment"), later) is counts
    now = PatientFacts(visits=(visit(NOW, AppointmentStatus(status)),))
    assert not holds(Has("future_appointment"), now)


def test_contacts_language_and_sex() -> None:
    email: frozenset[Literal["email", "phone"]] = frozenset({"email"})
    facts = PatientFacts(contacts=email, language="pl-PL", sex="female")
    assert holds(Has("email"), facts)
    assert not holds(Has("phone"), facts)
    assert holds(Language(("en", "pl")), facts)
    assert not holds(Language(("pl",)), PatientFacts())
    assert holds(SexIs(("female",)), facts)
    assert not holds(SexIs(("male", "other")), facts)


def test_all_any_and_not_of_nothing() -> None:
    assert holds(AllOf(()), PatientFacts())
    assert not holds(AnyOf(()), PatientFacts())
    assert holds(Not(AnyOf(())), PatientFacts())


def test_the_inactive_and_the_dead_are_in_no_segment() -> None:
    assert not holds(AllOf(()), PatientFacts(active=False))
    assert not holds(Not(AnyOf(())), PatientFacts(deceased=True))


class Holder(Part):
    segment: PredicateText


def test_every_predicate_can_be_written() -> None:
    text = """\
segment:
  all:
    - last_visit: { over: 12 months, status: noshow, specialty: dentistry }
    - any: [ { age: { from: 30, to: 65 } }, { sex: [female, other] } ]
    - not: { has: future_appointment }
    - visited: { specialty: cardiology, within: 3 years }
    - language: pl
"""
    predicate = load(SourceFile("s.yaml", text), Holder).segment.to_predicate()
    assert predicate == AllOf(
        (
            LastVisit(over=YEAR, status=AppointmentStatus.NOSHOW, specialty=DENTISTRY),
            AnyOf((Age(30, 65), SexIs(("female", "other")))),
            Not(Has("future_appointment")),
            Visited(CARDIOLOGY, parse_span("3 years")),
            Language(("pl",)),
        )
    )


def test_faults_of_inner_predicates_are_found_together() -> None:
    text = "segment:\n  all:\n    - has: emial\n    - age: { from: x }\n"
    with pytest.raises(InvalidFile) as caught:
        load(SourceFile("s.yaml", text), Holder)
    assert [(fault.line, fault.column) for fault in caught.value.faults] == [(3, 12), (4, 20)]


def test_a_label_of_a_journey_is_not_the_patients() -> None:
    facts = PatientFacts(tags=frozenset({Tag("vip"), Tag("late", "recall")}))
    assert holds(Tagged("vip"), facts)
    assert holds(Tagged("late", "recall"), facts)
    assert not holds(Tagged("late"), facts)
    assert not holds(Tagged("vip", "recall"), facts)
    assert not holds(Tagged("late", "birthday"), facts)
