"""Pluggy, wrapped once: entry points in, typed mappings out.

Built-ins and third parties are found alike, by the entry-point group `nextvisit`. What a process may
load can be narrowed to an allow-list of distribution names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

import pluggy

from nextvisit.files.part import did_you_mean
from nextvisit.sdk import hookspecs
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import PROJECT, ChannelPlugin, IntentReaderPlugin, MisAdapterPlugin

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """One distribution's plugin, as `nextvisit plugins` shows it."""

    name: str
    distribution: str
    version: str
    provides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plugins:
    """Everything that the installed plugins provide, by slug."""

    loaded: tuple[LoadedPlugin, ...]
    mis_adapters: Mapping[str, MisAdapterPlugin]
    channels: Mapping[str, ChannelPlugin]
    intent_readers: Mapping[str, IntentReaderPlugin]
    campaign_folders: tuple[Path, ...]


def load_plugins(allowed: Iterable[str] | None = None) -> Plugins:
    """Load the plugins of this environment (only distributions in `allowed`, if given).

    Raises ConfigError, which names the plugin, when one cannot be loaded, breaks a hook or claims a
    slug twice.
    """
    permitted = None if allowed is None else {_canonical(each): each for each in allowed}
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    loaded = []
    registered: dict[str, tuple[object, str]] = {}
    adapters: dict[str, MisAdapterPlugin] = {}
    channels: dict[str, ChannelPlugin] = {}
    readers: dict[str, IntentReaderPlugin] = {}
    folders: list[Path] = []
    points = sorted(entry_points(group=PROJECT), key=lambda each: each.name)
    _refuse_absent(permitted or {}, points)
    for point in points:
        distribution = _distribution(point)
        if permitted is not None and _canonical(distribution) not in permitted:
            continue
        module = _load(point, distribution)
        _refuse_second(point.name, module, distribution, registered)
        registered[point.name] = (module, distribution)
        _register(manager, module, point.name, distribution)
        provides = []
        for adapter in _own_call(manager, module, "mis_adapters", MisAdapterPlugin, distribution):
            _claim(adapters, adapter.slug, adapter, distribution)
            provides.append(f"mis adapter {adapter.slug}")
        for channel in _own_call(manager, module, "channels", ChannelPlugin, distribution):
            _claim(channels, channel.slug, channel, distribution)
            provides.append(f"channel {channel.slug}")
        for reader in _own_call(manager, module, "intent_readers", IntentReaderPlugin, distribution):
            _claim(readers, reader.slug, reader, distribution)
            provides.append(f"intent reader {reader.slug} ({', '.join(sorted(reader.languages))})")
        for folder in _own_call(manager, module, "campaign_folders", Path, distribution):
            folders.append(folder)
            provides.append(f"campaign {folder.name}")
        version = point.dist.version if point.dist is not None else "unknown"
        loaded.append(LoadedPlugin(point.name, distribution, version, tuple(provides)))
    return Plugins(tuple(loaded), adapters, channels, readers, tuple(folders))


def named(known: Mapping[str, T], slug: str, place: str) -> T:
    """What the settings name at `place`. Raises ConfigError when no installed plugin provides it."""
    if slug not in known:
        have = ", ".join(sorted(known)) or "none"
        raise ConfigError(
            "plugin.unknown", f"no installed plugin provides {slug!r} (installed: {have})", place=place
        )
    return known[slug]


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value


def _canonical(name: str) -> str:
    """As pip compares names of distributions (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _refuse_absent(permitted: Mapping[str, str], points: Iterable[EntryPoint]) -> None:
    """A name that nobody bears would be a plugin, or a catalogue of campaigns, that is silently missing."""
    installed = {_canonical(_distribution(each)): _distribution(each) for each in points}
    if absent := sorted(permitted[each] for each in permitted.keys() - installed.keys()):
        have = ", ".join(sorted(installed.values())) or "none"
        raise ConfigError(
            "plugin.absent",
            f"no plugin of the name {', '.join(absent)} is installed (installed: {have})",
            place="plugins",
        )


def _load(point: EntryPoint, distribution: str) -> object:
    try:
        module: object = point.load()
    # A third party's import can raise anything, and `sys.exit` is no Exception; name the culprit and stop.
    except (Exception, SystemExit) as error:
        raise _broken("importing it", error, distribution) from error
    return module


def _refuse_second(
    name: str, module: object, distribution: str, registered: Mapping[str, tuple[object, str]]
) -> None:
    """Pluggy knows a plugin by its name and by its module, and each of them once."""
    for taken, (other, owner) in registered.items():
        if taken == name:
            what = f"the entry point {name!r}"
        elif other is module:
            what = f"the module of its entry point {name!r}"
        else:
            continue
        raise ConfigError(
            "plugin.name_taken",
            f"{what} is already registered by {owner}; uninstall one of the two",
            place=f"plugin {distribution}",
        )


def _register(manager: pluggy.PluginManager, module: object, name: str, distribution: str) -> None:
    place = f"plugin {distribution}"
    try:
        manager.register(module, name=name)
    except pluggy.PluginValidationError as error:
        raise ConfigError("plugin.hook", str(error), place=place) from error
    callers = manager.get_hookcallers(module) or []
    known = {
        hook for hook, caller in vars(manager.hook).items() if not hook.startswith("_") and caller.has_spec()
    }
    for caller in callers:
        # Also one that says it is optional: there is one set of hooks, and it would never be called.
        if not caller.has_spec():
            says = f"there is no hook `{caller.name}`{did_you_mean(caller.name, known)}"
            raise ConfigError("plugin.hook", says, place=place)
    if not callers:
        says = "it implements no hook; `hookimpl` has to stand above each"
        raise ConfigError("plugin.hook", says, place=place)


def _own_call(
    manager: pluggy.PluginManager, module: object, hook: str, kind: type[T], distribution: str
) -> Sequence[T]:
    others = [each for each in manager.get_plugins() if each is not module]
    caller = manager.subset_hook_caller(hook, others)
    try:
        results = caller()
        found = [item for result in results for item in result]
    except (Exception, SystemExit) as error:  # as above
        raise _broken(f"its hook {hook}", error, distribution) from error
    # Pluggy leaves out who answers None, which is what a `return` that is missing comes to.
    if len(results) != len(caller.get_hookimpls()) or not all(isinstance(each, kind) for each in found):
        says = f"its hook {hook} returns something else than a sequence of {kind.__name__}"
        raise ConfigError("plugin.hook", says, place=f"plugin {distribution}")
    return found


def _broken(what: str, error: BaseException, distribution: str) -> ConfigError:
    return ConfigError(
        "plugin.broken", f"{what} failed with {type(error).__name__}", place=f"plugin {distribution}"
    )


def _claim(taken: dict[str, Any], slug: str, plugin: object, distribution: str) -> None:
    if slug in taken:
        raise ConfigError(
            "plugin.slug_taken",
            f"the slug {slug!r} is taken by another plugin; uninstall one of the two",
            place=f"plugin {distribution}",
        )
    taken[slug] = plugin
