"""PDUs, texts, receipts and parts, without a centre or with one that misbehaves."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nextvisit.sdk import gsm
from nextvisit.sdk.channels import (
    DeliveryStatus,
    InboundMessage,
    MessageId,
    OutgoingMessage,
    ShortText,
)
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import NextVisitError, OutcomeUnknown, Rejected, RetryLater
from nextvisit_channel_sms_smpp import SmsSmppChannel, SmsSmppSettings, text
from nextvisit_channel_sms_smpp.pdu import Address, Malformed, ShortMessage
from nextvisit_channel_sms_smpp.receipt import normal_id, read_receipt
from nextvisit_channel_sms_smpp.receiver import Keys

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings' reference leads."""
    monkeypatch.setenv("SMPP_PASSWORD", "secret")


def channel(port: int, **more: Any) -> SmsSmppChannel:
    """A channel to the scripted centre."""
    raw: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "system_id": "us",
        "password": "env:SMPP_PASSWORD",
        "tls": "none",
        "sender": "Klinika",
        "timeout": 3,
    }
    return SmsSmppChannel(SmsSmppSettings(**raw | more))


class Centre:
    """Answers binds and submits with the given statuses; None hangs up."""

    def __init__(self, bind: int = 0, submit: int | None = 0) -> None:
        self.bind, self.submit = bind, submit
        self.responses: list[tuple[int, int, int]] = []
        self.writer: asyncio.StreamWriter | None = None
        self.port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Centre]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            if self.writer is not None:
                self.writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length, command, status, sequence = struct.unpack(">IIII", await reader.readexactly(16))
                await reader.readexactly(length - 16)
                if command & 0x80000000:
                    self.responses.append((command, status, sequence))
                    continue
                answer = {1: self.bind, 2: self.bind, 4: self.submit}.get(command, 0)
                if answer is None:
                    break
                # A refusing centre may leave the body out.
                body = b"00AB\0" if command == 4 and answer == 0 else b""
                writer.write(
                    struct.pack(">IIII", 16 + len(body), command | 0x80000000, answer, sequence) + body
                )
                self.writer = writer if command == 1 else self.writer
        writer.close()

    def deliver(self, message: ShortMessage, sequence: int) -> None:
        """Send a deliver_sm."""
        assert self.writer is not None
        body = message.encode()
        self.writer.write(struct.pack(">IIII", 16 + len(body), 5, 0, sequence) + body)


@pytest.mark.parametrize(
    ("bind", "submit", "kind", "scope"),
    [
        (0x0E, 0, Rejected, "account"),
        (0x05, 0, RetryLater, None),
        (0, 0x0B, Rejected, "recipient"),
        (0, 0x0A, Rejected, "message"),
        (0, 0x58, RetryLater, None),
        (0, 0x14, RetryLater, None),
        (0, None, OutcomeUnknown, None),
    ],
)
@pytest.mark.anyio
async def test_every_status_has_its_kind(
    bind: int, submit: int | None, kind: type[NextVisitError], scope: str | None
) -> None:
    async with Centre(bind, submit).running() as centre:
        sms = channel(centre.port)
        with pytest.raises(kind) as caught:
            await sms.send(
                OutgoingMessage(id=MessageId("m"), to="+48500100200", content=ShortText("raz"), language="pl")
            )
        await sms.close()
    assert type(caught.value) is kind
    assert getattr(caught.value, "scope", None) == scope


@pytest.mark.anyio
async def test_the_id_of_a_response_is_normalised() -> None:
    async with Centre().running() as centre:
        sms = channel(centre.port)
        accepted = await sms.send(
            OutgoingMessage(id=MessageId("m"), to="+48500100200", content=ShortText("raz"), language="pl")
        )
        await sms.close()
    assert accepted.provider_ref == "ab"


def part(number: int, total: int, words: str) -> ShortMessage:
    """A part of a long text from a phone."""
    octets = bytes((5, 0, 3, 7, total, number)) + words.encode("utf-16-be")
    return ShortMessage(Address(1, 1, "48500100200"), Address(3, 0, "1234"), octets, 0x40, 8)


class GatedInbox:
    """Becomes durable when the test says so."""

    def __init__(self) -> None:
        self.raw: list[RawInbound] = []
        self.open = asyncio.Event()

    async def put(self, raw: RawInbound) -> None:
        self.raw.append(raw)
        await self.open.wait()


async def until(done: Any) -> None:
    """Wait for a condition, ten seconds at most."""
    async with asyncio.timeout(240):
        while not done():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.anyio
