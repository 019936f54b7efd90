"""Which process alone may listen on a connection: of two sessions each would take the other's words."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from nextvisit.store.base.engine import Tx


async def take(tx: Tx, origin: str, instance: str, span: timedelta) -> bool:
    """Take the lease of this connection, or keep it, for `span` of the database's clock from now on.

    False: another process has it, and has not let it go or run out.
    """
    statement = text(
        """
        INSERT INTO listener_lease AS held (origin, instance, until_wall)
        VALUES (:origin, :instance, clock_timestamp() + CAST(:span AS interval))
        ON CONFLICT (origin) DO UPDATE SET instance = excluded.instance, until_wall = excluded.until_wall
        WHERE held.instance = excluded.instance OR held.until_wall < clock_timestamp()
        RETURNING instance
        """
    )
    values = {"origin": origin, "instance": instance, "span": span}
    return (await tx.connection.execute(statement, values)).first() is not None


async def let_go(tx: Tx, origin: str, instance: str) -> None:
    """Whoever waits for it need not wait until it runs out."""
    statement = text("DELETE FROM listener_lease WHERE origin = :origin AND instance = :instance")
    await tx.connection.execute(statement, {"origin": origin, "instance": instance})
