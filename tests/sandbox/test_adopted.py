"""People from files become patients of the clinic."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nextvisit.flow.language.load import load_files
from nextvisit.install.plugins import load_plugins
from nextvisit.intake.loop import Intake
from nextvisit.intake.pull import pull
from nextvisit.sdk.addresses import Phone, normalise_email, normalise_phone
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.campaigns import enrolments
from nextvisit.store.campaigns.programs import StoredPrograms
from nextvisit.store.queues import inbox
from nextvisit_demo.setup import DATA_SPECIALTY, demo_files
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from nextvisit_sandbox.behaviours import Character
from nextvisit_sandbox.population.adopted import adopt
from nextvisit_sandbox.population.systems import SNOMED
from tests.world.site import CONNECTIONS, SITE

if TYPE_CHECKING:
    from nextvisit.store.base.engine import Database
    from nextvisit_sandbox.resource import Resource
    from tests.sandbox.conftest import Opened

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
SYNTHEA = (
    Path(os.environ.get("NEXTVISIT_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
    / "fhir"
    / "synthea-100"
)
needs_synthea = pytest.mark.skipif(
    not SYNTHEA.is_dir(), reason=f"no sample data at {SYNTHEA}; set NEXTVISIT_DATA"
)


def a_person(number: int, **more: Any) -> Resource:
    """As Synthea writes one."""
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "name": [{"use": "official", "family": "Peña O'Neil852", "given": ["José Luis"]}],
        "telecom": [{"system": "phone", "value": f"555-532-{number:04d}", "use": "home"}],
        "birthDate": "1975-01-13",
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en-US"}]}}],
        **more,
    }


def an_encounter(type_code: str, class_code: str = "AMB", **more: Any) -> Resource:
    """As Synthea writes one."""
    return {
        "resourceType": "Encounter",
        "id": f"e{type_code}",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": class_code},
        "type": [{"coding": [{"system": SNOMED, "code": type_code}]}],
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2018-06-18T17:30:49-04:00"},
        **more,
    }


def adopted(*resources: Resource, seed: int = 7) -> list[Resource]:
    return adopt(resources, seed=seed, today=TODAY)


def of(resources: list[Resource], kind: str) -> list[Resource]:
    return [each for each in resources if each["resourceType"] == kind]


def many(count: int) -> list[Resource]:
    return adopted(*(a_person(number) for number in range(1, count + 1)))


def points(resources: list[Resource], system: str) -> list[str]:
    """What was added; the phones of the files are at home."""
    return [
        point["value"]
        for person in of(resources, "Patient")
        for point in person["telecom"]
        if point["system"] == system and not point["value"].startswith("555")
    ]


def test_the_same_seed_gives_the_same_people() -> None:
    assert many(50) == many(50)


def test_another_seed_gives_them_other_numbers() -> None:
    people = [a_person(number) for number in range(1, 51)]
    assert points(adopted(*people, seed=8), "phone") != points(adopted(*people), "phone")


def test_numbers_can_be_dialled_and_addresses_written_to() -> None:
    people = many(300)
    numbers = [normalise_phone(raw, SITE.country) for raw in points(people, "phone")]
    assert all(isinstance(each, Phone) and each.textable for each in numbers)
    assert len(set(numbers)) == len(numbers)
    addresses = [normalise_email(raw) for raw in points(people, "email")]
    assert all(isinstance(each, str) and each.endswith(".example") for each in addresses)
    assert len(set(addresses)) == len(addresses)
    assert str(addresses[0]).startswith("jose.luis.pena.oneil")


def test_some_stay_without_number_address_or_consent() -> None:
    people = many(1000)
    assert 900 < len(points(people, "phone")) < 980
    assert 800 < len(points(people, "email")) < 920
    recall = [
        each["provision"]["type"]
        for each in of(people, "Consent")
        if each["provision"]["purpose"][0]["code"] == "recall"
    ]
    assert 880 < len(recall) < 980
    assert 30 < recall.count("deny") < 100


def test_a_person_without_a_name_gets_an_address_all_the_same() -> None:
    people = adopted(*(a_person(number, name=[]) for number in range(1, 20)))
    assert all(isinstance(normalise_email(each), str) for each in points(people, "email"))
    assert points(people, "email")


def test_what_a_file_has_is_not_made_up() -> None:
    own = [
        {"system": "phone", "value": "+48 501 100 200", "use": "mobile"},
        {"system": "email", "value": "ann@mail.example"},
    ]
    consent = {"resourceType": "Consent", "id": "c1", "patient": {"reference": "Patient/p1"}}
    visit = an_encounter("162673000", serviceType={"coding": [{"system": SNOMED, "code": "394579002"}]})
    files = [a_person(1, telecom=own), consent, visit]
    assert adopted(*files) == files


@pytest.mark.parametrize(
    ("type_code", "specialty"),
    [
        ("162673000", "394814009"),
        ("185345009", "394814009"),
        ("185349003", "394814009"),
        ("424619006", "394586005"),
        ("424441002", "394586005"),
        ("169762003", "394586005"),
        ("310061009", "394586005"),
    ],
)
def test_a_visit_gets_the_specialty_that_its_type_says(type_code: str, specialty: str) -> None:
    (visit,) = adopted(an_encounter(type_code))
    assert [each["code"] for each in visit["serviceType"]["coding"]] == [specialty]


@pytest.mark.parametrize(
    ("type_code", "class_code"),
    [
        ("308335008", "AMB"),  # Patient encounter procedure
        ("390906007", "AMB"),  # Follow-up encounter
        ("185347001", "AMB"),  # Encounter for problem
        ("50849002", "EMER"),  # Emergency room admission
        ("185345009", "IMP"),  # Encounter for symptom, of somebody who stayed
    ],
)
def test_a_visit_whose_type_says_none_gets_none(type_code: str, class_code: str) -> None:
    visit = an_encounter(type_code, class_code)
    assert adopted(visit) == [visit]


def without_what_was_added(resource: Resource) -> Resource:
    kept = {key: value for key, value in resource.items() if key != "serviceType"}
    if kept["resourceType"] == "Patient":
        kept["telecom"] = [point for point in kept["telecom"] if point["value"].startswith("555")]
    return kept


@needs_synthea
def test_what_the_files_say_stays() -> None:
    resources = from_synthea()
    before = json.dumps(resources)
    made = adopted(*resources)
    assert [without_what_was_added(each) for each in made if each["resourceType"] != "Consent"] == resources
    assert json.dumps(resources) == before


def test_the_dead_stay_dead() -> None:
    (person, *_) = adopted(a_person(1, deceasedDateTime="2019-03-02T04:00:00-05:00"))
    assert person["deceasedDateTime"] == "2019-03-02T04:00:00-05:00"


@pytest.mark.anyio
async def test_fifty_of_an_age_to_be_invited_have_every_character(opened: Opened, tmp_path: Path) -> None:
    children = [a_person(number, birthDate="2020-02") for number in range(100, 300)]
    invited = [a_person(number) for number in range(50)]
    lines = (json.dumps(each) for each in (*children, *invited))
    (tmp_path / "Patient.ndjson").write_text("\n".join(lines), encoding="utf-8")
    async with opened(data=tmp_path) as clinic:
        behaviours = clinic.patients._behaviours
        assert {behaviours.of(each["id"]).character for each in invited} == set(Character)


@needs_synthea
@pytest.mark.anyio
async def test_the_demos_campaign_finds_an_audience_among_them(
    opened: Opened, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FHIR_TOKEN", "sandbox-fhir-token")
    async with opened(data=SYNTHEA) as clinic:
        mis = FhirR4Adapter(FhirR4Settings(base_url=clinic.fhir_url, token="env:FHIR_TOKEN"))
        await pull(database, "clinic", mis)
        programs = StoredPrograms(frozenset({ChannelKind("email"), ChannelKind("sms")}))
        intake = Intake(database, {"clinic": mis}, {}, CONNECTIONS, SITE, programs)
        while await intake.drain(100):
            pass
        await mis.close()
    folders = load_plugins(wanted=()).campaign_folders
    async with database.transaction() as tx:
        assert (await inbox.counts(tx))["parked"] == 0
        audience = {}
        for specialty in (DATA_SPECIALTY, "cardiology"):
            segment = load_files(demo_files(folders, 30, specialty)).model.enrol.segment.to_predicate()
            audience[specialty] = await enrolments.count(tx, segment, NOW, SITE.zone)
    assert audience == {DATA_SPECIALTY: len(of_the_age_and_seen_in_general_practice()), "cardiology": 0}
    assert audience[DATA_SPECIALTY] > 40


def of_the_age_and_seen_in_general_practice() -> set[str]:
    """Read from the files alone; everybody's last visit was in 2020 at the latest."""
    resources = from_synthea()
    seen = {
        each["subject"]["reference"].removeprefix("urn:uuid:")
        for each in of(resources, "Encounter")
        if each["class"]["code"] == "AMB"
        and each["type"][0]["coding"][0]["code"] in {"162673000", "185345009", "185349003"}
    }
    born = {each["id"]: date.fromisoformat(each["birthDate"]) for each in of(resources, "Patient")}
    return {each for each in seen if date(1960, 11, 23) < born[each] <= date(1996, 11, 23)}


def from_synthea() -> list[Resource]:
    """As they are in the files."""
    return [
        json.loads(line)
        for path in sorted(SYNTHEA.glob("*.ndjson.gz"))
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]
