"""The machines under it: room on their disks, and clocks that agree."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from nextvisit.clock import SystemClock
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import heartbeats
from nextvisit.store.vitals.heartbeats import APART, LEAST_FREE, Heartbeat, Room
from nextvisit.watch import landlock, seccomp
from nextvisit.watch.finding import Finding, Grade, fine, informs, wrong

_GIB = 1024**3


FULL = 64 * 1024**2
"""Bytes without which PostgreSQL does not even start."""


async def disk(database: Database) -> Sequence[Finding]:
    """Where the roles write."""
    async with database.transaction() as tx:
        beats = await heartbeats.listing(tx)
    last = {(each.role, each.host): each for each in reversed(beats)}
    under: dict[tuple[str, str], list[Heartbeat]] = {}
    for each in last.values():
        under.setdefault((each.host, each.folder), []).append(each)
    return [
        _room(f"{folder} on {host}, where {', '.join(each.role for each in those)} writes", _least(those))
        for (host, folder), those in under.items()
    ] or fine("no role runs that could say how much room it has")


def _least(those: Sequence[Heartbeat]) -> Room:
    return min((Room(each.disk_free, each.disk_size) for each in those), key=lambda room: room.free)


async def disk_here(folder: Path) -> Sequence[Finding]:
    """Of the disk under a folder of this machine, which is asked itself."""
    return [room_in(folder)]


def room_in(folder: Path, least: int = LEAST_FREE) -> Finding:
    """As `disk_here`. least: bytes with less of which it is nearly full."""
    return _room(f"{folder} on this machine", room_of(folder), least)


def room_of(folder: Path) -> Room:
    """Of the disk under it, or under what it would stand in."""
    usage = shutil.disk_usage(next(each for each in (folder, *folder.absolute().parents) if each.exists()))
    return Room(usage.free, usage.total)


def _room(where: str, room: Room, least: int = LEAST_FREE) -> Finding:
    says = f"{where}: {room.free / _GIB:.1f} of {room.size / _GIB:.1f} GiB free"
    if not room.nearly_full(least):
        return Finding(Grade.OK, says)
    return wrong(
        "disk.nearly_full",
        f"{says}: it is full" if room.free < FULL else says,
        touches="everything: a database without room takes nothing in",
        do="make room there, or move the folder to a larger disk, before it is full",
    )


UNCONFINED = informs(
    "machine.unconfined",
    "this machine's kernel has no Landlock: a role that is broken into reads whatever its user can",
    touches="the root key, the owner's connection and PostgreSQL's data",
    do="use Linux 5.13 or later, with `landlock` among its security modules (`lsm=` at its start)",
)


UNFILTERED = informs(
    "machine.unfiltered",
    "this machine filters no system calls: a role that is broken into opens its user's files to others",
    touches="the root key, the owner's connection and PostgreSQL's data",
    do="use a kernel with seccomp, on x86-64 or ARM64, in a container that lets its processes use it",
)


async def confinement() -> Sequence[Finding]:
    """What the kernel here lets the roles forbid themselves."""
    has = landlock.version()
    return [
        *([UNCONFINED] if has == 0 else fine(f"the roles are confined by Landlock (version {has})")),
        *(fine("the roles' system calls are filtered") if seccomp.available() else [UNFILTERED]),
    ]


async def clocks(database: Database) -> Sequence[Finding]:
    """This machine's and the roles' against the database's: quiet hours and deadlines are read off them."""
    async with database.transaction() as tx:
        beats = await heartbeats.listing(tx)
        ahead = {"this machine": SystemClock().now() - await heartbeats.wall(tx)}
    ahead |= {f"{each.role} on {each.host}": each.ahead for each in beats}
    return [
        wrong_clock(f"the clock of {who}", span, "the database's", touches="every deadline and quiet hour")
        for who, span in ahead.items()
        if abs(span) > APART
    ] or fine(f"this machine's, the roles' and the database's agree within {APART.seconds} seconds")


def wrong_clock(whose: str, ahead: timedelta, than: str, *, touches: str) -> Finding:
    """Of two clocks that are apart."""
    return wrong(
        "clock.apart",
        f"{whose} is {abs(ahead).total_seconds():.0f} seconds"
        f" {'ahead of' if ahead > timedelta() else 'behind'} {than}",
        touches=touches,
        do="have both set by the same time server (NTP)",
    )
