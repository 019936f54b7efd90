"""What was heard last from an address on a connection: a session stands open by it, and it can be quoted.

No evidence: a row is written over by what comes later, and goes once nothing can depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, case, delete, false, select
from sqlalchemy.dialects.postgresql import insert

from nextvisit.store.base.engine import Tx
from nextvisit.store.base.tables import HeardOnceRow, HeardRow, table_of
from nextvisit.store.people.identity import ContactDigest

_rows = table_of(HeardRow)
_once = table_of(HeardOnceRow)
_TABLE: Final = "heard"
_AGAIN: Final = timedelta(hours=6)
"""Within it a provider repeats what it was not sure of."""
KEPT: Final = timedelta(days=30)
"""Longer than any session, and than anybody's answer is quoted."""


@dataclass(frozen=True, slots=True)
class LastHeard:
    """at: when it was written. said_ref: our name of it. provider_ref: the provider's. over: the provider has
    said since that its session is.
    """

    at: datetime
    said_ref: str
    provider_ref: str | None
    over: bool


async def hear(
    tx: Tx,
    connection: str,
    address: ContactDigest,
    *,
    at: datetime,
    said_ref: str,
    provider_ref: str | None,
) -> None:
    """Somebody has written from there; what was written earlier than what is known changes nothing."""
    row = _row(connection, address)
    sealed = (
        None if provider_ref is None else tx.vault.seal_blob(_TABLE, "sealed_ref", row, provider_ref.encode())
    )
    said = {"at": at, "said_ref": said_ref, "sealed_ref": sealed, "over_at": None}
    place = {"connection": connection, "space": address[0], "digest": address[1]}
    await tx.connection.execute(
        insert(_rows)
        .values(**place, **said)
        .on_conflict_do_update(
            index_elements=["connection", "space", "digest"], set_=said, where=_rows.c.at <= at
        )
    )


async def last(tx: Tx, connection: str, address: ContactDigest) -> LastHeard | None:
    """None: nothing, or nothing for long."""
    found = (await tx.connection.execute(select(_rows).where(*_is(connection, address)))).one_or_none()
    if found is None:
        return None
    ref = found.sealed_ref
    row = _row(connection, address)
    opened = None if ref is None else tx.vault.open_blob(_TABLE, "sealed_ref", row, ref).decode()
    return LastHeard(found.at, found.said_ref, opened, found.over_at is not None)


async def session_over(tx: Tx, connection: str, address: ContactDigest) -> None:
    """The provider says so, whatever we reckon; until somebody writes from there again."""
    place = {"connection": connection, "space": address[0], "digest": address[1]}
    # Where nothing was heard, whatever is heard next is later than this.
    row = place | {"at": tx.now - KEPT, "said_ref": "", "over_at": tx.now}
    await tx.connection.execute(
        insert(_rows)
        .values(row)
        .on_conflict_do_update(index_elements=["connection", "space", "digest"], set_={"over_at": tx.now})
    )


async def for_the_first_time(
    tx: Tx, connection: str, *, sender: str, text: str, provider_ref: str, at: datetime | None, said_ref: str
) -> bool:
    """False: this very thing was said before, in another row: providers repeat what they were not sure of.

    at: when the provider says that it was written. All of it counts: who is told that somebody wrote the same
    again under another id, or something else under the same, hears that.
    """
    # Ids come round again: without its instant the same words may be new ones.
    is_old = false() if at is not None else _once.c.at < tx.now - _AGAIN
    said = "\0".join((connection, sender, text, provider_ref, "" if at is None else at.isoformat()))
    statement = (
        insert(_once)
        .values(digest=tx.vault.dedupe_digest(said), said_ref=said_ref, at=tx.now)
        .on_conflict_do_update(
            index_elements=["digest"],
            set_={
                "said_ref": case((is_old, said_ref), else_=_once.c.said_ref),
                "at": case((is_old, tx.now), else_=_once.c.at),
            },
        )
        .returning(_once.c.said_ref)
    )
    return bool((await tx.connection.execute(statement)).scalar_one() == said_ref)


async def forget(tx: Tx, before: datetime) -> None:
    """What is older."""
    for rows in (_rows, _once):
        await tx.connection.execute(delete(rows).where(rows.c.at < before))


def _is(connection: str, address: ContactDigest) -> tuple[ColumnElement[bool], ...]:
    return (
        _rows.c.connection == connection,
        _rows.c.space == address[0],
        _rows.c.digest == address[1],
    )


def _row(connection: str, address: ContactDigest) -> str:
    return f"{connection}:{address[0]}:{address[1].hex()}"
