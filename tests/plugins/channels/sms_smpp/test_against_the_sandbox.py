"""The channel keeps the SDK's contract with a real message centre, both ways."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest

from nextvisit.clock import SystemClock
from nextvisit.sdk.channels import (
    DeliveryReport,
    DeliveryStatus,
    InboundMessage,
    MessageId,
    OutgoingMessage,
    ShortText,
)
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import NextVisitError, RetryLater
from nextvisit.sdk.testing.fault_proxy import FaultProxy
from nextvisit.sdk.testing.suites import NO_WISH, Callback, ChannelPeer, ChannelSuite, Pushed
from nextvisit_channel_sms_smpp import SmsSmppChannel, SmsSmppSettings
from nextvisit_channel_sms_smpp.channel import CAPABILITIES
from nextvisit_channel_sms_smpp.inbound import body_of
from nextvisit_channel_sms_smpp.pdu import Address as SmppAddress
from nextvisit_channel_sms_smpp.pdu import ShortMessage
from nextvisit_sandbox.received import Address, ReceivedSms
from nextvisit_sandbox.smpp_centre import SmppCentre, SmppOptions
from nextvisit_sandbox.turnable_clock import TurnableClock

PHONE = "+48500100200"


@pytest.fixture(autouse=True)
def passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings' references lead."""
    monkeypatch.setenv("SMPP_PASSWORD", "sandbox1")
    monkeypatch.setenv("SMPP_WRONG", "wrong846")


def channel(port: int, **more: Any) -> SmsSmppChannel:
    """A channel to a centre on this machine."""
    raw: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "system_id": "nextvisit",
        "password": "env:SMPP_PASSWORD",
        "tls": "none",
        "sender": "Klinika",
        "timeout": 5,
    }
    return SmsSmppChannel(SmsSmppSettings(**raw | more))


class Centre:
    """The sandbox's message centre and what reached the phones."""

    def __init__(self, **options: Any) -> None:
        self.got: list[ReceivedSms] = []
        self.smpp = SmppCentre(
            host="127.0.0.1",
            port=0,
            system_id="nextvisit",
            password="sandbox1",
            clock=TurnableClock(SystemClock()),
            received=self.got.append,
            reachable=lambda digits: not digits.endswith("404"),
            throttled=lambda _: None,
            options=SmppOptions(**{"receipt_after": timedelta(milliseconds=20)} | options),
        )

    async def __aenter__(self) -> Centre:
        await self.smpp.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.smpp.stop()

    def write_in(self, text: str) -> None:
        """From the patient's phone."""
        self.smpp.write_in(sender=Address(PHONE.removeprefix("+")), to=Address("1234", 3, 0), text=text)


def delivered(octets: bytes, esm_class: int = 0) -> bytes:
    """A deliver_sm from the phone, as it is kept."""
    phone, us = SmppAddress(1, 1, PHONE.removeprefix("+")), SmppAddress(3, 0, "1234")
    return body_of([ShortMessage(phone, us, octets, esm_class)])


class TestSmsSmpp(ChannelSuite):
    """The whole suite."""

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[ChannelPeer]:
        async with Centre() as centre, FaultProxy(centre.smpp.port) as proxy:
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                closed = listener.getsockname()[1]
            yield ChannelPeer(
                capabilities=CAPABILITIES,
                channel=lambda: channel(proxy.port),
                to=PHONE,
                received=lambda: [sms.text for sms in centre.got],
                callbacks=[
                    Callback(
                        delivered(b"id:17 stat:DELIVRD err:000 text:", 0x04),
                        [DeliveryReport(DeliveryStatus.DELIVERED, "17", to=(PHONE, "1234"))],
                    ),
                    Callback(
                        delivered(b"id:18 stat:UNDELIV err:001 text:", 0x04),
                        [DeliveryReport(DeliveryStatus.FAILED, "18", code="001", to=(PHONE, "1234"))],
                    ),
                    Callback(delivered(b"TAK"), [InboundMessage(PHONE, "TAK")]),
                ],
                pushed=Pushed(lambda: centre.write_in("TAK"), [InboundMessage(PHONE, "TAK")]),
                cut_next=lambda: proxy.cut_next(is_submit),
                throttle_next=lambda wait: throttled(proxy),
                refused_to="+12",
                unknown_refusal=lambda: refused(proxy, 0x4F1),
                unreachable=lambda: channel(closed),
                wrong_login=lambda: channel(centre.smpp.port, password="env:SMPP_WRONG"),
                secrets=("sandbox1", "wrong846"),
            )


def is_submit(sent: bytes) -> bool:
    """A submit_sm (section 5.1.2.1)."""
    return sent[4:8] == (4).to_bytes(4, "big")


def refused(proxy: FaultProxy, status: int) -> None:
    """This command_status instead of the next answer; 0x400 to 0x4FF are each vendor's own (section 5.1.3)."""
    proxy.answer_next(
        is_submit, lambda sent: struct.pack(">4I", 16, 0x80000004, status, *struct.unpack(">I", sent[12:16]))
    )


def throttled(proxy: FaultProxy) -> str:
    """ESME_RTHROTTLED (section 5.1.3); SMPP has no word for how long."""
    refused(proxy, 0x58)
    return NO_WISH


