"""What providers have said of addresses: whether one takes messages there at all. Good for a while each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from nextvisit.sdk.channels import Reachability
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.tables import AddressCheckRow, table_of
from nextvisit.store.people.identity import ContactDigest

_rows = table_of(AddressCheckRow)


async def known(tx: Tx, connection: str, address: ContactDigest) -> Reachability | None:
    """None: nobody has asked, or too long ago."""
    query = select(_rows.c.answer).where(
        _rows.c.connection == connection,
        _rows.c.space == address[0],
        _rows.c.digest == address[1],
        _rows.c.until > tx.now,
    )
    found: str | None = await tx.connection.scalar(query)
    return None if found is None else Reachability(found)


async def keep(
    tx: Tx, connection: str, address: ContactDigest, answer: Reachability, *, until: datetime
) -> None:
    """In the place of what was said before."""
    said = {"answer": answer.value, "until": until}
    await tx.connection.execute(
        insert(_rows)
        .values(connection=connection, space=address[0], digest=address[1], **said)
        .on_conflict_do_update(index_elements=["connection", "space", "digest"], set_=said)
    )


async def forget(tx: Tx) -> None:
    """What is good no more."""
    await tx.connection.execute(delete(_rows).where(_rows.c.until <= tx.now))
