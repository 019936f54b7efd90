"""How the second reader of replies fares: what it read, what it did not, and since when it reads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from nextvisit.store.base.engine import Tx


@dataclass(frozen=True, slots=True)
class ReaderRecord:
    """Of one reader, over all processes and since it was first asked.

    failing_since_wall: None while the last reply was read. code: of the last failure, at `failed_at_wall`.
    """

    answered: int
    failed: int
    failing_since_wall: datetime | None
    failed_at_wall: datetime | None
    code: str | None


async def answered(tx: Tx, slug: str) -> None:
    """It read a reply."""
    statement = text(
        """
        INSERT INTO second_reader (slug, answered, failed) VALUES (:slug, 1, 0)
        ON CONFLICT (slug) DO UPDATE SET
            answered = second_reader.answered + 1, failing_since_wall = NULL
        """
    )
    await tx.connection.execute(statement, {"slug": slug})


async def failed(tx: Tx, slug: str, code: str) -> None:
    """It did not, so the rules alone did. code: why."""
    statement = text(
        """
        INSERT INTO second_reader (slug, answered, failed, failing_since_wall, failed_at_wall, code)
        VALUES (:slug, 0, 1, clock_timestamp(), clock_timestamp(), :code)
        ON CONFLICT (slug) DO UPDATE SET
            failed = second_reader.failed + 1,
            failing_since_wall = coalesce(second_reader.failing_since_wall, excluded.failing_since_wall),
            failed_at_wall = excluded.failed_at_wall, code = excluded.code
        """
    )
    await tx.connection.execute(statement, {"slug": slug, "code": code})


async def record(tx: Tx, slug: str) -> ReaderRecord | None:
    """None: it was never asked."""
    statement = text(
        """
        SELECT answered, failed, failing_since_wall, failed_at_wall, code
        FROM second_reader WHERE slug = :slug
        """
    )
    row = (await tx.connection.execute(statement, {"slug": slug})).mappings().one_or_none()
    return None if row is None else ReaderRecord(**row)
