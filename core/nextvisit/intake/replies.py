"""What an answer does, whether it was written or pressed.

Opting out withdraws consent and ends what is open; an address that is said to be somebody else's is not
written to again. Everything else is told to the journey, which owns what happens next, tasks for staff
included: the intake makes a task only where there is no journey to make one. What the patient wrote is kept
in `store.replies`, sealed under the patient's key, and the journey's task takes its note from there
(`replies.last_note`); so a reply leads to one task, not two. What is read after something that was said later
(it was parked, or the rest of it was waited for) is for a person: a "yes" that was taken back must not book.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.flow.engine.events import Replied
from nextvisit.intake.opt_out import opt_out
from nextvisit.sdk.replies import Intent
from nextvisit.store.journeys import journey_events
from nextvisit.store.messages import ledger, replies
from nextvisit.store.people import suppressions
from nextvisit.store.tasks import tasks

if TYPE_CHECKING:
    from datetime import datetime

    from nextvisit.sdk.channels import MessageId
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.base.ids import JourneyId
    from nextvisit.store.people.identity import ContactDigest
    from nextvisit.store.people.patients import PatientId


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a known patient. `repr` shows no text.

    origin: `reply`, `page` or `unsubscribe`. ref: names this answer for good (the inbox row's id).
    addresses: where it was said, or where the link was that was pressed; several where nobody can tell.
    journey: the open one that it belongs to. message: the one that it answers.
    """

    origin: str
    ref: str
    patient: PatientId
    addresses: tuple[ContactDigest, ...]
    journey: JourneyId | None
    message: MessageId | None
    intent: Intent
    text: str
    choice: int | None = None
    wanted: datetime | None = None

    def __repr__(self) -> str:
        return f"Reply(ref={self.ref!r}, intent={self.intent.value!r})"


async def receive_reply(tx: Tx, reply: Reply) -> None:
    """Harmless when repeated: everything is keyed by `reply.ref`."""
    if reply.message is not None:
        await ledger.replied(tx, reply.message)
    if reply.intent is Intent.OPT_OUT:
        ref = f"inbox:{reply.ref}"
        await opt_out(tx, reply.patient, addresses=reply.addresses, origin=reply.origin, origin_ref=ref)
        return
    if reply.intent is Intent.WRONG_NUMBER:
        for address in reply.addresses:
            await suppressions.put_address(tx, address, code="reply.wrong_number")
    if reply.journey is None:
        await _hand_over(tx, reply, None, TaskReason.REPLY_WITHOUT_JOURNEY)
        return
    if await journey_events.is_overtaken(tx, reply.journey, reply.ref):
        await _hand_over(tx, reply, reply.journey, TaskReason.OVERTAKEN)
        return
    if reply.text:
        await replies.keep(tx, reply.journey, reply.patient, ref=reply.ref, text=reply.text)
    event = Replied(at=tx.now, intent=reply.intent, choice=reply.choice, wanted=reply.wanted)
    await journey_events.tell(tx, reply.journey, event, journey_events.of_reply(reply.ref))


async def _hand_over(tx: Tx, reply: Reply, journey: JourneyId | None, reason: TaskReason) -> None:
    await tasks.create(
        tx,
        queue=RECEPTION,
        reason=TaskReason.URGENT if reply.intent is Intent.URGENT else reason,
        dedupe=f"reply:{reply.ref}",
        journey_id=journey,
        patient_id=reply.patient,
        note=reply.text or None,
    )
