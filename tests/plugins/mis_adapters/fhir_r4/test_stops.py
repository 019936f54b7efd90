"""What stops us is learnt whatever else is odd, in every form in which FHIR says it."""

from __future__ import annotations

from typing import Any

import pytest

from nextvisit.sdk.records import Patient
from tests.plugins.mis_adapters.fhir_r4.resources import META, codes, odd_patient, one_patient, patient, read

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
UNKNOWN = {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
NONE = {"extension": [{"url": ABSENT, "valueCode": "not-applicable"}]}


@pytest.mark.parametrize(
    "element",
    [
        {"deceasedBoolean": True},
        {"deceasedBoolean": "true"},
        {"deceasedBoolean": " TRUE "},
        {"deceasedBoolean": 1},
        {"deceasedDateTime": "2020"},
        {"deceasedDateTime": "2020-02-31"},
        {"deceasedDateTime": "31.12.2020"},
        {"deceasedDateTime": "2020-12-31T10:00:00"},
        {"deceasedDateTime": True},
        {"deceasedDateTime": 2020},
        {"deceasedDateTime": ["2020"]},
        {"deceasedDateTime": "\x00"},
        {"_deceasedDateTime": UNKNOWN},
        {"_deceasedBoolean": UNKNOWN},
        {"deceasedBoolean": False, "deceasedDateTime": "2020"},
        {"deceasedBoolean": "nein", "_deceasedDateTime": UNKNOWN},
    ],
)
def test_every_form_of_death_counts(element: dict[str, Any]) -> None:
    assert one_patient(**element).deceased


@pytest.mark.parametrize(
    "element",
    [
        {},
        {"deceasedBoolean": False},
        {"deceasedBoolean": "false"},
        {"deceasedBoolean": None, "deceasedDateTime": ""},
        {"deceasedDateTime": False},
        {"_deceasedDateTime": NONE},
        {"deceasedBoolean": False, "_deceasedBoolean": UNKNOWN},
        {"_deceasedDateTime": {"id": "x"}},
    ],
)
def test_nobody_is_dead_of_whom_it_is_not_said(element: dict[str, Any]) -> None:
    record = one_patient(**element)
    assert (record.deceased, record.active) == (False, True)


@pytest.mark.parametrize(
    ("element", "code"),
    [
        ({"active": "nein"}, "active.malformed"),
        ({"active": {}, "deceasedBoolean": "maybe"}, "deceased.malformed"),
        ({"active": [False]}, "active.malformed"),
        ({"link": "Patient/p2"}, "link.malformed"),
        ({"link": [{"other": {"reference": "Patient/p2"}}]}, "link.malformed"),
        ({"link": [{"type": "merged", "other": {"reference": "Patient/p2"}}]}, "link.malformed"),
        ({"link": [{"type": "replaced-by"}]}, "link.malformed"),
        ({"link": [{"type": "replaced-by", "other": {"reference": "Patient/p1"}}]}, "link.malformed"),
        (
            {"link": [{"type": "replaced-by", "other": {"reference": "https://other.example/Patient/2"}}]},
            "link.malformed",
        ),
    ],
)
def test_a_flag_that_cannot_be_understood_stops_until_it_can(element: dict[str, Any], code: str) -> None:
    record, oddities = odd_patient(**element)
    assert (record.active, record.deceased, record.replaced_by) == (False, False, None)
    assert oddities == [code]


@pytest.mark.parametrize(
    ("said", "active"), [(True, True), ("true", True), (False, False), ("false", False), (None, True)]
)
def test_active_is_also_a_text(said: object, active: bool) -> None:
    assert one_patient(active=said).active is active


def test_a_merged_patient_names_the_survivor() -> None:
    link = [{"type": "replaced-by", "other": {"reference": "https://mis.example/fhir/Patient/p2"}}]
    assert one_patient(link=link, active=False).replaced_by == "Patient/p2"
    assert one_patient(link=link[0]).replaced_by == "Patient/p2"


def test_a_survivor_names_whose_place_it_took() -> None:
    link = [
        {"type": "replaces", "other": {"reference": "Patient/p2"}},
        {"type": "seealso", "other": {"reference": "RelatedPerson/r1"}},
        {"type": "replaces", "other": {"reference": "Patient/p3"}},
    ]
    assert one_patient(link=link).replaces == ("Patient/p2", "Patient/p3")


def test_a_survivor_stays_active_when_it_names_nobody_that_can_be_read() -> None:
    record, oddities = odd_patient(link=[{"type": "replaces", "other": {"display": "Anna"}}])
    assert (record.active, record.replaces, oddities) == (True, (), ["link.malformed"])


def labelled(*labels: Any) -> Patient:
    """A patient with these security labels."""
    record, *_ = read(patient(meta={**META, "security": list(labels)}))
    assert isinstance(record, Patient)
    return record


def test_test_records_and_very_restricted_ones_are_told_apart() -> None:
    htest = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
    very = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}
    less = {**very, "code": "R"}
    other = {"system": "https://mis.example/ward", "code": "V"}
    assert [(record.test, record.restricted) for record in map(labelled, (htest, very, less, other))] == [
        (True, False),
        (False, True),
        (False, False),
        (False, False),
    ]


@pytest.mark.parametrize(
    "system",
    [
        None,
        "http://hl7.org/fhir/v3/Confidentiality",
        "urn:oid:2.16.840.1.113883.5.25",
        "http://terminology.hl7.org/CodeSystem/v3-Confidentiality/",
    ],
)
def test_very_restricted_is_read_by_every_name_of_its_system(system: str | None) -> None:
    assert labelled({"system": system, "code": "V"}).restricted


def test_a_test_record_may_be_tagged_so() -> None:
    tags = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}, {}, "odd", 7]
    record, *_ = read(patient(meta={**META, "tag": tags}))
    assert isinstance(record, Patient)
    assert (record.test, record.restricted) == (True, False)


def test_a_label_that_cannot_be_read_restricts() -> None:
    events = read(patient(meta={**META, "security": "V"}))
    assert isinstance(events[0], Patient)
    assert events[0].restricted
    assert codes(events) == ["security.malformed"]


def test_death_is_learnt_behind_any_other_oddity() -> None:
    record, oddities = odd_patient(
        birthDate="1980-13-01",
        name="Anna",
        telecom=[{"system": "phone", "value": 7, "rank": "first"}, None],
        gender=["female"],
        communication={"language": "pl"},
        address="Kraków",
        identifier=[3],
        contact="mother",
        active="yes, sir",
        deceasedDateTime="lately",
    )
    assert record.deceased
    assert "active.malformed" in oddities