async def test_parts_are_put_once_and_acknowledged_only_then(missing: bool) -> None:
    async with Centre().running() as centre:
        sms = channel(centre.port, parts_wait=timedelta(milliseconds=50) if missing else timedelta(seconds=9))
        inbox = GatedInbox()
        task = asyncio.create_task(sms.serve(inbox))
        await until(lambda: centre.writer is not None)
        centre.deliver(part(2, 2, "ciebie"), 102)
        if not missing:
            centre.deliver(part(1, 2, "Do "), 101)
        await until(lambda: inbox.raw)
        assert centre.responses == []
        inbox.open.set()
        await until(lambda: len(centre.responses) == (1 if missing else 2))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert {(command, status) for command, status, _ in centre.responses} == {(0x80000005, 0)}
    assert len(inbox.raw) == 1
    (event,) = sms.parse_inbound(inbox.raw[0].body)
    assert isinstance(event, InboundMessage)
    assert event.text == ("ciebie" if missing else "Do ciebie")


def test_a_repetition_has_the_key_of_the_first_and_a_second_yes_has_another() -> None:
    keys = Keys()
    keys.bound(0.0)
    first = keys.key("yes", 100.0, NOON)
    assert keys.key("yes", 101.0, NOON + timedelta(hours=1)) == first, "not acknowledged yet"
    keys.acknowledged("yes")
    assert keys.key("yes", 102.0, NOON) != first, "the patient wrote it again"
    other = Keys()
    other.bound(0.0)
    assert other.key("yes", 5.0, NOON) == first, "after a crash another process meets the repetition"


def test_an_acknowledgement_that_was_lost_with_its_connection_is_a_repetition() -> None:
    keys = Keys()
    keys.bound(0.0)
    first = keys.key("yes", 100.0, NOON)
    keys.acknowledged("yes")
    keys.bound(110.0)
    assert keys.key("yes", 111.0, NOON) == first


@pytest.mark.parametrize(
    ("raw", "tlvs", "setting", "ref", "status"),
    [
        (
            "id:00AB sub:001 dlvrd:001 submit date:2605041200 done date:2605041201 stat:DELIVRD err:000 text:",
            {},
            "same",
            "ab",
            DeliveryStatus.DELIVERED,
        ),
        ("id:0000000171 stat:UNDELIV err:011", {}, "decimal", "ab", DeliveryStatus.FAILED),
        ("custom", {0x1E: b"00ab\0", 0x427: b"\x02"}, "same", "ab", DeliveryStatus.DELIVERED),
        ("id:99 stat:UNDELIV", {0x1E: b"ab\0", 0x427: b"\x02"}, "same", "ab", DeliveryStatus.DELIVERED),
        ("id:AB stat:ENROUTE", {}, "same", "ab", DeliveryStatus.SENT),
    ],
)
def test_a_receipt_is_understood(
    raw: str, tlvs: dict[int, bytes], setting: Any, ref: str, status: DeliveryStatus
) -> None:
    report = read_receipt(raw, tlvs, setting)
    assert report is not None
    assert (report.provider_ref, report.status) == (ref, status)


def test_ids_have_one_spelling() -> None:
    assert normal_id("00aB") == normal_id("AB") == "ab"
    assert normal_id("000") == "0"


def test_no_character_is_cut_in_two() -> None:
    for sample in ("€" * 200, "😀" * 90, "a€" * 120):
        encoded = text.encode(sample, "gsm")
        parts = text.split(encoded, 7, "udh8")
        assert "".join(text.decode(one.octets[6:], encoded.data_coding, "gsm") for one in parts) == sample
        assert all(len(one.octets) <= (160 if encoded.is_septets else 140) for one in parts)


def test_gsm_round_trip() -> None:
    sample = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()ÄÖÑÜ§¿äöñüà^{}\\[~]|€\n"
    octets = gsm.encode(sample)
    assert octets is not None
    assert gsm.decode(b"".join(octets)) == sample
    assert gsm.encode("ż") is None


def test_smpplib_reads_what_we_write() -> None:
    smpp = pytest.importorskip("smpplib.smpp", reason="smpplib is not installed")
    ours = ShortMessage(Address(5, 0, "Klinika"), Address(1, 1, "48500100200"), b"abc", 0x40, 8, 1)
    body = ours.encode()
    theirs = smpp.parse_pdu(
        struct.pack(">IIII", 16 + len(body), 4, 0, 9) + body,
        allow_unknown_opt_params=True,
        client=None,
        sequence=9,
    )
    assert (theirs.source_addr, theirs.destination_addr, theirs.short_message) == (
        b"Klinika",
        b"48500100200",
        b"abc",
    )
    assert (theirs.esm_class, theirs.data_coding, theirs.registered_delivery) == (0x40, 8, 1)


def test_cut_bytes_are_malformed() -> None:
    whole = part(1, 2, "tak").encode()
    for length in range(len(whole)):
        with pytest.raises(Malformed):
            ShortMessage.decode(whole[:length])
    assert ShortMessage.decode(whole) == part(1, 2, "tak")
