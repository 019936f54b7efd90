"""The looping workflows: campaigns fire, the MIS is pulled, the house is tidied."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.records import MisRef, Patient
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.campaigns import campaigns
from nextvisit.store.messages import ledger
from nextvisit.store.queues import inbox, outbox
from nextvisit.store.reading import mis
from nextvisit_workflows.runtime.looping import keep_syncing, keep_tidy, wake_campaign
from nextvisit_workflows.runtime.wire import journey_workflow_id
from tests.postgres import DatabaseUrls
from tests.workflows.test_crashes import _die_after_the_claim
from tests.world.clock import NOW
from tests.world.tampering import tamper
from tests.world.workers import WorkingClinic, until

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("factor", [20_000.0])
async def test_a_campaign_fires_by_its_schedule_again_and_again(clinic: WorkingClinic) -> None:
    await clinic.run_campaign()
    await clinic.add_patients(3)
    async with clinic.worker():
        await wake_campaign(clinic.client, "recall")
        await until(lambda: _firings(clinic, 2))
    firings = await _due(clinic)
    assert [due.hour for due in firings] == [9] * len(firings)  # 10 o'clock in Warsaw, in winter
    assert len(await clinic.journeys()) == 3


async def test_a_campaign_does_not_fire_while_it_is_paused_and_goes_on_when_woken(
    clinic: WorkingClinic,
) -> None:
    await clinic.run_campaign()
    await clinic.add_patients(2)
    await _set_state(clinic, "paused")
    async with clinic.worker():
        await wake_campaign(clinic.client, "recall")
        await _set_state(clinic, "running")
        await wake_campaign(clinic.client, "recall")
        await until(lambda: _firings(clinic, 1))
    assert len(await clinic.journeys()) == 2


@pytest.mark.parametrize("factor", [1.0])
async def test_the_mis_is_pulled_page_by_page_and_again_when_told(clinic: WorkingClinic) -> None:
    for index in range(5):
        clinic.mis.put(Patient(ref=MisRef(f"Patient/{index}"), version="", updated_at=NOW))
    async with clinic.worker():
        await keep_syncing(clinic.client, "his", timedelta(hours=1))
        await until(lambda: _pages(clinic, 3))
        clinic.mis.put(Patient(ref=MisRef("Patient/9"), version="", updated_at=NOW))
        await _hint(clinic, "his")
        await clinic.tell_temporal()
        await until(lambda: _pages(clinic, 4))


@pytest.mark.parametrize("factor", [1.0])
async def test_a_hint_of_a_mis_that_nobody_pulls_holds_nothing_up(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    await _hint(clinic, "elsewhere")
    await clinic.tell_temporal()
    async with clinic.db.transaction() as tx:
        assert (await outbox.pending(tx)).count == 0
    await clinic.client.get_workflow_handle(journey_workflow_id(str(journey))).describe()


@pytest.mark.parametrize("factor", [20_000.0])
async def test_a_mis_that_is_away_is_shown_and_asked_again(clinic: WorkingClinic) -> None:
    clinic.mis.put(Patient(ref=MisRef("Patient/1"), version="", updated_at=NOW))
    clinic.mis.break_down(RetryLater("his.away"))
    async with clinic.worker():
        await keep_syncing(clinic.client, "his", timedelta(hours=1))
        await until(lambda: _faulty(clinic))
        clinic.mis.break_down(None)
        await until(lambda: _pages(clinic, 1))


async def test_upkeep_gives_up_stale_claims_and_seals_the_audit_trail(
    clinic: WorkingClinic, database_urls: DatabaseUrls
) -> None:
    (journey,) = await clinic.enrol()
    await _die_after_the_claim(clinic, journey)
    earlier = "UPDATE message SET claimed_at = claimed_at - interval '900 days'"
    tamper(database_urls, "message", earlier)
    async with clinic.worker():
        await keep_tidy(clinic.client, timedelta(hours=1))
        await until(lambda: _checkpoints(clinic))
    async with clinic.db.transaction() as tx:
        assert [m.state for m in await ledger.of_journey(tx, JourneyId(UUID(str(journey))))] == ["unknown"]


async def _due(clinic: WorkingClinic) -> list[datetime]:
    async with clinic.db.transaction() as tx:
        rows = await tx.connection.execute(text("SELECT due_at FROM campaign_firing ORDER BY due_at"))
        return list(rows.scalars())


async def _firings(clinic: WorkingClinic, number: int) -> bool:
    return len(await _due(clinic)) >= number


async def _set_state(clinic: WorkingClinic, state: campaigns.CampaignState) -> None:
    async with clinic.db.transaction() as tx:
        await campaigns.set_state(tx, "recall", state)


async def _hint(clinic: WorkingClinic, source: str) -> None:
    """As the intake does when a MIS says that something has changed."""
    async with clinic.db.transaction() as tx:
        assert await mis.ask_for_pull(tx, source)
        await outbox.put(tx, "pull_mis", source, {})


async def _pages(clinic: WorkingClinic, number: int) -> bool:
    async with clinic.db.transaction() as tx:
        return (await inbox.counts(tx))["new"] >= number


async def _faulty(clinic: WorkingClinic) -> bool:
    async with clinic.db.transaction() as tx:
        return any(each.last_error == "his.away" for each in await mis.status(tx))


async def _checkpoints(clinic: WorkingClinic) -> bool:
    async with clinic.db.transaction() as tx:
        return bool(await tx.connection.scalar(text("SELECT count(*) FROM audit_checkpoint")))
