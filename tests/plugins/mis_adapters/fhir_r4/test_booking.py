"""Whose an appointment is, the adapter asks the appointment; a server may answer anything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from nextvisit.sdk.errors import ConfigError, OutcomeUnknown, Rejected, RetryLater, SlotTaken
from nextvisit.sdk.records import (
    AppointmentRef,
    BookingRequest,
    CancelReason,
    MisRef,
    Slot,
    SlotQuery,
    Specialty,
)
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig
from tests.plugins.mis_adapters.fhir_r4.changing_server import page

START = datetime(2026, 5, 4, 9, tzinfo=UTC)
SLOT = Slot(MisRef("Slot/s1"), "1", START, START + timedelta(minutes=30), Specialty("cardiology"))
REQUEST = BookingRequest("0190-booking", MisRef("Patient/p1"), SLOT)
META = {"versionId": "1", "lastUpdated": "2026-05-01T10:00:00.000Z"}
FREE = {
    "resourceType": "Slot",
    "id": "s1",
    "meta": META,
    "status": "free",
    "start": "2026-05-04T09:00:00Z",
    "end": "2026-05-04T09:30:00Z",
}


def appointment(name: str, *, booking: str | None, patient: str, **more: Any) -> dict[str, Any]:
    """One of the clinic's appointments."""
    identifiers = [] if booking is None else [{"system": "urn:nextvisit:booking", "value": booking}]
    who = [{"actor": {"reference": patient}, "status": "accepted"}]
    made = {"resourceType": "Appointment", "id": name, "meta": META, "status": "booked"}
    return {**made, "identifier": identifiers, "participant": who, **more}


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """An HTTP server whose answers a test writes down."""
    with HTTPServer(host="127.0.0.1") as running:
        yield running
        running.clear()


def adapter(server: HTTPServer, **more: Any) -> FhirR4Adapter:
    """An adapter to it."""
    return FhirR4Adapter(FhirR4Settings(**{"base_url": server.url_for("/fhir")} | more))


ANOTHERS = [
    appointment("a1", booking=None, patient="Patient/p2"),
    appointment("a1", booking="another-booking", patient="Patient/p1"),
    appointment(
        "a1",
        booking=None,
        patient="Patient/p1",
        identifier=[{"system": "urn:another", "value": REQUEST.booking}],
    ),
]


@pytest.mark.parametrize("other", ANOTHERS, ids=["no id", "another id", "another system"])
@pytest.mark.anyio
async def test_where_a_server_ignores_the_identifier_nothing_is_booked_or_found(
    server: HTTPServer, other: dict[str, Any]
) -> None:
    server.expect_request("/fhir/metadata").respond_with_json({"fhirVersion": "4.0.1"})
    server.expect_request("/fhir/Patient").respond_with_json(page([], []))
    server.expect_request("/fhir/Appointment").respond_with_json(page([other], []))
    server.expect_request("/fhir/Slot/s1").respond_with_json(FREE)
    mis = adapter(server)
    with pytest.raises(Rejected, match=r"fhir.identifier_ignored") as caught:
        await mis.book(REQUEST)
    assert caught.value.scope == "account"
    with pytest.raises(OutcomeUnknown, match=r"fhir.identifier_ignored"):
        await mis.find_booking(REQUEST)
    with pytest.raises(ConfigError, match=r"fhir.identifier_ignored"):
        await mis.check()
    await mis.close()
    assert "POST" not in {request.method for request, _ in server.log}


@pytest.mark.anyio
async def test_our_own_is_found_among_others(server: HTTPServer) -> None:
    ours = appointment("a9", booking=REQUEST.booking, patient="Patient/p1")
    server.expect_request("/fhir/Appointment").respond_with_json(page([ANOTHERS[0], ours], []))
    mis = adapter(server)
    assert (await mis.book(REQUEST)).ref == "Appointment/a9"
    found = await mis.find_booking(REQUEST)
    await mis.close()
    assert found is not None
    assert found.ref == "Appointment/a9"


@pytest.mark.anyio
async def test_our_id_on_another_patients_appointment_is_not_a_booking(server: HTTPServer) -> None:
    other = appointment("a1", booking=REQUEST.booking, patient="Patient/p2")
    server.expect_request("/fhir/Appointment").respond_with_json(page([other], []))
    mis = adapter(server)
    with pytest.raises(Rejected, match=r"booking.other_patient"):
        await mis.book(REQUEST)
    with pytest.raises(Rejected, match=r"booking.other_patient"):
        await mis.find_booking(REQUEST)
    await mis.close()


