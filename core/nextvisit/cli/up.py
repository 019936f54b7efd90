"""`nextvisit up`: all roles of the image on one machine."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.call import Call, Takes, command
from nextvisit.cli.output import say
from nextvisit.install.settings import Settings, load_settings
from nextvisit.onebox.everything import everything
from nextvisit.watch.logs import configure_logging

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Folder of the embedded PostgreSQL's and Temporal's data, and of the logs.",
        resolve_path=True,  # the servers are started in another folder than we are
    ),
]


@command(Takes.SETTINGS)
async def up(call: Call, data: Data = Path("/var/lib/nextvisit")) -> None:
    """Run everything on this machine: embedded PostgreSQL and Temporal, and the three roles.

    Writes the runtime and the owner's connection into the files that `database:` refers to, and migrates
    the schema. Stop it with Ctrl-C or SIGTERM.

    Example: `nextvisit up --config /etc/nextvisit/nextvisit.yaml --data /var/lib/nextvisit`
    """
    configure_logging("up")
    settings = load_settings(call.config)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # In a task of its own: a start that is tried again and again can be stopped too.
    running = asyncio.create_task(_run(settings, call.config, data))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        say("stopping")
    stopping.cancel()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def _run(settings: Settings, config: Path, data: Path) -> None:
    def tell(name: str, met: str) -> None:
        say(f"{name}: {met}")

    async with everything(settings, config, data, tell=tell):
        say(f"up: pages at {settings.site.public_url}, API on {settings.api.host}:{settings.api.port}")
        await asyncio.Event().wait()
