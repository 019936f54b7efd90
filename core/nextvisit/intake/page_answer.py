"""An answer on a page: a button, and what was typed beside it, which is read like any reply."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from nextvisit.domain.reply_holds import UNTIL_READ
from nextvisit.intake.meaning import understood
from nextvisit.intake.replies import Reply, receive_reply
from nextvisit.intake.verdict import Done, Parked, Verdict
from nextvisit.intake.wire import PageAnswer
from nextvisit.sdk.channels import MessageId
from nextvisit.sdk.replies import Intent
from nextvisit.store.booking import offers
from nextvisit.store.journeys import journeys
from nextvisit.store.messages import ledger
from nextvisit.store.messages.conversations import LastMessage

if TYPE_CHECKING:
    from datetime import datetime

    from nextvisit.domain.site import Site
    from nextvisit.intake.meaning import ReplyReading
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.journeys.journeys import JourneyHead
    from nextvisit.store.messages.message_rows import Message
    from nextvisit.understanding.model import Understood

_INTENTS: Final = {
    "wants_visit": Intent.WANTS_VISIT,
    "too_expensive": Intent.TOO_EXPENSIVE,
    "other_times": Intent.OTHER_TIMES,
    "question": Intent.QUESTION,
    "stop": Intent.OPT_OUT,
    "slot": Intent.CHOICE,
}
STOPS: Final = UNTIL_READ | {Intent.OPT_OUT, Intent.WRONG_NUMBER}
"""Typed, these are meant whichever button was pressed."""
_AGREES: Final = {
    Intent.CHOICE: frozenset({Intent.CHOICE, Intent.CONFIRM, Intent.WANTS_VISIT}),
    Intent.WANTS_VISIT: frozenset({Intent.WANTS_VISIT, Intent.CONFIRM}),
    Intent.OTHER_TIMES: frozenset({Intent.OTHER_TIMES, Intent.WANTS_VISIT, Intent.RESCHEDULE}),
    Intent.TOO_EXPENSIVE: frozenset({Intent.TOO_EXPENSIVE, Intent.DECLINES}),
}
"""What may be typed beside a button that somebody means."""


@dataclass(frozen=True, slots=True)
class PageMeaning:
    """What an answer means: the button and the words together.

    also: what was typed beside a STOP, when that is for a person too. stops: a STOP was typed besides.
    asks: the words do not go with the button, so nothing is booked; a person reads them, and the page asks
    again.
    """

    intent: Intent
    choice: int | None = None
    wanted: datetime | None = None
    also: Intent | None = None
    asks: bool = False
    stops: bool = False


async def meaning_of(
    tx: Tx,
    answer: PageAnswer,
    message: Message,
    head: JourneyHead,
    site: Site,
    *,
    reading: ReplyReading,
) -> PageMeaning:
    """As of now: a number means a time of the open offer. reading: how the site reads."""
    button, choice = await _pressed(tx, answer, head)
    if not answer.text:
        return PageMeaning(button, choice)
    talk = LastMessage(
        patient_id=message.patient_id,
        message_id=message.id,
        open_journey=head.id if head.outcome is None else None,
        language=message.language,
    )
    typed = await understood(tx, answer.text, talk, site, answer.at, reading=reading)
    if typed.choice is not None and not await _shown(tx, message, head):
        # Who reads no times here means none by a number.
        typed = replace(typed, intent=Intent.UNCLEAR, choice=None)
    return together(button, choice, typed)


async def _shown(tx: Tx, message: Message, head: JourneyHead) -> bool:
    offer = await offers.open_offer(tx, head.id)
    return offer is not None and offer.id == message.offer_id


def together(button: Intent, choice: int | None, typed: Understood) -> PageMeaning:
    """What stops us wins over any button; what permits needs the words and the button to agree."""
    if button is Intent.OPT_OUT:
        heard = typed.intent in {Intent.OPT_OUT, Intent.DECLINES, Intent.HOLD, Intent.WRONG_NUMBER}
        return PageMeaning(button, also=None if heard else typed.intent)
    if typed.intent in STOPS:
        return PageMeaning(typed.intent, stops=typed.stops)
    if button is Intent.QUESTION:
        unread = typed.intent is Intent.UNCLEAR
        return PageMeaning(
            Intent.QUESTION if unread else typed.intent, typed.choice, typed.wanted, asks=unread
        )
    another = button is Intent.CHOICE and typed.choice not in {None, choice}
    if typed.intent in _AGREES[button] and not another:
        return PageMeaning(button, choice, typed.wanted)
    return PageMeaning(Intent.UNCLEAR, choice, asks=True)


async def receive_answer(
    tx: Tx, body: bytes, *, origin: str, ref: str, site: Site, reading: ReplyReading
) -> Verdict:
    """`origin`: `page` or `unsubscribe`."""
    try:
        answer = PageAnswer.model_validate_json(body)
    except ValidationError:
        return Parked("page_answer_unreadable")
    message = await ledger.get(tx, MessageId(str(answer.message)))
    head = await journeys.head(tx, message.journey_id)
    meant = await meaning_of(tx, answer, message, head, site, reading=reading)
    reply = Reply(
        origin=origin,
        ref=ref,
        patient=message.patient_id,
        addresses=() if message.to is None else (message.to,),
        journey=message.journey_id if head.outcome is None else None,
        message=message.id,
        intent=meant.intent,
        text=answer.text,
        choice=meant.choice if meant.intent is Intent.CHOICE else None,
        wanted=meant.wanted,
        stops=meant.stops,
    )
    await receive_reply(tx, reply)
    if meant.also is not None:
        await receive_reply(tx, replace(reply, ref=f"{ref}:1", journey=None, intent=meant.also, wanted=None))
    return Done(message.patient_id)


async def _pressed(tx: Tx, answer: PageAnswer, head: JourneyHead) -> tuple[Intent, int | None]:
    intent = _INTENTS[answer.answer]
    if intent is not Intent.CHOICE:
        return intent, None
    offer = await offers.open_offer(tx, head.id)
    if offer is None or offer.id != answer.offer:
        # These times are over; a number would now mean another time.
        return Intent.OTHER_TIMES, None
    return intent, answer.slot
