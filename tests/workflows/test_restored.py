"""A database that was lost, and a backup of before in its place: nothing that was sent goes out again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text
from temporalio.client import Client
from temporalio.service import RPCError

from nextvisit.clock import Clock, ScaledClock
from nextvisit.desk import restorations as desk
from nextvisit.domain.auto_reply import AutoReplyKind
from nextvisit.domain.contact_reason import Reason
from nextvisit.flow.engine.events import Replied
from nextvisit.flow.engine.state import NodeId
from nextvisit.flow.verbs.offer_effects import Booked, BookSlot
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.channels import OutgoingMessage
from nextvisit.sdk.errors import ConfigError, Rejected, RetryLater, SlotTaken
from nextvisit.sdk.records import AppointmentRef, BookingRequest, ChannelKind, Purpose
from nextvisit.sdk.replies import Intent
from nextvisit.sdk.testing.fake_channel import MAILS, TEXTS, FakeChannel, FindingFakeChannel
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.base.engine import Database
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.booking import offers
from nextvisit.store.messages import auto_replies, ledger
from nextvisit.store.messages.auto_replies import Owed, WayBack
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people import consents
from nextvisit.store.restorations import restorations
from nextvisit.store.tasks import tasks
from nextvisit_workflows.activities.auto_reply import write_back
from nextvisit_workflows.activities.book_slot import BooksSlots
from nextvisit_workflows.activities.recovery import tidy
from nextvisit_workflows.runtime.rehydrate import rehydrate
from nextvisit_workflows.runtime.versions import load_all
from nextvisit_workflows.runtime.wire import ActionOut, journey_workflow_id
from tests.postgres import DatabaseUrls
from tests.world.records import PHONE, free_slots
from tests.world.rows import a_send, a_state, plan
from tests.world.site import SOURCE
from tests.world.workers import WorkingClinic, relaying, until, within

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("factor", [20_000.0])]


@dataclass(slots=True)
class Backup:
    """A copy of the database's files as they stood."""

    clinic: WorkingClinic
    urls: DatabaseUrls
    taken_at: datetime

    @property
    def _name(self) -> str:
        return str(conninfo_to_dict(self.urls.owner)["dbname"])

    async def take(self) -> None:
        """While nothing runs."""
        await self.clinic.db.engine.dispose()
        self._run("CREATE DATABASE {copy} TEMPLATE {name} OWNER nextvisit_owner")
        self.taken_at = self.clinic.clock.now()

    async def restore(self, *, confirmed: bool = True) -> None:
        """The database is lost and this takes its place; so does an empty Temporal."""
        clinic = self.clinic
        for journey in await clinic.journeys():
            with suppress(RPCError):  # it had none yet
                await clinic.client.get_workflow_handle(journey_workflow_id(str(journey.id))).terminate()
        await clinic.db.engine.dispose()
        self._run("DROP DATABASE {name} WITH (FORCE)")
        self._run("ALTER DATABASE {copy} RENAME TO {name}")
        async with clinic.db.transaction() as tx:
            await restorations.begun(tx, self.taken_at)
        await load_all(clinic.db)
        await rehydrate(clinic.db, clinic.client)
        if confirmed:
            await self.confirm()

    async def confirm(self, *not_sent: str) -> None:
        async with self.clinic.db.transaction() as tx:
            latest = await restorations.unconfirmed(tx)
            assert latest is not None
            await restorations.confirm(tx, latest, "ann", lost_at=latest.lost_at, not_sent=not_sent)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            names = {"name": sql.Identifier(self._name), "copy": sql.Identifier(f"{self._name}_backup")}
            connection.execute(sql.SQL(statement).format(**names))

    @property
    def _server(self) -> str:
        return psycopg.conninfo.make_conninfo(self.urls.superuser, dbname="postgres")


@pytest.fixture
def finds() -> bool:
    """Whether its providers can be asked after a message."""
    return True


@pytest.fixture
def clinic(database: Database, client: Client, clock: Clock, finds: bool) -> WorkingClinic:
    kind = FindingFakeChannel if finds else FakeChannel
    return WorkingClinic(database, client, clock, kind(MAILS), kind(TEXTS), FakeMis(), doubt=timedelta())


