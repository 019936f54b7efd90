"""Channels for Pigeon that send wrongly, promise too much, or say what must not be said."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import structlog

from nextvisit.sdk.channels import (
    Accepted,
    Content,
    DeliveryStatus,
    Mail,
    MessageForm,
    OutgoingMessage,
    ShortText,
    TemplateMessage,
)
from nextvisit.sdk.errors import OutcomeUnknown, Rejected, RetryLater
from nextvisit.sdk.outbound import HttpReply
from tests.sdk.vendors.channel_kits import kits_of
from tests.sdk.vendors.peers import PHONE
from tests.sdk.vendors.pigeon import CAPABILITIES, PigeonChannel
from tests.sdk.wrong import wrong


@wrong(
    "an answer that was cut is RetryLater, so the patient is texted twice",
    "a_send_whose_answer_was_cut_is_not_sent_again",
)
class SendsAgainAfterACut(PigeonChannel):
    async def ask(self, *args: Any, **more: Any) -> Any:
        try:
            return await super().ask(*args, **more)
        except OutcomeUnknown as error:
            raise RetryLater(error.code) from None


@wrong(
    "after a cut, send sends again by itself: 2 have arrived",
    "a_send_whose_answer_was_cut_is_not_sent_again",
    "a_send_that_is_repeated_with_its_id_arrives_once",
)
class TriesTwice(PigeonChannel):
    async def post(self, wish: Any) -> HttpReply:
        try:
            return await super().post(wish)
        except OutcomeUnknown:
            return await super().post(wish | {"key": "again"})


@wrong("an answer that was cut is Rejected", "a_send_whose_answer_was_cut_is_not_sent_again")
class TakesACutForARefusal(PigeonChannel):
    """The next rung of the ladder writes the same once more."""

    async def ask(self, *args: Any, **more: Any) -> Any:
        try:
            return await super().ask(*args, **more)
        except OutcomeUnknown as error:
            raise Rejected(error.code) from None


@wrong(
    "send gave Accepted although the provider refuses the address for good", "a_refused_recipient_is_rejected"
)
class AcceptsWhatWasRefused(PigeonChannel):
    async def send(self, message: OutgoingMessage) -> Accepted:
        try:
            return await super().send(message)
        except Rejected as error:
            if error.code == "pigeon.nobody":
                return Accepted("p-0")
            raise


@wrong(
    "an address that is refused raises Rejected (pigeon.nobody, scope account)",
    "a_refused_recipient_is_rejected",
)
class BlamesTheAccount(PigeonChannel):
    """One wrong number, and the whole channel counts as refused."""

    def refusal(self, message: OutgoingMessage) -> Rejected:
        return Rejected("pigeon.nobody", scope="account")


@wrong("or what was logged with it, holds what must never be seen", "a_refused_recipient_is_rejected")
class SaysTheNumberInAnError(PigeonChannel):
    def refusal(self, message: OutgoingMessage) -> Rejected:
        return Rejected("pigeon.nobody", f"{message.to} is nobody's")


@wrong(
    "or what was logged with it, holds what must never be seen",
    "a_wrong_login_is_not_the_recipients_fault",
    "who_is_not_let_in_does_not_say_that_a_message_is_not_there",
)
class SaysItsTokenInAnError(PigeonChannel):
    async def ask(self, *args: Any, **more: Any) -> Any:
        try:
            return await super().ask(*args, **more)
        except Rejected as error:
            raise Rejected(error.code, f"Bearer {self._token}", scope="account") from None


@wrong(
    "raises Rejected (pigeon.http_401, scope recipient) when the secret is wrong",
    "a_wrong_login_is_not_the_recipients_fault",
    "who_is_not_let_in_does_not_say_that_a_message_is_not_there",
)
class BlamesTheRecipient(PigeonChannel):
    """A wrong token, and every patient's number is remembered as one that takes nothing."""

    async def ask(self, *args: Any, **more: Any) -> Any:
        try:
            return await super().ask(*args, **more)
        except Rejected as error:
            raise Rejected(error.code) from None


@wrong(
    "send raises OutcomeUnknown (pigeon.unreachable) when nobody answers", "an_absent_server_is_retried_later"
)
class IsUnsureOfWhatWasNeverSent(PigeonChannel):
    """Each night in which the gateway is away leaves a task for every patient."""

    async def post(self, wish: Any) -> HttpReply:
        try:
            return await super().post(wish)
        except RetryLater as error:
            if error.code == "pigeon.unreachable":
                raise OutcomeUnknown(error.code) from None
            raise


@wrong("send raises Rejected (pigeon.http_429, scope message) when it is throttled",
       "a_provider_that_is_asked_too_often_is_given_its_time")  # fmt: skip
