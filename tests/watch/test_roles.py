"""A role that does not run, or is there and does nothing, is seen; so is a port that is somebody else's."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from nextvisit.clock import SystemClock
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import heartbeats
from nextvisit.store.vitals.heartbeats import ROLES
from nextvisit.watch import machine, roles
from nextvisit.watch.finding import Finding, Grade
from tests.world.heartbeats import GIB, beat

pytestmark = pytest.mark.anyio

LONG_AGO = timedelta(minutes=5)
NOBODY = 2**22 + 1
"""No process has this id: it is beyond the largest (proc_sys_kernel(5))."""


async def _wrong(database: Database) -> list[Finding]:
    return [each for each in await roles.running(database) if each.grade is Grade.WRONG]


async def test_without_a_sign_of_life_no_role_runs(database: Database) -> None:
    assert [each.says for each in await _wrong(database)] == [
        "no worker runs", "no api runs", "no gateway runs",
    ]  # fmt: skip


async def test_roles_that_live_are_fine(database: Database) -> None:
    for role in ROLES:
        await beat(database, role)
    assert await _wrong(database) == []


async def test_of_workers_with_a_group_of_queues_each_both_groups_have_to_run(database: Database) -> None:
    for role in ("api", "gateway"):
        await beat(database, role)
    await beat(database, "worker", queues="journeys")
    (found,) = await _wrong(database)
    assert (found.says, found.where) == ("no worker --queues channels runs", "worker")
    await beat(database, "worker", instance="worker-2", queues="channels", pid=NOBODY)
    assert await _wrong(database) == []
    await beat(database, "worker", instance="worker-2", queues="channels", silent=LONG_AGO)
    await beat(database, "worker", queues="journeys")
    assert [each.says for each in await _wrong(database)] == ["no worker --queues channels runs"]
    await beat(database, "worker", instance="worker-3")
    assert await _wrong(database) == [], "one that has all does the work of both"


async def test_a_role_that_died_is_missed_since_its_last_sign(database: Database) -> None:
    for role in ROLES:
        await beat(database, role, silent=timedelta(minutes=5 * (role == "worker")), pid=NOBODY)
    (found,) = await _wrong(database)
    assert found.says == "no worker runs"
    assert found.since is not None


async def test_a_role_that_is_there_and_silent_is_frozen_even_beside_one_that_works(
    database: Database,
) -> None:
    for role in ROLES:
        await beat(database, role)
    await beat(database, "gateway", instance="other", silent=timedelta(minutes=5))
    await beat(database, "gateway")
    (found,) = await _wrong(database)
    who = f"gateway with process id {os.getpid()} on {socket.gethostname()}"
    assert found.says == f"{who} is there and does nothing"


async def test_a_role_that_is_frozen_is_to_be_ended_and_not_to_be_started(database: Database) -> None:
    for role in ROLES:
        await beat(database, role, silent=timedelta(minutes=5 * (role == "worker")))
    (found,) = await _wrong(database)
    assert found.do.startswith(f"end it (`kill -9 {os.getpid()}`)")


async def test_a_role_that_waits_is_not_taken_for_one_that_works(database: Database) -> None:
    for role in ROLES:
        await beat(database, role, ready=role != "worker")
    (found,) = await _wrong(database)
    assert "worker runs" in found.says
    assert "not ready" in found.says


async def test_a_role_that_ended_as_told_leaves_nothing(database: Database) -> None:
    await beat(database, "worker")
    async with database.transaction() as tx:
        await heartbeats.stopped(tx, "worker-1")
        assert await heartbeats.listing(tx) == []


async def test_a_clock_that_is_wrong_names_whose_it_is(database: Database) -> None:
    await beat(database, "worker", wall=SystemClock().now() + timedelta(minutes=10))
    await beat(database, "api")
    (found,) = await machine.clocks(database)
    assert found.grade is Grade.WRONG
    assert found.says.startswith(f"the clock of worker on {socket.gethostname()} is ")
    assert "ahead of the database's" in found.says


async def test_clocks_that_agree_are_fine(database: Database) -> None:
    await beat(database, "worker")
    assert [each.grade for each in await machine.clocks(database)] == [Grade.OK]


@pytest.mark.parametrize(
    ("free", "size", "grade"),
    [(50, 100, Grade.OK), (4, 100, Grade.WRONG), (0.5, 5, Grade.WRONG), (5.5, 100, Grade.OK)],
)
async def test_a_disk_is_nearly_full_before_it_is_full(
    database: Database, free: float, size: float, grade: Grade
) -> None:
    await beat(database, "worker", disk_free=int(free * GIB), disk_size=int(size * GIB))
    (found,) = await machine.disk(database)
    assert found.grade is grade
    assert f"{free:.1f} of {size:.1f} GiB" in found.says
    assert f"/var/lib/nextvisit on {socket.gethostname()}, where worker writes" in found.says


async def test_a_disk_that_several_roles_write_to_is_named_once(database: Database) -> None:
    for role in ROLES:
        await beat(database, role, folder="/srv" if role == "api" else "/var")
    assert sorted(each.says.partition(" on ")[0] for each in await machine.disk(database)) == ["/srv", "/var"]


async def test_a_folder_of_this_machine_is_looked_at_without_a_database(tmp_path: Path) -> None:
    fine, short = machine.room_in(tmp_path, 0), machine.room_in(tmp_path / "absent", 2**62)
    assert fine.says.startswith(f"{tmp_path} on this machine: ")
    assert short.grade is Grade.WRONG
    assert str(tmp_path) in short.says
    assert "make room" in short.do


@asynccontextmanager
async def _answering(body: bytes) -> AsyncIterator[tuple[str, int]]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        # In pieces, as real servers do.
        for piece in (b"HTTP/1.1 200 OK\r\n", b"Connection: close\r\n\r\n", body[:9], body[9:]):
            writer.write(piece)
            for _ in range(9):
                await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[:2]


async def test_our_api_is_known_by_its_sign_of_life(database: Database) -> None:
    await beat(database, "api", instance="mine")
    async with _answering(b'{"status": "live", "instance": "mine"}') as at:
        assert [each.grade for each in await roles.api_port(database, at)] == [Grade.OK]


@pytest.mark.parametrize("body", [b'{"status": "live", "instance": "another"}', b"<h1>Tomcat</h1>", b"[]"])
async def test_a_port_that_is_somebody_elses_is_named_with_its_owner(database: Database, body: bytes) -> None:
    await beat(database, "api", instance="mine")
    async with _answering(body) as at:
        (found,) = await roles.api_port(database, at)
    assert found.grade is Grade.WRONG
    assert f"somebody else answers at 127.0.0.1:{at[1]}: " in found.says
    assert f"process id {os.getpid()}" in found.says


async def test_a_port_where_nobody_answers_is_named(database: Database) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        at = taken.getsockname()
        (found,) = await roles.api_port(database, at)
    assert (found.grade, found.says) == (Grade.WRONG, f"nobody answers at 127.0.0.1:{at[1]}")
