"""A real PostgreSQL from a wheel, as a child of the supervisor.

One child process of ours on the loopback, with its data in one folder. `start` after a crash (ours, its,
`kill -9`) uses the same port and the same data.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio
import psycopg
from psycopg import sql

from nextvisit.onebox import postgres_setup as setup
from nextvisit.onebox.last_words import last_words
from nextvisit.onebox.ports import LOOPBACK, reached_by, require_free
from nextvisit.onebox.process import ChildProcess, end_orphan, somebody_in
from nextvisit.onebox.spawner import Spawner
from nextvisit.sdk.errors import ConfigError, RetryLater

_STOP_PATIENCE = timedelta(seconds=30)
_READY_DEADLINE = timedelta(seconds=60)
_POLL = 0.05

# Two cores, a few GB, one clinic. A committed row survives a crash: fsync stays on.
_POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "1GB",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "1",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A statement or a DETAIL in the log would hold patient data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(slots=True)
class EmbeddedPostgres:
    """PostgreSQL in `folder`: data/, access.json (port and passwords), postgres.log.

    settings: of postgresql.conf, over ours. by: who starts it as a user of its own.
    """

    folder: Path
    port: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    by: Spawner | None = None
    process: ChildProcess | None = None
    name: str = field(default="postgres", init=False)
    _access: setup.Access | None = field(default=None, repr=False)

    @property
    def access(self) -> setup.Access:
        """Port and passwords; known after `start`."""
        if self._access is None:
            raise ConfigError("embedded.not_started", "start it first", place=str(self.folder))
        return self._access

    @property
    def owner_dsn(self) -> str:
        """For migrations."""
        return self.access.dsn(setup.OWNER, self.access.owner)

    @property
    def app_dsn(self) -> str:
        """For everything else."""
        return self.access.dsn(setup.APP, self.access.app)

    @property
    def superuser_dsn(self) -> str:
        """For backups; the program itself never uses it after the start."""
        return self.access.dsn(setup.SUPERUSER, self.access.superuser, "postgres")

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self.stop()

    async def start(self) -> None:
        """Start and wait until it answers. Raises ConfigError, or RetryLater when it does not come up."""
        user = setup.postgres_user() if self.by is None else self.by.user
        # Whoever gives up waits for no initdb: it ends with us, and leaves nothing that looks whole.
        self._access = await anyio.to_thread.run_sync(
            setup.prepare, self.folder, user, self.port, abandon_on_cancel=True
        )
        data = self.folder.resolve() / "data"
        await self._end_orphan(data)
        await require_free(self.access.port, "PostgreSQL", place=self._place)
        command = [
            str(setup.binaries(self.folder, user) / "postgres"),
            "-D",
            str(data),
            "-p",
            str(self.access.port),
            "-c",
            f"hba_file={setup.hba_file(self.folder)}",
        ]
        for name, value in (_POSTGRES_SETTINGS | dict(self.settings)).items():
            command += ["-c", f"{name}={value}"]
        deadline = time.monotonic() + _READY_DEADLINE.total_seconds()
        while True:
            self.process = ChildProcess.spawn(
                command,
                log_file=self._log_file,
                user=user,
                cwd=Path("/"),
                by=self.by,
                ends_by=signal.SIGINT,  # a fast shutdown, as in `stop`
            )
            try:
                await self.wait_ready()
                break
            except RetryLater:
                # After kill -9 of the postmaster its backends hold the shared memory for a moment.
                if time.monotonic() > deadline:
                    await self.stop()
                    raise
                await anyio.sleep(_POLL * 4)
        try:
            await self._ensure_roles()
        except psycopg.OperationalError as error:
            raise RetryLater("embedded.postgres_down", "PostgreSQL went away at its start") from error

    async def _end_orphan(self, data: Path) -> None:
        pid = setup.running_pid(self.folder)
        # A spawner's children do not outlive it.
        if pid is None or self.by is not None:
            return
        if self.process is None or not self.process.running():
            await end_orphan(pid, str(data), signal.SIGINT, patience=_STOP_PATIENCE)
            if not somebody_in(data):
                # The number is a stranger's by now, and PostgreSQL would take the stranger for itself.
                (data / "postmaster.pid").unlink(missing_ok=True)

    async def wait_ready(self, *, within: timedelta = _READY_DEADLINE) -> None:
        """Until it takes connections. Raises RetryLater when it ends before, or takes longer.

        Raises ConfigError when somebody else listens on its port: no password is for them.
        """
        deadline = time.monotonic() + within.total_seconds()
        while self.process is not None and self.process.running() and time.monotonic() < deadline:
            if reached_by(self.process, (LOOPBACK, self.access.port), "PostgreSQL", place=self._place):
                with suppress(psycopg.OperationalError):
                    async with await psycopg.AsyncConnection.connect(self.superuser_dsn, connect_timeout=5):
                        return
            await anyio.sleep(_POLL)
        raise RetryLater(
            "embedded.postgres_down", f"PostgreSQL did not come up; {last_words(self._log_file)}"
        )

    async def wait(self) -> int:
        """Until it ends; its return code."""
        return -1 if self.process is None else await self.process.wait()

    def last_words(self) -> str:
        """How its log ends."""
        return last_words(self._log_file)

    @property
    def _log_file(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def _place(self) -> str:
        """Where its port is written down."""
        return str(self.folder / "access.json") if self.port is None else "database.embedded_port"

    async def stop(self) -> None:
        """Fast shutdown: running transactions are rolled back, everything committed is on disk."""
        if self.process is not None:
            await self.process.stop(signal.SIGINT, patience=_STOP_PATIENCE)

    async def _ensure_roles(self) -> None:
        """The two roles and the database, as they are written down; repeated at every start."""
        access = self.access
        async with await psycopg.AsyncConnection.connect(self.superuser_dsn, autocommit=True) as connection:
            for role, password, rights in (
                (setup.OWNER, access.owner, "LOGIN CREATEDB CREATEROLE"),
                (setup.APP, access.app, "LOGIN"),
            ):
                found = await connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
                verb = "ALTER" if found.rowcount else "CREATE"
                await connection.execute(
                    sql.SQL("{} ROLE {} {} PASSWORD {}").format(
                        sql.SQL(verb), sql.Identifier(role), sql.SQL(rights), sql.Literal(password)
                    )
                )
            await _take_back_settings(connection)
            found = await connection.execute("SELECT FROM pg_database WHERE datname = %s", [setup.DATABASE])
            if not found.rowcount:
                await connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(setup.DATABASE), sql.Identifier(setup.OWNER)
                    )
                )
                await connection.execute(
                    sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(setup.DATABASE))
                )
                await connection.execute(
                    sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                        sql.Identifier(setup.DATABASE), sql.Identifier(setup.APP)
                    )
                )


async def _take_back_settings(connection: psycopg.AsyncConnection) -> None:
    """What a role gave itself for its later sessions, and the owner the database, goes on with the data."""
    found = await connection.execute(
        "SELECT rolname, datname FROM pg_db_role_setting"
        " LEFT JOIN pg_roles ON pg_roles.oid = setrole LEFT JOIN pg_database ON pg_database.oid = setdatabase"
        " WHERE rolname = ANY(%(roles)s) OR (setrole = 0 AND datname = %(database)s)",
        {"roles": [setup.OWNER, setup.APP], "database": setup.DATABASE},
    )
    for role, database in await found.fetchall():
        whose = []
        if role is not None:
            whose.append(sql.SQL("ROLE {}").format(sql.Identifier(role)))
        if database is not None:
            where = sql.SQL("DATABASE {}").format(sql.Identifier(database))
            whose.append(sql.SQL("IN {}").format(where) if whose else where)
        await connection.execute(sql.SQL("ALTER {} RESET ALL").format(sql.SQL(" ").join(whose)))
