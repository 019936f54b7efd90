"""`nextvisit channel …`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from nextvisit.cli.call import AUDITED, READS, Call, command
from nextvisit.cli.findings import end_by, say_wrong
from nextvisit.cli.output import emit_json, say
from nextvisit.cli.tables import emit_table
from nextvisit.desk import channels
from nextvisit.domain.policies import DEFAULT_POLICY
from nextvisit.install.examinee import other_sides
from nextvisit.watch import hearing
from nextvisit.watch.doctor import examine, of_channels


@command(READS)
async def status(call: Call) -> None:
    """Show which connections work, and which are paused because their sends came to nothing, or not heard.

    Ends with 1 when one of them needs a person.

    Example: `nextvisit channel status`
    """
    async with call.appliance() as opened:
        found = await channels.status(opened.database, opened.connections, opened.site.zone)
        others = other_sides(opened.settings)
        asked = [
            *of_channels(opened.database, opened.settings.channels),
            *hearing.of_connections(opened.database, opened.channels, others),
        ]
        needs = await examine(asked, opened.settings.attempt)
    if call.json:
        emit_json({"connections": found, "examined": needs})
    else:
        _say_status(found)
        say_wrong(needs)
    end_by(needs)


def _say_status(found: Sequence[channels.ChannelStatus]) -> None:
    rows = [
        (
            each.connection,
            each.kind,
            each.state,
            each.failures,
            each.code,
            each.since,
            each.next_try,
            _today(each),
        )
        for each in found
    ]
    columns = ("connection", "kind", "state", "failures", "last code", "down since", "next try", "today")
    emit_table("", columns, rows, empty="The settings name no channel.")


def _today(of: channels.ChannelStatus) -> str | None:
    return None if of.per_day is None else f"{of.today} of {of.per_day}"


@command(AUDITED)
async def resume(
    call: Call, connection: Annotated[str, typer.Argument(help="As the settings call it.")]
) -> None:
    """Send by a paused connection again, after what stood in its way was mended.

    New messages go out at once; those that wait for it are tried again within a quarter of an hour.

    Example: `nextvisit channel resume sms`
    """
    async with call.appliance() as opened:
        was_paused = await channels.resume(opened.database, opened.connections, connection, call.by)
    if call.json:
        emit_json({"connection": connection, "state": "up", "was_paused": was_paused})
    else:
        minutes = DEFAULT_POLICY.channel_check // timedelta(minutes=1)
        again = f"is tried again; messages that wait for it are tried again within {minutes} minutes"
        say(f"{connection} {again if was_paused else 'was not paused'}")
