"""A text that is throttled, cut off, answered late, or sent over the one session that there is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress

import pytest

from nextvisit.sdk.channels import DeliveryReport, DeliveryStatus, InboundMessage, MessageId
from nextvisit.sdk.errors import ConfigError, OutcomeUnknown, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.ports import ListensWhereItSends
from nextvisit_channel_sms_smpp.pdu import Address, ShortMessage
from nextvisit_channel_sms_smpp.progress import Unfinished
from nextvisit_channel_sms_smpp.standing import Standing
from tests.world.message_centre import (
    HANGS_UP,
    HOLDS,
    RECEIVER,
    TRANSCEIVER,
    TRANSMITTER,
    Centre,
    Inbox,
    channel,
    sms,
    until,
)

pytestmark = pytest.mark.anyio

THREE_PARTS = "a" * 400
THROTTLED, QUEUE_FULL, TRY_AGAIN, BAD_NUMBER, BAD_SENDER = 0x58, 0x14, 0x64, 0x0B, 0x0A


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings' reference leads."""
    monkeypatch.setenv("SMPP_PASSWORD", "secret")


@asynccontextmanager
async def running(work: Awaitable[None]) -> AsyncIterator[None]:
    """It runs meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("status", [THROTTLED, QUEUE_FULL])
async def test_a_centre_that_throttles_slows_us_down_and_gets_each_part_once(status: int) -> None:
    """praekeltfoundation/vumi#965: the whole text again, and never past the second part."""
    async with Centre(script=[0, status, status, 0, status, 0]).running() as centre:
        client = channel(centre.port)
        accepted = await client.send(sms(THREE_PARTS))
        await client.close()
    first, second, third = dict.fromkeys(centre.submitted)
    assert centre.submitted == [first, second, second, second, third, third]
    assert (accepted.parts, accepted.provider_ref) == (3, "b0")


@pytest.mark.parametrize(
    ("script", "patience"),
    [
        ([0, THROTTLED], 0.1),
        ([0, 0, QUEUE_FULL], 0.1),
        ([0, TRY_AGAIN], 3),
        ([0, 0, TRY_AGAIN, TRY_AGAIN], 3),
    ],
)
async def test_a_text_goes_on_where_its_attempt_ended(script: list[int], patience: float) -> None:
    async with Centre(script=list(script)).running() as centre:
        client = channel(centre.port, patience=patience)
        accepted = None
        attempts = 0
        while accepted is None:
            attempts += 1
            with suppress(RetryLater):
                accepted = await client.send(sms(THREE_PARTS))
        await client.close()
    assert attempts > 1
    assert len(centre.submitted) == 3 + sum(status != 0 for status in script)
    taken = Counter(
        octets for octets, status in zip(centre.submitted, [*script, 0, 0, 0], strict=False) if not status
    )
    assert sorted(taken.values()) == [1, 1, 1]
    assert accepted.provider_ref == f"{0xAA + len(centre.submitted):x}"


async def test_a_text_that_comes_back_has_waited_since_its_first_attempt() -> None:
    """Else newer texts pass it at each attempt, until its deadline."""
    unfinished = Unfinished()
    first = unfinished.take(MessageId("m"), b"", 1, now=1.0)
    unfinished.keep(first, now=2.0, waits=True)
    again = unfinished.take(MessageId("m"), b"", 1, now=3.0)
    assert again.since == 1.0
    unfinished.keep(again, now=3.0, waits=True)
    # An offer whose times have changed meanwhile is the same message.
    assert unfinished.take(MessageId("m"), b"other times", 1, now=4.0).since == 1.0
    assert unfinished.take(MessageId("other"), b"", 1, now=3.0).since == 3.0


async def test_another_text_of_the_same_message_begins_anew() -> None:
    async with Centre(script=[0, TRY_AGAIN]).running() as centre:
        client = channel(centre.port)
        with pytest.raises(RetryLater):
            await client.send(sms(THREE_PARTS))
        await client.send(sms("b" * 400))
        await client.close()
    assert len(centre.submitted) == 5


