"""Pluggy, wrapped once: entry points in, typed mappings out.

Built-ins and third parties are found alike. An entry point of the group `nextvisit` is called as the adapter,
channel or reader that it provides, so that what the settings name is found without a plugin being run; only
that is loaded. A catalogue of campaigns, of the group `nextvisit.campaigns`, is data: nothing of it is run.
What a process may load can be narrowed to an allow-list of distribution names.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import traceback
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final, TypeVar

import pluggy
import structlog
from packaging.utils import canonicalize_name

from nextvisit.files.part import did_you_mean, nearest
from nextvisit.install.sdk_range import refuse_other_sdk
from nextvisit.sdk import hookspecs
from nextvisit.sdk.channels import NAME
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import PROJECT, ChannelPlugin, IntentReaderPlugin, MisAdapterPlugin

CATALOGUES: Final = f"{PROJECT}.campaigns"

log = structlog.get_logger()
T = TypeVar("T")
AnyPlugin = MisAdapterPlugin | ChannelPlugin | IntentReaderPlugin
_HOOKS: Final = {
    "mis_adapters": (MisAdapterPlugin, "mis adapter"),
    "channels": (ChannelPlugin, "channel"),
    "intent_readers": (IntentReaderPlugin, "intent reader"),
}


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """An entry point, as `nextvisit plugins` shows it. provides: in words, once it was loaded.

    fault: why it could not be loaded.
    """

    name: str
    distribution: str
    version: str
    provides: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Plugins:
    """What was loaded, by slug; and all that is installed. names: that the settings may name.

    campaign_folders: of every catalogue.
    """

    installed: tuple[InstalledPlugin, ...]
    names: frozenset[str]
    mis_adapters: Mapping[str, MisAdapterPlugin]
    channels: Mapping[str, ChannelPlugin]
    intent_readers: Mapping[str, IntentReaderPlugin]
    campaign_folders: tuple[Path, ...]


@dataclass(slots=True)
class _Loaded:
    mis_adapters: dict[str, MisAdapterPlugin] = field(default_factory=dict)
    channels: dict[str, ChannelPlugin] = field(default_factory=dict)
    intent_readers: dict[str, IntentReaderPlugin] = field(default_factory=dict)


def load_plugins(allowed: Iterable[str] | None = None, *, wanted: Collection[str] | None = None) -> Plugins:
    """Load the plugins of this environment that are called as in `wanted`, of distributions in `allowed`.

    wanted: None for each that is installed; then one that cannot be loaded has its fault in `installed`.
    Raises ConfigError, which names the plugin, when one that is wanted cannot be loaded, breaks a hook, or
    has the name of another one; and for a distribution in `allowed` that is not installed.
    """
    permitted: dict[str, str] | None = None if allowed is None else {canonicalize_name(each): each for each in allowed}
    points = _points(PROJECT)
    catalogues = _points(CATALOGUES)
    _refuse_absent(permitted or {}, [*points, *catalogues])
    mine = [each for each in points if _is_permitted(each, permitted)]
    loaded, installed = _Loaded(), []
    for point in mine:
        listed = InstalledPlugin(point.name, _distribution(point), _version(point))
        if wanted is not None and point.name not in wanted:
            installed.append(listed)
            continue
        try:
            _refuse_second(point, mine)
            refuse_other_sdk(_requires(point), f"plugin {_distribution(point)}")
            installed.append(_provided(point, mine, loaded, listed))
        except ConfigError as error:
            if wanted is not None:
                raise
            installed.append(InstalledPlugin(listed.name, listed.distribution, listed.version, (), error.why))
    folders: list[Path] = []
    for point in catalogues:
        if _is_permitted(point, permitted):
            found = _folders(point)
            folders += found
            what = tuple(f"campaign {each.name}" for each in found)
            installed.append(InstalledPlugin(point.name, _distribution(point), _version(point), what))
    return Plugins(
        tuple(installed),
        frozenset(each.name for each in mine),
        loaded.mis_adapters,
        loaded.channels,
        loaded.intent_readers,
        tuple(folders),
    )


def named(known: Mapping[str, T], slug: str, place: str, plugins: Plugins) -> T:
    """What the settings name at `place`. Raises ConfigError when no installed plugin provides it."""
    if slug in known:
        return known[slug]
    near = nearest(slug, plugins.names)
    if near and near != slug:
        have = f"; did you mean `{near}`?"
    else:
        have = f" (installed: {', '.join(sorted(plugins.names)) or 'none'})"
    raise ConfigError("plugin.unknown", f"no installed plugin provides {slug!r} here{have}", place=place)


def _points(group: str) -> list[EntryPoint]:
    return sorted(entry_points(group=group), key=lambda each: (each.name, _distribution(each)))


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value


def _version(point: EntryPoint) -> str:
    return point.dist.version if point.dist is not None else "unknown"


def _requires(point: EntryPoint) -> Sequence[str]:
    return () if point.dist is None else point.dist.requires or ()


def _is_permitted(point: EntryPoint, permitted: Collection[str] | None) -> bool:
    return permitted is None or canonicalize_name(_distribution(point)) in permitted


def _refuse_absent(permitted: Mapping[str, str], points: Iterable[EntryPoint]) -> None:
    """A name that nobody bears would be a plugin, or a catalogue of campaigns, that is silently missing."""
    installed = {canonicalize_name(_distribution(each)): _distribution(each) for each in points}
    if absent := sorted(permitted[each] for each in permitted.keys() - installed.keys()):
        have = ", ".join(sorted(installed.values())) or "none"
        raise ConfigError(
            "plugin.absent",
            f"no plugin of the name {', '.join(absent)} is installed (installed: {have})",
            place="plugins",
        )


def _refuse_second(point: EntryPoint, points: Sequence[EntryPoint]) -> None:
    those = [_distribution(each) for each in points if each.name == point.name]
    if len(those) > 1:
        message = (
            f"{' and '.join(those)} both have an entry point {point.name!r}, and nobody can tell which is"
            " meant; uninstall one, or leave it out of `plugins` in the settings"
        )
        raise ConfigError("plugin.name_taken", message, place=f"plugin {_distribution(point)}")


def _provided(
    point: EntryPoint, points: Sequence[EntryPoint], loaded: _Loaded, listed: InstalledPlugin
) -> InstalledPlugin:
    """What this entry point provides, put where it belongs."""
    distribution = _distribution(point)
    manager = _registered(point)
    provides: list[str] = []
    theirs = {each.name for each in points if _distribution(each) == distribution}
    for hook, (kind, what) in _HOOKS.items():
        found = _call(manager, hook, kind, point)
        slugs = Counter(each.slug for each in found)
        for plugin in found:
            _refuse_slug(plugin.slug, slugs, theirs, point)
            if plugin.slug == point.name:
                getattr(loaded, hook)[plugin.slug] = plugin
                spoken = getattr(plugin, "languages", ())
                provides.append(f"{what} {plugin.slug}{_in_words(spoken)}")
    if not provides:
        says = f"its entry point is called {point.name!r}, and it provides nothing of that name; call it so"
        raise ConfigError("plugin.slug", says, place=f"plugin {distribution}")
    return InstalledPlugin(listed.name, listed.distribution, listed.version, tuple(provides))


def _in_words(languages: object) -> str:
    return f" ({', '.join(sorted(languages))})" if isinstance(languages, frozenset) and languages else ""


def _refuse_slug(slug: object, slugs: Mapping[str, int], points: Collection[str], point: EntryPoint) -> None:
    place = f"plugin {_distribution(point)}"
    if not isinstance(slug, str) or re.fullmatch(NAME, slug) is None:
        says = f"its slug {slug!r} is none: lower-case letters, digits and `_`, a letter first, 31 at most"
        raise ConfigError("plugin.slug", says, place=place)
    if slugs[slug] > 1:
        raise ConfigError("plugin.slug_taken", f"it provides {slug!r} twice", place=place)
    if slug not in points:
        says = f"it provides {slug!r}, and none of its entry points is called so; each is called as its slug"
        raise ConfigError("plugin.slug", says, place=place)


def _registered(point: EntryPoint) -> pluggy.PluginManager:
    """The plugin's module alone, imported and with its hooks known."""
    distribution = _distribution(point)
    place = f"plugin {distribution}"
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    with _watched(point, "importing it"):
        module: object = point.load()
    try:
        manager.register(module, name=point.name)
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
    return manager


