"""A connection's plugin, built from its settings and closed again, whatever it raises."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import structlog
from pydantic import ValidationError

from nextvisit.install.plugins import Plugins, named
from nextvisit.install.settings import Settings
from nextvisit.sdk.errors import ConfigError, NextVisitError
from nextvisit.sdk.ports import Channel, MisAdapter
from nextvisit.sdk.settings import PluginSettings

log = structlog.get_logger()


class _Closes(Protocol):
    async def close(self) -> None: ...


T = TypeVar("T", bound=_Closes)


def mis_adapter(settings: Settings, plugins: Plugins, slug: str) -> MisAdapter:
    """The connection of this name. Raises ConfigError, which names it."""
    spec = settings.mis[slug]
    plugin = named(plugins.mis_adapters, spec.adapter, f"mis.{slug}.adapter")
    wanted = _plugin_settings(plugin.settings, spec.settings, f"mis.{slug}.settings")
    return _built(lambda: plugin.build(wanted), _methods(MisAdapter), f"mis.{slug}")


def channel(settings: Settings, plugins: Plugins, slug: str) -> Channel:
    """The connection of this name. Raises ConfigError, which names it."""
    spec = settings.channels[slug]
    plugin = named(plugins.channels, spec.channel, f"channels.{slug}.channel")
    wanted = _plugin_settings(plugin.settings, spec.settings, f"channels.{slug}.settings")
    return _built(lambda: plugin.build(wanted), _methods(Channel), f"channels.{slug}")


def closing(thing: _Closes, slug: str) -> Callable[[], Awaitable[None]]:
    """Its `close`; a plugin that cannot end does not keep the others from ending."""

    async def close() -> None:
        try:
            await thing.close()
        # A third party's: what it raises may hold anything, and all that is left to do is to close the rest.
        except Exception:  # noqa: BLE001
            log.warning("plugin.not_closed", source=slug)

    return close


def _built(build: Callable[[], T], methods: Sequence[str], place: str) -> T:
    try:
        thing = build()
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


def _plugin_settings(model: type[PluginSettings], values: Mapping[str, object], place: str) -> PluginSettings:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        first = faults[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError("settings.invalid", first["msg"], place=f"{place}.{where}") from None
