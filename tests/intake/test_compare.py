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
from tests.world.clock import SetClock, later
from tests.world.records import a_consent, a_patient
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
    clinic.mis.miss(replace(edited, version="900", updated_at=later(-1)))
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


async def _mended(clinic: Clinic) -> None:
    await mend(clinic.db, SOURCE, clinic.mis, await compare(clinic.db, SOURCE, clinic.mis))
    await _drained(clinic)


async def test_what_a_restored_mis_says_now_is_taken_and_no_stop_is_taken_back(clinic: Clinic) -> None:
    one, two, consent = MisRef("Patient/c1"), MisRef("Patient/c2"), MisRef("Consent/1")
    await _filled(clinic)
    before = {ref: clinic.mis.records[ref] for ref in (one, two)}
    silent = clinic.mis.put(a_consent(patient=1, decision="deny"))
    clinic.mis.put(a_patient(1, ref=one))
    clinic.mis.put(a_patient(2, ref=two, active=False))
    clinic.mis.put(a_consent(patient=1))
    await _read(clinic)
    clinic.mis.miss(a_patient(1, ref=one, version=before[one].version, updated_at=later(-50), active=False))
    clinic.mis.miss(before[two])
    clinic.mis.miss(silent)
    await _mended(clinic)
    async with clinic.db.transaction() as tx:
        for ref in (one, two):
            patient = await patients.by_ref(tx, SOURCE, ref)
            assert patient is not None
            assert not (await patients.facts(tx, patient)).active
        newest = "SELECT decision FROM consent_event ORDER BY origin_updated_at DESC LIMIT 1"
        assert (await tx.connection.execute(text(newest))).scalar_one() == "deny"
    assert (await compare(clinic.db, SOURCE, clinic.mis)).none, f"{consent} is looked up once"
    clinic.mis.put(a_patient(2, ref=two))
    await _read(clinic)
    async with clinic.db.transaction() as tx:
        patient = await patients.by_ref(tx, SOURCE, two)
        assert patient is not None
        assert (await patients.facts(tx, patient)).active, "the next version decides again"


async def test_a_version_that_stays_while_its_date_goes_on_differs(clinic: Clinic) -> None:
    await _filled(clinic)
    edited = clinic.mis.records[MisRef("Patient/c3")]
    clinic.mis.miss(replace(edited, updated_at=later(-1)))
    clinic.mis.miss(replace(clinic.mis.records[MisRef("Patient/c4")], version="", updated_at=later(-1)))
    found = await compare(clinic.db, SOURCE, clinic.mis)
    assert {one.ref for one in found.differing} == {"Patient/c3", "Patient/c4"}


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
