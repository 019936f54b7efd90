"""What refuses is read wherever it stands; what permits must be understood wholly."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nextvisit.sdk.records import Consent, Deleted, Identifier, MisEvent, MisRef, Purpose, Unreadable
from tests.plugins.mis_adapters.fhir_r4.resources import (
    CHANNELS,
    PURPOSES,
    RECALL,
    codes,
    consent,
    parse,
    patient,
    read,
)

NEWSLETTER = [{"system": PURPOSES, "code": "newsletter"}]
SMS = [{"system": CHANNELS, "code": "sms"}]
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
OPTOUT = {"coding": [{"system": ACT, "code": "OPTOUT"}]}
PRIVACY = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]
}


def said(events: list[MisEvent]) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """Reference, decision, purposes and channels of every consent."""
    return [
        (one.ref, one.decision, tuple(map(str, one.purposes)), tuple(map(str, one.channels)))
        for one in events
        if isinstance(one, Consent)
    ]


def test_a_consent_is_read() -> None:
    (record,) = read(consent({"period": {"start": "2026-06-01", "end": "2026-12-31"}}))
    assert isinstance(record, Consent)
    assert (record.decision, record.purposes, record.active) == ("deny", (Purpose.RECALL,), True)
    assert record.given_at == datetime(2026, 1, 2, tzinfo=UTC)
    assert record.starts_at == datetime(2026, 6, 1, tzinfo=UTC)
    assert record.expires_at == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("provision", "more", "reason"),
    [
        ({"type": None}, {}, "consent.no_decision"),
        ({"type": "perhaps"}, {}, "consent.no_decision"),
        ({"type": "permit", "purpose": SMS}, {}, "consent.no_purpose"),
        ({"type": "permit", "provision": [{"purpose": RECALL}]}, {}, "consent.no_decision"),
        ({"purpose": [{"system": PURPOSES, "code": "gossip"}]}, {}, "consent.unknown_purpose"),
        (
            {"type": "permit", "code": [{"coding": [{"system": CHANNELS, "code": "a b"}]}]},
            {},
            "consent.unreadable_channel",
        ),
        ({"purpose": []}, {}, "consent.no_purpose"),
        ({"type": "permit", "period": {"end": "some day"}}, {}, "date.malformed"),
        ({"type": "permit", "period": {"start": "2026-01-01T10:00:00"}}, {}, "instant.no_zone"),
        ({"type": "permit"}, {"dateTime": "long ago"}, "date.malformed"),
    ],
)
def test_half_a_consent_holds_its_patient(
    provision: dict[str, Any], more: dict[str, Any], reason: str
) -> None:
    (record,) = read(consent(provision, **more))
    assert isinstance(record, Unreadable)
    assert (record.reason, record.patient) == (reason, "Patient/p1")


@pytest.mark.parametrize(
    "system", [f"{PURPOSES}/", PURPOSES.replace("https:", "http:"), PURPOSES.upper(), None]
)
def test_a_refusal_whose_code_system_is_spelt_otherwise_is_one(system: str | None) -> None:
    coding = {"code": "recall"} if system is None else {"system": system, "code": "recall"}
    assert said(read(consent({"type": "deny", "purpose": [coding]}))) == [
        ("Consent/c1", "deny", ("recall",), ())
    ]
    assert said(read(consent({"type": "permit", "purpose": [coding]}))) == []


def test_a_refusal_of_something_else_without_a_system_is_none_of_contact() -> None:
    assert said(read(consent({"type": "deny", "purpose": [{"code": "TREAT"}]}))) == []


def test_an_exception_that_refuses_counts() -> None:
    nested = {
        "type": "permit",
        "provision": [{"type": "deny", "purpose": NEWSLETTER, "code": [{"coding": SMS}]}],
    }
    assert said(read(consent(nested))) == [
        ("Consent/c1", "permit", ("recall",), ()),
        ("Consent/c1#deny-1", "deny", ("newsletter",), ("sms",)),
    ]


def test_an_exception_deep_within_counts_for_what_the_whole_is_about() -> None:
    deep = {"type": "permit", "provision": [{"type": "permit", "provision": [{"type": "deny"}]}]}
    events = read(consent(deep))
    assert said(events)[1] == ("Consent/c1#deny-1", "deny", ("recall",), ())
    assert codes(events) == ["consent.exception_left_out"]


def test_a_permit_within_a_refusal_is_left_out() -> None:
    events = read(consent({"provision": [{"type": "permit", "purpose": NEWSLETTER}]}))
    assert said(events) == [("Consent/c1", "deny", ("recall",), ())]
    assert codes(events) == ["consent.exception_left_out"]


def test_a_policy_refuses_and_never_permits() -> None:
    optin = {"coding": [{"system": ACT, "code": "OPTIN"}]}
    (unsaid,) = read(consent({"type": None}, policyRule=optin))
    assert said(read(consent({"type": None}, policyRule=OPTOUT))) == [("Consent/c1", "deny", ("recall",), ())]
    assert isinstance(unsaid, Unreadable)


def test_a_refusal_of_a_channel_is_one_for_every_purpose() -> None:
    events = read(consent({"purpose": [], "code": [{"coding": SMS}]}))
    assert said(events) == [("Consent/c1", "deny", tuple(Purpose), ("sms",))]


@pytest.mark.parametrize("type_", ["permit", "deny"])
def test_a_consent_about_something_else_is_passed_over(type_: str) -> None:
    """Also when it was about contact before: it is no more."""
    events = read(consent({"type": type_, "purpose": []}, scope=PRIVACY, policyRule=OPTOUT))
    assert events[0] == Deleted(MisRef("Consent/c1"))
    assert codes(events) == ["consent.not_about_contact"]


def test_a_refusal_counts_without_its_times() -> None:
    events = read(consent({"period": {"start": "some day"}}, dateTime=7))
    (record, *_) = events
    assert isinstance(record, Consent)
    assert (record.starts_at, record.given_at, record.active) == (None, None, True)
    assert codes(events) == ["decided_at.malformed", "period.malformed"]


@pytest.mark.parametrize(
    ("type_", "status", "active"),
    [
        ("permit", "active", True),
        ("permit", "rejected", False),
        ("permit", "aktiv", False),
        ("deny", "aktiv", True),
        ("deny", "inactive", False),
    ],
)
def test_a_state_that_cannot_be_understood_lets_a_refusal_stand_and_no_permit(
    type_: str,
    status: str,
    active: bool,
) -> None:
    (record, *_) = read(consent({"type": type_}, status=status))
    assert isinstance(record, Consent)
    assert record.active is active


@pytest.mark.parametrize("purpose", [RECALL, []])
@pytest.mark.parametrize("code", ["phone", "mobile", "text", "all", "e-mail", "a b"])
@pytest.mark.parametrize("by_policy", [False, True])
def test_a_refusal_of_a_way_that_may_mean_several_refuses_all(
    code: str, purpose: list[Any], *, by_policy: bool
) -> None:
    provision = {"purpose": purpose, "code": [{"coding": [*SMS, {"system": CHANNELS, "code": code}]}]}
    more = {"policyRule": OPTOUT} if by_policy else {}
    events = read(consent({**provision, "type": None if by_policy else "deny"}, **more))
    purposes = ("recall",) if purpose else tuple(map(str, Purpose))
    assert said(events) == [("Consent/c1", "deny", purposes, ())]
    assert codes(events) == ["consent.channel_unclear"]


def test_a_refusal_whose_patient_is_spelt_otherwise_is_theirs() -> None:
    for spelling in ("/Patient/p1", "patient/p1", " Patient/p1/_history/2 "):
        (record,) = read(consent(patient={"reference": spelling}))
        assert isinstance(record, Consent)
        assert record.patient == "Patient/p1"


def test_a_refusal_whose_patient_stands_on_the_page_is_theirs() -> None:
    full_url = "urn:uuid:8c9b6e3e-0000-4000-8000-000000000001"
    entries = [
        {"fullUrl": full_url, "resource": patient()},
        {"resource": consent(patient={"reference": full_url})},
    ]
    (_, record) = parse(json.dumps({"resourceType": "Bundle", "entry": entries}).encode())
    assert isinstance(record, Consent)
    assert record.patient == "Patient/p1"


def test_a_refusal_that_names_its_patient_by_identifier_says_so() -> None:
    (record,) = read(consent(patient={"identifier": {"system": "urn:mrn", "value": "007"}}))
    assert isinstance(record, Unreadable)
    assert (record.patient, record.identifiers) == (None, (Identifier("urn:mrn", "007"),))


def test_a_refusal_of_another_servers_patient_holds_ours_of_that_name() -> None:
    (record,) = read(consent(patient={"reference": "https://old.example/fhir/Patient/p1"}))
    assert isinstance(record, Unreadable)
    assert (record.reason, record.patient) == ("reference.foreign", "Patient/p1")


def test_a_consent_of_nobody_is_unreadable() -> None:
    (record,) = read(consent(patient={"display": "Anna"}))
    assert isinstance(record, Unreadable)
    assert (record.reason, record.patient) == ("patient.missing", None)