async def test_an_answer_that_comes_late_settles_what_was_unknown() -> None:
    """opentelecoms-org/jsmpp#63: the id came after the time-out, and the receipt knew no message."""
    async with Centre(script=[HOLDS]).running() as centre:
        client, inbox = channel(centre.port, timeout=0.2), Inbox()
        assert isinstance(client, ListensWhereItSends)
        async with running(client.serve_sending(inbox)):
            with pytest.raises(OutcomeUnknown):
                await client.send(sms(name="m-7"))
            centre.release()
            await until(lambda: inbox.raw)
        await client.close()
    (report,) = client.parse_inbound(inbox.raw[0].body)
    assert report == DeliveryReport(DeliveryStatus.ACCEPTED, provider_ref="ab", message=sms(name="m-7").id)


async def test_a_refusal_that_comes_late_settles_it_too() -> None:
    async with Centre(script=[HOLDS]).running() as centre:
        client, inbox = channel(centre.port, timeout=0.2), Inbox()
        async with running(client.serve_sending(inbox)):
            with pytest.raises(OutcomeUnknown):
                await client.send(sms(name="m-7"))
            centre.release(BAD_NUMBER)
            await until(lambda: inbox.raw)
        await client.close()
    (report,) = client.parse_inbound(inbox.raw[0].body)
    assert isinstance(report, DeliveryReport)
    assert (report.status, report.message, report.code) == (
        DeliveryStatus.FAILED,
        sms(name="m-7").id,
        "smpp.0x0b",
    )


@pytest.mark.parametrize("held", [0, 1, 2])
async def test_a_part_without_an_answer_is_not_sent_again_and_the_others_go_out(held: int) -> None:
    script = [0, 0, 0]
    script[held] = HOLDS
    async with Centre(script=script).running() as centre:
        client, inbox = channel(centre.port, timeout=0.2), Inbox()
        async with running(client.serve_sending(inbox)):
            for _ in range(2):
                with pytest.raises(OutcomeUnknown):
                    await client.send(sms(THREE_PARTS))
            assert len(centre.submitted) == len(set(centre.submitted)) == 3
            assert inbox.raw == []
            centre.release()
            await until(lambda: inbox.raw)
        await client.close()
    (report,) = client.parse_inbound(inbox.raw[0].body)
    assert isinstance(report, DeliveryReport)
    assert (report.status, report.provider_ref) == (DeliveryStatus.ACCEPTED, "ad")


async def test_a_part_that_is_answered_while_the_others_go_out_is_no_unknown() -> None:
    async with Centre(script=[HOLDS, THROTTLED]).running() as centre:
        client, inbox = channel(centre.port, timeout=0.2), Inbox()
        async with running(client.serve_sending(inbox)):
            sending = asyncio.create_task(client.send(sms(THREE_PARTS)))
            await until(lambda: len(centre.submitted) == 2)
            centre.release()
            accepted = await sending
            assert inbox.raw == []
        await client.close()
    assert accepted.parts == 3


async def test_a_late_answer_about_a_text_that_was_refused_tells_nothing() -> None:
    async with Centre(script=[HOLDS, BAD_NUMBER]).running() as centre:
        client, inbox = channel(centre.port, timeout=0.2), Inbox()
        async with running(client.serve_sending(inbox)):
            with pytest.raises(Rejected):
                await client.send(sms(THREE_PARTS))
            centre.release(BAD_NUMBER)
            # Answers come in order: when this one is there, the late one was, too.
            await client.check()
            assert inbox.raw == []
        await client.close()


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_session_that_breaks_within_a_text_leaves_it_unknown(after: int) -> None:
    async with Centre(script=[*[0] * after, HANGS_UP]).running() as centre:
        client = channel(centre.port)
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                await client.send(sms(THREE_PARTS))
        await client.close()
    assert len(centre.submitted) == len(set(centre.submitted))


async def test_texts_that_wait_behind_others_are_tried_later_and_not_unknown() -> None:
    async with Centre(submit=HOLDS).running() as centre:
        client = channel(centre.port, window=1, timeout=3, patience=0.2)
        first = asyncio.create_task(client.send(sms(name="m-1")))
        await until(lambda: centre.submitted)
        with pytest.raises(RetryLater) as caught:
            await client.send(sms(name="m-2"))
        centre.release()
        await first
        await client.close()
    assert caught.value.code == "smpp.window_full"


