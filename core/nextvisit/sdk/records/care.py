"""What a patient is insured for, has, was treated with, and is waiting for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nextvisit.sdk.records.names import Code, MisRef


class CoverageKind(StrEnum):
    """Who pays: a public insurance, a private one, the employer, or the patient."""

    PUBLIC = "public"
    PRIVATE = "private"
    EMPLOYER = "employer"
    SELF_PAY = "self-pay"
    OTHER = "other"


class ConditionStatus(StrEnum):
    """https://hl7.org/fhir/R4/valueset-condition-clinical.html."""

    ACTIVE = "active"
    RECURRENCE = "recurrence"
    RELAPSE = "relapse"
    INACTIVE = "inactive"
    REMISSION = "remission"
    RESOLVED = "resolved"


class ProcedureStatus(StrEnum):
    """https://hl7.org/fhir/R4/valueset-event-status.html, without what was entered in error: that is gone."""

    PREPARATION = "preparation"
    IN_PROGRESS = "in-progress"
    NOT_DONE = "not-done"
    ON_HOLD = "on-hold"
    STOPPED = "stopped"
    COMPLETED = "completed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Limit:
    """How much is left of what a coverage pays for. unit: a currency (ISO 4217), or what is counted, such as
    `visit`: lower-case letters and `_`.
    """

    unused: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """By what a patient's treatment is paid. plan: the MIS's code of it; never the number of the insured.

    starts, ends: judged when it is used, not when it is read.
    """

    ref: MisRef
    version: str
    updated_at: datetime | None
    patient: MisRef
    kind: CoverageKind | None = None
    plan: str = ""
    starts: datetime | None = None
    ends: datetime | None = None
    limit: Limit | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Condition:
    """A diagnosis, by its codes. on: when it was made or began, as YYYY, YYYY-MM or YYYY-MM-DD.

    One that is refuted, or was entered in error, is none: it is `Deleted`.
    """

    ref: MisRef
    version: str
    updated_at: datetime | None
    patient: MisRef
    codes: tuple[Code, ...] = ()
    on: str | None = None
    status: ConditionStatus | None = None


@dataclass(frozen=True, slots=True)
class Procedure:
    """What was done to a patient, by its codes. on: as of a `Condition`. visit: in which."""

    ref: MisRef
    version: str
    updated_at: datetime | None
    patient: MisRef
    codes: tuple[Code, ...] = ()
    on: str | None = None
    status: ProcedureStatus | None = None
    visit: MisRef | None = None


@dataclass(frozen=True, slots=True)
class ResultReady:
    """A result that the patient can be told of, and since when. Never what it is, nor of what.

    One that is not ready, or was taken back, is `Deleted`.
    """

    ref: MisRef
    version: str
    updated_at: datetime | None
    patient: MisRef
    at: datetime | None = None
    visit: MisRef | None = None
