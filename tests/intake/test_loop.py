"""The loop: woken by what comes in, in order, and able to stop."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from nextvisit.flow.engine.events import Replied
from nextvisit.sdk.channels import InboundMessage
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.records import AppointmentStatus, Deleted, MisEvent, MisRef, RelatedPerson
from nextvisit.sdk.replies import Intent
from nextvisit.store.people import consents, patients, related
from nextvisit.store.queues import inbox
from tests.intake.told import tell, told
from tests.world.clinic import Clinic, events
from tests.world.records import PHONE, a_consent, a_patient, a_visit
from tests.world.site import SOURCE

pytestmark = pytest.mark.anyio
ONE = MisRef("Patient/1")


async def test_the_loop_takes_what_comes_in_and_stops_when_told(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    stop = asyncio.Event()
    running = asyncio.create_task(clinic.intake.run(stop))
    try:
        await clinic.tell(InboundMessage("+48601999999", "halo"))
        async with asyncio.timeout(240):
            while (await clinic.states())[-1] != ("channel", "done", None):
                await asyncio.sleep(0.05)
    finally:
        stop.set()
        await asyncio.wait_for(running, 240)


async def test_a_lane_in_another_hand_is_left_alone(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    await clinic.tell(InboundMessage("+48601999999", "halo"))
    async with clinic.db.transaction() as tx:
        assert await inbox.hold_lane(tx, "talk")
        assert await clinic.drain() == 0
    assert await clinic.drain() == 1


async def test_two_intakes_at_once_do_everything_once(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    for _ in range(20):
        await clinic.tell(InboundMessage("+48601999999", "halo"))
    await asyncio.gather(*(clinic.drain() for _ in range(3)))
    await clinic.drain()
    assert await clinic.rows("SELECT count(*) FROM task") == [(20,)]


async def _replayed(clinic: Clinic, late: tuple[MisEvent, ...], *then: MisEvent) -> None:
    """A page that this adapter cannot read, a later one that it can, then the first again by a better one."""
    page = b"late"
    told(clinic).told[page] = ("no record",)  # type: ignore[assignment]
    async with clinic.db.transaction() as tx:
        await inbox.put(tx, kind="mis_page", origin=SOURCE, dedupe="late", body=page)
    await clinic.drain()
    assert (await clinic.states())[-1][1:] == ("parked", "parser_bug")
    await tell(clinic, *then)
    told(clinic).told[page] = late
    async with clinic.db.transaction() as tx:
        assert await inbox.replay(tx) == 1
    await clinic.drain()
    assert {state for _, state, _ in await clinic.states()} == {"done"}


async def test_a_page_that_is_read_late_brings_nobody_back_who_was_deleted_since(
    told_clinic: Clinic,
) -> None:
    clinic, second = told_clinic, replace(a_patient(), version="2")
    mother = RelatedPerson(MisRef("RelatedPerson/1"), "1", None, patient=ONE, guardian=True)
    await tell(clinic, a_patient(), a_visit(), a_consent(), mother)
    gone = [Deleted(each.ref) for each in (a_patient(), a_visit(), a_consent(), mother)]
    late = (second, replace(a_visit(), version="2"), a_consent(version="2"), replace(mother, version="2"))
    await _replayed(clinic, late, *gone)
    async with clinic.db.transaction() as tx:
        patient = await clinic.patient(ONE)
        facts = await patients.facts(tx, patient)
        assert not facts.active
        assert [each.status for each in facts.visits] == [AppointmentStatus.ENTERED_IN_ERROR]
        assert await consents.events(tx, patient) == ()
        assert await related.guardians(tx, patient) == ()


async def test_a_page_that_is_read_late_undoes_no_later_one_though_neither_has_a_version(
    told_clinic: Clinic,
) -> None:
    clinic = told_clinic
    undated = replace(a_patient(), version="", updated_at=None)
    await tell(clinic, undated)
    await _replayed(clinic, (undated,), replace(undated, restricted=True))
    async with clinic.db.transaction() as tx:
        assert (await patients.facts(tx, await clinic.patient(ONE))).restricted
    assert ("page.late",) in await clinic.rows("SELECT code FROM mis_oddity")


async def test_a_page_that_is_read_late_still_tells_of_death_of_refusals_and_of_whoever_is_new(
    told_clinic: Clinic,
) -> None:
    clinic = told_clinic
    await tell(clinic, a_patient(), a_consent(decision="deny"))
    other = a_patient(2)
    dead = replace(a_patient(), version="", updated_at=None, deceased=True)
    late = (dead, other, Deleted(a_consent().ref))
    await _replayed(clinic, late, replace(a_patient(), version="3"))
    async with clinic.db.transaction() as tx:
        patient = await clinic.patient(ONE)
        assert (await patients.facts(tx, patient)).deceased
        assert [each.decision for each in await consents.events(tx, patient)] == ["deny"]
        assert (await patients.facts(tx, await clinic.patient(other.ref))).active


async def test_an_answer_that_is_read_after_a_later_one_is_for_a_person(clinic: Clinic) -> None:
    """Its provider's software could not be read, or the rest of the text was waited for."""
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey)
    async with clinic.db.transaction() as tx:
        first = RawInbound(events(InboundMessage(PHONE, "tak, chętnie")), "a", waits=timedelta(minutes=5))
        await inbox.put(
            tx, kind="channel", origin="sms", dedupe=first.dedupe, body=first.body, waits=first.waits
        )
    await clinic.tell(InboundMessage(PHONE, "jednak nie, dziękuję"))
    await clinic.drain()
    async with clinic.db.transaction() as tx:
        await tx.connection.execute(text("UPDATE inbox SET retry_at_wall = NULL"))
    await clinic.drain()
    said = [each.intent for each in await clinic.heard(journey) if isinstance(each, Replied)]
    assert said == [Intent.DECLINES]
    assert await clinic.rows("SELECT reason, state FROM task") == [("overtaken", "open")]
