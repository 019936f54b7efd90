"""How each connection fares, as its sends tell; `domain.channel_health` judges, this remembers.

Of a connection that works nothing is written, so that a send that succeeds costs no more than a look.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert

from nextvisit.domain.channel_health import (
    WORKS,
    Health,
    failed,
    probed,
    refused,
    refused_one,
)
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.tables import ChannelHealthRow, table_of

_health = table_of(ChannelHealthRow)
_FAILED = _health.c.failures + _health.c.refusals > 0


async def listing(tx: Tx) -> Mapping[str, Health]:
    """The connections that do not work at present or failed last, by slug; all others do."""
    rows = await tx.connection.execute(select(_health).where(_FAILED).order_by(_health.c.connection))
    return {row.connection: _health_of(row) for row in rows}


async def record_failure(tx: Tx, connection: str, code: str, *, lasting: bool) -> datetime | None:
    """A send came to nothing. Returns since when the connection is down, if this is what brought it down.

    lasting: the provider refuses us, or the connection is set up wrongly.
    """
    standing = await _locked(tx, connection)
    now = refused(standing, code, tx.now) if lasting else failed(standing, code, tx.now)
    return await _becomes(tx, connection, standing, now)


async def record_refusal(tx: Tx, connection: str, code: str) -> datetime | None:
    """The provider answered, and refused this one message; returns as `record_failure`."""
    standing = await _locked(tx, connection)
    return await _becomes(tx, connection, standing, refused_one(standing, code, tx.now))


async def record_success(tx: Tx, connection: str) -> bool:
    """The provider answered. Harmless when repeated; whether it was down."""
    query = select(_health).where(_health.c.connection == connection, _FAILED).with_for_update()
    row = (await tx.connection.execute(query)).one_or_none()
    if row is None:
        return False
    await _becomes(tx, connection, _health_of(row), WORKS)
    return row.down_since is not None


async def _becomes(tx: Tx, connection: str, standing: Health, now: Health) -> datetime | None:
    """Since when it is down, if it was not before."""
    await _write(tx, connection, now)
    if (standing.down_since is None) is (now.down_since is None):
        return None
    if now.down_since is None:
        tx.audit(Entry("channel.resumed", "channel", connection))
    else:
        tx.audit(Entry("channel.paused", "channel", connection, body={"code": now.code}))
    return now.down_since


async def take_probe(tx: Tx, connection: str) -> bool:
    """Whether this message is the one that may try a connection that is half open."""
    probe_at = probed(WORKS, tx.now).probe_at
    taken = await tx.connection.scalar(
        update(_health)
        .where(_health.c.connection == connection, _health.c.probe_at <= tx.now)
        .values(probe_at=probe_at)
        .returning(_health.c.connection)
    )
    return taken is not None


async def _locked(tx: Tx, connection: str) -> Health:
    begun = insert(_health).values(connection=connection, failures=0, refusals=0).on_conflict_do_nothing()
    await tx.connection.execute(begun)
    query = select(_health).where(_health.c.connection == connection).with_for_update()
    row = (await tx.connection.execute(query)).one()
    return _health_of(row)


def _health_of(row: Row[Any]) -> Health:
    return Health(row.failures, row.refusals, row.code, row.failing_since, row.down_since, row.probe_at)


async def _write(tx: Tx, connection: str, now: Health) -> None:
    await tx.connection.execute(
        update(_health)
        .where(_health.c.connection == connection)
        .values(
            failures=now.failures,
            refusals=now.refusals,
            code=now.code,
            failing_since=now.failing_since,
            down_since=now.down_since,
            probe_at=now.probe_at,
        )
    )
