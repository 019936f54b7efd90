"""A conversation's ends: what a message answers, when free words may be sent, whether an address is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from nextvisit.sdk.channels import MessageForm, Reachability
from nextvisit.sdk.errors import OutcomeUnknown, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.ports import ChecksAddresses
from nextvisit.sdk.testing.suites.channel_peer import TEXT, ChannelKit, ChannelPeer, a_message, arrived
from nextvisit.sdk.testing.suites.kit import kind_of
from nextvisit.sdk.testing.suites.verdict import lacks, place_of, require

_ANSWERED = "<in-4718@peer.example>"


class TalkingTests(ChannelKit):
    """`OutgoingMessage.reply_to`, `ChannelCapabilities.session` and the port `ChecksAddresses`."""

    @pytest.mark.anyio
    async def test_what_a_message_answers_is_told_to_the_provider(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if peer.quoted is None:
                lacks(
                    "the peer does not show what a message answers", "give it `quoted` if the provider quotes"
                )
            await self.sent(channel, self.message(peer))
            answer = self.message(peer, text=f"{TEXT} 2", number=2)
            await self.sent(channel, replace(answer, reply_to=_ANSWERED))
            quoted = list(await self.does(peer, "quoted"))
            require(
                quoted == [None, _ANSWERED],
                "what a message answers is not told to the provider, or of one that answers nothing",
                where=place_of(channel, "send"),
                right="`reply_to` of the message, where there is one: the provider_ref of what came in",
            )

    @pytest.mark.anyio
    async def test_free_words_out_of_a_session_are_said_to_be_so(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if peer.capabilities.session is None:
                lacks("it promises no sessions", "nothing is missing, unless the provider has them")
            if peer.close_session is None:
                lacks("the peer closes no session", "give it `close_session`")
            require(
                MessageForm.TEMPLATE in peer.capabilities.forms,
                "it has sessions, and no form in which a patient could be written to first",
                where="capabilities.forms",
                right="MessageForm.TEMPLATE among them",
            )
            await self.does(peer, "close_session")
            free = next(each for each in peer.capabilities.forms if each is not MessageForm.TEMPLATE)
            error = await self.refused(
                channel,
                "send",
                a_message(peer.to, free),
                why="its session is over",
                loggers=peer.peer_loggers,
            )
            where = place_of(channel, "send")
            require(
                isinstance(error, Rejected) and error.scope == "session",
                f"free words out of a session raise {kind_of(error)}",
                where=where,
                right="Rejected with the scope `session`: the same goes out as a template",
            )
            await self.sent(channel, a_message(peer.to, MessageForm.TEMPLATE, number=2))

    @pytest.mark.anyio
    async def test_whether_an_address_is_there_is_what_the_provider_says(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if not isinstance(channel, ChecksAddresses):
                lacks(
                    "it cannot be asked whether an address takes its messages",
                    "implement ChecksAddresses if the provider says so before a send",
                )
            if peer.not_there is None:
                lacks("the peer has no address that takes nothing", "give it `not_there`")
            asked = (peer.to, peer.not_there)
            said = await self.calls.ask(channel, "reachable", asked)
            where = place_of(channel, "reachable")
            require(
                isinstance(said, Mapping)
                and set(said) <= set(asked)
                and all(isinstance(each, Reachability) for each in said.values()),
                "reachable gives something else than what was asked",
                where=where,
                right="a Reachability of each address, in the spelling that it was asked in",
            )
            assert isinstance(said, Mapping)
            require(
                said.get(peer.to) is not Reachability.NO,
                "an address that takes messages is said to take none, and the patient loses this channel",
                where=where,
                right="`yes`, or `unknown` where the provider cannot say",
            )
            require(
                said.get(peer.not_there) is not Reachability.YES,
                "an address that takes nothing is said to take messages",
                where=where,
                right="`no`, or `unknown` where the provider cannot say",
            )
            require(
                not arrived(peer),
                "reachable sends a message",
                where=where,
                right="ask the provider; write to nobody",
            )

    @pytest.mark.anyio
    async def test_a_status_that_it_does_not_know_is_no_answer(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if not isinstance(channel, ChecksAddresses):
                lacks(
                    "it cannot be asked whether an address takes its messages",
                    "implement ChecksAddresses if the provider says so before a send",
                )
            if peer.unknown_status is None:
                lacks(
                    "the peer says no unknown status of an address",
                    "give it `unknown_status`; nextvisit.sdk.testing.fault_proxy answers in any server's place",
                )
            await self.does(peer, "unknown_status")
            said, error = await self.calls.outcome(channel, "reachable", (peer.to,))
            where, right = (
                place_of(channel, "reachable"),
                "`unknown`, or ProtocolError(whose='theirs'): `yes` and `no` for statuses that are known",
            )
            require(
                error is None or isinstance(error, ProtocolError | OutcomeUnknown | RetryLater),
                f"a status that nobody knows raises {kind_of(error) if error else ''}",
                where=where,
                right=right,
            )
            guessed = () if error is not None else {*dict(said).values()} - {Reachability.UNKNOWN}
            require(
                not guessed,
                f"a status that nobody knows is taken for `{', '.join(sorted(guessed))}`",
                where=where,
                right=right,
            )

    @pytest.mark.anyio
    async def test_silence_is_not_taken_for_an_address_that_is_not_there(self) -> None:
        async with self.opened() as peer:
            if peer.unreachable is None:
                lacks("the peer cannot be absent", "give it `unreachable`")
            async with self.using(peer.unreachable) as channel:
                if not isinstance(channel, ChecksAddresses):
                    lacks(
                        "it cannot be asked whether an address takes its messages",
                        "implement ChecksAddresses if the provider says so before a send",
                    )
                await self._require_no_guess(peer, channel)

    async def _require_no_guess(self, peer: ChannelPeer, channel: ChecksAddresses) -> None:
        said, error = await self.calls.outcome(channel, "reachable", (peer.to,))
        require(
            isinstance(error, RetryLater)
            or (error is None and set(dict(said).values()) <= {Reachability.UNKNOWN}),
            f"reachable {'gives an answer' if error is None else 'raises ' + kind_of(error)} when nobody answers",
            where=place_of(channel, "reachable"),
            right="RetryLater, or `unknown`: nothing is guessed",
        )
