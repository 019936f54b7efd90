"""PDUs and parts, without a centre or with one that misbehaves."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nextvisit.sdk.channels import DeliveryReport, DeliveryStatus, InboundMessage
from nextvisit.sdk.errors import (
    ConfigError,
    NextVisitError,
    OutcomeUnknown,
    ProtocolError,
    Rejected,
    RetryLater,
)
from nextvisit_channel_sms_smpp.inbound import body_of
from nextvisit_channel_sms_smpp.pdu import Address, Malformed, ShortMessage, Tlv
from nextvisit_channel_sms_smpp.receiver import Keys
from nextvisit_channel_sms_smpp.session import MOST_OCTETS_UNDER_WAY, MOST_UNDER_WAY
from tests.world.message_centre import Centre, Inbox, channel, sms, until

ENQUIRE_LINK = 0x15
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings' reference leads."""
    monkeypatch.setenv("SMPP_PASSWORD", "secret")


@pytest.mark.parametrize(
    ("bind", "submit", "kind", "scope"),
    [
        (0x0E, 0, Rejected, "account"),
        (0x04, 0, ConfigError, None),
        (0x05, 0, RetryLater, "account"),
        (0, 0x0B, Rejected, "recipient"),
        (0, 0x0A, Rejected, "account"),
        (0, 0x48, Rejected, "account"),
        (0, 0x49, Rejected, "account"),
        (0, 0x15, Rejected, "message"),
        (0, 0x33, Rejected, "message"),
        (0, 0x43, Rejected, "message"),
        (0, 0x62, Rejected, "message"),
        (0, 0x66, Rejected, "message"),
        (0, 0x67, Rejected, "message"),
        (0, 0xC0, Rejected, "message"),
        (0, 0xFF, Rejected, "message"),
        (0, 0x40D, Rejected, "message"),
        (0, 0x04, Rejected, "account"),
        (0, 0x08, RetryLater, "account"),
        (0, 0x58, RetryLater, "account"),
        (0, 0x14, RetryLater, "account"),
        (0, None, OutcomeUnknown, None),
    ],
)
@pytest.mark.anyio
async def test_every_status_has_its_kind(
    bind: int, submit: int | None, kind: type[NextVisitError], scope: str | None
) -> None:
    async with Centre(bind, submit).running() as centre:
        client = channel(centre.port, patience=0.2)
        with pytest.raises(kind) as caught:
            await client.send(sms())
        await client.close()
    assert type(caught.value) is kind
    assert getattr(caught.value, "scope", None) == scope


@pytest.mark.anyio
async def test_the_id_of_a_response_is_normalised() -> None:
    async with Centre().running() as centre:
        client = channel(centre.port)
        accepted = await client.send(sms())
        await client.close()
    assert accepted.provider_ref == "ab"


@pytest.mark.anyio
async def test_a_centre_that_cannot_say_what_it_refuses_refuses_the_bind() -> None:
    """jookies/jasmin#1059: a generic_nack without a sequence number; nobody need wait for more."""
    async with Centre(bind=0x04, nack=True, nameless=True).running() as centre:
        client = channel(centre.port, timeout=120)
        with pytest.raises(ConfigError) as caught:
            await client.send(sms())
    assert caught.value.code == "smpp.bind_0x04"


@pytest.mark.anyio
async def test_what_one_phone_wrote_is_kept_in_its_order() -> None:
    """A "no" that takes back a "yes" must not stand before it, however the store is busy."""
    first, other = Address(1, 1, "48500100200"), Address(1, 1, "48500100201")
    async with Centre().running() as centre:
        client, inbox = channel(centre.port), Inbox(gated=True)
        task = asyncio.create_task(client.serve(inbox))
        await until(lambda: centre.writer is not None)
        for number, (sender, words) in enumerate([(first, b"tak"), (first, b"nie"), (other, b"1")]):
            centre.deliver(ShortMessage(sender, Address(3, 0, "1234"), words), number)
        await until(lambda: len(inbox.raw) == 2)
        inbox.open.set()
        await until(lambda: len(centre.responses) == 3)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    events = [event for raw in inbox.raw for event in client.parse_inbound(raw.body)]
    assert [event.text for event in events if isinstance(event, InboundMessage)] == ["tak", "1", "nie"]


