"""What was heard last from an address: when, and by what name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.sdk.channels import Reachability
from nextvisit.store.base.engine import Database
from nextvisit.store.erasure import erasures
from nextvisit.store.messages import address_checks, heard
from nextvisit.store.messages.heard import LastHeard
from nextvisit.store.people import patients
from nextvisit.store.people.identity import ContactDigest
from tests.world.clock import NOW
from tests.world.records import PHONE, a_patient
from tests.world.site import CONNECTIONS, REACH, SOURCE

pytestmark = pytest.mark.anyio

HERE: ContactDigest = ("phone", b"d" * 16)
SOON = NOW + timedelta(minutes=1)


async def _hear(database: Database, minutes: int, ref: str | None, address: ContactDigest = HERE) -> None:
    async with database.transaction() as tx:
        at = NOW + timedelta(minutes=minutes)
        await heard.hear(tx, "chat", address, at=at, said_ref=f"{minutes}:0", provider_ref=ref)


async def _last(
    database: Database, connection: str = "chat", address: ContactDigest = HERE
) -> LastHeard | None:
    async with database.transaction() as tx:
        return await heard.last(tx, connection, address)


async def test_the_latest_counts_whichever_comes_in_last(database: Database) -> None:
    await _hear(database, 1, "in-1")
    await _hear(database, 0, "in-0")
    assert await _last(database) == LastHeard(SOON, "1:0", "in-1", over=False)
    await _hear(database, 2, None)
    assert await _last(database) == LastHeard(NOW + timedelta(minutes=2), "2:0", None, over=False)
    assert await _last(database, "other") is None


async def test_a_session_is_over_until_something_later_is_heard(database: Database) -> None:
    await _hear(database, 1, "in-1")
    for address in (HERE, ("phone", b"e" * 16)):
        async with database.transaction() as tx:
            await heard.session_over(tx, "chat", address)
        known = await _last(database, address=address)
        assert known is not None
        assert known.over
        await _hear(database, 2, "in-2", address)
        known = await _last(database, address=address)
        assert known is not None
        assert (known.over, known.provider_ref) == (False, "in-2")


async def test_it_goes_with_whoever_has_the_address(database: Database) -> None:
    async with database.transaction() as tx:
        await patients.upsert_many(tx, SOURCE, [a_patient()], reach=REACH)
        who = await patients.by_ref(tx, SOURCE, a_patient().ref)
        there = patients.address(tx, CONNECTIONS.addresses_of(CONNECTIONS.kinds[1]).space, PHONE)  # type: ignore[union-attr]
        until = tx.now + timedelta(days=1)
        for address in (there, HERE):
            await heard.hear(tx, "chat", address, at=tx.now, said_ref="1:0", provider_ref="in-1")
            await address_checks.keep(tx, "chat", address, Reachability.NO, until=until)
    assert who is not None
    async with database.transaction() as tx:
        await erasures.erase(tx, who, "request")
    async with database.transaction() as tx:
        assert await heard.last(tx, "chat", there) is None
        assert await address_checks.known(tx, "chat", there) is None
        assert await heard.last(tx, "chat", HERE) is not None
        assert await address_checks.known(tx, "chat", HERE) is Reachability.NO
