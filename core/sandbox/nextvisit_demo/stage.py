"""Everything of a demo started in order, kept alive, stopped in reverse."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path

import httpx2
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from nextvisit.clock import ScaledClock
from nextvisit.install.bootstrap import Appliance
from nextvisit.install.groundwork import ensure_files
from nextvisit.install.settings import load_settings
from nextvisit.install.supervised import LEASE_HOLDER, READY_FILE
from nextvisit.onebox.ports import reserved
from nextvisit.onebox.postgres import EmbeddedPostgres
from nextvisit.onebox.supervisor import Command, Supervisor
from nextvisit.onebox.temporal import EmbeddedTemporal
from nextvisit.store.base.engine import migrate
from nextvisit.store.vault.keys import found_ring
from nextvisit.store.vault.root_key import create_vault_file
from nextvisit_demo.folder import DemoFolder, Ports, racing_clock, standing_clock
from nextvisit_demo.pace import FileClock, Lag, Pacer
from nextvisit_demo.role import loaded_file
from nextvisit_demo.setup import CATALOGUE_SPECIALTY, DATA_SPECIALTY, index_key
from nextvisit_workflows.runtime.wire import QUEUE_BULK, QUEUE_JOURNEYS, queue_of

ROLES_IN_ORDER = ("gateway", "api", "worker")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person at the terminal asked for. patients: how many the clinic has, also with `data`."""

    seed: int
    patients: int
    factor: float
    data: Path | None

    @property
    def specialty(self) -> str:
        """What the campaign invites to."""
        return CATALOGUE_SPECIALTY if self.data is None else DATA_SPECIALTY


@dataclass(slots=True)
class Stage:
    """The servers of one demo."""

    folder: DemoFolder
    supervisor: Supervisor
    postgres: EmbeddedPostgres
    temporal: EmbeddedTemporal
    wanted: Wanted

    @property
    def control_url(self) -> str:
        """The sandbox's own addresses for counts and outages."""
        return f"http://127.0.0.1:{self.folder.ports.sandbox}/control"

    @property
    def fhir_url(self) -> str:
        return f"http://127.0.0.1:{self.folder.ports.sandbox}/fhir"

    async def start_postgres(self) -> None:
        await self.supervisor.start(self.postgres)

    async def start_temporal(self) -> None:
        await self.supervisor.start(self.temporal)

    async def prepare_database(self) -> None:
        """Schema, root key, settings."""
        if not self.folder.root_key.exists():
            create_vault_file(self.folder.root_key)
        self.folder.write_settings(app_dsn=self.postgres.app_dsn, owner_dsn=self.postgres.owner_dsn)
        await migrate(self.postgres.owner_dsn)
        engine = create_async_engine(make_url(self.postgres.owner_dsn).set(drivername="postgresql+psycopg"))
        try:
            async with engine.begin() as connection:
                at, index = standing_clock().now(), index_key(self.wanted.seed)
                await found_ring(connection, self.folder.root_key, at, index=index)
        finally:
            await engine.dispose()
        await ensure_files(load_settings(self.folder.settings))

    async def start_sandbox(self) -> None:
        """The clinic's servers, on a clock that stands still until the race starts."""
        wanted = self.wanted
        self.folder.write_clock(standing_clock())
        self.folder.write_sandbox(
            seed=wanted.seed, patients=wanted.patients, data=wanted.data, clock=standing_clock()
        )
        await self.supervisor.start(
            Command(
                name="sandbox",
                argv=[sys.executable, "-m", "nextvisit_sandbox", "--config", str(self.folder.sandbox_config)],
                log_file=self.folder.log("sandbox"),
                is_ready=lambda: answers(f"{self.control_url}/totals"),
            )
        )

    async def start_race(self, *, starts_in: timedelta) -> FileClock:
        """Load the appliance's roles, then start everybody's clock at the same instant."""
        for role in ROLES_IN_ORDER:
            await self.supervisor.start(self._role(role))
        await self.tell(racing_clock(factor=self.wanted.factor, starts_in=starts_in))
        while not all(self._ready_file(role).exists() for role in ROLES_IN_ORDER):
            await asyncio.sleep(0.05)
        return FileClock(self.folder.clock_file)

    async def tell(self, clock: ScaledClock) -> None:
        """Give everybody this clock: the roles and commands by its file, the sandbox by its own address."""
        if not self.folder.write_clock(clock):
            return
        async with httpx2.AsyncClient(timeout=30) as client:
            answer = await client.post(f"{self.control_url}/clock", content=clock.to_json())
            answer.raise_for_status()

    @asynccontextmanager
    async def paced(self, appliance: Appliance, clock: FileClock) -> AsyncIterator[Pacer]:
        """While entered, the clock stands whenever the appliance is behind."""
        temporal = await appliance.temporal()
        queues = (QUEUE_JOURNEYS, QUEUE_BULK, *(queue_of(kind) for kind in appliance.connections.kinds))
        pacer = Pacer(clock, self.tell, Lag(appliance, clock, self.control_url, queues, temporal))
        pacing = asyncio.create_task(pacer.run(), name="pacer")
        try:
            yield pacer
        finally:
            pacing.cancel()
            with suppress(asyncio.CancelledError):
                await pacing

    def _ready_file(self, role: str) -> Path:
        return self.folder.path / f"{role}.ready"

    def _role(self, role: str) -> Command:
        loaded = loaded_file(self.folder.path, role)

        async def is_loaded() -> bool:
            return loaded.exists()

        return Command(
            name=role,
            argv=[sys.executable, "-m", "nextvisit_demo.role", role, "--folder", str(self.folder.path)],
            log_file=self.folder.log(role),
            is_ready=is_loaded,
            env={READY_FILE: str(self._ready_file(role)), LEASE_HOLDER: "demo"},
        )


@asynccontextmanager
async def open_stage(path: Path, wanted: Wanted, *, tell: Callable[[str, str], None]) -> AsyncIterator[Stage]:
    """An empty stage in `path`; whatever is started on it is stopped at the end."""
    async with AsyncExitStack() as until_the_end:
        # Reserved to the end: between a server's death and its restart, somebody else would get its port.
        folder = DemoFolder.create(path, Ports(*until_the_end.enter_context(reserved(len(fields(Ports))))))
        supervisor = await until_the_end.enter_async_context(Supervisor(tell=tell))
        yield Stage(
            folder=folder,
            supervisor=supervisor,
            postgres=EmbeddedPostgres(path / "postgres", port=folder.ports.postgres),
            temporal=EmbeddedTemporal(
                path / "temporal", port=folder.ports.temporal, ui_port=folder.ports.temporal_ui
            ),
            wanted=wanted,
        )


async def answers(url: str) -> bool:
    """Whether an HTTP server gives a good answer there."""
    try:
        async with httpx2.AsyncClient(timeout=2) as client:
            return (await client.get(url)).is_success
    except httpx2.HTTPError:
        return False
