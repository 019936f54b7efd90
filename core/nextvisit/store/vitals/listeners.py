"""What the roles say of their listeners: whether what comes unasked is heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from nextvisit.store.base.engine import Tx
from nextvisit.store.vitals.heartbeats import SILENT


@dataclass(frozen=True, slots=True)
class ListenerSign:
    """What a process says of one. origin: the connection. age: for how long it is so. fault: an error's code
    or type, of the last time that the other side was not heard.
    """

    origin: str
    hears: bool
    age: timedelta
    fault: str | None


@dataclass(frozen=True, slots=True)
class HeardListener:
    """One listener of a process that lives, as it last spoke."""

    role: str
    host: str
    origin: str
    hears: bool
    since_wall: datetime
    age: timedelta
    fault: str | None


async def tell(tx: Tx, instance: str, said: Sequence[ListenerSign]) -> None:
    """Of this process, whose heartbeat is there; its listeners go with it."""
    statement = text(
        """
        INSERT INTO listener (instance, origin, hears, since_wall, fault)
        VALUES (:instance, :origin, :hears, clock_timestamp() - CAST(:age AS interval), :fault)
        ON CONFLICT (instance, origin) DO UPDATE SET
            hears = excluded.hears, since_wall = excluded.since_wall, fault = excluded.fault
        """
    )
    for each in said:
        values = {name: getattr(each, name) for name in ListenerSign.__slots__}
        await tx.connection.execute(statement, values | {"instance": instance})


async def living(tx: Tx) -> Sequence[HeardListener]:
    """Of all processes that have beaten lately, by role and connection."""
    statement = text(
        """
        SELECT h.role, h.host, l.origin, l.hears, l.since_wall, l.fault,
            clock_timestamp() - l.since_wall AS age
        FROM listener l JOIN heartbeat h ON h.instance = l.instance
        WHERE clock_timestamp() - h.at_wall <= CAST(:silent AS interval)
        ORDER BY h.role, l.origin, h.host
        """
    )
    rows = await tx.connection.execute(statement, {"silent": SILENT})
    return [HeardListener(**row) for row in rows.mappings()]


def spokesmen(heard: Iterable[HeardListener]) -> Mapping[tuple[str, str], HeardListener]:
    """For each role and connection one that hears, where there is one; else the one that heard last."""
    found: dict[tuple[str, str], HeardListener] = {}
    for each in heard:
        key = (each.role, each.origin)
        known = found.get(key)
        if known is None or (each.hears, each.since_wall) > (known.hears, known.since_wall):
            found[key] = each
    return found
