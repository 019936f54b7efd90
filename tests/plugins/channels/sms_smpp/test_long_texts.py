"""What patients write in several parts: whole where it can be, and never lost nor mixed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from nextvisit.sdk.channels import InboundMessage
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import RetryLater
from nextvisit_channel_sms_smpp import SmsSmppChannel
from nextvisit_channel_sms_smpp.inbound import PartOf, body_of
from nextvisit_channel_sms_smpp.parts import BELONG_FOR, Gatherings
from nextvisit_channel_sms_smpp.pdu import Address, ShortMessage
from tests.world.message_centre import Centre, Inbox, channel, until

pytestmark = pytest.mark.anyio
GONE = "\N{REPLACEMENT CHARACTER}"
LONG, SHORT = timedelta(minutes=5), timedelta(milliseconds=20)


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings' reference leads."""
    monkeypatch.setenv("SMPP_PASSWORD", "secret")


def part(number: int, total: int, words: str, reference: int = 7, **more: object) -> ShortMessage:
    """A part of a long text from a phone."""
    octets = bytes((5, 0, 3, reference, total, number)) + words.encode("utf-16-be")
    told = {"esm_class": 0x40, "data_coding": 8} | more
    return ShortMessage(Address(1, 1, "48500100200"), Address(3, 0, "1234"), octets, **told)  # type: ignore[arg-type]


class Read(Inbox):
    """An inbox as its reader finds it in the end: what was replaced while it waited is not read. The first
    `failures` puts fail."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__()
        self.failures = failures

    async def put(self, raw: RawInbound) -> None:
        if self.failures:
            self.failures -= 1
            raise RetryLater("inbox.down")
        self.raw = [
            each for each in self.raw if each.dedupe not in (raw.replaces, raw.dedupe) or not each.waits
        ]
        await super().put(raw)

    def texts(self, client: SmsSmppChannel) -> list[str]:
        found = [event for raw in self.raw for event in client.parse_inbound(raw.body)]
        return [event.text for event in found if isinstance(event, InboundMessage)]


@asynccontextmanager
async def receiving(wait: timedelta, inbox: Read) -> AsyncIterator[tuple[Centre, SmsSmppChannel]]:
    """A bound receiver that waits so long for a part."""
    async with Centre().running() as centre:
        client = channel(centre.port, parts_wait=wait)
        task = asyncio.create_task(client.serve(inbox))
        await until(lambda: centre.writer is not None)
        try:
            yield centre, client
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def answered(centre: Centre, count: int) -> None:
    """So many deliveries have their answer."""
    await until(lambda: len(centre.responses) == count)


async def said(
    parts: Sequence[ShortMessage], *, wait: timedelta = LONG, one_by_one: bool = False
) -> list[str]:
    """What is read in the end of parts that a centre delivers at once, or each after the last one's answer."""
    inbox = Read()
    async with receiving(wait, inbox) as (centre, client):
        for number, each in enumerate(parts, start=1):
            centre.deliver(each, number)
            if one_by_one:
                await answered(centre, number)
        await answered(centre, len(parts))
    assert {status for _, status, _ in centre.responses} == {0}
    return inbox.texts(client)


ONE = [part(1, 2, "STOP, nie "), part(2, 2, "chcę")]
OTHER = [part(1, 2, "Dziękuję "), part(2, 2, "za wizytę")]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("one_by_one", [False, True])
async def test_a_text_is_whole_in_whatever_order_its_parts_come(
    order: Sequence[int], one_by_one: bool
) -> None:
    parts = [part(number, 3, words) for number, words in enumerate("abc", start=1)]
    wait = SHORT if one_by_one else LONG
    assert await said([parts[at] for at in order], wait=wait, one_by_one=one_by_one) == ["abc"]


@pytest.mark.parametrize("one_by_one", [False, True])
async def test_a_part_that_is_repeated_is_no_second_text(one_by_one: bool) -> None:
    wait = SHORT if one_by_one else LONG
    assert await said([ONE[0], ONE[0], ONE[1], ONE[1]], wait=wait, one_by_one=one_by_one) == [
        "STOP, nie chcę"
    ]


