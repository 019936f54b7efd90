"""What came by way of Temporal and was refused: parked, so that somebody can see who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry, Scalar

PAYLOAD = "payload"
"""What stands for the activity of payloads that are not ours, whichever workflow they were in."""


@dataclass(frozen=True, slots=True)
class RefusedAction:
    """workflow: its id. activity: what was asked of it. code: why not."""

    workflow: str
    activity: str
    code: str
    times: int
    first_at_wall: datetime
    last_at_wall: datetime


async def keep(tx: Tx, workflow: str, activity: str, code: str, times: int = 1) -> None:
    """Count and audit it."""
    statement = text(
        """
        INSERT INTO refused_action (workflow, activity, code, times, first_at_wall, last_at_wall)
        VALUES (:workflow, :activity, :code, :times, clock_timestamp(), clock_timestamp())
        ON CONFLICT (workflow, activity, code) DO UPDATE SET
            times = refused_action.times + excluded.times, last_at_wall = excluded.last_at_wall
        """
    )
    refused: dict[str, Scalar] = {"activity": activity, "code": code, "times": times}
    await tx.connection.execute(statement, {"workflow": workflow, **refused})
    tx.audit(Entry("action.refused", "workflow", workflow, outcome="refused", body=refused))


async def listing(tx: Tx, limit: int = 100) -> list[RefusedAction]:
    """The latest first."""
    statement = text(
        """
        SELECT workflow, activity, code, times, first_at_wall, last_at_wall
        FROM refused_action ORDER BY last_at_wall DESC LIMIT :limit
        """
    )
    return [
        RefusedAction(**row) for row in (await tx.connection.execute(statement, {"limit": limit})).mappings()
    ]
