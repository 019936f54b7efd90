"""Every command explains itself, and none of a production role reaches the clock."""

from __future__ import annotations

from typing import Any

import pytest

from nextvisit.cli.extension import find_extensions
from nextvisit.cli.tree import TREE, Topic
from tests.cli.commands import Command, leaves, walk
from tests.cli.installation import said

COMMANDS = leaves()
SAYS_NOTHING = {
    "nextvisit plugin new": "makes a folder and says so",
    "nextvisit worker": "runs until SIGTERM",
    "nextvisit support bundle": "writes a file and says what is in it",
    "nextvisit api": "runs until SIGTERM",
    "nextvisit gateway": "runs until SIGTERM",
    "nextvisit up": "runs until SIGTERM",
    "nextvisit vault create": "makes a file and says so",
    "nextvisit backup keys": "makes a file and says so",
    "nextvisit campaign simulate": "is a conversation",
}

every_command = pytest.mark.parametrize("command", COMMANDS, ids=[each.line for each in COMMANDS])


def test_the_tree_is_there() -> None:
    assert len(COMMANDS) >= 25
    assert {each.words[1] for each in COMMANDS} >= {"up", "doctor", "campaign", "journey", "audit", "demo"}


@every_command
def test_help_has_an_example_of_this_very_command(command: Command) -> None:
    assert f"Example: `{command.line}" in command.help


@every_command
def test_the_tree_says_of_a_command_what_it_says_of_itself(command: Command) -> None:
    """Whoever asks for help reads the tree's line, which imports nothing."""
    here: Any = {**TREE, **find_extensions(TREE).commands}
    for word in command.words[1:]:
        here = here.below[word] if isinstance(here, Topic) else here[word]
    said = " ".join(command.help.split())
    assert said.startswith(here.line)
    assert here.line.count(". ") == 0


@every_command
def test_help_begins_with_a_sentence(command: Command) -> None:
    first = command.help.split("\n\n")[0]
    assert first.endswith(".")
    assert first[0].isupper()


@pytest.mark.parametrize("group", [each for each in walk() if each.is_group], ids=lambda each: each.line)
def test_every_group_says_what_it_is_about(group: Command) -> None:
    assert group.help


@every_command
def test_what_prints_data_prints_json(command: Command) -> None:
    assert ("--json" in command.option_names) is (command.line not in SAYS_NOTHING)


@every_command
def test_what_reads_the_settings_can_look_at_a_demo(command: Command) -> None:
    """But neither a role, which would run on the demo's clock, nor what writes the schema, nor a backup."""
    if "--config" not in command.option_names:
        return
    roles = {
        "nextvisit worker",
        "nextvisit api",
        "nextvisit gateway",
        "nextvisit up",
        "nextvisit setup",
        "nextvisit db migrate",
    }
    of_an_installation = command.line in roles or command.words[1] == "backup"
    assert ("--demo" in command.option_names) is not of_an_installation


@pytest.mark.parametrize("line", ["", "campaign", "journey", "audit", "vault", "db", "plugin"])
def test_a_group_alone_shows_its_commands(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = said(capsys, *line.split())
    assert result.code == 2
    assert "Commands" in result.out + result.err


def test_help_ends_well_and_names_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    result = said(capsys, "journey", "why", "--help")
    assert result.code == 0
    assert "nextvisit journey why" in result.out
