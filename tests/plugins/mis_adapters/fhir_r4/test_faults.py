"""What the adapter makes of servers that misbehave."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.appointment import Appointment as R4Appointment
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from nextvisit.sdk.errors import ConfigError, OutcomeUnknown, ProtocolError, Rejected, RetryLater, SlotTaken
from nextvisit.sdk.private_file import write_private
from nextvisit.sdk.records import (
    BookingRequest,
    Cursor,
    MisRef,
    Patient,
    RawBatch,
    Slot,
    SlotQuery,
    Specialty,
)
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from nextvisit_mis_fhir_r4.connection import Connection

START = datetime(2026, 5, 4, 9, tzinfo=UTC)
SLOT = Slot(
    MisRef("Slot/s1"),
    "1",
    START,
    START + timedelta(minutes=30),
    Specialty("cardiology"),
    MisRef("Practitioner/d1"),
)
REQUEST = BookingRequest("0190-booking", MisRef("Patient/p1"), SLOT)


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """An HTTP server whose answers a test writes down."""
    with HTTPServer(host="127.0.0.1") as running:
        yield running
        running.clear()


def adapter(server: HTTPServer, **more: Any) -> FhirR4Adapter:
    """An adapter that reads Patients only."""
    return FhirR4Adapter(
        FhirR4Settings(**{"base_url": server.url_for("/fhir"), "resources": ("Patient",)} | more)
    )


def patient(name: str, second: int) -> dict[str, Any]:
    """The least that a Patient needs."""
    meta = {"versionId": "1", "lastUpdated": f"2026-05-01T10:00:{second:02}.000Z"}
    return {"resourceType": "Patient", "id": name, "meta": meta}


def page(*resources: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    """A page of a search."""
    links = [] if following is None else [{"relation": "next", "url": following}]
    entries = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}


async def pull(mis: FhirR4Adapter, since: Cursor | None = None) -> tuple[list[str], Cursor | None]:
    """The ids that a pull brings, and its last cursor."""
    refs: list[str] = []
    cursor = since
    async for batch in mis.changes(since):
        refs += [one.ref for one in mis.parse(batch.body) if isinstance(one, Patient)]
        cursor = batch.cursor
    return refs, cursor


@pytest.mark.anyio
async def test_a_killed_pull_goes_on_at_its_page(server: HTTPServer) -> None:
    server.expect_request("/fhir/Patient").respond_with_json(
        page(patient("a", 1), following=server.url_for("/fhir?page=2"))
    )
    mis = adapter(server)
    first = await anext(aiter(mis.changes(None)))
    await mis.close()
    server.expect_request("/fhir", query_string="page=2").respond_with_json(page(patient("b", 2)))
    server.clear_log()
    again = adapter(server)
    assert (await pull(again, first.cursor))[0] == ["Patient/b"]
    await again.close()
    assert server.log[0][0].query_string == b"page=2"


@pytest.mark.anyio
async def test_the_watermark_is_the_servers_and_reaches_back(server: HTTPServer) -> None:
    server.expect_oneshot_request("/fhir/Patient").respond_with_json(page(patient("a", 1)))
    mis = adapter(server, overlap=timedelta(minutes=5))
    _, cursor = await pull(mis)
    server.expect_oneshot_request(
        "/fhir/Patient",
        query_string={"_lastUpdated": "ge2026-05-01T09:55:01.000Z", "_sort": "_lastUpdated", "_count": "200"},
    ).respond_with_json(page(patient("a", 1)))
    server.expect_request("/fhir/metadata").respond_with_json({"fhirVersion": "4.0.1"})
    refs, _ = await pull(mis, cursor)
    await mis.close()
    server.check_assertions()
    assert refs == [], "nothing is new"


@pytest.mark.anyio
async def test_a_late_change_at_a_known_instant_is_not_skipped(server: HTTPServer) -> None:
    server.expect_oneshot_request("/fhir/Patient").respond_with_json(page(patient("a", 1)))
    mis = adapter(server)
    _, cursor = await pull(mis)
    server.expect_request("/fhir/Patient").respond_with_json(page(patient("a", 1), patient("z", 1)))
    refs, _ = await pull(mis, cursor)
    await mis.close()
    assert "Patient/z" in refs


@pytest.mark.anyio
async def test_more_things_of_one_instant_than_a_cursor_holds_come_to_rest(server: HTTPServer) -> None:
    crowd = [patient(f"p{number}", 1) for number in range(5000)]
    server.expect_request("/fhir/Patient").respond_with_json(page(*crowd))
    mis = adapter(server)
    refs, cursor = await pull(mis)
    assert len(refs) == 5000
    assert cursor is not None
    assert len(cursor) < 200_000
    assert (await pull(mis, cursor))[0] == []
    await mis.close()


@pytest.mark.anyio
async def test_a_link_to_another_origin_is_not_followed(server: HTTPServer) -> None:
    server.expect_request("/fhir/Patient").respond_with_json(
        page(patient("a", 1), following="http://elsewhere.example/fhir?page=2")
    )
    mis = adapter(server)
    with pytest.raises(ProtocolError, match=r"elsewhere\.example, which is not") as caught:
        await pull(mis)
    await mis.close()
    assert caught.value.whose == "theirs"


@pytest.mark.parametrize(
    "spelling", ["HTTP://LOCALHOST:{port}/fhir", "http://localhost.:{port}/fhir", "/fhir"]
)
@pytest.mark.anyio
async def test_the_same_origin_in_another_spelling_is_followed(server: HTTPServer, spelling: str) -> None:
    link = spelling.format(port=server.port) + "?page=2"
    server.expect_request("/fhir/Patient").respond_with_json(page(patient("a", 1), following=link))
    server.expect_request("/fhir", query_string="page=2").respond_with_json(page(patient("b", 2)))
    mis = adapter(server, base_url=f"http://localhost:{server.port}/fhir")
    assert (await pull(mis))[0] == ["Patient/a", "Patient/b"]
    await mis.close()


@pytest.mark.anyio
async def test_an_allowed_inner_name_is_asked_for_at_our_address(server: HTTPServer) -> None:
    link = "http://fhir-app.example:8080/internal/r4/Patient?page=2"

    def answer(request: Request) -> Response:
        last = "page" in request.args
        return Response(json.dumps(page(patient("b", 2)) if last else page(patient("a", 1), following=link)))

    server.expect_request("/fhir/Patient").respond_with_handler(answer)
    mis = adapter(server, also_known_as=["http://fhir-app.example:8080/internal/r4/"])
    assert (await pull(mis))[0] == ["Patient/a", "Patient/b"]
    await mis.close()


@pytest.mark.anyio
async def test_a_rotated_token_is_read_again_once(server: HTTPServer, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    write_private(secret, "old")
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.headers["Authorization"])
        return Response(json.dumps(page()), status=200 if asked[-1] == "Bearer new" else 401)

    server.expect_request("/fhir/Patient").respond_with_handler(answer)
    mis = adapter(server, token=f"file:{secret}")
    with pytest.raises(Rejected):
        await pull(mis)
    write_private(secret, "new")
    await pull(mis)
    await mis.close()
    assert asked == ["Bearer old", "Bearer old", "Bearer new"]


@pytest.mark.anyio
async def test_a_busy_server_says_when_to_come_back(server: HTTPServer) -> None:
    server.expect_request("/fhir/Patient").respond_with_data("", status=429, headers={"Retry-After": "17"})
    mis = adapter(server)
    with pytest.raises(RetryLater) as caught:
        await pull(mis)
    await mis.close()
    assert caught.value.after == timedelta(seconds=17)


@pytest.mark.anyio
async def test_a_redirect_is_not_followed(server: HTTPServer) -> None:
    server.expect_request("/fhir/Patient").respond_with_data("", status=302, headers={"Location": "/other"})
    mis = adapter(server)
    with pytest.raises(ProtocolError):
        await pull(mis)
    await mis.close()


@pytest.mark.anyio
async def test_another_release_is_a_configuration_error(server: HTTPServer) -> None:
    server.expect_request("/fhir/metadata").respond_with_json({"fhirVersion": "5.0.0"})
    mis = adapter(server)
    with pytest.raises(ConfigError):
        await mis.check()
    await mis.close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, OutcomeUnknown), (502, OutcomeUnknown), (503, RetryLater), (400, Rejected), (401, Rejected)],
)
@pytest.mark.anyio
async def test_a_failed_transaction_has_a_kind(
    server: HTTPServer, status: int, kind: type[Exception]
) -> None:
    plant_slot(server, "free")
    server.expect_request("/fhir", method="POST").respond_with_data("", status=status)
    mis = adapter(server)
    with pytest.raises(kind):
        await mis.book(REQUEST)
    await mis.close()


@pytest.mark.anyio
async def test_a_transaction_without_answer_is_unknown(server: HTTPServer) -> None:

    release = threading.Event()

    def hang(_: Request) -> Response:
        release.wait(20)
        return Response("{}")

    plant_slot(server, "free")
    server.expect_request("/fhir", method="POST").respond_with_handler(hang)
    mis = adapter(server, timeout=timedelta(seconds=5))
    try:
        with pytest.raises(OutcomeUnknown):
            await mis.book(REQUEST)
    finally:
        release.set()
        await mis.close()


@pytest.mark.anyio
async def test_an_earlier_try_that_won_is_found_after_a_conflict(server: HTTPServer) -> None:
    made = {
        "resourceType": "Appointment",
        "id": "a9",
        "status": "booked",
        "meta": patient("x", 1)["meta"],
        "identifier": [{"system": "urn:nextvisit:booking", "value": REQUEST.booking}],
        "participant": [{"actor": {"reference": REQUEST.patient}, "status": "accepted"}],
    }
    server.expect_oneshot_request("/fhir/Appointment").respond_with_json(page())
    server.expect_request("/fhir/Slot/s1").respond_with_json(slot_resource("free"))
    server.expect_oneshot_request("/fhir", method="POST").respond_with_data("", status=412)
    server.expect_request("/fhir/Appointment").respond_with_json(page(made))
    mis = adapter(server)
    assert (await mis.book(REQUEST)).ref == "Appointment/a9"
    await mis.close()


@pytest.mark.anyio
async def test_a_slot_that_another_took_meanwhile_is_taken(server: HTTPServer) -> None:
    server.expect_request("/fhir/Appointment").respond_with_json(page())
    server.expect_oneshot_request("/fhir/Slot/s1").respond_with_json(slot_resource("free"))
    server.expect_request("/fhir", method="POST").respond_with_data("", status=409)
    server.expect_oneshot_request("/fhir/Slot/s1").respond_with_json(slot_resource("busy"))
    mis = adapter(server)
    with pytest.raises(SlotTaken):
        await mis.book(REQUEST)
    await mis.close()


@pytest.mark.anyio
async def test_the_transaction_is_guarded_and_names_nobody(server: HTTPServer) -> None:
    sent: list[dict[str, Any]] = []

    def take(request: Request) -> Response:

        sent.append(json.loads(request.data))
        location = {"response": {"status": "201 Created", "location": "Appointment/a1/_history/7"}}
        return Response(
            json.dumps({"resourceType": "Bundle", "entry": [{"response": {"status": "200"}}, location]})
        )

    plant_slot(server, "free")
    server.expect_request("/fhir", method="POST").respond_with_handler(take)
    mis = adapter(server)
    made = await mis.book(REQUEST)
    await mis.close()
    assert (made.ref, made.version) == ("Appointment/a1", "7")
    busy, created = sent[0]["entry"]
    assert busy["request"] == {"method": "PUT", "url": "Slot/s1", "ifMatch": 'W/"1"'}
    assert busy["resource"]["status"] == "busy"
    assert created["request"]["ifNoneExist"] == "identifier=urn:nextvisit:booking|0190-booking"
    R4Appointment.model_validate(created["resource"])
    assert created["resource"]["specialty"][0]["coding"][0]["code"] == "394579002"


@pytest.mark.anyio
async def test_of_a_server_that_cannot_sort_every_page_is_read(server: HTTPServer) -> None:
    asked: list[str] = []

    def search(request: Request) -> Response:
        asked.append(request.args.get("_sort", "unsorted"))
        if "_sort" in request.args or "specialty:missing" in request.args:
            return Response("{}", status=400)
        if "_page" in request.args:
            return Response(json.dumps(page(a_slot("early", 9))))
        late = page(a_slot("late", 12), a_slot("later", 13), following=server.url_for("/fhir/Slot?_page=2"))
        return Response(json.dumps(late))

    server.expect_request("/fhir/Slot").respond_with_handler(search)
    mis = adapter(server)
    query = SlotQuery(Specialty("cardiology"), START - timedelta(days=1), START + timedelta(days=1), limit=2)
    for _ in range(2):
        assert [slot.ref for slot in await mis.free_slots(query)] == ["Slot/early", "Slot/late"]
    await mis.close()
    # It was told once that sorting is not to be had, with appointments beside or without, and that it cannot
    # ask for what is not said.
    assert asked == ["start", "start", *["unsorted"] * 5]


def a_slot(name: str, hour: int) -> dict[str, Any]:
    """A free half hour of the day of START."""
    times = {"start": f"2026-05-04T{hour:02}:00:00+02:00", "end": f"2026-05-04T{hour:02}:30:00+02:00"}
    return {**slot_resource("free"), **times, "id": name}


def slot_resource(status: str) -> dict[str, Any]:
    """The slot of REQUEST."""
    meta = patient("x", 1)["meta"]
    times = {"start": "2026-05-04T11:00:00+02:00", "end": "2026-05-04T11:30:00+02:00"}
    heart = [{"coding": [{"system": "http://snomed.info/sct", "code": "394579002"}]}]
    return {"resourceType": "Slot", "id": "s1", "meta": meta, "status": status, "specialty": heart, **times}


def plant_slot(server: HTTPServer, status: str) -> None:
    """A slot and nobody's appointment."""
    server.expect_request("/fhir/Appointment").respond_with_json(page())
    server.expect_request("/fhir/Slot/s1").respond_with_json(slot_resource(status))


