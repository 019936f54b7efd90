"""`nextvisit doctor`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import typer

from nextvisit.cli.context import DEFAULT_CONFIG, Config, Demo, Json, appliance, run
from nextvisit.cli.output import emit_json, say
from nextvisit.install.bootstrap import Appliance
from nextvisit.sdk.errors import NextVisitError, RetryLater
from nextvisit.store.queues import inbox, outbox


def doctor(config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False) -> None:
    """Ask everything that has to answer; sends nothing to anybody. Ends with 1 when something is wrong.

    Example: `nextvisit doctor --json`
    """
    found = run(_examine(config, demo))
    if json:
        emit_json([{"what": what, "ok": ok, "answer": answer} for what, ok, answer in found])
    else:
        for what, ok, answer in found:
            say(f"{'ok   ' if ok else 'WRONG'}  {what}: {answer}")
    if not all(ok for _, ok, _ in found):
        raise typer.Exit(1)


async def _examine(config: Config, demo: Demo) -> list[tuple[str, bool, str]]:
    try:
        return await _ask_all(config, demo)
    except RetryLater as error:  # without the database nothing opens, and nobody else can be asked
        return [("database", False, str(error))]


async def _ask_all(config: Config, demo: Demo) -> list[tuple[str, bool, str]]:
    async with appliance(config, demo) as opened:
        questions: dict[str, Callable[[], Awaitable[str]]] = {
            "database": lambda: _database(opened),
            "inbox": lambda: _inbox(opened),
            "outbox": lambda: _outbox(opened),
            "temporal": lambda: _temporal(opened),
            **{f"mis {slug}": adapter.check for slug, adapter in opened.mis.items()},
            **{f"channel {slug}": channel.check for slug, channel in opened.channels.items()},
        }
        found = []
        for what, ask in questions.items():
            try:
                found.append((what, True, await ask()))
            except NextVisitError as error:
                found.append((what, False, str(error)))
        return found


async def _database(opened: Appliance) -> str:
    async with opened.database.transaction() as tx:
        keys = len(tx.vault.payload_keys())
    return (
        f"answers, schema is current, root key opens the ring ({keys} payload key{'s' if keys > 1 else ''})"
    )


async def _inbox(opened: Appliance) -> str:
    async with opened.database.transaction() as tx:
        counts = await inbox.counts(tx)
    look = ", see `nextvisit inbox list --state parked`" if counts["parked"] else ""
    return f"{counts['new']} new, {counts['parked']} parked{look}"


async def _outbox(opened: Appliance) -> str:
    """What a worker tells Temporal; tried in vain, it needs somebody to look."""
    async with opened.database.transaction() as tx:
        waiting = await outbox.pending(tx)
    if waiting.failed:
        said = f"{waiting.failed} of {waiting.count} waiting were tried in vain"
        raise RetryLater("outbox.untold", f"{said}; the worker's log says why (relay.…)")
    since = "" if waiting.oldest is None else f", the oldest since {waiting.oldest:%Y-%m-%d %H:%M} UTC"
    return f"{waiting.count} waiting{since}"


async def _temporal(opened: Appliance) -> str:
    client = await opened.temporal()
    return f"answers, namespace {client.namespace}"
