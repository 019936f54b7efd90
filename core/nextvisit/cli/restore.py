"""`nextvisit restore …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from nextvisit.cli.call import AUDITED, READS, Call, command
from nextvisit.cli.instants import typed_instant
from nextvisit.cli.output import emit_json, say
from nextvisit.desk import restorations
from nextvisit.desk.instants import minute
from nextvisit.desk.restorations import RestoreStatus

if TYPE_CHECKING:
    from nextvisit.install.bootstrap import Appliance


async def _standing(opened: Appliance) -> RestoreStatus | None:
    return await restorations.status(opened.database, opened.channels, tuple(opened.settings.mis))


@command(READS)
async def status(call: Call) -> None:
    """Show whether a restored backup holds what is sent, what is missing, and what nobody knows.

    Example: `nextvisit restore status`
    """
    async with call.appliance() as opened:
        found = await _standing(opened)
    if call.json:
        emit_json(found)
    elif found is None:
        say("this database was never restored from a backup")
    else:
        _show(found, opened.site.zone)


def _show(found: RestoreStatus, zone: ZoneInfo) -> None:
    restored, left = found.restored, found.left
    say(f"backup      of {minute(restored.taken_at, zone)}")
    say(f"lost        at {minute(restored.lost_at, zone)} at the latest; nothing in between is known here")
    say(f"restored    at {minute(restored.restored_at, zone)}")
    if restored.confirmed_at is None:
        say("confirmed   NO: campaigns send nothing")
    else:
        say(f"confirmed   at {minute(restored.confirmed_at, zone)} by {restored.confirmed_by}")
    for each in found.missing:
        say(f"missing     {each}")
    if restored.confirmed_at is None and not found.missing:
        say("next        `nextvisit restore confirm --by NAME`: nothing is missing")
    say(f"journeys    {left.open_journeys} open")
    say(f"unsettled   {left.unsettled} messages were being sent as the backup was taken")
    for origin, times in left.strangers.items():
        say(f"reported    {times} reports of {origin} on messages that nobody here knows: they went out")
    say(f"asked       {', '.join(found.asked) or 'none'}: each message is asked after before it is sent")
    say(f"not asked   {', '.join(found.not_asked) or 'none'}: what may have gone out is not sent again")
    say(f"unknown     {left.unknown} messages, of which nobody can say whether they went out")
    for journey, connection in found.unknown:
        say(f"            {journey} by {connection}")


@command(AUDITED)
async def confirm(
    call: Call,
    lost_at: Annotated[
        str | None,
        typer.Option(
            help="When the lost database sent its last, in the clinic's time; default: the restore."
        ),
    ] = None,
    not_sent: Annotated[
        list[str] | None,
        typer.Option(help="A connection by which surely nothing went out in between; again for more."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it, it only shows.")] = False,
) -> None:
    """Let campaigns send again after a restore, each message that may have gone out once that is known.

    Refusals that came by a channel between the backup and the loss are not in it, and no provider tells them
    again: ask the providers for an export of what came in, and `nextvisit suppress add` each of them first.

    Example: `nextvisit restore confirm --by anna --lost-at "2026-12-01 14:30" --yes`
    """
    async with call.appliance() as opened:
        zone = opened.site.zone
        lost = None if lost_at is None else typed_instant(lost_at, zone, "--lost-at")
        if not yes:
            found = await _standing(opened)
            if call.json:
                emit_json(found)
                return
            if found is None:
                say("this database was never restored from a backup")
                return
            _show(found, zone)
            say(
                "stops       that came in between by a channel are lost: see docs/operate.md, After a restore"
            )
            say("nothing was changed; say --yes to confirm")
            return
        done = await restorations.confirm(
            opened.database,
            opened.channels,
            tuple(opened.settings.mis),
            call.by,
            lost_at=lost,
            not_sent=tuple(not_sent or ()),
        )
    if call.json:
        emit_json(done)
    else:
        say("confirmed: campaigns send again within the hour")
