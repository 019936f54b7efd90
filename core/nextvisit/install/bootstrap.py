"""The one composition root: settings → database, plugins, clients, roles.

Nothing else constructs a port's implementation. Every role of the image and every command of the CLI
starts here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from temporalio.client import Client

from nextvisit.calls.eye import eye_on
from nextvisit.calls.troubles import Troubles
from nextvisit.clock import Clock, SystemClock
from nextvisit.domain.connections import Connections
from nextvisit.domain.policies import DEFAULT_POLICY
from nextvisit.domain.site import Site
from nextvisit.install.building import channel, closing, mis_adapter, refuse_faults, reply_reading
from nextvisit.install.connections import connections_of, rates_of
from nextvisit.install.dsn import dsn_of
from nextvisit.install.examinee import beside, examinee_of
from nextvisit.install.frontend import frontend_of
from nextvisit.install.heartbeat import tell_troubles
from nextvisit.install.plugins import Plugins, plugins_of
from nextvisit.install.settings import Settings, VaultSettings, load_settings
from nextvisit.intake.loop import Intake
from nextvisit.intake.meaning import ReplyReading
from nextvisit.intake.mis_pace import StoredPace
from nextvisit.sdk.ports import Channel, KeepsPace, MisAdapter
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns import campaigns
from nextvisit.store.campaigns.programs import StoredPrograms
from nextvisit.store.people.upsert import Reach
from nextvisit.store.vault.keys import Vault
from nextvisit.watch.doctor import Examinee
from nextvisit.web.deps import ApiDeps
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.runtime.converter import answers, connect
from nextvisit_workflows.runtime.looping import keep_firing, keep_syncing, keep_tidy

UPKEEP_EVERY = timedelta(hours=1)
LEAST_UPKEEP_PAUSE = timedelta(seconds=5)
ATTEMPTS_IN_DOUBT = 2
"""So many attempts long a provider that has not got a message may still get it."""


@dataclass(frozen=True, slots=True)
class Appliance:
    """Everything a role or a command needs, opened."""

    settings: Settings
    site: Site
    clock: Clock
    plugins: Plugins
    database: Database
    mis: Mapping[str, MisAdapter]
    channels: Mapping[str, Channel]
    connections: Connections
    reading: ReplyReading
    troubles: Troubles
    """What the plugins were met with, until it is told with a sign of life or at the end."""
    instance: str = field(default_factory=lambda: uuid4().hex)
    """Of this process; its heartbeats and its health answer with it."""

    @property
    def per_second(self) -> Mapping[ChannelKind, float]:
        """What each kind of channel takes, over all workers together."""
        return rates_of(self.connections, self.settings.channels)

    @property
    def reach(self) -> Reach:
        """In which spaces of addresses patients are looked up."""
        return Reach(self.connections.addresses, self.site.country)

    def intake(self) -> Intake:
        """What turns the inbox into facts, consent and journey events."""
        return Intake(
            db=self.database,
            adapters=self.mis,
            channels=self.channels,
            connections=self.connections,
            site=self.site,
            programs=self.programs(),
            reading=self.reading,
        )

    def programs(self) -> StoredPrograms:
        """Campaign versions compiled for this site's channels."""
        return StoredPrograms(frozenset(self.connections.kinds))

    def api_deps(self) -> ApiDeps:
        """What the HTTP side is made of."""
        return ApiDeps(
            db=self.database,
            site=self.site,
            channels=self.channels,
            mis=self.mis,
            programs=self.programs(),
            instance=self.instance,
            words=self.reading.words,
            hosts=self.settings.api.hosts,
        )

    def equipment(self) -> Equipment:
        """What activities work with."""
        return Equipment(
            db=self.database,
            channels=self.channels,
            connections=self.connections,
            mis=self.mis,
            booking_mis=self.settings.booking_mis,
            site=self.site,
            clock=self.clock,
            policy=DEFAULT_POLICY,
            attempt=self.settings.attempt,
            patience=self.settings.patience,
            doubt=self.settings.attempt * ATTEMPTS_IN_DOUBT,
            inbox_keep=self.settings.inbox.keep.to_timedelta(),
        )

    def examinee(self) -> Examinee:
        """What a doctor asks."""
        frontend = frontend_of(self.settings.temporal)

        async def temporal() -> str:
            await answers(frontend)
            return frontend.namespace

        stored = (self.database, self.programs())
        second = beside(self.reading.second, self.settings.attempt)
        return examinee_of(
            self.settings, self.site, (self.mis, self.channels), stored, temporal, second=second
        )

    async def keep_looping(self, client: Client) -> None:
        """Start the looping workflows, unless they run: pulls, firings, upkeep."""
        for slug, each in self.settings.mis.items():
            await keep_syncing(client, slug, each.sync_every.to_timedelta())
        await keep_tidy(client, self._upkeep_every())
        async with self.database.transaction() as tx:
            running = [each.campaign for each in await campaigns.listing(tx) if each.state == "running"]
        for campaign in running:
            await keep_firing(client, campaign)

    def _upkeep_every(self) -> timedelta:
        """An hour; on a clock that runs fast not so often that tidying up is all that is done."""
        every = UPKEEP_EVERY
        while self.clock.wall_span(every) < LEAST_UPKEEP_PAUSE:
            every *= 2
        return every

    async def temporal(self) -> Client:
        """A client whose payloads are sealed. Raises RetryLater when Temporal does not answer."""
        async with self.database.transaction() as tx:
            keys = tx.vault.payload_keys()
        return await connect(frontend_of(self.settings.temporal), keys)


