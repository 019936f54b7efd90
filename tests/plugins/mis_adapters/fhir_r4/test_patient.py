"""A Patient is read element by element."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from nextvisit.sdk.records import Address, HumanName, Patient, RelatedPerson
from tests.plugins.mis_adapters.fhir_r4.resources import codes, odd_patient, one_patient, patient, read


def test_contact_points_come_with_their_periods() -> None:
    record = one_patient(
        telecom=[
            {"system": "phone", "value": " +48 500 100 200 ", "use": "mobile", "rank": 1},
            {"system": "sms", "value": "+48500100201", "period": {"end": "2026-04"}},
            {"system": "email", "value": "a@b.example", "period": {"start": "2027-01-01T00:00:00+01:00"}},
            {"system": "fax", "value": "+48225550000"},
            {"system": "phone", "value": ""},
            {"system": "phone", "value": "+48500100203", "use": "old"},
        ]
    )
    assert [(point.kind, point.value, point.starts, point.ends) for point in record.contact_points] == [
        ("phone", "+48 500 100 200", None, None),
        ("phone", "+48500100201", None, datetime(2026, 5, 1, tzinfo=UTC)),
        ("email", "a@b.example", datetime(2026, 12, 31, 23, tzinfo=UTC), None),
        ("fax", "+48225550000", None, None),
        ("phone", "+48500100203", None, None),
    ]
    assert [(point.use, point.rank) for point in record.contact_points][::4] == [("mobile", 1), ("old", None)]


@pytest.mark.parametrize("birth", ["1980", "1980-02", "1980-02-29"])
def test_a_partial_birth_date_keeps_its_precision(birth: str) -> None:
    assert one_patient(birthDate=birth).birth_date == birth


@pytest.mark.parametrize("birth", ["1980-02-29T23:30:00+14:00", "1980-02-29 00:00:00"])
def test_of_a_birth_date_with_a_time_the_date_is_taken_as_it_stands(birth: str) -> None:
    record, oddities = odd_patient(birthDate=birth)
    assert (record.birth_date, oddities) == ("1980-02-29", ["birth_date.with_time"])


def test_the_preferred_language_comes_first() -> None:
    spoken = [
        {"language": {"coding": [{"code": "pl"}]}},
        {"language": {"coding": [{"code": "uk"}]}, "preferred": True},
    ]
    assert one_patient(communication=spoken).languages == ("uk", "pl")


def test_leading_zeros_and_case_of_identifiers_stay() -> None:
    assert one_patient(identifier=[{"system": "urn:x", "value": "007aB"}]).identifiers[0].value == "007aB"


def test_the_official_name_and_the_address_at_home_come_first() -> None:
    names = [{"use": "nickname", "family": "Kos"}, {"use": "usual", "family": "Wróbel"}]
    addresses = [{"use": "work", "city": "Gdynia"}, {"use": "home", "city": "Kraków"}]
    record = one_patient(name=[*names, {"use": "official", "family": "Kanarek"}], address=addresses)
    assert record.name == HumanName(family="Kanarek")
    assert record.address == Address(city="Kraków")
    assert one_patient(name=names).name == HumanName(family="Wróbel")
    assert one_patient(name=names[:1]).name == HumanName(family="Kos")


def test_a_name_that_is_over_is_not_the_name() -> None:
    names = [
        {"use": "official", "family": "Kos", "period": {"end": "2020"}},
        {"use": "usual", "family": "Kanarek"},
    ]
    assert one_patient(name=names).name == HumanName(family="Kanarek")


WHOLE: dict[str, Any] = {
    "birthDate": "1980-02-29",
    "gender": "female",
    "name": [{"family": "Kanarek", "given": ["Anna", "Maria"]}],
    "telecom": [{"system": "phone", "value": "+48500100200", "rank": 1}],
    "address": [{"city": "Kraków"}],
    "communication": [{"language": {"coding": [{"code": "pl"}]}}],
    "identifier": [{"system": "urn:x", "value": "7"}],
}


@pytest.mark.parametrize(
    ("odd", "left", "code"),
    [
        ({"birthDate": "1980-13-01"}, {"birth_date": None}, "birth_date.malformed"),
        ({"birthDate": 1980}, {"birth_date": None}, "birth_date.malformed"),
        ({"gender": "F"}, {"sex": "unknown"}, "gender.malformed"),
        ({"name": "Anna"}, {"name": None}, "name.malformed"),
        ({"name": [{"family": "Kanarek", "given": [7, "Maria"]}]}, {}, "name.malformed"),
        ({"telecom": {"system": "phone"}}, {"contact_points": ()}, "telecom.malformed"),
        ({"telecom": [*WHOLE["telecom"], {"value": "77"}]}, {}, "telecom.malformed"),
        ({"telecom": [*WHOLE["telecom"], {"system": "phone", "value": {}}]}, {}, "telecom.malformed"),
        ({"address": [7]}, {"address": None}, "address.malformed"),
        ({"communication": "pl"}, {"languages": ()}, "language.malformed"),
        ({"identifier": [*WHOLE["identifier"], {"value": 7}]}, {}, "identifier.malformed"),
        ({"contact": [7]}, {}, "contact.malformed"),
        ({"birthDate": "1980\x00"}, {"birth_date": None}, "birth_date.malformed"),
        (
            {"communication": [{"language": {"coding": [{"code": "pl\x00"}]}}]},
            {"languages": ()},
            "language.malformed",
        ),
    ],
)
def test_an_odd_element_costs_itself(odd: dict[str, Any], left: dict[str, Any], code: str) -> None:
    expected = one_patient(**WHOLE)
    record, oddities = odd_patient(**{**WHOLE, **odd})
    if "given" in str(odd):
        left = {"name": HumanName(family="Kanarek", given=("Maria",))}
    assert record == replace(expected, **left)
    assert oddities == [code]


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        ({"rank": "first"}, "rank.malformed"),
        ({"rank": 0}, "rank.malformed"),
        ({"period": "always"}, "period.malformed"),
        ({"period": {"end": "soon"}}, "period.malformed"),
        ({"period": {"start": "2026-01-01T10:00:00"}}, "instant.no_zone"),
    ],
)
def test_an_odd_rank_or_period_does_not_cost_the_contact_point(odd: dict[str, Any], code: str) -> None:
    record, oddities = odd_patient(telecom=[{"system": "phone", "value": "+48500100200", **odd}])
    (point,) = record.contact_points
    assert (point.value, point.rank, point.starts, point.ends) == ("+48500100200", None, None, None)
    assert oddities == [code]


def test_a_parent_among_the_contacts_is_a_guardian() -> None:
    """Row 10: a mother's phone stands in the infant's own record."""
    system = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
    mother = {
        "relationship": [{"coding": [{"system": system, "code": "MTH"}]}],
        "name": {"family": "Kanarek", "given": ["Ewa"]},
        "telecom": [{"system": "phone", "value": "+48500100200"}],
    }
    employer = {
        "relationship": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0131", "code": "E"}]}
        ]
    }
    child, guardian = read(patient(contact=[employer, mother]))
    assert isinstance(child, Patient)
    assert isinstance(guardian, RelatedPerson)
    assert (guardian.ref, guardian.patient, guardian.guardian) == ("Patient/p1#contact-2", "Patient/p1", True)
    assert (guardian.version, guardian.updated_at) == (child.version, child.updated_at)
    assert guardian.name == HumanName(family="Kanarek", given=("Ewa",))
    assert [point.value for point in guardian.contact_points] == ["+48500100200"]


def test_a_relationship_that_cannot_be_read_makes_no_guardian() -> None:
    events = read(patient(contact=[{"relationship": "mother"}]))
    assert [type(event) for event in events[:-1]] == [Patient]
    assert codes(events) == ["relationship.malformed"]
