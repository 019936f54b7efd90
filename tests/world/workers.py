"""A clinic for the tests: its people, its campaign, its channels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment

from nextvisit.calls.guard import Whose, guarded
from nextvisit.calls.troubles import Troubles
from nextvisit.clock import Clock, ScaledClock
from nextvisit.domain.connections import Connection, Connections
from nextvisit.domain.cron import next_firing
from nextvisit.domain.policies import DEFAULT_POLICY
from nextvisit.domain.quiet_hours import Window
from nextvisit.files.part import SourceFile
from nextvisit.flow.engine.events import Signal
from nextvisit.flow.engine.state import State
from nextvisit.flow.language.load import load_campaign
from nextvisit.flow.verbs import AnyAction
from nextvisit.sdk.records import (
    Purpose,
)
from nextvisit.sdk.testing.fake_channel import FakeChannel
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.base.engine import Database
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.campaigns import campaigns
from nextvisit.store.journeys import journey_events, journeys
from nextvisit.store.journeys.journeys import Filters, JourneyHead
from nextvisit.store.messages import ledger
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people import consents, patients
from nextvisit.store.people.upsert import Reach
from nextvisit_workflows.activities.enrol import Enrols
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.runtime.relay import Relay
from nextvisit_workflows.runtime.wire import ActionIn, FireIn, journey_workflow_id
from nextvisit_workflows.runtime.worker import Queues, running_worker
from tests.world.campaigns import RECALL, RECALL_WORDS
from tests.world.clock import NOW
from tests.world.records import a_consent, a_patient
from tests.world.site import SITE, SOURCE

HISTORIES = Path(__file__).parent.parent / "workflows" / "histories"
Plugin = TypeVar("Plugin")
RECORDING_KEYS = {"1": b"a key for recorded histories....."[:32]}

_ALWAYS = Window(time(0), time(23, 59, 59, 999999))
POLICY = replace(
    DEFAULT_POLICY,
    windows=MappingProxyType(dict.fromkeys(Purpose, _ALWAYS)),
    # by the time of a fast clock an attempt after a pause is long after the reply
    reply_grace=timedelta(days=300),
)


def fast_clock(factor: float) -> ScaledClock:
    """Begins at NOW."""
    return ScaledClock(factor, datetime.now(UTC), NOW)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 240) -> None:
    """Wait until it holds; fails after `seconds` of the wall."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


