"""A page of a search: every resource by itself."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nextvisit.sdk.records import Deleted, MisRef, Oddity, Patient, PullSoon, Unreadable
from nextvisit_mis_fhir_r4.oddities import ODDITIES
from tests.plugins.mis_adapters.fhir_r4.resources import (
    META,
    codes,
    consent,
    encounter,
    page,
    parse,
    patient,
    read,
    visit,
)

DATA = Path(os.environ.get("NEXTVISIT_DATA", Path(__file__).parents[4].parent / "shared" / "data"))


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"id": "a b"}, "id.malformed"),
        ({"id": "p1\x00"}, "text.characters"),
        ({"id": None}, "id.malformed"),
        ({"resourceType": "Basic"}, "type.unexpected"),
        ({"resourceType": 7}, "type.malformed"),
    ],
)
def test_one_broken_resource_does_not_spoil_the_page(broken: dict[str, Any], reason: str) -> None:
    bad, fine = read(patient(**broken), patient(id="p2"))
    assert isinstance(bad, Unreadable)
    assert (bad.ref, bad.reason) == ("Basic/p1" if "unexpected" in reason else None, reason)
    assert isinstance(fine, Patient)


@pytest.mark.parametrize(
    "entry",
    [
        {"resource": {"resourceType": "Patient", "birthDate": "1980"}},
        {"resource": {"id": "p1"}},
        {"resource": None},
        {},
    ],
)
def test_an_update_that_only_its_full_url_names_is_one_of_that_patient(entry: dict[str, Any]) -> None:
    whole = {"resourceType": "Bundle", "entry": [{"fullUrl": "https://mis.example/fhir/Patient/p1", **entry}]}
    (record,) = parse(json.dumps(whole).encode())
    assert isinstance(record, Unreadable)
    assert (record.ref, record.patient) == ("Patient/p1", "Patient/p1")
    assert record.alone is None or parse(record.alone) == [record]


def test_a_broken_update_that_only_its_full_url_names_is_one_of_that_patient() -> None:
    full_url = '"fullUrl":"https://mis.example/fhir/Patient/p1"'
    body = '{"resourceType":"Bundle","entry":[{' + full_url + ',"resource":{"name":[{"family":}}]}'
    (record,) = parse(body.encode())
    assert isinstance(record, Unreadable)
    assert (record.ref, record.reason) == ("Patient/p1", "entry.damaged")


def test_outcomes_and_included_resources_are_no_changes() -> None:
    entries = [
        {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}},
        {"resource": {"resourceType": "Practitioner", "id": "d1"}, "search": {"mode": "include"}},
    ]
    assert parse(json.dumps({"resourceType": "Bundle", "entry": entries}).encode()) == []


def stamps(*resources: dict[str, Any], **bundle: Any) -> list[tuple[str, datetime | None]]:
    """Version and time of each patient."""
    found = parse(page(*resources, **bundle))
    return [(one.version, one.updated_at) for one in found if isinstance(one, Patient)]


def test_without_the_time_of_the_last_change_versions_keep_their_order() -> None:
    """Row 9: `meta.lastUpdated` is optional. The number of the version, then the time of the page."""
    made = datetime(2026, 5, 2, tzinfo=UTC)
    numbered = [patient(meta={"versionId": str(number)}) for number in (9, 10, 11)]
    found = stamps(*numbered, timestamp="2026-05-02T00:00:00Z")
    assert found == [("9", None), ("10", None), ("11", None)], "no date that is made up"
    named = patient(meta={"versionId": "W7"})
    assert stamps(named, timestamp="2026-05-02T00:00:00Z") == [("W7", made)]
    assert stamps(named, meta={"lastUpdated": "2026-05-02T00:00:00Z"}) == [("W7", made)]
    assert codes(read(named)) == ["last_updated.malformed"]


def test_without_any_stamp_other_content_is_another_version() -> None:
    bare = [{"resourceType": "Patient", "id": "p1", "birthDate": birth} for birth in ("1980", "1980", "1981")]
    (first, again, other) = stamps(*bare)
    assert first == again
    assert first[1] == other[1]
    assert first[0] != other[0]


def test_of_two_edits_in_one_second_each_is_a_version_where_the_server_names_none() -> None:
    meta = {"lastUpdated": META["lastUpdated"]}
    (first, second) = stamps(patient(meta=meta), patient(meta=meta, active=False))
    assert first[1] == second[1] == datetime.fromisoformat(META["lastUpdated"])
    assert first[0] != second[0]


def test_what_is_unreadable_keeps_the_time_of_its_page() -> None:
    made = "2026-05-02T00:00:00+00:00"
    odd = visit(status="bogus", meta={"versionId": "W7"})
    whole, cut = page(odd, timestamp=made), page(odd, timestamp=made)[:-90]
    for body in (whole, cut):
        (record,) = parse(body)
        assert isinstance(record, Unreadable)
        assert (record.version, record.updated_at) == ("W7", datetime.fromisoformat(made))
        assert record.alone is not None
        assert parse(record.alone) == [record]


@pytest.mark.parametrize("said", ["2026-05-01T12:00:00", "yesterday", 7, "9999-12-31T23:59:59-14:00", None])
def test_an_odd_time_of_the_last_change_does_not_cost_the_record(said: object) -> None:
    record, *oddities = read(patient(meta={"versionId": "3", "lastUpdated": said}, deceasedBoolean=True))
    assert isinstance(record, Patient)
    assert (record.version, record.deceased) == ("3", True)
    assert "last_updated.malformed" in codes(oddities)


def test_a_last_change_without_a_zone_is_read_in_that_of_the_connection() -> None:
    record, *oddities = read(
        patient(meta={"versionId": "3", "lastUpdated": "2026-05-01T12:00:00"}), zone="Europe/Warsaw"
    )
    assert isinstance(record, Patient)
    assert record.updated_at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert codes(oddities) == ["instant.zone_assumed"]


def test_an_oddity_names_its_thing_and_nothing_that_it_says() -> None:
    *_, oddity = read(patient(birthDate="Kanarek"))
    assert oddity == Oddity(MisRef("Patient/p1"), "birth_date.malformed")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PART_NAMES = """
    system value period coding actor reference type use other code language relationship telecom given provision
    individual status
