"""What every command shares: which installation, as whom, and how the answer is printed."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from nextvisit.clock import Clock, ScaledClock, SystemClock
from nextvisit.install.bootstrap import Appliance, open_appliance
from nextvisit.sdk.errors import ConfigError

T = TypeVar("T")

DEFAULT_CONFIG = Path("config/nextvisit.yaml")

Config = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="NEXTVISIT_CONFIG", help="The appliance's settings file."),
]
Demo = Annotated[
    Path | None,
    typer.Option(
        "--demo",
        envvar="NEXTVISIT_DEMO",
        help="Folder of a running demo, as it prints it, instead of --config.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
By = Annotated[
    str | None,
    typer.Option("--by", help="Who does this, for the audit trail; default: your login name."),
]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one command's work to its end."""
    return asyncio.run(work)


def who(by: str | None) -> str:
    """The actor for the audit trail."""
    return by if by is not None else f"cli:{getpass.getuser()}"


@asynccontextmanager
async def appliance(config: Path, demo: Path | None) -> AsyncIterator[Appliance]:
    """The installation that the command is about.

    A demo's clock comes from its folder, and only for a site whose pages are on this machine: no
    option and no setting makes a real clinic's clock run faster.
    """
    clock: Clock = SystemClock()
    if demo is not None:
        config = demo / "nextvisit.yaml"
        clock_file = demo / "clock.json"
        if not clock_file.exists():
            raise ConfigError("demo.missing", "no demo is running from this folder", place=str(demo))
        clock = ScaledClock.from_json(clock_file.read_text(encoding="utf-8"))
    async with open_appliance(config, clock=clock) as opened:
        if demo is not None and not opened.site.public_url.startswith("http://127.0.0.1:"):
            raise ConfigError("demo.not_local", "a demo's pages are on 127.0.0.1", place="site.public_url")
        yield opened
