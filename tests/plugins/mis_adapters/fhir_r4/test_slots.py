"""Which free times are offered: those that say themselves that they are what was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from pytest_httpserver import HTTPServer
from structlog.testing import capture_logs
from werkzeug import Request, Response

from nextvisit.sdk.errors import ProtocolError, RetryLater
from nextvisit.sdk.ports import LeavesOut
from nextvisit.sdk.records import Slot, SlotQuery, Specialty
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from tests.plugins.mis_adapters.fhir_r4.changing_server import page

DAY = datetime(2026, 5, 4, tzinfo=UTC)
WANTED = SlotQuery(Specialty("cardiology"), DAY, DAY + timedelta(days=1))
META = {"versionId": "1", "lastUpdated": "2026-05-01T10:00:00.000Z"}
CARDIOLOGY = [{"coding": [{"system": "http://snomed.info/sct", "code": "394579002"}]}]
DERMATOLOGY = [{"coding": [{"system": "http://snomed.info/sct", "code": "394582007"}]}]
WALK_IN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0276", "code": "WALKIN"}]}


def slot(name: str, hour: int = 9, **more: Any) -> dict[str, Any]:
    """A free half hour of a cardiologist."""
    times = {"start": f"2026-05-04T{hour:02}:00:00Z", "end": f"2026-05-04T{hour:02}:30:00Z"}
    made = {"resourceType": "Slot", "id": name, "meta": META, "status": "free", "specialty": CARDIOLOGY}
    return {**made, **times, "schedule": {"reference": "Schedule/open"}, **more}


SCHEDULES: dict[str, dict[str, Any]] = {
    "open": {},
    "closed": {"active": False},
    "hearts": {"specialty": CARDIOLOGY},
    "skin": {"specialty": DERMATOLOGY},
    "role": {"actor": [{"reference": "PractitionerRole/r1"}]},
    "broken": {"actor": "nobody"},
}
ROLE = {
    "resourceType": "PractitionerRole",
    "id": "r1",
    "specialty": CARDIOLOGY,
    "practitioner": {"reference": "Practitioner/d1", "display": "Dr Ada"},
    "location": [{"display": "Room 4"}],
}


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """Schedules, and a role."""
    with HTTPServer(host="127.0.0.1") as running:
        for name, more in SCHEDULES.items():
            schedule = {"resourceType": "Schedule", "id": name, **more}
            running.expect_request(f"/fhir/Schedule/{name}").respond_with_json(schedule)
        running.expect_request("/fhir/PractitionerRole/r1").respond_with_json(ROLE)
        running.expect_request("/fhir/Schedule/gone").respond_with_data("{}", status=410)
        yield running
        running.clear()


async def offered(server: HTTPServer, *slots: dict[str, Any], **more: Any) -> list[Slot]:
    """What is offered where the server answers every search with these, whatever was asked."""
    server.expect_request("/fhir/Slot").respond_with_json(page(slots, []))
    mis = FhirR4Adapter(FhirR4Settings(**{"base_url": server.url_for("/fhir")} | more))
    try:
        return list(await mis.free_slots(WANTED))
    finally:
        await mis.close()


def _unzoned(hour: int) -> dict[str, Any]:
    return {"start": f"2026-05-04T{hour:02}:00:00", "end": f"2026-05-04T{hour:02}:30:00"}


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        ({"end": "2026-05-04T09:30:00"}, "instant.no_zone"),
        ({"start": "soon"}, "instant.malformed"),
        ({"end": None}, "instant.malformed"),
        ({"end": "2026-05-04T08:30:00Z"}, "no_length"),
        ({"end": "2026-05-04T09:00:00Z"}, "no_length"),
        ({"schedule": {"reference": "https://elsewhere.example/fhir/Schedule/1"}}, "reference.foreign"),
        ({"schedule": {"reference": "Schedule/broken"}}, "shape.list"),
        ({"id": "a b"}, "id.malformed"),
        ({"specialty": "hearts"}, "shape.list"),
    ],
)
@pytest.mark.anyio
async def test_one_odd_slot_costs_itself_and_is_counted(
    server: HTTPServer, odd: dict[str, Any], code: str
) -> None:
    with capture_logs() as logs:
        found = await offered(server, {**slot("odd"), **odd}, slot("good", 10))
    assert [one.ref for one in found] == ["Slot/good"]
    counted = [one for one in logs if one["event"] == "slots.left_out"]
    assert {one["code"] for one in counted} == {code}


@pytest.mark.anyio
async def test_what_is_left_out_is_counted_until_it_is_asked_for(server: HTTPServer) -> None:
    server.expect_request("/fhir/Slot").respond_with_json(
        page([slot("odd", end="soon"), slot("good", 10)], [])
    )
    mis = FhirR4Adapter(FhirR4Settings(base_url=server.url_for("/fhir"), default_specialty=WANTED.specialty))
    await mis.free_slots(WANTED)
    assert isinstance(mis, LeavesOut)
    assert mis.left_out() == {"slot.instant.malformed": 1}
    assert mis.left_out() == {}
    await mis.close()


@pytest.mark.parametrize(
    "closed",
    [
        {"status": "busy"},
        {"status": "busy-unavailable"},
        {"overbooked": True},
        {"overbooked": "true"},
        {"appointmentType": WALK_IN},
        {"specialty": DERMATOLOGY},
        {"specialty": None},
        {"specialty": None, "schedule": {"reference": "Schedule/skin"}},
        {"schedule": {"reference": "Schedule/closed"}},
        {"schedule": {"reference": "Schedule/gone"}},
        {"start": "2026-05-05T09:00:00Z"},
        {"start": "2026-05-03T09:00:00Z"},
        {"resourceType": "Appointment"},
    ],
    ids=str,
)
@pytest.mark.anyio
async def test_what_nobody_should_be_offered_is_not(server: HTTPServer, closed: dict[str, Any]) -> None:
    found = await offered(server, {**slot("closed"), **closed}, slot("good", 10))
    assert [one.ref for one in found] == ["Slot/good"]


@pytest.mark.parametrize(
    "answer", [("", 500), ("", 403), ("<html>Welcome</html>", 200), ('{"resourceType":"Schedule"', 200)]
)
@pytest.mark.anyio
async def test_a_schedule_that_cannot_be_had_costs_its_slots(
    server: HTTPServer, answer: tuple[str, int]
) -> None:
    server.expect_request("/fhir/Schedule/away").respond_with_data(*answer)
    bad = slot("bad", schedule={"reference": "Schedule/away"})
    with capture_logs() as logs:
        found = await offered(server, bad, {**bad, "id": "bad2"}, slot("good", 10))
    assert [one.ref for one in found] == ["Slot/good"]
    assert {one["code"] for one in logs} == {"schedule_no_answer"}
    assert len([request for request, _ in server.log if request.path == "/fhir/Schedule/away"]) == 1


@pytest.mark.anyio
async def test_a_server_that_gives_no_calendar_at_all_has_not_said_that_nothing_is_free(
    server: HTTPServer,
) -> None:
    server.expect_request("/fhir/Schedule/away").respond_with_data("", status=500)
    with pytest.raises(RetryLater):
        await offered(server, slot("bad", schedule={"reference": "Schedule/away"}))


@pytest.mark.parametrize("schedule", ["hearts", "role"])
@pytest.mark.anyio
async def test_what_a_slot_leaves_unsaid_its_schedule_says(server: HTTPServer, schedule: str) -> None:
    found = await offered(server, slot("s", specialty=None, schedule={"reference": f"Schedule/{schedule}"}))
    assert [one.ref for one in found] == ["Slot/s"]
    if schedule == "role":
        assert (found[0].practitioner, found[0].practitioner_name) == ("Practitioner/d1", "Dr Ada")
        assert found[0].location_name == "Room 4"


@pytest.mark.anyio
async def test_slots_that_name_no_specialty_are_asked_for_where_the_server_can(server: HTTPServer) -> None:
    def answer(request: Request) -> Response:
        named = "specialty" in request.args
        one = (
            slot("named", 10)
            if named
            else slot("s", specialty=None, schedule={"reference": "Schedule/hearts"})
        )
        return Response(json.dumps(page([one], [])))

    server.expect_request("/fhir/Slot").respond_with_handler(answer)
    mis = FhirR4Adapter(FhirR4Settings(base_url=server.url_for("/fhir")))
    found = await mis.free_slots(WANTED)
    await mis.close()
    assert [one.ref for one in found] == ["Slot/s", "Slot/named"]


@pytest.mark.anyio
async def test_a_calendar_that_closes_is_seen_at_the_next_search(server: HTTPServer) -> None:
    server.expect_oneshot_request("/fhir/Schedule/s").respond_with_json(
        {"resourceType": "Schedule", "id": "s"}
    )
    server.expect_request("/fhir/Schedule/s").respond_with_json(
        {"resourceType": "Schedule", "id": "s", "active": False}
    )
    server.expect_request("/fhir/Slot").respond_with_json(
        page([slot("s", schedule={"reference": "Schedule/s"})], [])
    )
    mis = FhirR4Adapter(FhirR4Settings(base_url=server.url_for("/fhir")))
    first, then = await mis.free_slots(WANTED), await mis.free_slots(WANTED)
    await mis.close()
    assert (len(first), len(then)) == (1, 0)


@pytest.mark.anyio
async def test_clocks_without_a_zone_are_the_connections(server: HTTPServer) -> None:
    found = await offered(server, slot("s", **_unzoned(9)), zone="Europe/Warsaw")
    assert [one.start for one in found] == [datetime(2026, 5, 4, 7, tzinfo=UTC)]


def _visit_in(slot_ref: str, **more: Any) -> dict[str, Any]:
    made = {"resourceType": "Appointment", "id": "a1", "meta": META, "status": "booked"}
    return {**made, "slot": [{"reference": slot_ref}], **more}


@pytest.mark.parametrize(
    ("visit", "left"),
    [
        (_visit_in("Slot/full"), ["Slot/good"]),
        (_visit_in("Slot/full", status="arrived"), ["Slot/good"]),
        (_visit_in("Slot/full", status="cancelled"), ["Slot/full", "Slot/good"]),
        (_visit_in("Slot/full", status="proposed"), ["Slot/full", "Slot/good"]),
        (_visit_in("https://elsewhere.example/fhir/Slot/full"), ["Slot/full", "Slot/good"]),
        (_visit_in("Slot/full", slot="full"), ["Slot/full", "Slot/good"]),
    ],
)
@pytest.mark.anyio
async def test_a_slot_in_which_somebody_has_an_appointment_is_not_free(
    server: HTTPServer, visit: dict[str, Any], left: list[str]
) -> None:
    bundle = page([slot("full"), slot("good", 10)], [])
    bundle["entry"].append({"resource": visit, "search": {"mode": "include"}})
    server.expect_request("/fhir/Slot").respond_with_json(bundle)
    mis = FhirR4Adapter(FhirR4Settings(base_url=server.url_for("/fhir")))
    found = await mis.free_slots(WANTED)
    await mis.close()
    assert [one.ref for one in found] == left


@pytest.mark.anyio
async def test_a_server_that_shows_no_appointments_with_its_slots_is_asked_without_them(
    server: HTTPServer,
) -> None:
    asked: list[bool] = []

    def answer(request: Request) -> Response:
        asked.append("_revinclude" in request.args)
        assert "_sort" in request.args
        if asked[-1]:
            return Response("{}", status=400)
        return Response(json.dumps(page([slot("good")], [])))

    server.expect_request("/fhir/Slot").respond_with_handler(answer)
    mis = FhirR4Adapter(FhirR4Settings(base_url=server.url_for("/fhir")))
    for _ in range(2):
        assert [one.ref for one in await mis.free_slots(WANTED)] == ["Slot/good"]
    await mis.close()
    assert asked[0]
    assert not any(asked[1:])


@pytest.mark.parametrize("looks_at", [["ge", "lt"], ["ge"], ["lt"], []], ids=str)
@pytest.mark.anyio
async def test_a_search_that_finds_nothing_in_the_end_says_so(
    server: HTTPServer, looks_at: list[str]
) -> None:
    long_ago = [slot(f"old{n:03}", start=(DAY - timedelta(hours=900 - n)).isoformat()) for n in range(600)]
    later = [slot(f"far{n:03}", start=(DAY + timedelta(days=2, hours=n)).isoformat()) for n in range(600)]
    there = [*long_ago, slot("wanted"), *later]

    def answer(request: Request) -> Response:
        found = there
        for bound in request.args.getlist("start")[:1] if looks_at != ["lt"] else []:
            at = datetime.fromisoformat(bound[2:])
            if bound[:2] in looks_at:
                found = [one for one in found if datetime.fromisoformat(one["start"]) >= at]
        place = int(request.args.get("place", "0"))
        asked = [(name, value) for name, value in request.args.items(multi=True) if name != "place"]
        following = server.url_for("/fhir/Slot") + "?" + urlencode([*asked, ("place", str(place + 10))])
        links = [{"relation": "next", "url": following}] if place + 10 < len(found) else []
        return Response(json.dumps(page(found[place : place + 10], links)))

    server.expect_request("/fhir/Slot").respond_with_handler(answer)
    mis = FhirR4Adapter(FhirR4Settings(base_url=server.url_for("/fhir")))
    if "ge" in looks_at:
        assert [one.ref for one in await mis.free_slots(WANTED)] == ["Slot/wanted"]
        assert len(server.log) < 10, "it stops where the days end that were asked for"
    else:
        with pytest.raises(ProtocolError, match=r"fhir.slots_unending"):
            await mis.free_slots(WANTED)
    await mis.close()


@pytest.mark.anyio
async def test_where_a_server_does_not_sort_both_ends_are_asked_for(server: HTTPServer) -> None:
    asked: list[list[str]] = []

    def answer(request: Request) -> Response:
        asked.append([bound[:2] for bound in request.args.getlist("start")])
        return Response(json.dumps(page([slot("b", 11), slot("a", 9)], [])))

    server.expect_request("/fhir/Slot").respond_with_handler(answer)
    mis = FhirR4Adapter(FhirR4Settings(base_url=server.url_for("/fhir")))
    assert [one.ref for one in await mis.free_slots(WANTED)] == ["Slot/a", "Slot/b"]
    await mis.close()
    assert asked[:2] == [["ge"], ["ge", "lt"]]
