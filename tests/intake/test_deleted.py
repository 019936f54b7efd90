"""What the MIS has no more stops us and permits nothing; what is not known here changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from nextvisit.desk import connections
from nextvisit.flow.engine.events import GoalReached, PatientGone
from nextvisit.sdk.addresses import MOBILE
from nextvisit.sdk.records import (
    AppointmentStatus,
    ContactPoint,
    Cursor,
    Deleted,
    HumanName,
    MisRef,
    RawBatch,
    RelatedPerson,
)
from nextvisit.store.people import consents, merges, patients, related
from nextvisit.store.reading import mis
from nextvisit.watch import reading
from nextvisit.watch.finding import Grade
from tests.intake.told import tell
from tests.world.clinic import Clinic
from tests.world.clock import NOW, SetClock, later
from tests.world.records import a_consent, a_patient, a_visit
from tests.world.site import SOURCE

pytestmark = pytest.mark.anyio
ONE = MisRef("Patient/1")


async def test_a_deleted_patient_is_out_of_use_until_the_record_is_there_again(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, a_patient())
    journey = await clinic.a_journey(ONE)
    await tell(clinic, Deleted(ONE), Deleted(MisRef("Patient/99")))
    patient = await clinic.patient(ONE)
    assert [each.reason for each in await clinic.heard(journey) if isinstance(each, PatientGone)] == [
        "inactive"
    ]
    async with clinic.db.transaction() as tx:
        assert not (await patients.facts(tx, patient)).active
    await tell(clinic, a_patient())
    async with clinic.db.transaction() as tx:
        assert (await patients.facts(tx, patient)).active


async def test_what_is_there_again_further_down_the_page_is_not_deleted(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, a_patient())
    await tell(clinic, Deleted(ONE), a_patient(version="2", updated_at=NOW))
    async with clinic.db.transaction() as tx:
        assert (await patients.facts(tx, await clinic.patient(ONE))).active


async def test_a_deleted_visit_was_entered_in_error(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, a_patient(), a_visit())
    await tell(clinic, Deleted(MisRef("Appointment/1")))
    async with clinic.db.transaction() as tx:
        (visit,) = (await patients.facts(tx, await clinic.patient(ONE))).visits
    assert visit.status is AppointmentStatus.ENTERED_IN_ERROR


async def test_a_deleted_encounter_leaves_its_appointment(told_clinic: Clinic) -> None:
    clinic = told_clinic
    encounter = MisRef("Encounter/1")
    made = a_visit(ref=encounter, status=AppointmentStatus.FULFILLED, appointment=MisRef("Appointment/1"))
    await tell(clinic, a_patient(), a_visit(), made)
    await tell(clinic, Deleted(encounter))
    async with clinic.db.transaction() as tx:
        visits = (await patients.facts(tx, await clinic.patient(ONE))).visits
    assert AppointmentStatus.BOOKED in {each.status for each in visits}


async def test_a_deleted_consent_is_not_in_force(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, a_patient(), a_consent(), a_consent(2))
    await tell(clinic, Deleted(MisRef("Consent/1")))
    await tell(clinic, Deleted(MisRef("Consent/1")))
    async with clinic.db.transaction() as tx:
        assert len(await consents.events(tx, await clinic.patient(ONE))) == 1


async def test_what_may_only_be_kept_from_us_ends_no_refusal(told_clinic: Clinic) -> None:
    clinic = told_clinic
    within = a_consent(ref=MisRef("Consent/1#deny-1"), decision="deny")
    await tell(clinic, a_patient(), a_consent(decision="deny"), within, a_consent(2))
    await tell(clinic, *(Deleted(MisRef(f"Consent/{number}"), unseen=True) for number in (1, 2)))

    async def decisions() -> list[str]:
        async with clinic.db.transaction() as tx:
            return [each.decision for each in await consents.events(tx, await clinic.patient(ONE))]

    assert await decisions() == ["deny", "deny"], "and the permit is gone"
    await tell(clinic, Deleted(MisRef("Consent/1")))
    assert await decisions() == [], "with what stands within it"


async def test_a_refusal_that_was_missed_by_mistake_holds_again(told_clinic: Clinic) -> None:
    clinic, refusal = told_clinic, a_consent(decision="deny")

    async def refused() -> list[str]:
        async with clinic.db.transaction() as tx:
            return [each.decision for each in await consents.events(tx, await clinic.patient(ONE))]

    await tell(clinic, a_patient(), refusal)
    for _ in range(2):
        await tell(clinic, Deleted(MisRef("Consent/1")))
        assert await refused() == []
        await tell(clinic, refusal)
        assert await refused() == ["deny"]


def _mother(**fields: object) -> RelatedPerson:
    plain: dict[str, object] = {
        "ref": MisRef("RelatedPerson/1"),
        "version": "1",
        "updated_at": later(-1),
        "patient": ONE,
        "guardian": True,
        "name": HumanName(family="Kanarek", given=("Ewa",)),
        "languages": ("uk",),
        "contact_points": (ContactPoint("phone", "601 777 777"),),
    }
    return RelatedPerson(**(plain | fields))  # type: ignore[arg-type]  # plain defaults


@pytest.mark.parametrize("first", ["patient", "mother"])
async def test_a_guardian_is_known_and_recognised_by_the_address(told_clinic: Clinic, first: str) -> None:
    clinic = told_clinic
    for each in (a_patient(), _mother()) if first == "patient" else (_mother(), a_patient()):
        await tell(clinic, each)
    patient = await clinic.patient(ONE)
    async with clinic.db.transaction() as tx:
        (guardian,) = await related.guardians(tx, patient)
        assert (guardian.identity.name, guardian.languages) == ("Ewa Kanarek", ("uk",))
        assert await related.guarded_from(tx, patients.address(tx, MOBILE.space, "+48601777777")) == (
            patient,
        )
    rows = await clinic.rows("SELECT related_person::text FROM related_person")
    assert "Kanarek" not in str(rows)
    await tell(clinic, Deleted(MisRef("RelatedPerson/1")))
    async with clinic.db.transaction() as tx:
        assert await related.guardians(tx, patient) == ()
        assert await related.guarded_from(tx, patients.address(tx, MOBILE.space, "+48601777777")) == ()


async def test_who_does_not_answer_for_the_patient_is_no_guardian(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, a_patient(), _mother())
    for version, change in (("2", {"guardian": False}), ("3", {"active": False})):
        await tell(clinic, _mother(version=version, updated_at=NOW, **change))
        async with clinic.db.transaction() as tx:
            assert await related.guardians(tx, await clinic.patient(ONE)) == ()


@pytest.mark.parametrize("times", [{"starts": later(1)}, {"ends": NOW}])
async def test_who_does_not_answer_for_the_patient_now_is_no_guardian_now(
    told_clinic: Clinic, times: dict[str, object]
) -> None:
    clinic = told_clinic
    await tell(clinic, a_patient(), _mother(**times))
    async with clinic.db.transaction() as tx:
        assert await related.guardians(tx, await clinic.patient(ONE)) == ()


async def test_who_is_not_within_the_patients_record_any_more_is_no_guardian(told_clinic: Clinic) -> None:
    clinic = told_clinic
    stamp: dict[str, Any] = {"version": "1", "updated_at": later(-2)}
    within = [_mother(ref=MisRef(f"{ONE}#contact-{number}"), within=True, **stamp) for number in (1, 2)]
    await tell(clinic, a_patient(**stamp), *within, _mother())
    stamp = {"version": "2", "updated_at": later(-1)}
    await tell(clinic, a_patient(**stamp), _mother(ref=MisRef(f"{ONE}#contact-1"), within=True, **stamp))
    async with clinic.db.transaction() as tx:
        assert len(await related.guardians(tx, await clinic.patient(ONE))) == 2
    assert await clinic.rows("SELECT count(*) FROM related_digest") == [(2,)]


async def test_a_stay_or_an_appointment_that_came_to_pass_is_no_goal(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, a_patient())
    journey = await clinic.a_journey(ONE)
    made = a_visit(
        2, ref=MisRef("Encounter/2"), status=AppointmentStatus.FULFILLED, appointment=MisRef("Appointment/2")
    )
    await tell(clinic, a_visit(stay=True), a_visit(2), made)
    assert await clinic.heard(journey) == ()
    await tell(clinic, a_visit(3))
    assert [type(each) for each in await clinic.heard(journey)] == [GoalReached]


async def _without_survivor(clinic: Clinic) -> list[int]:
    async with clinic.db.transaction() as tx:
        return [each.patients for each in (await merges.without_survivor(tx)).values()]


async def test_whose_survivor_is_not_here_is_told_until_the_survivor_comes(
    told_clinic: Clinic, clock: SetClock
) -> None:
    clinic, survivor = told_clinic, a_patient(2, contact_points=())
    await tell(clinic, a_patient(replaced_by=survivor.ref), a_patient(3))
    (soon,) = await reading.understood(clinic.db, SOURCE)
    assert (soon.grade, soon.touches) == (Grade.INFORMS, "1 patients")
    async with clinic.db.transaction() as tx:
        await mis.answered(tx, SOURCE)
        await mis.advance(tx, SOURCE, RawBatch(b"", Cursor("1"), 1))
    clock.move(timedelta(days=4))
    (late,) = await reading.understood(clinic.db, SOURCE)
    assert (late.grade, late.since) == (Grade.WRONG, NOW)
    (status,) = await connections.status(clinic.db, [SOURCE])
    assert status.without_survivor is not None
    assert status.without_survivor.latest == (await clinic.patient(ONE),)
    await tell(clinic, survivor)
    assert await _without_survivor(clinic) == []
    async with clinic.db.transaction() as tx:
        assert (await patients.facts(tx, await clinic.patient(survivor.ref))).active


async def test_whose_survivor_was_deleted_is_told_until_it_is_there_again(told_clinic: Clinic) -> None:
    clinic, survivor = told_clinic, a_patient(2)
    await tell(clinic, survivor, a_patient(replaced_by=survivor.ref))
    assert await _without_survivor(clinic) == []
    await tell(clinic, Deleted(survivor.ref))
    assert await _without_survivor(clinic) == [1]
    await tell(clinic, survivor)
    assert await _without_survivor(clinic) == []


async def test_a_survivor_who_is_out_of_use_is_no_loss(told_clinic: Clinic) -> None:
    clinic, survivor = told_clinic, a_patient(2, active=False)
    await tell(clinic, survivor, a_patient(replaced_by=survivor.ref))
    assert await _without_survivor(clinic) == []
