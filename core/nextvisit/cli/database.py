"""`nextvisit db …`."""

from __future__ import annotations

import typer

from nextvisit.cli.context import DEFAULT_CONFIG, Config, Json, run
from nextvisit.cli.output import emit_json, say
from nextvisit.install.settings import load_settings
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.settings import reveal
from nextvisit.store.base.schema import migrate as migrate_schema
from nextvisit.store.base.schema import schema_status

app = typer.Typer(no_args_is_help=True, help="The PostgreSQL schema.")


@app.command()
def migrate(config: Config = DEFAULT_CONFIG, json: Json = False) -> None:
    """Bring the schema up to this version, as the database's owner. Safe to run twice.

    Example: `nextvisit db migrate --config /etc/nextvisit/nextvisit.yaml`
    """
    settings = load_settings(config)
    if settings.database.owner is None:
        raise ConfigError("database.owner", "migrating needs the owner's connection", place="database.owner")
    owner = reveal(settings.database.owner)

    async def work() -> str | None:
        await migrate_schema(owner)
        return (await schema_status(owner)).current

    revision = run(work())
    if json:
        emit_json({"revision": revision})
    else:
        say(f"schema is at {revision}")