async def test_two_texts_of_one_number_one_after_the_other_are_two() -> None:
    assert await said([*ONE, *OTHER]) == ["STOP, nie chcę", "Dziękuję za wizytę"]


@pytest.mark.parametrize("one_by_one", [False, True])
async def test_two_texts_of_one_number_at_once_are_read_part_by_part(one_by_one: bool) -> None:
    parts = [ONE[0], OTHER[0], OTHER[1], ONE[1]]
    texts = await said(parts, wait=SHORT if one_by_one else LONG, one_by_one=one_by_one)
    assert sorted(texts) == sorted(
        [f"STOP, nie {GONE}", f"Dziękuję {GONE}", f"{GONE}za wizytę", f"{GONE}chcę"]
    )


@pytest.mark.parametrize("there", [1, 2, 3])
async def test_a_text_of_which_a_part_never_comes_says_so_and_waits_for_it(there: int) -> None:
    inbox = Read()
    async with receiving(SHORT, inbox) as (centre, client):
        centre.deliver(part(there, 3, "STOP"), 1)
        await until(lambda: centre.responses)
    assert inbox.texts(client) == [{1: f"STOP{GONE}", 2: f"{GONE}STOP{GONE}", 3: f"{GONE}STOP"}[there]]
    assert inbox.raw[0].waits > BELONG_FOR


async def test_parts_that_could_not_be_kept_come_again_and_are_whole() -> None:
    inbox = Read(failures=1)
    async with receiving(LONG, inbox) as (centre, client):
        for number in (0, 1):
            centre.deliver(ONE[number], number)
        await answered(centre, 2)
        assert {status for _, status, _ in centre.responses} == {0x64}
        for number in (0, 1):
            centre.deliver(ONE[number], number + 2)
        await answered(centre, 4)
    assert inbox.texts(client) == ["STOP, nie chcę"]


async def test_the_rest_that_could_not_be_kept_at_first_still_finds_its_text() -> None:
    inbox = Read()
    async with receiving(SHORT, inbox) as (centre, client):
        centre.deliver(ONE[0], 1)
        await answered(centre, 1)
        inbox.failures = 1
        for number in (2, 3):
            centre.deliver(ONE[1], number)
            await answered(centre, number)
    assert [status for _, status, _ in centre.responses] == [0, 0x64, 0]
    assert inbox.texts(client) == ["STOP, nie chcę"]


async def test_a_part_that_comes_much_later_is_of_another_text() -> None:
    gatherings = Gatherings()
    first = gatherings.take(ONE[0], PartOf(7, 2, 1), 100.0)
    late = 100.0 + BELONG_FOR.total_seconds() + 1
    assert gatherings.take(ONE[1], PartOf(7, 2, 2), late) is not first


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        # The flag is missing, as in many a centre's long texts.
        ([part(1, 2, "Do ", esm_class=0), part(2, 2, "jutra", esm_class=0)], "Do jutra"),
        ([part(2, 2, "jutra", esm_class=0)], f"{GONE}jutra"),
        # A part that counts from nought, or is one too many.
        ([part(0, 2, "tak")], f"{GONE}tak{GONE}"),
        ([part(3, 2, "tak")], f"{GONE}tak"),
        ([part(1, 1, "tak")], "tak"),
        # The flag without a header.
        (
            [ShortMessage(Address(1, 1, "48500100200"), Address(3, 0, "1"), b"T" + b"ak " * 30, 0x40)],
            "T" + "ak " * 30,
        ),
        # Letters of a national table, which stand at other places.
        (
            [ShortMessage(Address(1, 1, "48500100200"), Address(3, 0, "1"), b"\x03\x25\x01\x06STOP", 0x40)],
            f"STOP{GONE}",
        ),
    ],
)
async def test_the_header_of_a_part_is_read_for_what_it_is(parts: list[ShortMessage], shown: str) -> None:
    (event,) = channel(1).parse_inbound(body_of(parts))
    assert isinstance(event, InboundMessage)
    assert event.text == shown
