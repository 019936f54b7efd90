"""What another distribution adds to the terminal: an entry point of `nextvisit.commands` is an `Extension`.

Its module is imported whenever the terminal begins, so it imports this one and little else; what is
costly stands behind `MODULE:NAME` and is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

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
    """broken: a sentence for each entry point that could not be used."""

    extensions: tuple[Extension, ...]
    broken: tuple[str, ...]

    @property
    def commands(self) -> Mapping[str, Leaf]:
        return {name: leaf for each in self.extensions for name, leaf in each.commands.items()}

    @property
    def places(self) -> tuple[Elsewhere, ...]:
        return tuple(place for each in self.extensions for place in each.places)


def find_extensions() -> Extensions:
    """Of every distribution that is installed; one that cannot be loaded costs itself alone."""
    extensions, broken = [], []
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        distribution = point.dist.name if point.dist is not None else point.value
        try:
            found = point.load()
        except Exception as error:  # noqa: BLE001  a third party's import can raise anything
            broken.append(f"{distribution}: its commands are left out: {type(error).__name__} on import")
            continue
        if isinstance(found, Extension):
            extensions.append(found)
        else:
            broken.append(f"{distribution}: its commands are left out: {point.value} is no Extension")
    return Extensions(tuple(extensions), tuple(broken))
