"""A connection's plugin, built from its settings and closed again, whatever it raises."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import structlog

from nextvisit.calls.apart.proxy import end
from nextvisit.calls.guard import Whose, guarded
from nextvisit.calls.troubles import Troubles
from nextvisit.clock import SystemClock
from nextvisit.desk.plain_file import read_plain
from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.files.part import read_foreign
from nextvisit.install.apart import in_own_process
from nextvisit.install.catalogue_codes import codes_of, misnamed
from nextvisit.install.foreign_code import watched
from nextvisit.install.plugin_parts import AnyPlugin, incapable, refuse_coroutine, without_a_way_in
from nextvisit.install.plugins import Plugins, named, plugins_of
from nextvisit.install.settings import ChannelSettings, MisSettings, Settings, UnderstandingSettings
from nextvisit.sdk.capabilities import MisCapabilities
from nextvisit.sdk.channels import ChannelCapabilities
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import ChannelPlugin, IntentReaderPlugin, MisAdapterPlugin
from nextvisit.sdk.ports import Books, Channel, FindsSlots, KeepsPace, MisAdapter, ReadsIntent
from nextvisit.sdk.settings import CatalogueSettings, PluginSettings
from nextvisit.understanding.own_words import with_own_words

if TYPE_CHECKING:
    from nextvisit.intake.meaning import ReplyReading
    from nextvisit.intake.second_reader import SecondReader
    from nextvisit.understanding.vocabulary import Vocabularies

log = structlog.get_logger()


class _Closes(Protocol):
    async def close(self) -> None: ...


_WAY_BACK: Final = 1.2
"""The rest of an attempt, a quarter, is for more than this."""

T = TypeVar("T")
_Configured = MisSettings | ChannelSettings | UnderstandingSettings


@dataclass(frozen=True, slots=True)
class _Spot:
    """Of the settings, what is one plugin's: the part of the file and its key. home: of its code.

    codes: what the site's catalogue has for the connection, by the key of `CatalogueSettings`.
    """

    part: _Configured
    key: str
    home: Path | None
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def _adapter_at(settings: Settings, plugins: Plugins, slug: str) -> tuple[MisAdapterPlugin, _Spot]:
    spec, key = settings.mis[slug], f"mis.{slug}"
    plugin = named(plugins.mis_adapters, spec.adapter, f"{key}.adapter", plugins)
    return plugin, _Spot(spec, key, plugins.homes.get(plugin.slug), codes_of(settings, slug))


def _channel_at(settings: Settings, plugins: Plugins, slug: str) -> tuple[ChannelPlugin, _Spot]:
    spec, key = settings.channels[slug], f"channels.{slug}"
    plugin = named(plugins.channels, spec.channel, f"{key}.channel", plugins)
    return plugin, _Spot(spec, key, plugins.homes.get(plugin.slug))


def _reader_at(settings: Settings, plugins: Plugins) -> tuple[IntentReaderPlugin, _Spot] | None:
    spec = settings.understanding
    if spec is None or spec.reader is None:
        return None
    plugin = named(plugins.intent_readers, spec.reader, "understanding.reader", plugins)
    return plugin, _Spot(spec, "understanding", plugins.homes.get(plugin.slug))


def refuse_faults(settings: Settings, plugins: Plugins) -> None:
    """Of what the settings say to plugins: raises InvalidFile with all faults of all connections at once."""
    faults = [*misnamed(settings)]
    for slug in settings.mis:
        of_adapter, at = _adapter_at(settings, plugins, slug)
        faults += _faults(at, of_adapter.settings) or _unable(settings, plugins, slug)
    for slug in settings.channels:
        of_channel, at = _channel_at(settings, plugins, slug)
        faults += _faults(at, of_channel.settings) or _impatient(settings, of_channel, at)
    beside = settings.understanding
    if (reader := _reader_at(settings, plugins)) is not None:
        of_reader, at = reader
        faults += _faults(at, of_reader.settings)
    elif beside is not None and beside.settings:
        faults.append(beside.place.fault_at("settings", "these are a reader's, and there is no `reader`"))
    if faults:
        raise InvalidFile(sorted(faults, key=lambda fault: (fault.line, fault.column)))


def _faults(at: _Spot, model: type[PluginSettings]) -> Sequence[Fault]:
    try:
        _plugin_settings(at, model)
    except InvalidFile as error:
        return error.faults
    return ()


def _impatient(settings: Settings, plugin: ChannelPlugin, at: _Spot) -> Sequence[Fault]:
    """A send would be cut short while its provider may still answer, and nobody would know its outcome."""
    if (silence := plugin.silence) is None:
        return ()
    wanted = _plugin_settings(at, plugin.settings)
    waits: object = _called(at, "its `silence`", lambda: silence(wanted))
    if not isinstance(waits, timedelta):
        raise _faulty(at, "`silence` has to give a timedelta")
    if waits < settings.patience:
        return ()
    message = (
        f"{at.key}.settings: a send may wait {_seconds(waits)} for an answer, and is cut short after"
        f" {_seconds(settings.patience)}, three quarters of `attempt`: let it wait less, or raise `attempt`"
    )
    return [at.part.place.fault_at("settings", message)]


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g} seconds"


def mis_adapter(settings: Settings, plugins: Plugins, slug: str, troubles: Troubles) -> MisAdapter:
    """The connection of this name, behind its guard. Raises ConfigError or InvalidFile, which name it."""
    plugin, at = _adapter_at(settings, plugins, slug)
    if faults := _unable(settings, plugins, slug):
        raise InvalidFile(faults)
    spec, whose = settings.mis[slug], Whose(slug, settings.mis[slug].adapter)
    built: MisAdapter
    with _built(settings, at, plugin, _methods(MisAdapter), (whose, troubles)) as built:
        if spec.books and not (isinstance(built, Books) and isinstance(built, FindsSlots)):
            raise _faulty(at, "it says that it books and finds slots, and what it builds does not")
        if spec.per_second is not None and not isinstance(built, KeepsPace):
            raise _faulty(at, "it says that it is paced, and what it builds is not")
    return guarded(built, whose, troubles, _patience(settings, spec), traced=spec.trace)


def adapter_alone(settings: Settings, slug: str) -> tuple[MisAdapter, MisCapabilities]:
    """As `mis_adapter`, with its plugin and no other loaded, for who tries it out; and what it can do."""
    plugins = plugins_of(settings, only=settings.mis[slug].adapter)
    return mis_adapter(settings, plugins, slug, Troubles()), mis_capabilities(settings, plugins, slug)


def channel_alone(settings: Settings, slug: str) -> tuple[Channel, ChannelCapabilities]:
    """As `channel`, with its plugin and no other loaded, for who tries it out; and what it can do."""
    plugins = plugins_of(settings, only=settings.channels[slug].channel)
    return channel(settings, plugins, slug, Troubles()), capabilities(settings, plugins, slug)


def wall_clock() -> datetime:
    """What time it is, for who tries a connection out; roles are given their clock."""
    return SystemClock().now()


def mis_capabilities(settings: Settings, plugins: Plugins, slug: str) -> MisCapabilities:
    """What the connection of this name can do. Raises ConfigError or InvalidFile, which name it."""
    plugin, at = _adapter_at(settings, plugins, slug)
    can: object = plugin.capabilities
    if (narrowed := plugin.with_settings) is not None:
        wanted = _plugin_settings(at, plugin.settings)
        can = _called(at, "its `with_settings`", lambda: narrowed(wanted))
    if not isinstance(can, MisCapabilities):
        raise _faulty(at, "what it says that it can is no `MisCapabilities`")
    return can


def _unable(settings: Settings, plugins: Plugins, slug: str) -> Sequence[Fault]:
    """That visits are to be booked where they cannot be, or a pace kept that is not."""
    spec = settings.mis[slug]
    can = mis_capabilities(settings, plugins, slug)
    lacks = [what for what, there in (("book", can.books), ("find slots", can.finds_slots_by)) if not there]
    faults: list[Fault] = []
    if spec.books and lacks:
        message = (
            f"mis.{slug}.books: the adapter {spec.adapter!r} cannot {' or '.join(lacks)} under these"
            " settings; leave `books` out here"
        )
        faults.append(spec.place.fault_at("books", message))
    if spec.per_second is not None and not can.paced:
        message = (
            f"mis.{slug}.per_second: the adapter {spec.adapter!r} keeps no pace, and the MIS would be asked"
            " as fast as it answers; leave it out here"
        )
        faults.append(spec.place.fault_at("per_second", message))
    return faults


def channel(settings: Settings, plugins: Plugins, slug: str, troubles: Troubles) -> Channel:
    """The connection of this name, behind its guard. Raises ConfigError or InvalidFile, which name it."""
    plugin, at = _channel_at(settings, plugins, slug)
    if faults := _impatient(settings, plugin, at):
        raise InvalidFile(faults)
    can = capabilities(settings, plugins, slug)
    spec, whose = settings.channels[slug], Whose(slug, settings.channels[slug].channel)
    built: Channel
    with _built(settings, at, plugin, _methods(Channel), (whose, troubles)) as built:
        if without_a_way_in(built, can):
            says = (
                "its capabilities say that patients can answer on it, and what it builds implements neither"
                " `Listens` nor `AnswersWebhooks`; say `receives=False`, or implement one"
            )
            raise _faulty(at, says)
    return guarded(built, whose, troubles, _patience(settings, spec), traced=spec.trace)


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
    if (reader := _reader_at(settings, plugins)) is None:
        return None
    plugin, at = reader
    built: ReadsIntent = _made(at, plugin, _methods(ReadsIntent))
    # It is counted in the store, which whoever only reads files does not load.
    from nextvisit.intake.second_reader import SecondReader  # noqa: PLC0415

    return SecondReader(plugin.slug, built, plugin.languages, plugin.memory)


def capabilities(settings: Settings, plugins: Plugins, slug: str) -> ChannelCapabilities:
    """What the connection of this name can do. Raises ConfigError or InvalidFile, which name it."""
    plugin, at = _channel_at(settings, plugins, slug)
    of_all = plugin.capabilities
    if (narrowed := plugin.with_settings) is None:
        return of_all
    wanted = _plugin_settings(at, plugin.settings)
    can = _called(at, "its `with_settings`", lambda: narrowed(wanted))
    if (fault := incapable(can)) is not None:
        raise _faulty(at, f"of `with_settings` {fault}")
    if (can.kind, can.addresses) != (of_all.kind, of_all.addresses):
        says = (
            f"under these settings it is another kind of channel: `{can.kind}` of addresses in"
            f" `{can.addresses.space}`, and its `capabilities` say `{of_all.kind}` in"
            f" `{of_all.addresses.space}`"
        )
        raise _faulty(at, says)
    if (can.receives and not of_all.receives) or not can.reports <= of_all.reports:
        says = "under these settings it can more than its `capabilities` say: let those say all that it may"
        raise _faulty(at, says)
    return can


def closing(thing: _Closes, slug: str) -> Callable[[], Awaitable[None]]:
    """Its `close`; a plugin that cannot end does not keep the others from ending."""

    async def close() -> None:
        try:
            await thing.close()
        # A third party's: what it raises may hold anything, and all that is left to do is to close the rest.
        except Exception:  # noqa: BLE001
            log.warning("plugin.not_closed", source=slug)

    return close


def _patience(settings: Settings, spec: MisSettings | ChannelSettings) -> timedelta:
    """In a process of its own a guard keeps the time and can say more of it; ours waits longer."""
    return settings.patience * (1 if spec.process is None else _WAY_BACK)


@contextmanager
def _built(
    settings: Settings, at: _Spot, plugin: AnyPlugin, methods: Sequence[str], calling: tuple[Whose, Troubles]
) -> Iterator[Any]:
    """What `build` makes, in a process of its own if the settings say so; it ends where that is refused."""
    whose, troubles = calling
    process = None if isinstance(at.part, UnderstandingSettings) else at.part.process
    if process is None:
        yield _made(at, plugin, methods)
        return
    _plugin_settings(at, plugin.settings)  # its faults have lines here, and none in that process
    given = {**at.part.settings, **{key: dict(each) for key, each in at.codes.items()}}
    # What it says of its settings is told as of any other plugin.
    thing = _called(at, "its `build`", lambda: in_own_process(settings, at.key, whose, given, troubles))
    try:
        _refuse_lacking(at, thing, methods)
        yield thing
    except BaseException:
        end(thing)
        raise


def _made(at: _Spot, plugin: AnyPlugin, methods: Sequence[str]) -> Any:
    """What `build` makes, which has these methods."""
    wanted = _plugin_settings(at, plugin.settings)
    build: Callable[[Any], Any] = plugin.build
    thing = _called(at, "its `build`", lambda: build(wanted))
    refuse_coroutine(thing, at.key)
    _refuse_lacking(at, thing, methods)
    return thing


def _refuse_lacking(at: _Spot, thing: object, methods: Sequence[str]) -> None:
    if lacking := [each for each in methods if not callable(getattr(thing, each, None))]:
        raise _faulty(at, f"what it builds has no `{'`, no `'.join(lacking)}`")


def _called(at: _Spot, what: str, call: Callable[[], T]) -> T:
    try:
        with watched(at.key, at.home, f"its plugin is faulty: {what}", configured=True):
            return call()
    except ConfigError as error:
        # A secret that is not there is named by its reference; whoever mends it looks for the key.
        key = next((key for key, value in at.part.settings.items() if value == error.place), None)
        if key is None:
            raise
        place = f"{at.key}.settings.{key}: {error.place}"
        raise ConfigError(error.code, error.why, place=place) from error


def _faulty(at: _Spot, says: str) -> ConfigError:
    return ConfigError("plugin.broken", f"its plugin is faulty: {says}", place=at.key)


def _methods(port: object) -> Sequence[str]:
    return [each for each in vars(port) if not each.startswith("_") and callable(getattr(port, each))]


def _plugin_settings(at: _Spot, model: type[PluginSettings]) -> PluginSettings:
    read = _called(
        at,
        "a check of its settings",
        lambda: read_foreign(at.part.place, "settings", at.part.settings, model),
    )
    faults = list(read) if isinstance(read, tuple) else []
    own = CatalogueSettings.model_fields.keys() & at.part.settings.keys()
    maps = issubclass(model, CatalogueSettings)
    if maps and own:
        says = f"settings.{min(own)}: codes stand in the file that `catalogue` names, for every connection"
        faults.append(at.part.place.fault_at("settings", says))
    if at.codes and not maps:
        says = "settings: the site's catalogue has codes of it, and its adapter maps none"
        faults.append(at.part.place.fault_at("settings", says))
    if isinstance(read, tuple) or faults:
        raise InvalidFile([replace(each, message=f"{at.key}.{each.message}") for each in faults])
    return _with_codes(at, model, read) if at.codes else read


def _with_codes(at: _Spot, model: type[PluginSettings], settings: PluginSettings) -> PluginSettings:
    """With the catalogue's in the place of the plugin's own. Raises InvalidFile: the plugin refuses them."""
    given = {**settings.model_dump(exclude_unset=True), **{key: dict(each) for key, each in at.codes.items()}}
    read = _called(
        at, "a check of its settings", lambda: read_foreign(at.part.place, "settings", given, model)
    )
    if isinstance(read, tuple):
        raise InvalidFile([replace(each, message=f"{at.key}.{each.message}") for each in read])
    return read
