"""`nextvisit vault …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.call import READS, Call, Takes, command
from nextvisit.cli.output import emit_json, say
from nextvisit.install.groundwork import create_root_key, grant_intake_key
from nextvisit.install.settings import load_settings
from nextvisit.onebox.handover import give_granted, step_aside_to_grant


def create(
    file: Annotated[Path, typer.Argument(help="Where the new root key goes; must not exist.")],
) -> None:
    """Make a root key. Keep a copy apart from the database's backups: without it nothing can be read.

    Example: `nextvisit vault create /var/lib/nextvisit-keys/root.key`
    """
    create_root_key(file)
    say(f"made {file} (mode 0400); keep a copy in another place than the database's backups")


@command(READS | Takes.ROOT)
async def grant(call: Call) -> None:
    """Make the key file of the api and the gateway, which open nothing. `vault.intake_key_file` names it.

    With it they seal what comes in, and read neither it nor anything else. A new installation's list of who
    was erased is begun as well, `vault.erased_file`. Needs the root key, and the database. Safe to run twice.

    Example: `nextvisit vault grant --config /etc/nextvisit/nextvisit.yaml`
    """
    settings = load_settings(call.config)
    step_aside_to_grant(call.config, settings.vault)
    file = await grant_intake_key(settings)
    give_granted(settings.vault)
    if call.json:
        emit_json({"file": str(file)})
    else:
        say(f"the key is in {file}; whoever runs the api and the gateway has to read it, and nobody else")
