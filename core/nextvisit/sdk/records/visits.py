"""Visits, free times, and how a visit is booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nextvisit.sdk.records.names import MisRef, ServiceType, Specialty


class AppointmentStatus(StrEnum):
    """https://hl7.org/fhir/R4/valueset-appointmentstatus.html."""

    PROPOSED = "proposed"
    PENDING = "pending"
    BOOKED = "booked"
    ARRIVED = "arrived"
    CHECKED_IN = "checked-in"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"
    WAITLIST = "waitlist"
    ENTERED_IN_ERROR = "entered-in-error"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A visit, planned or past. A FHIR Encounter that took place is one with status fulfilled.

    A visit of several patients is one record for each, with the same ref and version: those of one version
    come together, and who is not among them any more is out of it.

    service: the record of what is booked, and service_type what it is.
    booking: our own booking id when the appointment carries it (we booked it).
    stay: the patient is in hospital, from start to end; not a visit that somebody could be asked to make.
    appointment: of an encounter: the appointment that came to pass in it, and that it stands for.
    """

    ref: MisRef
    version: str
    updated_at: datetime | None
    patient: MisRef
    status: AppointmentStatus
    start: datetime | None
    end: datetime | None = None
    specialty: Specialty | None = None
    practitioner: MisRef | None = None
    booking: str | None = None
    stay: bool = False
    appointment: MisRef | None = None
    service: MisRef | None = None
    service_type: ServiceType | None = None
    location: MisRef | None = None


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """Free slots wanted: earliest first, starting within [after, before).

    practitioner: whose they have to be; only an adapter that says that it looks for them is asked so.
    """

    specialty: Specialty
    after: datetime
    before: datetime
    limit: int = 50
    practitioner: MisRef | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A free time. `version` is what the MIS wants back when the slot is taken (FHIR: the ETag)."""

    ref: MisRef
    version: str
    start: datetime
    end: datetime
    specialty: Specialty
    practitioner: MisRef | None = None
    practitioner_name: str = ""
    location_name: str = ""


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """Book `slot` for `patient`. `booking` is ours and makes the request idempotent."""

    booking: str
    patient: MisRef
    slot: Slot


@dataclass(frozen=True, slots=True)
class AppointmentRef:
    """A booked appointment in the MIS."""

    ref: MisRef
    version: str


class CancelReason(StrEnum):
    """Why an appointment is given back."""

    PATIENT = "patient"
    CLINIC = "clinic"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class SlotFreed:
    """A time of a calendar that somebody had became free. ref: of the free time, or of the news of it."""

    ref: MisRef
    version: str
    updated_at: datetime | None
    start: datetime
    end: datetime | None = None
    specialty: Specialty | None = None
    service_type: ServiceType | None = None
    practitioner: MisRef | None = None
    location: MisRef | None = None
