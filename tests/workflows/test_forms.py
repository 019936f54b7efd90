"""What a campaign writes in a form of message is what the channel's plugin is given, and what staff read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from nextvisit.clock import Clock
from nextvisit.flow.engine.events import Deferred, Sent, Skipped
from nextvisit.sdk.addresses import POSTAL
from nextvisit.sdk.channels import (
    CallScript,
    Key,
    Letter,
    Media,
    MessageForm,
    Parameter,
    ShortText,
    TemplateButton,
    TemplateMessage,
)
from nextvisit.sdk.records import Address, ChannelKind
from nextvisit.sdk.testing.fake_channel import TEXTS, FakeChannel
from tests.world.clock import SetClock
from tests.world.one_channel import OneChannel
from tests.world.records import CANARY
from tests.world.workers import WorkingClinic

pytestmark = pytest.mark.anyio

CHAT = replace(TEXTS, kind=ChannelKind("chat"))
TEMPLATES = replace(CHAT, forms=(MessageForm.TEMPLATE, MessageForm.SHORT_TEXT))
LETTERS = replace(
    TEXTS, kind=ChannelKind("letter"), addresses=POSTAL, forms=(MessageForm.LETTER,), receives=False
)
CALLS = replace(CHAT, kind=ChannelKind("call"), forms=(MessageForm.CALL_SCRIPT,))
WORDS = """
language: en
messages:
  neutral:
    sms: "{{ clinic.name }}: come. STOP ends this"
    template:
      name: recall_2
      language: en_GB
      text: "{{ patient.salutation }}, {{ clinic.name }} would like to see you."
      parameters: { who: "{{ patient.salutation }}", clinic: "{{ clinic.name }}" }
      buttons: [ { label: Yes please, payload: "YES" }, { label: No more, payload: STOP } ]
    letter: |
      Dear {{ patient.salutation }},
      please come.

      {{ clinic.name }}, {{ clinic.phone }}
    call:
      text: |
        Good day, this is {{ clinic.name }}.
        Press one to be called back, zero to hear no more of us.
      keys: [ { key: "1", payload: "yes" }, { key: "0", payload: STOP } ]
"""


@pytest.fixture
def clock() -> Clock:
    return SetClock()


async def test_a_template_is_given_with_its_gaps_filled_and_read_in_words(clinic: WorkingClinic) -> None:
    chat = OneChannel(clinic, FakeChannel(TEMPLATES))
    journey = await chat.enrol(WORDS)
    assert isinstance((await chat.attempt(journey)).result, Sent)
    (sent,) = chat.fake.sent
    assert sent.content == TemplateMessage(
        "recall_2",
        "en_GB",
        "Anna, Klinika would like to see you.",
        (Parameter("Anna", "who"), Parameter("Klinika", "clinic")),
        (TemplateButton("Yes please", "YES"), TemplateButton("No more", "STOP")),
    )
    assert await chat.said(journey) == "Anna, Klinika would like to see you.\n[Yes please]\n[No more]"


async def test_a_letter_goes_to_the_postal_address_with_the_name_above_it(clinic: WorkingClinic) -> None:
    post = OneChannel(clinic, FakeChannel(LETTERS))
    home = Address(("ul. Lipowa 1 / 2",), "Warszawa", "00-316", "PL")
    journey = await post.enrol(WORDS, address=home)
    assert isinstance((await post.attempt(journey)).result, Sent)
    (sent,) = post.fake.sent
    assert sent.content == Letter(
        (f"Anna Maria {CANARY}", "ul. Lipowa 1 / 2", "00-316 Warszawa", "PL"),
        ("Dear Anna,\nplease come.", "Klinika Zdrowie, +48 22 123 45 67"),
    )
    assert "ul. Lipowa 1 / 2" in (await post.said(journey) or "")


async def test_who_has_no_postal_address_gets_no_letter(clinic: WorkingClinic) -> None:
    post = OneChannel(clinic, FakeChannel(LETTERS))
    journey = await post.enrol(WORDS, address=Address((), "Warszawa"))
    result = (await post.attempt(journey)).result
    assert isinstance(result, Skipped)
    assert (result.reason, result.scope) == ("no_address", "rung")


async def test_a_call_says_line_by_line_and_waits_for_keys(clinic: WorkingClinic) -> None:
    phone = OneChannel(clinic, FakeChannel(CALLS))
    journey = await phone.enrol(WORDS)
    assert isinstance((await phone.attempt(journey)).result, Sent)
    (sent,) = phone.fake.sent
    lines = (
        "Good day, this is Klinika Zdrowie.",
        "Press one to be called back, zero to hear no more of us.",
    )
    assert sent.content == CallScript(lines, (Key("1", "yes"), Key("0", "STOP")))
    assert await phone.said(journey) == "\n".join((*lines, "[1] yes", "[0] STOP"))


async def test_a_form_that_the_campaign_has_not_written_is_its_fault(clinic: WorkingClinic) -> None:
    phone = OneChannel(clinic, FakeChannel(CALLS))
    journey = await phone.enrol(WORDS.partition("    call:")[0])
    result = (await phone.attempt(journey)).result
    assert isinstance(result, Deferred)
    assert result.reason == "campaign_faulty"
    assert phone.fake.calls == 0


PLAN = Media("https://klinika.example/plan.pdf", "application/pdf", "The way to us")
MAPPED = """
language: en
messages:
  neutral:
    template:
      name: recall_3
      text: "{{ clinic.name }}: come."
      parameters: ["{{ clinic.name }}"]
      media: { url: "https://klinika.example/plan.pdf", type: application/pdf, name: The way to us }
