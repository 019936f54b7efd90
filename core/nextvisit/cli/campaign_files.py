"""`nextvisit campaign validate`: what needs a campaign's folder and no installation."""

from __future__ import annotations

from typing import Annotated

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.output import complain, emit_json, say
from nextvisit.desk.campaign_files import checked, find_folder, unbooked, unspoken
from nextvisit.files.fault import InvalidFile
from nextvisit.install.provided import provided

Folder = Annotated[
    str, typer.Argument(help="A folder with campaign.yaml and messages/, or the name of a built-in campaign.")
]


@command(READS)
def validate(call: Call, folder: Folder) -> None:
    """Find every fault, with file, line and column. Ends with 1 when there is an error.

    Example: `nextvisit campaign validate config/campaigns/reactivation`
    """
    have = provided(call.settings)
    try:
        loaded, faults = checked(find_folder(folder, have.catalogue), have.channels)
        faults += unspoken(loaded, have.languages) + unbooked(loaded, have.books)
    except InvalidFile as error:
        loaded, faults = None, error.faults
    if call.json:
        emit_json({"version": loaded.version if loaded else None, "faults": faults})
    else:
        for fault in faults:
            say(str(fault))
    errors = sum(fault.severity == "error" for fault in faults)
    if errors:
        complain(f"{errors} error{'s' if errors > 1 else ''}")
        raise typer.Exit(1)
    if not call.json and loaded is not None:
        say(f"{loaded.model.campaign} is valid: version {loaded.version[:12]}")
