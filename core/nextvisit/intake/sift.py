"""What of an adapter's answer can be kept at all. What cannot costs itself and none of its neighbours.

An adapter is a plugin, and may lie about its types. What reaches the store is sound by the rules of
`sdk.soundness`, the ones that its kit has.

What is wrong is left as an `Unreadable` that names it as far as it can be named, and so holds its patient.
What stops us is read all the same, from as much of the record as is sound.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import fields, replace
from typing import Any, Final, TypeVar

from nextvisit.intake.parsed import Misfit
from nextvisit.sdk.records import (
    Appointment,
    AppointmentStatus,
    Consent,
    Detail,
    MisEvent,
    MisRef,
    Oddity,
    Patient,
    PullSoon,
    Purpose,
    Unreadable,
)
from nextvisit.sdk.soundness import Unsound, faults_of

Told = Callable[[Unsound], None]
"""Hears of each fault."""

FOREIGN: Final = Unsound(
    "",
    "foreign",
    "it gives something that is no record at all",
    "records, `Deleted`, `Unreadable`, `Oddity` and `PullSoon` of nextvisit.sdk.records",
)
_GONE: Final = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR})
Stopping = TypeVar("Stopping", Patient, Consent, Appointment)
_KEY: Final = frozenset({"ref", "version", "patient"})
"""Without these nobody can tell what a record is about."""


def unheard(fault: Unsound) -> None:
    """For callers who tell nobody."""
    del fault


def sifted(things: Sequence[MisEvent | Misfit], told: Told = unheard) -> list[MisEvent]:
    """Each as it is, or what is left of it. What is parked has the reason `record.` and the fault's code."""
    return [_sifted(thing, told) for thing in things]


def _sifted(thing: MisEvent | Misfit, told: Told) -> MisEvent:
    if isinstance(thing, Misfit):
        told(FOREIGN)
        return Unreadable(None, _reason(FOREIGN))
    faults = list(faults_of(thing))
    for fault in faults:
        told(fault)
    bars = [each for each in faults if each.bars]
    if not bars:
        return thing
    wrong = {each.field for each in bars}
    return _what_stops_us(thing, wrong) or _rest(thing, bars)


def _reason(fault: Unsound) -> str:
    return f"record.{fault.code}"


def _what_stops_us(thing: MisEvent, wrong: Collection[str]) -> MisEvent | None:
    """A record that says that nobody is written to, or that a visit is off, without what is wrong in it.

    Whoever is dead is so whatever the birth date. A refusal of which the extent is wrong is one of
    everything. None: it says nothing of the kind, or nobody can tell of what.
    """
    if not _KEY.isdisjoint(wrong):
        return None
    match thing:
        case Patient() if _is_stopped(thing, wrong):
            return _without(thing, wrong, _NOBODY)
        case Consent(decision="deny") if "decision" not in wrong:
            # Whether it is in force at all is not guessed.
            return None if "active" in wrong else _without(thing, wrong, _ALL_REFUSED)
        case Appointment(status=status) if "status" not in wrong and status in _GONE:
            return _without(thing, wrong, _NO_VISIT)
    return None


def _is_stopped(patient: Patient, wrong: Collection[str]) -> bool:
    says = {
        "active": patient.active is False,
        "deceased": patient.deceased is True,
        "test": patient.test is True,
        "restricted": patient.restricted is True,
        "replaced_by": patient.replaced_by is not None,
    }
    return any(stops and field not in wrong for field, stops in says.items())


_NOBODY: Final = Patient(MisRef("-"), "", None)
_ALL_REFUSED: Final = Consent(MisRef("-"), "", None, MisRef("-"), "deny", tuple(Purpose))
_NO_VISIT: Final = Appointment(MisRef("-"), "", None, MisRef("-"), AppointmentStatus.CANCELLED, None)


def _without(thing: Stopping, wrong: Collection[str], blank: Stopping) -> Stopping:
    changes: dict[str, Any] = {field: getattr(blank, field) for field in wrong}
    return replace(thing, **changes)


def _rest(thing: MisEvent, faults: Sequence[Unsound]) -> Unreadable | Oddity | PullSoon:
    if isinstance(thing, PullSoon):
        return thing
    wrong = {each.field for each in faults}
    ref = None if "ref" in wrong else thing.ref
    if isinstance(thing, Oddity):
        return Oddity(ref, _reason(faults[0]))
    patient = ref if isinstance(thing, Patient) else None
    if isinstance(thing, Consent | Unreadable | Detail) and "patient" not in wrong:
        patient = getattr(thing, "patient", None)
    known = {each.name for each in fields(thing)} & {"version", "updated_at"} - wrong
    dated: dict[str, Any] = {field: getattr(thing, field) for field in known}
    holds = not isinstance(thing, Detail) and getattr(thing, "holds", True) is not False
    return Unreadable(ref=ref, reason=_reason(faults[0]), patient=patient, holds=holds, **dated)
