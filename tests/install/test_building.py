"""What a channel's plugin says of itself is looked at before anything relies on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nextvisit.install.building import refuse_faults
from nextvisit.install.connections import connections_of
from nextvisit.install.plugins import Plugins
from nextvisit.install.settings import Settings, load_settings
from nextvisit.sdk.addresses import AddressSpace, PhoneAddresses
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import ChannelPlugin
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.settings import PluginSettings
from nextvisit.sdk.testing.fake_channel import TEXTS, FakeChannel
from tests.house.tree import ROOT

ODD: dict[str, Any] = {
    "none": None,
    "a kind of words": replace(TEXTS, kind=ChannelKind("Pager Of Ours")),
    "no kind": replace(TEXTS, kind=ChannelKind("")),
    "no space": replace(TEXTS, addresses=PhoneAddresses(for_texts=True, space=AddressSpace(""))),
    "no contact point": replace(TEXTS, addresses=PhoneAddresses(for_texts=True, systems=frozenset())),
    "no form": replace(TEXTS, forms=()),
    "another form": replace(TEXTS, forms=("fax",)),  # type: ignore[arg-type]  # what is to be found out
    "no length": replace(TEXTS, longest=0),
}


def site(plugin: ChannelPlugin) -> tuple[Settings, Plugins]:
    """One whose only connection is `sms`, of this plugin."""
    example = load_settings(ROOT / "config" / "nextvisit.example.yaml")
    connection = example.channels["sms"].model_copy(update={"channel": plugin.slug, "settings": {}})
    settings = example.model_copy(update={"mis": {}, "channels": {"sms": connection}})
    return settings, Plugins((), {}, {plugin.slug: plugin}, {}, ())


def pager(capabilities: Any = TEXTS, **more: Any) -> ChannelPlugin:
    return ChannelPlugin("pager", PluginSettings, capabilities, lambda _: FakeChannel(TEXTS), **more)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_channel_on_which_nothing_could_be_sent_is_refused_with_its_place(odd: Any) -> None:
    for plugin in (pager(odd), pager(with_settings=lambda _: odd)):
        with pytest.raises(ConfigError, match=r"^plugin\.broken: channels\.sms: its plugin is faulty"):
            connections_of(*site(plugin))


def test_a_silence_that_is_no_span_is_the_plugins_fault() -> None:
    with pytest.raises(ConfigError, match=r"^plugin\.broken: channels\.sms: its plugin is faulty"):
        refuse_faults(*site(pager(silence=lambda _: 30)))


def test_what_is_left_under_some_settings_is_what_the_connection_has() -> None:
    spoken = connections_of(*site(pager(with_settings=lambda _: replace(TEXTS, receives=False))))
    assert not spoken.capabilities[TEXTS.kind].receives
