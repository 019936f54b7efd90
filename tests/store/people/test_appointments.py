"""Appointments: what changed, and those whose patient comes later."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from nextvisit.sdk.records import AppointmentStatus
from nextvisit.store.base.engine import Database
from nextvisit.store.people import appointments, patients
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
    assert (second.previous_start, second.start) == (later(7), later(9))


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
