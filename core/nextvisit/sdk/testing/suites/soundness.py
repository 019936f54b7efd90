"""Whether a record is one at all, and whether it is the one that was expected. No value of a patient is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, Final

from nextvisit.sdk.records import (
    Appointment,
    AppointmentStatus,
    Change,
    Consent,
    MisEvent,
    Oddity,
    Patient,
    Purpose,
    RelatedPerson,
    Unreadable,
)

CODE: Final = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]+)*")
_BIRTH_DATE: Final = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
# What says nothing of who somebody is.
_SHOWN: Final = frozenset(
    {"status", "start", "end", "active", "deceased", "test", "restricted", "decision", "purposes", "channels"}
    | {"stay", "specialty", "guardian", "starts", "ends", "given_at", "starts_at", "expires_at", "updated_at"}
)

Fault = tuple[str, str]
"""What is wrong, and what right looks like."""


def faults_of(record: MisEvent) -> Iterator[Fault]:
    """What no record may be."""
    kind = type(record).__name__
    for path in naive_instants(record):
        yield (
            f"{kind}.{path} has no zone",
            "every instant is aware: read it in the zone of the settings, by zoneinfo",
        )
    if isinstance(record, Patient | RelatedPerson | Appointment | Consent):
        yield from _faults_of_change(record)
    if isinstance(record, Unreadable) and not CODE.fullmatch(record.reason):
        yield (
            "Unreadable.reason is no code",
            "lower-case words with dots, `start.malformed`; it quotes nothing",
        )
    if isinstance(record, Oddity) and not CODE.fullmatch(record.code):
        yield (
            "Oddity.code is no code",
            "lower-case words with dots, `birth_date.malformed`; it quotes nothing",
        )


def _faults_of_change(record: Change) -> Iterator[Fault]:
    kind = type(record).__name__
    if not record.ref.strip():
        yield f"{kind}.ref is empty", "the MIS's own id of the thing; what has none is Unreadable"
    if not record.version:
        yield (
            f"{kind}.version is empty",
            "what the MIS calls this version; a digest of what the thing says, if it does not",
        )
    match record:
        case Patient():
            yield from _faults_of_patient(record)
        case Appointment():
            yield from _faults_of_visit(record)
        case Consent():
            yield from _faults_of_consent(record)
    if not isinstance(record, Patient) and not record.patient:
        yield f"{kind}.patient is empty", "whose it is; what belongs to nobody is Unreadable"


def _faults_of_patient(record: Patient) -> Iterator[Fault]:
    if record.birth_date is not None and not _BIRTH_DATE.fullmatch(record.birth_date):
        yield "Patient.birth_date is no date", "YYYY, YYYY-MM or YYYY-MM-DD; anything else is an Oddity"
    if record.sex not in {"female", "male", "other", "unknown"}:
        yield "Patient.sex is no known word", "female, male, other or unknown"


def _faults_of_visit(record: Appointment) -> Iterator[Fault]:
    if record.status not in set(AppointmentStatus):
        yield (
            "Appointment.status is no AppointmentStatus",
            "map the MIS's words; an unknown one is Unreadable",
        )
    if record.start and record.end and not naive_instants(record) and record.end < record.start:
        yield "Appointment ends before it begins", "start and end as the MIS says them"


def _faults_of_consent(record: Consent) -> Iterator[Fault]:
    if record.decision not in {"permit", "deny"}:
        yield "Consent.decision is no known word", "permit or deny; anything else is Unreadable"
    if not set(record.purposes) <= set(Purpose):
        yield "Consent.purposes holds no Purpose", "map the MIS's words to nextvisit.sdk.records.Purpose"


def naive_instants(thing: Any, path: str = "") -> list[str]:
    """Where in it an instant has no zone."""
    if isinstance(thing, datetime):
        return [path] if thing.utcoffset() is None else []
    if isinstance(thing, tuple | list):
        return [found for each in thing for found in naive_instants(each, path)]
    if is_dataclass(thing):
        return [
            found
            for each in fields(thing)
            for found in naive_instants(
                getattr(thing, each.name), f"{path}.{each.name}" if path else each.name
            )
        ]
    return []


def differences(wanted: Any, found: Any) -> list[str]:
    """In which fields two things of one type differ; values only where they say nothing of a patient."""
    told = []
    for each in fields(wanted):
        want, have = getattr(wanted, each.name), getattr(found, each.name)
        if (
            (each.name == "version" and not want)
            or (each.name == "updated_at" and want is None)
            or want == have
        ):
            continue
        told.append(
            f"{each.name} is {have!s} instead of {want!s}" if each.name in _SHOWN else f"{each.name} differs"
        )
    return told
