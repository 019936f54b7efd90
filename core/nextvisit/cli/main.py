"""The entry point `nextvisit`."""

from __future__ import annotations

import os
import sys
from importlib.metadata import entry_points

import typer

from nextvisit.cli import (
    audit,
    campaign,
    database,
    doctor,
    inbox,
    journey,
    mis,
    patient,
    plugins,
    roles,
    segment,
    task,
    vault,
)
from nextvisit.cli.output import complain
from nextvisit.files.part import InvalidFile
from nextvisit.sdk.errors import Bug, ConfigError, NextVisitError, RetryLater
from nextvisit.watch.logs import configure_logging

COMMANDS = "nextvisit.commands"
"""Entry points by which another distribution (the sandbox) adds a command of its own."""

EXIT_WANTING = 1
EXIT_CONFIG = 3
EXIT_RETRY = 4
EXIT_BUG = 70


def build() -> typer.Typer:
    """The whole command tree."""
    app = typer.Typer(
        name="nextvisit",
        help="NextVisit: kind, lawful conversations that end in a booked visit.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )
    roles.register(app)
    app.command("doctor")(doctor.doctor)
    app.command("plugins")(plugins.plugins)
    for name, group in {
        "db": database.app,
        "vault": vault.app,
        "mis": mis.app,
        "segment": segment.app,
        "campaign": campaign.app,
        "journey": journey.app,
        "task": task.app,
        "inbox": inbox.app,
        "patient": patient.app,
        "audit": audit.app,
    }.items():
        app.add_typer(group, name=name)
    for point in entry_points(group=COMMANDS):
        app.command(point.name)(point.load())
    return app


def invoke(arguments: list[str]) -> int:
    """Run one command; its exit code. Nothing that we raise ourselves reaches the user as a traceback."""
    try:
        code = build()(arguments, standalone_mode=False, prog_name="nextvisit")
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        complain("stopped")
        return 130
    except typer.TyperException as error:
        if words := error.format_message().strip():
            complain(f"{words}\nAdd --help to see what the command takes.")
        return error.exit_code
    except InvalidFile as error:
        for fault in error.faults:
            complain(str(fault))
        return EXIT_CONFIG
    except ConfigError as error:
        complain(f"{error}\nChange it and run the command again.")
        return EXIT_CONFIG
    except RetryLater as error:
        complain(f"{error}\nRun it again when the server answers; `nextvisit doctor` says which do.")
        return EXIT_RETRY
    except Bug as error:
        complain(f"{error}\nThis is a bug of NextVisit; nothing more was done. Please report the line above.")
        return EXIT_BUG
    except NextVisitError as error:
        complain(str(error))
        return EXIT_WANTING
    except OSError as error:
        if error.filename is None:
            raise
        complain(f"{error.filename}: {error.strerror}\nChange it and run the command again.")
        return EXIT_CONFIG
    return code if isinstance(code, int) else 0


def main() -> None:
    """As installed. Ends by `os._exit`: the Temporal client's threads may abort an ordinary exit."""
    configure_logging("cli")
    code = invoke(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
