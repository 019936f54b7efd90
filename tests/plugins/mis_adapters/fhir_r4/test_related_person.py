"""Who answers for a patient."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from nextvisit.sdk.records import MisEvent, RelatedPerson, Unreadable
from tests.plugins.mis_adapters.fhir_r4.resources import META, codes, read

ROLES = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def related(**more: Any) -> list[MisEvent]:
    """What a mother's RelatedPerson with these elements means."""
    return read(
        {
            "resourceType": "RelatedPerson",
            "id": "r1",
            "meta": META,
            "patient": {"reference": "Patient/p1"},
            "relationship": [{"coding": [{"system": ROLES, "code": "MTH"}]}],
            "telecom": [{"system": "email", "value": "ewa@b.example"}],
            "communication": [{"language": {"coding": [{"code": "uk"}]}}],
            **more,
        }
    )


def test_a_related_person_is_read() -> None:
    (record,) = related()
    assert isinstance(record, RelatedPerson)
    assert (record.ref, record.patient, record.guardian, record.active) == (
        "RelatedPerson/r1",
        "Patient/p1",
        True,
        True,
    )
    assert (record.languages, record.contact_points[0].value) == (("uk",), "ewa@b.example")


@pytest.mark.parametrize("code", ["GUARD", "PRN", "FTH", "NMTH", "ADOPTP"])
def test_parents_and_guardians_answer_for_a_minor(code: str) -> None:
    (record,) = related(relationship=[{"coding": [{"system": ROLES, "code": code}]}])
    assert isinstance(record, RelatedPerson)
    assert record.guardian


@pytest.mark.parametrize("code", ["GRMTH", "SIS", "STPMTH", "FRND", "PRNINLAW"])
def test_others_do_not(code: str) -> None:
    (record,) = related(relationship=[{"coding": [{"system": ROLES, "code": code}]}])
    assert isinstance(record, RelatedPerson)
    assert not record.guardian


@pytest.mark.parametrize(
    ("odd", "oddities"),
    [
        ({"active": False}, []),
        ({"active": "perhaps"}, ["active.malformed"]),
    ],
)
def test_one_who_is_not_surely_in_charge_is_inactive(odd: dict[str, Any], oddities: list[str]) -> None:
    record, *rest = related(**odd)
    assert isinstance(record, RelatedPerson)
    assert not record.active
    assert codes(rest) == oddities


def test_when_somebody_answers_for_the_patient_is_judged_when_it_is_used() -> None:
    (record,) = related(period={"start": "2026-01-01", "end": "2026-04-30"})
    assert isinstance(record, RelatedPerson)
    assert (record.active, record.within) == (True, False)
    assert record.starts == datetime(2026, 1, 1, tzinfo=UTC)
    assert record.ends == datetime(2026, 5, 1, tzinfo=UTC)


def test_one_of_nobody_is_unreadable() -> None:
    (record,) = related(patient={"display": "Anna"})
    assert isinstance(record, Unreadable)
    assert (record.ref, record.reason) == ("RelatedPerson/r1", "patient.missing")
