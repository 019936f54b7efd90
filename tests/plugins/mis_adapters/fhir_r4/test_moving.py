"""A visit that is moved is the same appointment at another time, and no server makes a patient lose it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from nextvisit.sdk.errors import OutcomeUnknown, Rejected, SlotTaken
from nextvisit.sdk.records import AppointmentRef, BookingRequest, MisRef, Slot, Specialty
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from tests.plugins.mis_adapters.fhir_r4.changing_server import page
from tests.plugins.mis_adapters.fhir_r4.test_booking import FREE, SLOT, START, appointment

THERE = Slot(
    MisRef("Slot/s2"), "1", START + timedelta(hours=1), START + timedelta(minutes=90), Specialty("cardiology"),
    practitioner=MisRef("Practitioner/new"),
)  # fmt: skip
WISH = BookingRequest("0191-move", MisRef("Patient/p1"), THERE)
VISIT = AppointmentRef(MisRef("Appointment/a1"), "1")
WHO = ("Patient/p1", "RelatedPerson/mother", "Practitioner/old")


class Desk:
    """Two slots and a visit in the first; it carries out transactions, unless `refuses` gives a status for one."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Any]] = {
            "Slot/s1": {**FREE, "status": "busy"},
            "Slot/s2": {**FREE, "id": "s2", "start": "2026-05-04T10:00:00Z", "end": "2026-05-04T10:30:00Z"},
            "Appointment/a1": appointment(
                "a1", booking="0190-booking", patient="Patient/p1", start=FREE["start"], end=FREE["end"],
                slot=[{"reference": SLOT.ref}], comment="bring the letter",
            ),
        }  # fmt: skip
        people = [{"actor": {"reference": ref}, "status": "accepted"} for ref in WHO]
        self.resources["Appointment/a1"]["participant"] = people
        self.written: list[list[dict[str, Any]]] = []
        self.refuses: Any = lambda _: None

    def __call__(self, request: Request) -> Response:
        ref = request.path.removeprefix("/fhir").strip("/")
        if request.method == "POST":
            return self._transaction(json.loads(request.data)["entry"])
        if ref == "Appointment":
            wanted = request.args.get("slot"), request.args.get("identifier", "").rpartition("|")[2]
            return Response(json.dumps(page(self._found(*wanted), [])))
        resource = self.resources[ref]
        return Response(json.dumps(resource), headers={"ETag": f'W/"{ref}"'})

    def _found(self, slot: str | None, booking: str) -> list[dict[str, Any]]:
        return [
            one
            for ref, one in self.resources.items()
            if ref.startswith("Appointment/")
            and (slot is None or slot in [each["reference"] for each in one["slot"]])
            and (not booking or booking in [each["value"] for each in one["identifier"]])
        ]

    def _transaction(self, entries: list[dict[str, Any]]) -> Response:
        if (status := self.refuses(entries)) is not None:
            return Response("{}", status=status)
        self.written.append(entries)
        responses = []
        for one in entries:
            ref = one["request"]["url"]
            made = one["request"]["method"] == "POST"
            ref = "Appointment/a2" if made else ref
            meta = {"versionId": "2", "lastUpdated": "2026-05-02T10:00:00.000Z"}
            self.resources[ref] = {**one["resource"], "id": ref.partition("/")[2], "meta": meta}
            response = {"status": "201 Created", "location": ref} if made else {"status": "200 OK"}
            responses.append({"response": response})
        return Response(json.dumps({"resourceType": "Bundle", "entry": responses}))

    def status(self, ref: str) -> str:
        return str(self.resources[ref]["status"])


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def mis(desk: Desk) -> Iterator[FhirR4Adapter]:
    with HTTPServer(host="127.0.0.1") as running:
        running.expect_request("/fhir", method="POST").respond_with_handler(desk)
        for ref in ("Appointment", "Appointment/a1", "Appointment/a2", "Slot/s1", "Slot/s2"):
            running.expect_request(f"/fhir/{ref}").respond_with_handler(desk)
        yield FhirR4Adapter(FhirR4Settings(base_url=running.url_for("/fhir")))


