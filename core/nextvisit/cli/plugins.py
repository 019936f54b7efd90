"""`nextvisit plugins`."""

from __future__ import annotations

from nextvisit.cli.context import Json
from nextvisit.cli.output import emit_json, emit_table
from nextvisit.install.plugins import load_plugins


def plugins(json: Json = False) -> None:
    """List the installed plugins and what each provides.

    Example: `nextvisit plugins --json`
    """
    found = load_plugins()
    if json:
        emit_json(found.loaded)
        return
    emit_table(
        "Plugins",
        ("distribution", "version", "provides"),
        [(each.distribution, each.version, ", ".join(each.provides)) for each in found.loaded],
        empty="No plugin is installed.",
    )
