"""Campaigns load as a whole, have one version, and the built-in ones are without fault."""

from __future__ import annotations

import hashlib

import pytest

from nextvisit.files.fault import InvalidFile
from nextvisit.files.part import SourceFile
from nextvisit.flow.language.check import check_campaign
from nextvisit.flow.language.load import campaign_version, load_campaign, load_files
from nextvisit.install.plugins import load_plugins
from nextvisit.sdk.records import ChannelKind
from tests.world.campaigns import CHANNELS, HEAD, LADDER, built_in, english, reactivation

SLUGS = [path.name for path in load_plugins(wanted=()).campaign_folders]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_built_in_campaign_has_no_faults_but_missing_messengers(slug: str) -> None:
    faults = check_campaign(built_in(slug), CHANNELS)
    assert [fault for fault in faults if "will be passed over" not in fault.message] == []


def test_the_plugin_names_every_campaign() -> None:
    assert "reactivation" in SLUGS


def test_the_program_carries_what_the_shell_needs() -> None:
    program = reactivation()
    assert program.start == "invite"
    assert set(program.conditions) == {"invite.message.0", "invite.message.1"}
    assert program.specialties == {"cardiology"}
    assert program.ladder[2].channels == ()
    assert program.unknown == "hold"


def test_with_messengers_the_third_rung_is_usable() -> None:
    program = reactivation(frozenset({ChannelKind("telegram"), ChannelKind("email")}))
    assert [rung.channels for rung in program.ladder] == [
        (ChannelKind("email"),),
        (),
        (ChannelKind("telegram"),),
    ]


CAMPAIGN = f"{HEAD}{LADDER}steps: [ {{ send: hello }} ]\n"


def version(campaign: str, *messages: SourceFile) -> str:
    return campaign_version(SourceFile("campaign.yaml", campaign), messages)


def test_comments_layout_key_order_and_file_names_do_not_change_the_version() -> None:
    other = "# a comment\npurpose:   recall\n" + CAMPAIGN.replace("purpose: recall\n", "")
    renamed = SourceFile("elsewhere.yaml", english("hello").text)
    assert version(CAMPAIGN, english("hello")) == version(other, renamed)


def test_every_said_thing_changes_the_version() -> None:
    base = version(CAMPAIGN, english("hello"))
    assert version(CAMPAIGN.replace("24 hours", "25 hours"), english("hello")) != base
    assert (
        version(CAMPAIGN, SourceFile("en.yaml", english("hello").text.replace("body: B", "body: C"))) != base
    )
    assert version(CAMPAIGN) != base


def test_the_version_is_the_digest_of_what_the_files_say() -> None:
    """The same in every release: journeys are of a version, and were it counted anew, none would find its own."""
    polish, english = SourceFile("1", "language: pl\nb: Żółć"), SourceFile("2", "language: en")
    said = '{"campaign":{"a":1,"z":"ł"},"messages":[{"language":"en"},{"b":"Żółć","language":"pl"}]}'
    assert version("z: ł\na: 1", polish, english) == hashlib.sha256(said.encode()).hexdigest()


def test_a_loaded_campaign_carries_its_words_and_its_version() -> None:
    loaded = load_campaign(SourceFile("campaign.yaml", CAMPAIGN), [english("hello")])
    assert loaded.version == version(CAMPAIGN, english("hello"))
    assert set(loaded.catalogue.templates) == {("hello", "en")}


def test_the_faults_of_all_files_come_together() -> None:
    campaign = SourceFile("campaign.yaml", CAMPAIGN.replace("purpose: recall", "purpose: x"))
    messages = SourceFile("pl.yaml", "language: pl\nmessages: { hello: { sms: 3 } }\n")
    with pytest.raises(InvalidFile) as caught:
        load_campaign(campaign, [messages])
    assert {fault.file for fault in caught.value.faults} == {"campaign.yaml", "pl.yaml"}
    assert "campaign.yaml:2:10" in str(caught.value)


def test_a_message_without_the_part_of_a_channel_is_a_fault_in_its_file() -> None:
    text = SourceFile("en.yaml", "language: en\nmessages:\n  hello:\n    sms: T\n")
    loaded = load_campaign(SourceFile("campaign.yaml", CAMPAIGN), [text])
    faults = check_campaign(loaded, CHANNELS)
    [fault] = [each for each in faults if each.severity == "error"]
    assert (fault.file, fault.line, fault.severity) == ("en.yaml", 4, "error")
    assert "no `email` part" in fault.message


def test_a_campaigns_files_load_by_their_paths_and_are_named_by_them_in_faults() -> None:
    words = english("hello").text
    files = {
        "messages/pl.yaml": words.replace("en", "pl"),
        "campaign.yaml": CAMPAIGN,
        "messages/en.yaml": words,
    }
    loaded = load_files({**files, "notes.md": "no YAML: at: all"})
    assert {language: file.place.file for language, file in loaded.message_files.items()} == {
        "en": "messages/en.yaml",
        "pl": "messages/pl.yaml",
    }
    assert loaded.model.place.file == "campaign.yaml"
    assert load_files(files, origin="recall/").model.place.file == "recall/campaign.yaml"


def test_of_two_messages_files_for_one_language_the_second_by_name_is_at_fault() -> None:
    words = english("hello").text
    with pytest.raises(InvalidFile) as caught:
        load_files({"messages/b.yaml": words, "messages/a.yaml": words, "campaign.yaml": CAMPAIGN})
    assert [fault.file for fault in caught.value.faults] == ["messages/b.yaml"]
