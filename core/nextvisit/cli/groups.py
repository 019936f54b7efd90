"""Groups whose commands are made when they are chosen."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup

from nextvisit.cli.call import Declared, runnable
from nextvisit.cli.extension import Elsewhere, Leaf
from nextvisit.cli.tree import Topic
from nextvisit.sdk.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Making:
    """What commands are made with. begin: called before a command's module is imported."""

    places: Sequence[Elsewhere]
    begin: Callable[[], None]


class Group(TyperGroup):
    """Says of its commands what the tree says, so that its help imports none of them."""

    def __init__(self, name: str, line: str, below: Mapping[str, Leaf | Topic], making: Making) -> None:
        super().__init__(
            name=name, help=line, commands={}, no_args_is_help=True, rich_markup_mode=None
        )  # fmt: skip
        self._below = below
        self.commands = _Made(below, making)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """One line each."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.line) for name, each in self._below.items()])


class _Made(MutableMapping[str, Any]):
    """Commands by name, each made when it is looked up."""

    def __init__(self, below: Mapping[str, Leaf | Topic], making: Making) -> None:
        self._below = below
        self._making = making

    def __getitem__(self, name: str) -> Any:
        match self._below[name]:
            case Topic(line=line, below=below):
                return Group(name, line, below, self._making)
            case Leaf() as leaf:
                return _made(name, leaf, self._making)

    def __iter__(self) -> Iterator[str]:
        return iter(self._below)

    def __len__(self) -> int:
        return len(self._below)

    def __setitem__(self, name: str, value: Any) -> None:
        raise NotImplementedError

    def __delitem__(self, name: str) -> None:
        raise NotImplementedError


def _made(name: str, leaf: Leaf, making: Making) -> Any:
    making.begin()
    found = _resolved(name, leaf)
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name)(runnable(found, making.places) if isinstance(found, Declared) else found)
    return typer.main.get_command(app)


def _resolved(name: str, leaf: Leaf) -> Any:
    try:
        return pkgutil.resolve_name(leaf.function)
    except (Exception, SystemExit) as error:
        if leaf.function.startswith("nextvisit."):
            raise  # ours: a bug, to be seen whole
        message = f"importing it failed with {type(error).__name__}"
        raise ConfigError("plugin.broken", message, place=f"command {name}") from error
