"""`nextvisit plugin rehearse`."""

from __future__ import annotations

from typing import Annotated

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.main import EXIT_WANTING
from nextvisit.cli.output import emit_json, say
from nextvisit.install.building import adapter_alone, closing
from nextvisit.install.settings import load_settings
from nextvisit.sdk.authoring.rehearsal import in_lines, rehearse
from nextvisit.sdk.errors import ConfigError


@command(READS)
async def rehearsal(
    call: Call, name: Annotated[str, typer.Argument(help="The connection, under `mis` of the settings.")]
) -> None:
    """Read a whole MIS into nothing: count what there is, what cannot be read, and what is odd.

    Needs no database and keeps nothing; the MIS is asked as in a first pull. Told are numbers, codes, visits'
    offsets from UTC and specialties as the MIS calls them, and nothing of a patient. Ends with 1 if something
    is unreadable, or wrong so that it would not be kept.

    Example: `nextvisit plugin rehearse clinic --config /etc/nextvisit/nextvisit.yaml`
    """
    settings = load_settings(call.config)
    if name not in settings.mis:
        known = ", ".join(settings.mis)
        raise ConfigError("mis.unknown", f"there is no connection {name!r} (there is: {known})", place="mis")
    adapter, _ = adapter_alone(settings, name)
    try:
        found = await rehearse(adapter)
    finally:
        await closing(adapter, name)()
    if call.json:
        emit_json(found)
    else:
        say(*in_lines(found))
    if found.unreadable or found.unsound:
        raise typer.Exit(EXIT_WANTING)
