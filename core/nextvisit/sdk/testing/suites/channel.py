"""What every channel must keep to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nextvisit.sdk.addresses import EMAIL, PHONE
from nextvisit.sdk.channels import (
    NAME,
    DeliveryReport,
    DeliveryStatus,
    InboundMessage,
    MessageForm,
    told_later,
)
from nextvisit.sdk.errors import Rejected
from nextvisit.sdk.ports import AnswersWebhooks, Channel, Listens
from nextvisit.sdk.testing.suites.calls import ask_now, outcome_now
from nextvisit.sdk.testing.suites.challenges import ChallengeTests
from nextvisit.sdk.testing.suites.channel_finding import FindingTests
from nextvisit.sdk.testing.suites.channel_peer import (
    WITH_MEDIA,
    ChannelPeer,
    a_message,
    arrived,
    under_media,
)
from nextvisit.sdk.testing.suites.channel_sending import SendingTests
from nextvisit.sdk.testing.suites.channel_talking import TalkingTests
from nextvisit.sdk.testing.suites.channel_templates import TemplateTests
from nextvisit.sdk.testing.suites.kit import kind_of
from nextvisit.sdk.testing.suites.mutations import with_unknown_words
from nextvisit.sdk.testing.suites.verdict import lacks, place_of, require

_MEDIA = ("image/png", "image/jpeg", "application/pdf", "text/calendar", "audio/ogg", "video/mp4")
_STRANGE = "image/x-kanarienvogel"
_WAYS_IN = {"Listens": ("serve", "parse_inbound"), "AnswersWebhooks": ("receive", "parse_webhook")}


class ChannelSuite(SendingTests, TemplateTests, FindingTests, TalkingTests, ChallengeTests):
    """Subclass as `class Test…(ChannelSuite)` and implement `peer`."""

    def maker(self, peer: ChannelPeer) -> Callable[[], Any]:
        """See `CallbackTests`."""
        return peer.channel

    @pytest.mark.anyio
    async def test_it_is_a_channel(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            absent = [
                name for name in ("send", "check", "close") if not callable(getattr(channel, name, None))
            ]
            require(
                isinstance(channel, Channel),
                f"it has no {' and no '.join(absent)}",
                where=type(channel).__name__,
                right="all methods of the port Channel",
            )

    @pytest.mark.anyio
    async def test_its_kind_can_be_named_and_carries_something(self) -> None:
        async with self.opened() as peer:
            can = peer.capabilities
            for what, name in (("kind", can.kind), ("addresses.space", can.addresses.space)):
                require(
                    re.fullmatch(NAME, name),
                    f"{what} cannot be written in a campaign",
                    where="capabilities",
                    right="lower-case letters, digits and _",
                )
            require(
                can.addresses.systems,
                "no contact point of a MIS is of its addresses",
                where="capabilities.addresses.systems",
                right="phone, email, … or the adapter's own word",
            )
            require(
                can.forms,
                "it carries nothing",
                where="capabilities.forms",
                right="the forms of message that it carries, the best first",
            )

    @pytest.mark.anyio
    async def test_an_address_has_one_spelling(self) -> None:
        async with self.opened() as peer:
            addresses = peer.capabilities.addresses
            for method in ("normalise", "senders"):
                found = ask_now(addresses, method, peer.to, "DE")
                found = found if method == "normalise" else next(iter(found), None)
                where = place_of(addresses, method)
                require(
                    found is not None and found.value == peer.to and found.reachable,
                    "the peer's `to` is another address, or none",
                    where=where,
                    right="`to` in the one spelling that `normalise` gives",
                )
                require(
                    peer.to not in repr(found),
                    "the repr of an address shows it",
                    where=where,
                    right="Destination, whose repr shows nothing",
                )

    @pytest.mark.anyio
    async def test_a_space_that_is_shared_is_spelt_alike(self) -> None:
        """A STOP that came by another channel of the space is looked up in that one's spelling."""
        async with self.opened() as peer:
            for ready in (PHONE, EMAIL):
                if ready.space == peer.capabilities.addresses.space:
                    found = ready.normalise(peer.to, "DE")
                    require(
                        found is not None and found.value == peer.to,
                        "an address is spelt otherwise than by the other channels of its space, so a STOP is not found",
                        where="capabilities.addresses",
                        right=f"the spelling of nextvisit.sdk.addresses, or a space of its own instead of `{ready.space}`",
                    )

    @pytest.mark.anyio
    @pytest.mark.parametrize("nonsense", ["", " ", "?", "\x00", "not an address at all"])
    async def test_nonsense_is_no_address(self, nonsense: str) -> None:
        async with self.opened() as peer:
            addresses = peer.capabilities.addresses
            for method, nothing in (("normalise", None), ("senders", ())):
                found = ask_now(addresses, method, nonsense, "DE")
                require(
                    found == nothing,
                    "nonsense is taken for an address",
                    where=place_of(addresses, method),
                    right=f"{nothing}: what it gives is written to",
                )

    @pytest.mark.anyio
    async def test_it_carries_each_form_that_it_promises_and_no_other(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            where = place_of(channel, "send")
            for number, form in enumerate(MessageForm, 1):
                _, error = await self.calls.outcome(channel, "send", a_message(peer.to, form, number=number))
                if form in peer.capabilities.forms:
                    require(
                        error is None,
                        f"its capabilities promise `{form}`, and send raises {kind_of(error) if error else ''}",
                        where=where,
                        right="forms that it carries, and no others",
                    )
                else:
                    require(
                        isinstance(error, Rejected) and error.scope == "message",
                        f"a form that it does not carry, `{form}`, {'is sent all the same' if error is None else 'raises ' + kind_of(error)}",
                        where=where,
                        right="Rejected with the scope `message`",
                    )

    @pytest.mark.anyio
    async def test_it_refuses_media_that_it_does_not_promise(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            forms = [each for each in peer.capabilities.forms if each in WITH_MEDIA]
            if not forms:
                lacks("none of its forms can have media", "nothing is missing")
            strange = next((each for each in _MEDIA if each not in peer.capabilities.media), _STRANGE)
            for number, form in enumerate(forms, 1):
                message = under_media(a_message(peer.to, form, number=number), strange, number)
                _, error = await self.calls.outcome(channel, "send", message)
                require(
                    isinstance(error, Rejected) and error.scope == "message",
                    f"media that it does not promise, `{strange}` with a `{form}`, {'are sent or lost' if error is None else 'raise ' + kind_of(error)}",
                    where=place_of(channel, "send"),
                    right="Rejected with the scope `message`, before anything is sent",
                )
            require(
                not arrived(peer),
                "of media that it does not carry the words are sent all the same",
                where=place_of(channel, "send"),
                right="Rejected with the scope `message`, before anything is sent",
            )

    @pytest.mark.anyio
    async def test_the_longest_text_that_it_promises_arrives_whole(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            longest = peer.capabilities.longest
            if longest is None:
                lacks(
                    "it promises no longest text",
                    "nothing is missing, unless the provider has a longest text",
                )
            text = ("Kanarienvogel 4711. " * (longest // 20 + 1))[: longest - 1] + "!"
            await self.sent(channel, self.message(peer, text=text))
            require(
                peer.received is None or arrived(peer) == [text],
                f"a text of {longest} characters does not arrive whole",
                where=place_of(channel, "send"),
                right="`longest` of its capabilities is what the provider takes",
            )

    @pytest.mark.anyio
    async def test_reports_that_need_an_id_get_one(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            accepted = await self.sent(channel, self.message(peer))
            where = place_of(channel, "send")
            if peer.capabilities.reports & {DeliveryStatus.DELIVERED, DeliveryStatus.READ}:
                require(
                    accepted.provider_ref,
                    "it promises reports, and gives no id by which they find their message",
                    where=where,
                    right="Accepted(provider_ref=the provider's id)",
                )
            if peer.called_back is None:
                lacks(
                    "the peer does not show what the provider says of what was sent", "give it `called_back`"
                )
            events = [
                event
                for raw in await self.does(peer, "called_back")
                for event in ask_now(
                    channel,
                    "parse_inbound" if isinstance(raw, bytes) else "parse_webhook",
                    raw if isinstance(raw, bytes) else raw.as_kept(),
                )
            ]
            reports = [event for event in events if isinstance(event, DeliveryReport)]
            require(
                reports,
                "what the provider says of a message is no report",
                where=where,
                right="a DeliveryReport of each",
            )
            for report in reports:
                require(
                    report.provider_ref == accepted.provider_ref or report.message == self.message(peer).id,
                    "a report does not find the message that it is about",
                    where=where,
                    right="Accepted.provider_ref and DeliveryReport.provider_ref in one spelling",
                )

    @pytest.mark.anyio
    async def test_no_way_in_is_half_there(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            for port, names in _WAYS_IN.items():
                have = [name for name in names if callable(getattr(channel, name, None))]
                require(
                    have in ([], list(names)),
                    f"of {port} it has {' and '.join(have)} alone",
                    where=place_of(channel, have[0] if have else "send"),
                    right=f"{' and '.join(names)}, or neither",
                )

    @pytest.mark.anyio
    async def test_what_its_capabilities_promise_has_a_way_in(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            can, hears = peer.capabilities, isinstance(channel, Listens | AnswersWebhooks)
            heard = told_later(can)
            promised = [*sorted(heard), *(["answers"] if can.receives else [])]
            require(
                hears or not promised,
                f"it promises {', '.join(promised)}, and nothing comes in",
                where=type(channel).__name__,
                right="implement AnswersWebhooks or Listens, or promise less",
            )
            events = [event for each in peer.callbacks for event in each.means]
            shown = {event.status for event in events if isinstance(event, DeliveryReport)}
            require(
                heard <= shown,
                f"it promises {', '.join(sorted(heard - shown))}, and no callback of the peer shows that",
                where="capabilities.reports",
                right="a callback of each, or promise less",
            )
            require(
                shown <= can.reports,
                f"it reports {', '.join(sorted(shown - can.reports))}, which it does not promise",
                where="capabilities.reports",
                right="every status that may ever arrive: campaigns are checked by it",
            )
            written = [event for event in events if isinstance(event, InboundMessage)]
            require(
                bool(written) == can.receives,
                f"receives is {can.receives}, and {'a' if written else 'no'} callback is what a patient wrote",
                where="capabilities.receives",
                right="True, with a callback that shows it, or False",
            )
            for event in written:
                senders = ask_now(can.addresses, "senders", event.sender, "DE")
                require(
                    peer.to in [each.value for each in senders],
                    "what comes from `to` is not known to come from there, and a STOP is lost",
                    where=place_of(can.addresses, "senders"),
                    right="read the address as the provider writes it",
                )

    @pytest.mark.anyio
    async def test_a_word_that_it_does_not_know_is_no_guess(self) -> None:
        async with self.opened() as peer, self.using(peer.channel) as channel:
            if not peer.callbacks:
                lacks("the peer has no example of what comes in", "give it `callbacks`")
            for each in peer.callbacks:
                body = each.raw if isinstance(each.raw, bytes) else each.raw.body
                method = "parse_inbound" if isinstance(each.raw, bytes) else "parse_webhook"
                known = [event.status for event in each.means if isinstance(event, DeliveryReport)]
                for strange in with_unknown_words(body):
                    raw = (
                        strange if isinstance(each.raw, bytes) else replace(each.raw.as_kept(), body=strange)
                    )
                    events, _ = outcome_now(channel, method, raw)
                    for event in events or ():
                        require(
                            not isinstance(event, DeliveryReport)
                            or event.status in {*known, DeliveryStatus.UNKNOWN},
                            f"with a word that nobody knows, a report says {getattr(event, 'status', '')} instead of {', '.join(known)}",
                            where=place_of(channel, method),
                            right="ProtocolError(whose='theirs') or `unknown`, never a default",
                        )
