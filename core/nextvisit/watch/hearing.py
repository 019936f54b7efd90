"""Whether what comes to us unasked is heard: patients' answers and receipts, what a MIS says by itself."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from nextvisit.sdk.ports import Channel, Listens, ListensWhereItSends, MisAdapter
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import listeners
from nextvisit.store.vitals.listeners import HeardListener
from nextvisit.watch.finding import Check, Finding, Grade, informs, wrong
from nextvisit.watch.listener import listener_on
from nextvisit.watch.servers import OtherSide

_DEAF: Final = timedelta(minutes=1)
"""A session that is lost is begun anew within that."""


def of_connections(
    database: Database, those: Mapping[str, Channel | MisAdapter], others: Mapping[str, OtherSide]
) -> Sequence[Check]:
    """One for each of them that listens."""
    return [
        Check(
            f"listener {slug}",
            "connection",
            partial(_heard, database, slug, roles, others[slug]),
            where=slug,
        )
        for slug, each in those.items()
        if (roles := _roles(each))
    ]


def _roles(connection: Channel | MisAdapter) -> Sequence[str]:
    """Which have to listen for it."""
    if isinstance(connection, ListensWhereItSends):
        return ("gateway", "worker")
    return ("gateway",) if isinstance(connection, Listens) else ()


async def _heard(database: Database, slug: str, roles: Sequence[str], other: OtherSide) -> Sequence[Finding]:
    async with database.transaction() as tx:
        living = [each for each in await listeners.living(tx) if each.origin == slug]
    speak = listeners.spokesmen(living)
    found = [_of_role(role, speak.get((role, slug)), other) for role in roles]
    return [
        *found,
        *(_beside(each, other) for each in living if not each.hears and speak[each.role, slug].hears),
    ]


def _of_role(role: str, spoken: HeardListener | None, other: OtherSide) -> Finding:
    if spoken is None:
        return wrong(
            "listener.none",
            f"no {role} listens to {other.name}",
            touches=_TOUCHES,
            do=f"start the {role} (`nextvisit {role}`, or `nextvisit up` for all), once more if it began"
            f" before {other.settings} was set",
        )
    if spoken.hears and spoken.fault is not None and spoken.age <= _DEAF:
        # One that is lost again and again is never deaf for long.
        says = f"the {role} hears {other.name} again, after {spoken.fault}"
        return informs("listener.lost_before", says, since=spoken.since_wall)
    if spoken.hears:
        return Finding(Grade.OK, f"the {role} listens to {other.name}", since=spoken.since_wall)
    says = (
        f"the {role} on {spoken.host} does not hear {other.name}: {spoken.fault or 'has not begun to listen'}"
    )
    if spoken.age <= _DEAF:
        return informs("listener.deaf", says, since=spoken.since_wall, touches=_TOUCHES)
    return wrong(
        "listener.deaf", says, since=spoken.since_wall, touches=_TOUCHES, do=_what_to_do(spoken, other)
    )


def _beside(deaf: HeardListener, other: OtherSide) -> Finding:
    """Another process of its role hears, so that nothing is missed."""
    says = f"another {deaf.role} on {deaf.host} does not hear {other.name}: {deaf.fault or 'it only began'}"
    return informs("listener.deaf_beside", says, since=deaf.since_wall)


_TOUCHES: Final = "whatever it says unasked: patients' answers and receipts, changes of a MIS"


def _what_to_do(deaf: HeardListener, other: OtherSide) -> str:
    if deaf.fault is not None and deaf.fault.endswith("EADDRINUSE"):
        return f"end {_owner(deaf, other)}, or choose another port in {other.settings}"
    return (
        f"see whether {other.name} runs, can be reached from there and lets us in, and whether"
        f" {other.settings} is right; it is tried again every minute, and the {deaf.role}'s log has more"
    )


def _owner(deaf: HeardListener, other: OtherSide) -> str:
    """Only of this machine can it be said."""
    _, _, port = (other.at or "").rpartition(":")
    owner = listener_on(int(port)) if port.isdigit() and deaf.host == socket.gethostname() else None
    return f"the program that has the port: {owner}" if owner is not None else "the program that has the port"