@asynccontextmanager
async def open_appliance(
    config: Path, *, clock: Clock | None = None, takes_in_only: bool = False
) -> AsyncIterator[Appliance]:
    """Read the settings and open what they name; close it at the end. Connects to the database only.

    takes_in_only: with the intake key and without the root key, which is not read.
    """
    settings = load_settings(config)
    clock = clock if clock is not None else SystemClock()
    plugins = plugins_of(settings)
    refuse_faults(settings, plugins)
    connections = connections_of(settings, plugins)
    year = clock.now().year
    troubles = Troubles()
    async with AsyncExitStack() as stack:
        mis = {}
        for slug in settings.mis:
            mis[slug] = mis_adapter(settings, plugins, slug, troubles)
            stack.push_async_callback(closing(mis[slug], slug))
        channels = {}
        for slug in settings.channels:
            channels[slug] = channel(settings, plugins, slug, troubles)
            stack.push_async_callback(closing(channels[slug], slug))
        database = await Database.open(
            dsn_of(settings.database, "app"),
            vault_of(settings.vault, takes_in_only=takes_in_only),
            clock,
            pool_size=settings.database.pool_size,
        )
        stack.push_async_callback(database.close)
        pace(mis, settings, database)
        stack.push_async_callback(tell_troubles, database, troubles)
        stack.enter_context(eye_on(mis, channels))
        yield Appliance(
            settings=settings,
            site=settings.site.to_site(range(year - 1, year + 3)),
            clock=clock,
            plugins=plugins,
            database=database,
            mis=mis,
            channels=channels,
            connections=connections,
            reading=reply_reading(settings, plugins),
            troubles=troubles,
        )


def pace(mis: Mapping[str, MisAdapter], settings: Settings, database: Database) -> None:
    """Let each connection with a bound keep it, together with every other process."""
    for slug, adapter in mis.items():
        bound = settings.mis[slug].per_second
        if bound is not None and isinstance(adapter, KeepsPace):
            adapter.keep_pace(StoredPace(database, slug, bound))


def vault_of(files: VaultSettings, *, takes_in_only: bool) -> Vault:
    """The keys that a process may have. Raises ConfigError when their file is missing or holds none."""
    return Vault.of_intake(files.intake_key_file) if takes_in_only else Vault.from_file(files.root_key_file)
