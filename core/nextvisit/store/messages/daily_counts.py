"""How many messages a connection with a daily limit was given today, over all workers together.

One row for each connection, locked from the count to the commit of the claim: two workers never both take the
last one of a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select, text, update

from nextvisit.store.base.engine import Tx
from nextvisit.store.base.tables import ChannelDayRow, table_of

_days = table_of(ChannelDayRow)


async def take(tx: Tx, connection: str, day: date, limit: int | None) -> bool:
    """Count one more message of `day`. False: there were `limit` already, and nothing was counted."""
    # Whoever began before midnight and comes after it counts for the new day.
    statement = text(
        """
        INSERT INTO channel_day AS mine (connection, day, used) VALUES (:connection, :day, 1)
        ON CONFLICT (connection) DO UPDATE SET
            used = CASE WHEN mine.day < :day THEN 1 ELSE mine.used + 1 END,
            day = greatest(mine.day, :day)
            WHERE mine.day < :day OR mine.used < coalesce(CAST(:limit AS integer), mine.used + 1)
        RETURNING used
        """
    )
    values = {"connection": connection, "day": day, "limit": limit}
    return (await tx.connection.execute(statement, values)).scalar_one_or_none() is not None


async def give_back(tx: Tx, connection: str, day: date) -> None:
    """One that was counted for `day` was surely not taken by the provider."""
    await tx.connection.execute(
        update(_days)
        .where(_days.c.connection == connection, _days.c.day == day, _days.c.used > 0)
        .values(used=_days.c.used - 1)
    )


async def used(tx: Tx, day: date) -> Mapping[str, int]:
    """The messages of `day`, by connection; one without any is left out."""
    rows = await tx.connection.execute(select(_days.c.connection, _days.c.used).where(_days.c.day >= day))
    return {row.connection: row.used for row in rows}
