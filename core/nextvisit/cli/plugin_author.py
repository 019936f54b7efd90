"""`nextvisit plugin new`, `check` and `about`: the work of the SDK's `nextvisit-plugin`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.main import EXIT_WANTING
from nextvisit.cli.output import emit_json, say
from nextvisit.install.plugins import load_plugins
from nextvisit.install.settings import load_settings
from nextvisit.sdk.authoring.about import about
from nextvisit.sdk.authoring.check import check
from nextvisit.sdk.authoring.new import Begins, new
from nextvisit.sdk.authoring.told import begun, checked, known


def begin(
    kind: Annotated[Begins, typer.Argument(help="What it will be.")],
    name: Annotated[str, typer.Argument(help="Its slug, which settings call it by.")],
    into: Annotated[Path, typer.Option("--into", help="The folder to make its folder in.")] = Path(),
) -> None:
    """Begin a plugin: a distribution that is green at once, in a new folder.

    It speaks with an invented vendor, whose stub of a server is in its tests; put in the real one's words.
    Nothing is overwritten. Who has the SDK without the engine runs `nextvisit-plugin new`.

    Example: `nextvisit plugin new mis ambulo`
    """
    say(*begun(new(kind, name, into)))


@command(READS)
def look_over(
    call: Call,
    path: Annotated[Path, typer.Argument(help="The folder of its pyproject.toml.")],
    tests: Annotated[
        Path | None, typer.Option("--tests", help="Of its kit; else `tests` in the folder.")
    ] = None,
) -> None:
    """Say what is wrong with a plugin's folder, and where.

    Its metadata and imports, its settings, its types where mypy is installed, its kit by pytest, and its
    quality.yaml, of which each rule that is said to be done has to be proved by the kit.

    Example: `nextvisit plugin check ambulo-nextvisit`
    """
    found = check(path, tests)
    if call.json:
        emit_json(found)
    else:
        say(*checked(found))
    if found.wrong:
        raise typer.Exit(EXIT_WANTING)


@command(READS)
def tell(call: Call, name: Annotated[str, typer.Argument(help="Its slug.")]) -> None:
    """Say what is known of an installed plugin.

    Its distribution, the range of the SDK that it works with, the keys of its settings, and by its own word
    what it keeps, and what it does not, with its reasons (its quality.yaml).

    Example: `nextvisit plugin about fhir_r4`
    """
    those = about(name, _permitted(call))
    if call.json:
        emit_json(those)
    else:
        say(*(line for each in those for line in known(each)))
    if len(those) > 1 or any(each.wrong for each in those):
        raise typer.Exit(EXIT_WANTING)


def _permitted(call: Call) -> Collection[str] | None:
    """The distributions of the settings' list `plugins`; None where there are no settings."""
    if call.settings is None:
        return None
    found = load_plugins(load_settings(call.settings).pins, wanted=())
    return {each.distribution for each in found.installed}
