"""What a MIS says: how a thing is now, that it is gone, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nextvisit.sdk.records.care import Condition, Coverage, Procedure, ResultReady
from nextvisit.sdk.records.clinic import Location, Practitioner, Service
from nextvisit.sdk.records.happenings import Payment, PhoneCall
from nextvisit.sdk.records.names import Cursor, Identifier, MisRef
from nextvisit.sdk.records.people import Consent, Patient, RelatedPerson
from nextvisit.sdk.records.visits import Appointment, SlotFreed

Detail = (
    Practitioner
    | Location
    | Service
    | Coverage
    | Condition
    | Procedure
    | ResultReady
    | Payment
    | PhoneCall
    | SlotFreed
)
"""One thing of the MIS that campaigns ask for, and that neither stops nor permits anything."""

Change = Patient | RelatedPerson | Appointment | Consent | Detail
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
    holds: False of a `Detail`, which stops nobody: nobody is held for it.
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
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something that was left out because it could not be read or is none of ours; counted and shown.

    ref: the thing that it belongs to. code: what and why, `birth_date.malformed`, without patient data.
    word: of the code `specialty.unknown` and its like, the MIS's code that nobody has mapped: one word, and
    none of a patient's.
    """

    ref: MisRef | None
    code: str
    word: str = ""


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
