"""`nextvisit plugins`."""

from __future__ import annotations

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.main import EXIT_WANTING
from nextvisit.cli.output import emit_json, plain
from nextvisit.cli.tables import emit_table
from nextvisit.install.plugin_quality import standings_of
from nextvisit.install.plugins import InstalledPlugin, load_plugins, plugins_of
from nextvisit.install.settings import load_settings
from nextvisit.sdk.authoring.standing import in_counts


@command(READS)
def listing(call: Call) -> None:
    """Try each installed plugin; list what it provides, or why it is broken.

    Of an installation whose settings have a list `plugins`, those that it names, and those of its folder for
    trials (`plugins_dir`). One that cannot be loaded harms nobody as long as the settings use nothing of it;
    the command ends with 1 all the same.

    Of each it counts, by tiers, the rules that it keeps by its own word (done), does not and says why
    (exempt), and of which it says nothing, or its capabilities say otherwise (open). `--json` has each rule.

    Example: `nextvisit plugins --json`
    """
    if call.settings is None:
        plugins = load_plugins()
    else:
        plugins = plugins_of(load_settings(call.settings), tried=True)
    found = plugins.installed
    stand = {each: standings_of(each, plugins) for each in found}
    if call.json:
        emit_json([{**plain(each), "quality": plain(stand[each])} for each in found])
    else:
        emit_table(
            "Plugins",
            ("name", "distribution", "version", "provides", "quality"),
            [
                (each.name, each.distribution, each.version, _says(each), in_counts(stand[each]))
                for each in found
            ],
            empty="No plugin is installed.",
        )
    if any(each.fault is not None for each in found):
        raise typer.Exit(EXIT_WANTING)


def _says(plugin: InstalledPlugin) -> str:
    return ", ".join(plugin.provides) if plugin.fault is None else f"BROKEN: {plugin.fault}"
