"""A real PostgreSQL for a whole test run, and a fresh migrated database for each test."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from nextvisit.clock import Clock
from nextvisit.onebox.postgres import EmbeddedPostgres
from nextvisit.onebox.postgres_setup import APP, OWNER
from nextvisit.store.base.engine import Database, migrate
from nextvisit.store.vault.keys import Vault
from nextvisit.store.vault.root_key import create_vault_file
from tests.world.clock import SetClock

TEMPLATE = "nextvisit_template"


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One test's database, by each of the three roles, and the vault file that goes with it."""

    owner: str
    app: str
    superuser: str
    vault_file: Path


def _at(dsn: str, database: str) -> str:
    return make_url(dsn).set(database=database).render_as_string(hide_password=False)


SHARED = "NEXTVISIT_TEST_POSTGRES"
"""Names a `SharedServer`, which several runs use one after the other, as JSON."""


class Server(Protocol):
    """Where PostgreSQL keeps its data, and where it answers, by each of the three roles."""

    @property
    def folder(self) -> Path: ...
    @property
    def owner_dsn(self) -> str: ...
    @property
    def app_dsn(self) -> str: ...
    @property
    def superuser_dsn(self) -> str: ...


@dataclass(frozen=True, slots=True)
class SharedServer:
    """Somebody else's to start and to stop."""

    folder: Path
    owner_dsn: str
    app_dsn: str
    superuser_dsn: str


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server, with a migrated template database."""
    if shared := os.environ.get(SHARED):
        named = json.loads(shared)
        yield SharedServer(**named | {"folder": Path(named["folder"])})
        return
    with server_with_template() as server:
        yield server


@contextmanager
def server_with_template() -> Iterator[Server]:
    """A server for the time of the block, with a migrated template database."""
    with tempfile.TemporaryDirectory(prefix="nv-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # pytest's own folders are closed to the server's OS user
        # Nothing here outlives the run; its own tests (tests/onebox) keep fsync on.
        server = EmbeddedPostgres(folder / "postgres", settings={"fsync": "off", "full_page_writes": "off"})
        asyncio.run(server.start())
        try:
            with psycopg.connect(server.superuser_dsn, autocommit=True) as connection:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(TEMPLATE), sql.Identifier(OWNER)
                    )
                )
            asyncio.run(migrate(_at(server.owner_dsn, TEMPLATE)))
            yield server
        finally:
            asyncio.run(server.stop())


@pytest.fixture
def database_urls(postgres: Server, tmp_path: Path) -> Iterator[DatabaseUrls]:
    """A copy of the template, dropped after the test."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE), sql.Identifier(OWNER)
            )
        )
    vault_file = tmp_path / "vault.key"
    create_vault_file(vault_file)
    yield DatabaseUrls(
        owner=_at(postgres.owner_dsn, name),
        app=_at(postgres.app_dsn, name),
        superuser=_at(postgres.superuser_dsn, name),
        vault_file=vault_file,
    )
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def opened_before(urls: DatabaseUrls, age: timedelta) -> None:
    """The installation was opened for the first time so long ago; it has to be open."""
    with psycopg.connect(urls.superuser, autocommit=True) as connection, connection.transaction():
        connection.execute("ALTER TABLE key_ring DISABLE TRIGGER key_ring_rows")
        connection.execute("UPDATE key_ring SET created_at_wall = clock_timestamp() - %s", (age,))
        connection.execute("ALTER TABLE key_ring ENABLE ALWAYS TRIGGER key_ring_rows")


@pytest.fixture
def clock() -> Clock:
    """The database's clock; it stands still until the test moves it."""
    return SetClock()


@pytest.fixture
async def database(database_urls: DatabaseUrls, clock: Clock) -> AsyncIterator[Database]:
    """A fresh migrated database, opened in the runtime role."""
    opened = await Database.open(
        database_urls.app, Vault.from_file(database_urls.vault_file), clock, pool_size=5
    )
    yield opened
    await opened.close()


def taking_in(database: Database) -> Database:
    """The same, as the api and the gateway have it: with the intake key alone."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "intake.key"
        database.vault.intake_key().write(file)
        return replace(database, vault=Vault.of_intake(file))


__all__ = [
    "APP",
    "OWNER",
    "DatabaseUrls",
    "clock",
    "database",
    "database_urls",
    "opened_before",
    "postgres",
    "taking_in",
]
