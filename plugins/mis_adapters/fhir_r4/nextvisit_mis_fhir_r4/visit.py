"""FHIR Appointment and Encounter → Appointment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nextvisit.sdk.records import Appointment, AppointmentStatus, MisRef, Specialty
from nextvisit_mis_fhir_r4.primitives import (
    Json,
    Unfit,
    codings,
    earliest,
    items,
    node,
    ref_of,
    reference,
    text,
    version_of,
)

_APPOINTMENT: Final = {status.value: status for status in AppointmentStatus}

# https://hl7.org/fhir/R4/valueset-encounter-status.html; `unknown` has no counterpart.
_ENCOUNTER: Final = {
    "planned": AppointmentStatus.BOOKED,
    "arrived": AppointmentStatus.ARRIVED,
    "triaged": AppointmentStatus.ARRIVED,
    "in-progress": AppointmentStatus.ARRIVED,
    "onleave": AppointmentStatus.ARRIVED,
    "finished": AppointmentStatus.FULFILLED,
    "cancelled": AppointmentStatus.CANCELLED,
    "entered-in-error": AppointmentStatus.ENTERED_IN_ERROR,
}


@dataclass(frozen=True, slots=True)
class VisitWords:
    """What the settings say about codes and references."""

    base: str
    booking_system: str
    specialties: Mapping[str, Specialty]
    default_specialty: Specialty | None

    def specialty(self, *concepts: Any) -> Specialty | None:
        """The specialty of the first coding that we know."""
        for system, code in codings(*(concept for concept in concepts if concept is not None)):
            known = self.specialties.get(f"{system}|{code}")
            if known is not None:
                return known
        return self.default_specialty


def read_appointment(resource: Json, words: VisitWords) -> Appointment:
    """One Appointment. Raises Unfit."""
    version, updated = version_of(resource)
    status = _APPOINTMENT.get(text(resource.get("status")))
    if status is None:
        raise Unfit("status.unknown")
    actors = [node(part).get("actor") for part in items(resource.get("participant"))]
    patient = _first(actors, "Patient", words.base)
    if patient is None:
        raise Unfit("patient.missing")
    return Appointment(
        ref=ref_of(resource, "Appointment"),
        version=version,
        updated_at=updated,
        patient=patient,
        status=status,
        start=earliest(resource.get("start")),
        end=earliest(resource.get("end")),
        specialty=words.specialty(resource.get("specialty"), resource.get("serviceType")),
        practitioner=_first(actors, "Practitioner", words.base),
        booking=booking_of(resource, words.booking_system),
    )


def read_encounter(resource: Json, words: VisitWords) -> Appointment | None:
    """One Encounter; None when it came of an Appointment, which tells of the visit itself."""
    if any(node(one).get("reference") for one in items(resource.get("appointment"))):
        return None
    version, updated = version_of(resource)
    status = _ENCOUNTER.get(text(resource.get("status")))
    if status is None:
        raise Unfit("status.unknown")
    patient = reference(resource.get("subject"), "Patient", words.base)
    if patient is None:
        raise Unfit("patient.missing")
    period = node(resource.get("period"))
    people = [node(part).get("individual") for part in items(resource.get("participant"))]
    return Appointment(
        ref=ref_of(resource, "Encounter"),
        version=version,
        updated_at=updated,
        patient=patient,
        status=status,
        start=earliest(period.get("start")),
        end=earliest(period.get("end")),
        specialty=words.specialty(resource.get("serviceType"), resource.get("type")),
        practitioner=_first(people, "Practitioner", words.base),
    )


def booking_of(resource: Json, system: str) -> str | None:
    """Our booking id, when the appointment carries one."""
    for one in items(resource.get("identifier")):
        part = node(one)
        if part.get("system") == system:
            return text(part.get("value")) or None
    return None


def _first(references: list[Any], kind: str, base: str) -> MisRef | None:
    """The first reference to this kind. A foreign room or device among them spoils nothing."""
    for one in references:
        raw = text(node(one).get("reference"))
        named = f"{kind}/" in raw or (raw.startswith("urn:uuid:") and node(one).get("type") == kind)
        found = reference(one, kind, base) if named else None
        if found is not None:
            return found
    return None
