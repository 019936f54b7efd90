"""FHIR Appointment and Encounter → Appointment, one for each patient."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from nextvisit.sdk.records import (
    Appointment,
    AppointmentStatus,
    Deleted,
    Identifier,
    MisRef,
    ServiceType,
    Specialty,
)
from nextvisit_mis_fhir_r4.address import Address
from nextvisit_mis_fhir_r4.modifiers import must_be_plain
from nextvisit_mis_fhir_r4.primitives import (
    Json,
    Unfit,
    codings,
    earliest,
    items,
    latest,
    node,
    reference,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from nextvisit_mis_fhir_r4.oddities import Oddities
    from nextvisit_mis_fhir_r4.stamp import Stamp
    from nextvisit_mis_fhir_r4.words import Words

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
# https://hl7.org/fhir/R4/v3/ActEncounterCode/vs.html: inpatient (acute, non-acute), observation, short stay,
# emergency. Ambulatory, home health, field, virtual and pre-admission are visits.
_STAYS: Final = {"IMP", "ACUTE", "NONAC", "OBSENC", "SS", "EMER"}
# Somebody who said no, or is only told of it (https://hl7.org/fhir/R4/valueset-participantrequired.html).
_AWAY: Final = {"status": "declined", "required": "information-only"}
_TAIL: Final = re.compile(r".*/(?=Patient/)")
_GONE: Final = {AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR}


def read_appointment(
    resource: Json, stamp: Stamp, words: Words, roles: Mapping[str, Json], odd: Oddities
) -> Iterator[Appointment | Deleted]:
    """One for each patient; for whom it is none, it is cancelled. One of nobody is no visit. Raises Unfit."""
    status = _APPOINTMENT.get(text(resource.get("status")))
    if status is None:
        raise Unfit("status.unknown")
    must_be_plain(resource)
    participants = [node(part) for part in items(resource.get("participant"))]
    patients = _patients(participants, words.base, odd)
    if not patients:
        if not _all_others(participants):
            raise Unfit("patient.missing")
        odd.note("appointment.no_patient")
        yield Deleted(stamp.ref)
    start = odd.time("start", earliest, resource.get("start"))
    end = odd.time("end", earliest, resource.get("end"))
    specialty = _specialty(words, odd, resource.get("specialty"), resource.get("serviceType"))
    if not odd.spared("specialty", words.specialties_of, resource.get("specialty")):
        odd.unknown("specialty.unknown", resource.get("specialty"))
    actors = [part.get("actor") for part in participants]
    practitioner = _practitioner(actors, resource, words, roles, odd)
    service_type = read_service_type(resource.get("serviceType"), words, odd)
    booking = odd.spared("identifier", booking_of, resource, words.booking_system)
    for patient, comes in patients.items():
        yield Appointment(
            ref=stamp.ref,
            version=stamp.version,
            updated_at=stamp.updated_at,
            patient=patient,
            status=status if comes or status in _GONE else AppointmentStatus.CANCELLED,
            start=start,
            end=end,
            specialty=specialty,
            practitioner=practitioner,
            booking=booking,
            service=_first("service", "HealthcareService", actors, words.base, odd),
            service_type=service_type,
            location=_first("location", "Location", actors, words.base, odd),
        )


def read_encounter(
    resource: Json, stamp: Stamp, words: Words, roles: Mapping[str, Json], odd: Oddities
) -> Iterator[Appointment | Deleted]:
    """One, or none when it is not about a patient. Raises Unfit."""
    status = _ENCOUNTER.get(text(resource.get("status")))
    if status is None:
        raise Unfit("status.unknown")
    must_be_plain(resource)
    patient = reference(resource.get("subject"), "Patient", words.base)
    if patient is None:
        if not text(node(resource.get("subject")).get("reference")).startswith("Group/"):
            raise Unfit("patient.missing")
        odd.note("encounter.no_patient")
        yield Deleted(stamp.ref)
        return
    start, end = _when(resource, status, stamp, odd)
    participants = [odd.spared("practitioner", node, one) or {} for one in _listed(resource, odd)]
    yield Appointment(
        ref=stamp.ref,
        version=stamp.version,
        updated_at=stamp.updated_at,
        patient=patient,
        status=status,
        start=start,
        end=end,
        specialty=_specialty(words, odd, resource.get("serviceType"), resource.get("type")),
        practitioner=_practitioner(
            [_individual(part.get("individual")) for part in participants], resource, words, roles, odd
        ),
        stay=odd.spared("class", _is_stay, resource.get("class")) or False,
        appointment=_came_of(resource.get("appointment"), words.base, odd),
        service_type=read_service_type(resource.get("serviceType"), words, odd),
        location=_first("location", "Location", _places(resource, odd), words.base, odd),
    )


def patients_of(resource: Json, base: Address) -> list[MisRef]:
    """Whom a resource that cannot be read is about, as far as that can. Raises nothing."""
    found: list[MisRef] = []
    for place in _about(resource):
        try:
            patient = reference(place, "Patient", base)
        except Unfit:
            # Another server's, or ours by a name that nobody has set: who is held for nothing is only held.
            patient = _by_its_tail(place, base)
        if patient is not None and patient not in found:
            found.append(patient)
    return found


def _by_its_tail(place: Json, base: Address) -> MisRef | None:
    """None, too, of a reference that is no text that anybody could keep."""
    try:
        return reference({"reference": _TAIL.sub("", place["reference"])}, "Patient", base)
    except (Unfit, TypeError, KeyError):
        return None


def identifiers_of(resource: Json) -> tuple[Identifier, ...]:
    """Of whom such a resource is about, where it says so by identifiers. Raises nothing."""
    found: dict[Identifier, None] = {}
    for place in _about(resource):
        try:
            part = node(place["identifier"])
            one = Identifier(system=text(part.get("system")), value=text(part.get("value")))
        except (Unfit, KeyError):
            continue
        if one.value:
            found[one] = None
    return tuple(found)


def _about(resource: Json) -> list[Json]:
    participants = resource.get("participant")
    parts = participants if isinstance(participants, list) else []
    actors = [one.get("actor") for one in parts if isinstance(one, dict)]
    places = [resource.get("subject"), resource.get("patient"), resource.get("beneficiary"), *actors]
    return [each for each in places if isinstance(each, dict)]


def booking_of(resource: Json, system: str) -> str | None:
    """Our booking id, when the appointment carries one."""
    for one in items(resource.get("identifier")):
        part = node(one)
        if part.get("system") == system:
            return text(part.get("value")) or None
    return None


def _patients(participants: list[Json], base: Address, odd: Oddities) -> dict[MisRef, bool]:
    """Every patient, and whether the visit is theirs. Who is named twice comes if either says so."""
    found: dict[MisRef, bool] = {}
    for part in participants:
        patient = odd.spared("participant", reference, part.get("actor"), "Patient", base)
        if patient is not None:
            away = any(part.get(element) == code for element, code in _AWAY.items())
            found[patient] = found.get(patient, False) or not away
    return found


def _all_others(participants: list[Json]) -> bool:
    """Whether everybody is surely somebody else than a patient."""
    named = [part.get("actor") for part in participants]
    references = [one.get("reference") if isinstance(one, dict) else None for one in named]
    return all(
        type(one) is str and "/" in one and not one.startswith("urn:") and "Patient/" not in one
        for one in references
    )


def _specialty(words: Words, odd: Oddities, *places: Any) -> Specialty | None:
    known = odd.spared("specialty", lambda them: words.specialty(*them), places)
    return known or words.default_specialty


def read_service_type(said: Any, words: Words, odd: Oddities) -> ServiceType | None:
    """What is done, by the site's catalogue. A code that names a specialty may stand there, too."""
    known = odd.spared("service", words.service_type, said)
    if known is None and not odd.spared("service", words.specialties_of, said):
        odd.unknown("service.unknown", said)
    return known


