"""Bringing the schema to the revision of this program, and saying where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.faults import fault_at_opening, url_of

APP, OWNER = "database.app", "database.owner"
"""The settings that name who reads and writes, and who migrates."""

_MIGRATION_LOCK = 0x6E765F6D6967


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """current: the database's revision, None when empty. newer: this program does not know it."""

    current: str | None
    head: str
    newer: bool


def alembic_config() -> Config:
    """Where the revisions are; no ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    return config


def head() -> str:
    """The revision of this program."""
    return _head(ScriptDirectory.from_config(alembic_config()))


def _head(scripts: ScriptDirectory) -> str:
    newest = scripts.get_current_head()
    if newest is None:
        raise ConfigError(
            "schema.no_revisions", "no revision is installed", place="nextvisit.store.migrations"
        )
    return newest


def _status(connection: Connection) -> SchemaStatus:
    scripts = ScriptDirectory.from_config(alembic_config())
    newest = _head(scripts)
    current = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in scripts.walk_revisions()}
    return SchemaStatus(current=current, head=newest, newer=current is not None and current not in known)


def upgrade(connection: Connection) -> str:
    """To the newest revision, which it returns, in the transaction that runs. Raises ConfigError when the
    database is newer than the program.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
    status = _status(connection)
    if status.newer:
        message = f"revision {status.current} is newer than this program; nothing was changed"
        raise ConfigError("schema.newer", message, place="database")
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return status.head


def knows(revision: str) -> bool:
    """Whether this program can bring a database of that revision to its own."""
    scripts = ScriptDirectory.from_config(alembic_config())
    return revision in {each.revision for each in scripts.walk_revisions()}


def newest() -> str | None:
    """The revision of this program."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


async def migrate(owner_dsn: str) -> None:
    """Upgrade to the newest revision in one transaction; several callers at once do it once.

    Raises ConfigError when the database is newer than the program, or refuses us; RetryLater when it is away.
    """
    engine = create_async_engine(url_of(owner_dsn, OWNER), poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            message = (
                "this role may not do it; migrate as the owner of the database,"
                " and let an administrator create the role nextvisit_app"
            )
            raise ConfigError("schema.privilege", message, place="database") from None
        fault = fault_at_opening(error, engine.url, OWNER)
        raise fault from None
    finally:
        await engine.dispose()


async def schema_status(dsn: str) -> SchemaStatus:
    """Raises RetryLater when the server is away, ConfigError when it refuses us."""
    engine = create_async_engine(url_of(dsn, APP), poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_status)
    except DBAPIError as error:
        fault = fault_at_opening(error, engine.url, APP)
        raise fault from None
    finally:
        await engine.dispose()