@pytest.mark.anyio
async def test_a_move_is_one_guarded_transaction_and_the_visit_stays_the_same(
    desk: Desk, mis: FhirR4Adapter
) -> None:
    made = await mis.reschedule(VISIT, WISH)
    again = await mis.reschedule(VISIT, WISH)
    await mis.close()
    assert (made.ref, again.ref) == (VISIT.ref, VISIT.ref)
    (entries,) = desk.written
    guards = {one["request"]["url"]: one["request"].get("ifMatch") for one in entries}
    assert guards == {ref: f'W/"{ref}"' for ref in ("Appointment/a1", "Slot/s1", "Slot/s2")}
    visit = desk.resources["Appointment/a1"]
    assert (visit["start"], visit["status"], visit["comment"]) == (
        "2026-05-04T10:00:00Z", "booked", "bring the letter",
    )  # fmt: skip
    assert [one["value"] for one in visit["identifier"]] == [WISH.booking, "0190-booking"]
    assert [one["actor"]["reference"] for one in visit["participant"]] == [*WHO[:2], "Practitioner/new"]
    assert (desk.status("Slot/s1"), desk.status("Slot/s2")) == ("free", "busy")


@pytest.mark.anyio
async def test_where_a_visit_cannot_be_moved_the_other_is_booked_before_it_is_cancelled(
    desk: Desk, mis: FhirR4Adapter
) -> None:
    desk.refuses = lambda entries: (
        422 if any(one["resource"].get("start", "").startswith("2026-05-04T10") and one["request"]["url"] == VISIT.ref for one in entries) else None
    )  # fmt: skip
    made = await mis.reschedule(VISIT, WISH)
    again = await mis.reschedule(VISIT, WISH)
    await mis.close()
    assert (made.ref, again.ref) == ("Appointment/a2", "Appointment/a2")
    touched = [{one["request"]["url"] for one in entries} for entries in desk.written]
    assert touched == [{"Slot/s2", "Appointment"}, {"Slot/s1", "Appointment/a1"}]
    assert (desk.status("Appointment/a1"), desk.status("Appointment/a2")) == ("cancelled", "booked")


@pytest.mark.anyio
async def test_a_move_that_stopped_between_booking_and_cancelling_is_finished(
    desk: Desk, mis: FhirR4Adapter
) -> None:
    desk.refuses = lambda entries: (
        422 if any(one["request"]["url"] == VISIT.ref and one["resource"]["status"] == "booked" for one in entries)
        else 500 if any(one["resource"]["status"] == "cancelled" for one in entries) else None
    )  # fmt: skip
    with pytest.raises(OutcomeUnknown):
        await mis.reschedule(VISIT, WISH)
    assert (desk.status("Appointment/a1"), desk.status("Appointment/a2")) == ("booked", "booked")
    desk.refuses = lambda _: None
    assert (await mis.reschedule(VISIT, WISH)).ref == "Appointment/a2"
    await mis.close()
    assert desk.status("Appointment/a1") == "cancelled"


@pytest.mark.anyio
async def test_who_moved_onto_another_visit_goes_back(desk: Desk, mis: FhirR4Adapter) -> None:
    """On a server that passes over If-Match two may take one slot at once; the later one goes."""

    def slips_in(entries: list[dict[str, Any]]) -> None:
        if not desk.written:
            there = [{"reference": THERE.ref}]
            other = appointment(
                "x", booking=None, patient="Patient/p2", slot=there, start="2026-05-04T10:00:00Z"
            )
            desk.resources["Appointment/x"] = other

    desk.refuses = slips_in
    with pytest.raises(SlotTaken):
        await mis.reschedule(VISIT, WISH)
    await mis.close()
    visit = desk.resources["Appointment/a1"]
    assert (visit["start"], visit["slot"], visit["status"]) == (
        FREE["start"],
        [{"reference": SLOT.ref}],
        "booked",
    )
    assert [one["value"] for one in visit["identifier"]] == ["0190-booking"]
    assert desk.status("Slot/s1") == "busy"


@pytest.mark.parametrize("changed", [{"status": "fulfilled"}, {"participant": []}], ids=["past", "another's"])
@pytest.mark.anyio
async def test_what_is_past_or_anothers_is_not_moved(
    desk: Desk, mis: FhirR4Adapter, changed: dict[str, Any]
) -> None:
    desk.resources["Appointment/a1"] |= changed
    with pytest.raises(Rejected):
        await mis.reschedule(VISIT, WISH)
    await mis.close()
    assert desk.written == []