class TakesAThrottleForARefusal(PigeonChannel):
    async def ask(self, *args: Any, **more: Any) -> Any:
        try:
            return await super().ask(*args, **more)
        except RetryLater as error:
            if error.code == "pigeon.http_429":
                raise Rejected(error.code, scope="message") from None
            raise


@wrong(
    "how long the provider wishes to be left alone is lost",
    "how_long_a_provider_wishes_to_be_left_alone_is_told",
)
class ForgetsHowLongToWait(PigeonChannel):
    async def ask(self, *args: Any, **more: Any) -> Any:
        try:
            return await super().ask(*args, **more)
        except RetryLater as error:
            raise RetryLater(error.code) from None


@wrong("a log, or what was printed,", "nothing_of_the_patient_is_said", "a_refused_recipient_is_rejected",
       "a_wrong_login_is_not_the_recipients_fault", "an_absent_server_is_retried_later",
       "free_words_out_of_a_session_are_said_to_be_so", "a_refusal_that_nobody_knows_is_not_the_recipient_s_fault")  # fmt: skip
class LogsTexts(PigeonChannel):
    def text(self, written: str) -> str:
        structlog.get_logger("pigeon").info("text.sent", text=written)
        return written


@wrong("a log, or what was printed,", "nothing_of_the_patient_is_said", "a_refused_recipient_is_rejected",
       "a_wrong_login_is_not_the_recipients_fault", "an_absent_server_is_retried_later",
       "a_refusal_that_nobody_knows_is_not_the_recipient_s_fault",
       "free_words_out_of_a_session_are_said_to_be_so")  # fmt: skip
class LogsTextsInCapitals(PigeonChannel):
    def text(self, written: str) -> str:
        structlog.get_logger("pigeon").info("text.sent", text=written.upper())
        return written


@wrong("a log, or what was printed,", "nothing_of_the_patient_is_said", "a_refused_recipient_is_rejected",
       "a_wrong_login_is_not_the_recipients_fault", "an_absent_server_is_retried_later",
       "free_words_out_of_a_session_are_said_to_be_so", "a_refusal_that_nobody_knows_is_not_the_recipient_s_fault")  # fmt: skip
class PrintsNumbers(PigeonChannel):
    async def post(self, wish: Any) -> HttpReply:
        print("to", wish["to"])  # noqa: T201
        return await super().post(wish)


@wrong(
    "a provider_ref, which is kept in the clear,",
    "messages_that_are_sent_at_once_arrive_once_each",
    "reports_that_need_an_id_get_one",
    "a_message_that_was_sent_is_found",
    "another_message_is_not_found",
)
class NamesMessagesByTheirNumber(PigeonChannel):
    def provider_ref(self, reply: HttpReply, message: OutgoingMessage) -> str | None:
        return f"{message.to}-{super().provider_ref(reply, message)}"


@wrong(
    "different messages have one provider_ref",
    "messages_that_are_sent_at_once_arrive_once_each",
    "reports_that_need_an_id_get_one",
    "a_message_that_was_sent_is_found",
    "another_message_is_not_found",
)
class NamesAllMessagesAlike(PigeonChannel):
    def provider_ref(self, reply: HttpReply, message: OutgoingMessage) -> str | None:
        return "pigeon"


@wrong(
    "and gives no id by which they find their message",
    "reports_that_need_an_id_get_one",
    "a_message_that_was_sent_is_found",
    "another_message_is_not_found",
)
class ForgetsTheId(PigeonChannel):
    def provider_ref(self, reply: HttpReply, message: OutgoingMessage) -> str | None:
        return None


@wrong(
    "a report does not find the message that it is about",
    "reports_that_need_an_id_get_one",
    "a_message_that_was_sent_is_found",
    "another_message_is_not_found",
)
class SpellsTheIdOtherwise(PigeonChannel):
    def provider_ref(self, reply: HttpReply, message: OutgoingMessage) -> str | None:
        return str(super().provider_ref(reply, message)).upper()


@wrong("a message has not arrived as it was written", "letters_arrive_as_they_were_written")
class KnowsAsciiOnly(PigeonChannel):
    def text(self, written: str) -> str:
        return written.encode("ascii", "replace").decode()


@wrong("a text of 480 characters does not arrive whole", "the_longest_text_that_it_promises_arrives_whole")
class CutsLongTexts(PigeonChannel):
    def text(self, written: str) -> str:
        return written[:160]


@wrong(
    "send raised Rejected (pigeon.http_400), and had no reason to",
    "the_longest_text_that_it_promises_arrives_whole",
)
class PromisesTooLongTexts(PigeonChannel):
    capabilities = replace(CAPABILITIES, longest=481)