def _places(resource: Json, odd: Oddities) -> list[Any]:
    """Where an encounter took place."""
    listed = odd.spared("location", items, resource.get("location")) or []
    return [(odd.spared("location", node, one) or {}).get("location") for one in listed]


def _first(element: str, kind: str, people: list[Any], base: Address, odd: Oddities) -> MisRef | None:
    """The first of these references that is to this kind."""
    found = (odd.spared(element, _named, one, kind, base) for one in people)
    return next(filter(None, found), None)


def _listed(resource: Json, odd: Oddities) -> list[Any]:
    return odd.spared("practitioner", items, resource.get("participant")) or []


def _practitioner(
    people: list[Any], resource: Json, words: Words, roles: Mapping[str, Json], odd: Oddities
) -> MisRef | None:
    """The first practitioner; also one behind a role that came along. A foreign room spoils nothing."""
    for one in people:
        found = odd.spared("practitioner", _named, one, "Practitioner", words.base)
        if found is not None:
            return found
    for one in people:
        role = odd.spared("practitioner", _role, one, resource, roles, words.base)
        if role is not None:
            found = odd.spared(
                "practitioner", reference, role.get("practitioner"), "Practitioner", words.base
            )
            if found is None:
                odd.note("practitioner.unresolved")
            return found
    return None


def _individual(value: Any) -> Any:
    """An import's `urn:uuid:` without a type is a practitioner: who takes part in an encounter mostly is."""
    is_left_over = isinstance(value, dict) and str(value.get("reference")).startswith("urn:uuid:")
    return {"type": "Practitioner", **value} if is_left_over else value


def _named(value: Any, kind: str, base: Address) -> MisRef | None:
    """A reference that says itself that it is to this kind."""
    raw = text(node(value).get("reference"))
    named = f"{kind}/" in raw or (raw.startswith("urn:uuid:") and node(value).get("type") == kind)
    return reference(value, kind, base) if named else None


def _role(value: Any, resource: Json, roles: Mapping[str, Json], base: Address) -> Json | None:
    """The PractitionerRole that a reference leads to, within the resource or beside it; empty: not here."""
    raw = text(node(value).get("reference"))
    if raw.startswith("#"):
        inside = [one for one in items(resource.get("contained")) if node(one).get("id") == raw[1:]]
        return next((one for one in inside if one.get("resourceType") == "PractitionerRole"), None)
    ref = _named(value, "PractitionerRole", base)
    return None if ref is None else roles.get(ref, {})


def _is_stay(value: Any) -> bool:
    return any(code.upper() in _STAYS for _, code in codings(value or {}))


def _came_of(value: Any, base: Address, odd: Oddities) -> MisRef | None:
    for one in odd.spared("appointment", items, value) or []:
        found = odd.spared("appointment", reference, one, "Appointment", base)
        if found is not None:
            return found
        odd.note("appointment.malformed")
    return None


def _when(
    resource: Json, status: AppointmentStatus, stamp: Stamp, odd: Oddities
) -> tuple[datetime | None, datetime | None]:
    """Of one that is finished and says not when it began: its end, or else its last change."""
    period = odd.spared("period", node, resource.get("period")) or {}
    start = odd.time("period", earliest, period.get("start"))
    end = odd.time("period", latest, period.get("end"))
    if start is None and status is AppointmentStatus.FULFILLED:
        start = end
        if start is None and stamp.changed_at is not None:
            odd.note("period.assumed")
            start = stamp.changed_at
    return start, end
