"""`nextvisit --version`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any

import typer

from nextvisit.cli.output import say
from nextvisit.sdk import SDK_VERSION


def version_option() -> Sequence[Any]:
    """The option, as the root of the tree takes it."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(_with_version)
    return [each for each in typer.main.get_command(app).params if each.name == "version"]


def _tell(wanted: bool) -> None:
    if not wanted:
        return
    from nextvisit.install.groundwork import revision  # noqa: PLC0415  what migrates is slow to load

    say(f"nextvisit {version('nextvisit')} (SDK {SDK_VERSION}, schema {revision()})")
    raise typer.Exit


def _with_version(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell, is_eager=True, help="Say which release this is.")
    ] = False,
) -> None:
    """Nothing of its own."""
