"""The roles' signs of life. A role that is killed or frozen leaves none, whatever it last said of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from nextvisit.store.base.engine import Tx

ROLES = ("worker", "api", "gateway")
"""Each has to have a process that lives."""
ALL = "all"
_SPLIT = {"worker": ("journeys", "channels")}
"""The groups that a role's work falls into where no process of it has all."""
SILENT = timedelta(seconds=30)
APART = timedelta(seconds=30)
_LEAST_SHARE = 0.05
LEAST_FREE = 1024**3
"""Bytes: with less a disk is nearly full, however small it is."""
_FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Room:
    """On a disk, in bytes."""

    free: int
    size: int

    def nearly_full(self, least: int = LEAST_FREE) -> bool:
        """Too little for a database is less than a twentieth, or less than that."""
        return self.free < self.size * _LEAST_SHARE or self.free < least


@dataclass(frozen=True, slots=True)
class Beat:
    """What a process says of itself.

    queues: which group of its role's work it does; ALL where it is not split. instance: drawn by the process
    at its start. ready: whether it takes work. wall: what its machine's clock shows. folder: where it writes.
    disk_free, disk_size: bytes of the file system there.
    """

    role: str
    queues: str
    instance: str
    host: str
    pid: int
    ready: bool
    wall: datetime
    folder: str
    disk_free: int
    disk_size: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last one of a process. age: by the database's clock. ahead: how far the process's clock was."""

    role: str
    queues: str
    instance: str
    host: str
    pid: int
    ready: bool
    started_at_wall: datetime
    at_wall: datetime
    age: timedelta
    ahead: timedelta
    folder: str
    disk_free: int
    disk_size: int

    @property
    def alive(self) -> bool:
        """It has beaten lately."""
        return self.age <= SILENT

    @property
    def apart(self) -> bool:
        """Its clock and the database's do not agree."""
        return abs(self.ahead) > APART

    @property
    def nearly_full(self) -> bool:
        """So is the disk that it writes to."""
        return Room(self.disk_free, self.disk_size).nearly_full()


async def beat(tx: Tx, said: Beat) -> None:
    """It lives. Those that have been silent for a day are forgotten."""
    statement = text(
        """
        INSERT INTO heartbeat (
            instance, role, queues, host, pid, ready, started_at_wall, at_wall, ahead_seconds, folder,
            disk_free, disk_size
        ) VALUES (
            :instance, :role, :queues, :host, :pid, :ready, clock_timestamp(), clock_timestamp(),
            EXTRACT(epoch FROM CAST(:wall AS timestamptz) - clock_timestamp()), :folder,
            :disk_free, :disk_size
        )
        ON CONFLICT (instance) DO UPDATE SET
            ready = excluded.ready, at_wall = excluded.at_wall, ahead_seconds = excluded.ahead_seconds,
            folder = excluded.folder, disk_free = excluded.disk_free, disk_size = excluded.disk_size
        """
    )
    values = {name: getattr(said, name) for name in Beat.__slots__}
    await tx.connection.execute(statement, values)
    forget = text("DELETE FROM heartbeat WHERE at_wall < clock_timestamp() - CAST(:age AS interval)")
    await tx.connection.execute(forget, {"age": _FORGOTTEN})


async def stopped(tx: Tx, instance: str) -> None:
    """It ended as it was told to; nobody will miss it."""
    await tx.connection.execute(
        text("DELETE FROM heartbeat WHERE instance = :instance"), {"instance": instance}
    )


async def listing(tx: Tx) -> Sequence[Heartbeat]:
    """Of each process, by role; the freshest first."""
    statement = text(
        """
        SELECT role, queues, instance, host, pid, ready, started_at_wall, at_wall,
            clock_timestamp() - at_wall AS age, make_interval(secs => ahead_seconds) AS ahead,
            folder, disk_free, disk_size
        FROM heartbeat ORDER BY role, at_wall DESC
        """
    )
    return [Heartbeat(**row) for row in (await tx.connection.execute(statement)).mappings()]


def by_part(beats: Sequence[Heartbeat]) -> Mapping[str, Sequence[Heartbeat]]:
    """Of each part that has to run, the processes that do its work.

    A role is one; where some of its processes have not all (`worker --queues channels`), each group is.
    """
    parts: dict[str, Sequence[Heartbeat]] = {}
    for role in ROLES:
        those = [each for each in beats if each.role == role]
        if all(each.queues == ALL for each in those):
            parts[role] = those
        else:
            for group in _SPLIT[role]:
                parts[f"{role} --queues {group}"] = [each for each in those if each.queues in {ALL, group}]
    return parts


async def wall(tx: Tx) -> datetime:
    """What the database's clock shows."""
    now: datetime = (await tx.connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return now
