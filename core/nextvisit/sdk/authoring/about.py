"""What is known of an installed plugin."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from nextvisit.sdk.authoring.describe import Setting, describe
from nextvisit.sdk.authoring.fault import Wrong
from nextvisit.sdk.authoring.project import SDK
from nextvisit.sdk.authoring.quality import Claim, in_words, quality_of
from nextvisit.sdk.authoring.rules import Kind
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import PROJECT


@dataclass(frozen=True, slots=True)
class About:
    """kind: None where it could not be loaded. sdk: which it works with. quality: its tiers in words.

    claims: its own word on each rule, which `plugin check` holds against the kit.
    """

    name: str
    distribution: str
    version: str
    module: str
    sdk: str
    kind: Kind | None
    settings: tuple[Setting, ...]
    quality: str | None
    claims: tuple[Claim, ...]
    wrong: tuple[Wrong, ...]


def about(name: str, permitted: Collection[str] | None = None) -> Sequence[About]:
    """Of each distribution that has it, one in a sound environment.

    permitted: the distributions that may be loaded; None for any. Raises ConfigError if none of them has it.
    """
    points = sorted(entry_points(group=PROJECT), key=lambda each: (each.name, _distribution(each)))
    points = [each for each in points if permitted is None or _distribution(each) in permitted]
    mine = [each for each in points if each.name == name]
    if not mine:
        known = sorted({each.name for each in points})
        near = difflib.get_close_matches(name, known, 1)
        have = f"did you mean `{near[0]}`?" if near else f"installed: {', '.join(known) or 'none'}"
        raise ConfigError("plugin.unknown", f"no plugin of this name is installed; {have}", place=name)
    return [_of(each) for each in mine]


def _of(point: EntryPoint) -> About:
    provides, wrong = describe(point.module)
    mine = [each for each in provides if each.slug == point.name]
    quality, unsaid = quality_of(point.module)
    return About(
        point.name,
        _distribution(point),
        point.dist.version if point.dist is not None else "unknown",
        point.module,
        _requirement(point),
        mine[0].kind if mine else None,
        mine[0].settings if mine else (),
        None if quality is None else in_words(quality),
        () if quality is None else quality.claims,
        (*wrong, *unsaid),
    )


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value


def _requirement(point: EntryPoint) -> str:
    needs = (point.dist.requires if point.dist is not None else None) or []
    return next((each for each in needs if each.startswith(SDK)), "not said")
