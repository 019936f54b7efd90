"""What a plugin says of itself is looked at before anything relies on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nextvisit.files.fault import InvalidFile
from nextvisit.install.building import own_words, refuse_faults, second_reader
from nextvisit.install.connections import connections_of
from nextvisit.install.plugins import Plugins
from nextvisit.install.settings import Settings, UnderstandingSettings, load_settings
from nextvisit.sdk.addresses import AddressSpace, PhoneAddresses
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import ChannelPlugin, IntentReaderPlugin
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.replies import Intent
from nextvisit.sdk.settings import PluginSettings
from nextvisit.sdk.testing.fake_channel import TEXTS, FakeChannel
from nextvisit.sdk.testing.fake_reader import PLUGIN, FakeReader
from nextvisit.understanding.trial import CONTEXTS
from nextvisit.understanding.understand import understand
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
    return settings, Plugins((), frozenset(), {}, {plugin.slug: plugin}, {}, ())


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


def read_by(plugin: IntentReaderPlugin, **given: Any) -> tuple[Settings, Plugins]:
    """A site whose replies this plugin reads, too."""
    settings, plugins = site(pager())
    understanding = UnderstandingSettings(reader=plugin.slug, settings=given)
    named = settings.model_copy(update={"understanding": understanding})
    return named, replace(plugins, intent_readers={plugin.slug: plugin})


def test_a_site_has_no_second_reader_unless_it_names_one() -> None:
    settings, plugins = read_by(PLUGIN)
    made = second_reader(settings, plugins)
    assert made is not None
    assert (made.slug, made.languages) == ("fake", PLUGIN.languages)
    assert second_reader(settings.model_copy(update={"understanding": None}), plugins) is None


def test_what_a_second_readers_plugin_does_not_want_is_a_fault_of_its_key() -> None:
    with pytest.raises(InvalidFile, match=r"understanding\.settings\.depth: unknown key"):
        refuse_faults(*read_by(PLUGIN, depth=3))


def test_a_second_reader_that_nobody_provides_is_named_before_a_role_starts() -> None:
    settings, plugins = read_by(PLUGIN)
    with pytest.raises(ConfigError, match=r"^plugin\.unknown: understanding\.reader: .*'fake'"):
        refuse_faults(settings, replace(plugins, intent_readers={}))


def test_a_second_reader_that_lacks_something_is_its_plugins_fault() -> None:
    lacking: list[Any] = [
        replace(PLUGIN, build=lambda _: object()),  # type: ignore[arg-type,return-value]
        replace(PLUGIN, build=lambda _: FakeReader(None, "too many")),  # type: ignore[call-arg]
        replace(PLUGIN, languages="pl"),  # type: ignore[arg-type]
        replace(PLUGIN, memory="much"),  # type: ignore[arg-type]
    ]
    for plugin in lacking:
        with pytest.raises(ConfigError, match=r"^plugin\.broken: understanding: its plugin is faulty"):
            second_reader(*read_by(plugin))


WITH_WORDS = "understanding: {words: words.yaml}\n"


def with_words(folder: Path, words: str | None) -> Settings:
    """The example, in a folder, with a clinic's own words beside it."""
    example = (ROOT / "config" / "nextvisit.example.yaml").read_text(encoding="utf-8")
    (folder / "nextvisit.yaml").write_text(example + WITH_WORDS, encoding="utf-8")
    if words is not None:
        (folder / "words.yaml").write_text(words, encoding="utf-8")
    return load_settings(folder / "nextvisit.yaml")


def test_the_clinics_own_words_stand_beside_the_settings(tmp_path: Path) -> None:
    words = own_words(with_words(tmp_path, 'en:\n  opt_out: ["sling your hook"]\n'))
    assert understand("sling your hook", "en", CONTEXTS["I"], words).intent is Intent.OPT_OUT
    assert own_words(load_settings(ROOT / "config" / "nextvisit.example.yaml")) is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (None, r"nextvisit\.yaml:\d+:\d+: .*words\.yaml cannot be read"),
        ("pl: {filler: [nie]}", r"words\.yaml:1:"),
    ],
)
def test_own_words_that_cannot_be_used_keep_a_role_from_starting(
    tmp_path: Path, words: str | None, says: str
) -> None:
    settings = with_words(tmp_path, words)
    with pytest.raises(InvalidFile, match=says):
        own_words(settings)


def test_settings_of_a_reader_that_is_not_named_are_a_fault() -> None:
    settings, plugins = read_by(PLUGIN)
    nobody = UnderstandingSettings(settings={"length": 1})
    with pytest.raises(InvalidFile, match="there is no `reader`"):
        refuse_faults(settings.model_copy(update={"understanding": nobody}), plugins)
