"""What a campaign is checked against while nothing is opened, so that a check costs little to begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from nextvisit.install.building import refuse_faults
from nextvisit.install.connections import connections_of
from nextvisit.install.plugins import load_plugins, plugins_of
from nextvisit.install.settings import load_settings
from nextvisit.sdk.channels import ChannelCapabilities
from nextvisit.sdk.records import ChannelKind

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Provided:
    """channels: what the site's connections can do. catalogue: the folders of the built-in campaigns.

    languages: of the site, the first one for everybody else; none while there are no settings.
    books: the MIS that visits are booked in; while there are no settings, some.
    """

    channels: Mapping[ChannelKind, ChannelCapabilities]
    catalogue: tuple[Path, ...]
    languages: tuple[str, ...]
    books: str | None


def provided(config: Path | None) -> Provided:
    """By the settings file; of all that is installed while there is none yet. Raises as `load_settings`."""
    if config is None:
        plugins = load_plugins()
        for each in plugins.installed:
            if each.fault is not None:
                log.warning("plugin.broken", source=each.distribution, reason=each.fault)
        all_of_them = {each.capabilities.kind: each.capabilities for each in plugins.channels.values()}
        return Provided(all_of_them, plugins.campaign_folders, (), "")
    settings = load_settings(config)
    plugins = plugins_of(settings)
    refuse_faults(settings, plugins)
    used = connections_of(settings, plugins)
    languages = settings.site.languages
    return Provided(used.capabilities, plugins.campaign_folders, languages, settings.booking_mis)
