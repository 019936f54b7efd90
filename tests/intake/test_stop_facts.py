"""What stops us is heard whatever else is odd, and in whatever order it comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from nextvisit.flow.engine.events import PatientGone
from nextvisit.intake.mis_page import PageWork, receive_page
from nextvisit.sdk.records import Deleted, Identifier, MisEvent, MisRef, Patient, RelatedPerson, Unreadable
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.people import holds, kinship, patients
from nextvisit.store.queues import inbox
from tests.intake.told import ToldMis, tell, told
from tests.world.clinic import Clinic
from tests.world.clock import NOW, later
from tests.world.records import a_consent, a_patient, a_visit
from tests.world.rows import audited
from tests.world.site import CONNECTIONS, REACH, SITE, SOURCE

pytestmark = pytest.mark.anyio
ONE, TWO, CONSENT = MisRef("Patient/1"), MisRef("Patient/2"), MisRef("Consent/1")


async def _reasons(clinic: Clinic, journey: Any) -> list[str]:
    return [each.reason for each in await clinic.heard(journey) if isinstance(each, PatientGone)]


async def _held(clinic: Clinic, ref: MisRef = ONE) -> list[tuple[MisRef, str]]:
    patient = await clinic.patient(ref)
    async with clinic.db.transaction() as tx:
        return [(each.ref, each.reason) for each in await holds.of_patient(tx, patient)]


def _unread(version: int, ref: MisRef = ONE, patient: MisRef | None = ONE) -> Unreadable:
    return Unreadable(ref, "name.shape", str(version), later(version - 10), patient)


def _read(version: int, **fields: Any) -> Patient:
    return a_patient(version=str(version), updated_at=later(version - 10), **fields)


@pytest.mark.parametrize("fact", ["test", "restricted"])
async def test_nobody_and_the_very_restricted_are_left_alone_until_the_mis_says_otherwise(
    told_clinic: Clinic, fact: str
) -> None:
    clinic = told_clinic
    await tell(clinic, _read(1))
    journey = await clinic.a_journey(ONE)
    await tell(clinic, _read(2, **{fact: True}))
    assert await _reasons(clinic, journey) == [fact]
    await tell(clinic, _read(3))
    async with clinic.db.transaction() as tx:
        record = (await patients.addressee(tx, await clinic.patient(ONE), why="test")).record
    assert (record.test, record.restricted) == (False, False)


@pytest.mark.parametrize(
    "fact", [{"active": False}, {"test": True}, {"restricted": True}, {"replaced_by": TWO}]
)
@pytest.mark.parametrize("others", [{}, {"updated_at": None}])
async def test_what_stops_us_in_a_version_that_is_not_surely_older_counts_until_a_later_one(
    told_clinic: Clinic, fact: dict[str, Any], others: dict[str, Any]
) -> None:
    """Two edits in one second of a clock of seconds; a version whose date cannot be read."""
    clinic = told_clinic

    async def stopped() -> bool:
        async with clinic.db.transaction() as tx:
            record = (await patients.addressee(tx, await clinic.patient(ONE), why="test")).record
        return not record.active or record.test or record.restricted or record.merged

    at: dict[str, Any] = {"updated_at": later(-9)}
    await tell(clinic, a_patient(version="x", **at), a_patient(version="y", **(at | fact | others)))
    assert await stopped()
    await tell(clinic, a_patient(version="z", **at))
    assert await stopped(), "of the same instant"
    await tell(clinic, a_patient(version="a"))
    assert not await stopped()


async def test_a_birth_date_that_goes_missing_makes_nobody_of_age(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, _read(1, birth_date="2020-02"))
    await tell(clinic, _read(2, birth_date=None))
    async with clinic.db.transaction() as tx:
        assert (await patients.facts(tx, await clinic.patient(ONE))).birth_date == date(2020, 2, 29)


@pytest.mark.parametrize("first", ["survivor", "replaced"])
async def test_a_survivor_says_whose_place_it_took_and_takes_that_back(
    told_clinic: Clinic, first: str
) -> None:
    clinic = told_clinic
    survivor = _read(1, ref=TWO, replaces=(ONE, TWO))
    pages = [survivor, _read(1)] if first == "survivor" else [_read(1), survivor]
    for page in pages:
        await tell(clinic, page)

    async def merged() -> bool:
        async with clinic.db.transaction() as tx:
            return (await patients.addressee(tx, await clinic.patient(ONE), why="test")).record.merged

    assert await merged()
    await tell(clinic, _read(2))  # says nothing of it, and takes nothing back
    assert await merged()
    await tell(clinic, _read(2, ref=TWO))
    assert not await merged()


async def test_a_survivor_ends_the_journeys_of_the_record_that_it_replaces(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, _read(1), _read(1, ref=TWO))
    journey, own = await clinic.a_journey(ONE), await clinic.a_journey(TWO)
    await tell(clinic, _read(2, ref=TWO, replaces=(ONE,)))
    assert (await _reasons(clinic, journey), await _reasons(clinic, own)) == (["merged"], [])


async def test_an_update_that_cannot_be_read_holds_its_patient_until_one_reads(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, _read(1))
    await tell(clinic, _unread(2, patient=None))
    assert await _held(clinic) == [(ONE, "name.shape")]
    await tell(clinic, _read(1))  # a page that comes again says nothing new
    assert await _held(clinic) != []
    await tell(clinic, _read(3))
    assert await _held(clinic) == []
    patient = str(await clinic.patient(ONE))
    entries = [action for action, about, _ in await audited(clinic.db) if about == patient]
    assert [each for each in entries if each in {"patient.held", "patient.released"}] == [
        "patient.held",
        "patient.released",
    ]


async def test_a_version_that_reads_frees_nobody_unless_it_is_surely_later(told_clinic: Clinic) -> None:
    clinic, at = told_clinic, later(-5)
    await tell(clinic, _read(1), Unreadable(ONE, "name.shape", "y", at, ONE, b"y"))
    await tell(clinic, a_patient(version="x", updated_at=at))
    assert await _held(clinic) == [(ONE, "name.shape")], "of the same instant"
    assert ("mis_resource", "parked", "name.shape") in await clinic.states()
    await tell(clinic, a_patient(version="z", updated_at=later(-4)))
    assert await _held(clinic) == []


async def test_a_version_that_comes_late_and_unread_holds_nobody(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, _read(3))
    await tell(clinic, _unread(2))
    assert await _held(clinic) == []
    assert (await clinic.states())[-1] == ("mis_resource", "done", None)


async def test_a_better_adapter_reads_it_and_frees_the_patient(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, _read(1))
    body = await tell(clinic, _unread(2))
    assert (await clinic.states())[-1] == ("mis_resource", "parked", "name.shape")
    told(clinic).told[body] = [_read(2, deceased=True)]
    async with clinic.db.transaction() as tx:
        await inbox.replay(tx)
    await clinic.drain()
    assert await _held(clinic) == []
    async with clinic.db.transaction() as tx:
        assert (await patients.facts(tx, await clinic.patient(ONE))).deceased


@pytest.mark.parametrize("known", [False, True])
async def test_a_consent_that_cannot_be_read_holds_the_patient_whom_it_names_or_named(
    told_clinic: Clinic, *, known: bool
) -> None:
    clinic = told_clinic
    await tell(clinic, _read(1))
    if known:
        await tell(clinic, a_consent(updated_at=later(-9)))
    await tell(clinic, _unread(2, CONSENT, patient=None if known else ONE))
    assert await _held(clinic) == [(CONSENT, "name.shape")]
    await tell(clinic, a_consent(version="3", updated_at=later(-7), decision="deny"))
    assert await _held(clinic) == []


async def test_a_consent_that_cannot_be_read_holds_whom_it_names_by_identifier(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, _read(1), _read(1, ref=TWO, identifiers=()))
    named = Unreadable(
        CONSENT, "patient.missing", "1", later(-1), identifiers=(Identifier("urn:mrn", "MRN 001"),)
    )
    await tell(clinic, named)
    assert await _held(clinic) == [(CONSENT, "patient.missing")]
    assert await _held(clinic, TWO) == []


async def test_a_visit_of_several_that_cannot_be_read_holds_all_of_them(told_clinic: Clinic) -> None:
    clinic, visit = told_clinic, MisRef("Appointment/1")
    await tell(clinic, _read(1), _read(1, ref=TWO))
    await tell(clinic, *(Unreadable(visit, "shape", "1", later(-1), each) for each in (ONE, TWO)))
    assert await _held(clinic) == await _held(clinic, TWO) == [(visit, "shape")]
    await tell(clinic, a_visit(version="2"))
    assert await _held(clinic) == await _held(clinic, TWO) == []


async def test_a_guardian_whose_record_cannot_be_read_is_not_written_to(told_clinic: Clinic) -> None:
    """It may say that she is none any more: her child is held, and whom she belongs to by now."""
    clinic, mother = told_clinic, MisRef("RelatedPerson/1")
    at: dict[str, Any] = {"version": "1", "updated_at": later(-9)}
    await tell(clinic, _read(1), _read(1, ref=TWO), RelatedPerson(mother, patient=ONE, guardian=True, **at))
    await tell(clinic, Unreadable(mother, "shape", "2", later(-8), TWO))
    assert await _held(clinic) == await _held(clinic, TWO) == [(mother, "shape")]


async def test_what_the_mis_has_no_more_holds_nobody(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, _read(1), _unread(2, CONSENT))
    await tell(clinic, Deleted(CONSENT))
    assert await _held(clinic) == []
    assert (await clinic.states())[-2:] == [
        ("mis_resource", "done", "superseded"),
        ("mis_page", "done", None),
    ]


async def test_an_update_without_version_or_date_holds_until_another_comes(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, _read(1))
    await tell(clinic, Unreadable(ONE, "body.cut", patient=ONE))
    await tell(clinic, _read(1))
    assert await _held(clinic) == [(ONE, "body.cut")]
    await tell(clinic, _read(2))
    assert await _held(clinic) == []


async def _status(tx: Tx) -> list[Any]:
    people = await tx.connection.execute(
        text(
            "SELECT active, deceased, test, restricted, merged_into_digest, EXISTS (SELECT FROM patient_hold)"
            " FROM patient WHERE ref_digest = :digest"
        ),
        {"digest": tx.vault.mis_ref_digest(SOURCE, ONE)},
    )
    return [tuple(row) for row in people]


async def _after(clinic: Clinic, things: list[MisEvent]) -> list[Any]:
    """Where the patient stands when these came one after another; nothing of it stays."""
    adapter = ToldMis()
    work = PageWork(SOURCE, adapter, SITE, clinic.programs, CONNECTIONS)
    async with clinic.db.transaction() as tx:
        nested = await tx.connection.begin_nested()
        for number, thing in enumerate(things):
            body = str(number).encode()
            adapter.told[body] = [thing]
            await receive_page(tx, work, "mis_page", body, row=number)
        found = await _status(tx)
        await nested.rollback()
        tx.entries.clear()
    return found


_INSTANTS = st.integers(1, 4).map(lambda days: NOW - timedelta(days=days))
_ASTRAY = st.just(datetime(9999, 1, 1, tzinfo=NOW.tzinfo))


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[MisEvent], list[MisEvent]]:
    """Versions of one record as they were made, some by a clock gone mad, and in some other order."""
    instants = sorted(draw(st.lists(_INSTANTS, min_size=2, max_size=5)))
    made: list[MisEvent] = []
    for number, instant in enumerate(instants, start=1):
        at = draw(st.sampled_from([instant, instant, instant, draw(_ASTRAY)]))
        if draw(st.booleans()):
            made.append(Unreadable(ONE, "shape", str(number), at, draw(st.sampled_from([ONE, None]))))
            continue
        flags = st.booleans()
        made.append(
            a_patient(
                version=str(number),
                updated_at=at,
                active=draw(flags),
                deceased=draw(st.sampled_from([False, False, False, True])),
                test=draw(flags),
                restricted=draw(flags),
                replaced_by=draw(st.sampled_from([None, TWO])),
            )
        )
    return made, draw(st.permutations(made))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories())
async def test_any_order_of_versions_comes_to_the_same_end(
    told_clinic: Clinic, history: tuple[list[MisEvent], list[MisEvent]]
) -> None:
    made, order = history
    assert await _after(told_clinic, order) == await _after(told_clinic, made)


PESEL = Identifier("pesel", "44051401458")


@pytest.mark.parametrize(
    ("twin", "is_dead"),
    [
        ({}, True),
        ({"identifiers": (replace(PESEL, value="440 514 014 58"),)}, True),
        ({"birth_date": "1981-01-01"}, False),
        ({"birth_date": None}, False),
        ({"identifiers": (replace(PESEL, system="mrn"),)}, False),
        ({"identifiers": ()}, False),
        ({"identifiers": (replace(PESEL, value="00000000000"),)}, False),
    ],
    ids=[
        "registered twice",
        "spelt otherwise",
        "newborn",
        "born nobody knows when",
        "others",
        "none",
        "typed",
    ],
)
async def test_who_has_died_under_another_record_of_the_same_number_and_birth_is_not_written_to(
    database: Database, twin: dict[str, Any], *, is_dead: bool
) -> None:
    both = {"birth_date": "1950-02-27", "identifiers": (PESEL,)}
    people = [a_patient(1, deceased=True, **both), a_patient(2, **(both | twin))]
    async with database.transaction() as tx:
        dead, other = [each.id for each in await patients.upsert_many(tx, "his", people, reach=REACH)]
        assert (await patients.addressee(tx, other, why="test")).record.deceased is is_dead
        assert await kinship.has_dead_twin(tx, other) is is_dead
        assert not await kinship.has_dead_twin(tx, dead)
        if is_dead:
            corrected = a_patient(
                2, version="2", updated_at=later(1), **(both | {"birth_date": "1951-03-01"})
            )
            await patients.upsert_many(tx, "his", [corrected], reach=REACH)
            assert not (await patients.addressee(tx, other, why="test")).record.deceased
