"""What a channel says of a message whose answer never came: it is found, and no other, or surely not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from nextvisit.sdk.channels import Accepted, MessageId
from nextvisit.sdk.errors import ConfigError, OutcomeUnknown, Rejected, RetryLater
from nextvisit.sdk.ports import FindsMessages
from nextvisit.sdk.testing.suites.channel_peer import TEXT, ChannelKit, ChannelPeer, arrived
from nextvisit.sdk.testing.suites.kit import kind_of
from nextvisit.sdk.testing.suites.verdict import lacks, place_of, require

RIGHT = "ask the provider for the message with our id, in any process: Accepted as send gave it"


class FindingTests(ChannelKit):
    """The port `FindsMessages`."""

    @asynccontextmanager
    async def asked(self) -> AsyncIterator[ChannelPeer]:
        """The peer of a channel that can be asked."""
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if not isinstance(channel, FindsMessages):
                lacks(
                    "it cannot be asked what became of a message",
                    "implement FindsMessages if the provider finds a message by our id",
                )
            yield peer

    async def found(self, peer: ChannelPeer, message: MessageId) -> Accepted | None:
        """By a channel that has sent nothing: who asks is another process."""
        async with self.using(peer.channel) as channel:
            found = await self.calls.ask(channel, "find_message", message)
            require(
                found is None or isinstance(found, Accepted),
                f"find_message gives {type(found).__name__}",
                where=place_of(channel, "find_message"),
                right="Accepted, or None: the provider surely has not got it",
            )
            assert found is None or isinstance(found, Accepted)
            return found

    @pytest.mark.anyio
    async def test_a_message_that_was_sent_is_found(self) -> None:
        async with self.asked() as peer, self.using(peer.channel) as channel:
            message = self.message(peer)
            accepted = await self.sent(channel, message)
            found = await self.found(peer, message.id)
            where = place_of(channel, "find_message")
            require(
                found is not None,
                "find_message does not find what was sent, so the patient is texted twice",
                where=where,
                right=RIGHT,
            )
            require(
                found is not None
                and (found.provider_ref, found.parts) == (accepted.provider_ref, accepted.parts),
                "find_message finds another id or another number of parts than send gave",
                where=where,
                right=RIGHT,
            )

    @pytest.mark.anyio
    async def test_a_message_whose_answer_was_cut_is_found(self) -> None:
        async with self.asked() as peer, self.using(peer.channel) as channel:
            if peer.cut_next is None:
                lacks(
                    "the peer cuts nothing",
                    "give it `cut_next`; nextvisit.sdk.testing.fault_proxy has one for any protocol",
                )
            await self.does(peer, "cut_next")
            message = self.message(peer)
            await self.calls.outcome(channel, "send", message)
            found = await self.found(peer, message.id)
            require(
                found is not None or (peer.received is not None and not arrived(peer)),
                "find_message does not find what was taken before the cut, so the patient is texted twice",
                where=place_of(channel, "find_message"),
                right=RIGHT,
            )

    @pytest.mark.anyio
    async def test_another_message_is_not_found(self) -> None:
        async with self.asked() as peer, self.using(peer.channel) as channel:
            mine, other = self.message(peer), self.message(peer, text=f"{TEXT} 2", number=2)
            never = self.message(peer, number=3)
            accepted = {each.id: await self.sent(channel, each) for each in (mine, other)}
            where = place_of(channel, "find_message")
            for message, was in accepted.items():
                require(
                    (await self.found(peer, message) or was).provider_ref == was.provider_ref,
                    "find_message finds another message to the same address",
                    where=where,
                    right=RIGHT,
                )
            found, error = await self.calls.outcome(channel, "find_message", never.id)
            require(
                found is None,
                "find_message finds what was never sent, so a patient is never written to",
                where=where,
                right="None: by our id, never by address, text or time",
            )
            require(
                error is None or isinstance(error, OutcomeUnknown),
                f"of what was never sent, find_message raises {kind_of(error) if error else ''}",
                where=where,
                right="None, or OutcomeUnknown where the provider cannot be sure",
            )

    @pytest.mark.anyio
    async def test_silence_is_not_taken_for_a_message_that_is_not_there(self) -> None:
        async with self.asked() as peer:
            if peer.unreachable is None:
                lacks("the peer cannot be absent", "give it `unreachable`")
            async with self.using(peer.unreachable) as channel:
                error = await self.refused(
                    channel,
                    "find_message",
                    self.message(peer).id,
                    why="nobody answers",
                    loggers=peer.peer_loggers,
                )
                require(
                    isinstance(error, RetryLater),
                    f"find_message raises {kind_of(error)} when nobody answers",
                    where=place_of(channel, "find_message"),
                    right="RetryLater: nobody could be asked, so it is asked again",
                )

    @pytest.mark.anyio
    async def test_an_address_that_leads_elsewhere_does_not_say_that_a_message_is_not_there(self) -> None:
        async with self.asked() as peer:
            if peer.elsewhere is None:
                lacks(
                    "the peer has no address that leads elsewhere",
                    "give it `elsewhere`: a channel with a wrong path, or another's account",
                )
            async with self.using(peer.elsewhere) as channel:
                await self.refused(
                    channel,
                    "find_message",
                    self.message(peer).id,
                    why="its address leads elsewhere",
                    loggers=peer.peer_loggers,
                )

    @pytest.mark.anyio
    async def test_who_is_not_let_in_does_not_say_that_a_message_is_not_there(self) -> None:
        async with self.asked() as peer:
            if peer.wrong_login is None:
                lacks("the peer knows no login", "give it `wrong_login` if the provider has one")
            async with self.using(peer.wrong_login) as channel:
                error = await self.refused(
                    channel,
                    "find_message",
                    self.message(peer).id,
                    why="the secret is wrong",
                    loggers=peer.peer_loggers,
                )
                require(
                    isinstance(error, ConfigError)
                    or (isinstance(error, Rejected) and error.scope == "account"),
                    f"find_message raises {kind_of(error)} when the secret is wrong",
                    where=place_of(channel, "find_message"),
                    right="Rejected with the scope `account`, or ConfigError",
                )
