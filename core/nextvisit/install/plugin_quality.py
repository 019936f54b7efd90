"""How good the plugins that were loaded are, by tiers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points

from nextvisit.install.plugins import InstalledPlugin, Plugins
from nextvisit.sdk.authoring.fault import Wrong
from nextvisit.sdk.authoring.quality import quality_of
from nextvisit.sdk.authoring.rules import Kind
from nextvisit.sdk.authoring.standing import RuleStanding, standings
from nextvisit.sdk.capabilities import MisCapabilities
from nextvisit.sdk.channels import ChannelCapabilities
from nextvisit.sdk.hookspecs import PROJECT

_Can = MisCapabilities | ChannelCapabilities | None


def standings_of(installed: InstalledPlugin, plugins: Plugins) -> Sequence[RuleStanding]:
    """Of all that it provides; none of what could not be loaded, or has campaigns alone."""
    if installed.fault is not None:
        return ()
    found = list(_provided(installed.name, plugins))
    if not found:
        return ()
    modules = [
        point.module
        for point in entry_points(group=PROJECT, name=installed.name)
        if point.dist is not None and point.dist.name == installed.distribution
    ]
    quality, wrong = quality_of(modules[0]) if modules else (None, [Wrong("quality", "it is on trial", "")])
    return [each for kind, can in found for each in standings(kind, quality, wrong, can)]


def _provided(slug: str, plugins: Plugins) -> Iterator[tuple[Kind, _Can]]:
    if (adapter := plugins.mis_adapters.get(slug)) is not None:
        yield "mis", adapter.capabilities
    if (channel := plugins.channels.get(slug)) is not None:
        yield "channel", channel.capabilities
    if slug in plugins.intent_readers:
        yield "reader", None
