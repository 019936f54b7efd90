"""Ending what is open with a patient who is gone or said stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nextvisit.flow.engine.events import PatientGone
from nextvisit.sdk.records import Purpose
from nextvisit.store.journeys import journey_events, journeys
from nextvisit.store.messages import conversations
from nextvisit.store.people import consents, kinship, patients, related

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from nextvisit.flow.engine.events import GoneReason
    from nextvisit.sdk.addresses import AddressSpace
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.base.ids import JourneyId
    from nextvisit.store.people.identity import ContactDigest
    from nextvisit.store.people.patients import PatientId

INVITING = tuple(purpose for purpose in Purpose if purpose is not Purpose.SERVICE)
"""What STOP takes back: all but messages about the care that the patient is in."""


async def end_journeys(tx: Tx, patient: PatientId, reason: GoneReason) -> None:
    """Tell every open journey of the patient. Harmless when repeated."""
    await _end(tx, await journeys.open_of_patient(tx, patient), reason)


async def _end(tx: Tx, those: Sequence[JourneyId], reason: GoneReason) -> None:
    for journey in those:
        await journey_events.tell(tx, journey, PatientGone(at=tx.now, reason=reason), f"gone:{reason}")


async def opt_out(
    tx: Tx, patient: PatientId | None, *, addresses: Sequence[ContactDigest], origin: str, origin_ref: str
) -> None:
    """Withdraw every inviting purpose at all addresses, and end all that is open with who said it.

    The one confirmation that the law allows is an auto-reply, and this transaction does not wait for it: it
    has to hold even when no channel works.
    """
    refusal = Refusal(INVITING, origin=origin, origin_ref=origin_ref, addresses=addresses)
    await refuse(tx, patient, refusal)
    if patient is not None:
        await end_journeys(tx, patient, "opted_out")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is not wanted any more; no spaces: at no address.

    addresses: where it was said, or is known to hold.
    """

    purposes: Collection[Purpose]
    origin: str
    origin_ref: str
    spaces: Sequence[AddressSpace] = ()
    addresses: Sequence[ContactDigest] = ()


async def refuse(tx: Tx, patient: PatientId | None, refusal: Refusal) -> None:
    """Keep a refusal, and end the journeys that are for nothing else.

    It holds for whoever said it and for everybody who was, is or will be known at its addresses: nobody can
    tell a second record of the same person from somebody else of the family.

    patient: who said it, if that is known.
    """
    first, *more = refusal.addresses or (None,)
    await _keep(tx, patient, refusal, refusal.origin_ref, first)
    for number, address in enumerate(more):
        await _keep(tx, None, refusal, f"{refusal.origin_ref}:at:{number}", address)
    known = [each for address in refusal.addresses for each in await _of_address(tx, address)]
    others = [each for each in dict.fromkeys(known) if each != patient]
    for other in others:
        await _keep(tx, other, refusal, f"{refusal.origin_ref}:shared:{other}")
    if refusal.spaces:
        return  # what is left to do elsewhere is the gate's business
    said = (*others, *(() if patient is None else (patient,)))
    silent = [each for one in said for each in await kinship.of(tx, one)]
    # A guardian was written to about these.
    silent += [each for address in refusal.addresses for each in await conversations.open_at(tx, address)]
    for each in dict.fromkeys(silent):
        await _end(tx, await journeys.open_of_patient(tx, each, refusal.purposes), "opted_out")


async def _of_address(tx: Tx, address: ContactDigest) -> Sequence[PatientId]:
    """Whose it is or was; where nobody knows, whom we wrote to there: it is their answer."""
    theirs = await patients.ever_known_at(tx, address)
    if theirs or await related.guarded_from(tx, address):
        return theirs
    return await conversations.ever_at(tx, address)


async def _keep(
    tx: Tx, patient: PatientId | None, refusal: Refusal, ref: str, address: ContactDigest | None = None
) -> None:
    await consents.withdraw(
        tx,
        patient,
        purposes=refusal.purposes,
        spaces=refusal.spaces,
        address=address,
        origin=refusal.origin,
        origin_ref=ref,
    )