@dataclass(slots=True)
class WorkingClinic:
    """Everything that a test touches."""

    db: Database
    client: Client
    clock: Clock
    email: FakeChannel
    sms: FakeChannel
    mis: FakeMis
    attempt: timedelta = timedelta(seconds=10)
    doubt: timedelta = timedelta(seconds=20)
    troubles: Troubles = field(default_factory=Troubles)

    @property
    def equipment(self) -> Equipment:
        return Equipment(
            db=self.db,
            channels={"mail": self.guarded("mail", self.email), "text": self.guarded("text", self.sms)},
            connections=Connections(
                (Connection("mail", self.email.capabilities), Connection("text", self.sms.capabilities))
            ),
            mis={SOURCE: self.guarded(SOURCE, self.mis)},
            booking_mis=SOURCE,
            site=SITE,
            clock=self.clock,
            policy=POLICY,
            attempt=self.attempt,
            patience=self.attempt * 0.75,
            doubt=self.doubt,
        )

    def guarded(self, slug: str, plugin: Plugin) -> Plugin:
        """As the composition root gives it to whoever calls it."""
        return guarded(plugin, Whose(slug, "fake"), self.troubles, self.attempt * 0.75)

    @property
    def relay(self) -> Relay:
        return Relay(self.db, self.client)

    def worker(self, queues: Queues = Queues.ALL) -> AbstractAsyncContextManager[None]:
        return running_worker(self.client, self.equipment, queues=queues, sandboxed=True)

    async def run_campaign(self) -> str:
        """Applied, approved, running; its version."""
        files = {"campaign.yaml": RECALL, "messages/en.yaml": RECALL_WORDS}
        loaded = load_campaign(
            SourceFile("campaign.yaml", RECALL), [SourceFile("messages/en.yaml", RECALL_WORDS)]
        )
        async with self.db.transaction() as tx:
            await campaigns.store_version(
                tx, "recall", loaded.version, files, purpose=Purpose.RECALL, applied_by="ann"
            )
            await campaigns.approve(tx, "recall", loaded.version, "bob", 1)
            await campaigns.set_state(tx, "recall", "running")
        return loaded.version

    async def add_patients(self, number: int) -> None:
        """Everyone with a phone and an e-mail address of their own, and with consent."""
        numbers = range(1, number + 1)
        people = [a_patient(each, languages=("en",)) for each in numbers]
        permits = [a_consent(each, each, purposes=tuple(Purpose)) for each in numbers]
        async with self.db.transaction() as tx:
            await patients.upsert_many(tx, SOURCE, people, reach=Reach((), SITE.country))
            await consents.record_many(tx, SOURCE, permits)

    async def enrol(self, number: int = 1) -> list[JourneyId]:
        """Journeys of as many new patients; Temporal has not been told yet."""
        await self.run_campaign()
        await self.add_patients(number)
        await ActivityEnvironment().run(Enrols(self.equipment).fire, self.due())
        return [head.id for head in await self.journeys()]

    async def asking(self, journey: JourneyId, action: AnyAction, state: State) -> ActionIn:
        """What a journey's workflow asks for that stands there: again while nothing came of it."""
        head = await self.head(journey)
        if head.pending != (action,) or head.result is not None:
            async with self.db.transaction() as tx:
                head = await journeys.advance(tx, journey, state, (action,))
        return ActionIn(str(journey), head.actions, (), action.node, action.occurrence)

    def due(self) -> FireIn:
        """The last firing of the campaign that was to be."""
        earlier = self.clock.now() - timedelta(days=1)
        return FireIn("recall", next_firing("0 10 * * *", earlier, SITE.zone, SITE.holidays))

    async def journeys(self) -> list[JourneyHead]:
        async with self.db.transaction() as tx:
            return list(await journeys.listing(tx, Filters(limit=10_000)))

    async def head(self, journey: JourneyId) -> JourneyHead:
        async with self.db.transaction() as tx:
            return await journeys.head(tx, journey)

    async def messages(self, journey: JourneyId) -> list[Message]:
        async with self.db.transaction() as tx:
            return list(await ledger.of_journey(tx, journey))

    async def has_sent(self, number: int) -> bool:
        """On both channels together."""
        return len(self.email.sent) + len(self.sms.sent) >= number

    async def tell(self, journey: JourneyId, event: Signal, dedupe: str) -> None:
        """Something happens to the journey."""
        async with self.db.transaction() as tx:
            await journey_events.tell(tx, journey, event, dedupe)

    async def tell_temporal(self) -> None:
        """Until nothing is left to tell."""
        while await self.relay.drain_once():
            continue

    async def ended(self, journey: JourneyId) -> str:
        """The outcome, once the workflow is over."""
        handle = self.client.get_workflow_handle(journey_workflow_id(str(journey)), result_type=str)
        async with asyncio.timeout(300):
            while True:
                try:
                    outcome: str = await handle.result()
                except RPCError as error:  # the relay has not begun it yet
                    if error.status is not RPCStatusCode.NOT_FOUND:
                        raise
                    await asyncio.sleep(0.05)
                else:
                    return outcome


def within(journey: JourneyId, action: AnyAction) -> ActivityEnvironment:
    """Where an attempt of the action runs that the journey's own workflow asks for."""
    environment = ActivityEnvironment()
    workflow = journey_workflow_id(str(journey))
    environment.info = replace(environment.info, workflow_id=workflow, activity_type=action.activity)
    return environment


@asynccontextmanager
async def relaying(clinic: WorkingClinic) -> AsyncIterator[None]:
    """A relay in the background."""
    task = asyncio.create_task(clinic.relay.run(poll=timedelta(seconds=1)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
