"""`nextvisit plugins`."""

from __future__ import annotations

from nextvisit.cli.call import Call, Takes, command
from nextvisit.cli.output import emit_json
from nextvisit.cli.tables import emit_table
from nextvisit.install.plugins import load_plugins


@command(Takes.JSON)
def plugins(call: Call) -> None:
    """List the installed plugins and what each provides.

    Example: `nextvisit plugins --json`
    """
    found = load_plugins()
    if call.json:
        emit_json(found.loaded)
        return
    emit_table(
        "Plugins",
        ("distribution", "version", "provides"),
        [(each.distribution, each.version, ", ".join(each.provides)) for each in found.loaded],
        empty="No plugin is installed.",
    )
