"""Where the pull from each MIS connection stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from nextvisit.sdk.records import Cursor
from nextvisit.store.base.engine import Tx


@dataclass(frozen=True, slots=True)
class MisStatus:
    """One connection. last_error: the code of the latest failure, None since the last success."""

    source: str
    cursor: Cursor | None
    pages: int
    resources: int
    last_ok_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None


async def lock_source(tx: Tx, source: str) -> None:
    """One writer of a source's records at a time, until the commit.

    Without it a patient and their appointment in two transactions would not see each other.
    """
    statement = text("SELECT pg_advisory_xact_lock(hashtextextended('mis ' || :source, 0))")
    await tx.connection.execute(statement, {"source": source})


async def begin_pull(tx: Tx, source: str) -> Cursor | None:
    """Where the pull goes on; None: from the beginning. Who asks for a pull from now on means another."""
    statement = text("UPDATE mis_connection SET pull_asked_at = NULL WHERE source = :source RETURNING cursor")
    found = (await tx.connection.execute(statement, {"source": source})).scalar_one_or_none()
    return None if found is None else Cursor(found)


async def ask_for_pull(tx: Tx, source: str) -> bool:
    """The next pull need not wait. False when that was said and no pull has begun since.

    A workflow bears only so many signals, and a MIS may hint at every record of a night's import.
    """
    statement = text(
        """
        INSERT INTO mis_connection (source, pages, resources, pull_asked_at) VALUES (:source, 0, 0, :now)
        ON CONFLICT (source) DO UPDATE SET pull_asked_at = excluded.pull_asked_at
            WHERE mis_connection.pull_asked_at IS NULL
        RETURNING source
        """
    )
    values = {"source": source, "now": tx.now}
    return (await tx.connection.execute(statement, values)).one_or_none() is not None


async def advance(tx: Tx, source: str, cursor: Cursor, count: int) -> None:
    """A page of `count` things is safe; belongs in the transaction that put it into the inbox."""
    statement = text(
        """
        INSERT INTO mis_connection (source, cursor, pages, resources, last_ok_at)
        VALUES (:source, :cursor, 1, :count, :now)
        ON CONFLICT (source) DO UPDATE SET
            cursor = excluded.cursor,
            pages = mis_connection.pages + 1,
            resources = mis_connection.resources + excluded.resources,
            last_ok_at = excluded.last_ok_at,
            last_error = NULL
        """
    )
    await tx.connection.execute(
        statement, {"source": source, "cursor": cursor, "count": count, "now": tx.now}
    )


async def fault(tx: Tx, source: str, code: str) -> None:
    """The pull failed; `code` as in sdk.errors."""
    statement = text(
        """
        INSERT INTO mis_connection (source, pages, resources, last_error, last_error_at)
        VALUES (:source, 0, 0, :code, :now)
        ON CONFLICT (source) DO UPDATE SET
            last_error = excluded.last_error, last_error_at = excluded.last_error_at
        """
    )
    await tx.connection.execute(statement, {"source": source, "code": code, "now": tx.now})


async def status(tx: Tx) -> Sequence[MisStatus]:
    """All connections that ever answered or failed."""
    rows = await tx.connection.execute(
        text(
            "SELECT source, cursor, pages, resources, last_ok_at, last_error, last_error_at"
            " FROM mis_connection ORDER BY source"
        )
    )
    return [MisStatus(**row) for row in rows.mappings()]
