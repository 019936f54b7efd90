"""An installation examined part by part, so that what cannot be opened costs itself and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

from nextvisit.calls.eye import eye_on
from nextvisit.calls.troubles import Troubles
from nextvisit.clock import SystemClock
from nextvisit.files.fault import InvalidFile
from nextvisit.install.building import channel, closing, mis_adapter, second_reader
from nextvisit.install.catalogue_codes import misnamed
from nextvisit.install.connections import connections_of
from nextvisit.install.dsn import dsn_of
from nextvisit.install.examinee import beside, examinee_of
from nextvisit.install.frontend import frontend_of
from nextvisit.install.plugins import Plugins, plugins_of
from nextvisit.install.settings import Settings, load_settings
from nextvisit.install.trials import TRIAL
from nextvisit.sdk.errors import ConfigError, NextVisitError, RetryLater
from nextvisit.sdk.ports import Channel, MisAdapter
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns.programs import StoredPrograms
from nextvisit.store.vault.keys import Vault
from nextvisit.watch.doctor import checks, examine
from nextvisit.watch.finding import Check, Examined, Finding, Grade, Reach, fine
from nextvisit.watch.second_readers import Beside
from nextvisit_workflows.runtime.converter import answers

P = TypeVar("P", MisAdapter, Channel)


async def examination(config: Path) -> Sequence[Examined]:
    """All that can be asked is asked. Raises ConfigError or InvalidFile for the settings file alone."""
    settings = load_settings(config)
    clock = SystemClock()
    year = clock.now().year
    faulty: list[Check] = []
    async with AsyncExitStack() as stack:
        database = await _database(settings, stack, clock, faulty)
        faulty += _catalogue(settings)
        plugins = _plugins(settings, faulty)
        mis, channels = await _connections(settings, plugins, stack, faulty)

        async def temporal() -> str:
            frontend = frontend_of(settings.temporal)
            await answers(frontend)
            return frontend.namespace

        site = settings.site.to_site(range(year - 1, year + 3))
        stored = (database, _programs(settings, plugins, faulty))
        second = _second(settings, plugins)
        stack.enter_context(eye_on(mis, channels))
        asked = checks(examinee_of(settings, site, (mis, channels), stored, temporal, second=second))
        loaded = [] if plugins is None else [Check("plugins", "appliance", partial(_told, plugins))]
        return await examine([*faulty, *loaded, *asked], settings.attempt)


async def _database(
    settings: Settings, stack: AsyncExitStack, clock: SystemClock, faulty: list[Check]
) -> Database | None:
    try:
        dsn = dsn_of(settings.database, "app")
        opened = await Database.open(
            dsn,
            Vault.from_file(settings.vault.root_key_file),
            clock,
            pool_size=settings.database.pool_size,
        )
    except RetryLater as error:
        do = (
            "start it (`nextvisit up` starts its own), once its disk has room (see `disk`); nothing that it"
            " holds could be asked"
        )
        faulty.append(_fault("database", "appliance", error, do))
        return None
    except NextVisitError as error:
        unwritten = error.code == "secret.unreadable"
        do = "`nextvisit up` writes it; with a server of your own, put its connection there"
        faulty.append(_fault("database", "appliance", error, do if unwritten else "correct what it names"))
        return None
    stack.push_async_callback(opened.close)
    return opened


def _plugins(settings: Settings, faulty: list[Check]) -> Plugins | None:
    try:
        return plugins_of(settings)
    except ConfigError as error:
        do = "see to it; no role starts before, and no connection could be asked"
        faulty.append(_fault("plugins", "appliance", error, do))
        return None


def _catalogue(settings: Settings) -> Iterator[Check]:
    """One that cannot be read is told by each connection that would have its codes, and here."""
    try:
        faults = misnamed(settings)
    except InvalidFile as error:
        faults = error.faults
    if faults:
        do = "correct what it names; no role starts before"
        yield _fault("catalogue", "appliance", InvalidFile(faults), do)


async def _told(plugins: Plugins) -> Sequence[Finding]:
    """What is not used is not loaded, and nobody knows whether it could be."""
    used = {each.name for each in plugins.installed if each.provides}
    besides = ", ".join(sorted(plugins.names - used))
    more = f"; not used, and not loaded: {besides} (`nextvisit plugins` tries each)" if besides else ""
    return (*fine(f"{', '.join(sorted(used))} loaded{more}"), *_on_trial(plugins))


def _on_trial(plugins: Plugins) -> Iterator[Finding]:
    for each in plugins.installed:
        if each.version == TRIAL and each.provides:
            what = f"`{each.name}` is on trial ({each.distribution})"
            yield Finding(Grade.INFORMS, f"{what}: its version and content are held against nothing")


async def _connections(
    settings: Settings, plugins: Plugins | None, stack: AsyncExitStack, faulty: list[Check]
) -> tuple[Mapping[str, MisAdapter], Mapping[str, Channel]]:
    if plugins is None:
        return {}, {}
    mis = await _built(settings, plugins, mis_adapter, settings.mis, ("mis", stack, faulty))
    channels = await _built(settings, plugins, channel, settings.channels, ("channel", stack, faulty))
    return mis, channels


def _second(settings: Settings, plugins: Plugins | None) -> Beside | None:
    """One that cannot be built cannot be loaded either, and says why."""
    spec = settings.understanding
    if spec is None or spec.reader is None:
        return None
    fault: NextVisitError = ConfigError("plugins", "no plugin is loaded", place="plugins")
    if plugins is not None:
        try:
            return beside(second_reader(settings, plugins), settings.attempt)
        except NextVisitError as error:
            fault = error
    return Beside(spec.reader, frozenset(), 0, _raising(fault))


def _programs(settings: Settings, plugins: Plugins | None, faulty: list[Check]) -> StoredPrograms | None:
    """None where nobody can tell what kinds of channel the site has; why that is so is red."""
    if plugins is None:
        return None
    try:
        connections = connections_of(settings, plugins)
    except ConfigError as error:
        if isinstance(error, InvalidFile) or error.code.startswith("plugin."):
            return None  # one connection's, whose line has said it
        # Each of them alone may be fine, and nothing starts all the same.
        faulty.append(
            _fault("connections", "appliance", error, "correct what it names; no role starts before")
        )
        return None
    return StoredPrograms(frozenset(connections.kinds))


async def _built(
    settings: Settings,
    plugins: Plugins,
    build: Callable[[Settings, Plugins, str, Troubles], P],
    slugs: Mapping[str, object],
    into: tuple[str, AsyncExitStack, list[Check]],
) -> Mapping[str, P]:
    kind, stack, faulty = into
    troubles = Troubles()  # the finding says what it met
    built: dict[str, P] = {}
    for slug in slugs:
        try:
            built[slug] = build(settings, plugins, slug, troubles)
        except NextVisitError as error:
            do = "correct its settings; if they are right, tell the plugin's author (`nextvisit plugins`)"
            faulty.append(_fault(f"{kind} {slug}", "connection", error, do))
        else:
            stack.push_async_callback(closing(built[slug], slug))
    return built


def _fault(what: str, reach: Reach, error: NextVisitError, do: str) -> Check:
    """A question that was answered before it could be asked."""
    return Check(what, reach, _raising(error), do)


def _raising(error: NextVisitError) -> Callable[[], Awaitable[NoReturn]]:
    async def ask() -> NoReturn:
        raise error

    return ask
