"""What a channel sends, and what it says when that fails: the patient gets a message once or, in doubt, not again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from nextvisit.sdk.channels import Media, MessageForm, is_price, media_of
from nextvisit.sdk.doors import RawRequest
from nextvisit.sdk.errors import OutcomeUnknown, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.ports import AnswersWebhooks
from nextvisit.sdk.testing.suites.calls import outcome_now
from nextvisit.sdk.testing.suites.channel_peer import (
    SUBJECT,
    TEXT,
    WITH_MEDIA,
    ChannelKit,
    ChannelPeer,
    a_message,
    arrived,
    under_media,
)
from nextvisit.sdk.testing.suites.kit import WAIT, Asked, kind_of
from nextvisit.sdk.testing.suites.leaks import Leaks
from nextvisit.sdk.testing.suites.verdict import lacks, lacks_relay, place_of, require

LETTERS = "Zażółć gęślą jaźń — Приём в 10:30, їжак; Grüße! 👍🏽 €"


class SendingTests(ChannelKit):
    """The port `Channel`."""

    @pytest.mark.anyio
    async def test_check_answers(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            await self.answers_check(channel, peer.secrets)

    @pytest.mark.anyio
    async def test_check_sends_nothing(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if peer.received is None:
                lacks("the peer does not show what arrives", "give it `received`")
            await self.calls.ask(channel, "check")
            require(
                not arrived(peer),
                "check sends a message",
                where=place_of(channel, "check"),
                right="ask the provider whether it knows us; write to nobody",
            )

    @pytest.mark.anyio
    async def test_an_accepted_message_has_arrived(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            await self.sent(channel, self.message(peer))
            if peer.received is None:
                lacks("the peer does not show what arrives", "give it `received`")
            _require_arrived(channel, arrived(peer), [TEXT])

    @pytest.mark.anyio
    async def test_letters_arrive_as_they_were_written(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if peer.received is None:
                lacks("the peer does not show what arrives", "give it `received`")
            await self.sent(channel, self.message(peer, text=LETTERS))
            _require_arrived(channel, arrived(peer), [LETTERS])

    @pytest.mark.anyio
    async def test_the_media_that_it_promises_arrive(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if not peer.capabilities.media:
                lacks(
                    "it carries no media", "nothing is missing, unless the provider takes some by reference"
                )
            if peer.media is None:
                lacks("the peer does not show the media that arrive", "give it `media`")
            forms = [each for each in peer.capabilities.forms if each in WITH_MEDIA]
            require(
                forms,
                "it promises media, and none of its forms can have some",
                where="capabilities.media",
                right="an empty set, or ShortText or TemplateMessage among its forms",
            )
            kinds = [(form, media_type) for form in forms for media_type in sorted(peer.capabilities.media)]
            sent = [
                under_media(a_message(peer.to, form, f"{TEXT} {number}", number), media_type, number)
                for number, (form, media_type) in enumerate(kinds, 1)
            ]
            for each in sent:
                await self.sent(channel, each)
            _require_media(
                channel, list(await self.does(peer, "media")), [media_of(each.content) for each in sent]
            )
            if peer.received is not None:
                _require_arrived(
                    channel, arrived(peer), [f"{TEXT} {number}" for number, _ in enumerate(sent, 1)]
                )

    @pytest.mark.anyio
    async def test_messages_that_are_sent_at_once_arrive_once_each(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            texts = [f"{TEXT} {number}" for number in range(5)]
            messages = [self.message(peer, text=text, number=number) for number, text in enumerate(texts)]
            accepted = await asyncio.gather(*(self.sent(channel, each) for each in messages))
            refs = [one.provider_ref for one in accepted if one.provider_ref is not None]
            where = place_of(channel, "send")
            require(
                len(set(refs)) == len(refs),
                "different messages have one provider_ref, so reports find the wrong one",
                where=where,
                right="the id that the provider gave to this message",
            )
            leaks = Leaks()
            for ref in refs:
                leaks.said(ref)
            leaks.require_none(
                self.nextvisit_canaries, "a provider_ref, which is kept in the clear,", where=where
            )
            if peer.received is not None:
                _require_arrived(channel, sorted(arrived(peer)), sorted(texts))

    @pytest.mark.anyio
    async def test_what_messages_cost_can_be_added_up(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            accepted = await self.sent(channel, self.message(peer))
            require(
                accepted.price is None or is_price(accepted.price),
                "send gives a price that is none",
                where=place_of(channel, "send"),
                right='Price(Decimal("0.075"), "PLN"): exact, not below 0, with a code of ISO 4217',
            )

    @pytest.mark.anyio
    async def test_a_refused_recipient_is_rejected(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if peer.refused_to is None:
                lacks("the peer refuses no address", "give it `refused_to`")
            error = await self.not_sent(
                peer, channel, peer.refused_to, "the provider refuses the address for good"
            )
            require(
                isinstance(error, Rejected) and error.scope == "recipient",
                f"an address that is refused raises {kind_of(error)}",
                where=place_of(channel, "send"),
                right="Rejected with the scope `recipient`: the next rung of the ladder",
            )

    @pytest.mark.anyio
    async def test_a_refusal_does_not_spoil_the_next_message(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if peer.refused_to is None:
                lacks("the peer refuses no address", "give it `refused_to`")
            await self.calls.outcome(channel, "send", self.message(peer, peer.refused_to))
            await self.sent(channel, self.message(peer, number=2))

    @pytest.mark.anyio
    async def test_a_refusal_that_nobody_knows_is_not_the_recipient_s_fault(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if peer.unknown_refusal is None:
                lacks(
                    "the peer refuses under no unknown code",
                    "give it `unknown_refusal`; nextvisit.sdk.testing.fault_proxy answers in any server's place",
                )
            await self.does(peer, "unknown_refusal")
            error = await self.not_sent(
                peer, channel, peer.to, "the provider refuses it under a code that nobody knows"
            )
            require(
                not (isinstance(error, Rejected) and error.scope == "recipient"),
                f"a refusal under a code that nobody knows raises {kind_of(error)}: the address is given up for it",
                where=place_of(channel, "send"),
                right="ProtocolError(whose='theirs'), or Rejected with the scope `message`; `recipient` for codes that are known",
            )

    @pytest.mark.anyio
    async def test_an_absent_server_is_retried_later(self) -> None:
        async with self.opened() as peer:
            if peer.unreachable is None:
                lacks("the peer cannot be absent", "give it `unreachable`")
            async with self.using(peer.unreachable) as channel:
                await self.all_later(
                    channel,
                    self._asked(peer),
                    right="RetryLater: surely nothing was sent",
                    loggers=peer.peer_loggers,
                )

    @pytest.mark.anyio
    async def test_a_wrong_login_is_not_the_recipients_fault(self) -> None:
        async with self.opened() as peer:
            if peer.wrong_login is None:
                lacks("the peer knows no login", "give it `wrong_login` if the provider has one")
            async with self.using(peer.wrong_login) as channel:
                await self.all_stopped(
                    channel,
                    self._asked(peer),
                    right="Rejected with the scope `account`, or ConfigError",
                    loggers=peer.peer_loggers,
                )

    @pytest.mark.anyio
    async def test_a_send_whose_answer_was_cut_is_not_sent_again(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if peer.cut_next is None:
                lacks_relay("the peer cuts nothing", "cut_next")
            await self.does(peer, "cut_next")
            _, error = await self.calls.outcome(channel, "send", self.message(peer))
            where, right = (
                place_of(channel, "send"),
                "OutcomeUnknown: the provider may have it; nobody sends it again",
            )
            require(
                not isinstance(error, RetryLater),
                "an answer that was cut is RetryLater, so the patient is texted twice",
                where=where,
                right=right,
            )
            require(
                error is None or isinstance(error, OutcomeUnknown | ProtocolError),
                f"an answer that was cut is {kind_of(error) if error else ''}",
                where=where,
                right=right,
            )
            if peer.received is not None:
                require(
                    len(arrived(peer)) <= 1,
                    f"after a cut, send sends again by itself: {len(arrived(peer))} have arrived",
                    where=where,
                    right=right,
                )
            await self.sent(channel, self.message(peer, text=f"{TEXT} 2", number=2))

    @pytest.mark.anyio
    async def test_a_send_that_is_repeated_with_its_id_arrives_once(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if peer.capabilities.idempotent_send is None:
                lacks(
                    "it does not promise that a repeated send arrives once",
                    "`idempotent_send` of its capabilities, if the provider takes our id as its key",
                )
            if peer.received is None:
                lacks("the peer does not show what arrives", "give it `received`")
            if peer.cut_next is not None:
                await self.does(peer, "cut_next")
            await self.calls.outcome(channel, "send", self.message(peer))
            async with self.using(peer.channel) as other:
                again = await self.sent(other, self.message(peer))
                third = await self.sent(other, self.message(peer))
            where = place_of(channel, "send")
            right = "our id goes to the provider as its idempotency key, or promise no `idempotent_send`"
            require(
                len(arrived(peer)) == 1,
                f"repeated with its id, a message arrives {len(arrived(peer))} times",
                where=where,
                right=right,
            )
            require(
                (again.provider_ref, again.parts) == (third.provider_ref, third.parts),
                "repeated with its id, a message has another provider_ref",
                where=where,
                right="what the first send gave, or would have given",
            )
            await self.sent(channel, self.message(peer, number=2))
            require(
                len(arrived(peer)) == 2,
                "another message with the same words is taken for one that was sent, and is lost",
                where=where,
                right="the key is our id, and nothing that two messages may share",
            )

    @pytest.mark.anyio
    async def test_a_provider_that_is_asked_too_often_is_given_its_time(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if peer.throttle_next is None:
                lacks_relay("the peer throttles nothing", "throttle_next")
            await self.does(peer, "throttle_next", WAIT)
            _, error = await self.calls.outcome(channel, "send", self.message(peer))
            where = place_of(channel, "send")
            if error is not None:
                require(
                    isinstance(error, RetryLater),
                    f"send raises {kind_of(error)} when it is throttled",
                    where=where,
                    right="RetryLater, with what the provider wishes as `after`",
                )
                await self.sent(channel, self.message(peer))
            if peer.received is not None:
                _require_arrived(channel, arrived(peer), [TEXT])

    @pytest.mark.anyio
    async def test_how_long_a_provider_wishes_to_be_left_alone_is_told(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if peer.throttle_next is None:
                lacks_relay("the peer throttles nothing", "throttle_next")
            if await self.does(peer, "throttle_next", WAIT) == NO_WISH:
                lacks("this provider never says for how long", "nothing is missing")
            _, error = await self.calls.outcome(channel, "send", self.message(peer))
            require(
                not isinstance(error, RetryLater) or (error.after is not None and error.after >= WAIT),
                "how long the provider wishes to be left alone is lost",
                where=place_of(channel, "send"),
                right="RetryLater(code, after=…), of the Retry-After of an answer",
            )

    @pytest.mark.anyio
    async def test_no_call_blocks_the_event_loop(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            await self.calls.ask(channel, "check")
            await self.sent(channel, self.message(peer))
            self.stalls.require_none()

    @pytest.mark.anyio
    async def test_nothing_of_the_patient_is_said(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            leaks = Leaks(peer.peer_loggers)
            with leaks.watch():
                await self.sent(channel, self.message(peer))
                for call in peer.callbacks if isinstance(channel, AnswersWebhooks) else ():
                    if isinstance(call.raw, RawRequest):
                        outcome_now(channel, "receive", call.raw)
            leaks.require_none(
                self.nextvisit_canaries, "a log, or what was printed,", where=place_of(channel, "send")
            )

    def _asked(self, peer: ChannelPeer) -> list[Asked]:
        return [("send", (self.message(peer),)), ("check", ())]

    def test_a_message_shows_no_patient_data(self) -> None:
        for form in MessageForm:
            message = a_message("+48500100200", form)
            shown = repr(message) + repr(message.content)
            require(
                not any(each in shown for each in ("48500100200", TEXT, SUBJECT)),
                "the SDK's repr shows a patient",
                where=f"{type(message.content).__name__}.__repr__",
                right="nothing",
            )


NO_WISH = "no wish"
"""What `throttle_next` gives where the provider never says for how long."""


def _require_arrived(channel: object, have: list[str], want: list[str]) -> None:
    where = place_of(channel, "send")
    require(
        len(have) == len(want),
        f"{len(have)} messages have arrived instead of {len(want)}",
        where=where,
        right="Accepted means that the provider took the message, once",
    )
    require(
        have == want,
        "a message has not arrived as it was written",
        where=where,
        right="the text whole, in letters that the provider was told of (UTF-8, UCS-2)",
    )


def _require_media(channel: object, have: list[Media | None], want: list[Media | None]) -> None:
    """A provider that takes no name has an empty one."""
    named = [
        replace(got, name=sent.name) if got is not None and sent is not None and not got.name else got
        for got, sent in zip(have, want, strict=False)
    ]
    require(
        len(have) == len(want) and named == want,
        "media that it promises do not arrive, or not as what they are",
        where=place_of(channel, "send"),
        right="`media` of the content goes to the provider by its url, type and name, beside the words and not among them",
    )
