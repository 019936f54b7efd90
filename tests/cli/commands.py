"""The tree of commands, walked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nextvisit.cli.main import build

ROOT = "nextvisit"


@dataclass(frozen=True, slots=True)
class Command:
    """`words`: how it is called. `command`: what typer made of it; a group has commands of its own."""

    words: tuple[str, ...]
    command: Any

    @property
    def line(self) -> str:
        return " ".join(self.words)

    @property
    def is_group(self) -> bool:
        return hasattr(self.command, "commands")

    @property
    def options(self) -> list[Any]:
        return [each for each in self.command.params if each.param_type_name == "option"]

    @property
    def arguments(self) -> list[Any]:
        return [each for each in self.command.params if each.param_type_name == "argument"]

    @property
    def option_names(self) -> set[str]:
        return {name for option in self.options for name in (*option.opts, *option.secondary_opts)}

    @property
    def help(self) -> str:
        """As written, lines joined where a paragraph is wrapped."""
        paragraphs = str(self.command.help or "").split("\n\n")
        return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs).strip()


def walk() -> Iterator[Command]:
    """The root, every group and every command."""
    yield from _below(Command((ROOT,), build()))


def _below(command: Command) -> Iterator[Command]:
    yield command
    if command.is_group:
        for name, each in command.command.commands.items():
            yield from _below(Command((*command.words, name), each))


def leaves() -> list[Command]:
    """The commands that do something."""
    return [each for each in walk() if not each.is_group]
