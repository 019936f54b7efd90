"""Templates: what they may contain and what comes of them."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.messages.forms import FORMS, form_of
from nextvisit.messages.labels import slot_label
from nextvisit.messages.lint import lint, lint_for
from nextvisit.messages.mail import MailWording
from nextvisit.messages.model import Template, Wording
from nextvisit.messages.render import RenderValues, SlotLine
from nextvisit.messages.short_text import ShortWording
from nextvisit.messages.template_lint import lint_template
from nextvisit.sdk.channels import Mail, MessageForm
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.testing.fake_channel import MAILS, TEXTS

VALUES = RenderValues(
    clinic_name="Klinika <Zdrowie>",
    clinic_phone="+48 22 000 00 00",
    salutation="Pani Anno",
    slots=(SlotLine(1, "wt. 01.12 15:00"), SlotLine(2, "śr. 02.12 09:00")),
    link="https://klinika.example/p/abc?x=1&y=2",
    unsubscribe="https://klinika.example/u/abc",
    pixel="https://klinika.example/o/abc",
)
MAIL = MailWording(
    subject="Wiadomość od {{ clinic.name }}",
    body="{{ patient.salutation }},\n\nzapraszamy.\n\n{{ link }}\n\n{{ clinic.name }}",
)
SHORT = ShortWording(
    "{{ patient.salutation }}, terminy:\n"
    "{% for slot in slots %}\n{{ slot.number }}: {{ slot.label }}\n{% endfor %}\nSTOP = wypisz"
)
TEMPLATE = Template(
    name="invite",
    language="pl",
    wordings={MessageForm.MAIL: MAIL, MessageForm.SHORT_TEXT: SHORT},
)


def mail(values: RenderValues = VALUES) -> Mail:
    return MAIL.render(values, language="pl", place="invite/pl")


def text(values: RenderValues = VALUES, wording: ShortWording = SHORT) -> str:
    return wording.render(values, language="pl", place="invite/pl").text


def telling(language: str, wording: Wording) -> list[str]:
    return lint(Template("t", language, {MessageForm.MAIL: wording}))


class Tags(HTMLParser):
    """Collects the tags of a document, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_a_short_text_names_each_slot_with_its_number() -> None:
    assert text().splitlines() == [
        "Pani Anno, terminy:",
        "1: wt. 01.12 15:00",
        "2: śr. 02.12 09:00",
        "STOP = wypisz",
    ]


def test_an_email_has_a_button_an_unsubscribe_link_and_the_pixel_last() -> None:
    message = mail()
    tags = Tags(message.html).seen
    buttons = [attrs for tag, attrs in tags if tag == "a" and attrs.get("data-nextvisit") == "page"]
    assert [attrs["href"] for attrs in buttons] == [VALUES.link]
    assert any(attrs.get("href") == VALUES.unsubscribe for tag, attrs in tags if tag == "a")
    assert tags[-1] == ("img", {"src": VALUES.pixel, "width": "1", "height": "1", "alt": ""})
    assert VALUES.link is not None
    assert VALUES.link in message.text


def test_what_a_value_says_is_never_markup() -> None:
    hostile = replace(VALUES, salutation='<script>alert(1)</script><a href="https://evil.example">')
    html = mail(hostile).html
    assert "<script" not in html
    assert not any(attrs.get("href") == "https://evil.example" for _, attrs in Tags(html).seen)


def test_a_value_is_not_a_template() -> None:
    assert "{{ clinic.phone }}" in text(replace(VALUES, salutation="{{ clinic.phone }}"))


def test_a_subject_is_one_line() -> None:
    hostile = replace(VALUES, clinic_name="A\r\nBcc: x@example.org")
    assert "\n" not in mail(hostile).subject


@pytest.mark.parametrize("scheme", ["javascript:alert(1)", "data:text/html,x"])
def test_a_link_is_http(scheme: str) -> None:
    with pytest.raises(ValueError, match="http"):
        mail(replace(VALUES, link=scheme))


def test_a_missing_value_is_an_error_and_no_gap() -> None:
    with pytest.raises(ConfigError, match="visit") as caught:
        text(wording=ShortWording("{{ visit.label }}"))
    assert "Anno" not in str(caught.value)
    assert text(wording=ShortWording("{% if visit %}x{% else %}y{% endif %}")) == "y"


