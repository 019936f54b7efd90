"""Four gateways as docs/http_sms.md describes them: the examples pass the SDK's kit, as they stand there."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

import pytest

from nextvisit.sdk.channels import DeliveryReport, DeliveryStatus, InboundMessage
from nextvisit.sdk.doors import Answer, RawRequest
from nextvisit.sdk.errors import Rejected
from nextvisit.sdk.testing.fault_proxy import FaultProxy, reads, saying, too_many, writes
from nextvisit.sdk.testing.suites import Callback, ChannelPeer, ChannelSuite
from nextvisit.sdk.testing.suites.channel_peer import ANSWER
from nextvisit_channel_http_sms import HttpSmsChannel
from nextvisit_channel_http_sms.channel import with_settings
from tests.plugins.channels.http_sms.examples import DOCUMENT, EXAMPLES, SECRETS, raw, settings
from tests.plugins.channels.http_sms.server import Gateway, Kannel, Smsapi, Smsc, Twilio, serving

TO, REFUSED = "+48500100200", "+48500999888"
AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
KEY = SECRETS["sms_callbacks"]
SID = "SM" + "0" * 29 + "3e9"


class OfTheDocument(ChannelSuite):
    """One example. no_number: as the gateway reads it. login: the secret of which another is tried.
    callbacks: the first is of the first message that is sent.
    """

    name: ClassVar[str]
    gateway: ClassVar[type[Gateway]]
    no_number: ClassVar[str]
    login: ClassVar[str]
    callbacks: ClassVar[Sequence[Callback]]
    signs_body: ClassVar[bool] = False

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[ChannelPeer]:
        gateway = self.gateway(self.no_number)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            closed = listener.getsockname()[1]
        async with serving(gateway.tell) as port, FaultProxy(port) as proxy:  # type: ignore[attr-defined]
            sends = reads if raw(self.name).get("method") == "GET" else writes
            checked = raw(self.name)["check"] != "none"

            def channel(at: int, wrong: str = "") -> HttpSmsChannel:
                return HttpSmsChannel(settings(self.name, at, wrong))

            yield ChannelPeer(
                capabilities=with_settings(settings(self.name, port)),
                channel=lambda: channel(proxy.port),
                to=TO,
                received=lambda: gateway.texts,
                refused_to=REFUSED if checked else None,
                unknown_refusal=lambda: proxy.answer_next(sends, saying(422, b'{"code": "moonstruck"}')),
                unreachable=(lambda: channel(closed)) if checked else None,
                wrong_login=(lambda: channel(proxy.port, self.login)) if checked else None,
                secrets=tuple(value for value in SECRETS.values() if len(value) > 7),
                cut_next=lambda: proxy.cut_next(sends),
                throttle_next=lambda wait: proxy.answer_next(sends, too_many(wait)),
                callbacks=self.callbacks,
                called_back=lambda: [self.callbacks[0].raw],
                signs_body=self.signs_body,
            )


def by_query(**fields: str) -> RawRequest:
    return RawRequest("GET", "/webhooks/sms", (("key", KEY), *fields.items()), (), b"")


def by_form(**fields: str) -> RawRequest:
    return RawRequest("POST", "/webhooks/sms", (("key", KEY),), (), urlencode(fields).encode())


def report(status: DeliveryStatus, ref: str | None, to: str = TO[1:], **more: Any) -> DeliveryReport:
    told: dict[str, Any] = {"at": AT, "to": (to,)}
    return DeliveryReport(status, ref, **told | more)


def smsapi(*rows: tuple[str, str]) -> RawRequest:
    """Up to five in one call."""
    several = [(ref, word, str(int(AT.timestamp())), TO[1:]) for ref, word in rows]
    columns = zip(("MsgId", "status_name", "donedate", "to"), zip(*several, strict=True), strict=True)
    return by_query(username="klinika", **{name: ",".join(each) for name, each in columns})


class TestSmsapi(OfTheDocument):
    """Errors with status 200, and reports in columns."""

    name, gateway, no_number, login = "smsapi", Smsapi, REFUSED[1:], "smsapi_token"
    callbacks = (
        Callback(smsapi(("5A1001", "SENT")), [report(DeliveryStatus.SENT, "5A1001")]),
        Callback(
            smsapi(("5A1001", "DELIVERED"), ("5A1002", "UNDELIVERED"), ("5A1003", "RENEWAL")),
            [
                report(DeliveryStatus.DELIVERED, "5A1001"),
                report(DeliveryStatus.FAILED, "5A1002"),
                report(DeliveryStatus.UNKNOWN, "5A1003"),
            ],
        ),
    )


class TestSmsc(OfTheDocument):
    """The login among the fields, and answers with times of Moscow."""

    name, gateway, no_number, login = "smsc", Smsc, REFUSED[1:], "smsc_password"
    callbacks = (
        *(
            Callback(
                by_form(id="1001", phone=TO[1:], status=str(status), ts=str(int(AT.timestamp())), err="0"),
                [report(meant, "1001", code="0")],
            )
            for status, meant in (
                (0, DeliveryStatus.SENT),
                (1, DeliveryStatus.DELIVERED),
                (2, DeliveryStatus.READ),
                (20, DeliveryStatus.FAILED),
            )
        ),
        Callback(
            by_form(id="501", phone=TO[1:], mes=f"{ANSWER} Да & нет", time="04.05.2026 11:00:00", to="7900"),
            [InboundMessage(TO[1:], f"{ANSWER} Да & нет", provider_ref="501", at=AT)],
        ),
    )


def twilio(**fields: str) -> RawRequest:
    """Signed as Twilio documents it: the address, then names and values by name."""
    signed = "https://clinic.example/webhooks/sms" + "".join(name + fields[name] for name in sorted(fields))
    made = hmac.new(SECRETS["twilio_token"].encode(), signed.encode(), hashlib.sha1).digest()
    headers = (
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-twilio-signature", base64.b64encode(made).decode()),
    )
    return RawRequest("POST", "/webhooks/sms", (), headers, urlencode(fields).encode())


class TestTwilio(OfTheDocument):
    """Basic login, statuses of HTTP that mean something, and a signature."""

    name, gateway, no_number, login, signs_body = "twilio", Twilio, REFUSED, "twilio_token", True
    callbacks = (
        Callback(
            twilio(MessageSid=SID, MessageStatus="delivered", To=TO, From="+48732000000"),
            [report(DeliveryStatus.DELIVERED, SID, TO, at=None)],
        ),
        Callback(
            twilio(MessageSid=SID, MessageStatus="undelivered", To=TO, ErrorCode="30003"),
            [report(DeliveryStatus.FAILED, SID, TO, at=None, code="30003")],
        ),
        Callback(
            twilio(MessageSid="SM" + "b" * 32, From=TO, Body=f"{ANSWER}: tak, żółć", NumMedia="0"),
            [InboundMessage(TO, f"{ANSWER}: tak, żółć", provider_ref="SM" + "b" * 32)],
        ),
    )


OURS = "00000000-0000-4000-8000-000000000001"


class TestKannel(OfTheDocument):
    """A GET that sends: what broke off is not asked again. It knows no check."""

    name, gateway, no_number, login = "kannel", Kannel, REFUSED, "kannel_password"
    callbacks = tuple(
        Callback(by_query(ours=OURS, type=str(number)), [DeliveryReport(meant, None, message=OURS)])  # type: ignore[arg-type]
        for number, meant in (
            (1, DeliveryStatus.DELIVERED),
            (16, DeliveryStatus.FAILED),
            (34, DeliveryStatus.UNKNOWN),
        )
    )


def test_every_example_of_the_document_is_here() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert len(EXAMPLES) == text.count("```yaml") == 4
    tried = {each.name for each in OfTheDocument.__subclasses__()}
    assert tried == set(EXAMPLES)


def test_the_gateway_hears_what_it_takes_for_an_acknowledgement() -> None:
    for name, call, told in (
        ("smsapi", TestSmsapi.callbacks[0].raw, Answer(200, b"OK")),
        ("twilio", TestTwilio.callbacks[0].raw, Answer(200, b"<Response/>", "text/xml")),
    ):
        assert isinstance(call, RawRequest)
        heard = HttpSmsChannel(settings(name, 1)).receive(call).answer
        assert (heard.status, heard.body) == (told.status, told.body)
        assert heard.media_type.startswith(told.media_type.split(";")[0])


def test_a_status_after_another_is_no_repetition() -> None:
    door = HttpSmsChannel(settings("twilio", 1))
    sent, delivered = (
        door.receive(twilio(MessageSid=SID, MessageStatus=word, To=TO)) for word in ("sent", "delivered")
    )
    again = door.receive(twilio(MessageSid=SID, MessageStatus="sent", To=TO, RawDlrDoneDate="2605041000"))
    assert sent.dedupe == again.dedupe != delivered.dedupe
    assert not re.search(f"{SID}|{TO[1:]}", sent.dedupe)


def test_an_address_with_a_query_is_signed_with_it() -> None:
    """As Twilio's own libraries try it."""
    told = raw("twilio")["callbacks"]
    signature = told["signature"] | {"secret": "env:TWILIO_TOKEN"}
    callbacks = told | {"url": "https://mycompany.example/myapp.php", "signature": signature}
    channel = HttpSmsChannel(settings("twilio", 1, callbacks=callbacks))
    fields = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "To": "+18005551212"}
    signed = "https://mycompany.example/myapp.php?foo=1&bar=2CallSidCA1234567890ABCDEDigits1234To+18005551212"
    made = hmac.new(SECRETS["twilio_token"].encode(), signed.encode(), hashlib.sha1).digest()
    headers = (("x-twilio-signature", base64.b64encode(made).decode()),)
    query = (("foo", "1"), ("bar", "2"))
    channel.receive(RawRequest("POST", "/webhooks/sms", query, headers, urlencode(fields).encode()))
    with pytest.raises(Rejected):
        channel.receive(RawRequest("POST", "/webhooks/sms", query[:1], headers, urlencode(fields).encode()))