"""
PARTS = st.lists(st.dictionaries(st.sampled_from(PART_NAMES.split()), JSON_VALUES), max_size=2)
ELEMENT_NAMES = """
    id meta identifier name telecom gender birthDate deceasedBoolean deceasedDateTime _deceasedDateTime address
    communication contact link active relationship status start end participant specialty serviceType type class
    subject period appointment contained patient provision category dateTime policyRule scope
"""
ELEMENTS = ELEMENT_NAMES.split()


@settings(max_examples=500, deadline=None)
@given(
    kind=st.sampled_from(["Patient", "RelatedPerson", "Appointment", "Encounter", "Consent"]),
    damage=st.dictionaries(st.sampled_from(ELEMENTS), JSON_VALUES | PARTS, max_size=4),
)
@example(kind="Patient", damage={"id": float("inf")})
def test_no_resource_makes_parse_raise_and_what_is_unreadable_reads_alone(
    kind: str, damage: dict[str, Any]
) -> None:
    whole = {**visit(), **encounter(), **consent(), "resourceType": kind, **damage}
    for event in read(whole):
        if isinstance(event, Oddity):
            assert event.code in ODDITIES
        if isinstance(event, Unreadable):
            assert event.alone is not None
            assert event in parse(event.alone)
            assert {one.ref for one in parse(event.alone) if isinstance(one, Unreadable)} == {event.ref}


@settings(max_examples=300, deadline=None)
@given(
    damage=st.dictionaries(
        st.sampled_from([each for each in ELEMENTS if each not in {"id", "deceasedDateTime"}]),
        JSON_VALUES | PARTS,
        max_size=6,
    )
)
def test_no_other_element_hides_a_death(damage: dict[str, Any]) -> None:
    (dead, *_) = read({**patient(), **damage, "deceasedDateTime": "2020"})
    assert isinstance(dead, Patient)
    assert dead.deceased


@pytest.mark.parametrize("kind", ["Patient", "Encounter"])
def test_every_synthea_resource_is_readable(kind: str) -> None:
    path = DATA / "fhir" / "synthea-100" / f"{kind}.ndjson.gz"
    if not path.exists():
        pytest.skip(f"no sample data at {DATA}; set NEXTVISIT_DATA")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = read(*({**json.loads(line), "meta": META} for line in lines))
    assert len(records) > 90
    assert [record for record in records if isinstance(record, (Unreadable, Oddity, Deleted, PullSoon))] == []
    if kind == "Encounter":
        assert all(getattr(record, "practitioner", None) for record in records)