def _call(
    manager: pluggy.PluginManager, hook: str, kind: type[AnyPlugin], point: EntryPoint
) -> Sequence[AnyPlugin]:
    caller = getattr(manager.hook, hook)
    with _watched(point, f"its hook {hook}"):
        results = caller()
        found = [item for result in results for item in result]
    # Pluggy leaves out who answers None, which is what a `return` that is missing comes to.
    if len(results) != len(caller.get_hookimpls()) or not all(isinstance(each, kind) for each in found):
        says = f"its hook {hook} returns something else than a sequence of {kind.__name__}"
        raise ConfigError("plugin.hook", says, place=f"plugin {_distribution(point)}")
    return found


@contextlib.contextmanager
def _watched(point: EntryPoint, doing: str) -> Iterator[None]:
    """Of what somebody else's code raises, the kind and the place are told; of what it prints, that it does.

    Raises ConfigError.
    """
    place = f"plugin {_distribution(point)}"
    printed = io.StringIO()
    try:
        # A command's own output may be JSON.
        with contextlib.redirect_stdout(printed):
            yield
    # A third party's code can raise anything, and `sys.exit` is no Exception.
    except (Exception, SystemExit) as error:
        what = f"{type(error).__name__}{_missing(error)}{_where(error, point)}"
        raise ConfigError("plugin.broken", f"{doing} failed with {what}", place=place) from error
    if printed.getvalue():
        log.warning("plugin.printed", source=_distribution(point))


def _missing(error: BaseException) -> str:
    """Names of modules are nobody's secret, and what to install."""
    return f" of {error.name}" if isinstance(error, ImportError) and error.name else ""


def _where(error: BaseException, point: EntryPoint) -> str:
    """The last place in the plugin's own files. What the error says itself may quote what it was given."""
    if isinstance(error, SyntaxError) and error.filename:
        return f", in {error.filename}, line {error.lineno}"
    folder = _folder_of(point)
    frames = [
        each
        for each in traceback.extract_tb(error.__traceback__)
        if folder is not None and Path(each.filename).is_relative_to(folder)
    ]
    return f", in {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""


def _folder_of(point: EntryPoint) -> Path | None:
    """Of the package, or the file of a plugin that is one; as its name alone says."""
    with contextlib.suppress(ImportError, ValueError):
        spec = importlib.util.find_spec(point.value.partition(":")[0].partition(".")[0])
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            return origin.parent if spec.submodule_search_locations else origin
    return None


def _folders(point: EntryPoint) -> Sequence[Path]:
    """Every folder of the catalogue's package that has a campaign.yaml, by name. Nothing of it is run."""
    spec = importlib.util.find_spec(point.value)
    places = [] if spec is None else spec.submodule_search_locations or []
    return sorted(each.parent for place in places for each in Path(place).glob("*/campaign.yaml"))
