"""Of several gateways one alone listens on a connection, and another takes over when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from nextvisit.doors import lease
from nextvisit.doors.lease import ELSEWHERE, Lease
from nextvisit.doors.sessions import Listening, run_gateway
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.ports import Inbox
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.vitals import listener_leases
from tests.postgres import taking_in
from tests.world.clinic import Clinic, JsonSms

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)


class Account:
    """Of a message centre, which bears one session. now, most: how many there are, and were at once."""

    def __init__(self) -> None:
        self.now = self.most = self.begun = 0
        self.turned = asyncio.Condition()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        async with self.turned:
            self.now, self.begun = self.now + 1, self.begun + 1
            self.most = max(self.most, self.now)
            self.turned.notify_all()
        try:
            yield
        finally:
            self.now -= 1

    async def begins(self, number: int) -> None:
        async with self.turned:
            await asyncio.wait_for(self.turned.wait_for(lambda: self.begun >= number), 240)


class Bound(JsonSms):
    """Keeps a session of the account."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self.account = account

    async def serve(self, inbox: Inbox) -> None:
        async with self.account.session():
            inbox.listening()
            await asyncio.Event().wait()


class Gateway:
    """One that runs, with what it says of its listener."""

    def __init__(self, database: Database, account: Account, instance: str) -> None:
        self.stop, self.health = asyncio.Event(), Listening()
        self.running = asyncio.create_task(
            run_gateway(
                database, {"sms": Bound(account)}, {}, self.stop, instance=instance, health=self.health
            )
        )

    async def end(self) -> None:
        self.stop.set()
        await asyncio.wait_for(self.running, 240)

    async def says(self, fault: str) -> None:
        while self.health.get("sms") is None or self.health["sms"].fault != fault:
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LOOK", timedelta(seconds=0.05))


async def test_of_two_gateways_one_listens_and_the_other_takes_over_when_it_ends(clinic: Clinic) -> None:
    account, database = Account(), taking_in(clinic.db)
    first = Gateway(database, account, "first")
    await account.begins(1)
    second = Gateway(database, account, "second")
    await second.says(ELSEWHERE)
    assert not second.health["sms"].hears
    await first.end()
    await account.begins(2)
    await second.end()
    assert (account.most, account.now) == (1, 0)


async def test_one_that_died_is_waited_for_until_its_lease_has_run_out(clinic: Clinic) -> None:
    account = Account()
    async with clinic.db.transaction() as tx:
        assert await listener_leases.take(tx, "sms", "dead", DAY)
    heir = Gateway(taking_in(clinic.db), account, "heir")
    await heir.says(ELSEWHERE)
    async with clinic.db.transaction() as tx:
        assert await listener_leases.take(tx, "sms", "dead", -DAY)
    await account.begins(1)
    await heir.end()


async def test_who_is_begun_anew_under_its_name_does_not_wait(clinic: Clinic) -> None:
    async with clinic.db.transaction() as tx:
        assert await listener_leases.take(tx, "sms", "the supervisor's", DAY)
    account = Account()
    again = Gateway(taking_in(clinic.db), account, "the supervisor's")
    await account.begins(1)
    await again.end()


async def test_whose_database_is_away_stops_before_another_could_begin(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And goes on when it is back."""
    monkeypatch.setattr(lease, "SPAN", timedelta(seconds=2))
    monkeypatch.setattr(lease, "RESERVE", timedelta(seconds=1.5))
    account = Account()
    gateway = Gateway(taking_in(clinic.db), account, "first")
    await account.begins(1)
    take = listener_leases.take

    async def away(tx: Tx, origin: str, instance: str, span: timedelta) -> bool:
        raise RetryLater("store.away", "for now")

    with monkeypatch.context() as patch:
        patch.setattr(listener_leases, "take", away)
        while account.now:
            await asyncio.sleep(0.01)
    assert listener_leases.take is take
    await account.begins(2)
    await gateway.end()
    assert account.most == 1


async def test_one_whose_lease_another_has_meanwhile_ends_at_its_first_look(clinic: Clinic) -> None:
    """It stood still for longer than the lease."""
    account = Account()
    gateway = Gateway(taking_in(clinic.db), account, "first")
    await account.begins(1)
    async with clinic.db.transaction() as tx:
        await listener_leases.let_go(tx, "sms", "first")
        assert await listener_leases.take(tx, "sms", "other", DAY)
    await gateway.says(ELSEWHERE)
    assert account.now == 0
    await gateway.end()
    async with clinic.db.transaction() as tx:
        assert not await listener_leases.take(tx, "sms", "third", DAY)


async def test_a_connection_s_lease_is_no_other_s(clinic: Clinic) -> None:
    held = Lease(clinic.db, "mail", "first")
    done = asyncio.Event()

    async def work() -> None:
        done.set()
        await asyncio.Event().wait()

    async with clinic.db.transaction() as tx:
        assert await listener_leases.take(tx, "sms", "other", DAY)
    working = asyncio.create_task(held.while_held(work, lambda _: None))
    await asyncio.wait_for(done.wait(), 240)
    working.cancel()
    await asyncio.wait({working})
