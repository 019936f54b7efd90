"""Something that a patient wrote: who wrote it, to which conversation it belongs, what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nextvisit.domain.identity import Phone, Unusable, normalise_email, normalise_phone
from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.flow.engine.events import Intent
from nextvisit.intake.meaning import understood
from nextvisit.intake.opt_out import opt_out
from nextvisit.intake.replies import Reply, receive_reply
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.messages import conversations
from nextvisit.store.people import patients
from nextvisit.store.tasks import tasks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from nextvisit.domain.site import Site
    from nextvisit.sdk.channels import InboundMessage
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.people.patients import PatientId

_BY_PHONE = (ChannelKind.SMS, ChannelKind.VOICE, ChannelKind.WHATSAPP, ChannelKind.VIBER)
_BY_EMAIL = (ChannelKind.EMAIL,)


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A sender, normalised. `repr` shows nothing."""

    kind: Literal["phone", "email"]
    value: str

    @property
    def channels(self) -> tuple[ChannelKind, ...]:
        """The channels that reach it."""
        return _BY_PHONE if self.kind == "phone" else _BY_EMAIL


async def receive_message(
    tx: Tx, channel: ChannelKind, message: InboundMessage, *, ref: str, received_at: datetime, site: Site
) -> None:
    """`ref` names this message for good. Nobody known, or nothing open: a task for reception.

    received_at: when it reached us. It may be taken in on another day, and "tomorrow" is the writer's.
    """
    address = _address(channel, message.sender, site.country)
    found = () if address is None else await patients.find_by_contact(tx, address.kind, address.value)
    if address is None or not found:
        await tasks.create(
            tx,
            queue=RECEPTION,
            reason=TaskReason.UNKNOWN_SENDER,
            dedupe=f"reply:{ref}",
            note=f"{message.sender}\n{message.text}",
        )
        return
    talk = await conversations.latest(tx, found, channel)
    written_at = received_at if message.at is None else min(message.at, received_at)
    meant = await understood(tx, message.text, talk, site, written_at)
    if talk is None and len(found) > 1:
        await _from_one_of_many(tx, found, address, message, intent=meant.intent, ref=ref)
        return
    patient = talk.patient_id if talk is not None else found[0]
    if meant.intent is Intent.OPT_OUT:
        await _silence(tx, [each for each in found if each != patient], address, ref)
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
    address: Address,
    message: InboundMessage,
    *,
    intent: Intent,
    ref: str,
) -> None:
    """Several share the address and none was ever written to, so nobody can say who this is."""
    if intent is Intent.OPT_OUT:
        await _silence(tx, found, address, ref)
        return
    await tasks.create(
        tx,
        queue=RECEPTION,
        reason=TaskReason.SHARED_ADDRESS,
        dedupe=f"reply:{ref}",
        note=f"{message.sender}\n{message.text}",
    )


async def _silence(tx: Tx, sharing: Sequence[PatientId], address: Address, ref: str) -> None:
    """STOP comes from an address: whoever shares it is written to elsewhere, if at all."""
    for patient in sharing:
        await opt_out(
            tx,
            patient,
            channels=address.channels,
            origin="reply",
            origin_ref=f"inbox:{ref}:shared:{patient}",
        )


def _address(channel: ChannelKind, sender: str, region: str) -> Address | None:
    match channel:
        case ChannelKind.SMS | ChannelKind.VOICE | ChannelKind.WHATSAPP | ChannelKind.VIBER:
            # Messengers name a sender by its number without the plus.
            phone = normalise_phone(sender, region)
            if isinstance(phone, Unusable) and sender.isdecimal():
                phone = normalise_phone(f"+{sender}", region)
            return Address("phone", phone.e164) if isinstance(phone, Phone) else None
        case ChannelKind.EMAIL:
            email = normalise_email(sender)
            return None if isinstance(email, Unusable) else Address("email", email)
        case ChannelKind.TELEGRAM | ChannelKind.MAX | ChannelKind.WEBCHAT:
            return None  # an id that no MIS knows
