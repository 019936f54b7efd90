"""Something that a patient wrote: who wrote it, to which conversation it belongs, what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.flow.engine.events import Intent
from nextvisit.intake.meaning import understood
from nextvisit.intake.opt_out import opt_out
from nextvisit.intake.replies import Reply, receive_reply
from nextvisit.store.messages import conversations
from nextvisit.store.people import patients, related
from nextvisit.store.tasks import tasks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from nextvisit.domain.site import Site
    from nextvisit.sdk.addresses import AddressSpace
    from nextvisit.sdk.channels import ChannelCapabilities, InboundMessage
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.messages.conversations import LastMessage
    from nextvisit.store.people.identity import ContactDigest
    from nextvisit.store.people.patients import PatientId


async def receive_message(
    tx: Tx, can: ChannelCapabilities, message: InboundMessage, *, ref: str, received_at: datetime, site: Site
) -> None:
    """`ref` names this message for good. Nobody known, nothing open or nobody sure who it is: a task.

    can: what the channel is that it came in on; it knows who a sender is.
    received_at: when it reached us. It may be taken in on another day, and "tomorrow" is the writer's.
    """
    sender = can.addresses.sender(message.sender, site.country)
    address = None if sender is None else patients.address(tx, can.addresses.space, sender.value)
    known = () if sender is None else await _reached_at(tx, can.addresses.space, sender.value)
    written_to = () if address is None else await conversations.open_at(tx, address)
    talk = await conversations.latest(tx, written_to or known, can.kind)
    written_at = received_at if message.at is None else min(message.at, received_at)
    meant = await understood(tx, message.text, talk, site, written_at)
    if talk is None and not known:
        await _from_somebody(tx, message, address, TaskReason.UNKNOWN_SENDER, intent=meant.intent, ref=ref)
        return
    if _could_be_several(known, written_to, talk):
        await _from_somebody(tx, message, address, TaskReason.SHARED_ADDRESS, intent=meant.intent, ref=ref)
        return
    await receive_reply(
        tx,
        Reply(
            origin="reply",
            ref=ref,
            patient=known[0] if talk is None else talk.patient_id,
            address=address,
            journey=None if talk is None else talk.open_journey,
            message=None if talk is None else talk.message_id,
            intent=meant.intent,
            text=message.text,
            choice=meant.choice,
            wanted=meant.wanted,
        ),
    )


async def _reached_at(tx: Tx, space: AddressSpace, spelled: str) -> Sequence[PatientId]:
    """Who has this address, and for whom somebody who has it answers."""
    own = await patients.find_by_address(tx, space, spelled)
    return tuple(dict.fromkeys((*own, *await related.guarded_from(tx, space, spelled))))


def _could_be_several(
    known: Sequence[PatientId], written_to: Sequence[PatientId], talk: LastMessage | None
) -> bool:
    """Whether it fits several patients. A "1" books a visit, so whose it is must not be guessed."""
    if written_to:
        return len(written_to) > 1
    return len(known) > 1 and (talk is None or talk.open_journey is not None)


async def _from_somebody(
    tx: Tx,
    message: InboundMessage,
    address: ContactDigest | None,
    reason: TaskReason,
    *,
    intent: Intent,
    ref: str,
) -> None:
    """Nobody can say who this is. A STOP needs no name; everything else a person asks back.

    A STOP of somebody unknown is a task too: the MIS may have another number of theirs.
    """
    if intent is Intent.OPT_OUT and address is not None:
        await opt_out(tx, None, addresses=(address,), origin="reply", origin_ref=f"inbox:{ref}")
        if reason is TaskReason.SHARED_ADDRESS:
            return
    await tasks.create(
        tx,
        queue=RECEPTION,
        reason=TaskReason.URGENT if intent is Intent.URGENT else reason,
        dedupe=f"reply:{ref}",
        note=f"{message.sender}\n{message.text}",
    )
