"""Patients, who belongs to them, and what they allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from nextvisit.sdk.records.names import Address, ChannelKind, ContactPoint, HumanName, Identifier, MisRef


class Purpose(StrEnum):
    """What a contact is for; consent is given by purpose."""

    SERVICE = "service"
    RECALL = "recall"
    FEEDBACK = "feedback"
    NEWSLETTER = "newsletter"
    MARKETING = "marketing"


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
