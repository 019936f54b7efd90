"""The machines under it: room on their disks, and clocks that agree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from nextvisit.clock import SystemClock
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import heartbeats
from nextvisit.watch.finding import Finding, Grade, fine, wrong

LEAST_SHARE = 0.05
LEAST_BYTES = 1024**3
_GIB = 1024**3
_APART = timedelta(seconds=30)


async def disk(database: Database) -> Sequence[Finding]:
    """Where the roles write."""
    async with database.transaction() as tx:
        beats = await heartbeats.listing(tx)
    said = {f"where {each.role} writes on {each.host}": (each.disk_free, each.disk_size) for each in beats}
    return [room(where, *found) for where, found in said.items()] or fine(
        "no role runs that could say how much room it has"
    )


def room(where: str, free: int, size: int) -> Finding:
    """Too little for a database is less than a twentieth, or less than a gibibyte."""
    says = f"{where}: {free / _GIB:.1f} of {size / _GIB:.1f} GiB free"
    if free < size * LEAST_SHARE or free < LEAST_BYTES:
        return wrong(
            says,
            touches="everything: a database without room takes nothing in",
            do="make room, or move the data folder to a larger disk, before it is full",
        )
    return Finding(Grade.OK, says)


async def clocks(database: Database) -> Sequence[Finding]:
    """This machine's and the roles' against the database's: quiet hours and deadlines are read off them."""
    async with database.transaction() as tx:
        beats = await heartbeats.listing(tx)
        ahead = {"this machine": SystemClock().now() - await heartbeats.wall(tx)}
    ahead |= {f"{each.role} on {each.host}": each.ahead for each in beats}
    return [
        wrong(
            f"the clock of {who} is {abs(span).total_seconds():.0f} seconds"
            f" {'ahead of' if span > timedelta() else 'behind'} the database's",
            touches="every deadline and quiet hour",
            do="have both set by the same time server (NTP)",
        )
        for who, span in ahead.items()
        if abs(span) > _APART
    ] or fine(f"this machine's, the roles' and the database's agree within {_APART.seconds} seconds")