@pytest.fixture
def backup(clinic: WorkingClinic, database_urls: DatabaseUrls) -> Backup:
    return Backup(clinic, database_urls, clinic.clock.now())


def _running(clinic: WorkingClinic) -> AbstractAsyncContextManager[None]:
    @asynccontextmanager
    async def both() -> AsyncIterator[None]:
        async with clinic.worker(), relaying(clinic):
            yield

    return both()


async def _goes_on(clinic: WorkingClinic, condition: Callable[[], Awaitable[bool]]) -> None:
    async with _running(clinic):
        await until(condition)


async def _firsts(clinic: WorkingClinic, journeys: Sequence[JourneyId]) -> list[Message]:
    found = [await clinic.messages(each) for each in journeys]
    return [each[0] for each in found if each]


def _settled(
    clinic: WorkingClinic, journeys: Sequence[JourneyId], *states: str
) -> Callable[[], Awaitable[bool]]:
    async def are() -> bool:
        messages = await _firsts(clinic, journeys)
        return len(messages) == len(journeys) and all(each.state in states for each in messages)

    return are


def _ids(sent: Sequence[OutgoingMessage]) -> list[str]:
    return [each.id for each in sent]


async def test_where_providers_can_be_asked_nobody_is_written_to_twice_and_nobody_is_left_out(
    clinic: WorkingClinic, backup: Backup
) -> None:
    journeys = await clinic.enrol(6)
    await backup.take()
    clinic.email.fail_next(*(RetryLater("fake.away") for _ in range(3)))
    await _goes_on(clinic, lambda: clinic.has_sent(2))
    before = len(clinic.email.sent)
    await backup.restore()
    assert not await _firsts(clinic, journeys), "the backup knows of none"
    await _goes_on(clinic, _settled(clinic, journeys, "sent"))
    firsts = {each.id for each in await _firsts(clinic, journeys)}
    invitations = [each for each in _ids(clinic.email.sent) if each in firsts]
    assert sorted(invitations) == sorted(firsts)
    assert len(clinic.email.sent) >= before


@pytest.mark.parametrize("finds", [False])
async def test_where_none_can_be_asked_nobody_is_written_to_twice_and_the_unknown_are_listed(
    clinic: WorkingClinic, backup: Backup
) -> None:
    journeys = await clinic.enrol(5)
    await backup.take()
    await _goes_on(clinic, _settled(clinic, journeys, "sent"))
    sent = _ids(clinic.email.sent)
    await backup.restore()
    await _goes_on(clinic, _settled(clinic, journeys, "unknown"))
    again = _ids(clinic.email.sent)
    assert len(again) == len(set(again))
    assert again[: len(sent)] == sent
    async with clinic.db.transaction() as tx:
        asked = [each.reason.value for each in await tasks.listing(tx)]
        known = await restorations.unknown(tx, Reason.BEFORE_RESTORE.value, 100)
    assert set(asked) == {"restore_unknown"}
    assert len(asked) <= 2, "one a day for all, and no more"
    assert {journey for journey, _ in known} >= set(journeys)


async def test_nothing_is_sent_until_somebody_has_confirmed(clinic: WorkingClinic, backup: Backup) -> None:
    (journey,) = await clinic.enrol()
    await backup.take()
    await backup.restore(confirmed=False)

    async def held() -> bool:
        story = await _reasons(clinic, journey)
        return Reason.RESTORE_UNCONFIRMED.value in story or bool(clinic.email.sent)

    await _goes_on(clinic, held)
    assert clinic.email.sent == []
    await backup.confirm()
    await _goes_on(clinic, lambda: clinic.has_sent(1))


async def _reasons(clinic: WorkingClinic, journey: JourneyId) -> list[str | None]:
    async with clinic.db.transaction() as tx:
        rows = await tx.connection.execute(
            text("SELECT reason FROM journey_decision WHERE journey_id = :id"), {"id": journey}
        )
        return [row.reason for row in rows]


async def test_who_refused_in_between_by_the_mis_is_not_written_to(
    clinic: WorkingClinic, backup: Backup
) -> None:
    one, other = await clinic.enrol(2)
    await backup.take()
    await backup.restore(confirmed=False)
    head = await clinic.head(one)
    async with clinic.db.transaction() as tx:
        purposes = tuple(Purpose)
        await consents.withdraw(tx, head.patient_id, purposes=purposes, origin="mis:his", origin_ref="1")
    await backup.confirm()
    await _goes_on(clinic, _settled(clinic, [other], "sent"))
    await _goes_on(clinic, _settled(clinic, [one], "skipped"))
    assert len(clinic.email.sent) == 1


