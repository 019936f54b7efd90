"""The database: its pool, its transactions and its schema.

Two roles use it. The owner migrates. The runtime role `nextvisit_app` reads and writes, but cannot
alter the schema, nor rewrite evidence (audit, consent, the journeys' events and decisions).
"""

from __future__ import annotations

import itertools
import json
import select
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import anyio
import psycopg
import structlog
from psycopg import sql
from sqlalchemy import URL, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from nextvisit.clock import Clock
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.faults import fault_of, url_of
from nextvisit.store.base.schema import APP, migrate, schema_status
from nextvisit.store.vault.keys import Vault

__all__ = ["AUDIT_SHARDS", "Database", "Tx", "migrate", "schema_status"]

AUDIT_SHARDS = 8
_RECONNECT_PAUSE = timedelta(seconds=1)
# The inner ORDER BY is what keeps the entries in order: the function runs on the rows as they come.
_APPEND = text(
    """
    SELECT count(audit_append(:actor, action, object_type, object_id, outcome, body, :at, :shard)) FROM (
        SELECT * FROM unnest(
            CAST(:actions AS text[]), CAST(:object_types AS text[]), CAST(:object_ids AS text[]),
            CAST(:outcomes AS text[]), CAST(:bodies AS text[])
        ) WITH ORDINALITY AS entry (action, object_type, object_id, outcome, body, place) ORDER BY place
    ) AS entries
    """
)
_WITHIN = text("SELECT set_config('statement_timeout', :most, true)")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tx:
    """One running transaction. `now` is the clock's when it began."""

    connection: AsyncConnection
    vault: Vault
    now: datetime
    actor: str
    entries: list[Entry] = field(default_factory=list, init=False)

    def audit(self, *entries: Entry) -> None:
        """Record these with the transaction, in this order: no audit, no action.

        They are its last statement, because the chain's end stays locked until the commit.
        """
        self.entries.extend(entries)


@dataclass(slots=True)
class Database:
    """An open pool with the keys loaded. Close it."""

    engine: AsyncEngine
    vault: Vault
    clock: Clock
    within: timedelta | None = None
    """How long one statement may take; None: as long as it does."""
    _shards: Iterator[int] = field(default_factory=lambda: itertools.cycle(range(AUDIT_SHARDS)))

    @classmethod
    async def open(cls, dsn: str, vault: Vault, clock: Clock, *, pool_size: int = 10) -> Database:
        """Connect and load the key ring. Raises ConfigError (login, schema, vault), RetryLater (away)."""
        engine = _engine(url_of(dsn, APP), pool_size)
        database = cls(engine=engine, vault=vault, clock=clock)
        try:
            await _require_current_schema(dsn)
            async with database.transaction() as tx:
                await database.vault.load(tx.connection, tx.now)
        except BaseException:
            await engine.dispose()
            raise
        return database

    def aside(self, within: timedelta) -> Database:
        """The same by one connection of its own, for whoever only looks and must keep nobody waiting: its
        statements end after `within` by RetryLater. Close it.
        """
        return Database(_engine(self.engine.url, 1), self.vault, self.clock, within)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    @asynccontextmanager
    async def transaction(self, *, actor: str = "system") -> AsyncIterator[Tx]:
        """Commits at the end, rolls back on an exception; retries nothing.

        Raises RetryLater when the server is away or another transaction won. If the connection breaks
        during COMMIT the work may be done: every writing function of the store may be repeated.
        Driver errors carry patient data in their details, so they never leave this function.
        """
        try:
            async with self.engine.begin() as connection:
                if self.within is not None:
                    await connection.execute(
                        _WITHIN, {"most": f"{self.within // timedelta(milliseconds=1)}ms"}
                    )
                tx = Tx(connection=connection, vault=self.vault, now=self.clock.now(), actor=actor)
                yield tx
                await self._append_entries(tx)
        except (DBAPIError, PoolTimeoutError, InvalidRequestError) as error:
            fault = fault_of(error, self.engine.url)
            raise fault from None

    async def _append_entries(self, tx: Tx) -> None:
        if not tx.entries:
            return
        entries = {
            "actor": tx.actor,
            "actions": [entry.action for entry in tx.entries],
            "object_types": [entry.object_type for entry in tx.entries],
            "object_ids": [entry.object_id for entry in tx.entries],
            "outcomes": [entry.outcome for entry in tx.entries],
            "bodies": [
                json.dumps(dict(entry.body), sort_keys=True, separators=(",", ":")) for entry in tx.entries
            ],
            "at": tx.now,
            "shard": next(self._shards),
        }
        await tx.connection.execute(_APPEND, entries)

    async def notifications(self, channel: str, *, poll: timedelta) -> AsyncGenerator[None, None]:
        """Yields at once, after every NOTIFY of `channel`, and at least every `poll` of the wall.

        Reconnects by itself; what was notified meanwhile is covered by the yield after reconnecting.
        """
        # As the pool's own connections: written as an address, libpq would read its spaces as plus signs.
        _, of_the_pool = self.engine.dialect.create_connect_args(self.engine.url)
        asked: dict[str, Any] = {**of_the_pool, "application_name": "nextvisit listen", "connect_timeout": 10}
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(autocommit=True, **asked) as connection:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    yield
                    while True:
                        async for _ in connection.notifies(timeout=poll.total_seconds(), stop_after=1):
                            pass
                        yield
            except psycopg.OperationalError:
                log.warning("store.listen_lost", channel=channel)
            await anyio.sleep(_RECONNECT_PAUSE.total_seconds())
            yield


def _engine(url: URL, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_use_lifo=True,  # few connections stay busy, and what each has prepared is used again
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "application_name": "nextvisit"},
    )
    event.listen(engine.sync_engine, "checkout", _require_open)
    return engine


def _require_open(connection: Any, *_: object) -> None:
    """Look at a pooled connection's socket before it is used: a server that has gone has left its farewell.

    The pool's own pre-ping asks the server, which costs every transaction one statement more.
    """
    driver = connection.driver_connection
    poll = select.poll()
    if not driver.closed:
        poll.register(driver.pgconn.socket, select.POLLIN)
    if driver.closed or poll.poll(0):
        raise DisconnectionError("the server has closed this connection")


async def _require_current_schema(dsn: str) -> None:
    status = await schema_status(dsn)
    if status.newer:
        message = f"revision {status.current} is newer than this program knows; install the newer program"
        raise ConfigError("schema.newer", message, place="database")
    if status.current != status.head:
        message = (
            f"is at revision {status.current or 'none'}, needs {status.head}; run `nextvisit db migrate`"
        )
        raise ConfigError("schema.behind", message, place="database")
