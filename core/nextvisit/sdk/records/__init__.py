"""What an adapter reads from a MIS, in one canonical shape.

Statuses and words are FHIR R4's. Instants are aware; dates without a time stay dates.

Of every change, version and updated_at together say which version of the thing it is. updated_at is None
where the MIS does not say it, or nobody can read what it says: a date that is made up would put the version
in the wrong place. Where the MIS names no version, a digest of what the thing says stands for it.

names      of things, and small values          people      patients, who belongs to them, consents
visits     visits, free times, booking          clinic      practitioners, locations, services
care       coverage, conditions, results        happenings  payments and calls
events     all that a MIS says

May import nothing of ours; everything may import it, and from here.
"""

from __future__ import annotations

from nextvisit.sdk.records.care import (
    Condition,
    ConditionStatus,
    Coverage,
    CoverageKind,
    Limit,
    Procedure,
    ProcedureStatus,
    ResultReady,
)
from nextvisit.sdk.records.clinic import Location, Practitioner, Service
from nextvisit.sdk.records.events import (
    Change,
    Deleted,
    Detail,
    Listed,
    MisEvent,
    Oddity,
    PullSoon,
    RawBatch,
    Unreadable,
)
from nextvisit.sdk.records.happenings import Payment, PhoneCall
from nextvisit.sdk.records.names import (
    Address,
    ChannelKind,
    Code,
    ContactPoint,
    Cursor,
    HumanName,
    Identifier,
    MisRef,
    ServiceType,
    Specialty,
)
from nextvisit.sdk.records.people import Consent, Patient, Purpose, RelatedPerson
from nextvisit.sdk.records.visits import (
    Appointment,
    AppointmentRef,
    AppointmentStatus,
    BookingRequest,
    CancelReason,
    Slot,
    SlotFreed,
    SlotQuery,
)

__all__ = [
    "Address",
    "Appointment",
    "AppointmentRef",
    "AppointmentStatus",
    "BookingRequest",
    "CancelReason",
    "Change",
    "ChannelKind",
    "Code",
    "Condition",
    "ConditionStatus",
    "Consent",
    "ContactPoint",
    "Coverage",
    "CoverageKind",
    "Cursor",
    "Deleted",
    "Detail",
    "HumanName",
    "Identifier",
    "Limit",
    "Listed",
    "Location",
    "MisEvent",
    "MisRef",
    "Oddity",
    "Patient",
    "Payment",
    "PhoneCall",
    "Practitioner",
    "Procedure",
    "ProcedureStatus",
    "PullSoon",
    "Purpose",
    "RawBatch",
    "RelatedPerson",
    "ResultReady",
    "Service",
    "ServiceType",
    "Slot",
    "SlotFreed",
    "SlotQuery",
    "Specialty",
    "Unreadable",
]
