"""`nextvisit plugins`."""

from __future__ import annotations

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.output import emit_json
from nextvisit.cli.tables import emit_table
from nextvisit.install.plugins import load_plugins
from nextvisit.install.settings import load_settings


@command(READS)
def plugins(call: Call) -> None:
    """List the installed plugins and what each provides.

    Of an installation whose settings have a list `plugins`, those that it names.

    Example: `nextvisit plugins --json`
    """
    found = load_plugins(None if call.settings is None else load_settings(call.settings).plugins)
    if call.json:
        emit_json(found.loaded)
        return
    emit_table(
        "Plugins",
        ("distribution", "version", "provides"),
        [(each.distribution, each.version, ", ".join(each.provides)) for each in found.loaded],
        empty="No plugin is installed.",
    )
