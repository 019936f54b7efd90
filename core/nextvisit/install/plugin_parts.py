"""What a plugin says of itself, looked at before anything relies on it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

from nextvisit.sdk.capabilities import MisCapabilities
from nextvisit.sdk.channels import MEDIA_TYPE, NAME, ChannelCapabilities, DeliveryStatus, MessageForm
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import ChannelPlugin, IntentReaderPlugin, MisAdapterPlugin
from nextvisit.sdk.ports import AnswersWebhooks, Listens, ListensWhereItSends
from nextvisit.sdk.settings import PluginSettings

AnyPlugin = MisAdapterPlugin | ChannelPlugin | IntentReaderPlugin

_A_SLUG: Final = "lower-case letters, digits and `_`, a letter first, 31 at most"
_WAYS_IN: Final = (Listens, ListensWhereItSends, AnswersWebhooks)


def refuse_slugs(found: Sequence[AnyPlugin], names: Collection[str], place: str) -> None:
    """Raises ConfigError for what is no slug, for one that comes twice, and one that is not of `names`.

    names: what the plugin's entry points are called.
    """
    seen: set[str] = set()
    for each in found:
        slug: object = each.slug
        if not isinstance(slug, str):
            says = f"its slug is of the type `{type(slug).__name__}`, and has to be a text: {_A_SLUG}"
            raise ConfigError("plugin.slug", says, place=place)
        if re.fullmatch(NAME, slug) is None:
            raise ConfigError("plugin.slug", f"its slug `{slug}` is none: {_A_SLUG}", place=place)
        if slug in seen:
            raise ConfigError("plugin.slug_taken", f"it provides `{slug}` twice", place=place)
        if slug not in names:
            called = ", ".join(f"`{name}`" for name in sorted(names))
            says = f"it provides `{slug}`, and its entry points are called {called}; call one as its slug"
            raise ConfigError("plugin.slug", says, place=place)
        seen.add(slug)


def refuse_parts(plugin: AnyPlugin, place: str) -> None:
    """Raises ConfigError for what nothing could be made of."""
    settings: object = plugin.settings
    build: object = plugin.build
    if not (isinstance(settings, type) and issubclass(settings, PluginSettings)):
        fault: str | None = "`settings` has to be a subclass of `PluginSettings`, the class itself"
    elif not callable(build):
        fault = "`build` has to be what makes a connection of its settings: a function or a class"
    elif isinstance(plugin, ChannelPlugin):
        fault = _unfit_channel(plugin)
    elif isinstance(plugin, IntentReaderPlugin):
        fault = _unfit_reader(plugin)
    else:
        fault = _unfit_adapter(plugin)
    if fault is not None:
        raise ConfigError("plugin.hook", f"of `{plugin.slug}` {fault}", place=place)


def refuse_coroutine(built: object, place: str) -> None:
    """Raises ConfigError when `build` gave no connection, and would have to be waited for."""
    if inspect.iscoroutine(built):
        built.close()
        says = "`build` is a coroutine; write `def` without `async`: it must not connect"
        raise ConfigError("plugin.broken", f"its plugin is faulty: {says}", place=place)


def _unfit_channel(plugin: ChannelPlugin) -> str | None:
    calls: dict[str, object] = {"with_settings": plugin.with_settings, "silence": plugin.silence}
    if wrong := [name for name, each in calls.items() if each is not None and not callable(each)]:
        return f"`{wrong[0]}` has to be a function of its settings, or `None`"
    return incapable(plugin.capabilities)


def _unfit_adapter(plugin: MisAdapterPlugin) -> str | None:
    can: object = plugin.capabilities
    narrowed: object = plugin.with_settings
    if not isinstance(can, MisCapabilities):
        return "`capabilities` have to be `MisCapabilities`"
    if narrowed is not None and not callable(narrowed):
        return "`with_settings` has to be a function of its settings, or `None`"
    return None


def _unfit_reader(plugin: IntentReaderPlugin) -> str | None:
    languages: object = plugin.languages
    memory: object = plugin.memory
    if not isinstance(languages, frozenset) or not all(isinstance(each, str) for each in languages):
        return '`languages` has to be a frozenset of codes, such as `frozenset({"pl"})`'
    if isinstance(memory, bool) or not isinstance(memory, int):
        return "`memory` has to be a whole number of bytes"
    return None


def incapable(can: object) -> str | None:
    """Why no campaign could name such a channel, or nothing could be sent on it. None: it is fine."""
    if not isinstance(can, ChannelCapabilities):
        return "the capabilities have to be `ChannelCapabilities`"
    try:
        space, systems = can.addresses.space, can.addresses.systems
    except AttributeError:
        return "its `addresses` have no `space` or no `systems`"
    if not all(re.fullmatch(NAME, str(each)) for each in (can.kind, space)):
        return f"nothing can be called as its kind or its space of addresses is: {_A_SLUG}"
    if not systems:
        return "no contact point of a record can be its address"
    return _incapable_of_messages(can)


def _incapable_of_messages(can: ChannelCapabilities) -> str | None:
    forms: object = can.forms
    reports: object = can.reports
    receives: object = can.receives
    longest: object = can.longest
    known: object = can.idempotent_send
    session: object = can.session
    media: object = can.media
    if not isinstance(forms, tuple) or not forms or not set(forms) <= set(MessageForm):
        return "it carries no form of message, or one that there is not: `forms` is a tuple of `MessageForm`"
    if not isinstance(reports, frozenset) or not reports <= set(DeliveryStatus):
        return "`reports` has to be a frozenset of `DeliveryStatus`"
    if not isinstance(receives, bool):
        return "`receives` has to be True or False"
    if longest is not None and not (isinstance(longest, int) and longest > 0):
        return "no text is as short as it takes: `longest` is a number of characters, or `None`"
    if known is not None and not (isinstance(known, timedelta) and known > timedelta()):
        return "`idempotent_send` is no span: how long a provider knows a message by its id, or `None`"
    if session is not None and not (isinstance(session, timedelta) and session > timedelta()):
        return "`session` is no span: how long after a patient's words free ones may be sent, or `None`"
    if not isinstance(media, frozenset) or not all(re.fullmatch(MEDIA_TYPE, str(each)) for each in media):
        return '`media` has to be a frozenset of media types, each in full: `frozenset({"image/png"})`'
    return None


def without_a_way_in(thing: object, can: ChannelCapabilities) -> bool:
    """It says that patients can answer on it, and nothing of it could ever tell us."""
    return can.receives and not isinstance(thing, _WAYS_IN)
