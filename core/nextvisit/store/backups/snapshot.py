"""One instant of the database, held open for as long as it is copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from nextvisit.sdk.errors import ConfigError, NextVisitError
from nextvisit.store.base.faults import fault_of_driver

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """name: by which `pg_dump --snapshot` sees the same. taken_at: all that was committed before is in it.

    server: its version, as 18. size: bytes of the database. rows: of each table. ring: the number and the
    purpose of each key. chains: the last entry of each of the audit trail, `shard:seq:hash`.
    """

    name: str
    taken_at: datetime
    server: int
    schema: str
    size: int
    rows: Mapping[str, int]
    ring: Mapping[str, str]
    chains: tuple[str, ...]


@contextmanager
def snapshot(owner_dsn: str) -> Iterator[Snapshot]:
    """While entered, it can be dumped. Raises RetryLater (server away) or ConfigError (no schema)."""
    try:
        with psycopg.connect(
            owner_dsn, connect_timeout=10, application_name="nextvisit backup"
        ) as connection:
            connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.commit()
            yield _looked_at(connection)
            connection.rollback()
    except psycopg.Error as error:
        raise fault_of_backup(error) from None


def fault_of_backup(error: psycopg.Error) -> NextVisitError:
    """What to do about it, without its text: a detail of it may be a patient's."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        message = "this role may not do it; `database.owner` has to be the owner of the database"
        return ConfigError("backup.privilege", message, place="database.owner")
    if isinstance(error, psycopg.errors.UndefinedTable):
        message = "there is no schema of ours in it; `nextvisit db migrate` makes it"
        return ConfigError("backup.no_schema", message, place="database.owner")
    return fault_of_driver(error, "PostgreSQL of `database.owner`")


def _looked_at(connection: psycopg.Connection) -> Snapshot:
    # The transaction's begin, which is before what it sees was fixed: never later than the snapshot.
    name, taken_at, server, size = _one(
        connection,
        "SELECT pg_export_snapshot(), transaction_timestamp(),"
        " current_setting('server_version_num')::int / 10000, pg_database_size(current_database())",
    )
    (schema,) = _one(connection, "SELECT version_num FROM alembic_version")
    tables = [table for (table,) in connection.execute(_TABLES).fetchall()]
    rows = {table: _one(connection, _count(table))[0] for table in tables}
    ring = connection.execute("SELECT kid, purpose FROM key_ring ORDER BY kid").fetchall()
    heads = connection.execute("SELECT shard, seq, hash FROM audit_head ORDER BY shard").fetchall()
    return Snapshot(
        name=name,
        taken_at=taken_at,
        server=server,
        schema=schema,
        size=size,
        rows=rows,
        ring={str(kid): purpose for kid, purpose in ring},
        chains=tuple(f"{shard}:{seq}:{digest.hex()}" for shard, seq, digest in heads),
    )


def _count(table: str) -> sql.Composed:
    return sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", table))


def _one(connection: psycopg.Connection, statement: str | sql.Composed) -> tuple:  # type: ignore[type-arg]
    row = connection.execute(statement).fetchone()
    if row is None:
        raise ConfigError("backup.no_schema", "there is no schema of ours in it", place="database.owner")
    return row
