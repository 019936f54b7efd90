"""Templates of providers, letters and calls: what a campaign may write, and where a fault of it stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nextvisit.desk.campaign_files import checked
from nextvisit.files.fault import InvalidFile
from nextvisit.messages.call_script import CallWording
from nextvisit.messages.forms import as_read, with_media
from nextvisit.messages.letter import LetterWording
from nextvisit.messages.model import Wording
from nextvisit.messages.render import RenderValues
from nextvisit.messages.short_text import ShortWording
from nextvisit.messages.template_message import ProviderTemplateWording
from nextvisit.sdk.channels import (
    CallScript,
    ChannelCapabilities,
    Content,
    Key,
    Letter,
    Media,
    MessageForm,
    Parameter,
    ShortText,
    TemplateButton,
    TemplateMessage,
)
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.testing.fake_channel import TEXTS
from tests.world.campaigns import HEAD

CHAT = replace(
    TEXTS,
    kind=ChannelKind("chat"),
    forms=(MessageForm.TEMPLATE, MessageForm.CALL_SCRIPT, MessageForm.LETTER),
    longest=60,
)
CAMPAIGN = f"{HEAD}ladder: [ {{ channel: chat }} ]\nsteps: [ {{ send: hello, then: end }} ]\n"
PERSON = "Kanarienvogel"
VALUES = RenderValues(clinic_name="Klinika", clinic_phone="+48 22 1", salutation=PERSON)


def faults(folder: Path, message: str) -> list[str]:
    """`line:column what` of the message file with this `hello`, which begins on line 4."""
    return [each.partition(" ")[2] for each in faults_by(CHAT, folder, message)]


GOOD = """\
    template:
      name: visit
      text: "{{ patient.salutation }}!"
      parameters: ["{{ patient.salutation }}"]
      buttons: [ { label: Tak, payload: TAK } ]"""


def test_a_good_template_has_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ('["{{ patient.salutation }}"]', '["{{ patient.surname }}"]', "7:19", "no field `surname`"),
        ('["{{ patient.salutation }}"]', "[]", "6:13", "no parameter gives `{{ patient.salutation }}`"),
        ('"{{ patient.salutation }}!"', '"Dzień dobry!"', "7:19", "is not in `text`"),
        ('salutation }}!"', 'salutation }}, kardiolog!"', "6:13", "`kardiolog` tells a stranger"),
        ("label: Tak", "label: Kardiologia", "8:16", "`Kardiologia` tells a stranger"),
        ('salutation }}!"', f'salutation }}}} {"a" * 70}"', "6:13", "`chat` takes 60"),
        ("label: Tak", "label: Tak proszę zadzwońcie", "8:16", "at most 20"),
        ("payload: TAK", f"payload: {'ż' * 33}", "8:16", "a payload of 66 bytes; at most 64"),
        ("payload: TAK }", "payload: TAK }, { label: T, payload: TAK }", "8:16", "another one's payload"),
        ("payload: TAK", 'payload: ""', "8:41", "at least 1"),
        ("label: Tak", 'label: "{{ clinic.name }}"', "8:16", "approved as it is"),
        ("name: visit", "nam: visit", "5:7", "unknown key `nam`; did you mean `name`?"),
        ("name: visit", "#", "6:7", "`name` is missing here"),
    ],
)
def test_a_fault_of_a_template_is_named_at_its_place(
    tmp_path: Path, old: str, new: str, place: str, says: str
) -> None:
    assert old in GOOD
    found = faults(tmp_path, GOOD.replace(old, new))
    assert [each for each in found if each.startswith(f"{place} ") and says in each], found


@pytest.mark.parametrize(
    ("message", "place", "says"),
    [
        ('    call: { text: "{{ link }}" }', "4:19", "nobody can follow `{{ link }}`"),
        ('    call: { text: "Z poradni kardiologii" }', "4:19", "`kardiologii` tells a stranger"),
        ("    call: { text: A, keys: [ { key: a, payload: TAK } ] }", "4:37", "`a` is not possible here"),
        (
            '    call: { text: A, keys: [ { key: "1", payload: A }, { key: "1", payload: B } ] }',
            "4:28",
            "the key 1 is written twice",
        ),
        (f"    letter: {'a' * 61}", "4:13", "61 characters; `chat` takes 60"),
        ("    letter: '{{ patient.name }}'", "4:13", "no field `name`"),
        ("    sms: A", "4:5", "no `template` or `call` or `letter` part"),
    ],
)
def test_a_fault_of_a_letter_or_a_call_is_named_at_its_place(
    tmp_path: Path, message: str, place: str, says: str
) -> None:
    found = faults(tmp_path, message)
    assert [each for each in found if each.startswith(f"{place} ") and says in each], found


@pytest.mark.parametrize(
    ("wording", "better"),
    [
        (
            ProviderTemplateWording("v", "Come."),
            ProviderTemplateWording("v", "Come.", buttons=(TemplateButton("No", "STOP"),)),
        ),
        (CallWording("Come."), CallWording("Come.", (Key("0", "STOP"),))),
        (LetterWording("Come."), LetterWording("Come, or say no: {{ clinic.phone }}")),
    ],
    ids=["template", "call", "letter"],
)
def test_an_invitation_says_how_to_opt_out(
    wording: ProviderTemplateWording | CallWording | LetterWording,
    better: ProviderTemplateWording | CallWording | LetterWording,
) -> None:
    assert "how to opt out" in " ".join(wording.lint(invitation=True))
    assert wording.lint(invitation=False) == []
    assert better.lint(invitation=True) == []


def test_what_fills_a_gap_is_one_line_whatever_the_values_are() -> None:
    wording = ProviderTemplateWording("v", "", None, ((None, "{{ patient.salutation }}"),))
    wording = replace(wording, text="{{ patient.salutation }}")
    made = wording.render(replace(VALUES, salutation="A\n  B"), language="pl", place="x")
    assert [each.value for each in made.parameters] == ["A B"]
    assert made.language == "pl"


@pytest.mark.parametrize(
    "content",
    [
        TemplateMessage("v", "pl", PERSON, (Parameter(PERSON),), (TemplateButton("Tak", "TAK"),)),
        Parameter(PERSON),
        Letter((PERSON,), (PERSON,)),
        CallScript((PERSON,)),
        ShortText(PERSON, Media("https://klinika.example/plan.pdf", "application/pdf", PERSON)),
    ],
)
def test_no_repr_shows_a_patient(content: Content | Parameter) -> None:
    assert PERSON not in repr(content)


MAP = Media("https://klinika.example/plan.pdf?v=2", "application/pdf", "Plan dojazdu")
WRITTEN = "media: { url: https://klinika.example/plan.pdf, type: application/pdf, name: Plan dojazdu }"
PARTS = {
    "template": f"    template:\n      name: visit\n      text: Come.\n      {WRITTEN}",
    "sms": f"    sms:\n      text: Come.\n\n\n      {WRITTEN}",
}
"""What speaks of media stands on the same line of both, but for the gap."""
CARRIES = replace(
    CHAT,
    forms=(MessageForm.TEMPLATE, MessageForm.SHORT_TEXT),
    media=frozenset({"application/pdf"}),
)


def faults_by(can: ChannelCapabilities, folder: Path, message: str) -> list[str]:
    """As `faults`, on this channel, and how grave each is."""
    (folder / "messages").mkdir(parents=True, exist_ok=True)
    (folder / "campaign.yaml").write_text(CAMPAIGN)
    (folder / "messages" / "pl.yaml").write_text(f"language: pl\nmessages:\n  hello:\n{message}\n")
    try:
        _, found = checked(folder, {can.kind: can})
    except InvalidFile as error:
        found = tuple(error.faults)
    return [f"{each.severity} {each.line}:{each.column} {each.message}" for each in found]


@pytest.mark.parametrize("part", list(PARTS))
def test_good_media_have_no_fault_where_they_are_carried(tmp_path: Path, part: str) -> None:
    assert faults_by(CARRIES, tmp_path, PARTS[part]) == []


@pytest.mark.parametrize("part", list(PARTS))
@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("https:", "http:", (21, "no address that anybody can fetch")),
        ("https:", "HTTPS:", (21, "no address that anybody can fetch")),
        ("klinika.example/", "anna:secret@klinika.example/", (21, "no address that anybody can fetch")),
        ("klinika.example/", "anna@klinika.example/", (21, "no address that anybody can fetch")),
        ("klinika.example/", "10.0.0.7/", (21, "no address that anybody can fetch")),
        ("klinika.example/", "localhost/", (21, "no address that anybody can fetch")),
        ("klinika.example/", "klinika.example\\@evil.example/", (21, "no address that anybody can fetch")),
        ("plan.pdf", "plan pdf", (21, "no address that anybody can fetch")),
        ("plan.pdf", "plan.pdf%zz", (21, "no address that anybody can fetch")),
        ("plan.pdf", "plan.pdf#page2", (21, "no address that anybody can fetch")),
        ("plan.pdf", "a" * 2000, (21, "no address that anybody can fetch")),
        ("klinika.example/", "files.klinika.internal/", (21, "no name in the world outside")),
        ("klinika.example/", "pacs.klinika.loc/", (21, "no name in the world outside")),
        ("klinika.example/", "192.168.1.10.nip.io/", (21, "no name in the world outside")),
        ("klinika.example/", "fritz.box/", (21, "no name in the world outside")),
        ("klinika.example/", "klinika.example:99999/", (21, "its port is none")),
        ("plan.pdf", "plan.pdf?X-Amz-Signature=abc", (21, "`X-Amz-Signature` is for whoever has it")),
        ("plan.pdf", "plan.pdf?v=1&sig=abc", (21, "`sig` is for whoever has it")),
        ("plan.pdf", "plan.pdf?v=1&%73ig=abc", (21, "`sig` is for whoever has it")),
        ("plan.pdf", "plan.pdf;sig=abc", (21, "`sig` is for whoever has it")),
        ("plan.pdf", "plan.pdf?v=1?sig=abc", (21, "`sig` is for whoever has it")),
        ("plan.pdf", "file/bot123456%3AAAE/plan.pdf", (21, "its path is for whoever has it")),
        ("plan.pdf", "file/bot123456:AAE/plan.pdf", (21, "its path is for whoever has it")),
        (
            "https://klinika.example/plan.pdf",
            '"https://klinika.example/{{ patient.salutation }}.pdf"',
            (21, "one for all patients"),
        ),
        ("https://klinika.example/plan.pdf", '"{% if link %}"', (21, "one for all patients")),
        ("application/pdf", "application/zip", (61, "none of `image/…`")),
        ("application/pdf", "image/*", (61, "none of `image/…`")),
        ("application/pdf", "image/PNG", (61, "none of `image/…`")),
        ("application/pdf", "Plan", (61, "none of `image/…`")),
        ("Plan dojazdu", '"{{ patient.salutation }}"', (84, "one for all patients")),
        ("Plan dojazdu", '"Plan\\ndojazdu"', (84, "one line that shows")),
        ("Plan dojazdu", "a" * 61, (84, "at most 60")),
        ("Plan dojazdu", '" "', (84, "one line that shows")),
        ("Plan dojazdu", "Kardiologia", (84, "`Kardiologia` tells a stranger")),
        ("name: Plan", "nam: Plan", (78, "unknown key `nam`; did you mean `name`?")),
    ],
)
def test_a_fault_of_media_is_named_at_its_place(
    tmp_path: Path, part: str, old: str, new: str, fault: tuple[int, str]
) -> None:
    column, says = fault
    assert old in PARTS[part]
    found = faults_by(CARRIES, tmp_path, PARTS[part].replace(old, new))
    line = 7 if part == "template" else 8
    assert [each for each in found if each.startswith(f"error {line}:{column} ") and says in each], found


@pytest.mark.parametrize(
    ("can", "message", "says"),
    [
        (
            CHAT,
            PARTS["template"],
            "template.media: `chat` does not carry `application/pdf`, and the next rung",
        ),
        (
            replace(CARRIES, media=frozenset({"image/png"})),
            f"{PARTS['template']}\n    sms: Come.",
            "template.media: `chat` does not carry `application/pdf`, and `sms` goes out",
        ),
    ],
    ids=["the next rung", "the next form"],
)
def test_what_a_channel_does_not_carry_is_warned_of(
    tmp_path: Path, can: ChannelCapabilities, message: str, says: str
) -> None:
    (found,) = faults_by(can, tmp_path, message)
    assert found.startswith("warning 7:14 ")
    assert says in found


def test_words_alone_are_a_text_without_media(tmp_path: Path) -> None:
    texts = replace(CHAT, forms=(MessageForm.SHORT_TEXT,))
    assert faults_by(texts, tmp_path, "    sms: Come.") == []
    assert faults_by(texts, tmp_path, "    sms: { text: Come. }") == []
    (found,) = faults_by(texts, tmp_path, '    sms: ""')
    assert found.startswith("error 4:10 ")


def test_media_go_with_the_rendered_words_and_staff_read_what_they_were() -> None:
    template = ProviderTemplateWording("v", "Come.", media=MAP).render(VALUES, language="pl", place="x")
    text = ShortWording("Come.", MAP).render(VALUES, language="pl", place="x")
    assert (template.media, text.media) == (MAP, MAP)
    read = "[Plan dojazdu: https://klinika.example/plan.pdf?v=2]\nCome."
    assert (as_read(template), as_read(text)) == (read, read)


def test_a_form_is_carried_with_its_media_or_not_at_all() -> None:
    plain, mapped = ShortWording("Come."), ProviderTemplateWording("v", "Come.", media=MAP)
    written: dict[MessageForm, Wording] = {MessageForm.SHORT_TEXT: plain, MessageForm.TEMPLATE: mapped}
    assert with_media(written, CARRIES) == CARRIES.forms
    assert with_media(written, replace(CARRIES, media=frozenset({"image/png"}))) == (MessageForm.SHORT_TEXT,)
    assert with_media({}, CARRIES) == CARRIES.forms
