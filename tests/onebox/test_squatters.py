"""Somebody else's program on a port of ours is told nothing, and `up` does not go on with it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nextvisit.onebox import postgres, supervisor, temporal
from nextvisit.onebox.ports import free_port, reached_by
from nextvisit.onebox.postgres import EmbeddedPostgres
from nextvisit.onebox.process import ChildProcess
from nextvisit.onebox.supervisor import Command, Supervisor
from nextvisit.onebox.temporal import EmbeddedTemporal
from nextvisit.sdk.errors import ConfigError
from tests.onebox.squatter import squatting

pytestmark = pytest.mark.anyio

LISTENS = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(600)
"""


@pytest.fixture
def after_the_look(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ExitStack, list[Any]]]:
    """Whoever is in the list takes the port when it was looked at and before the child is there."""
    squatters: list[Any] = []
    with ExitStack() as until_the_end:

        async def looked(port: int, *_: Any, **__: Any) -> None:
            if not squatters:
                squatters.append(until_the_end.enter_context(squatting(port)))

        for module in (postgres, temporal):
            monkeypatch.setattr(module, "require_free", looked)
        yield until_the_end, squatters


@pytest.mark.parametrize("server", [EmbeddedPostgres, EmbeddedTemporal], ids=["postgres", "temporal"])
async def test_who_wins_the_race_for_a_port_is_named_and_told_nothing(
    server: Callable[[Path], Any], folder: Path, after_the_look: tuple[ExitStack, list[Any]]
) -> None:
    child = server(folder / "server")
    try:
        with pytest.raises(ConfigError, match=rf"where .*\(process id {os.getpid()}\) does"):
            await child.start()
    finally:
        await child.stop()
    assert after_the_look[1][0].got == []


async def test_who_has_postgres_s_port_gets_no_password_of_anybody(folder: Path) -> None:
    """Neither the superuser's, the owner's nor the roles', though it asks for it in the clear."""
    async with EmbeddedPostgres(folder / "postgres") as server:
        urls = (server.superuser_dsn, server.owner_dsn, server.app_dsn)
    with squatting(server.access.port) as squatter:
        for url in urls:
            with pytest.raises(psycopg.OperationalError, match="authentication method requirement"):
                await psycopg.AsyncConnection.connect(url, connect_timeout=10)
    assert squatter.got == [b""] * 3


@pytest.mark.parametrize("server", [EmbeddedPostgres, EmbeddedTemporal], ids=["postgres", "temporal"])
async def test_who_takes_the_port_while_a_server_is_started_again_is_told_nothing(
    server: Callable[[Path], Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE", 1.0)
    told: list[str] = []
    child = server(folder / "server")
    async with Supervisor(tell=lambda _, met: told.append(met)) as watching, AsyncExitStack() as until:
        await watching.start(child)
        port = child.access.port if isinstance(child, EmbeddedPostgres) else int(child.address.split(":")[1])
        os.kill(child.pid, signal.SIGKILL)
        await child.wait()
        squatter = until.enter_context(squatting(port))
        async with asyncio.timeout(120):
            while not any(f"(process id {os.getpid()}) does" in met for met in told):
                await asyncio.sleep(0.01)
            assert not any(met.startswith("runs") for met in told)
            assert squatter.got == []
            await until.aclose()
            while not any(met.startswith("runs again") for met in told):
                await asyncio.sleep(0.01)


async def test_a_role_that_says_it_is_ready_and_has_not_its_port_does_not_count(folder: Path) -> None:
    port = free_port()

    async def says_so() -> bool:
        return True

    argv = [sys.executable, "-c", "import time; time.sleep(600)"]
    api = Command("api", argv, folder / "log", says_so, at=("127.0.0.1", port))
    async with Supervisor() as watching:
        with squatting(port) as squatter, pytest.raises(ConfigError, match="api cannot listen at "):
            await watching.start(api, patiently=True)
        assert squatter.got == []


async def test_a_port_is_reached_at_its_own_child_and_at_no_other(folder: Path) -> None:
    """Not before it listens, nor at a process that listens elsewhere."""
    port = free_port()
    child, other = (
        ChildProcess.spawn([sys.executable, "-c", LISTENS, str(number)], log_file=folder / "log")
        for number in (port, free_port())
    )
    try:
        async with asyncio.timeout(60):
            while not (own := reached_by(child, ("127.0.0.1", port), "it", place="here")):
                await asyncio.sleep(0.01)
        assert reached_by(child, ("0.0.0.0", port), "it", place="here") == frozenset()
        assert reached_by(child, ("localhost", port), "it", place="here") == own
        with pytest.raises(ConfigError, match=rf"\(process id {child.pid}\) does"):
            reached_by(other, ("127.0.0.1", port), "it", place="here")
    finally:
        for each in (child, other):
            await each.stop(signal.SIGKILL, patience=supervisor._STOP_PATIENCE)
