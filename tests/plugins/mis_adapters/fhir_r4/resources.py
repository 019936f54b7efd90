"""FHIR resources as a server sends them, and what the adapter reads of a page with them."""

from __future__ import annotations

import json
from typing import Any

from nextvisit.sdk.records import MisEvent, Oddity, Patient
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings

META = {"versionId": "3", "lastUpdated": "2026-05-01T10:00:00Z"}


def parse(body: bytes, **settings: Any) -> list[MisEvent]:
    """What these bytes mean. settings: as of the connection."""
    adapter = FhirR4Adapter(FhirR4Settings(base_url="https://mis.example/fhir", **settings))
    return list(adapter.parse(body))


def page(*resources: Any, **bundle: Any) -> bytes:
    """A page with these resources."""
    entries = [{"resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", **bundle, "entry": entries}).encode()


def read(*resources: Any, **settings: Any) -> list[MisEvent]:
    """What a page with these resources means."""
    return parse(page(*resources), **settings)


def patient(**more: Any) -> dict[str, Any]:
    """A Patient resource."""
    return {"resourceType": "Patient", "id": "p1", "meta": META, **more}


def one_patient(**more: Any) -> Patient:
    """A Patient with these elements, of which none is odd."""
    (record,) = read(patient(**more))
    assert isinstance(record, Patient), record
    return record


def odd_patient(**more: Any) -> tuple[Patient, list[str]]:
    """A Patient with these elements, and the codes of its oddities."""
    record, *oddities = read(patient(**more))
    assert isinstance(record, Patient), record
    return record, codes(oddities)


def codes(events: list[MisEvent]) -> list[str]:
    """The codes of those that are oddities."""
    return [one.code for one in events if isinstance(one, Oddity)]


def visit(**more: Any) -> dict[str, Any]:
    """An Appointment resource."""
    return {
        "resourceType": "Appointment",
        "id": "a1",
        "meta": META,
        "status": "booked",
        "start": "2026-06-01T09:00:00+02:00",
        "participant": [
            {"actor": {"reference": "Location/9"}},
            {"actor": {"reference": "Patient/p1"}},
            {"actor": {"reference": "Practitioner/d1"}},
        ],
        **more,
    }


def encounter(**more: Any) -> dict[str, Any]:
    """An Encounter resource."""
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "meta": META,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2026-04-01T09:00:00Z"},
        **more,
    }


PURPOSES = "https://sandbox-clinic.example/contact-purpose"
CHANNELS = "https://sandbox-clinic.example/contact-channel"
RECALL = [{"system": PURPOSES, "code": "recall"}]


def consent(provision: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A Consent resource that refuses recalls; provision: what stands in its provision instead."""
    return {
        "resourceType": "Consent",
        "id": "c1",
        "meta": META,
        "status": "active",
        "patient": {"reference": "Patient/p1"},
        "dateTime": "2026-01-02",
        "provision": {"type": "deny", "purpose": RECALL, **(provision or {})},
        **more,
    }
