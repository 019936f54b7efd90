"""What the settings say of the site's channels, with what their plugins bring."""

from __future__ import annotations

from collections.abc import Mapping

from nextvisit.domain.connections import Connection, Connections
from nextvisit.install.building import capabilities
from nextvisit.install.plugins import Plugins
from nextvisit.install.settings import ChannelSettings, Settings
from nextvisit.sdk.records import ChannelKind


def connections_of(settings: Settings, plugins: Plugins) -> Connections:
    """All of a site's. Raises ConfigError or InvalidFile: a plugin is missing or refuses what it is set to,
    or nothing chooses between two of them.
    """
    return Connections(
        tuple(
            Connection(
                slug=slug,
                can=capabilities(settings, plugins, slug),
                priority=spec.priority,
                purposes=frozenset(spec.purposes),
                countries=frozenset(spec.countries),
                per_day=spec.per_day,
            )
            for slug, spec in settings.channels.items()
        )
    )


def rates_of(
    connections: Connections, channels: Mapping[str, ChannelSettings]
) -> Mapping[ChannelKind, float]:
    """Messages a second of each kind, over all workers together.

    A kind has one queue: of two connections with bounds, the lower one holds for both, so that neither
    provider gets more than it takes.
    """
    rates: dict[ChannelKind, float] = {}
    for each in connections.listed:
        bound = channels[each.slug].per_second
        if bound is not None:
            rates[each.can.kind] = min(bound, rates.get(each.can.kind, bound))
    return rates
