"""The options that commands share, declared once, and what they come to."""

from __future__ import annotations

import inspect
import os
import pkgutil
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Flag, auto
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nextvisit.cli.actor import actor
from nextvisit.cli.extension import Elsewhere
from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.sdk.private_file import refuse_strangers_way

if TYPE_CHECKING:
    from nextvisit.install.bootstrap import Appliance

DEFAULT_CONFIG = Path("/etc/nextvisit/nextvisit.yaml")
"""Where `nextvisit setup` of root writes it."""


class Takes(Flag):
    """Which of the shared options a command has."""

    SETTINGS = auto()
    """`--config`."""
    PLACES = auto()
    """What extensions offer instead of it."""
    JSON = auto()
    BY = auto()
    TERMINAL = auto()
    """None, but it reads what is typed."""
    ROOT = auto()
    """None, but root stays root: it steps down by itself, once it has made what only root can."""


READS = Takes.SETTINGS | Takes.PLACES | Takes.JSON
"""Looks at an installation and prints data."""
AUDITED = READS | Takes.BY
"""Is written into the audit trail."""


@dataclass(frozen=True, slots=True)
class Call:
    """Which installation a command is about, as whom, and how the answer is printed.

    at: the place that was named instead of a settings file, and the option's value. by: see `actor`.
    """

    config: Path
    at: tuple[Elsewhere, Path] | None
    json: bool
    by: str

    @property
    def settings(self) -> Path | None:
        """The settings file; None while there is none yet where it stands unless another is named."""
        return None if self.config == DEFAULT_CONFIG and not self.config.exists() else self.config

    @asynccontextmanager
    async def appliance(self) -> AsyncIterator[Appliance]:
        """The installation, opened."""
        if self.at is not None:
            place, folder = self.at
            opened = pkgutil.resolve_name(place.opener)(folder)
        else:
            # Half of a command's start; what only reads files does not come here.
            from nextvisit.install.bootstrap import open_appliance  # noqa: PLC0415

            opened = open_appliance(self.config)
        async with opened as appliance:
            yield appliance


@dataclass(frozen=True, slots=True)
class Declared:
    """A function whose first parameter is a `Call`, and which options that call is made of."""

    function: Callable[..., Any]
    takes: Takes


def command(takes: Takes) -> Callable[[Callable[..., Any]], Declared]:
    """A command with these options behind its own. A coroutine is run to its end."""
    return lambda function: Declared(function, takes)


def runnable(command: Declared, places: Sequence[Elsewhere]) -> Callable[..., None]:
    """The function as the terminal reads it: its own parameters and the shared ones, without the `Call`."""
    _, *own = inspect.signature(command.function, eval_str=True).parameters.values()
    offered = tuple(places) if Takes.PLACES in command.takes else ()
    shared = _shared(command.takes, offered)
    if clash := {each.name for each in own} & {each.name for each in shared}:
        raise Bug("cli.option_twice", f"{command.function.__qualname__} declares {', '.join(clash)} again")

    def run(**given: Any) -> None:
        common = {each.name: given.pop(each.name) for each in shared}
        call = _call(common, offered)
        if os.geteuid() == 0 and Takes.SETTINGS in command.takes:
            _refuse_strangers_settings(call, command.takes)
            if Takes.ROOT not in command.takes:
                _step_aside(call, command.takes)
        done = command.function(call, **given)
        if inspect.iscoroutine(done):
            import asyncio  # noqa: PLC0415  what reads files only waits for nobody

            asyncio.run(done)

    parameters = [*own, *shared]
    run.__name__ = command.function.__name__
    run.__doc__ = command.function.__doc__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _refuse_strangers_settings(call: Call, takes: Takes) -> None:
    """They say what root gives to whom, and what whoever root becomes loads."""
    if call.settings is None or not call.settings.exists():
        return
    from nextvisit.onebox.handover import keeper_of_the_root_key  # noqa: PLC0415  few commands are root's

    # By what extensions offer, root stays root.
    stays = Takes.ROOT in takes or call.at is not None
    keeper = None if stays else keeper_of_the_root_key(call.settings)
    refuse_strangers_way(call.settings, {0} if keeper is None else {0, keeper.uid})


def _step_aside(call: Call, takes: Takes) -> None:
    """After it was asked who runs it: that is root."""
    if call.settings is None or call.at is not None:
        return
    from nextvisit.onebox.handover import keeper_of_the_root_key, step_aside  # noqa: PLC0415  as above

    user = keeper_of_the_root_key(call.settings)
    if user is None:
        return
    if Takes.TERMINAL in takes and sys.stdin.isatty():
        message = f"would ask {user.name} at root's terminal; run it as another user than root"
        raise ConfigError("cli.root_terminal", message, place="standard input")
    step_aside(user)


def _call(common: dict[str, Any], places: Sequence[Elsewhere]) -> Call:
    named = [(place, at) for place in places if (at := common[_name(place)]) is not None]
    if len(named) > 1:
        raise typer.BadParameter(f"give one of {', '.join(place.option for place, _ in named)}")
    at = named[0] if named else None
    config = common.get("config", DEFAULT_CONFIG) if at is None else at[0].settings(at[1])
    return Call(config, at, common.get("json", False), actor(common.get("by")))


def _shared(takes: Takes, places: Sequence[Elsewhere]) -> list[inspect.Parameter]:
    options: list[tuple[str, Any, object]] = []
    if Takes.SETTINGS in takes:
        words = "The appliance's settings file."
        option = typer.Option("--config", "-c", envvar="NEXTVISIT_CONFIG", help=words)
        options.append(("config", Annotated[Path, option], DEFAULT_CONFIG))
    for place in places:
        option = typer.Option(place.option, envvar=place.envvar, help=place.line)
        options.append((_name(place), Annotated[Path | None, option], None))
    if Takes.JSON in takes:
        option = typer.Option("--json", help="Print one JSON document.")
        options.append(("json", Annotated[bool, option], False))
    if Takes.BY in takes:
        words = "Your name, for the audit trail; the account that ran the command stands beside it."
        options.append(("by", Annotated[str | None, typer.Option("--by", help=words)], None))
    return [
        inspect.Parameter(
            name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=annotation
        )
        for name, annotation, default in options
    ]


def _name(place: Elsewhere) -> str:
    return place.option.removeprefix("--").replace("-", "_")
