"""`nextvisit worker|api|gateway|up`: the roles of the image, one by one or all on one machine."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.context import DEFAULT_CONFIG, Config
from nextvisit.cli.output import say
from nextvisit.install.roles import run_role
from nextvisit.install.settings import Settings, load_settings
from nextvisit.onebox.everything import everything
from nextvisit.watch.logs import configure_logging

Data = Annotated[
    Path,
    typer.Option("--data", help="Folder of the embedded PostgreSQL's and Temporal's data, and of the logs."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the tree's top."""
    for name in ("worker", "api", "gateway"):
        app.command(name, help=_HELP[name])(_role(name))
    app.command("up")(up)


_HELP = {
    "worker": "Run journeys, sends, pulls and the inbox until SIGTERM.\n\nExample: `nextvisit worker`",
    "api": "Serve patients' pages, pixels, webhooks and health until SIGTERM.\n\nExample: `nextvisit api`",
    "gateway": "Keep the sessions open on which patients' answers arrive.\n\nExample: `nextvisit gateway`",
}


def _role(name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  typer reads the inner signature
    def command(config: Config = DEFAULT_CONFIG) -> None:
        configure_logging(name)
        run_role(name, config)

    return command


def up(config: Config = DEFAULT_CONFIG, data: Data = Path("/var/lib/nextvisit")) -> None:
    """Run everything on this machine: embedded PostgreSQL and Temporal, and the three roles.

    Writes the runtime and the owner's connection into the files that `database:` refers to, and migrates
    the schema. Stop it with Ctrl-C or SIGTERM.

    Example: `nextvisit up --config /etc/nextvisit/nextvisit.yaml --data /var/lib/nextvisit`
    """
    configure_logging("up")
    settings = load_settings(config)
    asyncio.run(_up(settings, config, data))


async def _up(settings: Settings, config: Path, data: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with everything(
        settings, config, data, on_restart=lambda name: say(f"{name} had ended and is started again")
    ):
        say(f"up: pages at {settings.site.public_url}, API on {settings.api.host}:{settings.api.port}")
        await stop.wait()
        say("stopping")