@pytest.mark.anyio
async def test_an_appointment_that_was_there_before_is_asked_whose_it_is(server: HTTPServer) -> None:
    """A server that passes over If-None-Exist's condition answers 200 with somebody else's."""
    there = {"response": {"status": "200 OK", "location": "Appointment/a1/_history/3"}}
    answer = {"resourceType": "Bundle", "entry": [{"response": {"status": "200 OK"}}, there]}
    server.expect_oneshot_request("/fhir/Appointment").respond_with_json(page([], []))
    server.expect_request("/fhir/Appointment").respond_with_json(page([ANOTHERS[0]], []))
    server.expect_request("/fhir/Slot/s1").respond_with_json(FREE)
    server.expect_request("/fhir", method="POST").respond_with_json(answer)
    mis = adapter(server)
    with pytest.raises(OutcomeUnknown, match=r"fhir.booked_unseen"):
        await mis.book(REQUEST)
    await mis.close()


@pytest.mark.anyio
async def test_one_booking_asked_for_thirty_times_at_once_is_one_appointment() -> None:
    async with SandboxClinic(SandboxConfig(patients=10, patients_act=False)) as clinic:
        now = datetime.now(UTC)
        settings = FhirR4Settings(base_url=clinic.fhir_url, token="env:FHIR_TOKEN")
        adapters = [FhirR4Adapter(settings) for _ in range(6)]
        query = SlotQuery(Specialty("cardiology"), now, now + timedelta(days=21), limit=1)
        slot = (await adapters[0].free_slots(query))[0]
        patient = MisRef(f"Patient/{clinic.store.all('Patient')[0].resource['id']}")
        request = BookingRequest("b-30", patient, slot)
        made = await asyncio.gather(*(adapters[number % 6].book(request) for number in range(30)))
        for each in adapters:
            await each.close()
    assert len({one.ref for one in made}) == 1


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the sandbox asks for."""
    monkeypatch.setenv("FHIR_TOKEN", "sandbox-fhir-token")


@pytest.mark.anyio
async def test_a_slot_that_our_own_earlier_try_has_taken_is_ours(server: HTTPServer) -> None:
    ours = appointment("a9", booking=REQUEST.booking, patient="Patient/p1")
    server.expect_oneshot_request("/fhir/Appointment").respond_with_json(page([], []))
    server.expect_request("/fhir/Slot/s1").respond_with_json({**FREE, "status": "busy"})
    server.expect_request("/fhir/Appointment").respond_with_json(page([ours], []))
    mis = adapter(server)
    assert (await mis.book(REQUEST)).ref == "Appointment/a9"
    await mis.close()


@pytest.mark.anyio
async def test_the_guard_is_the_etag_as_it_came(server: HTTPServer) -> None:
    sent: list[dict[str, Any]] = []

    def take(request: Request) -> Response:
        sent.append(json.loads(request.data))
        done = [{"response": {"status": "200 OK"}} for _ in sent[-1]["entry"]]
        return Response(json.dumps({"resourceType": "Bundle", "entry": done}))

    def tagged(resource: dict[str, Any], tag: str) -> dict[str, Any]:
        return {"response_data": json.dumps(resource), "headers": {"ETag": tag}}

    unversioned = {**FREE, "meta": {}, "status": "busy"}
    visit = appointment("a1", booking="b", patient="Patient/p1", slot=[{"reference": "Slot/s1"}])
    server.expect_request("/fhir/Slot/s1").respond_with_data(**tagged(unversioned, '"s-77"'))
    server.expect_request("/fhir/Appointment/a1").respond_with_data(**tagged(visit, 'W/"a-99"'))
    server.expect_request("/fhir", method="POST").respond_with_handler(take)
    mis = adapter(server)
    await mis.cancel(AppointmentRef(MisRef("Appointment/a1"), "1"), CancelReason.PATIENT)
    await mis.close()
    guards = {one["request"]["url"]: one["request"]["ifMatch"] for one in sent[0]["entry"]}
    assert guards == {"Appointment/a1": 'W/"a-99"', "Slot/s1": '"s-77"'}


@pytest.mark.parametrize(
    ("occupant", "issue", "error"),
    [
        ("booked", "lock-error", SlotTaken),
        ("cancelled", "lock-error", RetryLater),
        ("cancelled", "business-rule", SlotTaken),
    ],
)
@pytest.mark.anyio
async def test_a_free_slot_in_which_somebody_has_an_appointment_or_that_is_refused_for_good_is_taken(
    server: HTTPServer, occupant: str, issue: str, error: type[Exception]
) -> None:
    other = appointment("a1", booking=None, patient="Patient/p2", slot=[{"reference": "Slot/s1"}])
    in_it = page([{**other, "status": occupant}], [])
    server.expect_request("/fhir/Appointment", query_string="slot=Slot%2Fs1").respond_with_json(in_it)
    server.expect_request("/fhir/Appointment").respond_with_json(page([], []))
    server.expect_request("/fhir/Slot/s1").respond_with_json(FREE)
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": issue}]}
    server.expect_request("/fhir", method="POST").respond_with_json(outcome, status=409)
    mis = adapter(server)
    with pytest.raises(error):
        await mis.book(REQUEST)
    await mis.close()


@pytest.mark.parametrize(
    "changed",
    [
        {"overbooked": True},
        {
            "appointmentType": {
                "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0276", "code": "WALKIN"}]
            }
        },
        {"specialty": [{"coding": [{"system": "http://snomed.info/sct", "code": "394582007"}]}]},
        {"end": "2026-05-04T09:10:00Z"},
    ],
    ids=str,
)
@pytest.mark.anyio
async def test_a_slot_that_is_another_by_now_is_taken(server: HTTPServer, changed: dict[str, Any]) -> None:
    server.expect_request("/fhir/Appointment").respond_with_json(page([], []))
    server.expect_request("/fhir/Slot/s1").respond_with_json({**FREE, **changed})
    mis = adapter(server)
    with pytest.raises(SlotTaken):
        await mis.book(REQUEST)
    await mis.close()
    assert "POST" not in {request.method for request, _ in server.log}


def _on_slot(name: str, *, second: int, booking: str | None, **more: Any) -> dict[str, Any]:
    meta = {"versionId": "1", "lastUpdated": f"2026-05-01T10:00:{second:02}.000Z"}
    plain = {"slot": [{"reference": "Slot/s1"}], "start": FREE["start"], "meta": meta}
    return appointment(name, booking=booking, patient="Patient/p2", **(plain | more))


@pytest.mark.parametrize(
    ("other", "keeps"),
    [
        (_on_slot("a1", second=1, booking="another"), False),
        (_on_slot("a9", second=9, booking="another"), True),
        (_on_slot("a9", second=9, booking=None), False),
        (_on_slot("a1", second=1, booking=None, status="cancelled"), True),
        (_on_slot("a1", second=1, booking=None, slot=[{"reference": "Slot/s2"}]), True),
        (_on_slot("a1", second=1, booking=None, start="2026-05-04T11:00:00Z"), True),
        (_on_slot("a1", second=1, booking=None, slot="s1"), True),
    ],
    ids=["ours, earlier", "ours, later", "the clinic's", "cancelled", "another slot", "moved", "malformed"],
)
@pytest.mark.anyio
async def test_of_two_on_one_slot_only_the_first_stays(
    server: HTTPServer, other: dict[str, Any], keeps: bool
) -> None:
    mine = _on_slot("a5", second=5, booking=REQUEST.booking)
    mine["participant"] = [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}]
    written: list[dict[str, Any]] = []

    def transaction(request: Request) -> Response:
        entries = json.loads(request.data)["entry"]
        written.extend(one["resource"] for one in entries)
        location = {"status": "201 Created", "location": "Appointment/a5/_history/1"}
        responses = [
            {"response": location if one["request"]["method"] == "POST" else {"status": "200 OK"}}
            for one in entries
        ]
        return Response(json.dumps({"resourceType": "Bundle", "entry": responses}))

    def search(request: Request) -> Response:
        return Response(json.dumps(page([other, mine] if "slot" in request.args and written else [], [])))

    server.expect_request("/fhir", method="POST").respond_with_handler(transaction)
    server.expect_request("/fhir/Appointment").respond_with_handler(search)
    server.expect_request("/fhir/Appointment/a5").respond_with_json(mine)
    server.expect_request("/fhir/Slot/s1").respond_with_json(FREE)
    mis = adapter(server)
    if keeps:
        assert (await mis.book(REQUEST)).ref == "Appointment/a5"
    else:
        with pytest.raises(SlotTaken):
            await mis.book(REQUEST)
    await mis.close()
    cancelled = [one["id"] for one in written if one["status"] == "cancelled"]
    assert cancelled == ([] if keeps else ["a5"])
    assert [one["status"] for one in written if one["resourceType"] == "Slot"] == ["busy"], "it is not free"


@pytest.mark.anyio
async def test_nothing_is_booked_on_half_an_answer(server: HTTPServer) -> None:
    half = page([], [])
    issue = {"severity": "error", "code": "incomplete"}
    half["entry"] = [{"resource": {"resourceType": "OperationOutcome", "issue": [issue]}}]
    server.expect_request("/fhir/Appointment").respond_with_json(half)
    mis = adapter(server)
    with pytest.raises(RetryLater, match=r"fhir.incomplete"):
        await mis.book(REQUEST)
    await mis.close()
