"""Something that a patient wrote: who wrote it, to which conversation it belongs, what it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

import structlog

from nextvisit.domain.reply_holds import HOLDING, UNTIL_READ
from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.intake.auto_replies import Writing, ask_back, confirm_stop, give_emergency_number
from nextvisit.intake.meaning import understood
from nextvisit.intake.opt_out import opt_out
from nextvisit.intake.replies import Reply, receive_reply
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.replies import Intent
from nextvisit.store.messages import conversations, heard
from nextvisit.store.messages.auto_replies import WayBack
from nextvisit.store.people import patients, related, reply_holds
from nextvisit.store.tasks import tasks
from nextvisit.understanding.model import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from nextvisit.domain.connections import Connection
    from nextvisit.domain.site import Site
    from nextvisit.intake.meaning import ReplyReading
    from nextvisit.sdk.addresses import AddressSpace
    from nextvisit.sdk.channels import ChannelCapabilities, InboundMessage
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.base.ids import TaskId
    from nextvisit.store.messages.conversations import LastMessage
    from nextvisit.store.people.identity import ContactDigest
    from nextvisit.store.people.patients import PatientId
    from nextvisit.understanding.model import Understood

log = structlog.get_logger()


async def receive_message(
    tx: Tx,
    came_in_on: Connection,
    message: InboundMessage,
    *,
    ref: str,
    received_at: datetime,
    site: Site,
    reading: ReplyReading,
) -> PatientId | None:
    """`ref` names this message for good. Nobody known, nothing open or nobody sure who it is: a task.

    Returns who wrote it, if that is sure.

    came_in_on: its channel knows who a sender is.
    received_at: when it reached us. It may be taken in on another day, and "tomorrow" is the writer's.
    reading: how the site reads.
    """
    can = came_in_on.can
    if message.provider_ref is not None and not await heard.for_the_first_time(
        tx,
        came_in_on.slug,
        sender=message.sender,
        text=message.text,
        provider_ref=message.provider_ref,
        at=message.at,
        said_ref=ref,
    ):
        log.info("inbound.repeated", origin=came_in_on.slug, inbox=ref)
        return None
    sender = await _whoever(tx, can, message.sender, site.country)
    talk = await conversations.latest(tx, sender.written_to or sender.known, can.kind)
    written_at = received_at if message.at is None else min(message.at, received_at)
    if len(sender.addresses) == 1 and (can.session is not None or message.provider_ref is not None):
        await heard.hear(
            tx,
            came_in_on.slug,
            sender.addresses[0],
            at=written_at,
            said_ref=ref,
            provider_ref=message.provider_ref,
        )
    meant = await understood(tx, message.text, talk, site, written_at, reading=reading)
    patient = _who(sender, talk)
    said = Writing(ref, received_at, message.text, sender.way_back(came_in_on), patient, talk)
    if meant.intent is Intent.URGENT:
        await give_emergency_number(tx, said, site)
    if patient is None:
        unknown = talk is None and not sender.known
        reason = TaskReason.UNKNOWN_SENDER if unknown else TaskReason.SHARED_ADDRESS
        await _from_somebody(tx, message, sender, reason, meant=meant, ref=ref)
    elif not await ask_back(tx, said, meant, site):
        await _from_patient(tx, message, sender, meant, said)
    if meant.intent is Intent.OPT_OUT:
        await confirm_stop(tx, said, site)
    return patient


async def _from_patient(
    tx: Tx, message: InboundMessage, sender: _Sender, meant: Understood, said: Writing
) -> None:
    if said.patient is None:
        raise Bug("inbound.nobody", f"reply {said.ref} is nobody's")
    if meant.intent is Intent.OPT_OUT and MISSING in message.text:
        await _hand_over(tx, message, TaskReason.UNCLEAR, ref=said.ref, patient=said.patient)
    await receive_reply(
        tx,
        Reply(
            origin="reply",
            ref=said.ref,
            patient=said.patient,
            addresses=sender.addresses,
            journey=None if said.talk is None else said.talk.open_journey,
            message=None if said.talk is None else said.talk.message_id,
            intent=meant.intent,
            text=message.text,
            choice=meant.choice,
            wanted=meant.wanted,
            stops=meant.stops,
            late=said.talk is not None and await conversations.answers_an_earlier(tx, said.talk, message.at),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Sender:
    """Whoever wrote, or nobody. addresses: several where nothing tells which of them is theirs.

    spelled: each of the addresses, as its channel spells it.
    known: who is reached there. written_to: those of them, or others, with whom a conversation there is open.
    """

    addresses: tuple[ContactDigest, ...] = ()
    spelled: tuple[str, ...] = field(default=(), repr=False)
    known: tuple[PatientId, ...] = ()
    written_to: tuple[PatientId, ...] = ()

    def or_(self, other: _Sender) -> _Sender:
        """Either of them."""
        return _Sender(
            self.addresses + other.addresses,
            self.spelled + other.spelled,
            tuple(dict.fromkeys(self.known + other.known)),
            tuple(dict.fromkeys(self.written_to + other.written_to)),
        )

    def way_back(self, came_in_on: Connection) -> WayBack | None:
        """To the likeliest of the addresses; None where none can be read."""
        if not self.addresses:
            return None
        return WayBack(came_in_on.slug, came_in_on.can.kind, self.spelled[0], self.addresses[0])


async def _whoever(tx: Tx, can: ChannelCapabilities, raw: str, country: str) -> _Sender:
    """Of the addresses that this may be, those at which somebody is known; all of them where nobody is."""
    space = can.addresses.space
    read = [await _at(tx, space, each.value) for each in can.addresses.senders(raw, country)]
    here = [each for each in read if each.known or each.written_to]
    return reduce(_Sender.or_, here or read, _Sender())


async def _at(tx: Tx, space: AddressSpace, spelled: str) -> _Sender:
    address = patients.address(tx, space, spelled)
    written_to = tuple(await conversations.open_at(tx, address))
    return _Sender((address,), (spelled,), tuple(await _reached_at(tx, address)), written_to)


async def _reached_at(tx: Tx, address: ContactDigest) -> Sequence[PatientId]:
    """Who has this address, and for whom somebody who has it answers; of several, the living."""
    known = {*await patients.known_at(tx, address), *await related.guarded_from(tx, address)}
    return await patients.living(tx, known) or tuple(sorted(known))


def _who(sender: _Sender, talk: LastMessage | None) -> PatientId | None:
    """None: nobody who is known, or one of several."""
    if _could_be_several(sender, talk):
        return None
    if talk is not None:
        return talk.patient_id
    return sender.known[0] if sender.known else None


def _could_be_several(sender: _Sender, talk: LastMessage | None) -> bool:
    """Whether it fits several patients. A "1" books a visit, so whose it is must not be guessed."""
    if sender.written_to:
        return len(sender.written_to) > 1
    return len(sender.known) > 1 and (talk is None or talk.open_journey is not None)


async def _from_somebody(
    tx: Tx,
    message: InboundMessage,
    sender: _Sender,
    reason: TaskReason,
    *,
    meant: Understood,
    ref: str,
) -> None:
    """Nobody can say who this is. A STOP needs no name; everything else a person asks back.

    A STOP of somebody unknown is a task too: the MIS may have another number of theirs. What holds a patient
    holds everybody who may have written it.
    """
    intent = meant.intent
    if (intent is Intent.OPT_OUT or meant.stops) and sender.addresses:
        await opt_out(tx, None, addresses=sender.addresses, origin="reply", origin_ref=f"inbox:{ref}")
        if intent is Intent.OPT_OUT and reason is TaskReason.SHARED_ADDRESS and MISSING not in message.text:
            return
    known = TaskReason(intent) if intent in UNTIL_READ else reason
    task = await _hand_over(tx, message, known, ref=ref)
    if intent in HOLDING:
        for patient in dict.fromkeys(sender.known + sender.written_to):
            await reply_holds.put(tx, patient, intent, ref=ref, journey=None, task=task)


async def _hand_over(
    tx: Tx, message: InboundMessage, reason: TaskReason, *, ref: str, patient: PatientId | None = None
) -> TaskId:
    """A person reads it. Of a STOP that is not all there, too: the rest may have said something else."""
    note = message.text if patient is not None else f"{message.sender}\n{message.text}"
    return await tasks.create(
        tx, queue=RECEPTION, reason=reason, dedupe=f"reply:{ref}", patient_id=patient, note=note
    )
