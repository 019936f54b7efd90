"""Pluggy, wrapped once: entry points in, typed mappings out.

Built-ins and third parties are found alike. An entry point of the group `nextvisit` is called as the adapter,
channel or reader that it provides, so that what the settings name is found without a plugin being run; only
that is loaded. A catalogue of campaigns, of the group `nextvisit.campaigns`, is data: nothing of it is run.
What a process may load can be narrowed to an allow-list of distributions. A file in the folder for trials is
called as its slug, and found beside them.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

import pluggy
from packaging.utils import canonicalize_name

from nextvisit.files.fault import one_line
from nextvisit.files.part import did_you_mean, nearest
from nextvisit.install.contents import Pin, refuse_unlike
from nextvisit.install.foreign_code import watched
from nextvisit.install.plugin_parts import AnyPlugin, refuse_parts, refuse_slugs
from nextvisit.install.plugin_source import PluginSource, installed, specs_of
from nextvisit.install.sdk_range import refuse_other_sdk
from nextvisit.install.settings import Settings
from nextvisit.install.trials import trials_in
from nextvisit.sdk import hookspecs
from nextvisit.sdk.capabilities import MisCapabilities
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import PROJECT, ChannelPlugin, IntentReaderPlugin, MisAdapterPlugin

CATALOGUES: Final = f"{PROJECT}.campaigns"

T = TypeVar("T")
_Permitted = Mapping[str, Pin] | None
_HOOKS: Final = {
    "mis_adapters": (MisAdapterPlugin, "mis adapter"),
    "channels": (ChannelPlugin, "channel"),
    "intent_readers": (IntentReaderPlugin, "intent reader"),
}


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """An entry point or a trial, as `nextvisit plugins` shows it. provides: in words, once it was loaded.

    distribution: or the trial's file. fault: why it could not be loaded.
    """

    name: str
    distribution: str
    version: str
    provides: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Plugins:
    """What was loaded, by slug; and all that is installed. names: that the settings may name.

    campaign_folders: of every catalogue. homes: where the code of each lies, if that can be told.
    """

    installed: tuple[InstalledPlugin, ...]
    names: frozenset[str]
    mis_adapters: Mapping[str, MisAdapterPlugin]
    channels: Mapping[str, ChannelPlugin]
    intent_readers: Mapping[str, IntentReaderPlugin]
    campaign_folders: tuple[Path, ...]
    homes: Mapping[str, Path | None] = field(default_factory=dict)


@dataclass(slots=True)
class _Loaded:
    mis_adapters: dict[str, MisAdapterPlugin] = field(default_factory=dict)
    channels: dict[str, ChannelPlugin] = field(default_factory=dict)
    intent_readers: dict[str, IntentReaderPlugin] = field(default_factory=dict)
    homes: dict[str, Path | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Sources:
    """What may be loaded: plugins, catalogues, and what is held against the distribution of each."""

    plugins: Sequence[PluginSource]
    catalogues: Sequence[PluginSource]
    permitted: _Permitted


def _sources(allowed: Sequence[Pin] | None, trials: Path | None) -> _Sources:
    permitted: _Permitted = (
        None if allowed is None else {canonicalize_name(each.distribution): each for each in allowed}
    )
    points, catalogues = installed(PROJECT), installed(CATALOGUES)
    _refuse_absent(permitted, [*points, *catalogues])
    mine = [each for each in points if _is_permitted(each, permitted)]
    mine += [] if trials is None else trials_in(trials)
    return _Sources(mine, [each for each in catalogues if _is_permitted(each, permitted)], permitted)


def load_plugins(
    allowed: Sequence[Pin] | None = None,
    *,
    wanted: Collection[str] | None = None,
    trials: Path | None = None,
) -> Plugins:
    """Load what is called as in `wanted`, of distributions in `allowed` or in the folder `trials`.

    wanted: None for each that is installed; then one that cannot be loaded has its fault in `installed`.
    Raises ConfigError, which names the plugin, when one that is wanted cannot be loaded, breaks a hook, or
    has the name of another one; and for a distribution in `allowed` that is not installed.
    """
    sources = _sources(allowed, trials)
    loaded = _Loaded()
    listed, folders = _catalogued(sources, wanted)
    for source in sources.plugins:
        told = InstalledPlugin(source.name, source.origin, source.version)
        if wanted is not None and source.name not in wanted:
            listed.append(told)
            continue
        try:
            _refuse_unfit(source, sources)
            listed.append(replace(told, provides=_provided(source, sources.plugins, loaded)))
        except ConfigError as error:
            if wanted is not None:
                raise
            listed.append(replace(told, fault=error.why))
    return Plugins(
        tuple(listed),
        frozenset(each.name for each in sources.plugins),
        loaded.mis_adapters,
        loaded.channels,
        loaded.intent_readers,
        tuple(folders),
        loaded.homes,
    )


def _catalogued(
    sources: _Sources, wanted: Collection[str] | None
) -> tuple[list[InstalledPlugin], list[Path]]:
    """All of them are used: any of their campaigns may be named."""
    listed: list[InstalledPlugin] = []
    folders: list[Path] = []
    for source in sources.catalogues:
        told = InstalledPlugin(source.name, source.origin, source.version)
        try:
            _refuse_other_content(source, sources)
        except ConfigError as error:
            if wanted is not None:
                raise
            listed.append(replace(told, fault=error.why))
            continue
        found = _folders(source)
        if found is None:
            listed.append(replace(told, fault=f"there is no package `{source.module}`; install it again"))
            continue
        folders += found
        listed.append(replace(told, provides=tuple(f"campaign {each.name}" for each in found)))
    return listed, folders


def plugins_of(settings: Settings, *, tried: bool = False, only: str | None = None) -> Plugins:
    """What the settings name, loaded; tried: all that they allow; only: this. Raises as `load_plugins`."""
    wanted = settings.plugins_used if only is None else {only}
    return load_plugins(settings.pins, wanted=None if tried else wanted, trials=_trials(settings))


def refuse_unfit(settings: Settings) -> None:
    """Of what the settings use: all that can be told while nothing of it runs. Raises as `load_plugins`."""
    sources = _sources(settings.pins, _trials(settings))
    for each in sources.catalogues:
        _refuse_other_content(each, sources)
    for each in sources.plugins:
        if each.name in settings.plugins_used:
            _refuse_unfit(each, sources)
            each.open()


def _trials(settings: Settings) -> Path | None:
    return None if settings.plugins_dir is None else settings.beside(settings.plugins_dir)


def named(known: Mapping[str, T], slug: str, place: str, plugins: Plugins) -> T:
    """What the settings name at `place`. Raises ConfigError when no installed plugin provides it."""
    if slug in known:
        return known[slug]
    near = nearest(slug, plugins.names)
    if near and near != slug:
        have = f"; did you mean `{near}`?"
    else:
        have = f" (installed: {', '.join(sorted(plugins.names)) or 'none'})"
    raise ConfigError("plugin.unknown", f"no installed plugin provides `{slug}` here{have}", place=place)


def _is_permitted(source: PluginSource, permitted: _Permitted) -> bool:
    return permitted is None or canonicalize_name(source.origin) in permitted


def _refuse_absent(permitted: _Permitted, sources: Iterable[PluginSource]) -> None:
    """A name that nobody bears would be a plugin, or a catalogue of campaigns, that is silently missing."""
    there = {canonicalize_name(each.origin): each.origin for each in sources}
    if absent := sorted(pin.distribution for name, pin in (permitted or {}).items() if name not in there):
        have = ", ".join(sorted(there.values())) or "none"
        raise ConfigError(
            "plugin.absent",
            f"no plugin of the name {', '.join(absent)} is installed (installed: {have})",
            place="plugins",
        )


def _refuse_second(source: PluginSource, sources: Sequence[PluginSource]) -> None:
    those = [each.origin for each in sources if each.name == source.name]
    if len(those) > 1:
        message = (
            f"{' and '.join(those)} are both called `{source.name}`, and nobody can tell which is meant;"
            " uninstall one, leave it out of `plugins` in the settings, or take a trial's file away"
        )
        raise ConfigError("plugin.name_taken", message, place=source.place)


def _refuse_unfit(source: PluginSource, sources: _Sources) -> None:
    """All that can be told while nothing of it runs. Raises ConfigError."""
    _refuse_second(source, sources.plugins)
    _refuse_other_content(source, sources)
    # A trial is tried with the SDK that is here, by whoever wrote it.
    if source.distribution is not None:
        refuse_other_sdk(source.distribution.requires or (), source.place)


def _refuse_other_content(source: PluginSource, sources: _Sources) -> None:
    pin = None if sources.permitted is None else sources.permitted.get(canonicalize_name(source.origin))
    if pin is not None and source.distribution is not None:
        refuse_unlike(pin, source.distribution, source.home)


def _provided(source: PluginSource, sources: Sequence[PluginSource], loaded: _Loaded) -> tuple[str, ...]:
    """What this entry point provides, in words, put where it belongs."""
    manager = _registered(source)
    provides: list[str] = []
    theirs = {each.name for each in sources if each.origin == source.origin}
    for hook, (kind, what) in _HOOKS.items():
        found = _call(manager, hook, kind, source)
        refuse_slugs(found, theirs, source.place)
        for plugin in found:
            if plugin.slug == source.name:
                refuse_parts(plugin, source.place)
                getattr(loaded, hook)[plugin.slug] = plugin
                loaded.homes[plugin.slug] = source.home
                provides.append(f"{what} {plugin.slug}{_in_words(plugin)}")
    if not provides:
        says = f"it is called `{source.name}`, and provides nothing of that name; call it as its slug"
        raise ConfigError("plugin.slug", says, place=source.place)
    return tuple(provides)


def _in_words(plugin: AnyPlugin) -> str:
    if isinstance(plugin, MisAdapterPlugin):
        can = plugin.capabilities
        return f" ({can})" if isinstance(can, MisCapabilities) and str(can) else ""
    if not isinstance(plugin, IntentReaderPlugin) or not plugin.languages:
        return ""
    return f" ({', '.join(sorted(plugin.languages))})"


def _registered(source: PluginSource) -> pluggy.PluginManager:
    """The plugin's module alone, imported and with its hooks known."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    known = {
        hook for hook, caller in vars(manager.hook).items() if not hook.startswith("_") and caller.has_spec()
    }
    load = source.open()
    with watched(source.place, source.home, "importing it"):
        module = load()
        unmarked = [each for each in known if inspect.isroutine(getattr(module, each, None))]
        try:
            manager.register(module, name=source.name)
        except pluggy.PluginValidationError as error:
            refused: pluggy.PluginValidationError | None = error
        else:
            refused = None
    if refused is not None:
        raise ConfigError("plugin.hook", _unfit_hook(module, known, refused), place=source.place) from refused
    callers = manager.get_hookcallers(module) or []
    for caller in callers:
        # Also one that says it is optional: there is one set of hooks, and it would never be called.
        if not caller.has_spec():
            says = f"there is no hook `{caller.name}`{did_you_mean(caller.name, known)}"
            raise ConfigError("plugin.hook", says, place=source.place)
    if forgotten := sorted(set(unmarked) - {caller.name for caller in callers}):
        says = f"its function `{forgotten[0]}` is no hook; mark it with `hookimpl`, or call it otherwise"
        raise ConfigError("plugin.hook", says, place=source.place)
    if not callers:
        says = f"it implements no hook ({', '.join(sorted(known))}); `hookimpl` has to stand above each"
        raise ConfigError("plugin.hook", says, place=source.place)
    return manager