async def test_a_refusal_without_a_body_or_of_another_name_is_a_refusal() -> None:
    async with Centre(submit=BAD_NUMBER, nack=True).running() as centre:
        client = channel(centre.port)
        with pytest.raises(Rejected) as caught:
            await client.send(sms())
        await client.close()
    assert (caught.value.code, caught.value.scope) == ("smpp.0x0b", "recipient")


async def test_a_receiver_that_is_not_let_in_says_that_it_is_deaf_though_it_goes_on() -> None:
    """It tries again by itself, so that nothing ends, and the sending side answers as if all were well."""
    async with Centre(most=1).running() as centre:
        sender, inbox = channel(centre.port), Inbox()
        assert await sender.check()
        async with running(channel(centre.port).serve(inbox)):
            await until(lambda: inbox.heard)
        await sender.close()
    assert inbox.heard[0] == "smpp.bind_0x05"


async def test_a_receiver_hears_once_it_is_bound_and_says_when_its_session_is_lost() -> None:
    inbox = Inbox()
    async with Centre().running() as centre:
        serving = running(channel(centre.port).serve(inbox))
        await serving.__aenter__()
        await until(lambda: inbox.heard == ["listening"])
    await until(lambda: len(inbox.heard) > 1)
    await serving.__aexit__(None, None, None)
    assert inbox.heard[1] == "smpp.unbound"


async def test_a_login_that_may_be_bound_once_sends_and_receives_as_a_transceiver() -> None:
    """onlinecity/php-smpp#61, MikeSafonov/spring-boot-starter-smpp#19."""
    async with Centre(most=1).running() as centre:
        gateway, worker = channel(centre.port), channel(centre.port)
        async with running(gateway.serve(Inbox())):
            await until(lambda: centre.bound == [RECEIVER])
            with pytest.raises(RetryLater, match="transceiver"):
                await worker.send(sms())
        await until(lambda: centre.bound == [])
        gateway, worker = (channel(centre.port, bind="transceiver") for _ in range(2))
        inbox = Inbox()
        async with running(gateway.serve(Inbox())), running(worker.serve_sending(inbox)):
            await until(lambda: centre.bound == [TRANSCEIVER])
            await worker.send(sms())
            centre.deliver(ShortMessage(Address(1, 1, "48500100200"), Address(3, 0, "1234"), b"tak"), 7)
            await until(lambda: centre.responses)
            assert "bound already" in await gateway.check()
            assert centre.bound == [TRANSCEIVER]
        await worker.close()
        await gateway.close()
    assert centre.responses == [(0x80000005, 0, 7)]
    (event,) = worker.parse_inbound(inbox.raw[0].body)
    assert isinstance(event, InboundMessage)
    assert event.text == "tak"


async def test_a_transceiver_comes_back_after_its_session_was_cut() -> None:
    async with Centre(script=[HANGS_UP]).running() as centre:
        client, inbox = channel(centre.port, bind="transceiver"), Inbox()
        async with running(client.serve_sending(inbox)):
            with pytest.raises(OutcomeUnknown):
                await client.send(sms(name="m-1"))
            await client.send(sms(name="m-2"))
            await until(lambda: centre.bound == [TRANSCEIVER])
            while not inbox.raw:  # refused until the inbox is joined to the new session
                centre.deliver(ShortMessage(Address(1, 1, "48500100200"), Address(3, 0, "1234"), b"tak"), 7)
                await asyncio.sleep(0.05)
        await client.close()


async def test_what_is_delivered_where_nobody_receives_is_left_with_the_centre() -> None:
    async with Centre().running() as centre:
        client = channel(centre.port, bind="transceiver")
        await client.send(sms())
        centre.deliver(ShortMessage(Address(1, 1, "48500100200"), Address(3, 0, "1234"), b"STOP"), 7)
        await until(lambda: centre.responses)
        await client.close()
    assert centre.responses == [(0x80000005, TRY_AGAIN, 7)]


async def test_a_centre_for_transceivers_alone_says_what_to_set() -> None:
    async with Centre(kinds=[TRANSCEIVER]).running() as centre:
        client = channel(centre.port)
        with pytest.raises(ConfigError, match="bind") as caught:
            await client.send(sms())
        await client.close()
        assert str(centre.port) in caught.value.place
        client = channel(centre.port, bind="transceiver")
        await client.send(sms())
        await client.close()
    assert TRANSMITTER not in centre.bound


