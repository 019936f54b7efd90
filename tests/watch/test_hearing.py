"""A listener that cannot bind, ended, or never began is seen, whatever its role says of itself."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from structlog.testing import capture_logs

from nextvisit.clock import SystemClock
from nextvisit.doors.sessions import Listening, run_gateway, signs
from nextvisit.install import heartbeat
from nextvisit.install.heartbeat import Life, living
from nextvisit.sdk.ports import Channel, Inbox, MisAdapter
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import listeners
from nextvisit.store.vitals.listeners import ListenerSign
from nextvisit.watch import hearing
from nextvisit.watch.finding import Finding, Grade
from nextvisit.watch.servers import OtherSide
from tests.postgres import DatabaseUrls
from tests.world.clinic import JsonSms
from tests.world.heartbeats import a_life, beat
from tests.world.message_centre import channel, until

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


class Silent(JsonSms):
    """Serves, and never says that it hears anybody."""

    async def serve(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()


class Port(JsonSms):
    """Listens on a port of this machine."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def serve(self, inbox: Inbox) -> None:
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", self._port) as server:
            inbox.listening()
            await server.serve_forever()


async def _findings(database: Database, connection: Channel | MisAdapter, at: str) -> list[Finding]:
    other = OtherSide("channels.sms.settings", "sms_smpp", at)
    (check,) = hearing.of_connections(database, {"sms": connection}, {"sms": other})
    return list(await check.ask())


async def _tell(database: Database, role: str, said: ListenerSign, *, instance: str = "") -> None:
    instance = instance or f"{role}-1"
    await beat(database, role, instance=instance)
    async with database.transaction() as tx:
        await listeners.tell(tx, instance, [said])


def _sign(*, hears: bool, age: timedelta = HOUR, fault: str | None = None) -> ListenerSign:
    return ListenerSign("sms", hears, age, fault)


async def test_a_listener_that_hears_is_fine(database: Database) -> None:
    await _tell(database, "gateway", _sign(hears=True))
    (found,) = await _findings(database, JsonSms(), "smsc:2775")
    assert (found.grade, found.says) == (Grade.OK, "the gateway listens to smsc:2775")


async def test_a_listener_that_has_been_deaf_is_wrong_with_place_since_when_and_what_to_do(
    database: Database,
) -> None:
    await _tell(database, "gateway", _sign(hears=False, fault="smpp.unreachable"))
    (found,) = await _findings(database, JsonSms(), "smsc:2775")
    assert found.grade is Grade.WRONG
    assert found.says == f"the gateway on {socket.gethostname()} does not hear smsc:2775: smpp.unreachable"
    assert found.since is not None
    assert SystemClock().now() - found.since > timedelta(minutes=59)
    assert "channels.sms.settings" in found.do
    assert "patients' answers" in found.touches


async def test_a_session_that_is_begun_anew_at_once_calls_nobody(database: Database) -> None:
    await _tell(database, "gateway", _sign(hears=False, age=timedelta(), fault="smpp.unbound"))
    (found,) = await _findings(database, JsonSms(), "smsc:2775")
    assert found.grade is Grade.INFORMS


async def test_a_session_that_is_lost_again_and_again_is_noted(database: Database) -> None:
    await _tell(database, "gateway", _sign(hears=True, age=timedelta(seconds=5), fault="smpp.unbound"))
    (found,) = await _findings(database, JsonSms(), "smsc:2775")
    assert (found.grade, found.says) == (
        Grade.INFORMS, "the gateway hears smsc:2775 again, after smpp.unbound",
    )  # fmt: skip
    await _tell(database, "gateway", _sign(hears=True, fault="smpp.unbound"))
    (found,) = await _findings(database, JsonSms(), "smsc:2775")
    assert found.grade is Grade.OK


async def test_a_gateway_that_does_not_know_of_a_connection_or_is_silent_is_wrong(database: Database) -> None:
    await beat(database, "gateway")
    (found,) = await _findings(database, JsonSms(), "smsc:2775")
    assert (found.grade, found.says) == (Grade.WRONG, "no gateway listens to smsc:2775")
    await _tell(database, "gateway", _sign(hears=True))
    await beat(database, "gateway", silent=timedelta(minutes=5))
    (found,) = await _findings(database, JsonSms(), "smsc:2775")
    assert (found.grade, found.says) == (Grade.WRONG, "no gateway listens to smsc:2775")


