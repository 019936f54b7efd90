"""Channels for Pigeon that hear wrongly: calls that are not Pigeon's, reports that mean something else, answers lost."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any
from uuid import uuid4

from nextvisit.sdk.channels import ChannelEvent, DeliveryReport, DeliveryStatus
from nextvisit.sdk.doors import RawRequest
from nextvisit.sdk.errors import ProtocolError, Rejected, RetryLater
from nextvisit.sdk.ports import Inbox
from tests.sdk.vendors.channel_kits import kits_of
from tests.sdk.vendors.pigeon import PigeonChannel
from tests.sdk.wrong import wrong


@wrong("is kept: Keep", "a_forged_call_is_rejected", "a_stranger_s_call_is_rejected_and_not_stumbled_over")
class VerifiesNothing(PigeonChannel):
    def verify(self, request: RawRequest) -> None:
        pass


@wrong(
    "with other headers and another query is kept",
    "a_forged_call_is_rejected",
    "a_stranger_s_call_is_rejected_and_not_stumbled_over",
)
class AsksForAnySignature(PigeonChannel):
    def verify(self, request: RawRequest) -> None:
        if "x-pigeon" not in dict(request.headers):
            raise Rejected("pigeon.signature", scope="account")


@wrong("with another body under the same signature is kept", "a_forged_call_is_rejected")
class BelievesATokenThatAnybodySaw(PigeonChannel):
    """The proof does not hang on the body, so one call that was overheard proves all."""

    def verify(self, request: RawRequest) -> None:
        if dict(request.headers).get("authorization") != "Bearer of-the-proxy":
            raise Rejected("pigeon.signature", scope="account")


@wrong("receive raised TypeError", "a_stranger_s_call_is_rejected_and_not_stumbled_over")
class ComparesLetters(PigeonChannel):
    """compare_digest of strings takes ASCII only."""

    def verify(self, request: RawRequest) -> None:
        signed = hmac.new(self._secret.encode(), request.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(dict(request.headers).get("x-pigeon", ""), signed):
            raise Rejected("pigeon.signature", scope="account")


@wrong(
    "receive raised KeyError",
    "a_forged_call_is_rejected",
    "a_stranger_s_call_is_rejected_and_not_stumbled_over",
)
class ExpectsItsHeader(PigeonChannel):
    def verify(self, request: RawRequest) -> None:
        dict(request.headers)["x-pigeon"]
        super().verify(request)


@wrong("raises ProtocolError (pigeon.call)", "a_stranger_s_call_is_rejected_and_not_stumbled_over")
class ReadsBeforeItVerifies(PigeonChannel):
    def verify(self, request: RawRequest) -> None:
        self.events(request.body)
        super().verify(request)


@wrong(
    "a call that is repeated gets another dedupe key",
    "a_repeated_call_is_one_thing_and_different_calls_are_two",
)
class NamesCallsByChance(PigeonChannel):
    def dedupe(self, request: RawRequest) -> str:
        return uuid4().hex


@wrong(
    "a call that is repeated gets another dedupe key",
    "a_repeated_call_is_one_thing_and_different_calls_are_two",
)
class CountsCalls(PigeonChannel):
    _calls = count()

    def dedupe(self, request: RawRequest) -> str:
        return str(next(self._calls))


@wrong(
    "a call that is repeated gets another dedupe key",
    "a_repeated_call_is_one_thing_and_different_calls_are_two",
)
class NamesCallsByHash(PigeonChannel):
    """hash() is another one in each process."""

    def dedupe(self, request: RawRequest) -> str:
        return str(hash(request.body))


@wrong(
    "two different calls have one dedupe key, and the second is lost",
    "a_repeated_call_is_one_thing_and_different_calls_are_two",
)
class NamesAllCallsAlike(PigeonChannel):
    def dedupe(self, request: RawRequest) -> str:
        return "pigeon"


@wrong(
    "two different calls have one dedupe key, and the second is lost",
    "a_repeated_call_is_one_thing_and_different_calls_are_two",
)
class NamesCallsByTheirMessage(PigeonChannel):
    """`sent` and `delivered` of one message are one thing then."""

    def dedupe(self, request: RawRequest) -> str:
        return str(json.loads(request.body)["items"][0].get("ref", request.body))


@wrong("status of DeliveryReport is wrong: delivered instead of sent", "what_comes_in_means_what_it_says",
       "a_word_that_it_does_not_know_is_no_guess")  # fmt: skip
class SwapsSentAndDelivered(PigeonChannel):
    def status(self, item: Any) -> DeliveryStatus:
        swapped = {
            "sent": DeliveryStatus.DELIVERED,
            "delivered": DeliveryStatus.SENT,
            "lost": DeliveryStatus.FAILED,
        }
        return swapped[item["state"]]


@wrong(
    "with a word that nobody knows, a report says delivered instead of sent",
    "a_word_that_it_does_not_know_is_no_guess",
)
class TakesTheUnknownForDelivered(PigeonChannel):
    def status(self, item: Any) -> DeliveryStatus:
        try:
            return super().status(item)
        except KeyError:
            return DeliveryStatus.DELIVERED


@wrong(
    "it means DeliveryReport instead of DeliveryReport and DeliveryReport", "what_comes_in_means_what_it_says"
)
class ReadsTheFirstOfACall(PigeonChannel):
    def events(self, body: bytes) -> Sequence[ChannelEvent]:
        return list(super().events(body))[:1]


@wrong(
    "at of DeliveryReport has no zone",
    "what_comes_in_means_what_it_says",
    "what_a_session_brings_is_heard_and_kept_before_it_is_acknowledged",
)
class ForgetsTheZone(PigeonChannel):
    def event(self, item: Any) -> ChannelEvent:
        return super().event({**item, "at": item["at"][:19]})


@wrong("on this machine's zone", "what_comes_in_means_the_same_in_any_order_and_any_process", "what_comes_in_means_what_it_says",
       "what_a_session_brings_is_heard_and_kept_before_it_is_acknowledged")  # fmt: skip
class TakesTheMachinesZone(PigeonChannel):
    def event(self, item: Any) -> ChannelEvent:
        return super().event({**item, "at": datetime.fromisoformat(item["at"][:19]).astimezone().isoformat()})


@wrong(
    "sender of InboundMessage is wrong",
    "what_comes_in_means_what_it_says",
    "what_a_session_brings_is_heard_and_kept_before_it_is_acknowledged",
)
class TakesTheWrongField(PigeonChannel):
    """Who wrote is taken from the receiving number."""

    def event(self, item: Any) -> ChannelEvent:
        return super().event({**item, "from": "+48500100999"}) if "text" in item else super().event(item)


@wrong("what a callback means depends on what came before it", "what_comes_in_means_the_same_in_any_order_and_any_process",
       "what_comes_in_means_what_it_says")  # fmt: skip
class ReportsOnlyOnce(PigeonChannel):
    """It remembers in memory what it has reported."""

    def __init__(self, *settings: str) -> None:
        super().__init__(*settings)
        self._told: set[str] = set()

    def parse_webhook(self, request: RawRequest) -> Sequence[ChannelEvent]:
        found = super().parse_webhook(request)
        new = [
            one
            for one in found
            if not isinstance(one, DeliveryReport) or str(one.provider_ref) not in self._told
        ]
        self._told |= {str(one.provider_ref) for one in new if isinstance(one, DeliveryReport)}
        return new


@wrong("it means nothing instead of", "what_comes_in_means_what_it_says", "reports_that_need_an_id_get_one")
class LooksForTheSecretAgain(PigeonChannel):
    """What only verified a call is gone when it is parsed."""

    def parse_webhook(self, request: RawRequest) -> Sequence[ChannelEvent]:
        return super().parse_webhook(request) if "authorization" in dict(request.headers) else []


@wrong("parse_webhook raised JSONDecodeError", "a_callback_that_was_cut_short_is_refused_in_order")
class StumblesOverHalfACall(PigeonChannel):
    def events(self, body: bytes) -> Sequence[ChannelEvent]:
        json.loads(body)
        return super().events(body)


@wrong("an error of a callback that cannot be read", "a_callback_that_was_cut_short_is_refused_in_order")
class QuotesWhatItCannotRead(PigeonChannel):
    def events(self, body: bytes) -> Sequence[ChannelEvent]:
        try:
            return super().events(body)
        except ProtocolError as error:
            raise ProtocolError(error.code, body.decode("utf-8", "replace"), whose="theirs") from None


@wrong("what cannot be read raises RetryLater", "a_callback_that_was_cut_short_is_refused_in_order")
class ReadsNonsenseForEver(PigeonChannel):
    def events(self, body: bytes) -> Sequence[ChannelEvent]:
        try:
            return super().events(body)
        except ProtocolError as error:
            raise RetryLater(error.code) from None


@wrong(
    "serve never said inbox.listening()", "what_a_session_brings_is_heard_and_kept_before_it_is_acknowledged"
)
class NeverSaysThatItListens(PigeonChannel):
    hangs = True

    def say_listening(self, inbox: Inbox) -> None:
        pass


@wrong("it was acknowledged", "what_a_session_brings_is_heard_and_kept_before_it_is_acknowledged")
class AcknowledgesFirst(PigeonChannel):
    """A STOP that could not be kept is lost."""

    hangs = True

    async def keep(self, inbox: Inbox, item: Any) -> None:
        await self.ask("DELETE", f"inbox/{item['id']}")
        await super().keep(inbox, item)


@wrong(
    "the same thing comes again under another dedupe key",
    "what_a_session_brings_is_heard_and_kept_before_it_is_acknowledged",
)
class NamesWhatItHearsByChance(PigeonChannel):
    def dedupe_of(self, item: Any) -> str:
        return uuid4().hex


@wrong(
    "nothing of what the other side sends reaches the inbox",
    "what_a_session_brings_is_heard_and_kept_before_it_is_acknowledged",
)
class ThrowsAwayWhatItHears(PigeonChannel):
    hangs = True

    async def keep(self, inbox: Inbox, item: Any) -> None:
        await self.ask("DELETE", f"inbox/{item['id']}")


@wrong(
    "serve ended with ConnectionError", "what_a_session_brings_is_heard_and_kept_before_it_is_acknowledged"
)
class GivesUpListening(PigeonChannel):
    async def keep(self, inbox: Inbox, item: Any) -> None:
        raise ConnectionError(item["text"])


globals().update(kits_of(globals()))
