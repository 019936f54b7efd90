"""A dump taken in, in one transaction: what is broken off, or not what it was said to be, leaves nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from nextvisit.clock import Clock
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.backups.snapshot import fault_of_backup
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.faults import url_of
from nextvisit.store.base.schema import OWNER, upgrade
from nextvisit.store.vault.keys import Vault

# What a newer pg_restore says to a server that does not know it yet, and what it says to psql alone.
_NOT_FOR_THE_SERVER = (b"SET transaction_timeout", b"\\restrict ", b"\\unrestrict ")
_COPY, _OF_LINES, _END = b"COPY ", b" FROM stdin;\n", b"\\.\n"
_ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nextvisit_app') THEN
        CREATE ROLE nextvisit_app NOLOGIN;
    END IF;
END $$
"""
_OBJECTS = """
SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = 'public' AND relkind IN ('r', 'v', 'm', 'S', 'p', 'f')
"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
"""


@asynccontextmanager
async def into_empty(owner_dsn: str, vault: Vault, clock: Clock, by: str) -> AsyncIterator[Tx]:
    """The one transaction, as the owner, in a database that holds nothing and that nobody else uses.

    Raises ConfigError, which says what stands there, for any other one.
    """
    engine = create_async_engine(
        url_of(owner_dsn, OWNER),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "application_name": "nextvisit restore"},
    )
    database = Database(engine=engine, vault=vault, clock=clock)
    try:
        async with database.transaction(actor=by) as tx:
            await _refuse_used(tx.connection)
            await tx.connection.execute(text(_ROLE))
            yield tx
    finally:
        await database.close()


async def _refuse_used(connection: AsyncConnection) -> None:
    if others := (await connection.execute(text(_OTHERS))).scalar_one():
        message = f"{others} other connections use this database; stop the roles and whatever else does"
        raise ConfigError("restore.in_use", message, place="database.owner")
    if objects := (await connection.execute(text(_OBJECTS))).scalar_one():
        message = f"holds {objects} tables and sequences{await _patients(connection)}; {_MAKE_EMPTY}"
        raise ConfigError("restore.not_empty", message, place="database.owner")


_MAKE_EMPTY = (
    "a backup is restored into an empty database alone: have an administrator make another one, or name"
    " another folder with --data"
)


async def _patients(connection: AsyncConnection) -> str:
    if (await connection.execute(text("SELECT to_regclass('public.patient')"))).scalar_one() is None:
        return ""
    count = (await connection.execute(text("SELECT count(*) FROM public.patient"))).scalar_one()
    return f", of {count} patients"


async def take_in(connection: AsyncConnection, script: Iterable[bytes]) -> None:
    """Run what `pg_restore --file=-` writes, line by line. Raises ConfigError, without the server's text."""
    raw = (await connection.get_raw_connection()).driver_connection
    if not isinstance(raw, psycopg.AsyncConnection):
        raise TypeError(type(raw).__name__)
    lines, statements = iter(script), list[bytes]()
    try:
        for line in lines:
            if line.startswith(_COPY) and line.endswith(_OF_LINES):
                await _run(raw, statements)
                await _copy(raw, line, lines)
            elif not line.startswith(_NOT_FOR_THE_SERVER):
                statements.append(line)
        await _run(raw, statements)
        # The script leaves no path behind it, and audit entries and revisions have to find their tables.
        await raw.execute("SET search_path = public, pg_temp")
    except psycopg.Error as error:
        raise fault_of_backup(error) from None


async def _run(raw: psycopg.AsyncConnection, statements: list[bytes]) -> None:
    if statements:
        await raw.execute(b"".join(statements))
        statements.clear()


async def _copy(raw: psycopg.AsyncConnection, statement: bytes, lines: Iterable[bytes]) -> None:
    async with raw.cursor() as cursor, cursor.copy(statement) as copy:
        for line in lines:
            if line == _END:
                return
            await copy.write(line)
    raise ConfigError("backup.broken", "its dump ends in the middle of a table", place="backup")


async def make_current(tx: Tx) -> str:
    """Bring what was taken in to this program's schema, and open its keys; the revision.

    Raises ConfigError when it is newer, or the root key does not open its ring.
    """
    revision: str = await tx.connection.run_sync(upgrade)
    await tx.vault.load(tx.connection, tx.now)
    return revision


async def rows(connection: AsyncConnection, tables: Iterable[str]) -> Mapping[str, int]:
    """How many are in each of these tables; of one that is not there, none is said."""
    counts: dict[str, int] = {}
    for table in tables:
        there = await connection.execute(
            text("SELECT to_regclass(:name)"), {"name": f"public.{_quoted(table)}"}
        )
        if there.scalar_one() is not None:
            counts[table] = (
                await connection.execute(text(f"SELECT count(*) FROM public.{_quoted(table)}"))  # noqa: S608
            ).scalar_one()
    return counts


def _quoted(table: str) -> str:
    return '"' + table.replace('"', '""') + '"'
