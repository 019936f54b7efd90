"""What is written back at once to what came in on a channel; a worker sends it (decision 0026)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nextvisit.domain.auto_reply import (
    EMERGENCY_AGAIN,
    SENSE_FOR,
    AutoReplyKind,
    language_to_answer_in,
)
from nextvisit.intake.deliveries import tell_journey
from nextvisit.sdk.records import Purpose
from nextvisit.sdk.replies import Intent
from nextvisit.store.booking import offers
from nextvisit.store.journeys import journey_events
from nextvisit.store.messages import auto_replies, ledger, replies
from nextvisit.store.messages.auto_replies import Owed
from nextvisit.store.people import patients
from nextvisit.understanding.model import MISSING

if TYPE_CHECKING:
    from datetime import datetime

    from nextvisit.domain.site import Site
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.messages.auto_replies import WayBack
    from nextvisit.store.messages.conversations import LastMessage
    from nextvisit.store.people.patients import PatientId
    from nextvisit.understanding.model import Understood


@dataclass(frozen=True, slots=True)
class Writing:
    """Words that came in. `repr` shows no text.

    ref: names them for good. at: when they reached us; what a provider says of that may be hours off.
    back: None when nothing can be written there.
    patient, talk: who said it and what it answers; None where nobody can tell.
    """

    ref: str
    at: datetime
    text: str
    back: WayBack | None
    patient: PatientId | None = None
    talk: LastMessage | None = None

    def __repr__(self) -> str:
        return f"Writing(ref={self.ref!r})"


async def give_emergency_number(tx: Tx, said: Writing, site: Site) -> None:
    """Whom to call, whoever it is that may need help. Once per address and hour."""
    kind = AutoReplyKind.EMERGENCY
    if said.back is None or await auto_replies.since(tx, kind, said.back.address, tx.now - EMERGENCY_AGAIN):
        return
    await auto_replies.plan(tx, await _owed(tx, kind, said, said.back, site))


async def confirm_stop(tx: Tx, said: Writing, site: Site) -> None:
    """That a STOP was heard, where the site's settings say so. Once, until somebody writes there again."""
    if not site.confirm_stop or said.back is None:
        return
    if await auto_replies.confirmed_since_written_to(tx, said.back.address):
        return
    await auto_replies.plan(tx, await _owed(tx, AutoReplyKind.STOP_CONFIRMED, said, said.back, site))


async def ask_back(tx: Tx, said: Writing, meant: Understood, site: Site) -> bool:
    """Whether the slot that is probably meant is asked about; then the journey hears of nothing.

    False: a person reads it. It is asked once for an offer, and only while that can be answered.
    """
    talk, kind = said.talk, AutoReplyKind.ASK_BACK
    if meant.intent is not Intent.UNCLEAR or meant.choice is None or MISSING in said.text:
        return False
    if talk is None or talk.open_journey is None or said.back is None or said.patient is None:
        return False
    offer = await offers.open_offer(tx, talk.open_journey)
    if offer is None or not 1 <= meant.choice <= len(offer.slots):
        return False
    if offer.slots[meant.choice - 1].start <= tx.now or said.at + SENSE_FOR[kind] <= tx.now:
        return False
    if await journey_events.is_overtaken(tx, talk.open_journey, said.ref):
        return False
    message = await ledger.get(tx, talk.message_id)
    asked = Owed(
        kind=kind,
        ref=str(offer.id),
        said_ref=said.ref,
        said_at=said.at,
        back=said.back,
        language=_language(said, site),
        purpose=message.purpose,
        patient=said.patient,
        journey=talk.open_journey,
        campaign=message.campaign,
        offer=offer.id,
        choice=meant.choice,
    )
    if not await auto_replies.plan(tx, asked):
        return False
    await replies.keep(tx, talk.open_journey, said.patient, ref=said.ref, text=said.text)
    await tell_journey(tx, await ledger.replied(tx, talk.message_id))
    return True


async def _owed(tx: Tx, kind: AutoReplyKind, said: Writing, back: WayBack, site: Site) -> Owed:
    """About the care of whoever wrote, so its purpose is service, whatever it answers."""
    message = (
        None if said.talk is None or said.patient is None else await ledger.get(tx, said.talk.message_id)
    )
    spoken = None if said.patient is None else await patients.language(tx, said.patient)
    return Owed(
        kind=kind,
        ref=said.ref,
        said_ref=said.ref,
        said_at=said.at,
        back=back,
        language=_language(said, site, spoken),
        purpose=Purpose.SERVICE,
        patient=said.patient,
        journey=None if message is None else message.journey_id,
        campaign=None if message is None else message.campaign,
    )


def _language(said: Writing, site: Site, spoken: str | None = None) -> str:
    written = None if said.talk is None else said.talk.language
    return language_to_answer_in(said.text, written, spoken, *site.languages)
