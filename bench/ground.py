"""The real servers that every bench stands on, started once and stopped whatever happens."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from nextvisit.clock import Clock
from nextvisit.onebox.postgres import EmbeddedPostgres
from nextvisit.onebox.postgres_setup import OWNER
from nextvisit.onebox.temporal import EmbeddedTemporal
from nextvisit.store.base.engine import Database, migrate
from nextvisit.store.vault.keys import Vault
from nextvisit.store.vault.root_key import create_vault_file

_TEMPLATE = "bench_template"
POOL_SIZE = 10
"""What an appliance has when its settings do not say otherwise."""


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """An empty migrated database and the root key that goes with it."""

    dsn: str
    vault_file: Path

    @asynccontextmanager
    async def opened(self, clock: Clock) -> AsyncIterator[Database]:
        """In the runtime role."""
        database = await Database.open(self.dsn, Vault.from_file(self.vault_file), clock, pool_size=POOL_SIZE)
        try:
            yield database
        finally:
            await database.close()


@dataclass(frozen=True, slots=True)
class Ground:
    """PostgreSQL (fsync on) and Temporal as an appliance on one machine has them."""

    folder: Path
    postgres: EmbeddedPostgres
    temporal: EmbeddedTemporal
    _numbers: count[int]

    @asynccontextmanager
    async def database(self) -> AsyncIterator[DatabasePlace]:
        """A fresh one, dropped at the end."""
        name = f"bench_{next(self._numbers)}"
        await self._as_superuser("CREATE DATABASE {} TEMPLATE {} OWNER {}", name, _TEMPLATE, OWNER)
        vault_file = self.folder / f"{name}.key"
        create_vault_file(vault_file)
        try:
            yield DatabasePlace(_at(self.postgres.app_dsn, name), vault_file)
        finally:
            await self._as_superuser("DROP DATABASE {} WITH (FORCE)", name)

    async def prepare(self) -> None:
        """Make the template that `database` copies."""
        await self._as_superuser("CREATE DATABASE {} OWNER {}", _TEMPLATE, OWNER)
        await migrate(_at(self.postgres.owner_dsn, _TEMPLATE))

    async def _as_superuser(self, statement: str, *names: str) -> None:
        async with await psycopg.AsyncConnection.connect(
            self.postgres.superuser_dsn, autocommit=True
        ) as connection:
            await connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@asynccontextmanager
async def open_ground() -> AsyncIterator[Ground]:
    """Everything started; everything is stopped and removed at the end, also on Ctrl-C."""
    with _folder() as folder:
        async with (
            EmbeddedPostgres(folder / "postgres") as postgres,
            EmbeddedTemporal(folder / "temporal") as temporal,
        ):
            ground = Ground(folder, postgres, temporal, count(1))
            await ground.prepare()
            yield ground


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="nextvisit-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL may run as another user and has to get through
        yield folder


def _at(dsn: str, database: str) -> str:
    return make_url(dsn).set(database=database).render_as_string(hide_password=False)
