"""A calendar without free times is seen before patients are invited to nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.sdk.errors import ProtocolError
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.campaigns import campaigns
from nextvisit.watch import calendars
from nextvisit.watch.finding import Finding, Grade
from tests.world.clinic import Clinic
from tests.world.clock import NOW
from tests.world.records import a_slot

pytestmark = pytest.mark.anyio


async def _found(clinic: Clinic, mis: FakeMis, books: str | None = "his") -> Finding:
    (found,) = await calendars.free_times(clinic.db, {"his": mis}, books)
    return found


async def test_nobody_asks_a_calendar_for_a_campaign_that_does_not_run(clinic: Clinic) -> None:
    async with clinic.db.transaction() as tx:
        await campaigns.set_state(tx, "reactivation", "paused")
    mis = FakeMis()
    mis.break_down(ProtocolError("fhir.down", whose="theirs"))
    assert (await _found(clinic, mis)).grade is Grade.OK


async def test_free_times_of_what_is_offered_are_counted(clinic: Clinic) -> None:
    mis = FakeMis()
    empty = await _found(clinic, mis)
    assert empty.grade is Grade.WRONG
    assert "nothing is free in the next 30 days" in empty.says
    assert empty.touches == "offers of reactivation"
    mis.add_slot(a_slot(start=NOW + timedelta(days=3)))
    assert (await _found(clinic, mis)).grade is Grade.OK


async def test_a_calendar_that_cannot_be_read_is_wrong(clinic: Clinic) -> None:
    mis = FakeMis()
    mis.break_down(ProtocolError("slot.no_zone", whose="theirs"))
    found = await _found(clinic, mis)
    assert found.grade is Grade.WRONG
    assert "slot.no_zone" in found.says


async def test_offers_without_a_calendar_are_wrong(clinic: Clinic) -> None:
    assert "no connection knows a calendar" in (await _found(clinic, FakeMis(), None)).says
