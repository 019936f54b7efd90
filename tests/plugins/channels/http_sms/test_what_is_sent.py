"""A message arrives as it was written, at one number, and nothing of it is said anywhere else."""

from __future__ import annotations

import json
import logging
import socket
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from nextvisit.sdk.channels import Mail, MessageId, OutgoingMessage, ShortText
from nextvisit.sdk.errors import ConfigError, NextVisitError, OutcomeUnknown, Rejected, RetryLater
from nextvisit.sdk.testing.fault_proxy import FaultProxy, reads
from nextvisit_channel_http_sms import HttpSmsChannel, HttpSmsSettings
from nextvisit_channel_http_sms.request import request_of
from nextvisit_channel_http_sms.template import Template
from tests.plugins.channels.http_sms.server import Asked, Told, serving

OURS = MessageId("00000000-0000-4000-8000-000000000007")
TO = "+48500100200"
NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
FIELDS = {"to": "{to}", "text": "{text}", "ref": "{{{id}}}"}
ANSWER = {"rules": [{"says": "accepted", "field": "state", "equals": ["taken"]}], "ref": "id"}


def settings(port: int = 1, **more: Any) -> HttpSmsSettings:
    raw = {"url": f"http://127.0.0.1:{port}/send", "fields": FIELDS, "answer": ANSWER, "check": "none"}
    return HttpSmsSettings.model_validate(raw | more)


def message(text: str = "Dzień dobry", to: str = TO, expires_at: datetime | None = None) -> OutgoingMessage:
    return OutgoingMessage(OURS, to, ShortText(text), "pl", expires_at)


BODIES: list[dict[str, Any]] = [
    {"body": "form"},
    {"body": "json"},
    {"body": "query"},
    {"body": "query", "method": "GET"},
]
NASTY = [
    'say "yes"', "it's {to} {text} {{id}} {0} %(to)s $to", "a&to=%2B48500999888&text=x", "line\r\nTo: x\n\n.", "\\u0041 \\",
    "<b>&amp;</b>", "100% +1 = ?#;/", "\x00\t\x7f", "żółć — Приём їжак 👍🏽 €", ']}, {"to": "+48500999888"}', " ", "\u2028\ufeff",
]  # fmt: skip


