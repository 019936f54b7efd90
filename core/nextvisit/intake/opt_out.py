"""Ending what is open with a patient who is gone or said stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nextvisit.flow.engine.events import PatientGone
from nextvisit.sdk.records import Purpose
from nextvisit.store.journeys import journey_events, journeys
from nextvisit.store.people import consents, patients

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nextvisit.flow.engine.events import GoneReason
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
    tx: Tx, patient: PatientId | None, *, address: ContactDigest | None, origin: str, origin_ref: str
) -> None:
    """Withdraw every inviting purpose at all addresses, and end what is open.

    It holds for whoever said it and for everybody known at the address that it came from, today or later:
    nobody can tell a second record of the same person from somebody else of the family. Of those, what
    belongs to the care that they are in goes on.

    patient: who said it, if that is known. The one confirmation that the law allows is not sent from here: a
    send belongs to the ledger and the gate, and this transaction has to hold even when no channel works.
    """
    await consents.withdraw(
        tx, patient, purposes=INVITING, address=address, origin=origin, origin_ref=origin_ref
    )
    if patient is not None:
        await end_journeys(tx, patient, "opted_out")
    others = () if address is None else await patients.known_at(tx, address)
    for other in others:
        if other == patient:
            continue
        ref = f"{origin_ref}:shared:{other}"
        await consents.withdraw(tx, other, purposes=INVITING, origin=origin, origin_ref=ref)
        await _end(tx, await journeys.open_of_patient(tx, other, INVITING), "opted_out")
