"""What a plugin says of itself is looked at before anything relies on it."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import field_validator
from structlog.testing import capture_logs

from nextvisit.calls.troubles import Troubles
from nextvisit.files.fault import InvalidFile
from nextvisit.install.building import channel, mis_adapter, own_words, refuse_faults, second_reader
from nextvisit.install.connections import connections_of
from nextvisit.install.plugin_parts import refuse_parts
from nextvisit.install.plugins import Plugins
from nextvisit.install.settings import Settings, UnderstandingSettings, load_settings
from nextvisit.sdk.addresses import EMAIL, AddressSpace, PhoneAddresses
from nextvisit.sdk.capabilities import MisCapabilities
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import ChannelPlugin, IntentReaderPlugin, MisAdapterPlugin
from nextvisit.sdk.ports import Books
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.replies import Intent
from nextvisit.sdk.settings import CatalogueSettings, PluginSettings
from nextvisit.sdk.testing.fake_channel import TEXTS, FakeChannel
from nextvisit.sdk.testing.fake_mis import CAPABILITIES, FakeMis
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
    with pytest.raises(ConfigError, match=r"^plugin\.hook: plugin acme: of `pager` "):
        refuse_parts(pager(odd), "plugin acme")
    with pytest.raises(ConfigError, match=r"^plugin\.broken: channels\.sms: its plugin is faulty"):
        connections_of(*site(pager(with_settings=lambda _: odd)))


def test_a_silence_that_is_no_span_is_the_plugins_fault() -> None:
    with pytest.raises(ConfigError, match=r"^plugin\.broken: channels\.sms: its plugin is faulty"):
        refuse_faults(*site(pager(silence=lambda _: 30)))


def test_what_is_left_under_some_settings_is_what_the_connection_has() -> None:
    spoken = connections_of(*site(pager(with_settings=lambda _: replace(TEXTS, receives=False))))
    assert not spoken.capabilities[TEXTS.kind].receives


MORE: dict[str, Any] = {
    "another kind": (replace(TEXTS, kind=ChannelKind("fax")), "another kind of channel: `fax` of addresses in `phone`"),
    "other addresses": (replace(TEXTS, addresses=EMAIL), "and its `capabilities` say `sms` in `phone`"),
    "an answer": (TEXTS, "it can more than its `capabilities` say"),
    "a report": (replace(TEXTS, receives=False), "it can more than its `capabilities` say"),
}  # fmt: skip


@pytest.mark.parametrize("how", MORE)
def test_what_no_campaign_was_checked_by_is_refused(how: str) -> None:
    """A campaign is checked by what a plugin says of all of its connections."""
    narrowed, says = MORE[how]
    least = replace(TEXTS, receives=False, reports=frozenset())
    with pytest.raises(ConfigError) as caught:
        connections_of(*site(pager(least, with_settings=lambda _: narrowed)))
    assert caught.value.place == "channels.sms"
    assert says in caught.value.why


def test_a_channel_on_which_patients_answer_into_the_void_is_refused() -> None:
    with pytest.raises(ConfigError, match="implements neither `Listens` nor `AnswersWebhooks`"):
        channel(*site(pager()), "sms", Troubles())
    assert channel(*site(pager(replace(TEXTS, receives=False))), "sms", Troubles())
    assert channel(*site(pager(with_settings=lambda _: replace(TEXTS, receives=False))), "sms", Troubles())


SECRET = "hunter2"
NOTHING: dict[str, str] = {}


class Raising(PluginSettings):
    """Settings whose checks raise, each in its own way."""

    told: str = ""
    checked: str = ""
    broken: str = ""
    typed: Literal["a", "b"] = "a"

    @field_validator("told")
    @classmethod
    def _told(cls, value: str) -> str:
        raise ValueError(f"{value!r} is no login: ask the provider")

    @field_validator("checked")
    @classmethod
    def _checked(cls, value: str) -> str:
        assert value == "right", f"{value} is wrong"
        return value

    @field_validator("broken")
    @classmethod
    def _broken(cls, value: str) -> str:
        return NOTHING[value]


def raising(**given: Any) -> tuple[Settings, Plugins]:
    """A site whose only connection is given these settings."""
    plugin = ChannelPlugin("pager", Raising, replace(TEXTS, receives=False), lambda _: FakeChannel(TEXTS))
    settings, plugins = site(plugin)
    connection = settings.channels["sms"].model_copy(update={"settings": given})
    homes = {"pager": Path(__file__)}
    return settings.model_copy(update={"channels": {"sms": connection}}), replace(plugins, homes=homes)


def test_settings_that_are_refused_are_told_without_their_values() -> None:
    with pytest.raises(InvalidFile) as caught:
        refuse_faults(*raising(told=SECRET, checked=SECRET, typed=SECRET))
    said = " ".join(each.message for each in caught.value.faults)
    assert "channels.sms.settings.told: '…' is no login: ask the provider" in said
    assert "channels.sms.settings.checked: Assertion failed, … is wrong" in said
    assert "channels.sms.settings.typed: " in said
    assert SECRET not in said


def test_a_check_of_settings_that_breaks_is_told_with_its_place() -> None:
    with pytest.raises(ConfigError) as caught:
        refuse_faults(*raising(broken=SECRET))
    said = str(caught.value)
    assert said.startswith(
        "plugin.broken: channels.sms: its plugin is faulty: a check of its settings failed with KeyError"
    )
    assert f"in {__file__}, line " in said
    assert SECRET not in said


def _exits(_: object) -> Any:
    raise SystemExit(SECRET)


async def _waits(_: object) -> Any: ...


BUILDS: dict[str, Any] = {
    "raises": (lambda _: NOTHING[SECRET], f"its `build` failed with KeyError, in {__file__}, line "),
    "exits": (_exits, f"its `build` failed with SystemExit, in {__file__}, line "),
    "imports what its settings say": (lambda _: import_module(SECRET), "its `build` failed with ModuleNotFoundError, in "),
    "takes nothing": (lambda: None, "its `build` failed with TypeError"),
    "makes nothing": (lambda _: None, "what it builds has no `send`, no `check`, no `close`"),
    "waits": (_waits, "`build` is a coroutine; write `def` without `async`"),
}  # fmt: skip


@pytest.mark.parametrize("how", BUILDS)
def test_what_build_raises_is_told_with_its_place_and_without_a_value(how: str) -> None:
    build, says = BUILDS[how]
    settings, plugins = site(ChannelPlugin("pager", PluginSettings, replace(TEXTS, receives=False), build))
    with pytest.raises(ConfigError) as caught:
        channel(settings, replace(plugins, homes={"pager": Path(__file__)}), "sms", Troubles())
    assert (caught.value.code, caught.value.place) == ("plugin.broken", "channels.sms")
    assert says in caught.value.why
    assert SECRET not in str(caught.value)


def test_what_build_prints_is_in_nobody_s_output(capfd: pytest.CaptureFixture[str]) -> None:
    def build(_: object) -> FakeChannel:
        os.write(1, b"hello")
        return FakeChannel(TEXTS)

    with capture_logs() as logs:
        channel(
            *site(ChannelPlugin("pager", PluginSettings, replace(TEXTS, receives=False), build)),
            "sms",
            Troubles(),
        )
    assert capfd.readouterr().out == ""
    assert [(each["event"], each["place"]) for each in logs] == [("plugin.printed", "channels.sms")]


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
    with pytest.raises(ConfigError, match=r"^plugin\.unknown: understanding\.reader: .*`fake`"):
        refuse_faults(settings, replace(plugins, intent_readers={}))


def test_a_second_reader_that_lacks_something_is_its_plugins_fault() -> None:
    lacking: list[Any] = [
        replace(PLUGIN, build=lambda _: object()),  # type: ignore[arg-type,return-value]
        replace(PLUGIN, build=lambda _: FakeReader(None, "too many")),  # type: ignore[call-arg]
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


MAPPED = "specialties:\n  cardiology: {clinic: [his|KARD, his|KAR2]}\nservices:\n  echo: {clinic: [his|E1]}\n"


def with_catalogue(folder: Path, said: str | None, more: str = "") -> Settings:
    """The example, in a folder, with a catalogue beside it."""
    example = (ROOT / "config" / "nextvisit.example.yaml").read_text(encoding="utf-8")
    settings = example.replace("      base_url: https", f"{more}      base_url: https")
    (folder / "nextvisit.yaml").write_text(settings + "catalogue: codes.yaml\n", encoding="utf-8")
    if said is not None:
        (folder / "codes.yaml").write_text(said, encoding="utf-8")
    return load_settings(folder / "nextvisit.yaml")


def mapping(settings: type[PluginSettings], given: list[Any]) -> Plugins:
    def build(wanted: Any) -> FakeMis:
        given.append(wanted)
        return FakeMis()

    plugin = MisAdapterPlugin("fhir_r4", settings, build, CAPABILITIES)
    return Plugins((), frozenset(), {"fhir_r4": plugin}, {}, {}, ())


class MappingSettings(CatalogueSettings):
    base_url: str
    token: str


class PlainSettings(PluginSettings):
    base_url: str
    token: str


def test_an_adapter_is_given_the_codes_of_its_connection_by_the_site_s_catalogue(tmp_path: Path) -> None:
    given: list[Any] = []
    mis_adapter(with_catalogue(tmp_path, MAPPED), mapping(MappingSettings, given), "clinic", Troubles())
    assert given[0].specialties == {"his|KARD": "cardiology", "his|KAR2": "cardiology"}
    assert given[0].services == {"his|E1": "echo"}


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (None, r"nextvisit\.yaml:\d+:\d+: .*codes\.yaml cannot be read"),
        (
            "specialties: {cardiology: {clinik: [a]}}",
            "codes of `clinik`, which is no MIS connection; did you mean",
        ),
        (
            "specialties: {a: {clinic: [x]}, b: {clinic: [x]}}",
            r"codes\.yaml:1:.*`x` of `clinic` is `a` and `b`",
        ),
        ("specialties: {cardiology: {clinic: ['two words']}}", r"codes\.yaml:1:"),
        ("specialities: {}", r"codes\.yaml:1:1: unknown key `specialities`; did you mean `specialties`"),
    ],
)
def test_a_catalogue_that_cannot_be_used_keeps_a_role_from_starting(
    tmp_path: Path, said: str | None, says: str
) -> None:
    settings = with_catalogue(tmp_path, said)
    settings = settings.model_copy(update={"channels": {}})
    with pytest.raises(InvalidFile, match=says):
        refuse_faults(settings, mapping(MappingSettings, []))


def test_the_example_is_a_catalogue(tmp_path: Path) -> None:
    example = (ROOT / "config" / "catalogue.example.yaml").read_text(encoding="utf-8")
    given: list[Any] = []
    mis_adapter(with_catalogue(tmp_path, example), mapping(MappingSettings, given), "clinic", Troubles())
    assert set(given[0].specialties.values()) == {"cardiology"}
    assert set(given[0].services.values()) == {"echocardiogram"}


def test_codes_stand_in_the_catalogue_and_nowhere_else(tmp_path: Path) -> None:
    settings = with_catalogue(tmp_path, MAPPED, more="      specialties: {his|A: allergology}\n")
    with pytest.raises(
        InvalidFile, match=r"settings\.specialties: codes stand in the file that `catalogue` names"
    ):
        mis_adapter(settings, mapping(MappingSettings, []), "clinic", Troubles())


def test_codes_of_an_adapter_that_maps_none_are_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="the site's catalogue has codes of it, and its adapter maps none"):
        mis_adapter(with_catalogue(tmp_path, MAPPED), mapping(PlainSettings, []), "clinic", Troubles())


def test_settings_of_a_reader_that_is_not_named_are_a_fault() -> None:
    settings, plugins = read_by(PLUGIN)
    nobody = UnderstandingSettings(settings={"length": 1})
    with pytest.raises(InvalidFile, match="there is no `reader`"):
        refuse_faults(settings.model_copy(update={"understanding": nobody}), plugins)


def clinic(
    can: Any = CAPABILITIES, *, build: Any = lambda _: FakeMis(), **more: Any
) -> tuple[Settings, Plugins]:
    """A site that books in the MIS of this plugin."""
    settings, plugins = site(pager())
    example = load_settings(ROOT / "config" / "nextvisit.example.yaml").mis["clinic"]
    connection = example.model_copy(update={"adapter": "ward", "settings": {}})
    made = MisAdapterPlugin("ward", PluginSettings, build, can, **more)
    plugins = replace(plugins, mis_adapters={"ward": made})
    return settings.model_copy(update={"mis": {"clinic": connection}}), plugins


CANNOT: dict[str, Any] = {
    "book": replace(CAPABILITIES, books=False),
    "find slots": replace(CAPABILITIES, finds_slots_by=frozenset()),
    "book or find slots": MisCapabilities(),
}


@pytest.mark.parametrize("what", CANNOT)
def test_booking_where_nothing_can_be_booked_is_refused_at_its_line(what: str) -> None:
    says = rf"nextvisit\.example\.yaml:\d+:\d+: mis\.clinic\.books: the adapter 'ward' cannot {what} under"
    for made in (clinic(CANNOT[what]), clinic(with_settings=lambda _: CANNOT[what])):
        with pytest.raises(InvalidFile, match=says):
            refuse_faults(*made)
        with pytest.raises(InvalidFile, match=says):
            mis_adapter(*made, "clinic", Troubles())


def test_booking_where_it_can_be_is_not_refused() -> None:
    settings, plugins = clinic()
    refuse_faults(settings, plugins)
    assert isinstance(mis_adapter(settings, plugins, "clinic", Troubles()), Books)


def test_reading_asks_for_no_booking() -> None:
    settings, plugins = clinic(MisCapabilities())
    reads = settings.mis["clinic"].model_copy(update={"books": False})
    refuse_faults(settings.model_copy(update={"mis": {"clinic": reads}}), plugins)


def test_a_plugin_that_boasts_of_booking_is_faulty() -> None:
    class Reader(FakeMis):
        book = None  # type: ignore[assignment]

    made = clinic(build=lambda _: Reader())
    with pytest.raises(ConfigError, match=r"^plugin\.broken: mis\.clinic: .* says that it books"):
        mis_adapter(*made, "clinic", Troubles())


def test_capabilities_that_are_none_are_the_plugins_fault() -> None:
    for made in (clinic(None), clinic(with_settings=lambda _: "books")):
        with pytest.raises(ConfigError, match=r"^plugin\.broken: mis\.clinic: its plugin is faulty"):
            refuse_faults(*made)


def test_a_bound_that_the_adapter_cannot_keep_is_refused_at_its_line() -> None:
    settings, plugins = clinic()
    bound = settings.mis["clinic"].model_copy(update={"per_second": 4.0})
    settings = settings.model_copy(update={"mis": {"clinic": bound}})
    with pytest.raises(InvalidFile, match=r"mis\.clinic\.per_second: the adapter 'ward' keeps no pace"):
        refuse_faults(settings, plugins)
    _, boasting = clinic(replace(CAPABILITIES, paced=True))
    with pytest.raises(ConfigError, match=r"^plugin\.broken: mis\.clinic: .* says that it is paced"):
        mis_adapter(settings, boasting, "clinic", Troubles())
