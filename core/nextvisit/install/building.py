"""A connection's plugin, built from its settings and closed again, whatever it raises."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import structlog

from nextvisit.desk.plain_file import read_plain
from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.files.part import read_foreign
from nextvisit.install.plugins import Plugins, named
from nextvisit.install.settings import ChannelSettings, MisSettings, Settings, UnderstandingSettings
from nextvisit.sdk.channels import NAME, ChannelCapabilities, MessageForm
from nextvisit.sdk.errors import ConfigError, NextVisitError
from nextvisit.sdk.hookspecs import ChannelPlugin
from nextvisit.sdk.ports import Books, Channel, MisAdapter, ReadsIntent
from nextvisit.sdk.settings import PluginSettings
from nextvisit.understanding.own_words import with_own_words

if TYPE_CHECKING:
    from nextvisit.intake.meaning import ReplyReading
    from nextvisit.intake.second_reader import SecondReader
    from nextvisit.understanding.vocabulary import Vocabularies

log = structlog.get_logger()


class _Closes(Protocol):
    async def close(self) -> None: ...


T = TypeVar("T")
_Configured = MisSettings | ChannelSettings | UnderstandingSettings


def refuse_faults(settings: Settings, plugins: Plugins) -> None:
    """Of what the settings say to plugins: raises InvalidFile with all faults of all connections at once."""
    faults: list[Fault] = []
    for slug, adapter in settings.mis.items():
        of_adapter = named(plugins.mis_adapters, adapter.adapter, f"mis.{slug}.adapter", plugins)
        faults += _faults(adapter, of_adapter.settings, f"mis.{slug}")
    for slug, spec in settings.channels.items():
        of_channel = named(plugins.channels, spec.channel, f"channels.{slug}.channel", plugins)
        faults += _faults(spec, of_channel.settings, f"channels.{slug}") or _impatient(
            settings, of_channel, slug
        )
    beside = settings.understanding
    if beside is not None and beside.reader is not None:
        of_reader = named(plugins.intent_readers, beside.reader, "understanding.reader", plugins)
        faults += _faults(beside, of_reader.settings, "understanding")
    elif beside is not None and beside.settings:
        faults.append(beside.place.fault_at("settings", "these are a reader's, and there is no `reader`"))
    if faults:
        raise InvalidFile(sorted(faults, key=lambda fault: (fault.line, fault.column)))


def _faults(connection: _Configured, model: type[PluginSettings], place: str) -> Sequence[Fault]:
    try:
        _plugin_settings(connection, model, place)
    except InvalidFile as error:
        return error.faults
    return ()


def _impatient(settings: Settings, plugin: ChannelPlugin, slug: str) -> Sequence[Fault]:
    """A send would be cut short while its provider may still answer, and nobody would know its outcome."""
    spec = settings.channels[slug]
    if (silence := plugin.silence) is None:
        return ()
    wanted = _plugin_settings(spec, plugin.settings, f"channels.{slug}")
    waits = _built(lambda: silence(wanted), (), f"channels.{slug}", spec.settings)
    if not isinstance(waits, timedelta):
        raise ConfigError(
            "plugin.broken", "its plugin is faulty: `silence` is no span", place=f"channels.{slug}"
        )
    if waits < settings.patience:
        return ()
    message = (
        f"channels.{slug}.settings: a send may wait {_seconds(waits)} for an answer, and is cut short after"
        f" {_seconds(settings.patience)}, three quarters of `attempt`: let it wait less, or raise `attempt`"
    )
    return [spec.place.fault_at("settings", message)]


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g} seconds"


def mis_adapter(settings: Settings, plugins: Plugins, slug: str) -> MisAdapter:
    """The connection of this name. Raises ConfigError or InvalidFile, which name it."""
    spec = settings.mis[slug]
    plugin = named(plugins.mis_adapters, spec.adapter, f"mis.{slug}.adapter", plugins)
    wanted = _plugin_settings(spec, plugin.settings, f"mis.{slug}")
    built = _built(lambda: plugin.build(wanted), _methods(MisAdapter), f"mis.{slug}", spec.settings)
    if spec.books and not isinstance(built, Books):
        message = f"mis.{slug}.books: the adapter {spec.adapter!r} cannot book; leave `books` out here"
        raise InvalidFile([spec.place.fault_at("books", message)])
    return built


def channel(settings: Settings, plugins: Plugins, slug: str) -> Channel:
    """The connection of this name. Raises ConfigError or InvalidFile, which name it."""
    spec = settings.channels[slug]
    plugin = named(plugins.channels, spec.channel, f"channels.{slug}.channel", plugins)
    wanted = _plugin_settings(spec, plugin.settings, f"channels.{slug}")
    if faults := _impatient(settings, plugin, slug):
        raise InvalidFile(faults)
    return _built(lambda: plugin.build(wanted), _methods(Channel), f"channels.{slug}", spec.settings)


def reply_reading(settings: Settings, plugins: Plugins) -> ReplyReading:
    """How this site reads replies. Raises ConfigError, InvalidFile."""
    # These lean on the store, which whoever only reads files does not load.
    from nextvisit.intake.meaning import ReplyReading  # noqa: PLC0415

    return ReplyReading(own_words(settings), second_reader(settings, plugins))


def own_words(settings: Settings) -> Vocabularies | None:
    """The languages with the clinic's own words; None: it has none. Raises ConfigError, InvalidFile."""
    spec = settings.understanding
    if spec is None or spec.words is None:
        return None
    place = spec.place.file
    path = Path(place).parent / spec.words
    if not path.exists():
        raise InvalidFile([spec.place.fault_at("words", f"{path} cannot be read: there is no such file")])
    return with_own_words(read_plain(path))


