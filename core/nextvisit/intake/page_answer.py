"""An answer that was pressed on a page: a reply whose meaning needs no guessing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from nextvisit.intake.replies import Reply, receive_reply
from nextvisit.intake.verdict import Done, Parked, Verdict
from nextvisit.intake.wire import PageAnswer
from nextvisit.sdk.channels import MessageId
from nextvisit.sdk.replies import Intent
from nextvisit.store.booking import offers
from nextvisit.store.journeys import journeys
from nextvisit.store.messages import ledger

if TYPE_CHECKING:
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.base.ids import JourneyId

_INTENTS = {
    "wants_visit": Intent.WANTS_VISIT,
    "too_expensive": Intent.TOO_EXPENSIVE,
    "other_times": Intent.OTHER_TIMES,
    "question": Intent.QUESTION,
    "stop": Intent.OPT_OUT,
    "slot": Intent.CHOICE,
}


async def receive_answer(tx: Tx, body: bytes, *, origin: str, ref: str) -> Verdict:
    """`origin`: `page` or `unsubscribe`."""
    try:
        answer = PageAnswer.model_validate_json(body)
    except ValidationError:
        return Parked("page_answer_unreadable")
    message = await ledger.get(tx, MessageId(str(answer.message)))
    head = await journeys.head(tx, message.journey_id)
    intent, choice = await _meaning(tx, answer, message.journey_id)
    reply = Reply(
        origin=origin,
        ref=ref,
        patient=message.patient_id,
        addresses=() if message.to is None else (message.to,),
        journey=message.journey_id if head.outcome is None else None,
        message=message.id,
        intent=intent,
        text=answer.text,
        choice=choice,
    )
    await receive_reply(tx, reply)
    return Done()


async def _meaning(tx: Tx, answer: PageAnswer, journey: JourneyId) -> tuple[Intent, int | None]:
    intent = _INTENTS[answer.answer]
    if intent is not Intent.CHOICE:
        return intent, None
    offer = await offers.open_offer(tx, journey)
    if offer is None or offer.id != answer.offer:
        # These times are over; a number would now mean another time.
        return Intent.OTHER_TIMES, None
    return intent, answer.slot
