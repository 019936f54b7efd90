"""What a MIS tells beside people, visits and consents: which table it has, and what stands in it.

In the clear is what segments ask for: codes of diagnoses, amounts, instants; a caller's number is a digest,
and a practitioner's name is sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from nextvisit.sdk.addresses import PHONE
from nextvisit.sdk.records import (
    Address,
    Code,
    Condition,
    Coverage,
    Detail,
    HumanName,
    Location,
    Payment,
    PhoneCall,
    Practitioner,
    Procedure,
    ResultReady,
    Service,
    SlotFreed,
)
from nextvisit.store.vault.keys import Vault

_ARRAY: Final = "text[]"
_INSTANT: Final = "timestamptz"


@dataclass(frozen=True, slots=True)
class RowToWrite:
    """One row that is about to be written. country: ISO 3166, where a number lives that names none."""

    vault: Vault
    row: UUID
    country: str


@dataclass(frozen=True, slots=True)
class DetailKind:
    """columns: by name, with PostgreSQL's type. values: what stands in them, of one record.

    about_patient: it is one patient's, whom `record.patient` names.
    """

    record: type[Detail]
    table: str
    columns: Mapping[str, str]
    values: Callable[[Any, RowToWrite], dict[str, Any]]
    about_patient: bool = True


def _practitioner(it: Practitioner, at: RowToWrite) -> dict[str, Any]:
    name = "" if it.name is None else _written(it.name)
    sealed = at.vault.seal_blob("practitioner", "sealed_name", at.row, name.encode()) if name else None
    return {
        "sealed_name": sealed,
        "specialties": it.specialties,
        "location_refs": it.locations,
        "role_of": it.role_of,
        "active": it.active,
    }


def _location(it: Location, at: RowToWrite) -> dict[str, Any]:
    del at
    address = () if it.address is None else _lines(it.address)
    return {"name": it.name, "address": address, "part_of": it.part_of, "active": it.active}


def _service(it: Service, at: RowToWrite) -> dict[str, Any]:
    del at
    return {
        "name": it.name,
        "service_type": it.service_type,
        "specialty": it.specialty,
        "location_refs": it.locations,
        "active": it.active,
    }


def _coverage(it: Coverage, at: RowToWrite) -> dict[str, Any]:
    del at
    return {
        "kind": it.kind,
        "plan": it.plan,
        "starts_at": it.starts,
        "ends_at": it.ends,
        "unused": None if it.limit is None else it.limit.unused,
        "unit": None if it.limit is None else it.limit.unit,
        "active": it.active,
    }


def _condition(it: Condition, at: RowToWrite) -> dict[str, Any]:
    del at
    return {"codes": _codes(it.codes), "day": first_day(it.on), "status": it.status}


def _procedure(it: Procedure, at: RowToWrite) -> dict[str, Any]:
    del at
    return {
        "codes": _codes(it.codes),
        "day": first_day(it.on),
        "status": it.status,
        "visit_ref": it.visit,
    }


def _result_ready(it: ResultReady, at: RowToWrite) -> dict[str, Any]:
    del at
    return {"at": it.at, "visit_ref": it.visit}


def _payment(it: Payment, at: RowToWrite) -> dict[str, Any]:
    del at
    return {"amount": it.amount, "currency": it.currency, "at": it.at, "visit_ref": it.visit}


def _call(it: PhoneCall, at: RowToWrite) -> dict[str, Any]:
    number = PHONE.normalise(it.caller, at.country)
    digest = None if number is None else at.vault.address_digest(PHONE.space, number.value)
    return {"caller_digest": digest, "answered": it.answered, "at": it.at, "line": it.line}


def _slot_freed(it: SlotFreed, at: RowToWrite) -> dict[str, Any]:
    del at
    return {
        "start_at": it.start,
        "end_at": it.end,
        "specialty": it.specialty,
        "service_type": it.service_type,
        "practitioner_ref": it.practitioner,
        "location_ref": it.location,
    }


def first_day(said: str | None) -> date | None:
    """The first that a date of this precision may mean; None where there is no such day."""
    if said is not None:
        with suppress(ValueError):
            return date.fromisoformat(f"{said}-01-01"[:10])
    return None


def _codes(codes: tuple[Code, ...]) -> list[str]:
    return [f"{each.system}|{each.code}" for each in codes]


def _written(name: HumanName) -> str:
    return name.text or " ".join(filter(None, [*name.given, name.family]))


def _lines(it: Address) -> list[str]:
    return [*it.lines, *filter(None, [f"{it.postal_code} {it.city}".strip(), it.country])]


KINDS: Final = (
    DetailKind(
        Practitioner,
        "practitioner",
        {
            "sealed_name": "bytea",
            "specialties": _ARRAY,
            "location_refs": _ARRAY,
            "role_of": "text",
            "active": "boolean",
        },
        _practitioner,
        about_patient=False,
    ),
    DetailKind(
        Location,
        "location",
        {"name": "text", "address": _ARRAY, "part_of": "text", "active": "boolean"},
        _location,
        about_patient=False,
    ),
    DetailKind(
        Service,
        "service",
        {
            "name": "text",
            "service_type": "text",
            "specialty": "text",
            "location_refs": _ARRAY,
            "active": "boolean",
        },
        _service,
        about_patient=False,
    ),
    DetailKind(
        Coverage,
        "coverage",
        {
            "kind": "text",
            "plan": "text",
            "starts_at": _INSTANT,
            "ends_at": _INSTANT,
            "unused": "numeric",
            "unit": "text",
            "active": "boolean",
        },
        _coverage,
    ),
    DetailKind(Condition, "condition", {"codes": _ARRAY, "day": "date", "status": "text"}, _condition),
    DetailKind(
        Procedure,
        "procedure",
        {"codes": _ARRAY, "day": "date", "status": "text", "visit_ref": "text"},
        _procedure,
    ),
    DetailKind(ResultReady, "result_ready", {"at": _INSTANT, "visit_ref": "text"}, _result_ready),
    DetailKind(
        Payment,
        "payment",
        {"amount": "numeric", "currency": "text", "at": _INSTANT, "visit_ref": "text"},
        _payment,
    ),
    DetailKind(
        PhoneCall,
        "phone_call",
        {"caller_digest": "bytea", "answered": "boolean", "at": _INSTANT, "line": "text"},
        _call,
        about_patient=False,
    ),
    DetailKind(
        SlotFreed,
        "slot_freed",
        {
            "start_at": _INSTANT,
            "end_at": _INSTANT,
            "specialty": "text",
            "service_type": "text",
            "practitioner_ref": "text",
            "location_ref": "text",
        },
        _slot_freed,
        about_patient=False,
    ),
)
OF_PATIENTS: Final = tuple(each for each in KINDS if each.about_patient)
