"""What every channel must keep to."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import assert_never

import pytest

from nextvisit.sdk.addresses import EMAIL, PHONE
from nextvisit.sdk.channels import (
    NAME,
    Accepted,
    ChannelCapabilities,
    ChannelEvent,
    Content,
    DeliveryReport,
    DeliveryStatus,
    InboundMessage,
    Mail,
    MessageForm,
    MessageId,
    OutgoingMessage,
    ShortText,
)
from nextvisit.sdk.doors import Keep, RawRequest
from nextvisit.sdk.errors import ConfigError, NextVisitError, Rejected, RetryLater
from nextvisit.sdk.ports import AnswersWebhooks, Channel, Listens
from nextvisit.sdk.testing.suites.leaks import Leaks

TEXT = "Kanarienvogel 4711: Ihr Termin"
SUBJECT = "Kanarienvogel 4712"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPeer:
    """A real server that runs, and ways to reach it.

    capabilities: those of the plugin. channel: a new channel to the server.
    to: an address that it takes, in its one spelling.
    received: the bodies alone of what has arrived so far, when that can be seen.
    reported: of each status that it promises and that only the provider knows, what comes in: the bytes of a
        session, as they are kept, or a call.
    answer: what comes in when a patient has written from the address `to`.
    forged: a call that is not the provider's, of a channel that answers webhooks.
    refused_to: an address that it refuses for good.
    unreachable: a new channel to where nothing listens. wrong_login: one with a wrong password.
    secrets: passwords and the like that must never be seen.
    peer_loggers: the server's own loggers, when it runs in this process.
    """

    capabilities: ChannelCapabilities
    channel: Callable[[], Channel]
    to: str
    received: Callable[[], Sequence[str]] | None = None
    reported: Mapping[DeliveryStatus, bytes | RawRequest] = field(default_factory=dict)
    answer: bytes | RawRequest | None = None
    forged: RawRequest | None = None
    refused_to: str | None = None
    unreachable: Callable[[], Channel] | None = None
    wrong_login: Callable[[], Channel] | None = None
    secrets: tuple[str, ...] = ()
    peer_loggers: tuple[str, ...] = ()


def _message(to: str, form: MessageForm) -> OutgoingMessage:
    content: Content
    match form:
        case MessageForm.MAIL:
            content = Mail(SUBJECT, TEXT, f"<!DOCTYPE html>\n<p>{TEXT}</p>")
        case MessageForm.SHORT_TEXT:
            content = ShortText(TEXT)
        case _:
            assert_never(form)
    return OutgoingMessage(id=MessageId("m-1"), to=to, content=content, language="de")


_WAYS_IN = {"Listens": ("serve", "parse_inbound"), "AnswersWebhooks": ("receive", "parse_webhook")}


def _heard_of(can: ChannelCapabilities) -> frozenset[DeliveryStatus]:
    """What no answer to a send says. That a mail was opened, our own pixel tells."""
    told = {DeliveryStatus.DELIVERED, DeliveryStatus.READ}
    if MessageForm.MAIL not in can.forms:
        told.add(DeliveryStatus.OPENED)
    return can.reports & told


def _parsed(channel: Channel, raw: bytes | RawRequest) -> Sequence[ChannelEvent]:
    """What the core would make of it."""
    if isinstance(raw, bytes):
        assert isinstance(channel, Listens), "bytes come over a session"
        return channel.parse_inbound(raw)
    assert isinstance(channel, AnswersWebhooks), "a call needs receive and parse_webhook"
    return channel.parse_webhook(raw.as_kept())


@asynccontextmanager
async def _opened(peer: ChannelPeer) -> AsyncIterator[Channel]:
    channel = peer.channel()
    try:
        yield channel
    finally:
        await channel.close()


class ChannelSuite:
    """Subclass as `class Test…(ChannelSuite)` and implement `peer`.

    A peer that cannot do something leaves it None, and the test that needs it is skipped by name.
    """

    def peer(self) -> AbstractAsyncContextManager[ChannelPeer]:
        """A running server; every test gets its own."""
        raise NotImplementedError

    @pytest.fixture
    def anyio_backend(self) -> str:
        """Channels are asyncio."""
        return "asyncio"

    def message(self, peer: ChannelPeer, to: str | None = None) -> OutgoingMessage:
        """What the tests send, in the channel's best form. It holds the texts that must not leak."""
        return _message(peer.to if to is None else to, peer.capabilities.forms[0])

    @pytest.mark.anyio
    async def test_it_is_a_channel(self) -> None:
        async with self.peer() as peer:
            channel = peer.channel()
            assert isinstance(channel, Channel)
            await channel.close()

    @pytest.mark.anyio
    async def test_check_answers(self) -> None:
        async with self.peer() as peer:
            channel = peer.channel()
            try:
                assert await channel.check()
            finally:
                await channel.close()

    @pytest.mark.anyio
    async def test_its_kind_can_be_named_and_carries_something(self) -> None:
        async with self.peer() as peer:
            can = peer.capabilities
            assert re.fullmatch(NAME, can.kind)
            assert re.fullmatch(NAME, can.addresses.space)
            assert can.addresses.systems
            assert can.forms

    @pytest.mark.anyio
    async def test_an_address_has_one_spelling(self) -> None:
        async with self.peer() as peer:
            for found in (
                peer.capabilities.addresses.normalise(peer.to, "DE"),
                peer.capabilities.addresses.senders(peer.to, "DE")[0],
            ):
                assert found is not None
                assert found.value == peer.to
                assert found.reachable
                assert peer.to not in repr(found)

    @pytest.mark.anyio
    async def test_a_space_that_is_shared_is_spelt_alike(self) -> None:
        """A STOP that came by another channel of the space is looked up in that one's spelling."""
        async with self.peer() as peer:
            for ready in (PHONE, EMAIL):
                if ready.space == peer.capabilities.addresses.space:
                    found = ready.normalise(peer.to, "DE")
                    assert found is not None
                    assert found.value == peer.to

    @pytest.mark.anyio
    @pytest.mark.parametrize("nonsense", ["", " ", "?", "\x00", "not an address at all"])
    async def test_nonsense_is_no_address(self, nonsense: str) -> None:
        async with self.peer() as peer:
            assert peer.capabilities.addresses.normalise(nonsense, "DE") is None
            assert peer.capabilities.addresses.senders(nonsense, "DE") == ()

    @pytest.mark.anyio
    async def test_a_form_that_it_does_not_carry_is_rejected(self) -> None:
        async with self.peer() as peer:
            channel = peer.channel()
            try:
                for form in set(MessageForm) - set(peer.capabilities.forms):
                    with pytest.raises(Rejected) as caught:
                        await channel.send(_message(peer.to, form))
                    assert caught.value.scope == "message"
            finally:
                await channel.close()

    @pytest.mark.anyio
    async def test_an_accepted_message_has_arrived(self) -> None:
        async with self.peer() as peer:
            channel = peer.channel()
            try:
                accepted = await channel.send(self.message(peer))
            finally:
                await channel.close()
            assert isinstance(accepted, Accepted)
            assert accepted.parts >= 1
            if peer.received is not None:
                assert [text.strip() for text in peer.received()] == [TEXT]

    @pytest.mark.anyio
    async def test_check_sends_nothing(self) -> None:
        async with self.peer() as peer:
            if peer.received is None:
                pytest.skip("this peer does not show what arrives")
            channel = peer.channel()
            try:
                await channel.check()
            finally:
                await channel.close()
            assert list(peer.received()) == []

    @pytest.mark.anyio
    async def test_reports_that_need_an_id_get_one(self) -> None:
        async with self.peer() as peer:
            channel = peer.channel()
            try:
                accepted = await channel.send(self.message(peer))
                if peer.capabilities.reports & {DeliveryStatus.DELIVERED, DeliveryStatus.READ}:
                    assert accepted.provider_ref
            finally:
                await channel.close()

    @pytest.mark.anyio
    async def test_no_way_in_is_half_there(self) -> None:
        async with self.peer() as peer, _opened(peer) as channel:
            for port, names in _WAYS_IN.items():
                have = [name for name in names if callable(getattr(channel, name, None))]
                assert have in ([], list(names)), f"{port} has {' and '.join(names)}"

    @pytest.mark.anyio
    async def test_each_report_that_it_promises_has_a_way_in(self) -> None:
        async with self.peer() as peer, _opened(peer) as channel:
            without = _heard_of(peer.capabilities) - set(peer.reported)
            assert not without, "ChannelPeer.reported has no example of these"
            for status, raw in peer.reported.items():
                (report,) = _parsed(channel, raw)
                assert isinstance(report, DeliveryReport)
                assert report.status is status
                assert report.provider_ref or report.message, "a report names its message"

    @pytest.mark.anyio
    async def test_what_a_patient_writes_has_a_way_in(self) -> None:
        async with self.peer() as peer, _opened(peer) as channel:
            if not peer.capabilities.receives:
                pytest.skip("nobody can answer on it")
            assert peer.answer is not None, "it receives: ChannelPeer.answer needs an example"
            (written,) = _parsed(channel, peer.answer)
            assert isinstance(written, InboundMessage)
            assert written.text.strip()
            found = peer.capabilities.addresses.senders(written.sender, "DE")
            assert peer.to in [each.value for each in found]

    @pytest.mark.anyio
    async def test_a_call_is_verified_before_it_is_kept(self) -> None:
        async with self.peer() as peer, _opened(peer) as channel:
            if not isinstance(channel, AnswersWebhooks):
                pytest.skip("nobody calls it")
            assert peer.forged is not None, "it answers webhooks: ChannelPeer.forged needs an example"
            with pytest.raises(Rejected):
                channel.receive(peer.forged)
            calls = [raw for raw in (*peer.reported.values(), peer.answer) if isinstance(raw, RawRequest)]
            named = []
            for call in calls:
                first, again = channel.receive(call), channel.receive(call)
                assert isinstance(first, Keep)
                assert again == first, "a repeated call is the same thing"
                named.append(first.dedupe)
            assert len(set(named)) == len(named), "different calls are different things"

    @pytest.mark.anyio
    async def test_a_refused_recipient_is_rejected(self) -> None:
        async with self.peer() as peer:
            if peer.refused_to is None:
                pytest.skip("this peer refuses no address")
            channel = peer.channel()
            try:
                error = await self._failure(channel, peer.refused_to, peer)
            finally:
                await channel.close()
            assert isinstance(error, Rejected)
            assert error.scope == "recipient"

    @pytest.mark.anyio
    async def test_a_refusal_does_not_spoil_the_next_message(self) -> None:
        async with self.peer() as peer:
            if peer.refused_to is None:
                pytest.skip("this peer refuses no address")
            channel = peer.channel()
            try:
                await self._failure(channel, peer.refused_to, peer)
                await channel.send(self.message(peer))
            finally:
                await channel.close()

    @pytest.mark.anyio
    async def test_an_absent_server_is_retried_later(self) -> None:
        async with self.peer() as peer:
            if peer.unreachable is None:
                pytest.skip("this peer cannot be absent")
            channel = peer.unreachable()
            try:
                error = await self._failure(channel, peer.to, peer)
            finally:
                await channel.close()
            assert isinstance(error, RetryLater)

    @pytest.mark.anyio
    async def test_a_wrong_login_is_not_the_recipients_fault(self) -> None:
        async with self.peer() as peer:
            if peer.wrong_login is None:
                pytest.skip("this peer knows no login")
            channel = peer.wrong_login()
            try:
                error = await self._failure(channel, peer.to, peer)
            finally:
                await channel.close()
            assert isinstance(error, ConfigError | Rejected)
            assert not isinstance(error, Rejected) or error.scope == "account"

    @pytest.mark.anyio
    async def test_nothing_of_the_patient_is_logged(self) -> None:
        async with self.peer() as peer:
            leaks = Leaks(peer.peer_loggers)
            with leaks.watch():
                channel = peer.channel()
                try:
                    await channel.send(self.message(peer))
                finally:
                    await channel.close()
            assert leaks.of((*self._canaries(peer), peer.to)) == []

    def test_a_message_shows_no_patient_data(self) -> None:
        for form in MessageForm:
            message = _message("+48500100200", form)
            shown = repr(message) + repr(message.content)
            assert "+48500100200" not in shown
            assert TEXT not in shown
            assert SUBJECT not in shown

    async def _failure(self, channel: Channel, to: str, peer: ChannelPeer) -> NextVisitError:
        """The typed error of a send that must fail; it and the logs must hold nothing secret."""
        leaks = Leaks(peer.peer_loggers)
        with leaks.watch(), pytest.raises(NextVisitError) as caught:
            await channel.send(self.message(peer, to))
        leaks.caught(caught.value)
        assert leaks.of((*self._canaries(peer), to)) == []
        return caught.value

    @staticmethod
    def _canaries(peer: ChannelPeer) -> tuple[str, ...]:
        return (TEXT, SUBJECT, *peer.secrets)
