"""`nextvisit plugins`."""

from __future__ import annotations

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.main import EXIT_WANTING
from nextvisit.cli.output import emit_json
from nextvisit.cli.tables import emit_table
from nextvisit.install.plugins import InstalledPlugin, load_plugins, plugins_of
from nextvisit.install.settings import load_settings


@command(READS)
def plugins(call: Call) -> None:
    """Try each installed plugin; list what it provides, or why it is broken.

    Of an installation whose settings have a list `plugins`, those that it names, and those of its folder for
    trials (`plugins_dir`). One that cannot be loaded harms nobody as long as the settings use nothing of it;
    the command ends with 1 all the same.

    Example: `nextvisit plugins --json`
    """
    if call.settings is None:
        found = load_plugins().installed
    else:
        found = plugins_of(load_settings(call.settings), tried=True).installed
    if call.json:
        emit_json(found)
    else:
        emit_table(
            "Plugins",
            ("name", "distribution", "version", "provides"),
            [(each.name, each.distribution, each.version, _says(each)) for each in found],
            empty="No plugin is installed.",
        )
    if any(each.fault is not None for each in found):
        raise typer.Exit(EXIT_WANTING)


def _says(plugin: InstalledPlugin) -> str:
    return ", ".join(plugin.provides) if plugin.fault is None else f"BROKEN: {plugin.fault}"
