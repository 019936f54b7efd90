"""What happened between a patient and the clinic's desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nextvisit.sdk.records.names import MisRef


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that a patient paid; below zero what was given back. currency: ISO 4217. visit: for which."""

    ref: MisRef
    version: str
    updated_at: datetime | None
    patient: MisRef
    amount: Decimal
    currency: str
    at: datetime | None = None
    visit: MisRef | None = None


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """Somebody called. caller: the number, as the MIS writes it; empty where it was withheld.

    line: which of the clinic's was called, a number or a name.
    """

    ref: MisRef
    version: str
    updated_at: datetime | None
    answered: bool
    caller: str = ""
    at: datetime | None = None
    line: str = ""