@pytest.mark.anyio
async def test_an_answer_that_decodes_without_end_is_refused(server: HTTPServer) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    server.expect_request("/fhir/Patient").respond_with_data(bomb, headers={"Content-Encoding": "gzip"})
    mis = adapter(server, largest_answer=1)
    with pytest.raises(ProtocolError, match=r"fhir.too_large"):
        await pull(mis)
    await mis.close()


@pytest.mark.parametrize(("method", "error"), [("GET", RetryLater), ("POST", OutcomeUnknown)])
@pytest.mark.anyio
async def test_an_answer_that_never_ends_is_given_up(
    server: HTTPServer, method: str, error: type[Exception]
) -> None:
    """A byte now and then is never silence."""
    over = threading.Event()

    def drops() -> Iterator[bytes]:
        while not over.wait(0.05):
            yield b" "

    def drip(_: Request) -> Response:
        return Response(drops(), headers={"Content-Length": "999999"})

    server.expect_request("/fhir/Patient").respond_with_handler(drip)
    connection = Connection(FhirR4Settings(base_url=server.url_for("/fhir"), timeout=timedelta(seconds=0.2)))
    with pytest.raises(error, match=r"fhir.no_answer"):
        await (connection.read("Patient") if method == "GET" else connection.write("POST", "Patient", {}))
    over.set()
    await connection.close()