async def test_who_asks_in_the_pause_after_a_refusal_is_told_the_reason_and_not_to_wait() -> None:
    async with Centre(kinds=[TRANSCEIVER]).running() as centre:
        client = channel(centre.port)
        for ask in (client.send(sms()), client.send(sms(name="m-2")), client.check()):
            with pytest.raises(ConfigError, match="bind"):
                await ask
        await client.close()


async def test_a_session_that_answers_no_submit_gives_way_to_another() -> None:
    """jookies/jasmin#247: enquire_link was answered, and nothing that was submitted ever."""
    async with Centre(script=[HOLDS] * 3).running() as centre:
        client = channel(centre.port, timeout=0.2)
        binds = []
        for number in range(3):
            with pytest.raises(OutcomeUnknown):
                await client.send(sms(name=f"m-{number}"))
            assert await client.check() == f"SMPP 127.0.0.1:{centre.port}"
            binds.append(centre.binds)
        assert binds == [1, 1, 2]
        await client.send(sms(name="m-3"))
        await client.close()


async def test_a_session_that_answers_some_submits_is_kept() -> None:
    async with Centre(script=[HOLDS, HOLDS, 0, HOLDS, HOLDS, BAD_NUMBER, HOLDS]).running() as centre:
        client = channel(centre.port, timeout=0.2)
        for number in range(7):
            with suppress(OutcomeUnknown, Rejected):
                await client.send(sms(name=f"m-{number}"))
        assert centre.binds == 1
        await client.close()


async def test_a_session_whose_answers_are_late_is_kept() -> None:
    async with Centre(script=[HOLDS] * 4).running() as centre:
        client, inbox = channel(centre.port, timeout=0.2), Inbox()
        async with running(client.serve_sending(inbox)):
            for number in range(4):
                with pytest.raises(OutcomeUnknown):
                    await client.send(sms(name=f"m-{number}"))
                if number == 1:
                    centre.release()
                    await until(lambda: inbox.raw)
        assert centre.binds == 1
        await client.close()


def test_a_session_is_silent_after_several_submits_and_twice_the_time_of_an_answer() -> None:
    standing = Standing(15)
    for moment in range(9):
        standing.submitted(moment)
    # Many of one moment, which a slow centre may answer late.
    assert [standing.timed_out(15 + moment) for moment in range(9)] == [False] * 9
    assert standing.timed_out(29.9) is False
    assert standing.timed_out(30) is True
    standing.heard()
    assert standing.unanswered == 0
    standing.submitted(40)
    assert [standing.timed_out(at) for at in (55, 100, 100)] == [False, False, True]


async def test_a_sender_that_nobody_takes_is_our_fault_and_one_that_others_take_is_not() -> None:
    script = [BAD_SENDER, 0, *[BAD_SENDER] * 4, 0, BAD_SENDER, BAD_NUMBER, BAD_SENDER]
    async with Centre(script=script).running() as centre:
        client = channel(centre.port)
        scopes = []
        for number in range(len(script)):
            try:
                await client.send(sms(name=f"m-{number}"))
                scopes.append("taken")
            except Rejected as error:
                scopes.append(error.scope)
        await client.close()
    assert scopes == [
        "account",
        "taken",
        *("message", "message", "account", "account"),
        "taken",
        *("message", "recipient", "message"),
    ]


async def test_a_late_answer_that_refuses_the_sender_is_judged_as_any_other() -> None:
    async with Centre(script=[HOLDS, THROTTLED]).running() as centre:
        client = channel(centre.port, timeout=0.2)
        sending = asyncio.create_task(client.send(sms(THREE_PARTS)))
        await until(lambda: len(centre.submitted) == 2)
        centre.release(BAD_SENDER)
        with pytest.raises(Rejected) as caught:
            await sending
        await client.close()
    # The other parts were taken.
    assert (caught.value.code, caught.value.scope) == ("smpp.0x0a", "message")


async def test_a_refusal_that_says_that_all_is_well_is_no_acceptance() -> None:
    async with Centre(script=[HOLDS]).running() as centre:
        client = channel(centre.port)
        sending = asyncio.create_task(client.send(sms()))
        await until(lambda: centre.submitted)
        centre.nonsense()
        with pytest.raises(ProtocolError) as caught:
            await sending
        await client.close()
    assert caught.value.whose == "theirs"
