"""Slots in which somebody has an appointment, whatever they say of themselves.

A clinic that books in one system and keeps its calendar in another leaves such slots free.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nextvisit.sdk.records import MisRef
from nextvisit_mis_fhir_r4.address import Address
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, items, reference

# https://hl7.org/fhir/R4/valueset-appointmentstatus.html: over, or not agreed on yet.
_LEAVE_ROOM: Final = ("cancelled", "entered-in-error", "noshow", "proposed", "waitlist")


def occupied(resources: Iterable[Json], address: Address) -> frozenset[MisRef]:
    """What the appointments among these stand in; one that cannot be read says nothing."""
    found: set[MisRef] = set()
    for each in resources:
        if each.get("resourceType") != "Appointment" or each.get("status") in _LEAVE_ROOM:
            continue
        try:
            refs = [reference(one, "Slot", address) for one in items(each.get("slot"))]
        except Unfit:
            continue
        found |= {ref for ref in refs if ref is not None}
    return frozenset(found)
