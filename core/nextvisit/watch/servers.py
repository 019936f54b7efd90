"""Whether servers answer: the database with its keys, each MIS, each provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Literal

from nextvisit.clock import SystemClock
from nextvisit.sdk.errors import Rejected
from nextvisit.sdk.ports import Channel, MisAdapter, TellsTime
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals.heartbeats import APART
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
        answers = await asked.check()
        found = await _clock(asked) if isinstance(asked, TellsTime) else ()
    except Rejected as error:
        return [wrong(str(error), do="ask the other side about our account, or correct its settings")]
    return found or fine(answers)


async def _clock(asked: TellsTime) -> Sequence[Finding]:
    """Nothing, unless its clock was apart from ours all the while that it took to answer."""
    asked_at = SystemClock().now()
    theirs = await asked.time()
    if theirs is None or asked_at - APART <= theirs <= SystemClock().now() + APART:
        return []
    apart = theirs - asked_at
    return [
        wrong(
            f"its clock is {abs(apart).total_seconds():.0f} seconds"
            f" {'ahead of' if apart > timedelta() else 'behind'} this machine's",
            touches="what changed there is read late, and its times are taken for others",
            do="have both set by the same time server (NTP)",
        )
    ]


def _what_to_do(kind: Literal["mis", "channel"], slug: str) -> str:
    settings = "mis" if kind == "mis" else "channels"
    return f"see whether the server of {settings}.{slug}.settings runs and can be reached from here"
