"""Whether an adapter can do what its plugin says, and says what it can do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nextvisit.sdk.capabilities import MisCapabilities, RecordKind, SlotsBy
from nextvisit.sdk.records import Appointment, Consent, Patient, RelatedPerson
from nextvisit.sdk.testing.suites.mis_peer import MisKit, MisPeer, changes_of
from nextvisit.sdk.testing.suites.verdict import lacks, place_of, require

_KINDS = {
    Patient: RecordKind.PATIENT,
    RelatedPerson: RecordKind.RELATED_PERSON,
    Appointment: RecordKind.APPOINTMENT,
    Consent: RecordKind.CONSENT,
}
_METHODS = {
    "lists": ("listing", "look_up"),
    "finds_slots_by": ("free_slots",),
    "books": ("book", "find_booking"),
    "cancels": ("cancel",),
}


class CapabilityTests(MisKit):
    """The plugin's `capabilities`."""

    @pytest.mark.anyio
    async def test_its_capabilities_are_those_of_its_ports(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            can = said(peer)
            for capability, methods in _METHODS.items():
                have = [name for name in methods if callable(getattr(adapter, name, None))]
                absent = [name for name in methods if name not in have]
                promised = bool(getattr(can, capability))
                require(
                    not (promised and absent),
                    f"its capabilities promise `{capability}`, and it has no {' and no '.join(absent)}",
                    where=f"{type(adapter).__name__}, capabilities.{capability}",
                    right="implement the port, or promise less: what the settings ask of it is judged by this",
                )
                require(
                    promised or not have,
                    f"it has {' and '.join(have)}, and its capabilities do not say `{capability}`",
                    where=f"{type(adapter).__name__}, capabilities.{capability}",
                    right="say what it can: what is not said is never asked of it",
                )

    @pytest.mark.anyio
    async def test_it_reads_what_its_capabilities_say(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            can = said(peer)
            told = {_KINDS[type(one)] for one in changes_of(await self.told(peer, by=adapter))}
            where = f"{type(adapter).__name__}, capabilities.reads"
            require(
                told <= can.reads,
                f"it tells of {', '.join(sorted(told - can.reads))}, and its capabilities do not say so",
                where=where,
                right="every kind of record that may ever come",
            )
            require(
                can.reads <= told,
                f"its capabilities promise {', '.join(sorted(can.reads - told))}, and a pull tells of none",
                where=where,
                right="read it, and let the peer have one; or promise less",
            )

    @pytest.mark.anyio
    async def test_free_slots_are_those_of_whom_was_asked_for(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if SlotsBy.PRACTITIONER not in said(peer).finds_slots_by:
                lacks("it looks for nobody's free times", "say `SlotsBy.PRACTITIONER` if the MIS can")
            if peer.wanted is None:
                lacks("the peer does not say when somebody may be booked", "give it `wanted`")
            where = place_of(adapter, "free_slots")
            everybody = await self.calls.ask(adapter, "free_slots", peer.wanted)
            known = [one.practitioner for one in everybody if one.practitioner is not None]
            require(
                len(set(known)) > 1,
                "free times are of one practitioner, or of nobody",
                where=where,
                right="`wanted` of the peer finds those of two, and Slot.practitioner says whose each is",
            )
            asked = replace(peer.wanted, practitioner=known[-1])
            theirs = await self.calls.ask(adapter, "free_slots", asked)
            require(
                theirs and all(one.practitioner == known[-1] for one in theirs),
                "asked for one practitioner's free times, it gives another's, or none",
                where=where,
                right="those of SlotQuery.practitioner alone: the patient is told whom the visit is with",
            )


def said(peer: MisPeer) -> MisCapabilities:
    """The plugin's; without them these tests are skipped."""
    if peer.capabilities is None:
        lacks("the peer does not say what its adapter can do", "give it `capabilities`, those of the plugin")
    return peer.capabilities