@pytest.mark.parametrize(
    ("payload", "room"), [(b"", MOST_UNDER_WAY), (b"a" * 60_000, MOST_OCTETS_UNDER_WAY // 60_100)]
)
@pytest.mark.anyio
async def test_what_more_comes_than_can_wait_for_the_store_is_left_with_the_centre(
    payload: bytes, room: int
) -> None:
    """It is asked to keep that, for it would fill the memory. It is answered that we live, meanwhile."""
    tlvs = {int(Tlv.MESSAGE_PAYLOAD): payload} if payload else {}
    texts = [
        ShortMessage(Address(1, 1, f"485001{number:05}"), Address(3, 0, "1234"), b"", tlvs=tlvs)
        for number in range(room + 5)
    ]
    async with Centre().running() as centre:
        client, inbox = channel(centre.port), Inbox(gated=True)
        task = asyncio.create_task(client.serve(inbox))
        await until(lambda: centre.writer is not None)
        for number, each in enumerate(texts):
            centre.deliver(each, number)
        centre.say(ENQUIRE_LINK, b"", 99_999)
        await until(lambda: (0x80000015, 0, 99_999) in centre.responses)
        kept = [sequence for _, status, sequence in centre.responses if status == 0x64]
        assert kept == list(range(room, room + 5)), "the last that came"
        await until(lambda: len(inbox.raw) == room)
        inbox.open.set()
        await until(lambda: len(centre.responses) == room + 6)
        for number in kept:
            centre.deliver(texts[number], 10_000 + number)
        await until(lambda: len(centre.responses) == room + 11)
        assert {status for _, status, sequence in centre.responses if sequence not in kept} == {0}
        assert len(inbox.raw) == room + 5
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.anyio
async def test_a_centre_that_reads_none_of_our_answers_is_left_and_bound_to_anew() -> None:
    """What it asks is read no further then, and nobody waits until it has read our farewell."""
    binds = 0

    async def asks_without_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal binds
        length, command, _, sequence = struct.unpack(">IIII", await reader.readexactly(16))
        await reader.readexactly(length - 16)
        writer.write(struct.pack(">IIII", 16, command | 0x80000000, 0, sequence))
        binds += 1
        with suppress(ConnectionError):
            while True:
                writer.write(struct.pack(">IIII", 16, ENQUIRE_LINK, 0, 1) * 1000)
                await writer.drain()

    server = await asyncio.start_server(asks_without_end, "127.0.0.1", 0)
    soon = timedelta(milliseconds=200)
    client = channel(server.sockets[0].getsockname()[1], timeout=soon, enquire_link=soon)
    task = asyncio.create_task(client.serve(Inbox()))
    await until(lambda: binds == 2)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    server.close()


def part(number: int, total: int, words: str) -> ShortMessage:
    """A part of a long text from a phone."""
    octets = bytes((5, 0, 3, 7, total, number)) + words.encode("utf-16-be")
    return ShortMessage(Address(1, 1, "48500100200"), Address(3, 0, "1234"), octets, 0x40, 8)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.anyio
async def test_parts_are_put_once_and_acknowledged_only_then(missing: bool) -> None:
    async with Centre().running() as centre:
        client = channel(
            centre.port, parts_wait=timedelta(milliseconds=50) if missing else timedelta(seconds=9)
        )
        inbox = Inbox(gated=True)
        task = asyncio.create_task(client.serve(inbox))
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
    (event,) = client.parse_inbound(inbox.raw[0].body)
    assert isinstance(event, InboundMessage)
    assert event.text == ("\N{REPLACEMENT CHARACTER}ciebie" if missing else "Do ciebie")


def test_a_repetition_has_the_key_of_the_first_and_a_second_yes_has_another() -> None:
    keys = Keys()
    keys.bound()
    first = keys.key("yes", 100.0, NOON)
    assert keys.key("yes", 101.0, NOON + timedelta(hours=1)) == first, "not acknowledged yet"
    keys.acknowledged("yes", 101.0)
    assert keys.key("yes", 102.0, NOON) != first, "the patient wrote it again"
    other = Keys()
    other.bound()
    assert other.key("yes", 5.0, NOON) == first, "after a crash another process meets the repetition"


def test_an_acknowledgement_that_was_lost_with_its_connection_is_a_repetition() -> None:
    keys = Keys()
    keys.bound()
    first = keys.key("yes", 100.0, NOON)
    keys.acknowledged("yes", 101.0)
    keys.bound()
    assert keys.key("yes", 220.0, NOON) == first


@pytest.mark.parametrize("days", [0, 7])
def test_an_answer_of_last_week_does_not_swallow_one_that_follows_a_new_bind(days: int) -> None:
    keys = Keys()
    keys.bound()
    first = keys.key("1", 0.0, NOON)
    keys.acknowledged("1", 1.0)
    keys.bound()
    later = 121.0 + timedelta(days=days).total_seconds()
    assert keys.key("1", later, NOON + timedelta(seconds=later)) != first


def test_a_repetition_is_repeated_no_longer_than_a_new_text() -> None:
    keys = Keys()
    keys.bound()
    first = keys.key("1", 0.0, NOON)
    keys.acknowledged("1", 1.0)
    keys.bound()
    assert keys.key("1", 60.0, NOON) == first
    keys.acknowledged("1", 61.0)
    assert keys.key("1", 62.0, NOON) != first, "on the bind on which it was acknowledged"


def test_a_repetition_that_could_not_be_kept_either_comes_again() -> None:
    keys = Keys()
    keys.bound()
    first = keys.key("1", 0.0, NOON)
    keys.acknowledged("1", 1.0)
    keys.bound()
    assert keys.key("1", 60.0, NOON) == first
    assert keys.key("1", 300.0, NOON + timedelta(minutes=5)) == first


def test_what_could_not_be_kept_is_a_repetition_until_the_centre_gives_it_up() -> None:
    keys = Keys()
    keys.bound()
    first = keys.key("1", 0.0, NOON)
    keys.bound()
    day = timedelta(days=1).total_seconds()
    assert keys.key("1", 3 * day - 1, NOON) == first
    assert keys.key("1", 3 * day, NOON + timedelta(days=3)) != first


def test_a_new_process_takes_an_equal_text_for_a_second_one() -> None:
    """Written at 12:01 and, after a restart, at 12:08."""
    keys = [Keys(), Keys()]
    for each in keys:
        each.bound()
    before = keys[0].key("1", 0.0, NOON + timedelta(minutes=1))
    assert keys[1].key("1", 0.0, NOON + timedelta(minutes=8)) != before


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


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_letter_that_a_phone_cut_in_two_is_whole_again(cut: int) -> None:
    """rilmodem/ofono#77: half an emoji at the end of one part, half at the beginning of the next."""
    octets = "😀".encode("utf-16-be")
    first = part(1, 2, "Do ")
    parts = [
        replace(first, octets=first.octets + octets[:cut]),
        replace(first, octets=bytes((5, 0, 3, 7, 2, 2)) + octets[cut:] + " tak".encode("utf-16-be")),
    ]
    (event,) = channel(1).parse_inbound(body_of(parts))
    assert isinstance(event, InboundMessage)
    assert event.text == "Do 😀 tak"


@pytest.mark.anyio
async def test_whatever_a_centre_delivers_is_stored_and_what_nobody_can_read_has_its_reason() -> None:
    data = b"\0" + bytes((1, 1)) + b"48500100200\0" + bytes((3, 0)) + b"1234\0"
    # A receipt in a data_sm, as jookies/jasmin#139 has it; a text whose last parameter is cut off; no PDU at all.
    receipt = data + bytes((0x04, 0, 0)) + b"\x00\x1e\x00\x03AB\0" + b"\x04\x27\x00\x01\x02"
    whole = ShortMessage(Address(1, 1, "48500100200"), Address(3, 0, "1234"), b"STOP").encode()
    async with Centre().running() as centre:
        client, inbox = channel(centre.port), Inbox()
        task = asyncio.create_task(client.serve(inbox))
        await until(lambda: centre.writer is not None)
        centre.say(0x102, data, 1)
        centre.say(0x103, receipt, 2)
        await until(lambda: len(centre.responses) == 1)
        centre.say(5, whole + b"\x04\x27\x00\x09\x02", 3)
        await until(lambda: len(centre.responses) == 2)
        centre.say(5, whole[:-2], 4)
        await until(lambda: len(centre.responses) == 3)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert centre.responses == [(0x80000103, 0, 2), (0x80000005, 0, 3), (0x80000005, 0, 4)]
    (report,) = client.parse_inbound(inbox.raw[0].body)
    assert isinstance(report, DeliveryReport)
    assert (report.provider_ref, report.status) == ("ab", DeliveryStatus.DELIVERED)
    (stop,) = client.parse_inbound(inbox.raw[1].body)
    assert isinstance(stop, InboundMessage)
    assert stop.text == "STOP"
    with pytest.raises(ProtocolError) as caught:
        client.parse_inbound(inbox.raw[2].body)
    assert (caught.value.code, caught.value.whose) == ("smpp.malformed", "theirs")
