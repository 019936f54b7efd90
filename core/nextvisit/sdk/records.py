"""What an adapter reads from a MIS, in one canonical shape.

Statuses and words are FHIR R4's. Instants are aware; dates without a time stay dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, NewType

MisRef = NewType("MisRef", str)
"""How the MIS names a thing, unique within one connection; for FHIR `Type/id`."""

Specialty = NewType("Specialty", str)
"""Our slug of a medical specialty: `cardiology`, `dermatology`, …; adapters map codes to it."""

ChannelKind = NewType("ChannelKind", str)
"""A way to reach a patient: `email`, `sms`, …; lower-case letters, digits and `_`. Channels bring theirs."""

Cursor = NewType("Cursor", str)
"""Where a pull goes on; opaque to everyone but the adapter that made it."""


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


class Purpose(StrEnum):
    """What a contact is for; consent is given by purpose."""

    SERVICE = "service"
    RECALL = "recall"
    FEEDBACK = "feedback"
    NEWSLETTER = "newsletter"
    MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number that somebody gave to the patient; leading zeros and case are kept."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class HumanName:
    """A name as the MIS writes it; never re-cased."""

    family: str = ""
    given: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """Where somebody can be reached, raw; `rank` 1 is preferred.

    kind: as FHIR names them: phone, fax, email, pager, url, sms, other; or the MIS's own word.
    """

    kind: str
    value: str
    use: str | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address, free text by line."""

    lines: tuple[str, ...] = ()
    city: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """A snapshot of one patient. `birth_date` keeps its precision: YYYY, YYYY-MM or YYYY-MM-DD."""

    ref: MisRef
    version: str
    updated_at: datetime
    identifiers: tuple[Identifier, ...] = ()
    name: HumanName | None = None
    birth_date: str | None = None
    sex: Literal["female", "male", "other", "unknown"] = "unknown"
    languages: tuple[str, ...] = ()
    contact_points: tuple[ContactPoint, ...] = ()
    address: Address | None = None
    active: bool = True
    deceased: bool = False
    replaced_by: MisRef | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """A visit, planned or past. A FHIR Encounter that took place is one with status fulfilled.

    `booking` is our own booking id when the appointment carries it (we booked it).
    """

    ref: MisRef
    version: str
    updated_at: datetime
    patient: MisRef
    status: AppointmentStatus
    start: datetime | None
    end: datetime | None = None
    specialty: Specialty | None = None
    practitioner: MisRef | None = None
    booking: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """What a patient allowed or refused. Empty `channels` means every channel.

    A kind that no channel here is of is kept all the same: one may come.
    """

    ref: MisRef
    version: str
    updated_at: datetime
    patient: MisRef
    decision: Literal["permit", "deny"]
    purposes: tuple[Purpose, ...]
    channels: tuple[ChannelKind, ...] = ()
    given_at: datetime | None = None
    expires_at: datetime | None = None
    active: bool = True


Change = Patient | Appointment | Consent
"""One thing of the MIS as it is now."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A thing that the adapter could not read; it is parked and shown. No patient data in `reason`."""

    ref: MisRef | None
    reason: str


@dataclass(frozen=True, slots=True)
class PullSoon:
    """Something changed that was not said. The next pull does not wait for its time."""


MisEvent = Change | Unreadable | PullSoon
"""What a MIS tells us unasked."""


@dataclass(frozen=True, slots=True)
class RawBatch:
    """One page as it came. It is committed to the inbox before anything is done with it.

    `cursor` is where the next pull goes on once this page is safe. `count` is the number of things in
    it, for progress only.
    """

    body: bytes
    cursor: Cursor
    count: int


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """Free slots wanted: earliest first, starting within [after, before)."""

    specialty: Specialty
    after: datetime
    before: datetime
    limit: int = 50


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
