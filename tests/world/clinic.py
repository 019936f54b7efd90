"""A clinic with a running campaign, a MIS in memory and an SMS channel that reads JSON."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal
from uuid import uuid4

import pytest
from pydantic import TypeAdapter
from sqlalchemy import insert, text

import nextvisit_campaigns
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import Signal
from nextvisit.flow.engine.state import Listening, NodeId, State
from nextvisit.intake.loop import Intake
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.channels import Accepted, ChannelEvent
from nextvisit.sdk.doors import Answer, Handshake, Keep, RawRequest, Received
from nextvisit.sdk.errors import ProtocolError, Rejected
from nextvisit.sdk.ports import Inbox
from nextvisit.sdk.records import (
    Change,
    ChannelKind,
    Cursor,
    MisRef,
    Purpose,
)
from nextvisit.sdk.testing.fake_channel import FakeChannel
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.base.engine import Database
from nextvisit.store.base.ids import JourneyId, OfferId
from nextvisit.store.base.tables import EnrolmentRow, JourneyRow, table_of
from nextvisit.store.booking import offers
from nextvisit.store.booking.offers import Offer
from nextvisit.store.campaigns import campaigns
from nextvisit.store.campaigns.programs import StoredPrograms
from nextvisit.store.journeys import journey_events, journeys
from nextvisit.store.messages import ledger, links
from nextvisit.store.messages.links import LinkKind
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people import patients
from nextvisit.store.people.patients import PatientId
from nextvisit.store.queues import inbox
from tests.world.records import PHONE, a_slot
from tests.world.rows import plan
from tests.world.site import CONNECTIONS, SITE, SOURCE

_EVENTS: TypeAdapter[list[ChannelEvent]] = TypeAdapter(list[ChannelEvent])


class JsonSms(FakeChannel):
    """Listens and receives webhooks; a raw thing is a JSON list of channel events."""

    async def serve(self, inbox: Inbox) -> None:
        raise NotImplementedError

    def parse_inbound(self, body: bytes) -> Sequence[ChannelEvent]:
        return _EVENTS.validate_json(body)

    def receive(self, request: RawRequest) -> Received:
        signature = dict(request.headers).get("x-signature", "").encode()
        if not hmac.compare_digest(signature, b"good"):
            raise Rejected("webhook.signature", scope="account")
        if request.method == "GET":
            return Handshake(Answer(200, self._asked(request, "challenge").encode()))
        return Keep(self._asked(request, "id"))

    def parse_webhook(self, request: RawRequest) -> Sequence[ChannelEvent]:
        return self.parse_inbound(request.body)

    @staticmethod
    def _asked(request: RawRequest, name: str) -> str:
        found = dict(request.query).get(name)
        if found is None:
            raise ProtocolError("webhook.query", f"has no {name}", whose="theirs")
        return found


def events(*told: ChannelEvent) -> bytes:
    """As `JsonSms` reads them."""
    return _EVENTS.dump_json(list(told))


@dataclass
class Clinic:
    """`intake` works on `db`; what the MIS is given comes in with `sync`."""

    db: Database
    mis: FakeMis = field(default_factory=FakeMis)
    sms: JsonSms = field(default_factory=JsonSms)

    def __post_init__(self) -> None:
        self.programs = StoredPrograms(frozenset(CONNECTIONS.kinds))
        self.intake = Intake(self.db, {SOURCE: self.mis}, {"sms": self.sms}, CONNECTIONS, SITE, self.programs)
        self._cursor: Cursor | None = None
        self._version = "v1"

    async def open(self) -> None:
        """Apply, approve and start the campaign."""
        folder = Path(nextvisit_campaigns.__file__).parent / "reactivation"
        paths = [folder / "campaign.yaml", *(folder / "messages").glob("*.yaml")]
        files = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}
        async with self.db.transaction() as tx:
            await campaigns.store_version(
                tx, "reactivation", self._version, files, purpose=Purpose.RECALL, applied_by="ann"
            )
            await campaigns.approve(tx, "reactivation", self._version, "bob", 1)
            await campaigns.set_state(tx, "reactivation", "running")

    async def sync(self, *records: Change) -> None:
        """The MIS changes; its pages are committed and taken in."""
        for record in records:
            self.mis.put(record)
        async for page in self.mis.changes(self._cursor):
            async with self.db.transaction() as tx:
                await inbox.put(tx, kind="mis_page", origin=SOURCE, dedupe=page.cursor, body=page.body)
            self._cursor = page.cursor
        await self.drain()

    async def drain(self) -> int:
        return await self.intake.drain(1000)

    async def tell(self, *told: ChannelEvent, dedupe: str | None = None) -> None:
        """Something comes in on the SMS channel."""
        async with self.db.transaction() as tx:
            name = dedupe or uuid4().hex
            await inbox.put(tx, kind="channel", origin="sms", dedupe=name, body=events(*told))

    async def patient(self, ref: MisRef) -> PatientId:
        async with self.db.transaction() as tx:
            found = await patients.by_ref(tx, SOURCE, ref)
        assert found is not None
        return found

    async def a_journey(self, ref: MisRef, *, ask: str | None = "invite") -> JourneyId:
        """An open journey of this patient that waits for an answer."""
        patient = await self.patient(ref)
        journey = JourneyId(uuid4())
        own = {"id": journey, "campaign": "reactivation", "version": self._version, "patient_id": patient}
        async with self.db.transaction() as tx:
            await tx.connection.execute(
                insert(table_of(EnrolmentRow)).values(
                    **own,
                    occurrence=1,
                    arm="contacted",
                    state="started",
                    flags=[],
                    due_at=tx.now,
                    enrolled_at=tx.now,
                )
            )
            await tx.connection.execute(
                insert(table_of(JourneyRow)).values(
                    **own, event_count=0, started_at=tx.now, updated_at=tx.now
                )
            )
            asked = None if ask is None else NodeId(ask)
            state = State(NodeId("invite"), phase=Listening(tx.now), ask=asked)
            await journeys.advance(tx, journey, state, ())
        return journey

    async def a_message(
        self,
        journey: JourneyId,
        *,
        node: str = "invite",
        provider_ref: str = "p1",
        offer: OfferId | None = None,
        news: tuple[Literal["delivered", "opened"], ...] = ("delivered", "opened"),
        to: str = PHONE,
        content: str = "Zapraszamy",
    ) -> Message:
        """A message sent by SMS whose journey wants to hear `news` of it."""
        async with self.db.transaction() as tx:
            head = await journeys.head(tx, journey)
            effect = SendMessage(
                NodeId(node),
                1,
                1,
                channels=(ChannelKind("sms"),),
                template="neutral",
                purpose=Purpose.RECALL,
                deadline=tx.now + timedelta(days=3),
                awaits=news,
            )
            message = await plan(tx, head, effect)
            claim = await ledger.claim(
                tx,
                message.id,
                channel=ChannelKind("sms"),
                provider="sms",
                to=patients.address(tx, AddressSpace("phone"), to),
                language="pl",
                content=content,
                offer_id=offer,
            )
            return await ledger.settle_sent(tx, message.id, claim, Accepted(provider_ref))

    async def an_offer(self, journey: JourneyId, occurrence: int = 1) -> Offer:
        """Two free times tomorrow."""
        async with self.db.transaction() as tx:
            start = (tx.now + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
            slots = [a_slot(f"{occurrence}-{number}", start + timedelta(hours=number)) for number in range(2)]
            made = await offers.make(
                tx,
                journey,
                "book",
                occurrence,
                SOURCE,
                pick=lambda _: slots,
                hold=timedelta(minutes=15),
                read_at=tx.now,
            )
            assert made is not None
            return made

    async def a_token(self, message: Message, kind: LinkKind) -> str:
        async with self.db.transaction() as tx:
            return (await links.mint(tx, message.id, {kind: tx.now + timedelta(days=30)}))[kind]

    async def heard(self, journey: JourneyId) -> tuple[Signal, ...]:
        """What the journey was told."""
        async with self.db.transaction() as tx:
            return await journey_events.after(tx, journey, 0)

    async def states(self) -> list[tuple[str, str, str | None]]:
        """(kind, state, reason) of every inbox row, in order."""
        found = await self.rows("SELECT kind, state, reason FROM inbox ORDER BY id")
        return [(str(row[0]), str(row[1]), None if row[2] is None else str(row[2])) for row in found]

    async def rows(self, sql: str) -> Sequence[tuple[object, ...]]:
        async with self.db.transaction() as tx:
            return [tuple(row) for row in await tx.connection.execute(text(sql))]


@pytest.fixture
async def clinic(database: Database) -> Clinic:
    """A clinic whose campaign runs."""
    made = Clinic(database)
    await made.open()
    return made