async def test_of_two_processes_one_that_hears_is_enough_and_the_other_is_named(database: Database) -> None:
    await _tell(database, "gateway", _sign(hears=True))
    await _tell(database, "gateway", _sign(hears=False, fault="smpp.bind_0x05"), instance="second")
    found = await _findings(database, JsonSms(), "smsc:2775")
    assert [each.grade for each in found] == [Grade.OK, Grade.INFORMS]
    assert "smpp.bind_0x05" in found[1].says


async def test_a_channel_that_hears_where_it_sends_is_asked_of_both_roles(database: Database) -> None:
    await _tell(database, "gateway", _sign(hears=True))
    found = await _findings(database, channel(1), "smsc:2775")
    assert [each.says for each in found] == [
        "the gateway listens to smsc:2775", "no worker listens to smsc:2775",
    ]  # fmt: skip


async def test_what_ended_leaves_no_listener(database: Database, tmp_path: Path) -> None:
    life = a_life("gateway", tmp_path)
    async with gateway(database, Silent(), life):
        await _told(database, 1)
    await _told(database, 0)


async def test_a_sign_of_life_that_fails_is_the_last_one_of_no_role(
    database: Database, database_urls: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it met: here a table that is not there, as in the middle of a hand-made repair."""
    monkeypatch.setattr(heartbeat, "_EVERY", 0.01)
    with psycopg.connect(database_urls.superuser, autocommit=True) as owner, capture_logs() as logs:
        owner.execute("ALTER TABLE heartbeat RENAME TO heartbeat_away")
        async with living(database, a_life("worker", tmp_path)):
            await until(lambda: any(each["event"] == "role.unheard" for each in logs))
            owner.execute("ALTER TABLE heartbeat_away RENAME TO heartbeat")
            await until(lambda: owner.execute("SELECT 1 FROM heartbeat").fetchone() is not None)
    assert {each["code"] for each in logs if each["event"] == "role.unheard"} == {"store.sql"}


@asynccontextmanager
async def gateway(database: Database, sms: Channel, life: Life) -> AsyncIterator[Listening]:
    """The role's process, as far as listening and its signs of life go."""
    stop = asyncio.Event()
    running = asyncio.create_task(
        run_gateway(database, {"sms": sms}, {}, stop, instance="one", health=life.listening)
    )
    await until(lambda: "sms" in life.listening)
    async with living(database, life):
        yield life.listening
    stop.set()
    await asyncio.wait_for(running, 60)


async def _told(database: Database, number: int) -> None:
    async with asyncio.timeout(60):
        while True:
            async with database.transaction() as tx:
                if len(await listeners.living(tx)) == number:
                    return
            await asyncio.sleep(0.01)


async def test_a_listener_that_says_nothing_is_taken_for_deaf(database: Database, tmp_path: Path) -> None:
    life = a_life("gateway", tmp_path)
    async with gateway(database, Silent(), life):
        await _told(database, 1)
        (found,) = await _findings(database, Silent(), "smsc:2775")
    assert found.grade is Grade.INFORMS  # it only began
    assert found.says.endswith("does not hear smsc:2775: has not begun to listen")


async def test_a_port_that_another_program_has_is_named_with_its_owner(
    database: Database, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        life = a_life("gateway", tmp_path)
        async with gateway(database, Port(port), life) as listening:
            await until(lambda: listening["sms"].fault is not None)
            (sign,) = signs(listening)
        # Only now, or its next heartbeat says that it has been deaf for a moment.
        await _tell(database, "gateway", ListenerSign("sms", sign.hears, HOUR, sign.fault))
        (found,) = await _findings(database, Port(port), f"127.0.0.1:{port}")
    assert (found.grade, sign.fault) == (Grade.WRONG, "OSError.EADDRINUSE")
    assert f"process id {os.getpid()}" in found.do
