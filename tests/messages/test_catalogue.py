"""Message files load, and the built-in texts are complete, safe and renderable."""

from __future__ import annotations

import re

import jinja2
import pytest

from nextvisit.files.part import SourceFile
from nextvisit.messages.catalogue import read_messages
from nextvisit.messages.mail import MailWording
from nextvisit.messages.model import Template
from nextvisit.messages.short_text import ShortWording
from nextvisit.sdk.channels import MessageForm
from tests.world.campaigns import built_in

BUILT_IN = built_in("reactivation").catalogue
TEMPLATES = sorted(BUILT_IN.templates.values(), key=lambda each: (each.language, each.name))
IDS = [f"{each.language}-{each.name}" for each in TEMPLATES]
ENVIRONMENT = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # plain text
COMMON = {
    "clinic": {"name": "Klinika Zdrowie", "phone": "+48 22 123 45 67"},
    "patient": {"salutation": "Anna"},
}
SLOTS = [{"number": 1, "label": "wt. 01.12 15:00"}, {"number": 2, "label": "sr. 02.12 09:30"}]


def variables(name: str) -> dict[str, object]:
    extra: dict[str, object] = {}
    if name == "offer":
        extra = {"slots": SLOTS}
    if name == "booked":
        extra = {"visit": {"label": "wt. 01.12 15:00"}}
    return {**COMMON, **extra}


def subject(template: Template) -> str:
    mail = template.wordings[MessageForm.MAIL]
    assert isinstance(mail, MailWording)
    return mail.subject


def body(template: Template) -> str:
    mail = template.wordings[MessageForm.MAIL]
    assert isinstance(mail, MailWording)
    return mail.body


def short(template: Template) -> str:
    wording = template.wordings[MessageForm.SHORT_TEXT]
    assert isinstance(wording, ShortWording)
    return wording.text


def rendered(text: str, name: str, *, link: bool = False) -> str:
    more = {"link": "https://visit.example/a"} if link else {}
    return ENVIRONMENT.from_string(text).render(variables(name) | more)


def test_a_file_becomes_templates_by_name_and_language() -> None:
    text = "language: pl\nmessages: { a: { email: { subject: S, body: B }, sms: T }, b: { sms: U } }\n"
    catalogue = read_messages([SourceFile("pl.yaml", text)]).catalogue
    assert catalogue.languages == ("pl",)
    assert catalogue.templates["a", "pl"].wordings == {
        MessageForm.MAIL: MailWording("S", "B"),
        MessageForm.SHORT_TEXT: ShortWording("T"),
    }
    assert catalogue.templates["b", "pl"].wordings == {MessageForm.SHORT_TEXT: ShortWording("U")}


def test_a_language_in_two_files_is_a_fault() -> None:
    text = "language: pl\nmessages: { a: { sms: T } }\n"
    found = read_messages([SourceFile("one.yaml", text), SourceFile("two.yaml", text)])
    assert ["`pl` is also written in one.yaml" in str(fault) for fault in found.faults] == [True]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("language: polish\nmessages: { a: { sms: T } }\n", (1, 11)),
        ("language: pl\nmessages: { a: { smss: T } }\n", (2, 18)),
        ("language: pl\nmessages:\n  a:\n    email: { subject: S }\n", (4, 12)),
        ("language: pl\nmessages: { a: { sms: '' } }\n", (2, 23)),
    ],
)
def test_faults_have_places(text: str, place: tuple[int, int]) -> None:
    found = read_messages([SourceFile("pl.yaml", text)])
    assert [(fault.line, fault.column) for fault in found.faults] == [place]


@pytest.mark.parametrize("language", ["pl", "ru", "en"])
def test_every_language_says_everything(language: str) -> None:
    names = {name for name, _ in BUILT_IN.templates}
    assert {name for name, spoken in BUILT_IN.templates if spoken == language} == names
    assert {"neutral", "recommended_checkup", "offer_help", "discount", "reminder"} <= names


@pytest.mark.parametrize("template", TEMPLATES, ids=IDS)
def test_a_text_uses_only_the_variables_that_it_gets(template: Template) -> None:
    assert rendered(subject(template), template.name)
    assert "Anna" in rendered(body(template), template.name, link=True)
    assert rendered(short(template), template.name)


@pytest.mark.parametrize("template", TEMPLATES, ids=IDS)
def test_what_a_lock_screen_shows_names_no_person_and_no_medicine(template: Template) -> None:
    shown = rendered(subject(template), template.name) + rendered(short(template), template.name)
    assert not re.search(r"Anna|kardio|cardio|кардио|heart|serc|сердц|diagno|диагно", shown, re.IGNORECASE)


@pytest.mark.parametrize("template", [each for each in TEMPLATES if each.language != "ru"], ids=str)
def test_a_latin_text_message_takes_at_most_two_parts(template: Template) -> None:
    text = rendered(short(template), template.name)
    assert text.isascii()
    assert len(text) <= 306


@pytest.mark.parametrize("template", [each for each in TEMPLATES if each.language == "ru"], ids=str)
def test_a_russian_text_message_takes_at_most_two_parts(template: Template) -> None:
    assert len(rendered(short(template), template.name)) <= 134


@pytest.mark.parametrize(
    ("language", "yes", "stop"), [("pl", "TAK", "STOP"), ("ru", "ДА", "СТОП"), ("en", "YES", "STOP")]
)
def test_an_invitation_says_how_to_answer(language: str, yes: str, stop: str) -> None:
    for name in ("neutral", "recommended_checkup", "offer_help", "reminder"):
        text = short(BUILT_IN.templates[name, language])
        assert yes in text
        assert stop in text
        # Nobody reads replies to these mails; their page has the buttons for both.
        assert "{{ link }}" in body(BUILT_IN.templates[name, language])


@pytest.mark.parametrize("language", ["pl", "ru", "en"])
def test_an_offer_has_one_time_a_line(language: str) -> None:
    lines = rendered(short(BUILT_IN.templates["offer", language]), "offer").splitlines()
    assert lines[1:3] == ["1) wt. 01.12 15:00", "2) sr. 02.12 09:30"]
    assert len(lines) == 4
    letter = rendered(body(BUILT_IN.templates["offer", language]), "offer", link=True)
    assert "\n\n1) wt. 01.12 15:00\n2) sr. 02.12 09:30\n\n" in letter
