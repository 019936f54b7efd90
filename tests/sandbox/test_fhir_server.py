"""The clinic's records over HTTP."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Fhir, Opened

pytestmark = pytest.mark.anyio
SYSTEM = "https://nextvisit.example/request"


def an_appointment(key: str, slot: str | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "Appointment",
        "identifier": [{"system": SYSTEM, "value": key}],
        "status": "booked",
        "participant": [{"actor": {"reference": "Patient/patient-00001"}, "status": "accepted"}],
    }
    return made if slot is None else {**made, "slot": [{"reference": slot}]}


async def pages(client: httpx2.AsyncClient, url: str) -> list[dict[str, Any]]:
    found = []
    while url:
        bundle = (await client.get(url)).json()
        found.append(bundle)
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    return found


async def a_free_slot(client: httpx2.AsyncClient, index: int = 0) -> dict[str, Any]:
    bundle = (await client.get("Slot", params={"status": "free"})).json()
    slot: dict[str, Any] = bundle["entry"][index]["resource"]
    return slot


def a_booking(slot: dict[str, Any], key: str) -> dict[str, Any]:
    version = slot["meta"]["versionId"]
    url = f"Slot/{slot['id']}"
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": an_appointment(key, url),
                "request": {
                    "method": "POST",
                    "url": "Appointment",
                    "ifNoneExist": f"identifier={SYSTEM}|{key}",
                },
            },
            {
                "resource": {**slot, "status": "busy"},
                "request": {"method": "PUT", "url": url, "ifMatch": f'W/"{version}"'},
            },
        ],
    }


async def test_without_the_token_nothing_is_told(opened: Opened) -> None:
    async with opened() as clinic, httpx2.AsyncClient(trust_env=False) as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            answer = await client.get(f"{clinic.fhir_url}/Patient", headers=headers)
            assert answer.status_code == 401
            assert answer.json()["resourceType"] == "OperationOutcome"
        statement = await client.get(f"{clinic.fhir_url}/metadata")
        assert statement.json()["fhirVersion"] == "4.0.1"


@pytest.mark.parametrize("sort", ["", "&_sort=_lastUpdated", "&_sort=-_lastUpdated"])
async def test_pages_hold_everything_once_though_many_were_updated_at_once(
    opened: Opened, fhir: Fhir, sort: str
) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        found = await pages(client, f"Consent?_count=7{sort}")
        ids = [entry["resource"]["id"] for page in found for entry in page["entry"]]
        stamps = {entry["resource"]["meta"]["lastUpdated"] for page in found for entry in page["entry"]}
        assert 1 < len(stamps) < len(ids) / 2
        assert sorted(ids) == sorted(each.resource["id"] for each in clinic.store.all("Consent"))
        assert {page["total"] for page in found} == {len(ids)}


async def test_later_pages_show_what_the_first_one_saw(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        first = (await client.get("Patient?_count=30&_sort=_lastUpdated")).json()
        changed = first["entry"][0]["resource"]
        await client.put(f"Patient/{changed['id']}", json={**changed, "active": False})
        await client.post("Patient", json={"resourceType": "Patient"})
        rest = await pages(client, first["link"][-1]["url"])
        ids = [e["resource"]["id"] for page in (first, *rest) for e in page["entry"]]
        assert len(ids) == len(set(ids)) == 40


async def test_a_poll_since_the_last_update_finds_the_change_alone(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        patient = (await client.get("Patient/patient-00003")).json()
        updated = (await client.put("Patient/patient-00003", json=patient)).json()["meta"]["lastUpdated"]
        found = (await client.get("Patient", params={"_lastUpdated": f"ge{updated}"})).json()
        assert [entry["resource"]["id"] for entry in found["entry"]] == ["patient-00003"]
        newest = max(each.updated for each in clinic.store.all("Patient") if each.version == 1)
        span: list[tuple[str, Any]] = [
            ("_lastUpdated", f"gt{newest.isoformat().replace('+00:00', 'Z')}"),
            ("_lastUpdated", f"lt{updated}"),
        ]
        assert (await client.get("Patient", params=span)).json()["total"] == 0


async def test_a_history_tells_newest_first_what_changed_and_what_was_deleted(
    opened: Opened, fhir: Fhir
) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        patient = (await client.get("Patient/patient-00003")).json()
        updated = (await client.put("Patient/patient-00003", json=patient)).json()["meta"]["lastUpdated"]
        for name in ("patient-00004", "patient-00005"):
            other = (await client.get(f"Patient/{name}")).json()
            assert (await client.delete(f"Patient/{name}")).status_code == 204
            assert (await client.get(f"Patient/{name}")).status_code == 410
        assert (await client.put("Patient/patient-00005", json=other)).json()["meta"]["versionId"] == "3"
        found = await pages(client, f"Patient/_history?_count=1&_since={updated}")
        entries = [entry for page in found for entry in page["entry"]]
        told = [(entry["request"]["method"], entry["request"]["url"]) for entry in entries]
        assert sorted(told) == [
            ("DELETE", "Patient/patient-00004"),
            ("PUT", "Patient/patient-00003"),
            ("PUT", "Patient/patient-00005"),
        ]
        times = [entry["response"]["lastModified"] for entry in entries]
        assert times == sorted(times, reverse=True)
        assert ["resource" in entry for entry in entries] == [method == "PUT" for method, _ in told]
        assert {page["type"] for page in found} == {"history"}
        assert len((await client.get("Patient/_history?_count=500")).json()["entry"]) == 40
        assert (await client.get("Patient/_history?_at=2026")).status_code == 400


async def test_slots_come_in_order_with_their_schedules_and_doctors(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        more = "_sort=start&_include=Slot:schedule&_include:iterate=Schedule:actor&_count=40"
        found = await pages(client, f"Slot?status=free&{more}")
        assert len(found) > 1
        starts = []
        for page in found:
            shown = [(entry["search"]["mode"], entry["resource"]) for entry in page["entry"]]
            slots = [resource for mode, resource in shown if mode == "match"]
            beside = {
                f"{each['resourceType']}/{each['id']}": each for mode, each in shown if mode == "include"
            }
            starts += [datetime.fromisoformat(slot["start"]) for slot in slots]
            schedules = {slot["schedule"]["reference"] for slot in slots}
            doctors = {beside[each]["actor"][0]["reference"] for each in schedules}
            assert schedules | doctors <= set(beside)
            assert {name.partition("/")[0] for name in beside} <= {"Schedule", "Practitioner", "Location"}
        assert starts == sorted(starts)
        for refused in ("_sort=status", "_include=Slot:status"):
            assert (await client.get(f"Slot?{refused}")).status_code == 400


async def test_slots_come_with_the_appointments_in_them(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        (entry,) = (await client.get("Slot?status=free&_count=1")).json()["entry"]
        ref = f"Slot/{entry['resource']['id']}"
        made = (await client.post("Appointment", json=an_appointment("a", ref))).raise_for_status().json()
        search = f"Slot?_id={entry['resource']['id']}"
        found = (await client.get(f"{search}&_revinclude=Appointment:slot")).json()["entry"]
        assert [(each["search"]["mode"], each["resource"]["id"]) for each in found] == [
            ("match", entry["resource"]["id"]),
            ("include", made["id"]),
        ]
        assert (await client.get(f"{search}&_revinclude=Appointment:patient")).status_code == 400


async def test_slots_are_found_by_time_and_specialty(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        query: list[tuple[str, Any]] = [
            ("status", "free"),
            ("start", "ge2026-11-24T00:00:00+01:00"),
            ("start", "lt2026-11-25"),
            ("specialty", "http://snomed.info/sct|394579002"),
        ]
        slots = [e["resource"] for e in (await client.get("Slot", params=query)).json()["entry"]]
        assert slots
        assert all(slot["start"].startswith("2026-11-24T") and slot["status"] == "free" for slot in slots)
        assert {slot["specialty"][0]["coding"][0]["code"] for slot in slots} == {"394579002"}
        one = slots[0]["schedule"]["reference"]
        of_one = (await client.get("Slot", params=[*query, ("schedule", one)])).json()["entry"]
        assert {e["resource"]["schedule"]["reference"] for e in of_one} == {one}


async def test_forty_parallel_conditional_creates_make_one(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        headers = {"If-None-Exist": f"identifier={SYSTEM}|k1"}
        calls = [client.post("Appointment", json=an_appointment("k1"), headers=headers) for _ in range(40)]
        answers = await asyncio.gather(*calls)
        assert sorted(each.status_code for each in answers) == [200] * 39 + [201]
        assert len({each.json()["id"] for each in answers}) == 1
        found = (await client.get("Appointment", params={"identifier": f"{SYSTEM}|k1"})).json()
        assert found["total"] == 1


async def test_a_condition_that_several_meet_is_refused(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        for _ in range(2):
            await client.post("Appointment", json=an_appointment("twice"))
        headers = {"If-None-Exist": f"identifier={SYSTEM}|twice"}
        answer = await client.post("Appointment", json=an_appointment("twice"), headers=headers)
        assert answer.status_code == 412


async def test_a_stale_update_is_refused(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        slot = await a_free_slot(client)
        url, headers = f"Slot/{slot['id']}", {"If-Match": 'W/"1"'}
        first = await client.put(url, json={**slot, "status": "busy"}, headers=headers)
        second = await client.put(url, json={**slot, "status": "free"}, headers=headers)
        assert (first.status_code, first.headers["etag"]) == (200, 'W/"2"')
        assert "last-modified" in first.headers
        assert second.status_code == 412
        assert (await client.get(url)).json()["status"] == "busy"


async def test_a_transaction_books_and_takes_the_slot(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        slot = await a_free_slot(client)
        answer = (await client.post("", json=a_booking(slot, "b1"))).json()
        assert [entry["response"]["status"] for entry in answer["entry"]] == ["201 Created", "200 OK"]
        assert clinic.store.get("Slot", slot["id"]).resource["status"] == "busy"


async def test_the_first_bookings_fail_as_the_clinic_is_told(opened: Opened, fhir: Fhir) -> None:
    async with opened(booking_faults=[422, 504]) as clinic, fhir(clinic) as client:
        slot = await a_free_slot(client)
        for status, made in ((422, 0), (504, 1), (412, 1)):
            assert (await client.post("", json=a_booking(slot, "b1"))).status_code == status
            held = clinic.store.indexed("Appointment", "slot", f"Slot/{slot['id']}")
            assert len(held) == made


async def test_a_transaction_with_a_stale_version_changes_nothing(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        slot = await a_free_slot(client)
        await client.put(f"Slot/{slot['id']}", json=slot)
        before = {
            each.key: each.version for kind in ("Slot", "Appointment") for each in clinic.store.all(kind)
        }
        answer = await client.post("", json=a_booking(slot, "late"))
        assert answer.status_code == 412
        assert answer.json()["resourceType"] == "OperationOutcome"
        after = {
            each.key: each.version for kind in ("Slot", "Appointment") for each in clinic.store.all(kind)
        }
        assert after == before


async def test_of_twenty_who_want_one_slot_one_gets_it(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        slot = await a_free_slot(client)
        calls = [client.post("", json=a_booking(slot, f"rival-{n}")) for n in range(20)]
        answers = await asyncio.gather(*calls)
        assert sorted(each.status_code for each in answers) == [200] + [412] * 19
        held = clinic.store.indexed("Appointment", "slot", f"Slot/{slot['id']}")
        assert len(held) == 1


async def test_a_slot_of_another_appointment_cannot_be_taken(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        slot = f"Slot/{(await a_free_slot(client))['id']}"
        assert (await client.post("Appointment", json=an_appointment("a", slot))).status_code == 201
        assert (await client.post("Appointment", json=an_appointment("b", slot))).status_code == 409


async def test_what_cannot_be_answered_is_named(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        unknown = await client.get("Patient?shoe-size=44")
        assert unknown.status_code == 400
        assert "shoe-size" in unknown.json()["issue"][0]["diagnostics"]
        broken = await client.post("Patient", content=b"{", headers={"Content-Type": "application/fhir+json"})
        assert broken.status_code == 400
        shapeless = {"resourceType": "Appointment", "status": "booked", "participant": "Jan"}
        refused = await client.post("Appointment", json=shapeless)
        assert refused.status_code == 422
        assert "participant" in refused.json()["issue"][0]["diagnostics"]
        assert (await client.get("Patient/nobody")).status_code == 404
        assert (await client.get("Patient?_lastUpdated=gewhenever")).status_code == 400


async def test_a_spoilt_record_is_served_as_the_bytes_that_were_put_and_found_as_before(
    opened: Opened, fhir: Fhir
) -> None:
    async with opened() as clinic, fhir(clinic) as client, httpx2.AsyncClient() as hand:
        url = f"{clinic.control_url}/control/records/Patient/patient-00001"
        assert (await hand.put(url, content=b'{"half": "\xf3')).is_success
        assert (await client.get("Patient/patient-00001")).content == b'{"half": "\xf3'
        assert b'"resource":{"half": "\xf3,' in (await client.get("Patient?_id=patient-00001")).content
        assert (await hand.put(f"{url}x", content=b"{}")).status_code == 404
