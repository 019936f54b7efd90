"""FHIR JSON becomes records, resource by resource."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nextvisit.sdk.records import (
    Appointment,
    AppointmentStatus,
    Change,
    Consent,
    Patient,
    Purpose,
    Unreadable,
)
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings

META = {"versionId": "3", "lastUpdated": "2026-05-01T10:00:00Z"}
DATA = Path(os.environ.get("NEXTVISIT_DATA", Path(__file__).parents[4].parent / "shared" / "data"))


def read(*resources: Any) -> list[Change | Unreadable]:
    """The records of a page with these resources."""
    entries = [{"resource": one} for one in resources]
    body = json.dumps({"resourceType": "Bundle", "entry": entries}).encode()
    return list(FhirR4Adapter(FhirR4Settings(base_url="https://mis.example/fhir")).parse(body))


def one_patient(**more: Any) -> Patient:
    """A Patient with these elements."""
    (record,) = read({"resourceType": "Patient", "id": "p1", "meta": META, **more})
    assert isinstance(record, Patient), record
    return record


def test_contact_points_that_are_over_are_dropped() -> None:
    record = one_patient(
        telecom=[
            {"system": "phone", "value": " +48 500 100 200 ", "use": "mobile", "rank": 1},
            {"system": "sms", "value": "+48500100201", "period": {"end": "2026-04"}},
            {"system": "sms", "value": "+48500100202", "period": {"end": "2026-05-01"}},
            {"system": "email", "value": "a@b.example"},
            {"system": "fax", "value": "+48225550000"},
            {"system": "phone", "value": ""},
            {"system": "phone", "value": "+48500100203", "use": "old"},
        ]
    )
    assert [(point.kind, point.value) for point in record.contact_points] == [
        ("phone", "+48 500 100 200"),
        ("phone", "+48500100202"),
        ("email", "a@b.example"),
        ("fax", "+48225550000"),
    ]


@pytest.mark.parametrize("element", [{"deceasedBoolean": True}, {"deceasedDateTime": "2020"}])
def test_either_form_of_death_counts(element: dict[str, Any]) -> None:
    assert one_patient(**element).deceased


@pytest.mark.parametrize("birth", ["1980", "1980-02", "1980-02-29"])
def test_a_partial_birth_date_keeps_its_precision(birth: str) -> None:
    assert one_patient(birthDate=birth).birth_date == birth


def test_the_preferred_language_comes_first() -> None:
    spoken = [
        {"language": {"coding": [{"code": "pl"}]}},
        {"language": {"coding": [{"code": "uk"}]}, "preferred": True},
    ]
    assert one_patient(communication=spoken).languages == ("uk", "pl")


def test_a_merged_patient_names_the_survivor() -> None:
    link = [{"type": "replaced-by", "other": {"reference": "https://mis.example/fhir/Patient/p2"}}]
    assert one_patient(link=link, active=False).replaced_by == "Patient/p2"


def test_leading_zeros_and_case_of_identifiers_stay() -> None:
    assert one_patient(identifier=[{"system": "urn:x", "value": "007aB"}]).identifiers[0].value == "007aB"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"birthDate": "1980-13-01"}, "date.malformed"),
        ({"meta": {"versionId": "1"}}, "last_updated.missing"),
        ({"meta": {"lastUpdated": "2026-05-01T10:00:00"}}, "instant.no_zone"),
        ({"name": "Anna"}, "shape.list"),
        (
            {"link": [{"type": "replaced-by", "other": {"reference": "https://other.example/Patient/2"}}]},
            "reference.foreign",
        ),
    ],
)
def test_one_broken_patient_does_not_spoil_the_page(broken: dict[str, Any], reason: str) -> None:
    good = {"resourceType": "Patient", "id": "p2", "meta": META}
    bad, fine = read({"resourceType": "Patient", "id": "p1", "meta": META, **broken}, good)
    assert isinstance(bad, Unreadable)
    assert (bad.ref, bad.reason) == ("Patient/p1", reason)
    assert isinstance(fine, Patient)


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


def test_an_appointment_is_read() -> None:
    coding = [{"coding": [{"system": "http://snomed.info/sct", "code": "394579002"}]}]
    identifier = [{"system": "urn:nextvisit:booking", "value": "b-1"}]
    (record,) = read(visit(specialty=coding, identifier=identifier))
    assert isinstance(record, Appointment)
    assert record.start == datetime(2026, 6, 1, 7, tzinfo=UTC)
    assert (record.patient, record.practitioner) == ("Patient/p1", "Practitioner/d1")
    assert (record.specialty, record.booking) == ("cardiology", "b-1")


def test_an_unknown_status_is_not_guessed() -> None:
    (record,) = read(visit(status="bogus"))
    assert record == Unreadable(ref="Appointment/a1", reason="status.unknown")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "ours"),
    [("finished", AppointmentStatus.FULFILLED), ("planned", AppointmentStatus.BOOKED)],
)
def test_an_encounter_is_a_visit_unless_an_appointment_tells_of_it(
    status: str, ours: AppointmentStatus
) -> None:
    encounter = {
        "resourceType": "Encounter",
        "id": "e1",
        "meta": META,
        "status": status,
        "subject": {"reference": "Patient/p1"},
    }
    (record,) = read(encounter, {**encounter, "appointment": [{"reference": "Appointment/a1"}]})
    assert isinstance(record, Appointment)
    assert (record.ref, record.status) == ("Encounter/e1", ours)


def consent(**provision: Any) -> dict[str, Any]:
    """A Consent resource."""
    purpose = [{"system": "https://sandbox-clinic.example/contact-purpose", "code": "recall"}]
    return {
        "resourceType": "Consent",
        "id": "c1",
        "meta": META,
        "status": "active",
        "patient": {"reference": "Patient/p1"},
        "dateTime": "2026-01-02",
        "provision": {"type": "deny", "purpose": purpose, **provision},
    }


def test_a_consent_is_read() -> None:
    (record,) = read(consent(period={"end": "2026-12-31"}))
    assert isinstance(record, Consent)
    assert (record.decision, record.purposes, record.active) == ("deny", (Purpose.RECALL,), True)
    assert record.expires_at == datetime(2027, 1, 1, tzinfo=UTC)


def test_half_a_consent_is_none() -> None:
    cases: list[dict[str, Any]] = [{"type": None}, {"provision": [{"type": "permit"}]}, {"purpose": []}]
    for broken in cases:
        (record,) = read(consent(**broken))
        assert isinstance(record, Unreadable)


def test_outcomes_and_included_resources_are_no_changes() -> None:
    entries = [
        {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}},
        {"resource": {"resourceType": "Practitioner", "id": "d1"}, "search": {"mode": "include"}},
    ]
    body = json.dumps({"resourceType": "Bundle", "entry": entries}).encode()
    assert FhirR4Adapter(FhirR4Settings(base_url="https://mis.example/fhir")).parse(body) == []


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
ELEMENTS = sorted(
    [
        "id",
        "meta",
        "identifier",
        "name",
        "telecom",
        "gender",
        "birthDate",
        "deceasedBoolean",
        "deceasedDateTime",
        "address",
        "communication",
        "link",
        "active",
        "status",
        "start",
        "participant",
        "specialty",
        "serviceType",
        "subject",
        "period",
        "patient",
        "provision",
        "category",
        "dateTime",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(["Patient", "Appointment", "Encounter", "Consent"]),
    damage=st.dictionaries(
        st.sampled_from(ELEMENTS),
        JSON_VALUES
        | st.lists(
            st.dictionaries(
                st.sampled_from(["system", "value", "period", "coding", "actor", "reference", "type", "use"]),
                JSON_VALUES,
            ),
            max_size=2,
        ),
        max_size=4,
    ),
)
def test_no_resource_makes_parse_raise(kind: str, damage: dict[str, Any]) -> None:
    read({**visit(), **consent(), "resourceType": kind, "subject": {"reference": "Patient/p1"}, **damage})


@pytest.mark.parametrize("kind", ["Patient", "Encounter"])
def test_every_synthea_resource_is_readable(kind: str) -> None:
    path = DATA / "fhir" / "synthea-100" / f"{kind}.ndjson.gz"
    if not path.exists():
        pytest.skip(f"no sample data at {DATA}; set NEXTVISIT_DATA")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = read(*({**json.loads(line), "meta": META} for line in lines))
    assert len(records) > 90
    assert [record for record in records if isinstance(record, Unreadable)] == []
