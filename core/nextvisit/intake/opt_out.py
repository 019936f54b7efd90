"""Ending what is open with a patient who is gone or said stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nextvisit.flow.engine.events import PatientGone
from nextvisit.sdk.records import Purpose
from nextvisit.store.journeys import journey_events, journeys
from nextvisit.store.people import consents

if TYPE_CHECKING:
    from nextvisit.flow.engine.events import GoneReason
    from nextvisit.sdk.addresses import AddressSpace
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.people.patients import PatientId

INVITING = tuple(purpose for purpose in Purpose if purpose is not Purpose.SERVICE)
"""What STOP takes back: all but messages about the care that the patient is in."""


async def end_journeys(tx: Tx, patient: PatientId, reason: GoneReason) -> None:
    """Tell every open journey of the patient. Harmless when repeated."""
    for journey in await journeys.open_of_patient(tx, patient):
        await journey_events.tell(tx, journey, PatientGone(at=tx.now, reason=reason), f"gone:{reason}")


async def opt_out(
    tx: Tx, patient: PatientId, *, spaces: tuple[AddressSpace, ...], origin: str, origin_ref: str
) -> None:
    """Withdraw every inviting purpose. At all addresses (empty `spaces`) it also ends what is open.

    The one confirmation that the law allows is not sent from here: a send belongs to the ledger and the
    gate, and this transaction has to hold even when no channel works.
    """
    await consents.withdraw(
        tx, patient, purposes=INVITING, spaces=spaces, origin=origin, origin_ref=origin_ref
    )
    if not spaces:
        await end_journeys(tx, patient, "opted_out")
