"""`nextvisit segment …`."""

from __future__ import annotations

from typing import Annotated

import typer

from nextvisit.cli.call import AUDITED, READS, Call, command
from nextvisit.cli.output import emit_json, say
from nextvisit.cli.tables import emit_table
from nextvisit.desk import segments
from nextvisit.desk.campaign_files import find_folder, read_folder

Folder = Annotated[str, typer.Argument(help="A campaign's folder, or the name of a built-in campaign.")]


@command(READS)
async def count(call: Call, folder: Folder) -> None:
    """Count the patients in the segment, exactly and as of now.

    Example: `nextvisit segment count reactivation`
    """
    async with call.appliance() as opened:
        files = read_folder(find_folder(folder, opened.plugins.campaign_folders))
        found = await segments.count(opened.database, files, opened.site.zone)
    if call.json:
        emit_json({"patients": found})
    else:
        say(f"{found} patients")


@command(AUDITED)
async def listing(
    call: Call,
    folder: Folder,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 20,
) -> None:
    """List the first patients in the order in which they would be enrolled: facts, no names.

    The last visit is the last one that took place.

    Example: `nextvisit segment list reactivation --limit 50`
    """
    async with call.appliance() as opened:
        files = read_folder(find_folder(folder, opened.plugins.campaign_folders))
        found = await segments.listing(opened.database, files, opened.site.zone, call.by, limit=limit)
    if call.json:
        emit_json(found)
        return
    rows = [(each.patient, each.birth_year, each.language, each.last_visit) for each in found]
    columns = ("patient", "born", "language", "last visit")
    emit_table("", columns, rows, empty="The segment holds nobody.", zone=opened.site.zone)
