"""What came in, raw and sealed, until it is processed. Nothing leaves but as done or parked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID

import structlog
from sqlalchemy import text

from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.store.base.engine import Tx
from nextvisit.store.vault.seal import DataKey, seal

InboxKind = Literal[
    "mis_page",
    "mis_look_up",
    "mis_inbound",
    "mis_webhook",
    "mis_resource",
    "mis_news",
    "channel",
    "webhook",
    "page_answer",
]
InboxState = Literal["new", "done", "parked"]

MAX_ATTEMPTS = 10
_REPLAYED = "replayed"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, repr=False)
class InboxItem:
    """A thing to process. replayed: it was parked, and others went on. `repr` shows no body."""

    id: int
    kind: InboxKind
    origin: str
    body: bytes
    count: int
    attempts: int
    received_at: datetime
    replayed: bool

    def __repr__(self) -> str:
        return f"InboxItem(id={self.id}, kind={self.kind!r}, origin={self.origin!r})"


@dataclass(frozen=True, slots=True, repr=False)
class InboxListing:
    """A thing as an operator sees it. body: of a mis_resource alone, which names what it is a version of."""

    id: int
    kind: InboxKind
    origin: str
    count: int
    state: InboxState
    reason: str | None
    attempts: int
    received_at: datetime
    done_at: datetime | None
    body: bytes | None


def _place(kind: str, origin: str, dedupe: str) -> str:
    return f"{kind}\0{origin}\0{dedupe}"


async def put(
    tx: Tx,
    *,
    kind: InboxKind,
    origin: str,
    dedupe: str,
    body: bytes,
    count: int = 1,
    about: str | None = None,
    within: int | None = None,
    waits: timedelta = timedelta(0),
) -> bool:
    """Keep it; False when the same thing is here already. Durable once the transaction commits.

    origin: the connection's slug. about: the thing of the MIS that it is a version of. within: the row that
    it stands in, whose body it needs. dedupe and about may hold anything: only keyed digests are stored.
    waits: how long by the wall before it may be taken.
    """
    key = tx.vault.dedupe_digest(dedupe).hex()
    sealed = tx.vault.seal_inbox(_place(kind, origin, key), body)
    statement = text(
        """
        INSERT INTO inbox
            (kind, origin, dedupe, about, within, sealed_body, count, state, attempts, received_at,
            retry_at_wall)
        VALUES (:kind, :origin, :dedupe, :about, :within, :sealed, :count, 'new', 0, :now,
            CASE WHEN CAST(:waits AS interval) > interval '0'
                THEN clock_timestamp() + CAST(:waits AS interval) END)
        ON CONFLICT (kind, origin, dedupe) DO NOTHING
        RETURNING pg_notify('inbox', '')
        """
    )
    values = {
        "kind": kind,
        "origin": origin,
        "dedupe": key,
        "about": None if about is None else tx.vault.mis_ref_digest(origin, about),
        "within": within,
        "sealed": sealed,
        "count": count,
        "now": tx.now,
        "waits": waits,
    }
    return (await tx.connection.execute(statement, values)).one_or_none() is not None


async def take(
    tx: Tx, limit: int, *, kinds: Sequence[InboxKind] | None = None, origin: str | None = None
) -> Sequence[InboxItem]:
    """The oldest new things, of these kinds and this connection; locked until the commit, others' skipped.

    What does not open any more is parked, so that it does not stand in the others' way.
    """
    statement = text(
        """
        SELECT id, kind, origin, dedupe, sealed_body, count AS things, attempts, received_at, reason
        FROM inbox
        WHERE state = 'new' AND (retry_at_wall IS NULL OR retry_at_wall <= clock_timestamp())
          AND (CAST(:kinds AS text[]) IS NULL OR kind = ANY(CAST(:kinds AS text[])))
          AND (CAST(:origin AS text) IS NULL OR origin = :origin)
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
        """
    )
    items: list[InboxItem] = []
    values = {"limit": limit, "kinds": None if kinds is None else list(kinds), "origin": origin}
    for row in (await tx.connection.execute(statement, values)).all():
        body = opened(tx, row)
        if isinstance(body, Bug):
            log.error("inbox.unopenable", inbox=row.id, code=body.code)
            await park(tx, row.id, body.code)
        else:
            items.append(_item(row, body))
    return items


async def waiting_about(tx: Tx, origin: str, things: Sequence[str]) -> Sequence[tuple[int, bytes]]:
    """(id, body) of the versions of these things that are new or parked, as far as they open."""
    statement = text(
        """
        SELECT id, kind, origin, dedupe, sealed_body FROM inbox
        WHERE about = ANY(CAST(:about AS bytea[])) AND state <> 'done' ORDER BY id
        """
    )
    about = [tx.vault.mis_ref_digest(origin, thing) for thing in things]
    rows = (await tx.connection.execute(statement, {"about": about})).all()
    bodies = [(row.id, opened(tx, row)) for row in rows]
    return [(row, body) for row, body in bodies if not isinstance(body, Bug)]


async def body_of(tx: Tx, item: int) -> bytes | None:
    """What came in, whatever became of it; None when it does not open any more, or was removed."""
    statement = text(
        "SELECT id, kind, origin, dedupe, sealed_body FROM inbox"
        " WHERE id = :id AND patient_id IS NULL AND sealed_body IS NOT NULL"
    )
    row = (await tx.connection.execute(statement, {"id": item})).one_or_none()
    body = None if row is None else opened(tx, row)
    return None if isinstance(body, Bug) else body


def opened(tx: Tx, row: Any) -> bytes | Bug:
    """The body of such a row; a Bug when it does not open, whatever was made of it.

    Raises Bug in a process that has no key of the inbox.
    """
    if not row.sealed_body:
        return Bug("inbox.no_body", f"row {row.id}")
    place = _place(row.kind, row.origin, row.dedupe)
    try:
        return tx.vault.open_inbox(place, row.sealed_body)
    except Bug as error:
        if error.code == "vault.not_granted":
            raise
        return error
    except ConfigError as error:  # it names a key that the ring does not have
        return Bug(error.code, f"row {row.id}")


def _item(row: Any, body: bytes) -> InboxItem:
    return InboxItem(
        id=row.id,
        kind=row.kind,
        origin=row.origin,
        body=body,
        count=row.things,
        attempts=row.attempts,
        received_at=row.received_at,
        replayed=row.reason == _REPLAYED,
    )


async def overtaken(tx: Tx, item: InboxItem, kinds: Sequence[InboxKind]) -> bool:
    """Whether something of these kinds that came later on the same connection is processed already."""
    statement = text(
        "SELECT EXISTS (SELECT FROM inbox WHERE id > :id AND state = 'done' AND origin = :origin"
        " AND kind = ANY(CAST(:kinds AS text[])))"
    )
    values = {"id": item.id, "origin": item.origin, "kinds": list(kinds)}
    return bool((await tx.connection.execute(statement, values)).scalar_one())


async def done(tx: Tx, item: InboxItem, of: tuple[UUID, DataKey | None] | None = None) -> None:
    """It is processed. of: the one patient whom it is about, and their key, None when they were erased.

    What is about one is sealed anew, so that the patient's key is all that opens it; what is about several
    or nobody stays until `remove_bodies`.
    """
    patient, key = (None, None) if of is None else of
    statement = text(
        """
        UPDATE inbox SET state = 'done', reason = NULL, done_at = :now, patient_id = :patient,
            sealed_body = CASE WHEN CAST(:patient AS uuid) IS NULL THEN sealed_body ELSE :sealed END
        WHERE id = :id
        """
    )
    sealed = None if key is None else seal(key, "inbox", "sealed_body", str(item.id), item.body)
    await tx.connection.execute(
        statement, {"id": item.id, "now": tx.now, "patient": patient, "sealed": sealed}
    )


async def supersede(tx: Tx, items: Sequence[int]) -> None:
    """Something later came of what these could not be made of; nothing is left to do with them."""
    statement = text(
        "UPDATE inbox SET state = 'done', reason = 'superseded', done_at = :now"
        " WHERE id = ANY(CAST(:ids AS bigint[]))"
    )
    await tx.connection.execute(statement, {"ids": list(items), "now": tx.now})


async def replace(tx: Tx, *, kind: InboxKind, origin: str, dedupe: str) -> None:
    """More came of this than it holds. Nothing happens when it was taken meanwhile."""
    statement = text(
        "UPDATE inbox SET state = 'done', reason = 'superseded', done_at = :now"
        " WHERE kind = :kind AND origin = :origin AND dedupe = :dedupe AND state = 'new'"
    )
    key = tx.vault.dedupe_digest(dedupe).hex()
    values = {"kind": kind, "origin": origin, "dedupe": key, "now": tx.now}
    await tx.connection.execute(statement, values)


async def park(tx: Tx, item: int, reason: str) -> None:
    """It cannot be processed until somebody acts; `reason` is a code without patient data."""
    statement = text(
        "UPDATE inbox SET state = 'parked', reason = :reason, attempts = attempts + 1 WHERE id = :id"
    )
    await tx.connection.execute(statement, {"id": item, "reason": reason})


async def retry(tx: Tx, item: int, reason: str, *, counts: bool = True) -> InboxState:
    """It failed for now: taken again after 1, 4, 9, … seconds of the wall; parked after 10 attempts.

    counts: False for what was no attempt; it is taken again after a second.
    """
    statement = text(
        """
        UPDATE inbox SET
            attempts = attempts + CAST(:counted AS integer),
            reason = :reason,
            state = CASE WHEN attempts + CAST(:counted AS integer) >= :most THEN 'parked' ELSE state END,
            retry_at_wall = clock_timestamp()
                + make_interval(secs => power(attempts * CAST(:counted AS integer) + 1, 2))
        WHERE id = :id
        RETURNING state
        """
    )
    values = {"id": item, "reason": reason, "most": MAX_ATTEMPTS, "counted": int(counts)}
    state: InboxState = (await tx.connection.execute(statement, values)).scalar_one()
    return state


async def replay(tx: Tx, items: Sequence[int] | None = None) -> int:
    """Make parked things new again: these, or all of them. Returns how many."""
    statement = text(
        """
        WITH again AS (
            UPDATE inbox SET state = 'new', reason = :replayed, attempts = 0, retry_at_wall = NULL
            WHERE state = 'parked' AND (CAST(:ids AS bigint[]) IS NULL OR id = ANY(CAST(:ids AS bigint[])))
            RETURNING id
        )
        SELECT count(*), pg_notify('inbox', '') FROM again
        """
    )
    ids = None if items is None else list(items)
    return int((await tx.connection.execute(statement, {"ids": ids, "replayed": _REPLAYED})).one()[0])


async def listing(tx: Tx, state: InboxState, limit: int) -> Sequence[InboxListing]:
    """The oldest in this state."""
    statement = text(
        """
        SELECT id, kind, origin, dedupe, count AS things, state, reason, attempts, received_at, done_at,
            CASE WHEN kind = 'mis_resource' AND patient_id IS NULL THEN sealed_body END AS sealed_body
        FROM inbox WHERE state = :state ORDER BY id LIMIT :limit
        """
    )
    rows = await tx.connection.execute(statement, {"state": state, "limit": limit})
    return [_listed(tx, row) for row in rows]


def _listed(tx: Tx, row: Any) -> InboxListing:
    body = None if row.sealed_body is None else opened(tx, row)
    return InboxListing(
        id=row.id,
        kind=row.kind,
        origin=row.origin,
        count=row.things,
        state=row.state,
        reason=row.reason,
        attempts=row.attempts,
        received_at=row.received_at,
        done_at=row.done_at,
        body=None if isinstance(body, Bug) else body,
    )


async def counts(tx: Tx) -> Mapping[InboxState, int]:
    """How many things are in each state."""
    rows = await tx.connection.execute(text("SELECT state, count(*) FROM inbox GROUP BY state"))
    found = {state: int(number) for state, number in rows}
    return {state: found.get(state, 0) for state in get_args(InboxState)}


async def hold_lane(tx: Tx, lane: str) -> bool:
    """Whether this lane of the inbox is ours until the transaction ends; others then leave it alone."""
    statement = text("SELECT pg_try_advisory_xact_lock(hashtextextended('inbox lane ' || :lane, 0))")
    return bool((await tx.connection.execute(statement, {"lane": lane})).scalar_one())
