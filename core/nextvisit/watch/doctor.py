"""The one list of checks: everything that has to answer, asked in turn. Sends nothing to anybody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from nextvisit.sdk.errors import NextVisitError, RetryLater
from nextvisit.sdk.ports import Channel, MisAdapter
from nextvisit.store.base.engine import Database
from nextvisit.store.queues import inbox, outbox

Ask = Callable[[], Awaitable[str]]
"""Answers in a sentence, or raises one of our errors."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was asked, and what it answered, or what is wrong with it."""

    what: str
    ok: bool
    answer: str


def checks(
    database: Database, temporal: Ask, mis: Mapping[str, MisAdapter], channels: Mapping[str, Channel]
) -> Mapping[str, Ask]:
    """By what is asked. `temporal`: nobody but the composition root can connect to it."""
    return {
        "database": lambda: _database(database),
        "inbox": lambda: _inbox(database),
        "outbox": lambda: _outbox(database),
        "temporal": temporal,
        **{f"mis {slug}": adapter.check for slug, adapter in mis.items()},
        **{f"channel {slug}": channel.check for slug, channel in channels.items()},
    }


async def examine(asked: Mapping[str, Ask]) -> Sequence[Finding]:
    """All of them, whatever the others answer."""
    found = []
    for what, ask in asked.items():
        try:
            found.append(Finding(what, ok=True, answer=await ask()))
        except NextVisitError as error:
            found.append(Finding(what, ok=False, answer=str(error)))
    return found


async def _database(database: Database) -> str:
    async with database.transaction() as tx:
        keys = len(tx.vault.payload_keys())
    return (
        f"answers, schema is current, root key opens the ring ({keys} payload key{'s' if keys > 1 else ''})"
    )


async def _inbox(database: Database) -> str:
    async with database.transaction() as tx:
        counts = await inbox.counts(tx)
    look = ", see `nextvisit inbox list --state parked`" if counts["parked"] else ""
    return f"{counts['new']} new, {counts['parked']} parked{look}"


async def _outbox(database: Database) -> str:
    """What a worker tells Temporal; tried in vain, it needs somebody to look."""
    async with database.transaction() as tx:
        waiting = await outbox.pending(tx)
    if waiting.failed:
        said = f"{waiting.failed} of {waiting.count} waiting were tried in vain"
        raise RetryLater("outbox.untold", f"{said}; the worker's log says why (relay.…)")
    since = "" if waiting.oldest is None else f", the oldest since {waiting.oldest:%Y-%m-%d %H:%M} UTC"
    return f"{waiting.count} waiting{since}"
