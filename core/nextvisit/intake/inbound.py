"""Something that a patient wrote: who wrote it, to which conversation it belongs, what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.flow.engine.events import Intent
from nextvisit.intake.meaning import understood
from nextvisit.intake.opt_out import opt_out
from nextvisit.intake.replies import Reply, receive_reply
from nextvisit.store.messages import conversations
from nextvisit.store.people import patients
from nextvisit.store.tasks import tasks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from nextvisit.domain.site import Site
    from nextvisit.sdk.addresses import AddressSpace
    from nextvisit.sdk.channels import ChannelCapabilities, InboundMessage
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.people.patients import PatientId


async def receive_message(
    tx: Tx, can: ChannelCapabilities, message: InboundMessage, *, ref: str, received_at: datetime, site: Site
) -> None:
    """`ref` names this message for good. Nobody known, or nothing open: a task for reception.

    can: what the channel is that it came in on; it knows who a sender is.
    received_at: when it reached us. It may be taken in on another day, and "tomorrow" is the writer's.
    """
    space = can.addresses.space
    sender = can.addresses.sender(message.sender, site.country)
    found = () if sender is None else await patients.find_by_address(tx, space, sender.value)
    if not found:
        await tasks.create(
            tx,
            queue=RECEPTION,
            reason=TaskReason.UNKNOWN_SENDER,
            dedupe=f"reply:{ref}",
            note=f"{message.sender}\n{message.text}",
        )
        return
    talk = await conversations.latest(tx, found, can.kind)
    written_at = received_at if message.at is None else min(message.at, received_at)
    meant = await understood(tx, message.text, talk, site, written_at)
    if talk is None and len(found) > 1:
        await _from_one_of_many(tx, found, space, message, intent=meant.intent, ref=ref)
        return
    patient = talk.patient_id if talk is not None else found[0]
    if meant.intent is Intent.OPT_OUT:
        await _silence(tx, [each for each in found if each != patient], space, ref)
    await receive_reply(
        tx,
        Reply(
            origin="reply",
            ref=ref,
            patient=patient,
            journey=None if talk is None else talk.open_journey,
            message=None if talk is None else talk.message_id,
            intent=meant.intent,
            text=message.text,
            choice=meant.choice,
            wanted=meant.wanted,
        ),
    )


async def _from_one_of_many(
    tx: Tx,
    found: Sequence[PatientId],
    space: AddressSpace,
    message: InboundMessage,
    *,
    intent: Intent,
    ref: str,
) -> None:
    """Several share the address and none was ever written to, so nobody can say who this is."""
    if intent is Intent.OPT_OUT:
        await _silence(tx, found, space, ref)
        return
    await tasks.create(
        tx,
        queue=RECEPTION,
        reason=TaskReason.SHARED_ADDRESS,
        dedupe=f"reply:{ref}",
        note=f"{message.sender}\n{message.text}",
    )


async def _silence(tx: Tx, sharing: Sequence[PatientId], space: AddressSpace, ref: str) -> None:
    """STOP comes from an address: whoever shares it is written to elsewhere, if at all."""
    for patient in sharing:
        await opt_out(
            tx,
            patient,
            spaces=(space,),
            origin="reply",
            origin_ref=f"inbox:{ref}:shared:{patient}",
        )
