"""`nextvisit status`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.findings import end_by, say_wrong
from nextvisit.cli.output import emit_json, say
from nextvisit.cli.tables import console, emit_table
from nextvisit.watch.glance import Glance, glance

_EVERY = 3.0


@command(READS)
async def status(
    call: Call,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again every few seconds, until Ctrl-C.")
    ] = False,
) -> None:
    """Show at a glance which roles run, how the connections fare, what today brought, and what is wrong.

    Asks the database alone; `nextvisit doctor` asks everybody. Ends with 1 when something needs a person.

    Example: `nextvisit status --watch`
    """
    async with call.appliance() as opened:
        asked = opened.examinee()
        seen = await glance(asked, opened.database)
        _show(call, seen)
        while watch:
            await asyncio.sleep(_EVERY)
            seen = await glance(asked, opened.database)
            if console.is_terminal and not call.json:
                console.clear()
            _show(call, seen)
    end_by(seen.examined)


def _show(call: Call, seen: Glance) -> None:
    if call.json:
        emit_json(seen)
        return
    roles = [(each.role, each.ready, each.waiting, each.silent) for each in seen.roles]
    emit_table("", ("role", "ready", "waiting", "silent"), roles, empty="")
    connections = [
        (each.connection, each.kind, each.state, each.code, each.since) for each in seen.connections
    ]
    columns = ("connection", "kind", "state", "last code", "since")
    emit_table("", columns, connections, empty="The settings name no connection.")
    day, waits = seen.today, seen.waiting
    say(
        f"today: {day.sent} sent, {day.delivered} delivered, {day.replied} answered, {day.unknown} unknown,"
        f" {day.auto_replies} written back, {day.booked} booked",
        f"waiting: {waits.inbox} in the inbox, {waits.parked} parked, {waits.outbox} in the outbox,"
        f" {waits.tasks} tasks; {waits.journeys} journeys open",
    )
    if seen.examined:
        say_wrong(seen.examined)
    else:
        say("nothing needs a person")