def second_reader(settings: Settings, plugins: Plugins) -> SecondReader | None:
    """Who reads replies beside the rules; None: nobody. Raises ConfigError or InvalidFile, which name it."""
    spec = settings.understanding
    if spec is None or spec.reader is None:
        return None
    plugin = named(plugins.intent_readers, spec.reader, "understanding.reader", plugins)
    wanted = _plugin_settings(spec, plugin.settings, "understanding")
    built = _built(lambda: plugin.build(wanted), _methods(ReadsIntent), "understanding", spec.settings)
    if not _are_facts(plugin.languages, plugin.memory):
        says = "its plugin is faulty: it does not say its languages, or what memory it takes"
        raise ConfigError("plugin.broken", says, place="understanding")
    # It is counted in the store, which whoever only reads files does not load.
    from nextvisit.intake.second_reader import SecondReader  # noqa: PLC0415

    return SecondReader(plugin.slug, built, plugin.languages, plugin.memory)


def _are_facts(languages: object, memory: object) -> bool:
    return isinstance(languages, frozenset) and isinstance(memory, int)


def capabilities(settings: Settings, plugins: Plugins, slug: str) -> ChannelCapabilities:
    """What the connection of this name can do. Raises ConfigError or InvalidFile, which name it."""
    spec = settings.channels[slug]
    plugin = named(plugins.channels, spec.channel, f"channels.{slug}.channel", plugins)
    can = plugin.capabilities
    if (narrowed := plugin.with_settings) is not None:
        wanted = _plugin_settings(spec, plugin.settings, f"channels.{slug}")
        can = _built(lambda: narrowed(wanted), (), f"channels.{slug}", spec.settings)
    if (fault := _incapable(can)) is not None:
        raise ConfigError("plugin.broken", f"its plugin is faulty: {fault}", place=f"channels.{slug}")
    if (can.kind, can.addresses) != (plugin.capabilities.kind, plugin.capabilities.addresses):
        says = "its plugin is faulty: under these settings it is another kind of channel"
        raise ConfigError("plugin.broken", says, place=f"channels.{slug}")
    return can


def _incapable(can: object) -> str | None:
    """Why no campaign could name such a channel, or nothing could be sent on it. None: it is fine."""
    if not isinstance(can, ChannelCapabilities):
        return "its capabilities are none"
    if not all(re.fullmatch(NAME, str(each)) for each in (can.kind, can.addresses.space)):
        return "nothing can be called as its kind or its space of addresses is"
    if not can.addresses.systems:
        return "no contact point of a record can be its address"
    if not can.forms or not set(can.forms) <= set(MessageForm):
        return "it carries no form of message, or one that there is not"
    if can.longest is not None and can.longest < 1:
        return "no text is as short as it takes"
    return None


def closing(thing: _Closes, slug: str) -> Callable[[], Awaitable[None]]:
    """Its `close`; a plugin that cannot end does not keep the others from ending."""

    async def close() -> None:
        try:
            await thing.close()
        # A third party's: what it raises may hold anything, and all that is left to do is to close the rest.
        except Exception:  # noqa: BLE001
            log.warning("plugin.not_closed", source=slug)

    return close


def _built(build: Callable[[], T], methods: Sequence[str], place: str, settings: Mapping[str, object]) -> T:
    try:
        thing = build()
    except ConfigError as error:
        # A secret that is not there is named by its reference; whoever mends it looks for the key.
        key = next((key for key, value in settings.items() if value == error.place), None)
        if key is None:
            raise
        raise ConfigError(error.code, error.why, place=f"{place}.settings.{key}: {error.place}") from error
    except NextVisitError:
        raise
    # A third party's: it may raise anything, and its text may show what it was given.
    except Exception as error:
        says = "its plugin is faulty: it cannot be built from its settings"
        raise ConfigError("plugin.broken", says, place=place) from error
    if lacking := [each for each in methods if not callable(getattr(thing, each, None))]:
        says = f"its plugin is faulty: what it builds has no `{'`, no `'.join(lacking)}`"
        raise ConfigError("plugin.broken", says, place=place)
    return thing


def _methods(port: object) -> Sequence[str]:
    return [each for each in vars(port) if not each.startswith("_") and callable(getattr(port, each))]


def _plugin_settings(connection: _Configured, model: type[PluginSettings], place: str) -> PluginSettings:
    read = read_foreign(connection.place, "settings", connection.settings, model)
    if isinstance(read, tuple):
        raise InvalidFile([replace(each, message=f"{place}.{each.message}") for each in read])
    return read
