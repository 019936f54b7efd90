"""What an adapter reads from a MIS, in one canonical shape.

Statuses and words are FHIR R4's. Instants are aware; dates without a time stay dates.

Of every change, version and updated_at together say which version of the thing it is. updated_at is None
where the MIS does not say it, or nobody can read what it says: a date that is made up would put the version
in the wrong place. Where the MIS names no version, a digest of what the thing says stands for it.
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
    starts, ends: when it is in use, as the MIS says it. Judged when it is used, not when it is read.
    """

    kind: str
    value: str
    use: str | None = None
    rank: int | None = None
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address, free text by line."""

    lines: tuple[str, ...] = ()
    city: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """A snapshot of one patient. `birth_date` keeps its precision: YYYY, YYYY-MM or YYYY-MM-DD.

    What stops us: active (False also for a record entered in error), deceased, replaced_by (the record that
    took this one's place), test (the record is nobody: FHIR's security label HTEST), restricted (very
    restricted: confidentiality V). Whoever reads them reads them first, and whatever else is odd.
    replaces: records whose place this one took, where the MIS says it on this side.
    """

    ref: MisRef
    version: str
    updated_at: datetime | None
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
    replaces: tuple[MisRef, ...] = ()
    test: bool = False
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class RelatedPerson:
    """Somebody who belongs to a patient. guardian: answers for the patient while the patient is a minor.

    starts, ends: when they do, as the MIS says it. Judged when it is used, not when it is read.
    within: it stands within the patient's record, and has its version; those of one version come together
        with the patient, and who is not among them belongs to the patient no more.
    """

    ref: MisRef
    version: str
    updated_at: datetime | None
    patient: MisRef
    guardian: bool
    name: HumanName | None = None
    languages: tuple[str, ...] = ()
    contact_points: tuple[ContactPoint, ...] = ()
    active: bool = True
    starts: datetime | None = None
    ends: datetime | None = None
    within: bool = False


@dataclass(frozen=True, slots=True)
class Appointment:
    """A visit, planned or past. A FHIR Encounter that took place is one with status fulfilled.

    A visit of several patients is one record for each, with the same ref and version: those of one version
    come together, and who is not among them any more is out of it.

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


@dataclass(frozen=True, slots=True)
class Consent:
    """What a patient allowed or refused. Empty `channels` means every channel.

    A kind that no channel here is of is kept all the same: one may come.
    """

    ref: MisRef
    version: str
    updated_at: datetime | None
    patient: MisRef
    decision: Literal["permit", "deny"]
    purposes: tuple[Purpose, ...]
    channels: tuple[ChannelKind, ...] = ()
    given_at: datetime | None = None
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    active: bool = True


Change = Patient | RelatedPerson | Appointment | Consent
"""One thing of the MIS as it is now."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A thing that the MIS has no more: deleted there, or missing when all of its kind were listed.

    unseen: the MIS does not know it, and does not say that it was deleted; it may only be kept from us. A
        refusal stands then.
    """

    ref: MisRef
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A version of a thing that the adapter could not read; it is parked and shown.

    reason: a code, without patient data. version, updated_at: as far as they could be read.
    patient: whom it is about. What it says may be that the patient must not be written to, so nobody
        writes to the patient until a later version reads. identifiers: of whom it is about, where it names
        nothing else.
    alone: what the same parser reads again and gives nothing but this thing of; without it the whole body
        that it came in is kept.
    """

    ref: MisRef | None
    reason: str
    version: str = ""
    updated_at: datetime | None = None
    patient: MisRef | None = None
    alone: bytes | None = None
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something that was left out because it could not be read or is none of ours; counted and shown.

    ref: the thing that it belongs to. code: what and why, `birth_date.malformed`, without patient data.
    """

    ref: MisRef | None
    code: str


@dataclass(frozen=True, slots=True)
class PullSoon:
    """Something changed that was not said. The next pull does not wait for its time."""


MisEvent = Change | Deleted | Unreadable | Oddity | PullSoon
"""What a MIS says, asked or unasked."""


@dataclass(frozen=True, slots=True)
class RawBatch:
    """One page as it came. It is committed to the inbox before anything is done with it.

    `cursor` is where the next pull goes on once this page is safe. `count` is the number of things in
    it, for progress only.
    newest: the newest change that was read so far, by the MIS's clock and never beyond it. ahead: the newest
    one that is dated beyond that clock. None where the MIS does not say when things change.
    """

    body: bytes
    cursor: Cursor
    count: int
    newest: datetime | None = None
    ahead: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A thing that the MIS has, and its version as `parse` tells it; empty where the MIS has no versions.

    updated_at: as `parse` tells it; None where the MIS does not say it.
    """

    ref: MisRef
    version: str
    updated_at: datetime | None = None


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