@wrong(
    "its capabilities promise `mail`, and send raises Rejected",
    "it_carries_each_form_that_it_promises_and_no_other",
)
class PromisesMail(PigeonChannel):
    capabilities = replace(CAPABILITIES, forms=(*CAPABILITIES.forms, MessageForm.MAIL))


@wrong(
    "a form that it does not carry, `mail`, is sent all the same",
    "it_carries_each_form_that_it_promises_and_no_other",
)
class SendsMailAsText(PigeonChannel):
    async def send(self, message: OutgoingMessage) -> Accepted:
        if isinstance(message.content, Mail):
            message = replace(message, content=ShortText(message.content.text))
        return await super().send(message)


@wrong(
    "it promises read, and no callback of the peer shows that", "what_its_capabilities_promise_has_a_way_in"
)
class PromisesRead(PigeonChannel):
    capabilities = replace(CAPABILITIES, reports=CAPABILITIES.reports | {DeliveryStatus.READ})


@wrong("it reports failed, which it does not promise", "what_its_capabilities_promise_has_a_way_in")
class PromisesTooLittle(PigeonChannel):
    capabilities = replace(CAPABILITIES, reports=CAPABILITIES.reports - {DeliveryStatus.FAILED})


@wrong(
    "receives is False, and a callback is what a patient wrote", "what_its_capabilities_promise_has_a_way_in"
)
class DeniesThatItReceives(PigeonChannel):
    capabilities = replace(CAPABILITIES, receives=False)


@wrong("it promises delivered, answers, and nothing comes in", "what_its_capabilities_promise_has_a_way_in",
       "reports_that_need_an_id_get_one", "a_word_that_it_does_not_know_is_no_guess")  # fmt: skip
class HasNoWayIn(PigeonChannel):
    receive = parse_webhook = serve = parse_inbound = None  # type: ignore[assignment]


@wrong("of AnswersWebhooks it has receive alone", "no_way_in_is_half_there", "reports_that_need_an_id_get_one",
       "what_comes_in_means_what_it_says", "what_comes_in_means_the_same_in_any_order_and_any_process",
       "a_callback_that_was_cut_short_is_refused_in_order", "a_word_that_it_does_not_know_is_no_guess")  # fmt: skip
class MisspellsParseWebhook(PigeonChannel):
    parse_webhook = None  # type: ignore[assignment]


@wrong("check sends a message", "check_sends_nothing")
class ChecksByATextToSomebody(PigeonChannel):
    async def check(self) -> str:
        await self.post({"id": "1", "to": PHONE, "text": "test"})
        return "Pigeon"


@wrong(
    "check gave str although nobody answers",
    "an_absent_server_is_retried_later",
    "a_wrong_login_is_not_the_recipients_fault",
)
class ChecksNothing(PigeonChannel):
    async def check(self) -> str:
        return "Pigeon"


@wrong(
    "send raised RuntimeError, which is no error of nextvisit.sdk.errors",
    "a_refusal_does_not_spoil_the_next_message",
)
class IsSpoiltByARefusal(PigeonChannel):
    _refused = False

    async def send(self, message: OutgoingMessage) -> Accepted:
        if self._refused:
            raise RuntimeError(message.to)
        try:
            return await super().send(message)
        except Rejected as error:
            self._refused = error.code == "pigeon.nobody"
            raise


@wrong("send raised KeyError, which is no error of nextvisit.sdk.errors", "a_refused_recipient_is_rejected",
       "a_refusal_does_not_spoil_the_next_message")  # fmt: skip
class StumblesOverARefusal(PigeonChannel):
    def refusal(self, message: OutgoingMessage) -> Rejected:
        return Rejected(json.loads("{}")[message.to])


@wrong("the event loop stood still for", "no_call_blocks_the_event_loop")
class SleepsInTheLoop(PigeonChannel):
    async def check(self) -> str:
        time.sleep(1)  # noqa: ASYNC251 - that is what is wrong with it
        return await super().check()


@wrong(
    "what fills a template's gaps does not arrive, or not in their order",
    "what_fills_a_template_s_gaps_arrives_in_their_order",
)
class FillsGapsBackwards(PigeonChannel):
    def words(self, content: Content) -> str:
        if isinstance(content, TemplateMessage):
            content = replace(content, parameters=content.parameters[::-1])
        return super().words(content)


@wrong(
    "what fills a template's gaps does not arrive, or not in their order",
    "what_fills_a_template_s_gaps_arrives_in_their_order",
)
class SendsWhatIsForStaff(PigeonChannel):
    """The provider refuses it, or the patient reads a text that nobody has approved."""

    def words(self, content: Content) -> str:
        return content.text if isinstance(content, TemplateMessage) else super().words(content)


globals().update(kits_of(globals()))
