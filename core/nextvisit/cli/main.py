"""The entry point `nextvisit`."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

import typer

from nextvisit.cli.actor import account
from nextvisit.cli.extension import find_extensions
from nextvisit.cli.groups import Group, Making
from nextvisit.cli.output import complain
from nextvisit.cli.tree import TREE
from nextvisit.cli.version import version_option
from nextvisit.files.fault import InvalidFile
from nextvisit.sdk.errors import Bug, ConfigError, NextVisitError, RetryLater

EXIT_WANTING = 1
EXIT_CONFIG = 3
EXIT_RETRY = 4
EXIT_BUG = 70

_CHANGE = "Change it and run the command again."
_FIND_PATIENT = "`nextvisit patient find` prints the ids of patients."
_LIST_JOURNEYS = "`nextvisit journey list` prints the ids of journeys."
_LIST_SUPPRESSIONS = "`nextvisit suppress list --all` prints the ids of suppressions."
_LIST_TASKS = "`nextvisit task list` prints the ids of tasks."
_NEXT: Mapping[str, str] = {
    "patient.unknown": _FIND_PATIENT,
    "patient.id": _FIND_PATIENT,
    "journey.unknown": _LIST_JOURNEYS,
    "journey.id": _LIST_JOURNEYS,
    "suppression.unknown": _LIST_SUPPRESSIONS,
    "suppression.id": _LIST_SUPPRESSIONS,
    "task.unknown": _LIST_TASKS,
    "task.id": _LIST_TASKS,
    "channel.unknown": "`nextvisit channel status` names the connections.",
    "up.spawner": "Start it again; what it worked on goes on where it stood.",
    "mis.unknown": "`nextvisit mis status` names the connections.",
}
"""What helps whoever named something that there is not: no setting is to be changed."""


def _nothing() -> None:
    """Whoever calls us has seen to it."""


def build(begin: Callable[[], None] = _nothing) -> Group:
    """The whole command tree: ours, and what extensions add to it. Ours wins where both have a name.

    begin: called before the first module of a command is imported.
    """
    found = find_extensions(TREE)
    for sentence in found.left_out:
        complain(sentence)
    line = "NextVisit: kind, lawful conversations that end in a booked visit."
    root = Group("nextvisit", line, {**TREE, **found.commands}, Making(found.places, begin))
    root.params.extend([*version_option(), *typer.main.get_install_completion_arguments()])
    return root


def invoke(arguments: list[str], begin: Callable[[], None] = _nothing) -> int:
    """Run one command; its exit code. Nothing that we raise ourselves reaches the user as a traceback."""
    try:
        code = build(begin)(arguments, standalone_mode=False, prog_name="nextvisit")
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        complain("stopped")
        return 130
    except typer.TyperException as error:
        if words := error.format_message().strip():
            complain(words, "Add --help to see what the command takes.")
        return error.exit_code
    except InvalidFile as error:
        for fault in error.faults:
            complain(str(fault))
        return EXIT_CONFIG
    except ConfigError as error:
        complain(str(error), _NEXT.get(error.code, _CHANGE))
        return EXIT_CONFIG
    except RetryLater as error:
        answers = "Run it again when the server answers; `nextvisit doctor` says which do."
        complain(str(error), _NEXT.get(error.code, answers))
        return EXIT_RETRY
    except Bug as error:
        return _told_whose(error)
    except NextVisitError as error:
        complain(str(error))
        return EXIT_WANTING
    except OSError as error:
        if error.filename is None:
            raise
        whom = f" for {account()}" if isinstance(error, PermissionError) else ""
        complain(f"{error.filename}: {error.strerror}{whom}", _CHANGE)
        return EXIT_CONFIG
    return code if isinstance(code, int) else 0


def _told_whose(error: Bug) -> int:
    """A plugin's, by whoever called it; else ours."""
    if error.code.startswith("plugin."):
        complain(str(error), "It is a fault of the plugin: tell its author the line above.")
        return EXIT_WANTING
    ours = "This is a bug of NextVisit; nothing more was done. Please report the line above."
    complain(str(error), ours)
    return EXIT_BUG


def main() -> None:
    """As installed. Ends by `os._exit`: the Temporal client's threads may abort an ordinary exit."""
    code = invoke(sys.argv[1:], _log_as_the_terminal)
    for each in (sys.stdout, sys.stderr):
        with suppress(OSError):  # whoever read it has gone
            each.flush()
    os._exit(code)


def _log_as_the_terminal() -> None:
    from nextvisit.watch.logs import configure_logging  # noqa: PLC0415  help has nothing to log

    # Who types a command reads its words; what it does is in the audit trail.
    configure_logging("cli", level=logging.WARNING)
