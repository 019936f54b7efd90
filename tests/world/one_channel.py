"""The clinic of the workers with one channel, and one patient who is written to on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from temporalio.testing import ActivityEnvironment

from nextvisit.domain.connections import Connection, Connections
from nextvisit.files.part import SourceFile
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import Replied
from nextvisit.flow.language.load import load_campaign
from nextvisit.intake.loop import Intake
from nextvisit.sdk.channels import ChannelEvent
from nextvisit.sdk.ports import Channel
from nextvisit.sdk.records import ContactPoint, Purpose
from nextvisit.sdk.replies import Intent
from nextvisit.sdk.testing.fake_channel import FakeChannel
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.campaigns import campaigns
from nextvisit.store.campaigns.programs import StoredPrograms
from nextvisit.store.journeys import journey_events
from nextvisit.store.messages import ledger
from nextvisit.store.people import consents, patients
from nextvisit.store.people.upsert import Reach
from nextvisit.store.queues import inbox
from nextvisit_workflows.activities.enrol import Enrols
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.send_message import SendsMessages
from nextvisit_workflows.runtime.wire import ActionOut
from tests.world.campaigns import RECALL
from tests.world.clinic import JsonSms, events
from tests.world.records import PHONE, a_consent, a_patient
from tests.world.rows import a_send, a_state
from tests.world.site import SITE, SOURCE
from tests.world.workers import WorkingClinic, within


@dataclass(frozen=True)
class OneChannel:
    """slug: of its only connection, `chat`; all that is sent goes to the fake."""

    clinic: WorkingClinic
    fake: FakeChannel

    @property
    def connections(self) -> Connections:
        return Connections((Connection("chat", self.fake.capabilities),))

    @property
    def equipment(self) -> Equipment:
        channels: dict[str, Channel] = {"chat": self.clinic.guarded("chat", self.fake)}
        return replace(self.clinic.equipment, channels=channels, connections=self.connections)

    async def enrol(self, words: str, **person: Any) -> JourneyId:
        """The journey of a patient with a phone, in a campaign with these messages."""
        kind = self.fake.capabilities.kind
        head, _, tail = RECALL.partition("ladder:\n")
        steps = tail.partition("steps:\n")[2]
        campaign = f"{head}ladder: [ {{ channel: {kind} }} ]\nsteps:\n{steps}"
        files = {"campaign.yaml": campaign, "messages/en.yaml": words}
        loaded = load_campaign(SourceFile("c.yaml", campaign), [SourceFile("messages/en.yaml", words)])
        who = a_patient(
            **({"languages": ("en",), "contact_points": (ContactPoint("phone", PHONE),)} | person)
        )
        async with self.clinic.db.transaction() as tx:
            await campaigns.store_version(
                tx, "recall", loaded.version, files, purpose=Purpose.RECALL, applied_by="ann"
            )
            await campaigns.approve(tx, "recall", loaded.version, "bob", 1)
            await campaigns.set_state(tx, "recall", "running")
            reach = Reach(self.connections.addresses, SITE.country)
            await patients.upsert_many(tx, SOURCE, [who], reach=reach)
            await consents.record_many(tx, SOURCE, [a_consent(purposes=tuple(Purpose))])
        await ActivityEnvironment().run(Enrols(self.equipment).fire, self.clinic.due())
        (journey,) = [each.id for each in await self.clinic.journeys()]
        return journey

    def a_send(self, **changes: Any) -> SendMessage:
        deadline = self.clinic.clock.now() + timedelta(days=3)
        kinds = (self.fake.capabilities.kind,)
        return replace(a_send(deadline=deadline, channels=kinds), **changes)

    async def attempt(self, journey: JourneyId, send: SendMessage | None = None) -> ActionOut:
        """One attempt of the activity, as Temporal would make it."""
        wanted = send or self.a_send()
        asked = await self.clinic.asking(journey, wanted, a_state(wanted.node))
        sends = SendsMessages(self.equipment)
        done: ActionOut = await within(journey, wanted).run(sends.send_message, asked)
        return done

    async def said(self, journey: JourneyId) -> str | None:
        """What the ledger keeps of the last message, for staff to read."""
        last = (await self.clinic.messages(journey))[-1]
        async with self.clinic.db.transaction() as tx:
            return await ledger.content(tx, last.id, why="test")

    async def hears(self, *told: ChannelEvent, dedupe: str = "1") -> None:
        """These come in on the channel, and are taken in."""
        async with self.clinic.db.transaction() as tx:
            await inbox.put(tx, kind="channel", origin="chat", dedupe=dedupe, body=events(*told))
        programs = StoredPrograms(frozenset(self.connections.kinds))
        channels = {"chat": JsonSms(self.fake.capabilities)}
        mis = {SOURCE: self.clinic.mis}
        assert await Intake(self.clinic.db, mis, channels, self.connections, SITE, programs).drain(10) == 1

    async def presses_a_button(self, journey: JourneyId) -> None:
        """An answer by the patient's page reaches the journey."""
        async with self.clinic.db.transaction() as tx:
            event = Replied(at=tx.now, intent=Intent.WANTS_VISIT)
            await journey_events.tell(tx, journey, event, journey_events.of_reply("99"))

    async def known(self) -> tuple[int, int]:
        """Of how many addresses it is known what was heard last, and what the provider said of them."""
        async with self.clinic.db.transaction() as tx:
            counts = [
                await tx.connection.scalar(text(f"SELECT count(*) FROM {table}"))
                for table in ("heard", "address_check")
            ]
        return int(counts[0] or 0), int(counts[1] or 0)