class ListInbox:
    """An inbox in memory; the first `failures` puts fail."""

    def __init__(self, failures: int = 0) -> None:
        self.raw: list[RawInbound] = []
        self.failures = failures

    async def put(self, raw: RawInbound) -> None:
        if self.failures:
            self.failures -= 1
            raise RetryLater("inbox.down")
        self.raw.append(raw)

    def listening(self) -> None:
        """Nobody asks."""

    def deaf(self, why: NextVisitError) -> None:
        """Nobody asks."""


async def until(done: Callable[[], bool]) -> None:
    """Wait for a condition, ten seconds at most."""
    async with asyncio.timeout(10):
        while not done():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(sms: SmsSmppChannel, inbox: ListInbox) -> AsyncIterator[None]:
    """The channel's listener, running."""
    task = asyncio.create_task(sms.serve(inbox))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def sms(text: str, to: str = PHONE, name: str = "m-1") -> OutgoingMessage:
    """One text."""
    return OutgoingMessage(id=MessageId(name), to=to, content=ShortText(text), language="pl")


@pytest.mark.parametrize("long_texts", ["udh8", "udh16", "payload"])
@pytest.mark.parametrize(
    ("text", "parts"), [("Zażółć gęślą jaźń " * 12, 4), ("€[abc]" * 70, 5), ("krótko", 1), ("a" * 160, 1)]
)
@pytest.mark.anyio
async def test_a_text_arrives_as_it_was_written(text: str, parts: int, long_texts: str) -> None:
    async with Centre() as centre:
        client = channel(centre.smpp.port, long_texts=long_texts)
        accepted = await client.send(sms(text))
        await client.close()
    assert [one.text for one in centre.got] == [text]
    assert accepted.parts == parts


@pytest.mark.parametrize("decimal", [False, True])
@pytest.mark.parametrize("tlvs", [False, True])
@pytest.mark.anyio
async def test_a_receipt_names_the_message_it_is_about(decimal: bool, tlvs: bool) -> None:
    async with Centre(receipt_ids_decimal=decimal, receipt_tlvs=tlvs) as centre:
        client = channel(centre.smpp.port, receipt_id="decimal" if decimal else "same")
        inbox = ListInbox()
        async with serving(client, inbox):
            good = await client.send(sms("raz"))
            bad = await client.send(sms("dwa", to="+48500100404", name="m-2"))
            await until(lambda: len(inbox.raw) == 2)
        await client.close()
    events = [event for raw in inbox.raw for event in client.parse_inbound(raw.body)]
    told = {event.provider_ref: event.status for event in events if isinstance(event, DeliveryReport)}
    assert told == {good.provider_ref: DeliveryStatus.DELIVERED, bad.provider_ref: DeliveryStatus.FAILED}


@pytest.mark.parametrize("text", ["Tak, poproszę", "Да, запишите меня", "TAK €", "😀 да"])
@pytest.mark.anyio
async def test_what_a_patient_writes_is_stored_before_it_is_acknowledged(text: str) -> None:
    async with Centre() as centre:
        client = channel(centre.smpp.port)
        inbox = ListInbox(failures=1)
        async with serving(client, inbox):
            centre.smpp.write_in(sender=Address("48500100200"), to=Address("1234", 3, 0), text=text)
            # The first put fails, so the centre is refused and brings it again.
            await until(lambda: len(inbox.raw) == 1)
    (event,) = client.parse_inbound(inbox.raw[0].body)
    assert isinstance(event, InboundMessage)
    assert (event.sender, event.text) == (PHONE, text)


@pytest.mark.anyio
async def test_the_listener_comes_back_after_the_centre_was_away() -> None:
    async with Centre() as centre:
        client = channel(centre.smpp.port)
        inbox = ListInbox()
        async with serving(client, inbox):
            centre.smpp.write_in(sender=Address("48500100200"), to=Address("1234", 3, 0), text="raz")
            await until(lambda: len(inbox.raw) == 1)
            await centre.smpp.down()
            centre.smpp.write_in(sender=Address("48500100200"), to=Address("1234", 3, 0), text="dwa")
            await centre.smpp.up()
            await until(lambda: len(inbox.raw) == 2)


@pytest.mark.anyio
async def test_a_centre_that_throttles_gets_every_text_once() -> None:
    async with Centre(rate=4) as centre:
        client = channel(centre.smpp.port)
        words = [f"{number} " + "a" * 200 for number in range(8)]
        await asyncio.gather(*(client.send(sms(one, name=one)) for one in words))
        await client.close()
    assert sorted(sms.text for sms in centre.got) == sorted(words)


@pytest.mark.anyio
async def test_a_transceiver_sends_and_receives() -> None:
    async with Centre() as centre:
        client = channel(centre.smpp.port, bind="transceiver")
        inbox = ListInbox(failures=1)
        task = asyncio.create_task(client.serve_sending(inbox))
        accepted = await client.send(sms("raz"))
        centre.smpp.write_in(sender=Address("48500100200"), to=Address("1234", 3, 0), text="tak")
        await until(lambda: len(inbox.raw) == 2)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await client.close()
    events = [event for raw in inbox.raw for event in client.parse_inbound(raw.body)]
    assert {event.provider_ref for event in events if isinstance(event, DeliveryReport)} == {
        accepted.provider_ref
    }
    assert [event.text for event in events if isinstance(event, InboundMessage)] == ["tak"]
