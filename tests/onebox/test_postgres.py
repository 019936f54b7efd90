"""The embedded PostgreSQL: who may connect, and what survives a crash."""

from __future__ import annotations

import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from nextvisit.onebox.postgres import EmbeddedPostgres
from nextvisit.onebox.process import ChildProcess
from nextvisit.sdk.errors import ConfigError, RetryLater
from tests.onebox.dying import dies_once

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's own OS user can reach."""
    with tempfile.TemporaryDirectory(prefix="nv-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path / "postgres"


async def _fails_to_connect(dsn: str) -> bool:
    try:
        async with await psycopg.AsyncConnection.connect(dsn, connect_timeout=5):
            return False
    except psycopg.OperationalError:
        return True


def _listening(pid: int) -> set[str]:
    """The local addresses on which a process listens, as /proc/net writes them."""
    inodes = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and f"socket:[{columns[9]}]" in inodes:
                found.add(columns[1].split(":")[0])
    return found


async def test_only_the_loopback_is_served_and_only_with_a_password(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as server:
        assert server.pid is not None
        assert _listening(server.pid) == {"0100007F"}
        url = make_url(server.app_dsn)
        wrong = url.set(password="wrong").render_as_string(hide_password=False)
        assert await _fails_to_connect(wrong)
        superuser = url.set(username="postgres", password=None, database="postgres")
        assert await _fails_to_connect(superuser.render_as_string(hide_password=False))
        assert not await _fails_to_connect(server.app_dsn)
        assert stat.S_IMODE((folder / "access.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700


async def test_the_runtime_role_is_no_superuser_and_fsync_is_on(folder: Path) -> None:
    async with (
        EmbeddedPostgres(folder) as server,
        await psycopg.AsyncConnection.connect(server.app_dsn) as connection,
    ):
        row = await (
            await connection.execute(
                "SELECT rolsuper, rolcreatedb, rolcreaterole, current_setting('fsync'),"
                " current_setting('log_error_verbosity')"
                " FROM pg_roles WHERE rolname = current_user"
            )
        ).fetchone()
    assert row == (False, False, False, "on", "terse")


async def test_what_a_role_was_given_for_its_sessions_is_gone_with_the_next_start(folder: Path) -> None:
    """By whoever has its password; the owner may give the database something, and the app's role in it."""
    given = (
        ("app", "ALTER ROLE nextvisit_app SET synchronous_commit = off"),
        ("app", "ALTER ROLE nextvisit_app IN DATABASE postgres SET search_path = pg_temp"),
        ("app", "ALTER ROLE nextvisit_app IN DATABASE nextvisit SET default_transaction_read_only = on"),
        ("owner", "ALTER ROLE nextvisit_owner SET statement_timeout = 1"),
        ("owner", "ALTER DATABASE nextvisit SET lock_timeout = 1"),
    )
    async with EmbeddedPostgres(folder) as server:
        for whose, statement in given:
            dsn = server.app_dsn if whose == "app" else server.owner_dsn
            async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
                await connection.execute("SET statement_timeout = 0")
                await connection.execute(statement)
        async with await psycopg.AsyncConnection.connect(server.app_dsn) as connection:
            assert await _settings(connection) == ("off", "on", "1ms")
    async with (
        EmbeddedPostgres(folder) as server,
        await psycopg.AsyncConnection.connect(server.app_dsn) as connection,
    ):
        assert await _settings(connection) == ("on", "off", "0")
        left = await connection.execute("SELECT FROM pg_db_role_setting")
        assert left.rowcount == 0


async def _settings(connection: psycopg.AsyncConnection) -> tuple[str, ...] | None:
    found = await connection.execute(
        "SELECT current_setting('synchronous_commit'), current_setting('default_transaction_read_only'),"
        " current_setting('lock_timeout')"
    )
    return await found.fetchone()


async def test_a_killed_server_comes_back_with_everything_committed(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as server:
        port = server.access.port
        for number in range(3):
            async with await psycopg.AsyncConnection.connect(server.owner_dsn, autocommit=True) as connection:
                await connection.execute("CREATE TABLE IF NOT EXISTS kept (number integer)")
                await connection.execute("INSERT INTO kept VALUES (%s)", [number])
                assert server.process is not None
                os.kill(server.process.pid, signal.SIGKILL)
                await server.process.wait()
                await server.start()
            async with await psycopg.AsyncConnection.connect(server.owner_dsn) as connection:
                found = await (await connection.execute("SELECT count(*) FROM kept")).fetchone()
            assert found == (number + 1,)
        assert server.access.port == port


async def test_a_server_killed_while_it_starts_is_to_be_started_again(folder: Path) -> None:
    server = dies_once(EmbeddedPostgres)(folder)
    with pytest.raises(RetryLater, match="went away"):
        await server.start()
    async with server:
        assert not await _fails_to_connect(server.app_dsn)


async def test_an_orphan_of_a_killed_supervisor_is_replaced(folder: Path) -> None:
    orphan = EmbeddedPostgres(folder)
    await orphan.start()
    async with EmbeddedPostgres(folder) as successor:
        assert successor.pid != orphan.pid
        assert orphan.process is not None
        assert not orphan.process.running()
        assert not await _fails_to_connect(orphan.app_dsn)


async def test_a_stale_pid_file_with_a_strangers_number_harms_nobody(folder: Path) -> None:
    async with EmbeddedPostgres(folder):
        pass
    stranger = ChildProcess.spawn(["sleep", "600"], log_file=folder / "stranger.log")
    try:
        (folder / "data" / "postmaster.pid").write_text(
            f"{stranger.pid}\n/elsewhere\n0\n5432\n", encoding="ascii"
        )
        async with EmbeddedPostgres(folder) as server:
            assert not await _fails_to_connect(server.app_dsn)
        assert stranger.running()
    finally:
        stranger.popen.kill()
        await stranger.wait()


async def test_a_broken_off_initdb_is_done_again(folder: Path) -> None:
    unfinished = folder / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n", encoding="ascii")
    async with EmbeddedPostgres(folder) as server:
        assert not await _fails_to_connect(server.app_dsn)
    assert not unfinished.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
async def test_a_folder_closed_to_the_server_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ConfigError, match="pass through"):
        await EmbeddedPostgres(closed / "postgres").start()


async def test_access_shows_no_password(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as server:
        shown = repr(server) + repr(server.access)
        assert server.access.owner not in shown
        assert replace(server.access, port=1).port == 1
