"""After `backup restore`, and after a restore by other means, what was sent since the backup is not sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar
from unittest.mock import create_autospec

import pytest
from temporalio.client import Client

from nextvisit.clock import SystemClock
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import Deferred, Event, Sent
from nextvisit.sdk.testing.fake_channel import MAILS, TEXTS, FindingFakeChannel
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.base.engine import Database
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.restorations import restorations
from nextvisit.store.vault.keys import Vault
from nextvisit_workflows.activities.send_message import SendsMessages
from nextvisit_workflows.runtime.versions import load_all
from nextvisit_workflows.runtime.wire import ActionOut
from tests.backup.conftest import Clinic
from tests.world.rows import a_send, a_state
from tests.world.workers import WorkingClinic, within

T = TypeVar("T")


class Mailing:
    """A worker's hands over the database that the settings lead to, and a provider that outlives each of them."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self.mail = FindingFakeChannel(MAILS)

    def work(self, wanted: Callable[[WorkingClinic], Awaitable[T]]) -> T:
        return asyncio.run(self._worked(wanted))

    async def _worked(self, wanted: Callable[[WorkingClinic], Awaitable[T]]) -> T:
        clock = SystemClock()
        app = (self._clinic.at.config.parent / "secrets" / "app.dsn").read_text(encoding="utf-8")
        vault = Vault.from_file(self._clinic.at.urls.vault_file)
        database = await Database.open(app, vault, clock, pool_size=2)
        try:
            await load_all(database)
            texts, nobody = FindingFakeChannel(TEXTS), create_autospec(Client, instance=True)
            return await wanted(WorkingClinic(database, nobody, clock, self.mail, texts, FakeMis()))
        finally:
            await database.close()

    def send(self, journeys: Sequence[JourneyId]) -> list[Event | None]:
        """What came of the first message of each."""

        async def attempts(world: WorkingClinic) -> list[Event | None]:
            return [(await _attempt(world, each)).result for each in journeys]

        return self.work(attempts)

    @property
    def sent(self) -> int:
        return len(self.mail.sent)


async def _attempt(world: WorkingClinic, journey: JourneyId) -> ActionOut:
    head = await world.head(journey)
    wanted: SendMessage = a_send(deadline=head.enrolled_at + timedelta(days=3))
    asked = await world.asking(journey, wanted, a_state(wanted.node))
    done: ActionOut = await within(journey, wanted).run(SendsMessages(world.equipment).send_message, asked)
    return done


@pytest.fixture
def mailing(clinic: Clinic) -> Mailing:
    return Mailing(clinic)


async def _confirm(world: WorkingClinic) -> None:
    async with world.db.transaction() as tx:
        waits = await restorations.unconfirmed(tx)
        assert waits is not None
        await restorations.confirm(tx, waits, "ann", lost_at=waits.lost_at, not_sent=())


def _nothing_twice(mailing: Mailing, written: JourneyId, other: JourneyId) -> None:
    """Held until confirmed; then who was written to is found, and who was not gets the message."""
    held = mailing.send([written, other])
    assert [each.reason for each in held if isinstance(each, Deferred)] == ["restore_unconfirmed"] * 2
    assert mailing.sent == 1
    mailing.work(_confirm)
    assert all(isinstance(each, Sent) for each in mailing.send([written, other]))
    assert mailing.mail.sent[0].id in mailing.mail.asked
    assert mailing.sent == 2
    assert len({each.id for each in mailing.mail.sent}) == 2


def test_what_was_sent_since_a_backup_is_asked_for_and_not_sent_again(
    clinic: Clinic, mailing: Mailing, empty: str
) -> None:
    written, other = mailing.work(lambda world: world.enrol(2))
    file = clinic.backup()
    assert isinstance(mailing.send([written])[0], Sent)
    clinic.turn_to(empty)
    said = clinic.restore(file)
    assert said.code == 0, said.err
    _nothing_twice(mailing, written, other)


def test_nor_is_it_after_a_restore_by_other_means(
    clinic: Clinic, mailing: Mailing, copied: Callable[[], str]
) -> None:
    written, other = mailing.work(lambda world: world.enrol(2))
    taken_at, copy = SystemClock().now(), copied()
    assert isinstance(mailing.send([written])[0], Sent)
    clinic.turn_to(copy)
    said = clinic.run("restored", "--taken-at", taken_at.isoformat(), "--by", "ann")
    assert said.code == 0, said.err
    _nothing_twice(mailing, written, other)