class Heard:
    """A gateway that takes everything."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    def tell(self, asked: Asked) -> Told:
        self.asked.append(asked)
        return 200, {"state": "taken", "id": f"m-{len(self.asked)}"}

    def fields(self, body: str) -> dict[str, Any]:
        last = self.asked[-1]
        if body == "json":
            assert last.headers["content-type"] == "application/json"
            found: dict[str, Any] = json.loads(last.body)
            return found
        return last.form if body == "form" else last.query


@pytest.mark.anyio
@pytest.mark.parametrize("how", BODIES, ids=str)
async def test_a_text_arrives_as_it_was_written_over_a_socket(how: dict[str, Any]) -> None:
    heard = Heard()
    async with serving(heard.tell) as port:
        channel = HttpSmsChannel(settings(port, **how))
        for number, text in enumerate(NASTY, 1):
            accepted = await channel.send(message(text))
            assert accepted.provider_ref == f"m-{number}"
            assert heard.fields(how["body"]) == {"to": TO, "text": text, "ref": f"{{{OURS}}}"}
        await channel.close()


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1)


@pytest.mark.parametrize("how", BODIES[:3], ids=str)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=TEXTS)
def test_no_text_becomes_anything_else_than_its_field(how: dict[str, Any], text: str) -> None:
    made = request_of(settings(**how), message(text), NOW, "")
    if how["body"] == "json":
        assert made.content is not None
        found = json.loads(made.content)
    elif how["body"] == "form":
        assert made.content is not None
        found = dict(parse_qsl(made.content.decode("ascii"), keep_blank_values=True, strict_parsing=True))
    else:
        found = dict(made.query)
    assert found == {"to": TO, "text": text, "ref": f"{{{OURS}}}"}


@given(text=st.text())
def test_a_template_is_refused_or_says_what_it_says(text: str) -> None:
    try:
        template = Template.read(text)
    except ValueError:
        assert "{" in text or "}" in text
        return
    filled = template.fill({name: f"{{{name}}}" for name in template.places})
    assert filled == text.replace("{{", "{").replace("}}", "}") or template.places


@pytest.mark.parametrize(
    ("number", "written"), [("plus", TO), ("digits", TO[1:]), ("double_zero", f"00{TO[1:]}")]
)
def test_a_number_is_written_as_the_gateway_wants_it(number: str, written: str) -> None:
    made = request_of(settings(number=number, body="query"), message(), NOW, "")
    assert dict(made.query)["to"] == written


@pytest.mark.parametrize(
    "to", ["", "500", "+48500100200,+48500999888", "+4850010020x", "+" + "4" * 16, "+٤٨٥٠٠١٠٠٢٠٠"]
)
def test_what_is_no_international_number_is_not_sent(to: str) -> None:
    with pytest.raises(Rejected) as caught:
        request_of(settings(), message(to=to), NOW, "")
    assert caught.value.scope == "recipient"


def test_json_is_nested_as_the_settings_have_it() -> None:
    fields = {
        "messages": [{"destinations": [{"to": "{to}"}], "text": "{text}", "flash": False, "n": 3}],
        "unicode": "{unicode}",
        "validity": {"until": "{expires}", "minutes": "{minutes_left}", "for": "PT{seconds_left}S"},
    }
    these = settings(body="json", fields=fields, unicode=[True, False])
    made = request_of(these, message("żółć", expires_at=NOW + timedelta(minutes=90)), NOW, "")
    assert json.loads(made.content or b"") == {
        "messages": [{"destinations": [{"to": TO}], "text": "żółć", "flash": False, "n": 3}],
        "unicode": True,
        "validity": {"until": "2026-05-04T09:30:00+00:00", "minutes": "90", "for": "PT5400S"},
    }
    plain = json.loads(request_of(these, message("zolc"), NOW, "").content or b"")
    assert (plain["unicode"], plain["validity"]) == (False, {})


def test_a_gateway_is_told_what_a_message_answers() -> None:
    these = settings(body="json", fields={"to": "{to}", "text": "{text}", "quotes": "{reply_to}"})
    answer = replace(message(), reply_to="in-4711")
    assert json.loads(request_of(these, answer, NOW, "").content or b"")["quotes"] == "in-4711"
    assert "quotes" not in json.loads(request_of(these, message(), NOW, "").content or b"")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 81, 2),
        ("ą" * 70, 1),
        ("ą" * 71, 2),
        ("👍" * 36, 2),
        ("a" * 307, 3),
    ],
)
def test_parts_are_counted_where_the_gateway_does_not(text: str, parts: int) -> None:
    assert request_of(settings(), message(text), NOW, "").parts == parts


@pytest.mark.anyio
async def test_the_login_stands_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "k&y=1")
    logins: list[tuple[dict[str, Any], Callable[[Asked], bool]]] = [
        ({"bearer": "env:KEY"}, lambda asked: asked.headers["authorization"] == "Bearer k&y=1"),
        (
            {"header": {"name": "X-Key", "prefix": "App ", "secret": "env:KEY"}},
            lambda asked: asked.headers["x-key"] == "App k&y=1",
        ),
        (
            {"basic": {"username": "me", "password": "env:KEY"}},
            lambda asked: asked.headers["authorization"] == "Basic bWU6ayZ5PTE=",
        ),
        ({"query": {"apikey": "env:KEY"}}, lambda asked: asked.query == {"apikey": "k&y=1", "v": "2"}),
        ({"fields": {"psw": "env:KEY"}}, lambda asked: asked.form["psw"] == "k&y=1"),
    ]
    heard = Heard()
    async with serving(heard.tell) as port:
        for auth, there in logins:
            channel = HttpSmsChannel(
                settings(port, auth=auth, query={"v": 2}, headers={"Idempotency-Key": "{id}"})
            )
            await channel.send(message())
            await channel.close()
            assert there(heard.asked[-1]), auth
            assert heard.asked[-1].headers["idempotency-key"] == OURS


@pytest.mark.anyio
@pytest.mark.parametrize("secret", ["", "kluć", "a\r\nX: y"])
async def test_a_secret_that_cannot_stand_in_a_header_is_named_and_not_shown(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", secret)
    channel = HttpSmsChannel(settings(auth={"bearer": "env:KEY"}))
    with pytest.raises(ConfigError) as caught:
        await channel.send(message())
    assert caught.value.place == "env:KEY"
    assert not secret or secret not in "".join(traceback.format_exception(caught.value))


@pytest.mark.anyio
async def test_what_no_gateway_can_carry_is_the_messages_fault() -> None:
    channel = HttpSmsChannel(settings())
    mail = OutgoingMessage(OURS, TO, Mail("s", "t", "<p>t</p>"), "pl")
    for each in (mail, message(""), message("half \ud83d")):
        with pytest.raises(Rejected) as caught:
            await channel.send(each)
        assert caught.value.scope == "message"


@pytest.mark.anyio
async def test_a_message_in_an_address_is_neither_logged_nor_told_nor_sent_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By GET, where HTTP itself would let anybody ask again."""
    caplog.set_level(logging.DEBUG)
    heard, text, raised = Heard(), "Kanarienvogel 4711", list[NextVisitError]()
    how = {"method": "GET", "body": "query"}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        closed = listener.getsockname()[1]
    async with serving(heard.tell) as port, FaultProxy(port) as proxy:
        channel = HttpSmsChannel(settings(proxy.port, **how))
        await channel.send(message(text))
        packed = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: br\r\n\r\nx"
        broken = b"HTTP/1.1 500 no\r\nConnection: close\r\n\r\n"
        troubles: list[Callable[[], None]] = [
            lambda: proxy.cut_next(reads),
            lambda: proxy.answer_next(reads, lambda _: packed),
            lambda: proxy.answer_next(reads, lambda _: broken),
        ]
        for trouble in troubles:
            trouble()
            with pytest.raises(OutcomeUnknown) as caught:
                await channel.send(message(text))
            raised.append(caught.value)
        await channel.close()
        assert len(heard.asked) == 2
        absent = HttpSmsChannel(settings(closed, **how))
        with pytest.raises(RetryLater) as later:
            await absent.send(message(text))
        await absent.close()
    told = "".join(line for each in (*raised, later.value) for line in traceback.format_exception(each))
    for said in (told, caplog.text):
        assert TO[1:] not in said
        assert "4711" not in said
