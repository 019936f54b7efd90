"""The SQL backend of the predicate language says what the one in memory says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from nextvisit.sdk.records import AppointmentStatus, Specialty
from nextvisit.segments.evaluate import matches
from nextvisit.segments.facts import PatientFacts, Tag, VisitFact
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
from nextvisit.segments.spans import Span, shift_months
from nextvisit.store.base.engine import Database
from nextvisit.store.base.tables import AppointmentRow, PatientRow, TagRow, table_of
from nextvisit.store.people.segments_sql import to_sql

pytestmark = pytest.mark.anyio

PATIENTS = table_of(PatientRow)
ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC")]
INSTANTS = [
    datetime(2026, 3, 29, 0, 59, 59, 999999, tzinfo=UTC),  # before Europe's clocks go forward
    datetime(2026, 3, 30, 1, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 0, tzinfo=UTC),  # the hour that comes twice
    datetime(2026, 11, 1, 5, 30, tzinfo=UTC),  # New York's
    datetime(2026, 3, 31, 22, 30, tzinfo=UTC),  # the next day in Berlin
    datetime(2024, 2, 29, 12, 0, tzinfo=UTC),
]
SPANS = [
    Span(1, "hour"),
    Span(1, "day"),
    Span(5, "week"),
    Span(1, "month"),
    Span(6, "month"),
    Span(12, "month"),
    Span(2, "year"),
]
SPECIALTIES = [Specialty("cardiology"), Specialty("urology")]
LANGUAGES = ["pl", "pl-PL", "PL_pl", "de", "tr-TR", "TR", ""]
LABELS = ["vip", "late"]
SEXES = ["female", "male", "other", "unknown"]

spans = st.sampled_from(SPANS)
leaves: st.SearchStrategy[Predicate] = st.one_of(
    st.builds(
        LastVisit,
        over=st.none() | spans,
        within=st.none() | spans,
        status=st.sampled_from([AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW]),
        specialty=st.none() | st.sampled_from(SPECIALTIES),
    ),
    st.builds(Visited, specialty=st.sampled_from(SPECIALTIES), within=st.none() | spans),
    st.builds(Age, from_=st.none() | st.integers(0, 4), to=st.none() | st.integers(0, 4)),
    st.builds(Has, st.sampled_from(["future_appointment", "email", "phone"])),
    st.builds(Language, st.lists(st.sampled_from(LANGUAGES), max_size=2).map(tuple)),
    st.builds(Tagged, st.sampled_from(LABELS), st.none() | st.sampled_from(["recall", "birthday"])),
    st.builds(SexIs, st.lists(st.sampled_from(SEXES), max_size=2).map(tuple)),
)
predicates = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(AllOf, st.lists(parts, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(parts, max_size=3).map(tuple)),
        st.builds(Not, parts),
    ),
    max_leaves=5,
)


@st.composite
def populations(draw: st.DrawFn) -> tuple[datetime, ZoneInfo, list[PatientFacts]]:
    """Visits and birthdays lie on the very edges that predicates cut along."""
    now, zone = draw(st.sampled_from(INSTANTS)), draw(st.sampled_from(ZONES))
    today = now.astimezone(zone).date()
    edges = [now] + [span.before(now, zone) for span in SPANS] + [span.after(now, zone) for span in SPANS]
    starts = st.builds(
        lambda edge, off: edge + timedelta(microseconds=off),
        st.sampled_from(edges),
        st.sampled_from([-1, 0, 1]),
    )
    birthdays = st.builds(
        lambda years, off: shift_months(today, -12 * years) + timedelta(days=off),
        st.integers(0, 5),
        st.sampled_from([-1, 0, 1]),
    )
    visits = st.builds(
        VisitFact,
        status=st.sampled_from(list(AppointmentStatus)) | st.just(AppointmentStatus.FULFILLED),
        start=starts,
        specialty=st.none() | st.sampled_from(SPECIALTIES),
    )
    facts = st.builds(
        PatientFacts,
        birth_date=st.none() | birthdays,
        sex=st.sampled_from(SEXES),
        active=st.sampled_from([True, True, True, False]),
        deceased=st.sampled_from([False, False, False, True]),
        test=st.sampled_from([False, False, False, True]),
        restricted=st.sampled_from([False, False, False, True]),
        language=st.none() | st.sampled_from(LANGUAGES),
        contacts=st.frozensets(st.sampled_from(["email", "phone"])),
        visits=st.lists(visits, max_size=4).map(tuple),
        tags=st.frozensets(st.builds(Tag, st.sampled_from(LABELS), st.none() | st.just("recall"))),
    )
    return now, zone, draw(st.lists(facts, min_size=1, max_size=12))


def _patient_row(number: int, facts: PatientFacts) -> dict[str, object]:
    return {
        "id": uuid4(),
        "source": "his",
        "ref_digest": number.to_bytes(4),
        "birth_date": facts.birth_date,
        "sex": facts.sex,
        "language": facts.language,
        "active": facts.active,
        "deceased": facts.deceased,
        "test": facts.test,
        "restricted": facts.restricted,
        "has_email": "email" in facts.contacts,
        "has_phone": "phone" in facts.contacts,
        "mis_version": "1",
        "mis_updated_at": INSTANTS[0],
        "known_since": INSTANTS[0],
    }


def _visit_row(
    patient: object, status: str, start: datetime | None, specialty: str | None
) -> dict[str, object]:
    return {
        "id": uuid4(),
        "source": "his",
        "ref": str(uuid4()),
        "patient_digest": b"",
        "patient_id": patient,
        "status": status,
        "start_at": start,
        "visit_at": start,
        "specialty": specialty,
        "visit_specialty": specialty,
        "mis_version": "1",
        "mis_updated_at": INSTANTS[0],
    }


def _tag_row(patient: object, tag: Tag) -> dict[str, object]:
    return {
        "id": uuid4(),
        "patient_id": patient,
        "campaign": tag.campaign,
        "label": tag.label,
        "put_at": INSTANTS[0],
    }


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(population=populations(), asked=st.lists(predicates, min_size=4, max_size=8))
async def test_sql_and_memory_pick_the_same_patients(
    database: Database,
    population: tuple[datetime, ZoneInfo, list[PatientFacts]],
    asked: list[Predicate],
) -> None:
    now, zone, everybody = population
    patients = [_patient_row(number, facts) for number, facts in enumerate(everybody)]
    visits = [
        _visit_row(patient["id"], visit.status.value, visit.start, visit.specialty)
        for patient, facts in zip(patients, everybody, strict=True)
        for visit in facts.visits
    ]
    # A visit without a time is no visit to anybody.
    visits += [_visit_row(patient["id"], "fulfilled", None, "cardiology") for patient in patients]
    tags = [
        _tag_row(patient["id"], tag)
        for patient, facts in zip(patients, everybody, strict=True)
        for tag in facts.tags
    ]
    async with database.engine.connect() as connection:
        await connection.execute(insert(PATIENTS), patients)
        await connection.execute(insert(table_of(AppointmentRow)), visits)
        if tags:
            await connection.execute(insert(table_of(TagRow)), tags)
        for predicate in asked:
            rows = await connection.execute(select(PATIENTS.c.id).where(to_sql(predicate, now, zone)))
            expected = {
                patient["id"]
                for patient, facts in zip(patients, everybody, strict=True)
                if matches(predicate, facts, now, zone)
            }
            assert set(rows.scalars()) == expected, predicate
        await connection.rollback()


async def test_an_unknown_birth_date_matches_neither_an_age_nor_its_negation_wrongly(
    database: Database,
) -> None:
    now, zone = INSTANTS[0], ZONES[0]
    facts = [PatientFacts(birth_date=None), PatientFacts(birth_date=date(2000, 1, 1))]
    rows = [_patient_row(number, one) for number, one in enumerate(facts)]
    async with database.engine.connect() as connection:
        await connection.execute(insert(PATIENTS), rows)
        for predicate, expected in (
            (Age(18, None), {rows[1]["id"]}),
            (Not(Age(18, None)), {rows[0]["id"]}),
        ):
            found = await connection.execute(select(PATIENTS.c.id).where(to_sql(predicate, now, zone)))
            assert set(found.scalars()) == expected
        await connection.rollback()
