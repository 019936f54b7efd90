"""`nextvisit inbox …`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from nextvisit.cli.call import AUDITED, READS, Call, command
from nextvisit.cli.output import emit_json, say
from nextvisit.cli.tables import emit_table
from nextvisit.desk import inbox


@command(READS)
async def listing(
    call: Call,
    state: Annotated[Literal["new", "done", "parked"], typer.Option(help="Which things.")] = "parked",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """List what is in the inbox; parked things wait for somebody with their reason.

    Example: `nextvisit inbox list --state parked`
    """
    async with call.appliance() as opened:
        found = await inbox.listing(opened.database, state, limit)
    if call.json:
        emit_json(found)
        return
    say(" · ".join(f"{name} {count}" for name, count in found.counts.items()))
    rows = [
        (each.id, each.kind, each.origin, each.resource, each.received_at, each.attempts, each.reason)
        for each in found.things
    ]
    columns = ("id", "kind", "from", "what", "received", "tries", "reason")
    emit_table("", columns, rows, empty=f"Nothing is {state}.", zone=opened.site.zone)


@command(AUDITED)
async def replay(
    call: Call,
    ids: Annotated[
        list[int] | None, typer.Argument(help="Which parked things; default: all of them.")
    ] = None,
) -> None:
    """Process parked things again, after what stood in their way was mended.

    Example: `nextvisit inbox replay 4711 4712`
    """
    async with call.appliance() as opened:
        count = await inbox.replay(opened.database, ids, call.by)
    if call.json:
        emit_json({"replayed": count})
    else:
        say(f"{count} {'thing is' if count == 1 else 'things are'} queued to be processed again")