def _unfit_hook(module: object, known: Collection[str], refused: pluggy.PluginValidationError) -> str:
    """Pluggy's own words go over several lines, and speak of its names for things."""
    for hook in sorted(known):
        function = getattr(module, hook, None)
        if function is not None and (given := list(inspect.signature(function).parameters)):
            takes = ", ".join(f"`{each}`" for each in given)
            return f"its hook `{hook}` takes {takes}, and a hook is given nothing; write `def {hook}():`"
    return f"its hooks do not fit: {one_line(str(refused))}"


def _call(
    manager: pluggy.PluginManager, hook: str, kind: type[AnyPlugin], source: PluginSource
) -> Sequence[AnyPlugin]:
    caller = getattr(manager.hook, hook)
    with watched(source.place, source.home, f"its hook `{hook}`"):
        results = caller()
        asleep = [each for each in results if inspect.isawaitable(each)]
        for each in asleep:
            if inspect.iscoroutine(each):
                each.close()
        iterable = all(isinstance(result, Iterable) for result in results)
        found = [item for result in results for item in result] if iterable and not asleep else []
    if asleep:
        says = f"its hook `{hook}` is a coroutine; write `def` without `async`: a hook waits for nothing"
        raise ConfigError("plugin.hook", says, place=source.place)
    # Pluggy leaves out who answers None, which is what a `return` that is missing comes to.
    silent = len(results) != len(caller.get_hookimpls())
    if silent or not iterable or not all(isinstance(each, kind) for each in found):
        gives = "nothing; is its `return` missing?" if silent else _types(results, found)
        says = f"its hook `{hook}` has to return a sequence of `{kind.__name__}`, and returns {gives}"
        raise ConfigError("plugin.hook", says, place=source.place)
    return found


def _types(results: Sequence[object], found: Sequence[object]) -> str:
    """No value: it may be long, and is somebody else's."""
    if found:
        return f"a sequence of `{', '.join(sorted({type(each).__name__ for each in found}))}`"
    return f"`{', '.join(type(each).__name__ for each in results)}`"


def _folders(source: PluginSource) -> Sequence[Path] | None:
    """Every folder of its package that has a campaign.yaml, by name; None: there is no package."""
    specs = list(specs_of(source.module))
    if len(specs) != len(source.module.split(".")):
        return None
    places = specs[-1].submodule_search_locations or []
    return sorted(each.parent for place in places for each in Path(place).glob("*/campaign.yaml"))
