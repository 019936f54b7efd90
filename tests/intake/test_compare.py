"""What the MIS has and we have not is found, whatever the pull was told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from nextvisit.intake.compare import Mended, compare, compare_daily, mend, pull_and_compare
from nextvisit.intake.pull import pull
from nextvisit.sdk.addresses import PHONE
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.records import ContactPoint, Cursor, MisRef, RawBatch, RelatedPerson
from nextvisit.store.people import patients, related
from nextvisit.store.reading import mis
from tests.world.clinic import Clinic
from tests.world.clock import NOW, SetClock, later
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
    assert await mend(clinic.db, SOURCE, clinic.mis, found) == Mended(1, 0, lost=False)
    async with clinic.db.transaction() as tx:
        counted = await tx.connection.execute(text("SELECT count FROM inbox ORDER BY id DESC LIMIT 1"))
        assert counted.scalar_one() == 1


async def test_a_guardian_who_is_gone_from_the_mis_answers_for_nobody(clinic: Clinic) -> None:
    """No change tells of it, and whoever lost custody must not be written to about the child."""
    await _filled(clinic)
    child = MisRef("Patient/c3")
    kept, gone = (
        RelatedPerson(
            MisRef(f"RelatedPerson/{number}"),
            "1",
            NOW,
            child,
            guardian=True,
            contact_points=(ContactPoint("phone", f"+4860199900{number}"),),
        )
        for number in (1, 2)
    )
    for each in (kept, gone):
        clinic.mis.put(each)
    await _read(clinic)
    clinic.mis.delete(gone.ref)
    found = await compare(clinic.db, SOURCE, clinic.mis)
    assert found.gone == (gone.ref,)
    await mend(clinic.db, SOURCE, clinic.mis, found)
    await _drained(clinic)
    async with clinic.db.transaction() as tx:
        left = await related.guardians(tx, await clinic.patient(child))
        assert [each.identity.points for each in left] == [kept.contact_points]
        address = patients.address(tx, PHONE.space, "+48601999002")
        assert await related.guarded_from(tx, address) == ()
    assert (await compare(clinic.db, SOURCE, clinic.mis)).none


async def test_a_mis_that_lost_more_than_a_tenth_ends_nothing_and_is_taken_at_its_word_otherwise(
    clinic: Clinic,
) -> None:
    await _filled(clinic)
    for number in range(4):
        clinic.mis.delete(MisRef(f"Patient/c{number}"))
    clinic.mis.miss(replace(a_patient(77), ref=MisRef("Patient/missed"), version="901"))
    found = await compare(clinic.db, SOURCE, clinic.mis)
    assert found.lost
    assert await mend(clinic.db, SOURCE, clinic.mis, found) == Mended(1, 0, lost=True)
    await _drained(clinic)
    status = await _status(clinic)
    assert (status.listing_lost, status.looked_up) == (True, 1)
    found = await compare(clinic.db, SOURCE, clinic.mis)
    assert (len(found.differing), len(found.gone)) == (0, 4)


async def test_where_a_listing_falls_short_what_it_leaves_out_is_asked_for(clinic: Clinic) -> None:
    """A server that lists less than it has, and says no total."""
    await _filled(clinic)
    clinic.mis.delete(MisRef("Patient/c9"))
    hidden = {ref: clinic.mis.records.pop(ref) for ref in list(clinic.mis.records)[:15]}
    found = await compare(clinic.db, SOURCE, clinic.mis)
    clinic.mis.records |= hidden
    assert found.lost
    mended = await mend(clinic.db, SOURCE, clinic.mis, found)
    await _drained(clinic)
    assert mended == Mended(len(found.gone), 0, lost=False)
    assert not (await _status(clinic)).listing_lost
    async with clinic.db.transaction() as tx:
        inactive = await tx.connection.execute(text("SELECT count(*) FROM patient WHERE NOT active"))
        assert inactive.scalar_one() == 1, "the one that is gone"


async def test_what_gives_no_answer_costs_itself_and_is_said(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _filled(clinic)
    for number in range(5):
        clinic.mis.miss(
            a_patient(number, ref=MisRef(f"Patient/c{number}"), version="900", updated_at=later(-1))
        )
    whole = clinic.mis.look_up

    async def partly(refs: Sequence[MisRef]) -> bytes:
        if MisRef("Patient/c3") in refs:
            raise RetryLater("fake.http_500")
        return await whole(refs)

    monkeypatch.setattr(clinic.mis, "look_up", partly)
    await _mended(clinic)
    status = await _status(clinic)
    assert (status.differing, status.looked_up, status.unanswered) == (5, 4, 1)
    assert [one.ref for one in (await compare(clinic.db, SOURCE, clinic.mis)).differing] == ["Patient/c3"]


async def test_nothing_is_said_to_be_mended_before_it_is(clinic: Clinic) -> None:
    await _filled(clinic)
    clinic.mis.miss(a_patient(3, ref=MisRef("Patient/c3"), version="900", updated_at=later(-1)))
    await compare(clinic.db, SOURCE, clinic.mis)
    assert (await _status(clinic)).looked_up is None


async def test_a_mis_that_gives_no_answer_at_all_is_not_asked_for_each_thing(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _filled(clinic)
    for number in range(9):
        clinic.mis.miss(
            a_patient(number, ref=MisRef(f"Patient/c{number}"), version="900", updated_at=later(-1))
        )
    found = await compare(clinic.db, SOURCE, clinic.mis)
    asked = []

    async def away(refs: Sequence[MisRef]) -> bytes:
        asked.append(refs)
        raise RetryLater("fake.away")

    monkeypatch.setattr(clinic.mis, "look_up", away)
    with pytest.raises(RetryLater, match=r"fake.away"):
        await mend(clinic.db, SOURCE, clinic.mis, found)
    assert len(asked) == 4


async def test_a_pull_that_is_cut_short_keeps_nobody_from_comparing(
    clinic: Clinic, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut_short(_: object) -> AsyncIterator[RawBatch]:
        for code in ("fhir.cut_short",):
            raise RetryLater(code)
        yield RawBatch(b"", Cursor(""), 0)

    await _filled(clinic)
    await compare_daily(clinic.db, SOURCE, clinic.mis)
    clock.move(timedelta(hours=25))
    monkeypatch.setattr(clinic.mis, "changes", cut_short)
    with pytest.raises(RetryLater, match=r"fhir.cut_short"):
        await pull_and_compare(clinic.db, SOURCE, clinic.mis)
    status = await _status(clinic)
    assert (status.compared_at, status.last_error) == (later(1) + timedelta(hours=1), "fhir.cut_short")


async def test_the_daily_comparison_is_due_a_day_after_the_last(clinic: Clinic, clock: SetClock) -> None:
    await _filled(clinic)
    assert await compare_daily(clinic.db, SOURCE, clinic.mis) is None
    clock.move(timedelta(hours=23))
    assert await compare_daily(clinic.db, SOURCE, clinic.mis) is None
    clock.move(timedelta(hours=2))
    assert await compare_daily(clinic.db, SOURCE, clinic.mis) is not None
    assert await compare_daily(clinic.db, SOURCE, clinic.mis) is None


async def test_a_listing_that_fails_is_said_until_one_does_not_and_stops_no_pull(
    clinic: Clinic, clock: SetClock
) -> None:
    await _filled(clinic)
    await compare_daily(clinic.db, SOURCE, clinic.mis)
    clock.move(timedelta(hours=25))
    clinic.mis.break_down(RetryLater("fake.away"))
    assert await compare_daily(clinic.db, SOURCE, clinic.mis) is None
    clinic.mis.break_down(None)
    await _read(clinic)
    assert (await _status(clinic)).compare_error == "fake.away"
    assert await compare_daily(clinic.db, SOURCE, clinic.mis) is not None
    assert (await _status(clinic)).compare_error is None
