"""What may mean its opposite permits nothing and promises nothing; what stops us stops us all the same."""

from __future__ import annotations

from typing import Any

import pytest

from nextvisit.sdk.records import Appointment, Consent, Patient, RelatedPerson, Unreadable
from tests.plugins.mis_adapters.fhir_r4.resources import codes, consent, encounter, patient, read, visit

MODIFIED = [{"url": "https://mis.example/not-this-one", "valueBoolean": True}]
PATIENT = {"reference": "Patient/p1"}
INSTITUTE = {"reference": "Organization/research"}


def _actor(reference: Any) -> dict[str, Any]:
    return {"type": "permit", "actor": [{"role": {"coding": [{"code": "IRCP"}]}, "reference": reference}]}


@pytest.mark.parametrize(
    ("provision", "more"),
    [
        ({"type": "permit"}, {"modifierExtension": MODIFIED}),
        ({"type": "permit", "modifierExtension": MODIFIED}, {}),
        ({"type": "permit", "actor": [{"reference": PATIENT, "modifierExtension": MODIFIED}]}, {}),
        ({"type": "permit"}, {"implicitRules": "https://mis.example/rules"}),
        ({"type": "permit"}, {"verification": [{"verified": False}, {"verified": "perhaps"}]}),
        ({"type": "permit"}, {"verification": "no"}),
        (_actor(INSTITUTE), {}),
        (_actor(INSTITUTE), {"organization": [{"reference": "Organization/clinic"}]}),
        (_actor("somebody"), {}),
    ],
    ids=[
        "modifier",
        "of the provision",
        "of an actor",
        "rules",
        "unverified",
        "odd",
        "other",
        "not us",
        "who",
    ],
)
def test_a_permit_with_a_condition_is_none_and_a_refusal_stays_one(
    provision: dict[str, Any], more: dict[str, Any]
) -> None:
    permit, *oddities = read(consent(provision, **more))
    assert isinstance(permit, Consent)
    assert (permit.decision, permit.active) == ("permit", False)
    assert codes(oddities) == ["consent.modified"]
    (refusal,) = read(consent({**provision, "type": "deny"}, **more))
    assert isinstance(refusal, Consent)
    assert (refusal.decision, refusal.active) == ("deny", True)


@pytest.mark.parametrize(
    ("provision", "more"),
    [
        ({"type": "permit"}, {"verification": [{"verified": False}, {"verified": True}]}),
        ({"type": "permit"}, {"verification": []}),
        ({"type": "permit"}, {"contained": [{"resourceType": "Group", "modifierExtension": MODIFIED}]}),
        (_actor(INSTITUTE), {"organization": [INSTITUTE]}),
        (_actor(PATIENT), {}),
    ],
    ids=["verified", "nothing to verify", "of something else", "us", "the patient"],
)
def test_a_permit_for_us_that_was_verified_counts(provision: dict[str, Any], more: dict[str, Any]) -> None:
    (permit,) = read(consent(provision, **more))
    assert isinstance(permit, Consent)
    assert permit.active


@pytest.mark.parametrize(
    "modified", [{"modifierExtension": MODIFIED}, {"implicitRules": "urn:rules"}], ids=str
)
@pytest.mark.parametrize("resource", [patient, visit, encounter], ids=["patient", "visit", "encounter"])
def test_what_may_mean_its_opposite_holds_its_patient(resource: Any, modified: dict[str, Any]) -> None:
    (record,) = read(resource(**modified))
    assert isinstance(record, Unreadable)
    assert (record.reason, record.patient) == ("modifier.unknown", "Patient/p1")


@pytest.mark.parametrize(
    "stop",
    [
        {"deceasedBoolean": True},
        {"link": [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]},
    ],
    ids=["deceased", "merged"],
)
def test_a_death_and_a_merge_are_read_whatever_they_are_told_with(stop: dict[str, Any]) -> None:
    (record,) = read(patient(modifierExtension=MODIFIED, **stop))
    assert isinstance(record, Patient)
    assert record.deceased or record.replaced_by == "Patient/p2"


def test_a_modified_relation_makes_no_guardian() -> None:
    mother = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}]}
    plain = {"resourceType": "RelatedPerson", "id": "r1", "patient": PATIENT, "relationship": [mother]}
    plain["meta"] = {"versionId": "1", "lastUpdated": "2026-05-01T10:00:00Z"}
    record, *oddities = read({**plain, "modifierExtension": MODIFIED})
    assert isinstance(record, RelatedPerson)
    assert not record.active
    assert codes(oddities) == ["modifier.unknown"]


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error", "booked"])
def test_a_visit_without_a_modifier_is_read(status: str) -> None:
    (record,) = read(visit(status=status, modifierExtension=[]))
    assert isinstance(record, Appointment)