def endless(server: HTTPServer) -> list[int]:
    """A server whose every page has somebody new and a link to another one; how many it was asked for."""
    asked = [0]

    def answer(_: Request) -> Response:
        asked[0] += 1
        link = server.url_for(f"/fhir?page={asked[0]}")
        body = page(patient(f"p{asked[0]}", asked[0] % 60), following=link)
        return Response(json.dumps(body), content_type="application/fhir+json")

    server.expect_request("/fhir/Patient").respond_with_handler(answer)
    server.expect_request("/fhir").respond_with_handler(answer)
    return asked


async def _keep(pulling: AsyncIterator[RawBatch], kept: list[RawBatch]) -> None:
    async for batch in pulling:
        kept.append(batch)  # noqa: PERF401 - what was read before it raises


@pytest.mark.anyio
async def test_pages_without_end_end_a_pull_which_keeps_what_it_read_and_goes_on_there(
    server: HTTPServer,
) -> None:
    asked = endless(server)
    mis = adapter(server, most_pages=5)
    batches: list[RawBatch] = []
    with pytest.raises(RetryLater, match=r"fhir.pages_without_end: Patient"):
        await _keep(mis.changes(None), batches)
    assert len(batches) == 5
    assert asked[0] <= 7
    before = asked[0]
    batch = await anext(aiter(mis.changes(batches[-1].cursor)))
    assert [one.ref for one in mis.parse(batch.body) if isinstance(one, Patient)] == [
        f"Patient/p{before + 1}"
    ]
    with pytest.raises(RetryLater, match=r"fhir.pages_without_end: Patient"):
        [each async for each in mis.listing()]
    await mis.close()


@pytest.mark.anyio
async def test_a_link_as_long_as_a_page_is_not_kept(server: HTTPServer) -> None:
    long = server.url_for("/fhir?page=" + "x" * 100_000)
    server.expect_request("/fhir/Patient").respond_with_json(page(patient("a", 1), following=long))
    mis = adapter(server)
    with pytest.raises(ProtocolError, match=r"fhir.long_link"):
        await pull(mis)
    await mis.close()
