"""Where a plugin comes from, as far as that can be told without running anything of it."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, EntryPoint, distributions
from itertools import chain
from pathlib import Path
from typing import Final, NoReturn

from packaging.utils import canonicalize_name

from nextvisit.sdk.errors import ConfigError

_GROUP: Final = "nextvisit"
_SDK: Final = "nextvisit-sdk"


@dataclass(frozen=True, slots=True)
class PluginSource:
    """name: as the settings call it. origin: the distribution, or the file of a trial, which has no other.

    module: what is imported. open: reads what has to be read first, and gives what imports it; raises
    ConfigError. distribution: None for a trial, and for one whose metadata cannot be read.
    """

    name: str
    origin: str
    version: str
    module: str
    open: Callable[[], Callable[[], object]]
    distribution: Distribution | None

    @property
    def place(self) -> str:
        return f"plugin {self.origin}"

    @property
    def home(self) -> Path | None:
        """Its package's folder, or the file of one that is a single module; as its name alone says."""
        return Path(self.origin) if self.distribution is None else home_of(self.module)


def home_of(module: str) -> Path | None:
    """Where this module's package lies; of a namespace, the first package in it."""
    for spec in specs_of(module):
        if spec.origin is not None:
            origin = Path(spec.origin)
            return origin if spec.submodule_search_locations is None else origin.parent
    return None


def specs_of(module: str) -> Iterator[ModuleSpec]:
    """Of this module and, before it, of each package above, as far as they are there. Nothing is imported."""
    name: str = ""
    within: Sequence[str] | None = None
    with contextlib.suppress(ImportError, ValueError):
        for part in module.split("."):
            name = f"{name}.{part}" if name else part
            spec = importlib.util.find_spec(name) if within is None else PathFinder.find_spec(name, within)
            if spec is None:
                return
            yield spec
            within = spec.submodule_search_locations
            if within is None:
                return


def installed(group: str) -> list[PluginSource]:
    """The entry points of this group, in an order that does not change.

    One whose metadata cannot be read is one of them, as far as it is seen to be a plugin, and breaks nothing
    but itself.
    """
    found: dict[str, list[PluginSource]] = {}
    for each in distributions():
        if sources := sources_of(each, group):
            # As for an import, the first one on the path is meant.
            found.setdefault(canonicalize_name(sources[0].origin), sources)
    return sorted(chain.from_iterable(found.values()), key=lambda each: (each.name, each.origin))


def sources_of(distribution: Distribution, group: str) -> list[PluginSource]:
    """As `installed`, of one."""
    try:
        points = distribution.entry_points.select(group=group)
    # What somebody's packaging wrote: bytes that are no text, lines without `=`.
    except (TypeError, ValueError):
        name = _name(distribution)
        # Told once, in the group that all look at.
        ours = group == _GROUP and name is not None and _needs_our_sdk(distribution)
        return [_unreadable(name or "", name or "", "its entry_points.txt cannot be read")] if ours else []
    if not points:
        return []
    name = _name(distribution)
    if name is None:
        says = "its distribution has entry points and no METADATA"
        return [_unreadable(each.name, f"{each.value} (without METADATA)", says) for each in points]
    return [_of_point(each, name, distribution) for each in points]


def _name(distribution: Distribution) -> str | None:
    """None: its metadata have none, or no version; the library's types say otherwise."""
    try:
        told: Iterable[str | None] = (distribution.metadata["Name"], distribution.metadata["Version"])
    except ValueError:
        return None
    name, version = told
    return name if version is not None else None


def _needs_our_sdk(distribution: Distribution) -> bool:
    return any(canonicalize_name(each).startswith(_SDK) for each in distribution.requires or ())


def _of_point(point: EntryPoint, name: str, distribution: Distribution) -> PluginSource:
    module = point.value.partition(":")[0].strip()
    return PluginSource(point.name, name, distribution.version, module, lambda: point.load, distribution)


def _unreadable(name: str, origin: str, why: str) -> PluginSource:
    def refuse() -> NoReturn:
        says = f"{why}: install it again, or take away what is left of it"
        raise ConfigError("plugin.metadata", says, place=f"plugin {origin}")

    return PluginSource(name, origin, "unknown", "", refuse, None)
