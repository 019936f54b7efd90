"""What there is, and what is gone, where the server says so itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from nextvisit.sdk.errors import ProtocolError, RetryLater
from nextvisit.sdk.records import Deleted, MisRef, Patient, Unreadable
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from tests.plugins.mis_adapters.fhir_r4.changing_server import page

pytestmark = pytest.mark.anyio


def patient(name: str, **meta: str) -> dict[str, Any]:
    """As a listing names it."""
    return {"resourceType": "Patient", "id": name, "meta": meta}


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """An HTTP server whose answers a test writes down."""
    with HTTPServer(host="127.0.0.1") as running:
        yield running
        running.clear()


def adapter(server: HTTPServer) -> FhirR4Adapter:
    """An adapter that reads Patients only."""
    return FhirR4Adapter(FhirR4Settings(base_url=server.url_for("/fhir"), resources=("Patient",)))


async def listed(mis: FhirR4Adapter) -> list[tuple[str, str]]:
    """References and versions."""
    found = [one async for things in mis.listing() for one in things]
    await mis.close()
    return [(str(one.ref), one.version) for one in found]


async def test_a_version_is_the_one_that_a_page_tells(server: HTTPServer) -> None:
    stamp = "2026-05-01T12:00:00+02:00"
    people = [patient("a", versionId="7", lastUpdated=stamp), patient("b", lastUpdated=stamp), patient("c")]
    server.expect_request("/fhir/Patient").respond_with_json(page([*people, patient("no id!")], []))
    mis = adapter(server)
    found = [one async for things in mis.listing() for one in things]
    await mis.close()
    told = [one for one in mis.parse(json.dumps(page(people, [])).encode()) if isinstance(one, Patient)]
    assert [one.ref for one in found] == [one.ref for one in told]
    assert [one.updated_at for one in found] == [one.updated_at for one in told]
    assert [one.version for one in found] == ["7", "", ""], "one that the server does not name, nobody lists"


async def test_every_page_is_listed_and_elements_need_not_be_known(server: HTTPServer) -> None:
    def answer(request: Request) -> Response:
        if "_elements" in request.args:
            return Response("{}", status=400)
        if "p" in request.args:
            return Response(json.dumps(page([patient("b")], [])))
        following = {"relation": "next", "url": server.url_for("/fhir/Patient?p=2")}
        return Response(json.dumps(page([patient("a")], [following])))

    server.expect_request("/fhir/Patient").respond_with_handler(answer)
    assert [ref for ref, _ in await listed(adapter(server))] == ["Patient/a", "Patient/b"]


@pytest.mark.parametrize(("status", "error"), [(410, RetryLater), (200, ProtocolError)])
async def test_a_listing_never_ends_early_in_silence(
    server: HTTPServer, status: int, error: type[Exception]
) -> None:
    following = {"relation": "next", "url": server.url_for("/fhir/Patient?p=2")}
    circle = page([patient("b")], [following])
    server.expect_request("/fhir/Patient", query_string="p=2").respond_with_json(circle, status=status)
    server.expect_request("/fhir/Patient").respond_with_json(page([patient("a")], [following]))
    with pytest.raises(error):
        await listed(adapter(server))


async def test_what_is_gone_is_deleted_and_what_is_there_is_read(server: HTTPServer) -> None:
    server.expect_request("/fhir/Patient/here").respond_with_json(patient("here", versionId="3"))
    server.expect_request("/fhir/Patient/gone").respond_with_data("", status=410)
    server.expect_request("/fhir/Patient/never").respond_with_data("", status=404)
    mis = adapter(server)
    server.expect_request("/fhir/RelatedPerson/gone").respond_with_data("", status=410)
    refs = [MisRef(f"Patient/{each}") for each in ("here", "gone", "never")]
    body = await mis.look_up([*refs, MisRef("RelatedPerson/gone")])
    await mis.close()
    events = mis.parse(body)
    assert [(one.ref, one.version) for one in events if isinstance(one, Patient)] == [("Patient/here", "3")]
    deleted = {one.ref: one.unseen for one in events if isinstance(one, Deleted)}
    assert deleted == {
        "Patient/gone": False, "Patient/never": True, "RelatedPerson/gone": False,
    }, "it may only be kept from us"  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "<html>Welcome</html>",
        '{"ok":true}',
        '{"resourceType":"Patient","id":"other"}',
        '{"resourceType":"OperationOutcome"}',
        "[]",
    ],
)
async def test_something_else_than_was_asked_for_is_no_answer(server: HTTPServer, body: str) -> None:
    server.expect_request("/fhir/Patient/here").respond_with_data(body)
    server.expect_request("/fhir/Patient").respond_with_data(body)
    mis = adapter(server)
    with pytest.raises(ProtocolError):
        await mis.look_up([MisRef("Patient/here")])
    with pytest.raises(ProtocolError):
        await listed(mis)


async def test_a_thing_with_broken_brackets_is_read_as_far_as_it_can_be(server: HTTPServer) -> None:
    broken = '{"resourceType":"Patient","id":"here","meta":{"versionId":"3"},"name":[{"family":"K"]}'
    server.expect_request("/fhir/Patient/here").respond_with_data(broken)
    mis = adapter(server)
    (event,) = mis.parse(await mis.look_up([MisRef("Patient/here")]))
    await mis.close()
    assert isinstance(event, Unreadable)
    assert event.ref == "Patient/here"


@pytest.mark.parametrize(
    "url", [None, 7, "Patient", "Patient/a b", "https://elsewhere.example/fhir/Patient/1"]
)
async def test_a_deletion_of_nobody_deletes_nobody(server: HTTPServer, url: object) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE", "url": url}}]}
    events = adapter(server).parse(json.dumps(bundle).encode())
    assert not any(isinstance(one, Deleted) for one in events)
    assert len(events) == 1
