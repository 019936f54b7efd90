"""Whose turn it is to ask a MIS, over all processes: a row for each connection, by the database's clock."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from nextvisit.store.base.engine import Tx


async def take_turn(tx: Tx, source: str, *, gap: timedelta, longest: timedelta) -> timedelta | None:
    """How long to wait before asking; None when that is longer than `longest`, and no turn was taken."""
    statement = text(
        """
        INSERT INTO mis_pace AS mine (source, next_at) VALUES (:source, clock_timestamp() + :gap)
        ON CONFLICT (source) DO UPDATE SET
            next_at = greatest(mine.next_at, clock_timestamp()) + :gap
            WHERE mine.next_at <= clock_timestamp() + :longest
        RETURNING greatest(next_at - :gap - clock_timestamp(), interval '0')
        """
    )
    values = {"source": source, "gap": gap, "longest": longest}
    found: timedelta | None = (await tx.connection.execute(statement, values)).scalar_one_or_none()
    return found


async def rest(tx: Tx, source: str, span: timedelta) -> None:
    """Nobody's for so long, and never for less than was said before."""
    statement = text(
        """
        INSERT INTO mis_pace AS mine (source, next_at) VALUES (:source, clock_timestamp() + :span)
        ON CONFLICT (source) DO UPDATE SET next_at = greatest(mine.next_at, excluded.next_at)
        """
    )
    await tx.connection.execute(statement, {"source": source, "span": span})


async def until_next(tx: Tx, source: str) -> timedelta:
    """How long it is until the next turn."""
    statement = text(
        "SELECT greatest(next_at - clock_timestamp(), interval '0') FROM mis_pace WHERE source = :source"
    )
    found: timedelta | None = (
        await tx.connection.execute(statement, {"source": source})
    ).scalar_one_or_none()
    return timedelta() if found is None else found
