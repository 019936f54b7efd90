"""What plugins were met with in calls, over all processes, until it has not happened for a week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from nextvisit.calls.troubles import Met, Trouble
from nextvisit.store.base.engine import Tx

_FORGOTTEN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class KnownTrouble:
    """One of them, by the database's clock. since: when the last of it was."""

    trouble: Trouble
    times: int
    longest: timedelta
    first_at_wall: datetime
    last_at_wall: datetime
    since: timedelta


async def tell(tx: Tx, met: Sequence[Met]) -> None:
    """Add these; what has not happened for a week is forgotten."""
    statement = text(
        """
        INSERT INTO plugin_trouble (
            connection, plugin, method, kind, what, place, times, longest_seconds, first_at_wall, last_at_wall
        ) VALUES (
            :connection, :plugin, :method, :kind, :what, :place, :times, :longest, clock_timestamp(),
            clock_timestamp()
        )
        ON CONFLICT (connection, plugin, method, kind, what, place) DO UPDATE SET
            times = plugin_trouble.times + excluded.times, last_at_wall = excluded.last_at_wall,
            longest_seconds = greatest(plugin_trouble.longest_seconds, excluded.longest_seconds)
        """
    )
    for each in met:
        named = {name: getattr(each.trouble, name) for name in Trouble.__slots__}
        values = {**named, "times": each.times, "longest": each.longest.total_seconds()}
        await tx.connection.execute(statement, values)
    forget = text(
        "DELETE FROM plugin_trouble WHERE last_at_wall < clock_timestamp() - CAST(:age AS interval)"
    )
    if met:
        await tx.connection.execute(forget, {"age": _FORGOTTEN})


async def listing(tx: Tx) -> Sequence[KnownTrouble]:
    """The latest first."""
    statement = text(
        """
        SELECT connection, plugin, method, kind, what, place, times, longest_seconds, first_at_wall,
            last_at_wall, clock_timestamp() - last_at_wall AS since
        FROM plugin_trouble ORDER BY last_at_wall DESC, connection, method, kind
        """
    )
    rows = (await tx.connection.execute(statement)).mappings()
    return [
        KnownTrouble(
            Trouble(**{name: row[name] for name in Trouble.__slots__}),
            row["times"],
            timedelta(seconds=row["longest_seconds"]),
            row["first_at_wall"],
            row["last_at_wall"],
            row["since"],
        )
        for row in rows
    ]
