"""What of a record decides whether somebody is written to, and about what. No value of a patient is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nextvisit.sdk.records import (
    Appointment,
    Change,
    Condition,
    Consent,
    Coverage,
    MisEvent,
    Patient,
    PhoneCall,
    Procedure,
    ResultReady,
)
from nextvisit.sdk.testing.suites.mis_peer import changes_of

DEAD: Final = "a patient who is dead"
DENIED: Final = "a consent that says deny"
READY: Final = "a result that is ready"
NOTHING: Final = "a result that is not ready"
UNSAID: Final = "what says nothing of itself"
HARMLESS: Final = frozenset({DEAD, DENIED, UNSAID})
"""To stop too early is no guess that hurts."""


def decisions(records: Sequence[MisEvent]) -> dict[tuple[str, str], str]:
    """What decides whether somebody is written to, and about what, of each thing."""
    found: dict[tuple[str, str], str] = {}
    for one in changes_of(records):
        if (says := _decision(one)) is not None:
            found[one.ref, "" if isinstance(one, Patient) else getattr(one, "patient", "")] = says
    return found


def _decision(one: Change) -> str | None:
    match one:
        case Appointment(status=status):
            return f"a visit that is {status}"
        case Consent(decision=decision):
            return DENIED if decision == "deny" else "a consent that says permit"
        case Patient(deceased=deceased):
            return DEAD if deceased else "a patient who lives"
        case Condition(status=None) | Procedure(status=None) | Coverage(kind=None) | Coverage(active=False):
            return UNSAID
        case Condition(status=state) | Procedure(status=state) | Coverage(kind=state):
            return f"a {type(one).__name__} that is {state}"
        case ResultReady():
            return READY
        case PhoneCall(answered=answered):
            return "a call that was answered" if answered else "a call that was missed"
        case _:
            return None
