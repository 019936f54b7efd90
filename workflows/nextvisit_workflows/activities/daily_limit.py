"""How many messages a connection may be given on one day of the clinic, and how many it was."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from nextvisit.domain.connections import Connection
from nextvisit.domain.local_time import day_of
from nextvisit.sdk.errors import RetryLater
from nextvisit.store.base.engine import Tx
from nextvisit.store.messages import daily_counts
from nextvisit_workflows.activities.equipment import Equipment


async def full(tx: Tx, equipment: Equipment) -> frozenset[str]:
    """The connections that have had as many messages of today as they may."""
    limits = {each.slug: each.per_day for each in equipment.connections.listed if each.per_day is not None}
    if not limits:
        return frozenset()
    used = await daily_counts.used(tx, _today(tx, equipment))
    return frozenset(slug for slug, limit in limits.items() if used.get(slug, 0) >= limit)


def tomorrow(tx: Tx, equipment: Equipment) -> datetime:
    """When they take messages again."""
    return day_of(tx.now, equipment.site.zone)[1]


async def count(tx: Tx, equipment: Equipment, connection: Connection) -> date | None:
    """One more message; for which day it counts. None: the connection has no limit.

    Raises RetryLater when others took the last one since the gate looked, which looks again then.
    """
    if connection.per_day is None:
        return None
    day = _today(tx, equipment)
    if not await daily_counts.take(tx, connection.slug, day, connection.per_day):
        raise RetryLater("channel.day_full", f"channel {connection.slug}", after=timedelta())
    return day


async def count_answer(tx: Tx, equipment: Equipment, connection: Connection) -> date | None:
    """As `count`, of an answer that is owed at once: it counts, and no limit holds it back."""
    if connection.per_day is None:
        return None
    day = _today(tx, equipment)
    await daily_counts.take(tx, connection.slug, day, None)
    return day


async def uncount(tx: Tx, connection: Connection, day: date | None) -> None:
    """A message that was counted for `day` was never given to its provider."""
    if day is not None:
        await daily_counts.give_back(tx, connection.slug, day)


def _today(tx: Tx, equipment: Equipment) -> date:
    return tx.now.astimezone(equipment.site.zone).date()
