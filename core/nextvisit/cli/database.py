"""`nextvisit db …`."""

from __future__ import annotations

from nextvisit.cli.call import Call, Takes, command
from nextvisit.cli.output import emit_json, say
from nextvisit.install.groundwork import migrate_schema
from nextvisit.install.settings import load_settings


@command(Takes.SETTINGS | Takes.JSON)
async def migrate(call: Call) -> None:
    """Bring the schema up to this version, as the database's owner. Safe to run twice.

    Example: `nextvisit db migrate --config /etc/nextvisit/nextvisit.yaml`
    """
    revision = await migrate_schema(load_settings(call.config))
    if call.json:
        emit_json({"revision": revision})
    else:
        say(f"schema is at {revision}")