async def test_a_message_of_a_later_rung_is_found_and_no_earlier_one_goes_out(
    clinic: WorkingClinic, backup: Backup
) -> None:
    (journey,) = await clinic.enrol()
    await backup.take()
    clinic.email.fail_next(Rejected("fake.no", scope="message"))

    async def texted() -> bool:
        return bool(clinic.sms.sent)

    await _goes_on(clinic, texted)
    assert clinic.email.sent == []
    await backup.restore()

    async def found() -> bool:
        return any(each.rung == 1 and each.state == "sent" for each in await clinic.messages(journey))

    await _goes_on(clinic, found)
    mail, text_message = (await clinic.messages(journey))[:2]
    assert (mail.state, mail.reason, mail.scope) == ("skipped", "before_restore", "rung")
    assert _ids(clinic.sms.sent) == [text_message.id]
    assert clinic.email.sent == []


async def test_times_that_were_offered_are_not_offered_again_and_others_are_not_taken_for_them(
    clinic: WorkingClinic, backup: Backup
) -> None:
    for slot in free_slots(clinic.clock.now() + timedelta(days=10), 10):
        clinic.mis.add_slot(slot)
    (journey,) = await clinic.enrol()
    await _goes_on(clinic, lambda: clinic.has_sent(1))
    await backup.take()

    async def offered() -> bool:
        return any(each.offer_id and each.state == "sent" for each in await clinic.messages(journey))

    async with _running(clinic):
        await clinic.tell(journey, Replied(at=clinic.clock.now(), intent=Intent.WANTS_VISIT), "wants")
        await until(offered)
    count = len(clinic.email.sent) + len(clinic.sms.sent)
    await backup.restore()

    async def unknown() -> bool:
        return any(each.node == "book" and each.state != "planned" for each in await clinic.messages(journey))

    async with _running(clinic):
        await clinic.tell(journey, Replied(at=clinic.clock.now(), intent=Intent.WANTS_VISIT), "wants")
        await until(unknown)
    offer = next(each for each in await clinic.messages(journey) if each.node == "book")
    assert (offer.state, offer.offer_id) == ("unknown", None)
    assert len(clinic.email.sent) + len(clinic.sms.sent) <= count


