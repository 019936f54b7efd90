"""What Temporal is to be told, written with the facts that it follows from.

Rows of one key go out in their order, one at a time: `take` gives only the oldest open row of a key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import text

from nextvisit.store.base.engine import Tx

OutboxKind = Literal["start_journey", "signal_journey", "pull_mis"]


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One thing to tell. key: the journey's id, or the MIS connection. payload: of a signal alone."""

    id: int
    kind: OutboxKind
    key: str
    payload: Mapping[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Pending:
    """How much is waiting, since when, and how much of it was tried in vain."""

    count: int
    oldest: datetime | None
    failed: int


async def put(tx: Tx, kind: OutboxKind, key: str, payload: Mapping[str, Any]) -> None:
    """Tell it once this transaction has committed. `payload` holds ids only."""
    await put_many(tx, kind, [(key, payload)])


async def put_many(tx: Tx, kind: OutboxKind, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """As `put`, in this order."""
    statement = text(
        """
        WITH fresh AS (
            INSERT INTO outbox (kind, key, payload, created_at, attempts)
            SELECT :kind, key, CAST(payload AS jsonb), :now, 0
            FROM unnest(CAST(:keys AS text[]), CAST(:payloads AS text[]))
                WITH ORDINALITY AS r(key, payload, place)
            ORDER BY place
            RETURNING id
        )
        SELECT pg_notify('outbox', '') FROM fresh LIMIT 1
        """
    )
    values = {
        "kind": kind,
        "keys": [key for key, _ in rows],
        "payloads": [orjson.dumps(payload).decode() for _, payload in rows],
        "now": tx.now,
    }
    await tx.connection.execute(statement, values)


async def take(tx: Tx, limit: int) -> Sequence[OutboxItem]:
    """The oldest open row of each of `limit` keys, locked until the commit; others' are skipped.

    A row is out of reach while an earlier one of its key is open, also while another hand holds that.
    """
    statement = text(
        """
        SELECT id, kind, key, payload, attempts FROM outbox o
        WHERE done_at IS NULL AND NOT EXISTS (
            SELECT FROM outbox earlier
            WHERE earlier.key = o.key AND earlier.done_at IS NULL AND earlier.id < o.id
        )
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
        """
    )
    rows = await tx.connection.execute(statement, {"limit": limit})
    return [OutboxItem(**row) for row in rows.mappings()]


async def done(tx: Tx, items: Sequence[int]) -> None:
    """They are told."""
    if not items:
        return
    statement = text("UPDATE outbox SET done_at = :now WHERE id = ANY(CAST(:ids AS bigint[]))")
    await tx.connection.execute(statement, {"ids": list(items), "now": tx.now})


async def failed(tx: Tx, items: Sequence[int]) -> None:
    """They could not be told; they stay open and are counted."""
    if not items:
        return
    statement = text("UPDATE outbox SET attempts = attempts + 1 WHERE id = ANY(CAST(:ids AS bigint[]))")
    await tx.connection.execute(statement, {"ids": list(items)})


async def pending(tx: Tx) -> Pending:
    """What is waiting."""
    statement = text(
        "SELECT count(*) AS count, min(created_at) AS oldest, count(*) FILTER (WHERE attempts > 0) AS failed"
        " FROM outbox WHERE done_at IS NULL"
    )
    return Pending(**(await tx.connection.execute(statement)).mappings().one())
