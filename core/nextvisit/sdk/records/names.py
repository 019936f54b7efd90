"""Names of things, and the small values that records are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

MisRef = NewType("MisRef", str)
"""How the MIS names a thing, unique within one connection; for FHIR `Type/id`."""

Specialty = NewType("Specialty", str)
"""Our slug of a medical specialty: `cardiology`, `dermatology`, …; the site's catalogue maps codes to it."""

ServiceType = NewType("ServiceType", str)
"""Our slug of what is done in a visit: `echocardiogram`, …; the site's catalogue maps codes to it."""

ChannelKind = NewType("ChannelKind", str)
"""A way to reach a patient: `email`, `sms`, …; lower-case letters, digits and `_`. Channels bring theirs."""

Cursor = NewType("Cursor", str)
"""Where a pull goes on; opaque to everyone but the adapter that made it."""


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
class Code:
    """A word of a code system, such as `I50.1` of `http://hl7.org/fhir/sid/icd-10`. system: empty where the
    MIS names none.
    """

    code: str
    system: str = ""
