"""Whether servers answer: the database with its keys, each MIS, each provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

from nextvisit.sdk.errors import Rejected
from nextvisit.sdk.ports import Channel, MisAdapter
from nextvisit.store.base.engine import Database
from nextvisit.watch.finding import Check, Finding, fine, wrong


async def database(database: Database) -> Sequence[Finding]:
    """Without an open key ring nobody could be asked at all."""
    async with database.transaction() as tx:
        keys = len(tx.vault.payload_keys())
    return fine(
        f"answers, schema is current, root key opens the ring ({keys} payload key{'s' if keys > 1 else ''})"
    )


def connections(
    kind: Literal["mis", "channel"], those: Mapping[str, MisAdapter] | Mapping[str, Channel]
) -> Sequence[Check]:
    """One each."""
    return [
        Check(f"{kind} {slug}", "connection", partial(_connection, each), do=_what_to_do(kind, slug))
        for slug, each in those.items()
    ]


async def _connection(asked: MisAdapter | Channel) -> Sequence[Finding]:
    try:
        return fine(await asked.check())
    except Rejected as error:
        return [wrong(str(error), do="ask the other side about our account, or correct its settings")]


def _what_to_do(kind: Literal["mis", "channel"], slug: str) -> str:
    settings = "mis" if kind == "mis" else "channels"
    return f"see whether the server of {settings}.{slug}.settings runs and can be reached from here"
