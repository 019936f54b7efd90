"""The synthetic clinic."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from nextvisit_sandbox.population.generate import generate
from nextvisit_sandbox.population.phones import digits_of

if TYPE_CHECKING:
    from nextvisit_sandbox.resource import Resource

TODAY = date(2026, 11, 23)
CARDIOLOGY = "394579002"


@pytest.fixture(scope="module")
def resources() -> list[Resource]:
    return generate(seed=7, patients=2000, today=TODAY)


def of(resources: list[Resource], kind: str) -> list[Resource]:
    return [each for each in resources if each["resourceType"] == kind]


def specialty(resource: Resource) -> str:
    return str(resource["specialty"][0]["coding"][0]["code"])


def test_the_same_seed_gives_the_same_clinic(resources: list[Resource]) -> None:
    assert generate(seed=7, patients=2000, today=TODAY) == resources


def test_another_seed_gives_other_people(resources: list[Resource]) -> None:
    others = generate(seed=8, patients=2000, today=TODAY)
    assert of(others, "Patient") != of(resources, "Patient")


def test_ids_are_unique(resources: list[Resource]) -> None:
    keys = [(each["resourceType"], each["id"]) for each in resources]
    assert len(set(keys)) == len(keys)


def test_an_eighth_is_overdue_for_cardiology_in_every_tier(resources: list[Resource]) -> None:
    booked: set[str] = set()
    last: dict[str, date] = {}
    knows: dict[str, set[str]] = defaultdict(set)
    for visit in of(resources, "Appointment"):
        patient = visit["participant"][0]["actor"]["reference"]
        if visit["status"] == "booked":
            booked.add(patient)
        elif visit["status"] == "fulfilled":
            day = datetime.fromisoformat(visit["start"]).date()
            last[patient] = max(last.get(patient, day), day)
            knows[patient].add(specialty(visit))
    tiers: dict[int, int] = defaultdict(int)
    for patient in of(resources, "Patient"):
        reference = f"Patient/{patient['id']}"
        years = (TODAY - date.fromisoformat(patient["birthDate"])).days / 365.25
        unseen = (TODAY - last.get(reference, TODAY)).days
        if 30 <= years < 66 and unseen > 366 and CARDIOLOGY in knows[reference] and reference not in booked:
            tiers[min(unseen // 183, 4)] += 1
    assert 200 <= sum(tiers.values()) <= 280
    assert all(tiers[tier] > 30 for tier in (2, 3, 4))


def test_records_show_what_became_of_people(resources: list[Resource]) -> None:
    patients = of(resources, "Patient")
    merged = [each for each in patients if "link" in each]
    assert 50 <= sum("deceasedDateTime" in p or "deceasedBoolean" in p for p in patients) <= 110
    assert 20 <= len(merged) <= 65
    assert not any(each["active"] for each in merged)
    ids = {each["id"] for each in patients}
    assert all(each["link"][0]["other"]["reference"].removeprefix("Patient/") in ids for each in merged)
    languages = {p["communication"][0]["language"]["coding"][0]["code"] for p in patients}
    assert languages == {"pl", "ru", "en"}


def test_families_share_a_phone(resources: list[Resource]) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for patient in of(resources, "Patient"):
        for point in patient["telecom"]:
            if point["system"] == "phone" and "link" not in patient:
                owners[digits_of(point["value"])].add(patient["id"])
    assert sum(len(ids) > 1 for ids in owners.values()) > 30


@pytest.mark.parametrize(
    ("raw", "digits"),
    [
        ("600 100 200", "48600100200"),
        ("+48 600-100-200", "48600100200"),
        ("0048 600 100 200", "48600100200"),
        ("(+48) 600-100-200", "48600100200"),
        ("8 (912) 345-67-89", "79123456789"),
        ("+7 912 345-67-89", "79123456789"),
    ],
)
def test_every_writing_of_a_number_means_that_number(raw: str, digits: str) -> None:
    assert digits_of(raw) == digits


def test_cardiology_has_free_times_on_weekdays_for_ten_weeks(resources: list[Resource]) -> None:
    free = [
        each for each in of(resources, "Slot") if each["status"] == "free" and specialty(each) == CARDIOLOGY
    ]
    starts = [datetime.fromisoformat(each["start"]) for each in free]
    assert len({each["schedule"]["reference"] for each in free}) >= 5
    assert all(start.weekday() < 5 and 8 <= start.hour < 18 for start in starts)
    assert min(starts).date() >= TODAY
    assert max(starts).date() > TODAY + timedelta(weeks=9)


def test_booked_visits_hold_a_busy_slot(resources: list[Resource]) -> None:
    slots = {f"Slot/{each['id']}": each for each in of(resources, "Slot")}
    booked = [each for each in of(resources, "Appointment") if each["status"] == "booked"]
    held = [each["slot"][0]["reference"] for each in booked]
    assert len(set(held)) == len(held)
    assert 100 <= len(booked) <= 230
    assert all(slots[slot]["status"] == "busy" for slot in held)


def test_at_most_one_consent_per_patient_and_purpose(resources: list[Resource]) -> None:
    keys = [
        (each["patient"]["reference"], each["provision"]["purpose"][0]["code"])
        for each in of(resources, "Consent")
    ]
    assert len(set(keys)) == len(keys)
    recall = [
        each for each in of(resources, "Consent") if each["provision"]["purpose"][0]["code"] == "recall"
    ]
    both = [
        each
        for each in recall
        if each["provision"]["type"] == "permit"
        and {"email", "sms"} <= {code["coding"][0]["code"] for code in each["provision"]["code"]}
    ]
    assert 0.70 <= len(both) / 2000 <= 0.80
