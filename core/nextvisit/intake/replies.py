"""What an answer does, whether it was written or pressed.

Opting out withdraws consent and ends what is open; an address that is said to be somebody else's is not
written to again. What a person has to read holds the patient from here on (`store.people.reply_holds`).
Everything else is told to the journey, which owns what happens next, tasks for staff included: the intake
makes a task only where there is no journey to make one, or where the task cannot wait until the journey is
free. What the patient wrote is kept in `store.replies`, sealed under the patient's key, and the journey's
task takes its note from there (`replies.last_note`); so a reply leads to one task, not two. What is read
after something that was said later (it was parked, or the rest of it was waited for) is for a person: a
"yes" that was taken back must not book. So is what was written before the question that stands open now: a
"1" would choose a time that the patient has never read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nextvisit.domain.reply_holds import HOLDING, UNTIL_READ
from nextvisit.domain.task_reason import RECEPTION, TaskReason, outside_of_a_journey
from nextvisit.flow.engine.events import Replied
from nextvisit.intake.opt_out import opt_out
from nextvisit.sdk.replies import Intent
from nextvisit.store.journeys import journey_events
from nextvisit.store.messages import ledger, replies
from nextvisit.store.people import patients, related, reply_holds, suppressions
from nextvisit.store.tasks import tasks

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from nextvisit.sdk.channels import MessageId
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.base.ids import JourneyId, TaskId
    from nextvisit.store.people.identity import ContactDigest
    from nextvisit.store.people.patients import PatientId


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a known patient. `repr` shows no text.

    origin: `reply`, `page` or `unsubscribe`. ref: names this answer for good (the inbox row's id).
    addresses: where it was said, or where the link was that was pressed; several where nobody can tell.
    journey: the open one that it belongs to. message: the one that it answers.
    stops: it is a STOP too, whatever else it says: "he died, please stop".
    late: it was written before the message that it would be taken to answer, after another one.
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
    stops: bool = False
    late: bool = False

    def __repr__(self) -> str:
        return f"Reply(ref={self.ref!r}, intent={self.intent.value!r})"


async def receive_reply(tx: Tx, reply: Reply) -> None:
    """Harmless when repeated: everything is keyed by `reply.ref`."""
    if reply.message is not None:
        await ledger.replied(tx, reply.message)
    if reply.intent is Intent.OPT_OUT or reply.stops:
        ref = f"inbox:{reply.ref}"
        await opt_out(tx, reply.patient, addresses=reply.addresses, origin=reply.origin, origin_ref=ref)
    if reply.intent is Intent.OPT_OUT:
        return
    if reply.intent is Intent.WRONG_NUMBER:
        for address in reply.addresses:
            await suppressions.put_address(tx, address, code="reply.wrong_number")
    reason = await _reason(tx, reply)
    task = None if reason is None else await _hand_over(tx, reply, reason)
    if reply.intent in HOLDING:
        for patient in await _about(tx, reply):
            await reply_holds.put(tx, patient, reply.intent, ref=reply.ref, journey=reply.journey, task=task)
    if reply.journey is None or (task is not None and reply.intent not in UNTIL_READ):
        return
    if reply.text:
        await replies.keep(tx, reply.journey, reply.patient, ref=reply.ref, text=reply.text)
    event = Replied(at=tx.now, intent=reply.intent, choice=reply.choice, wanted=reply.wanted)
    await journey_events.tell(tx, reply.journey, event, journey_events.of_reply(reply.ref))


async def _about(tx: Tx, reply: Reply) -> Collection[PatientId]:
    """Whoever may be meant: of several who are reached there, somebody may write of another's death."""
    there: list[PatientId] = []
    if reply.intent is Intent.DECEASED:
        for address in reply.addresses:
            there += [*await patients.known_at(tx, address), *await related.guarded_from(tx, address)]
    return dict.fromkeys((reply.patient, *there))


async def _reason(tx: Tx, reply: Reply) -> TaskReason | None:
    """Why it is for a person at once. None: the journey says what it is for, when it is free to."""
    if reply.intent in UNTIL_READ:
        return TaskReason(reply.intent)
    if reply.journey is None:
        return outside_of_a_journey(reply.intent)
    overtaken = reply.late or await journey_events.is_overtaken(tx, reply.journey, reply.ref)
    return TaskReason.OVERTAKEN if overtaken else None


async def _hand_over(tx: Tx, reply: Reply, reason: TaskReason) -> TaskId:
    return await tasks.create(
        tx,
        queue=RECEPTION,
        reason=reason,
        dedupe=f"reply:{reply.ref}",
        journey_id=reply.journey,
        patient_id=reply.patient,
        note=reply.text or None,
    )
