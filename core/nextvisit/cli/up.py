"""`nextvisit up`: all roles of the image on one machine."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.call import Call, Takes, command
from nextvisit.cli.output import say
from nextvisit.install.plugins import refuse_unfit
from nextvisit.install.settings import Settings, load_settings
from nextvisit.install.supervised import stop_when_told
from nextvisit.install.untouched import refuse_untouched
from nextvisit.onebox.everything import everything
from nextvisit.onebox.handover import step_down
from nextvisit.onebox.spawner import Spawner
from nextvisit.sdk.errors import RetryLater
from nextvisit.watch.logs import configure_logging
from nextvisit_workflows.runtime.core import core

_LOOK_EVERY = 0.5
_STOPS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Folder of the embedded PostgreSQL's and Temporal's data, and of the logs.",
    ),
]


@command(Takes.SETTINGS | Takes.ROOT)
def up(call: Call, data: Data = Path("/var/lib/nextvisit")) -> None:
    """Run everything on this machine: embedded PostgreSQL and Temporal, and the three roles.

    Writes the runtime and the owner's connection into the files that `database:` refers to, and migrates
    the schema. Stop it with Ctrl-C, SIGTERM or SIGHUP. Started by root, nothing goes on as root: users of
    their own are made for it.

    Example: `nextvisit up --config /etc/nextvisit/nextvisit.yaml --data /var/lib/nextvisit`
    """
    configure_logging("up")
    settings = load_settings(call.config)
    say(f"settings: read from {call.config.absolute()}")
    refuse_untouched(call.config)
    refuse_unfit(settings)
    say(f"data: in {data.resolve()}")
    # The way to it is looked at as it is written; the servers are started in another folder than we are.
    spawners = step_down(call.config, settings, data.absolute())
    # Not between a loop and its handlers, where Python would be interrupted in the middle of either.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        asyncio.run(_until_told(settings, call.config, data.resolve(), spawners))
    finally:
        for each in spawners:
            each.close()


async def _until_told(settings: Settings, config: Path, data: Path, spawners: Sequence[Spawner]) -> None:
    core()  # by which the embedded server is asked; not before, for it has threads and the spawners have none
    stop = asyncio.Event()
    stop_when_told(stop.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    # In a task of its own: a start that is tried again and again can be stopped too.
    running = asyncio.create_task(_run(settings, config, data, spawners))
    stopping = asyncio.create_task(stop.wait())
    spawning = asyncio.create_task(_while_they_live(spawners))
    await asyncio.wait({running, stopping, spawning}, return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        with suppress(OSError):  # who hung up hears nothing
            say("stopping")
    stopping.cancel()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    if spawning.done():
        spawning.result()
    spawning.cancel()


async def _while_they_live(spawners: Sequence[Spawner]) -> None:
    """Raises RetryLater, which names the user whose spawner has ended: nobody starts its children again."""
    while True:
        for each in spawners:
            if not each.running():
                message = f"what starts the processes of {each.user.name} has ended, and so does all the rest"
                raise RetryLater("up.spawner", message)
        await asyncio.sleep(_LOOK_EVERY)


async def _run(settings: Settings, config: Path, data: Path, spawners: Sequence[Spawner]) -> None:
    def tell(name: str, met: str) -> None:
        say(f"{name}: {met}")

    async with everything(settings, config, data, tell=tell, spawners=spawners):
        say(f"up: pages at {settings.site.public_url}, API on {settings.api.host}:{settings.api.port}")
        await asyncio.Event().wait()
