"""What the MIS has and we have not is found, whatever the pull was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from nextvisit.intake.compare import compare, compare_daily, mend
from nextvisit.intake.pull import pull
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.records import MisRef
from nextvisit.store.people import patients
from nextvisit.store.reading import mis
from tests.world.clinic import Clinic
from tests.world.clock import SetClock
from tests.world.records import a_patient
from tests.world.site import SOURCE

pytestmark = pytest.mark.anyio


async def _filled(clinic: Clinic, count: int = 20) -> None:
    for number in range(count):
        clinic.mis.put(a_patient(number, ref=MisRef(f"Patient/c{number}")))
    await _read(clinic)


async def _read(clinic: Clinic) -> None:
    await pull(clinic.db, SOURCE, clinic.mis)
    await _drained(clinic)


async def _drained(clinic: Clinic) -> None:
    while await clinic.drain():
        pass


async def _status(clinic: Clinic) -> mis.MisStatus:
    async with clinic.db.transaction() as tx:
        return next(one for one in await mis.status(tx) if one.source == SOURCE)


async def test_after_a_pull_nothing_differs(clinic: Clinic) -> None:
    await _filled(clinic)
    found = await compare(clinic.db, SOURCE, clinic.mis)
    assert found.none
    assert found.listed >= 20


async def test_what_no_change_told_of_is_found_and_taken_in(clinic: Clinic) -> None:
    await _filled(clinic)
    edited = clinic.mis.records[MisRef("Patient/c3")]
    clinic.mis.miss(replace(edited, version="900", updated_at=edited.updated_at + timedelta(hours=1)))
    clinic.mis.miss(replace(a_patient(77), ref=MisRef("Patient/missed"), version="901"))
    found = await compare(clinic.db, SOURCE, clinic.mis)
    assert {one.ref for one in found.differing} == {"Patient/c3", "Patient/missed"}
    assert (await _status(clinic)).differing == 2
    await mend(clinic.db, SOURCE, clinic.mis, found)
    await _drained(clinic)
    assert (await compare(clinic.db, SOURCE, clinic.mis)).none
    async with clinic.db.transaction() as tx:
        assert await patients.by_ref(tx, SOURCE, MisRef("Patient/missed")) is not None


async def test_what_cannot_be_taken_in_is_looked_up_once_a_version(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def garbage(_: Sequence[MisRef]) -> bytes:
        return b'[{"kind":"of another world"}]'

    await _filled(clinic)
    strange = a_patient(77, ref=MisRef("Patient/strange"), version="902")
    clinic.mis.miss(strange)
    monkeypatch.setattr(clinic.mis, "look_up", garbage)
    await mend(clinic.db, SOURCE, clinic.mis, await compare(clinic.db, SOURCE, clinic.mis))
    await _drained(clinic)
    assert (await compare(clinic.db, SOURCE, clinic.mis)).none
    clinic.mis.miss(replace(strange, version="903"))
    assert len((await compare(clinic.db, SOURCE, clinic.mis)).differing) == 1


async def test_what_is_gone_is_named_and_looked_up(clinic: Clinic) -> None:
    await _filled(clinic)
    clinic.mis.delete(MisRef("Patient/c5"))
    found = await compare(clinic.db, SOURCE, clinic.mis)
    assert found.gone == (MisRef("Patient/c5"),)
    assert await mend(clinic.db, SOURCE, clinic.mis, found) == 1
    async with clinic.db.transaction() as tx:
        counted = await tx.connection.execute(text("SELECT count FROM inbox ORDER BY id DESC LIMIT 1"))
        assert counted.scalar_one() == 1


async def test_a_listing_that_lost_more_than_a_tenth_changes_nothing(clinic: Clinic) -> None:
    await _filled(clinic)
    for number in range(4):
        clinic.mis.delete(MisRef(f"Patient/c{number}"))
    clinic.mis.miss(replace(a_patient(77), ref=MisRef("Patient/missed"), version="901"))
    found = await compare(clinic.db, SOURCE, clinic.mis)
    assert found.lost
    assert await mend(clinic.db, SOURCE, clinic.mis, found) == 0
    assert (await _status(clinic)).listing_lost


async def test_the_daily_comparison_is_due_a_day_after_the_last(clinic: Clinic, clock: SetClock) -> None:
    await _filled(clinic)
    assert await compare_daily(clinic.db, SOURCE, clinic.mis) is None
    clock.move(timedelta(hours=23))
    assert await compare_daily(clinic.db, SOURCE, clinic.mis) is None
    clock.move(timedelta(hours=2))
    assert await compare_daily(clinic.db, SOURCE, clinic.mis) is not None
    assert await compare_daily(clinic.db, SOURCE, clinic.mis) is None


async def test_a_listing_that_fails_is_said_and_stops_no_pull(clinic: Clinic, clock: SetClock) -> None:
    await _filled(clinic)
    await compare_daily(clinic.db, SOURCE, clinic.mis)
    clock.move(timedelta(hours=25))
    clinic.mis.break_down(RetryLater("fake.away"))
    assert await compare_daily(clinic.db, SOURCE, clinic.mis) is None
    assert (await _status(clinic)).last_error == "fake.away"
    clinic.mis.break_down(None)
    await _read(clinic)
    assert (await _status(clinic)).last_error is None