def test_a_channel_gets_the_best_form_that_is_written() -> None:
    both, only_text = TEMPLATE.wordings, {MessageForm.SHORT_TEXT: SHORT}
    assert form_of(both, (MessageForm.MAIL, MessageForm.SHORT_TEXT)) is MessageForm.MAIL
    assert form_of(only_text, (MessageForm.MAIL, MessageForm.SHORT_TEXT)) is MessageForm.SHORT_TEXT
    assert form_of(only_text, (MessageForm.MAIL,)) is None


def test_every_form_has_its_entry() -> None:
    assert set(FORMS) == set(MessageForm)


def test_what_cannot_be_answered_needs_a_link() -> None:
    deaf = replace(TEXTS, receives=False)
    silent = replace(TEMPLATE, wordings={MessageForm.SHORT_TEXT: ShortWording("Zapraszamy")})
    assert lint_for(silent, [deaf], asks=True)
    assert lint_for(silent, [deaf], asks=False) == []
    assert lint_for(TEMPLATE, [TEXTS], asks=True) == []
    assert lint_for(TEMPLATE, [replace(MAILS, receives=False)], asks=True) == []


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        ("Come and see us. Reply YES.", "Reply"),
        ("Choose: {{ link }} STOP ends this", "STOP"),
        ("Odpisz 1, 2 albo 3: {{ link }}", "Odpisz"),
        ("Bitte antworten Sie mit JA. {{ link }}", "antworten Sie"),
        ("Ответьте ДА. {{ link }}", "Ответьте"),
        ("Надішліть 1. {{ link }}", "Надішліть"),
        ("Nobody reads this number. Please do not reply; {{ link }}", None),
        ("Na ten numer nie odpowiedz. {{ link }}", None),
        ("You choose a time here: {{ link }}. We will answer your questions.", None),
    ],
)
def test_what_nobody_hears_is_not_asked_for(words: str, asks: str | None) -> None:
    template = replace(TEMPLATE, wordings={MessageForm.SHORT_TEXT: ShortWording(words)})
    said = lint_for(template, [replace(TEXTS, receives=False)], asks=False)
    assert [f"`{asks}` asks to write back" in fault for fault in said] == [True] * (asks is not None)
    assert lint_for(template, [TEXTS], asks=False) == []


def test_an_invitation_by_text_says_how_to_opt_out() -> None:
    assert ShortWording("Come. Reply STOP to end this").lint(invitation=True) == []
    assert ShortWording("Come. Choose or refuse: {{ link }}").lint(invitation=True) == []
    assert ShortWording("Come.").lint(invitation=True)
    assert ShortWording("Come.").lint(invitation=False) == []


def test_a_text_longer_than_its_channel_takes_is_a_fault() -> None:
    narrow = replace(TEXTS, kind=ChannelKind("pager"), longest=10)
    assert ["`pager` takes 10" in fault for fault in lint_for(TEMPLATE, [TEXTS, narrow], asks=False)] == [
        True
    ]


def test_a_text_beyond_four_kilobytes_is_refused() -> None:
    with pytest.raises(ConfigError, match="too_long"):
        text(replace(VALUES, salutation="ą" * 2100))


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ patient.__class__ }}",
        "{{ patient['salutation'] }}",
        "{{ patient.delete() }}",
        "{{ patient.name }}",
        "{{ patient }}",
        "{{ slots }}",
        "{{ 'x' * 1000000 }}",
        "{{ link|upper }}",
        "{% for i in range(100000) %}{% endfor %}",
        "{% for slot in slots recursive %}{{ loop(slots) }}{% endfor %}",
        "{% for slot in slots %}{% for s in slots %}{% endfor %}{% endfor %}",
        "{% for link in slots %}{{ link.label }}{% endfor %}",
        "{{ slot.label }}",
        "{% set x = 1 %}",
        "{% include 'a' %}",
        "{% macro f() %}{% endmacro %}",
        "{{ 1 + 1 }}",
        "{{ clinic.name",
        "x" * 4001,
        "{% if link %}" * 110 + "{% endif %}" * 110,
        "{% for slot in slots %}" + "{% if link %}" * 40 + "{% endif %}" * 40 + "{% endfor %}",
        "{% if " + "not " * 900 + "link %}{% endif %}",
        "{% if " + "(" * 900 + "link" + ")" * 900 + " %}{% endif %}",
        "{% if link" + " or link" * 400 + " %}{% endif %}",
        "{% for loop in slots %}{{ loop.label }}{% endfor %}",
    ],
)
def test_the_linter_refuses(source: str) -> None:
    assert lint_template(source)


