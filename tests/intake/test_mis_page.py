"""What a page of the MIS means for open journeys."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.flow.engine.events import GoalReached, PatientGone, Signal
from nextvisit.flow.engine.program import Program
from nextvisit.sdk.records import Appointment, AppointmentStatus, Consent, MisRef, Purpose, Specialty
from nextvisit.store.base.engine import Tx
from nextvisit.store.queues import inbox
from tests.world.clinic import Clinic
from tests.world.clock import later
from tests.world.records import a_consent, a_patient, a_visit

pytestmark = pytest.mark.anyio
ONE = MisRef("Patient/1")
SOON = later(7)


async def test_a_deceased_patients_journeys_end_once(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.sync(a_patient(deceased=True))
    await clinic.sync(a_patient(deceased=True, active=False))
    heard = await clinic.heard(journey)
    assert isinstance(heard[0], PatientGone)
    assert heard[0].reason == "deceased"
    assert [each.reason for each in heard if isinstance(each, PatientGone)].count("deceased") == 1


@pytest.mark.parametrize(
    ("replaced_by", "active", "reason"),
    [
        (MisRef("Patient/9"), True, "merged"),
        (MisRef("Patient/9"), False, "merged"),
        (None, False, "inactive"),
    ],
)
async def test_a_record_that_is_merged_or_out_of_use_ends_its_journeys(
    clinic: Clinic, replaced_by: MisRef | None, *, active: bool, reason: str
) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.sync(a_patient(replaced_by=replaced_by, active=active))
    assert [each.reason for each in await clinic.heard(journey) if isinstance(each, PatientGone)] == [reason]


async def test_a_visit_booked_by_anybody_reaches_the_goal(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.sync(a_visit(start=SOON))
    await clinic.sync(a_visit(start=SOON + timedelta(hours=1)))  # moved: still booked, no second goal
    assert [type(each) for each in await clinic.heard(journey)] == [GoalReached]


async def test_a_visit_of_before_that_is_moved_does_not_reach_the_goal(clinic: Clinic) -> None:
    await clinic.sync(a_patient(), a_visit(start=SOON))
    journey = await clinic.a_journey(ONE)
    await clinic.sync(a_visit(start=SOON + timedelta(hours=1)))
    assert await clinic.heard(journey) == ()


@pytest.mark.parametrize(
    ("start", "specialty", "status"),
    [
        (SOON, "dermatology", "booked"),
        (SOON - timedelta(days=30), "cardiology", "booked"),
        (SOON, "cardiology", "cancelled"),
    ],
)
async def test_other_visits_do_not_reach_the_goal(
    clinic: Clinic, start: datetime, specialty: str, status: str
) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.sync(a_visit(start=start, specialty=Specialty(specialty), status=AppointmentStatus(status)))
    assert await clinic.heard(journey) == ()


async def test_a_refusal_of_the_purpose_ends_the_journey(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.sync(a_consent())
    assert await clinic.heard(journey) == ()
    await clinic.sync(a_consent(decision="deny"))
    assert [each.reason for each in await clinic.heard(journey) if isinstance(each, PatientGone)] == [
        "opted_out"
    ]


async def test_a_refusal_of_another_purpose_does_not(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.sync(a_consent(decision="deny", purposes=(Purpose.NEWSLETTER,)))
    assert await clinic.heard(journey) == ()


async def test_an_unreadable_thing_is_parked_and_spoils_nothing(clinic: Clinic) -> None:
    clinic.mis.put_garbage(b'{"kind":"Teapot"}')
    await clinic.sync(a_patient())
    await clinic.patient(ONE)
    assert await clinic.states() == [("mis_page", "done", None), ("mis_resource", "parked", "kind.unknown")]
    async with clinic.db.transaction() as tx:
        await inbox.replay(tx)
    await clinic.drain()
    assert (await clinic.states())[1:] == [("mis_resource", "parked", "kind.unknown")]


async def test_a_parser_bug_parks_the_page_and_the_next_one_is_taken(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_body: bytes) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(clinic.mis, "parse", broken)
        await clinic.sync(a_patient(1))
    await clinic.sync(a_patient(2))
    assert await clinic.states() == [("mis_page", "parked", "parser_bug"), ("mis_page", "done", None)]
    async with clinic.db.transaction() as tx:
        assert await inbox.replay(tx) == 1
    await clinic.drain()
    await clinic.patient(ONE)


class _OfAnotherRelease:
    """Reads no campaign."""

    async def program(self, _tx: Tx, campaign: str, _version: str) -> Program:
        raise InvalidFile([Fault(f"{campaign}/campaign.yaml", 1, 1, "unknown step")])


@pytest.mark.parametrize(
    ("record", "news"), [(a_visit(start=SOON), GoalReached), (a_consent(decision="deny"), PatientGone)]
)
async def test_a_campaign_that_cannot_be_read_costs_its_journeys_news_alone(
    clinic: Clinic, record: Appointment | Consent, news: type[Signal]
) -> None:
    """And the news waits, parked, for a release that reads it."""
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    clinic.intake.programs = _OfAnotherRelease()
    await clinic.sync(record, a_patient(2))
    await clinic.patient(MisRef("Patient/2"))
    kept = await clinic.rows("SELECT FROM appointment UNION ALL SELECT FROM consent_event")
    assert len(kept) == 1
    parked = ("mis_news", "parked", "file.invalid")
    assert (await clinic.states()).count(parked) == 1
    assert {state for kind, state, _ in await clinic.states() if kind == "mis_page"} == {"done"}
    assert await clinic.heard(journey) == ()
    clinic.intake.programs = clinic.programs
    async with clinic.db.transaction() as tx:
        assert await inbox.replay(tx) == 1
    await clinic.drain()
    assert [type(each) for each in await clinic.heard(journey)] == [news]
    assert parked not in await clinic.states()
