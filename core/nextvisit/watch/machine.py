"""The machines under it: room on their disks, and clocks that agree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from nextvisit.clock import SystemClock
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import heartbeats
from nextvisit.store.vitals.heartbeats import APART, Heartbeat
from nextvisit.watch.finding import Finding, Grade, fine, wrong

_GIB = 1024**3


async def disk(database: Database) -> Sequence[Finding]:
    """Where the roles write."""
    async with database.transaction() as tx:
        beats = await heartbeats.listing(tx)
    last = {(each.role, each.host): each for each in reversed(beats)}
    return [_room(each) for each in last.values()] or fine("no role runs that could say how much room it has")


def _room(beat: Heartbeat) -> Finding:
    free, size = beat.disk_free / _GIB, beat.disk_size / _GIB
    says = f"where {beat.role} writes on {beat.host}: {free:.1f} of {size:.1f} GiB free"
    if not beat.nearly_full:
        return Finding(Grade.OK, says)
    return wrong(
        says,
        touches="everything: a database without room takes nothing in",
        do="make room, or move the data folder to a larger disk, before it is full",
    )


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
        if abs(span) > APART
    ] or fine(f"this machine's, the roles' and the database's agree within {APART.seconds} seconds")
