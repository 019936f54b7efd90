"""Care, insurance and the clinic as FHIR tells of them: what is read, and what is left out with its code."""

from __future__ import annotations

from typing import Any

import pytest

from nextvisit.sdk.records import (
    Appointment,
    Condition,
    Coverage,
    Deleted,
    Oddity,
    Practitioner,
    ResultReady,
    Service,
    Unreadable,
)
from tests.plugins.mis_adapters.fhir_r4.resources import META, read

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SUBJECT = {"reference": "Patient/p1"}


def a(kind: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": "x1", "meta": META, **more}


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


@pytest.mark.parametrize("kind", ["DiagnosticReport", "Observation"])
@pytest.mark.parametrize("status", ["final", "amended", "corrected", "appended"])
def test_a_result_is_ready_and_nothing_of_it_is_read(kind: str, status: str) -> None:
    (record,) = read(
        a(
            kind,
            status=status,
            subject=SUBJECT,
            category=[concept("urn:c", "laboratory")],
            code=concept("http://loinc.org", "HIV"),
            conclusion="positive",
            valueString="positive",
        )
    )
    assert isinstance(record, ResultReady)
    assert "positive" not in repr(record)
    assert "HIV" not in repr(record)


@pytest.mark.parametrize("status", ["registered", "partial", "preliminary", "cancelled", "entered-in-error"])
def test_a_result_that_is_not_ready_is_none(status: str) -> None:
    assert read(a("DiagnosticReport", status=status, subject=SUBJECT)) == [Deleted("DiagnosticReport/x1")]  # type: ignore[arg-type]


def test_an_observation_of_the_body_is_no_result() -> None:
    vital = a("Observation", status="final", subject=SUBJECT, category=[concept("urn:c", "vital-signs")])
    assert [type(each) for each in read(vital)] == [Deleted, Oddity]


@pytest.mark.parametrize("kind", ["DiagnosticReport", "Coverage", "Condition", "Procedure"])
def test_what_cannot_be_read_of_care_names_its_patient_and_holds_nobody(kind: str) -> None:
    whose = {"beneficiary": SUBJECT} if kind == "Coverage" else {"subject": SUBJECT}
    (record,) = read(a(kind, status="final", implicitRules="urn:other", **whose))
    assert isinstance(record, Unreadable)
    assert (record.patient, record.holds, record.reason) == ("Patient/p1", False, "modifier.unknown")


def test_an_appointment_that_cannot_be_read_holds_its_patient_as_ever() -> None:
    (record,) = read(a("Appointment", status="odd", participant=[{"actor": SUBJECT}]))
    assert isinstance(record, Unreadable)
    assert record.holds


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_a_condition_that_is_none_is_gone(status: str) -> None:
    condition = a("Condition", subject=SUBJECT, verificationStatus=concept("urn:v", status))
    assert read(condition) == [Deleted("Condition/x1")]  # type: ignore[arg-type]


def test_a_condition_in_words_alone_is_kept_without_a_code() -> None:
    condition, odd = read(a("Condition", subject=SUBJECT, code={"text": "słabe serce"}))
    assert isinstance(condition, Condition)
    assert condition.codes == ()
    assert odd == Oddity(condition.ref, "code.missing")


def test_an_insurance_of_an_unknown_kind_is_told_with_its_code() -> None:
    coverage, odd = read(a("Coverage", status="active", beneficiary=SUBJECT, type=concept(ACT, "PETPOL")))
    assert isinstance(coverage, Coverage)
    assert (coverage.kind, coverage.active) == (None, True)
    assert odd == Oddity(coverage.ref, "coverage.kind_unknown", f"{ACT}|PETPOL")


def test_a_specialty_and_a_service_of_no_catalogue_are_told_with_their_codes_and_nothing_is_guessed() -> None:
    visit, *odd = read(
        a(
            "Appointment",
            status="booked",
            start="2026-05-01T10:00:00Z",
            participant=[{"actor": SUBJECT}],
            specialty=[concept("his", "KARD")],
            serviceType=[concept("his", "E1")],
        )
    )
    assert isinstance(visit, Appointment)
    assert (visit.specialty, visit.service_type) == (None, None)
    assert {(each.code, each.word) for each in odd if isinstance(each, Oddity)} == {
        ("specialty.unknown", "his|KARD"),
        ("service.unknown", "his|E1"),
    }


def test_a_visit_names_its_service_and_its_place() -> None:
    actors = [SUBJECT, {"reference": "HealthcareService/h1"}, {"reference": "Location/l1"}]
    (visit,) = read(
        a(
            "Appointment",
            status="booked",
            participant=[{"actor": each} for each in actors],
            serviceType=[concept("his", "E1")],
        ),
        services={"his|E1": "echo"},
    )
    assert isinstance(visit, Appointment)
    assert (visit.service, visit.location, visit.service_type) == (
        "HealthcareService/h1",
        "Location/l1",
        "echo",
    )


def test_a_service_is_of_the_site_s_catalogue_by_its_type() -> None:
    (service,) = read(a("HealthcareService", type=[concept("his", "E1")]), services={"his|E1": "echo"})
    assert isinstance(service, Service)
    assert service.service_type == "echo"


def test_a_practitioner_whose_record_is_odd_is_out_of_use() -> None:
    practitioner, odd = read(a("Practitioner", active="perhaps", name=[{"family": "Kos"}]))
    assert isinstance(practitioner, Practitioner)
    assert not practitioner.active
    assert odd == Oddity(practitioner.ref, "active.malformed")
