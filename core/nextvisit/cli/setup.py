"""`nextvisit setup`."""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from nextvisit.cli.call import DEFAULT_CONFIG, Call, Takes, command
from nextvisit.cli.findings import end_by, say_all
from nextvisit.cli.output import emit_json, say
from nextvisit.setup.answers import KEYS, Answers, answers_of, secrets_of
from nextvisit.setup.machine import prepare
from nextvisit.setup.places import Places, program, usual_places
from nextvisit.watch.finding import Examined


def _setup(
    call: Call,
    answers: Annotated[
        Path | None, typer.Option("--answers", help="A file with the answers, `key: value`; else it asks.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; say what is missing or wrong.")
    ] = False,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", help="Folder of the keys; /var/lib/nextvisit-keys, or below your home."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Folder of `nextvisit up`; /var/lib/nextvisit, or below your home."),
    ] = None,
    units: Annotated[
        Path | None,
        typer.Option("--units", help="Folder of systemd's units; /etc/systemd/system, or below your home."),
    ] = None,
    **told: str | None,
) -> None:
    """Make this machine ready for `nextvisit up`: ask, make what is missing, and look at all of it.

    Makes users (as root), folders, the root key, the settings, the secrets' files, a systemd unit and an
    example for the proxy. What is there stays as it is: no key and no edited file is written over. Then it
    looks whether ports are free and names known, and asks the MIS and the providers; nothing is sent to
    anybody. Ends with 1 when something is missing. Every question has a flag; one that is not told is asked.

    Example: `nextvisit setup --answers answers.yaml`
    """
    usual = usual_places()
    config = usual.config if call.config == DEFAULT_CONFIG else call.config
    chosen = (config, keys or usual.keys, data or usual.data, units or usual.units)
    places = Places(*(each.absolute() for each in chosen))
    given = {key: value for key, value in told.items() if value is not None}
    asks = sys.stdin.isatty() and answers is None

    def answer() -> Answers:
        if asks:
            say(*_BEFORE_QUESTIONS)
        return answers_of(answers, given, _ask if asks else None)

    again = secrets_of(answers, given) if config.exists() and (answers or given) else None
    found: list[Examined] = []
    for each in prepare(places, answer, again, changes=not check):
        found.append(each)
        if not call.json:
            say_all([each])
    if call.json:
        emit_json(found)
    end_by(found)
    if not call.json:
        _say_next(places)


_BEFORE_QUESTIONS = (
    "Enter takes what stands in brackets, or leaves out what you do not have.",
    "Secrets are told by where they are: file:/path/of/it, or env:NAME.",
    "Nothing is made before the last answer; Ctrl-C ends it.",
    "",
)


def _ask(key: str, question: str, default: str | None) -> str:
    """default: None where the question is a fault of the last answer, which is only told."""
    if default is None:
        say(f"  {question}")
        return ""
    answer: str = typer.prompt(f"{key}: {question}", default=default, show_default=bool(default))
    return answer


def _say_next(places: Places) -> None:
    """What is left to a person."""
    say("", "ready; from here on:")
    if os.geteuid() == 0:
        say("  systemctl daemon-reload && systemctl enable --now nextvisit")
    else:
        say("  systemctl --user daemon-reload && systemctl --user enable --now nextvisit")
        say("  loginctl enable-linger    # it runs while you are logged in nowhere")
    by = "" if places.config == DEFAULT_CONFIG else f"NEXTVISIT_CONFIG={places.config} "
    say(f"  {by}{program()} doctor")


def _with_flags() -> Any:
    """One for each question, so that it can be told without a terminal."""
    parameters = [
        each
        for each in inspect.signature(_setup, eval_str=True).parameters.values()
        if each.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    for key in KEYS:
        words = Answers.model_fields[key].description or key
        option = typer.Option(f"--{key.replace('_', '-')}", help=f"{words[:1].upper()}{words[1:]}.")
        parameters.append(
            inspect.Parameter(
                key,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=None,
                annotation=Annotated[str | None, option],
            )
        )
    _setup.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    return _setup


setup = command(Takes.SETTINGS | Takes.JSON | Takes.ROOT)(_with_flags())
