"""`nextvisit worker|api|gateway|up`: the roles of the image, one by one or all on one machine."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.context import DEFAULT_CONFIG, Config
from nextvisit.cli.output import say
from nextvisit.install.roles import READY_FILE, run_role
from nextvisit.install.settings import Settings, load_settings
from nextvisit.onebox.postgres import EmbeddedPostgres, EmbeddedTemporal
from nextvisit.onebox.servers import EmbeddedChild
from nextvisit.onebox.supervisor import Command, Supervisor
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.engine import migrate
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
    host, _, port = settings.temporal.address.rpartition(":")
    if host not in {"127.0.0.1", "localhost"} or not port.isdigit():
        raise ConfigError(
            "up.temporal", "must be 127.0.0.1:PORT for the embedded server", place="temporal.address"
        )
    app_file, owner_file = (
        _secret_file(settings.database.app, "app"),
        _secret_file(settings.database.owner, "owner"),
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    (data / "logs").mkdir(parents=True, exist_ok=True)
    postgres = EmbeddedPostgres(data / "postgres")
    temporal = EmbeddedTemporal(data / "temporal", port=int(port))
    async with Supervisor(
        on_restart=lambda name: say(f"{name} had ended and is started again")
    ) as supervisor:
        await supervisor.start(EmbeddedChild("postgres", postgres))
        _write_secret(app_file, postgres.app_dsn)
        _write_secret(owner_file, postgres.owner_dsn)
        await migrate(postgres.owner_dsn)
        await supervisor.start(EmbeddedChild("temporal", temporal))
        for name in ("gateway", "api", "worker"):
            await supervisor.start(_role_process(name, config, data))
        say(f"up: pages at {settings.site.public_url}, API on {settings.api.host}:{settings.api.port}")
        await stop.wait()
        say("stopping")


def _role_process(name: str, config: Path, data: Path) -> Command:
    ready = data / f"{name}.ready"

    async def is_ready() -> bool:
        return ready.exists()

    return Command(
        name=name,
        argv=[sys.executable, "-m", "nextvisit.cli", name, "--config", str(config.resolve())],
        log_file=data / "logs" / f"{name}.log",
        is_ready=is_ready,
        env={READY_FILE: str(ready)},
    )


def _secret_file(reference: str | None, what: str) -> Path:
    if reference is None or not reference.startswith("file:"):
        raise ConfigError(
            "up.database",
            "must be file:… so that the connection can be written there",
            place=f"database.{what}",
        )
    return Path(reference.removeprefix("file:"))


def _write_secret(file: Path, value: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    file.write_text(value, encoding="utf-8")
