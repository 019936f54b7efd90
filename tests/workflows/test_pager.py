"""A plugin brings a kind that the core has never heard of, and a whole conversation runs on it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from nextvisit.domain.connections import Connection, Connections
from nextvisit.files.part import SourceFile
from nextvisit.flow.language.load import load_campaign
from nextvisit.intake.loop import Intake
from nextvisit.sdk.channels import InboundMessage, ShortText
from nextvisit.sdk.records import ContactPoint, Purpose
from nextvisit.sdk.testing.suites import Callback, ChannelPeer, ChannelSuite
from nextvisit.store.booking import bookings
from nextvisit.store.campaigns import campaigns
from nextvisit.store.campaigns.programs import StoredPrograms
from nextvisit.store.people import consents, patients
from nextvisit.store.people.upsert import Reach
from nextvisit.store.queues import inbox
from nextvisit_workflows.activities.enrol import Enrols
from nextvisit_workflows.activities.equipment import Equipment
from tests.world.campaigns import RECALL, RECALL_WORDS
from tests.world.pager import CAPABILITIES, PagerChannel
from tests.world.records import a_consent, a_patient, free_slots
from tests.world.site import SITE, SOURCE
from tests.world.workers import WorkingClinic, relaying, until

NUMBER = "1234567"
CONNECTIONS = Connections((Connection("beeps", CAPABILITIES),))
CAMPAIGN = re.sub(r"ladder:\n(  - .*\n)+", "ladder:\n  - { channel: pager }\n", RECALL)


class TestPager(ChannelSuite):
    """The plugin keeps the kit's promises."""

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[ChannelPeer]:
        channel = PagerChannel()
        yield ChannelPeer(
            capabilities=CAPABILITIES,
            channel=lambda: channel,
            to=NUMBER,
            received=lambda: [message.content.text for message in channel.sent],
            callbacks=[
                Callback(
                    json.dumps({"from": NUMBER, "text": "TAK"}).encode(), [InboundMessage(NUMBER, "TAK")]
                )
            ],
        )


@dataclass
class PagedClinic:
    """The clinic of the workers, with pagers and nothing else."""

    clinic: WorkingClinic
    usual: Equipment
    pager: PagerChannel = field(default_factory=PagerChannel)

    @property
    def equipment(self) -> Equipment:
        return replace(self.usual, channels={"beeps": self.pager}, connections=CONNECTIONS)

    async def enrol(self) -> None:
        files = {"campaign.yaml": CAMPAIGN, "messages/en.yaml": RECALL_WORDS}
        loaded = load_campaign(SourceFile("campaign.yaml", CAMPAIGN), [_words()])
        owner = a_patient(languages=("en",), contact_points=(ContactPoint("pager", "123-45 67"),))
        async with self.clinic.db.transaction() as tx:
            await campaigns.store_version(
                tx, "recall", loaded.version, files, purpose=Purpose.RECALL, applied_by="ann"
            )
            await campaigns.approve(tx, "recall", loaded.version, "bob", 1)
            await campaigns.set_state(tx, "recall", "running")
            reach = Reach(CONNECTIONS.addresses, SITE.country)
            await patients.upsert_many(tx, SOURCE, [owner], reach=reach)
            await consents.record_many(tx, SOURCE, [a_consent()])
        fire = self.clinic.due()
        await ActivityEnvironment().run(Enrols(self.equipment).fire, fire)

    async def replies(self, text: str) -> None:
        """She writes back from her pager; the intake understands it."""
        body = json.dumps({"from": "123 4567", "text": text}).encode()
        async with self.clinic.db.transaction() as tx:
            await inbox.put(tx, kind="channel", origin="beeps", dedupe=text, body=body)
        programs = StoredPrograms(frozenset(CONNECTIONS.kinds))
        channels = {"beeps": self.pager}
        intake = Intake(self.clinic.db, {SOURCE: self.clinic.mis}, channels, CONNECTIONS, SITE, programs)
        assert await intake.drain(10) == 1

    async def has_sent(self, number: int) -> bool:
        return len(self.pager.sent) >= number


def _words() -> SourceFile:
    return SourceFile("messages/en.yaml", RECALL_WORDS)


@pytest.mark.anyio
@pytest.mark.parametrize("factor", [20_000.0])
async def test_a_whole_conversation_runs_on_a_kind_that_the_core_does_not_know(
    clinic: WorkingClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    paged = PagedClinic(clinic, clinic.equipment)
    monkeypatch.setattr(WorkingClinic, "equipment", property(lambda _: paged.equipment))
    for slot in free_slots(clinic.clock.now() + timedelta(days=10), 4):
        clinic.mis.add_slot(slot)
    await paged.enrol()
    (journey,) = [head.id for head in await clinic.journeys()]
    async with clinic.worker(), relaying(clinic):
        await until(lambda: paged.has_sent(1))
        await paged.replies("yes, I want an appointment")
        await until(lambda: paged.has_sent(2))
        await paged.replies("1")
        assert await clinic.ended(journey) == "goal"
    assert {message.to for message in paged.pager.sent} == {NUMBER}
    assert all(isinstance(message.content, ShortText) for message in paged.pager.sent)
    assert [message.channel for message in await clinic.messages(journey)] == ["pager"] * 3
    async with clinic.db.transaction() as tx:
        assert [each.state for each in await bookings.of_journey(tx, journey)] == ["booked"]
