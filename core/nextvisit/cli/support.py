"""`nextvisit support …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nextvisit.cli.call import Call, Takes, command
from nextvisit.cli.output import plain, say
from nextvisit.install.support import gathered, refuse_taken, write
from nextvisit.sdk.errors import NextVisitError
from nextvisit.watch.glance import glance

_HOLDS = {
    "versions.json": "versions of everything that is installed, and of the kernel",
    "settings.json": "the settings without any text but what names a plugin, a zone or a language",
    "doctor.json": "what the doctor finds, by code",
    "status.json": "what `nextvisit status` shows",
    "plugins.json": "the plugins and their versions",
    "schema.json": "the database's revision",
}


@command(Takes.SETTINGS | Takes.PLACES)
async def bundle(
    call: Call,
    file: Annotated[Path, typer.Argument(help="A new file, such as support.tar.gz.")],
    only_list: Annotated[
        bool, typer.Option("--list", help="Say what it would write, and write nothing.")
    ] = False,
) -> None:
    """Gather what helps others to help you: no patient, no secret, no text of the settings.

    Says what it will write before it does, and writes over nothing.

    Example: `nextvisit support bundle support.tar.gz`
    """
    if not only_list:
        refuse_taken(file)
    say("gathering; a MIS or a provider that says nothing is waited for as long as `attempt` says")
    files = await gathered(call.config, await _glimpse(call))
    for name, content in files.items():
        holds = _HOLDS.get(name, "the last lines of that role's log, without what names a row")
        say(f"{name}: {holds} ({len(content)} bytes)")
    if only_list:
        return
    write(files, file)
    say(f"written: {file}")


async def _glimpse(call: Call) -> Any:
    try:
        async with call.appliance() as opened:
            return plain(await glance(opened.examinee(), opened.database))
    except NextVisitError:  # which doctor.json names by its code
        return None