def test_the_linter_accepts_the_vocabulary() -> None:
    assert (
        lint_template(
            "{{ clinic.name }} {{ clinic.phone }} {{ patient.salutation }} {% if link and not visit %}{{ link }}"
            "{% else %}{{ visit.label }}{% endif %}{% for slot in slots %}{{ slot.number }}: {{ slot.label }}{% endfor %}"
        )
        == []
    )


CONDITIONS = st.recursive(
    st.sampled_from(["link", "visit"]),
    lambda inner: st.one_of(
        inner.map("not {}".format),
        inner.map("({})".format),
        st.lists(inner, min_size=2, max_size=4).map(" and ".join),
        st.lists(inner, min_size=2, max_size=4).map(" or ".join),
    ),
)
SOURCES = st.recursive(
    st.sampled_from(["ok", "{{ link }}", "{{ slot.label }}", "{{ patient.salutation }}"]),
    lambda inner: st.one_of(
        st.builds(
            "{{% if {} %}}{}{{% elif {} %}}{}{{% endif %}}".format, CONDITIONS, inner, CONDITIONS, inner
        ),
        st.builds("{{% for {} in slots %}}{}{{% endfor %}}".format, st.sampled_from(["slot", "loop"]), inner),
        st.builds("{}{}".format, inner, inner),
    ),
    max_leaves=30,
)


@given(SOURCES, st.integers(1, 60))
def test_what_the_linter_lets_through_becomes_a_text_or_says_what_is_missing(source: str, deep: int) -> None:
    """A template that nobody can compile would be tried without end, with its campaign running."""
    nested = "{% if link %}" * deep + source + "{% endif %}" * deep
    for each in (source, nested):
        if not lint_template(each):
            with contextlib.suppress(ConfigError):
                text(wording=ShortWording(each))


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("pl", "wt. 01.12 15:00"),
        ("ru", "вт 01.12 15:00"),
        ("en", "Tue 01.12 15:00"),
        ("de", "Di 01.12 15:00"),
    ],
)
def test_a_slot_is_labelled_in_the_clinics_zone(language: str, label: str) -> None:
    assert slot_label(datetime(2026, 12, 1, 14, tzinfo=UTC), ZoneInfo("Europe/Warsaw"), language) == label


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pl", "Zaproszenie do kardiologa"),
        ("pl", "Kontrola skóry"),
        ("ru", "Вам пора к кардиологу"),
        ("ru", "Анализ на ВИЧ готов"),
        ("en", "Your skin check"),
        ("en", "Gynaecology clinic"),
        ("de", "Ihre Krebsvorsorge"),
        ("uk", "Запрошення до гінеколога"),
    ],
)
def test_a_telling_word_is_found_on_the_lock_screen_but_not_in_the_letter(language: str, text: str) -> None:
    assert telling(language, ShortWording(text))
    assert telling(language, MailWording(text, "x"))
    assert telling(language, MailWording("x", text)) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pl", "Można skorzystać z terminu, serdecznie zapraszamy. Rakowice 5"),
        ("en", "A smile from the clinic"),
        ("ru", "Здравствуйте, Анна Петрович"),
    ],
)
def test_everyday_words_are_not_telling(language: str, text: str) -> None:
    assert telling(language, ShortWording(text)) == []


def test_an_invitation_by_sms_mentions_stop() -> None:
    silent = replace(TEMPLATE, wordings={MessageForm.SHORT_TEXT: ShortWording("Zapraszamy")})
    assert lint(silent, invitation=True)
    assert lint(silent) == []
    assert lint(TEMPLATE, invitation=True) == []


def test_a_long_subject_is_a_fault() -> None:
    assert telling("pl", MailWording("x" * 61, "x"))
