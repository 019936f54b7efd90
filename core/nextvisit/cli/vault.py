"""`nextvisit vault …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.output import say
from nextvisit.install.groundwork import create_root_key


def create(
    file: Annotated[Path, typer.Argument(help="Where the new root key goes; must not exist.")],
) -> None:
    """Make a root key. Keep a copy apart from the database's backups: without it nothing can be read.

    Example: `nextvisit vault create /etc/nextvisit/root.key`
    """
    create_root_key(file)
    say(f"made {file} (mode 0400); keep a copy in another place than the database's backups")
