"""Who somebody else is by now, is not written to with what was kept of the one before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from nextvisit.desk import patients as desk
from nextvisit.sdk.records import AppointmentStatus, HumanName, Identifier, MisRef
from nextvisit.store.people import appointments, patients
from nextvisit.store.people.holds import IDENTITY_CHANGED
from nextvisit.store.reading import mis
from nextvisit.watch import reading
from nextvisit.watch.finding import Grade
from tests.world.clinic import Clinic
from tests.world.clock import later
from tests.world.records import CANARY, a_patient, a_visit
from tests.world.site import REACH, SOURCE

pytestmark = pytest.mark.anyio
ONE = MisRef("Patient/1")
PIOTR = HumanName(family="Nowak", given=("Piotr",))
OTHER: dict[str, Any] = {
    "name": PIOTR,
    "birth_date": "1955-01-01",
    "sex": "male",
    "identifiers": (Identifier("urn:mrn", "7"),),
}


async def _held(clinic: Clinic) -> list[str]:
    known = await desk.by_id(clinic.db, await clinic.patient(ONE), "anna")
    return [each.reason for each in known.held]


async def _tasks(clinic: Clinic) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await clinic.rows("SELECT queue, reason FROM task")]


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        (OTHER, True),
        ({**OTHER, "name": HumanName(text="Piotr Nowak")}, True),
        ({"name": HumanName(family="Nowak", given=("Anna",))}, False),
        ({"birth_date": "1981-02-28"}, False),
        ({**OTHER, "name": HumanName(family=f"Nowak-{CANARY}", given=("Anna",))}, False),
        ({**OTHER, "birth_date": None}, False),
        ({**OTHER, "name": None}, False),
    ],
    ids=["another", "in one text", "married", "corrected", "double name", "no date", "no name"],
)
async def test_who_is_somebody_else_by_now_is_held_until_a_person_says(
    clinic: Clinic, change: dict[str, Any], holds: bool
) -> None:
    await clinic.sync(a_patient())
    await clinic.sync(a_patient(version="2", updated_at=later(1), **change))
    await clinic.sync(a_patient(version="3", updated_at=later(2), **change))
    assert await _held(clinic) == ([IDENTITY_CHANGED] if holds else [])
    assert await _tasks(clinic) == ([("reception", IDENTITY_CHANGED)] if holds else [])
    findings = await reading.understood(clinic.db, SOURCE)
    assert any("changed at once" in each.says for each in findings) is holds
    assert await desk.confirm(clinic.db, await clinic.patient(ONE), "anna") is holds
    assert await _held(clinic) == []
    assert not await desk.confirm(clinic.db, await clinic.patient(ONE), "anna")


async def test_an_older_version_of_somebody_else_holds_nobody(clinic: Clinic) -> None:
    async with clinic.db.transaction() as tx:
        for one in (a_patient(version="2"), a_patient(version="1", updated_at=later(-1), **OTHER)):
            await patients.upsert_many(tx, SOURCE, [one], reach=REACH)
    assert await _held(clinic) == []


@pytest.mark.parametrize("length", [2, 3])
async def test_records_that_replaced_each_other_are_counted(clinic: Clinic, length: int) -> None:
    await clinic.sync(*(a_patient(number) for number in range(1, length + 2)))
    await clinic.sync(a_patient(length + 1, version="2", updated_at=later(1), replaced_by=ONE))
    async with clinic.db.transaction() as tx:
        assert await mis.oddities(tx) == []
    for number in range(1, length + 1):
        survivor = MisRef(f"Patient/{number % length + 1}")
        await clinic.sync(a_patient(number, version="2", updated_at=later(1), replaced_by=survivor))
    async with clinic.db.transaction() as tx:
        assert [(each.code, each.total) for each in await mis.oddities(tx)] == [("link.circle", 1)]


@pytest.mark.parametrize(
    ("days", "fields", "counts"),
    [
        (61, {}, True),
        (59, {}, False),
        (61, {"updated_at": later(-10)}, False),
        (61, {"end": later(-50)}, False),
        (61, {"status": AppointmentStatus.CANCELLED}, False),
        (61, {"stay": False}, False),
    ],
    ids=["open for long", "not so long", "touched since", "ended", "cancelled", "no stay"],
)
async def test_a_stay_that_nobody_closed_is_shown(
    clinic: Clinic, days: int, fields: dict[str, Any], counts: bool
) -> None:
    begun = later(0) - timedelta(days=days)
    plain: dict[str, Any] = {"ref": MisRef("Encounter/1"), "status": AppointmentStatus.ARRIVED, "stay": True}
    plain |= {"start": begun, "end": None, "updated_at": begun}
    async with clinic.db.transaction() as tx:
        await patients.upsert_many(tx, SOURCE, [a_patient()], reach=REACH)
        await appointments.upsert_many(tx, SOURCE, [a_visit(**{**plain, **fields})])
    findings = await reading.understood(clinic.db, SOURCE)
    assert [each.grade for each in findings] == [Grade.INFORMS if counts else Grade.OK]
