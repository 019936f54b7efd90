"""`nextvisit mis …`."""

from __future__ import annotations

from typing import Annotated

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.output import emit_json, say
from nextvisit.cli.tables import emit_table
from nextvisit.desk import connections


@command(READS)
async def sync(
    call: Call,
    source: Annotated[str | None, typer.Argument(help="Which connection; default: all.")] = None,
) -> None:
    """Pull what is new, page by page, into the inbox, and process it. Can be stopped and goes on.

    Example: `nextvisit mis sync clinic`
    """

    def progress(slug: str, pages: int, things: int) -> None:
        if not call.json and pages % 10 == 0:
            say(f"{slug}: {pages} pages, {things} things")

    async with call.appliance() as opened:
        adapters = connections.chosen(opened.mis, source)
        synced = await connections.sync(opened.database, adapters, opened.intake(), progress)
    if call.json:
        emit_json({**synced.pulled, "inbox": {"parked": synced.parked}})
        return
    for slug, count in synced.pulled.items():
        say(f"{slug}: {count.pages} pages, {count.things} things")
    say(f"inbox: {synced.parked} parked")


@command(READS)
async def status(call: Call) -> None:
    """Show how far each connection is read, and what went wrong last.

    Example: `nextvisit mis status`
    """
    async with call.appliance() as opened:
        found = await connections.status(opened.database)
    if call.json:
        emit_json(found)
        return
    rows = [(each.source, each.pages, each.resources, each.last_ok_at, each.last_error) for each in found]
    columns = ("connection", "pages", "things", "last read", "last error")
    emit_table("", columns, rows, empty="Nothing was read yet.")
