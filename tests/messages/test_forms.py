"""Templates of providers, letters and calls: what a campaign may write, and where a fault of it stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nextvisit.desk.campaign_files import checked
from nextvisit.files.fault import InvalidFile
from nextvisit.messages.call_script import CallWording
from nextvisit.messages.letter import LetterWording
from nextvisit.messages.render import RenderValues
from nextvisit.messages.template_message import ProviderTemplateWording
from nextvisit.sdk.channels import (
    CallScript,
    Content,
    Key,
    Letter,
    MessageForm,
    Parameter,
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
    (folder / "messages").mkdir(parents=True, exist_ok=True)
    (folder / "campaign.yaml").write_text(CAMPAIGN)
    (folder / "messages" / "pl.yaml").write_text(f"language: pl\nmessages:\n  hello:\n{message}\n")
    try:
        _, found = checked(folder, {CHAT.kind: CHAT})
    except InvalidFile as error:
        found = tuple(error.faults)
    return [f"{each.line}:{each.column} {each.message}" for each in found]


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
    ],
)
def test_no_repr_shows_a_patient(content: Content | Parameter) -> None:
    assert PERSON not in repr(content)
