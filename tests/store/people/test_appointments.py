"""Appointments: what changed, and those whose patient comes later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from nextvisit.sdk.records import Appointment, AppointmentStatus, MisRef
from nextvisit.store.base.engine import Database
from nextvisit.store.people import appointments, patients
from nextvisit.store.people.appointments import UpsertedAppointment
from tests.world.clock import later
from tests.world.records import a_patient, a_visit
from tests.world.site import REACH, SOURCE

pytestmark = pytest.mark.anyio


async def test_a_change_names_what_was_before(database: Database) -> None:
    async with database.transaction() as tx:
        (patient,) = await patients.upsert_many(tx, SOURCE, [a_patient()], reach=REACH)
        (first,) = await appointments.upsert_many(tx, SOURCE, [a_visit(booking="b-1")])
        changed = a_visit(
            version="2",
            updated_at=later(1),
            status=AppointmentStatus.CANCELLED,
            start=later(9),
            booking="b-1",
        )
        (second,) = await appointments.upsert_many(tx, SOURCE, [changed])
    assert (first.patient_id, first.previous_status, first.booking) == (patient.id, None, "b-1")
    assert second.id == first.id
    assert (second.previous_status, second.status) == (AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED)
    assert (first.visit_at, second.visit_at) == (later(7), later(9))


async def test_repeated_and_older_records_are_left_out(database: Database) -> None:
    newer = a_visit(version="2", updated_at=later(1), status=AppointmentStatus.ARRIVED)
    async with database.transaction() as tx:
        assert len(await appointments.upsert_many(tx, SOURCE, [newer, a_visit()])) == 1
        assert await appointments.upsert_many(tx, SOURCE, [newer]) == ()
        assert await appointments.upsert_many(tx, SOURCE, [a_visit()]) == ()
        state = (await tx.connection.execute(text("SELECT status FROM appointment"))).scalar_one()
    assert state == "arrived"


async def test_an_orphan_is_adopted_when_its_patient_comes(database: Database) -> None:
    async with database.transaction() as tx:
        (orphan,) = await appointments.upsert_many(tx, SOURCE, [a_visit()])
        await appointments.upsert_many(tx, SOURCE, [a_visit(2, patient=2)])
    assert orphan.patient_id is None
    async with database.transaction() as tx:
        (patient,) = await patients.upsert_many(tx, SOURCE, [a_patient()], reach=REACH)
        assert len((await patients.facts(tx, patient.id)).visits) == 1
        left = await tx.connection.execute(text("SELECT ref FROM appointment WHERE patient_id IS NULL"))
        assert list(left.scalars()) == ["Appointment/2"]


async def test_patients_of_another_source_adopt_nothing(database: Database) -> None:
    async with database.transaction() as tx:
        await appointments.upsert_many(tx, SOURCE, [a_visit()])
        (stranger,) = await patients.upsert_many(tx, "other", [a_patient()], reach=REACH)
        assert (await patients.facts(tx, stranger.id)).visits == ()


async def _visits(database: Database, number: int = 1) -> list[tuple[AppointmentStatus, object]]:
    """As segments see them."""
    async with database.transaction() as tx:
        patient = await patients.by_ref(tx, SOURCE, MisRef(f"Patient/{number}"))
        assert patient is not None
        return [(each.status, each.start) for each in (await patients.facts(tx, patient)).visits]


async def _take(database: Database, *parts: Appointment) -> list[UpsertedAppointment]:
    async with database.transaction() as tx:
        return list(await appointments.upsert_many(tx, SOURCE, parts))


@pytest.fixture
async def two(database: Database) -> Database:
    """Two patients."""
    async with database.transaction() as tx:
        await patients.upsert_many(tx, SOURCE, [a_patient(1), a_patient(2)], reach=REACH)
    return database


async def test_a_visit_of_several_is_one_for_each_and_who_is_out_of_it_is_cancelled(two: Database) -> None:
    await _take(two, a_visit(patient=1), a_visit(patient=2))
    assert [await _visits(two, each) for each in (1, 2)] == [[(AppointmentStatus.BOOKED, later(7))]] * 2
    await _take(two, a_visit(patient=2, version="2", updated_at=later(1), start=later(8)))
    assert await _visits(two, 1) == [(AppointmentStatus.CANCELLED, later(7))]
    assert await _visits(two, 2) == [(AppointmentStatus.BOOKED, later(8))]
    assert await _take(two, a_visit(patient=1)) == []  # the earlier version again
    await _take(two, *(a_visit(patient=each, version="3", updated_at=later(2)) for each in (1, 2)))
    assert await _visits(two, 1) == [(AppointmentStatus.BOOKED, later(7))]


def _encounter(**fields: Any) -> Appointment:
    own: dict[str, Any] = {
        "ref": MisRef("Encounter/1"),
        "status": AppointmentStatus.FULFILLED,
        "start": later(-1),
        "specialty": None,
        "appointment": MisRef("Appointment/1"),
    }
    return a_visit(**(own | fields))


@pytest.mark.parametrize("first", ["appointment", "encounter"])
async def test_an_encounter_counts_once_in_its_appointments_place(two: Database, first: str) -> None:
    planned, made = a_visit(start=later(-1)), _encounter(start=None)
    for each in (planned, made) if first == "appointment" else (made, planned):
        await _take(two, each)
    assert await _visits(two) == [(AppointmentStatus.FULFILLED, later(-1))]
    async with two.transaction() as tx:
        patient = await patients.by_ref(tx, SOURCE, MisRef("Patient/1"))
        assert patient is not None
        assert [each.specialty for each in (await patients.facts(tx, patient)).visits] == ["cardiology"]


@pytest.mark.parametrize(
    ("planned", "made"),
    [
        (AppointmentStatus.BOOKED, AppointmentStatus.ENTERED_IN_ERROR),
        (AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED),
        (AppointmentStatus.ENTERED_IN_ERROR, AppointmentStatus.FULFILLED),
    ],
)
async def test_an_error_in_one_of_the_two_leaves_the_other(
    two: Database, planned: AppointmentStatus, made: AppointmentStatus
) -> None:
    await _take(two, _encounter(), a_visit(start=later(-1)))
    await _take(
        two,
        _encounter(version="2", updated_at=later(1), status=made),
        a_visit(version="2", updated_at=later(1), start=later(-1), status=planned),
    )
    dead = {AppointmentStatus.ENTERED_IN_ERROR, AppointmentStatus.CANCELLED}
    assert [status for status, _ in await _visits(two) if status not in dead] == list({planned, made} - dead)


async def test_an_encounter_that_no_longer_names_its_appointment_stands_for_itself(two: Database) -> None:
    await _take(two, _encounter(), a_visit())
    await _take(two, _encounter(version="2", updated_at=later(1), appointment=None))
    assert len(await _visits(two)) == 2


async def test_an_encounter_of_somebody_else_stands_for_nothing(two: Database) -> None:
    await _take(two, a_visit(), _encounter(patient=2))
    assert await _visits(two) == [(AppointmentStatus.BOOKED, later(7))]


async def test_an_encounter_of_a_known_appointment_is_not_newly_booked(two: Database) -> None:
    await _take(two, a_visit())
    (made,) = await _take(two, _encounter(status=AppointmentStatus.BOOKED, start=later(7)))
    assert (made.previous_status, made.visit_at) == (AppointmentStatus.BOOKED, later(7))
    (planned,) = await _take(two, a_visit(version="2", updated_at=later(1)))
    assert planned.visit_at is None


@pytest.mark.parametrize(
    ("status", "start", "end", "inside"),
    [
        (AppointmentStatus.ARRIVED, later(-1), None, True),
        (AppointmentStatus.ARRIVED, later(-1), later(1), True),
        (AppointmentStatus.ARRIVED, later(-2), later(-1), False),
        (AppointmentStatus.FULFILLED, later(-1), None, False),
        (AppointmentStatus.FULFILLED, later(-1), later(1), True),
        (AppointmentStatus.BOOKED, later(-1), later(1), False),
        (AppointmentStatus.ARRIVED, later(1), None, False),
        (AppointmentStatus.ENTERED_IN_ERROR, later(-1), None, False),
    ],
)
async def test_a_stay_is_no_visit_and_says_who_is_in_hospital(
    two: Database, status: AppointmentStatus, start: datetime, end: datetime | None, *, inside: bool
) -> None:
    await _take(two, a_visit(stay=True, status=status, start=start, end=end))
    assert await _visits(two) == []
    async with two.transaction() as tx:
        patient = await patients.by_ref(tx, SOURCE, MisRef("Patient/1"))
        assert patient is not None
        assert await appointments.in_hospital(tx, patient, tx.now) is inside
