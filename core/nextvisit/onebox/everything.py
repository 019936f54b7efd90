"""What `nextvisit up` runs on this machine: embedded PostgreSQL and Temporal, and the three roles."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from nextvisit.install.embedded import DATA_FOLDER, lock_beside, secret_file
from nextvisit.install.erased_list import Settled
from nextvisit.install.groundwork import ensure_files
from nextvisit.install.settings import Settings, out_of_reach
from nextvisit.install.supervised import LEASE_HOLDER, READY_FILE, require_port
from nextvisit.onebox.alone import alone_by
from nextvisit.onebox.log_bounds import LogBounds
from nextvisit.onebox.os_users import API, POSTGRES
from nextvisit.onebox.postgres import EmbeddedPostgres
from nextvisit.onebox.room import RoomWatch, require_room
from nextvisit.onebox.spawner import Spawner
from nextvisit.onebox.supervisor import Command, Supervisor
from nextvisit.onebox.temporal import EmbeddedTemporal
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import fill_private, read_private
from nextvisit.store.base.engine import migrate
from nextvisit.watch import landlock
from nextvisit.watch.machine import UNCONFINED

_ROLES = ("gateway", "api", "worker")
_STARTING = "is starting"


@asynccontextmanager
async def everything(
    settings: Settings,
    config: Path,
    data: Path,
    *,
    tell: Callable[[str, str], None],
    spawners: Sequence[Spawner] = (),
) -> AsyncIterator[None]:
    """All of it, up and kept alive while entered.

    The runtime's and the owner's connection are written into the files that `database:` refers to, and the
    schema is migrated. tell: told of each process that it is starting, and what it met. spawners: of
    children that run as users of their own. Raises ConfigError when the settings are not
    about this machine, another supervisor works in `data` or by these settings, a port is taken, or a role
    finds something to be corrected.
    """
    port = _temporal_port(settings.temporal.address)
    app_file = _secret_file(settings.database.app, "app")
    owner_file = _secret_file(settings.database.owner, "owner")
    for file in (app_file, owner_file):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # By the settings first: of a mistyped folder nothing is made.
    with alone_by(lock_beside(app_file), data) as its_data_is_there:
        require_port(settings.api.host, settings.api.port, "api.port")
        for name in _ROLES:
            if (at := settings.status.at(name)) is not None:
                require_port(*at, f"status.{name}")
        require_room(data)
        for each in out_of_reach(settings):
            tell("secrets", f"{each}; its connection cannot work before")
        _make_folders(data)
        room = RoomWatch(data, tell)

        def told(name: str, met: str) -> None:
            tell(name, met)
            room.look()

        with alone_by(data / "up.lock", data) as its_data_is_here:
            its_data_is_here()
            if landlock.version() == 0:
                tell("confinement", f"{UNCONFINED.says}; {UNCONFINED.do}")
            async with room.looking(), _bounds(data).kept_to(), Supervisor(tell=told) as supervisor:
                # Before the secrets are written: whoever holds its port may be another supervisor's, and live
                # by them.
                tell("temporal", _STARTING)
                await supervisor.start(EmbeddedTemporal(data / "temporal", port=port))
                by = {each.user.name: each for each in spawners}
                own_port = settings.database.embedded_port
                postgres = EmbeddedPostgres(data / "postgres", port=own_port, by=by.get(POSTGRES))
                tell("postgres", _STARTING)
                await supervisor.start(postgres)
                its_data_is_there()
                tell("schema", "is brought up to this release")
                fill_private(app_file, postgres.app_dsn)
                fill_private(owner_file, postgres.owner_dsn)
                await migrate(postgres.owner_dsn)
                _tell_settled(await ensure_files(settings), settings.vault.erased_file, tell)
                roles = [_role(name, settings, config, data) for name in _ROLES]
                for role in roles:
                    role.by = by.get(API) if role.name == "api" else None
                await _start_at_once(supervisor, roles, tell)
                yield


def _tell_settled(settled: Settled, file: Path, tell: Callable[[str, str], None]) -> None:
    if settled.noted:
        tell("erased", f"{file} did not name {settled.noted} who were erased")
    if settled.again:
        tell("erased", f"a restored backup had brought back {settled.again}, who are erased again")


def _make_folders(data: Path) -> None:
    """Others pass through to what is theirs, and see nothing."""
    data.mkdir(parents=True, exist_ok=True, mode=0o711)
    for each in (data / "logs", *(data / "roles" / name for name in _ROLES)):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)


async def _start_at_once(
    supervisor: Supervisor, roles: Sequence[Command], tell: Callable[[str, str], None]
) -> None:
    """None of them waits for another. Raises the first fault, as if it had been met alone."""
    try:
        async with asyncio.TaskGroup() as group:
            for role in roles:
                tell(role.name, _STARTING)
                group.create_task(supervisor.start(role, patiently=True), name=f"start {role.name}")
    except ExceptionGroup as met:
        raise met.exceptions[0] from None


def _bounds(data: Path) -> LogBounds:
    """Of all that its children write."""
    servers = (data / "temporal" / "temporal.log", data / "postgres" / "postgres.log")
    return LogBounds([*(data / "logs" / f"{name}.log" for name in _ROLES), *servers])


def _temporal_port(address: str) -> int:
    host, _, port = address.rpartition(":")
    if host not in {"127.0.0.1", "localhost"} or not port.isdigit():
        raise ConfigError(
            "up.temporal", "must be 127.0.0.1:PORT for the embedded server", place="temporal.address"
        )
    return int(port)


def _role(name: str, settings: Settings, config: Path, data: Path) -> Command:
    api = settings.api
    own = data / "roles" / name
    ready = own / "ready"

    async def is_ready() -> bool:
        # A file that an earlier process left behind says nothing of this one.
        with suppress(OSError, ConfigError):  # what the role's user put there may be anything
            return read_private(ready) == str(command.pid).encode()
        return False

    command = Command(
        name=name,
        argv=[sys.executable, "-m", "nextvisit.cli", name, "--config", str(config.resolve())],
        log_file=data / "logs" / f"{name}.log",
        is_ready=is_ready,
        env={
            READY_FILE: str(ready),
            LEASE_HOLDER: f"{socket.gethostname()}:{data}",
            DATA_FOLDER: str(data),
            "TMPDIR": str(own),
            # Threads of libraries allocate little; an arena each would keep what it was at its largest.
            "MALLOC_ARENA_MAX": "2",
        },
        at=(api.host, api.port) if name == "api" and api.port else None,
    )
    return command


def _secret_file(reference: str | None, what: str) -> Path:
    file = secret_file(reference)
    if file is None:
        raise ConfigError(
            "up.database",
            "must be file:… so that the connection can be written there",
            place=f"database.{what}",
        )
    return file