"""
CARRIES = replace(TEMPLATES, media=frozenset({"application/pdf"}))
OTHERS = replace(TEMPLATES, media=frozenset({"image/png"}))


async def test_media_are_given_with_the_words_and_read_by_their_name(clinic: WorkingClinic) -> None:
    chat = OneChannel(clinic, FakeChannel(CARRIES))
    journey = await chat.enrol(MAPPED)
    assert isinstance((await chat.attempt(journey)).result, Sent)
    (sent,) = chat.fake.sent
    words = "Klinika: come."
    assert sent.content == TemplateMessage("recall_3", "en", words, (Parameter("Klinika"),), media=PLAN)
    assert await chat.said(journey) == f"[The way to us: {PLAN.url}]\n{words}"


async def test_a_channel_that_does_not_carry_the_media_gets_the_next_form(clinic: WorkingClinic) -> None:
    chat = OneChannel(clinic, FakeChannel(OTHERS))
    journey = await chat.enrol(f'{MAPPED}    sms: "come"\n')
    assert isinstance((await chat.attempt(journey)).result, Sent)
    (sent,) = chat.fake.sent
    assert sent.content == ShortText("come")


@pytest.mark.parametrize("session", [None, timedelta(hours=24)])
async def test_where_no_form_is_left_for_its_media_the_next_rung_has_its_turn(
    clinic: WorkingClinic, session: timedelta | None
) -> None:
    chat = OneChannel(clinic, FakeChannel(replace(OTHERS, session=session)))
    journey = await chat.enrol(MAPPED)
    result = (await chat.attempt(journey)).result
    assert isinstance(result, Skipped)
    assert (result.reason, result.scope) == ("no_form", "rung")
    assert [each.reason for each in await clinic.messages(journey)] == ["no_form"]
    assert chat.fake.calls == 0


async def test_a_template_whose_media_are_not_carried_does_not_go_out_of_a_session(
    clinic: WorkingClinic,
) -> None:
    chat = OneChannel(clinic, FakeChannel(replace(OTHERS, session=timedelta(hours=24))))
    journey = await chat.enrol(f'{MAPPED}    sms: "come"\n')
    result = (await chat.attempt(journey)).result
    assert isinstance(result, Skipped)
    assert (result.reason, result.scope) == ("session_over", "rung")
