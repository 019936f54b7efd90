"""The hooks by which a plugin makes itself known. docs/plugin_hooks.md repeats each as a contract.

A plugin is a module named by an entry point of the group `nextvisit`, which is called as the slug of what it
provides; it implements any of these with `nextvisit.sdk.hookspecs.hookimpl`. Hooks of a plugin that the
settings name are called when a process of ours starts, before anything is connected, perhaps more than once;
they must not block, connect, print or read files other than the plugin's own. An exception in a hook stops
the process with the plugin's name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pluggy

from nextvisit.sdk.capabilities import NOTHING, MisCapabilities
from nextvisit.sdk.channels import ChannelCapabilities
from nextvisit.sdk.ports import Channel, MisAdapter, ReadsIntent
from nextvisit.sdk.settings import PluginSettings

PROJECT = "nextvisit"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True, slots=True)
class MisAdapterPlugin:
    """How to make an adapter: `build(settings)` gets an instance of `settings`; it must not connect.

    `capabilities` are known without settings; what they do not say is not asked of the adapter: a connection
    that is to book has to say that it can. `with_settings`: what is left of them under such settings; none
    of them is lost where it is not given.
    """

    slug: str
    settings: type[PluginSettings]
    build: Callable[[Any], MisAdapter]
    capabilities: MisCapabilities = NOTHING
    with_settings: Callable[[Any], MisCapabilities] | None = None


@dataclass(frozen=True, slots=True)
class ChannelPlugin:
    """How to make a channel: `build(settings)` gets an instance of `settings`; it must not connect.

    `capabilities` bring the kind of channel; they are known without settings, so that a campaign can be
    checked before there is a connection. `with_settings`: what is left of them under such settings, of
    the same kind and addresses; none of them is lost where it is not given. `silence`: how long, under such
    settings, a send waits for a provider that does not answer. It is cut short at three quarters of the
    appliance's `attempt`, and then nobody knows whether the message went out: settings that would wait longer
    are refused.
    """

    slug: str
    settings: type[PluginSettings]
    capabilities: ChannelCapabilities
    build: Callable[[Any], Channel]
    with_settings: Callable[[Any], ChannelCapabilities] | None = None
    silence: Callable[[Any], timedelta] | None = None


@dataclass(frozen=True, slots=True)
class IntentReaderPlugin:
    """How to make a second reader of replies: `build(settings)` gets an instance of `settings`, and loads
    nothing.

    languages: those in which its opinion is worth something, such as `pl`; it is not asked about patients of
    others. memory: about how many bytes it takes in each process that reads.
    """

    slug: str
    settings: type[PluginSettings]
    languages: frozenset[str]
    memory: int
    build: Callable[[Any], ReadsIntent]


@hookspec
def mis_adapters() -> Sequence[MisAdapterPlugin]:  # type: ignore[empty-body]
    """The MIS adapters of this plugin. Slugs are unique over all plugins; a clash is a ConfigError."""


@hookspec
def channels() -> Sequence[ChannelPlugin]:  # type: ignore[empty-body]
    """The channels of this plugin. Slugs are unique over all plugins; a clash is a ConfigError."""


@hookspec
def intent_readers() -> Sequence[IntentReaderPlugin]:  # type: ignore[empty-body]
    """The second readers of this plugin. Slugs are unique over all plugins; a clash is a ConfigError."""
