"""Roles that live, or lived once."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from nextvisit.clock import SystemClock
from nextvisit.install.heartbeat import Life
from nextvisit.status.metrics import Metrics
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import heartbeats
from nextvisit.store.vitals.heartbeats import Beat
from nextvisit.watch.readiness import Readiness

GIB = 1024**3


def a_life(role: str, folder: Path, *, instance: str = "one") -> Life:
    """Of a process whose readiness nobody waits for."""
    return Life(role, instance, folder, lambda: None, Metrics(role, "1", Readiness(instance)))


async def beat(database: Database, role: str, *, silent: timedelta = timedelta(), **said: Any) -> None:
    """The role's last sign of life; all of this role's so long ago."""
    standard: dict[str, Any] = {
        "queues": heartbeats.ALL,
        "instance": f"{role}-1",
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "ready": True,
        "wall": SystemClock().now(),
        "folder": "/var/lib/nextvisit",
        "disk_free": 50 * GIB,
        "disk_size": 100 * GIB,
    }
    async with database.transaction() as tx:
        await heartbeats.beat(tx, Beat(role=role, **(standard | said)))
        back = text("UPDATE heartbeat SET at_wall = at_wall - CAST(:silent AS interval) WHERE role = :role")
        await tx.connection.execute(back, {"silent": silent, "role": role})
