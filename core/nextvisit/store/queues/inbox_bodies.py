"""How long the raw bodies of the inbox stay, and which of them are about somebody who is erased."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from nextvisit.sdk.errors import Bug
from nextvisit.store.base.engine import Tx
from nextvisit.store.queues.inbox import InboxState, opened


@dataclass(frozen=True, slots=True)
class InboxMatch:
    """A row that is about somebody."""

    id: int
    state: InboxState


async def remove_bodies(tx: Tx, before: datetime, limit: int) -> int:
    """Of what was processed before then, for no one patient: the oldest `limit`. Returns how many.

    What a row that waits stands in stays with it.
    """
    statement = text(
        """
        UPDATE inbox SET sealed_body = NULL WHERE id IN (
            SELECT id FROM inbox i
            WHERE state = 'done' AND patient_id IS NULL AND sealed_body IS NOT NULL AND done_at < :before
                AND NOT EXISTS (SELECT FROM inbox w WHERE w.within = i.id AND w.state <> 'done')
            ORDER BY done_at LIMIT :limit FOR UPDATE SKIP LOCKED
        )
        """
    )
    return (await tx.connection.execute(statement, {"before": before, "limit": limit})).rowcount


async def unprocessed_of(
    tx: Tx, is_about: Callable[[bytes], bool], things: Sequence[bytes]
) -> Sequence[InboxMatch]:
    """What is new or parked and about somebody, and versions of these things of the MIS, by their digests."""
    statement = text(
        """
        SELECT id, kind, origin, dedupe, sealed_body, state, about = ANY(CAST(:things AS bytea[])) AS named
        FROM inbox WHERE state <> 'done' AND sealed_body IS NOT NULL ORDER BY id FOR UPDATE
        """
    )
    rows = (await tx.connection.execute(statement, {"things": list(things)})).all()
    return [InboxMatch(row.id, row.state) for row in rows if row.named or _is_about(tx, row, is_about)]


async def forget(tx: Tx, items: Sequence[int]) -> None:
    """Whom these are about was erased: nothing is left of them, nor to do with them."""
    statement = text(
        "UPDATE inbox SET state = 'done', reason = 'erased', done_at = :now, sealed_body = NULL"
        " WHERE id = ANY(CAST(:ids AS bigint[]))"
    )
    await tx.connection.execute(statement, {"ids": list(items), "now": tx.now})


async def forget_processed(tx: Tx, is_about: Callable[[bytes], bool]) -> None:
    """Somebody was erased: what was processed for no one patient goes, whomever it is about.

    Nothing but a look into the past needs it. What a row that waits stands in goes if it is about them.
    """
    held = text(
        """
        SELECT id, kind, origin, dedupe, sealed_body FROM inbox i
        WHERE state = 'done' AND patient_id IS NULL AND sealed_body IS NOT NULL
            AND EXISTS (SELECT FROM inbox w WHERE w.within = i.id AND w.state <> 'done')
        """
    )
    stays = [row.id for row in (await tx.connection.execute(held)).all() if not _is_about(tx, row, is_about)]
    statement = text(
        "UPDATE inbox SET sealed_body = NULL WHERE state = 'done' AND patient_id IS NULL"
        " AND sealed_body IS NOT NULL AND id <> ALL(CAST(:stays AS bigint[]))"
    )
    await tx.connection.execute(statement, {"stays": stays})


def _is_about(tx: Tx, row: Any, is_about: Callable[[bytes], bool]) -> bool:
    body = opened(tx, row)
    return not isinstance(body, Bug) and is_about(body)