async def test_a_visit_that_was_booked_in_between_is_found_though_the_mis_says_that_its_time_is_taken(
    clinic: WorkingClinic, backup: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = free_slots(clinic.clock.now() + timedelta(days=1000), 2)
    for slot in slots:
        clinic.mis.add_slot(slot)
    (journey,) = await clinic.enrol()
    async with clinic.db.transaction() as tx:
        offer = await offers.make(
            tx, journey, "book", 1, SOURCE, pick=lambda _: slots, hold=timedelta(days=900), read_at=tx.now
        )
    assert offer is not None
    wish = BookSlot(NodeId("book"), 1, str(offer.id), 1)

    async def books() -> ActionOut:
        asked = await clinic.asking(journey, wish, a_state("book"))
        done: ActionOut = await within(journey, wish).run(BooksSlots(clinic.equipment).book_slot, asked)
        return done

    await backup.take()
    assert isinstance((await books()).result, Booked)

    async def taken(_: BookingRequest) -> AppointmentRef:
        raise SlotTaken

    monkeypatch.setattr(clinic.mis, "book", taken)
    await backup.restore()
    assert isinstance((await books()).result, Booked)


async def test_a_provider_that_is_away_is_asked_again(clinic: WorkingClinic, backup: Backup) -> None:
    (journey,) = await clinic.enrol()
    await backup.take()
    await _goes_on(clinic, _settled(clinic, [journey], "sent"))
    sent = list(_ids(clinic.email.sent))
    await backup.restore()
    assert isinstance(clinic.email, FindingFakeChannel)
    clinic.email.fail_finding(RetryLater("fake.away"), RetryLater("fake.away"))
    await _goes_on(clinic, _settled(clinic, [journey], "sent"))
    assert _ids(clinic.email.sent)[: len(sent)] == sent
    assert len(set(_ids(clinic.email.sent))) == len(clinic.email.sent)


@pytest.mark.parametrize("finds", [False])
async def test_by_a_connection_that_surely_sent_nothing_it_goes_out(
    clinic: WorkingClinic, backup: Backup
) -> None:
    (journey,) = await clinic.enrol()
    await backup.take()
    await backup.restore(confirmed=False)
    await backup.confirm("mail", "text")
    await _goes_on(clinic, _settled(clinic, [journey], "sent", "unknown"))
    assert [each.state for each in await _firsts(clinic, [journey])] == ["sent"]


@pytest.mark.parametrize("finds", [False])
@pytest.mark.parametrize(
    ("window", "state"), [(timedelta(days=9000), "sent"), (timedelta(seconds=1), "unknown")]
)
async def test_a_provider_that_knows_our_id_is_given_it_again_only_while_it_does(
    clinic: WorkingClinic, backup: Backup, window: timedelta, state: str
) -> None:
    clinic.email = FakeChannel(replace(MAILS, idempotent_send=window))
    clinic.sms = FindingFakeChannel(TEXTS)
    (journey,) = await clinic.enrol()
    await backup.take()
    await _goes_on(clinic, _settled(clinic, [journey], "sent"))
    first = clinic.email.sent[0].id
    await backup.restore()
    await _goes_on(clinic, _settled(clinic, [journey], "sent", "unknown"))
    (message,) = await _firsts(clinic, [journey])
    assert message.state == state
    assert _ids(clinic.email.sent).count(first) == 1


async def test_a_claim_of_the_backup_is_not_given_up_while_its_provider_is_away(
    clinic: WorkingClinic, backup: Backup
) -> None:
    (journey,) = await clinic.enrol()
    head = await clinic.head(journey)
    async with clinic.db.transaction() as tx:
        message = await plan(tx, head, a_send())
        kind = ChannelKind("email")
        await ledger.claim(tx, message.id, channel=kind, provider="mail", language="en", content="x")
    await backup.take()
    await backup.restore(confirmed=False)
    assert isinstance(clinic.email, FindingFakeChannel)
    clinic.email.fail_finding(RetryLater("fake.away"))
    later = ScaledClock.standing(clinic.clock.now() + timedelta(days=30))
    moved = replace(clinic, db=replace(clinic.db, clock=later))
    assert await tidy(moved.equipment) == 0
    assert [each.state for each in await _firsts(clinic, [journey])] == ["claimed"]


async def test_who_writes_while_it_is_held_is_told_the_emergency_number(
    clinic: WorkingClinic, backup: Backup
) -> None:
    await clinic.enrol()
    await backup.take()
    await backup.restore(confirmed=False)
    await _owe(clinic, "1:0", clinic.clock.now())
    assert await write_back(clinic.equipment)
    assert len(clinic.sms.sent) == 1


async def test_what_was_written_before_the_loss_is_not_answered_once_more(
    clinic: WorkingClinic, backup: Backup
) -> None:
    await clinic.enrol()
    await backup.take()
    await _owe(clinic, "1:0", clinic.clock.now())
    await backup.restore(confirmed=False)
    await _owe(clinic, "1:0", backup.taken_at)
    assert await write_back(clinic.equipment)
    assert clinic.sms.sent == []


async def _owe(clinic: WorkingClinic, ref: str, said_at: datetime) -> None:
    back = WayBack("text", ChannelKind("sms"), PHONE, (AddressSpace("phone"), b"d" * 16))
    async with clinic.db.transaction() as tx:
        await auto_replies.plan(tx, Owed(AutoReplyKind.EMERGENCY, ref, ref, said_at, back, "en"))


async def test_it_is_not_confirmed_before_the_mis_was_read_and_somebody_listens(
    clinic: WorkingClinic, backup: Backup
) -> None:
    await clinic.enrol()
    await backup.take()
    await backup.restore(confirmed=False)
    with pytest.raises(ConfigError) as refused:
        await desk.confirm(clinic.db, clinic.equipment.channels, ["his"], "ann", lost_at=None, not_sent=())
    assert refused.value.code == "restore.too_early"
    assert "MIS his" in str(refused.value)
    assert "gateway" in str(refused.value)
