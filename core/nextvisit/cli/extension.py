"""What another distribution adds to the terminal: an entry point of `nextvisit.commands` is an `Extension`.

Its module is imported whenever the terminal begins, so it imports this one and little else; what is
costly stands behind `MODULE:NAME` and is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path

from nextvisit.install.plugin_source import installed

GROUP = "nextvisit.commands"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A command: where its function is (`MODULE:NAME`), and its line in the help of what is above it."""

    function: str
    line: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An option by which a command looks at another installation than the one of `--config`.

    settings: the settings file of what the option names. opener: where a function is that opens it: an
        asynchronous context manager that is given the option's value and gives an `Appliance`.
    """

    option: str
    envvar: str
    line: str
    settings: Callable[[Path], Path]
    opener: str


@dataclass(frozen=True, slots=True)
class Extension:
    """Commands by their names, and places."""

    commands: Mapping[str, Leaf]
    places: tuple[Elsewhere, ...] = ()


@dataclass(frozen=True, slots=True)
class Extensions:
    """What all of them add. left_out: a sentence for each thing that could not be used."""

    commands: Mapping[str, Leaf]
    places: tuple[Elsewhere, ...]
    left_out: tuple[str, ...]


def find_extensions(ours: Container[str]) -> Extensions:
    """Of every distribution that is installed; one that cannot be loaded costs itself alone.

    ours: the names that no extension may take. Of two extensions the first by its entry point's name has it.
    """
    commands: dict[str, Leaf] = {}
    places: list[Elsewhere] = []
    left_out = []
    for source in installed(GROUP):
        distribution = source.origin
        try:
            found = source.open()()
        # A third party's import can raise anything, and `sys.exit` is no Exception.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            left_out.append(f"{distribution}: its commands are left out: {type(error).__name__} on import")
            continue
        if not isinstance(found, Extension):
            left_out.append(f"{distribution}: its commands are left out: {source.module} is no Extension")
            continue
        places += found.places
        for name, leaf in found.commands.items():
            if name in ours or name in commands:
                owner = "NextVisit" if name in ours else "another extension"
                left_out.append(f"{distribution}: its command {name} is left out: {owner} has that name")
            else:
                commands[name] = leaf
    return Extensions(commands, tuple(places), tuple(left_out))
