"""A pull skips nothing, whatever is edited, deleted or dated wrongly while it runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from nextvisit.sdk.errors import NextVisitError, ProtocolError, RetryLater
from nextvisit.sdk.records import Cursor, Patient, RawBatch
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from nextvisit_mis_fhir_r4 import cursor as cursors
from tests.plugins.mis_adapters.fhir_r4.changing_server import BEGIN, ChangingServer, listening, page

_AT_ONCE = timedelta()


Serve = Callable[[ChangingServer], ChangingServer]


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """One listener for all of them."""
    with listening() as ready:
        yield ready


@pytest.fixture
def server(serve: Serve) -> ChangingServer:
    """Nobody in it yet."""
    return serve(ChangingServer())


@pytest.fixture
def http() -> Iterator[HTTPServer]:
    """An HTTP server whose answers a test writes down."""
    with HTTPServer(host="127.0.0.1") as running:
        yield running
        running.clear()


def adapter(url: str, **more: Any) -> FhirR4Adapter:
    """Two things a page, and no reaching back that would mend what was skipped."""
    given = {"base_url": url, "resources": ("Patient",), "page_size": 2}
    return FhirR4Adapter(FhirR4Settings(**{**given, "overlap": _AT_ONCE, "look_back": _AT_ONCE} | more))


class Reader:
    """Pulls as the appliance does: each page and its cursor are kept, whatever comes after."""

    def __init__(self, mis: FhirR4Adapter) -> None:
        self.mis = mis
        self.cursor: Cursor | None = None
        self.versions: list[tuple[str, str]] = []
        self.last: RawBatch | None = None

    async def pull(self) -> int:
        """How many pages came."""
        pages = 0
        async for batch in self.mis.changes(self.cursor):
            found = [one for one in self.mis.parse(batch.body) if isinstance(one, Patient)]
            self.versions += [(one.ref, one.version) for one in found]
            self.cursor, self.last, pages = batch.cursor, batch, pages + 1
        return pages

    async def to_rest(self) -> None:
        """Until a pull brings nothing."""
        for _ in range(12):
            try:
                if not await self.pull():
                    return
            except RetryLater:
                continue
        pytest.fail("never comes to rest")


def _edit(name: str, tick: int) -> Callable[[ChangingServer], None]:
    return lambda server: server.put(name, tick=tick)


def _delete(name: str) -> Callable[[ChangingServer], None]:
    return lambda server: server.delete(name)


_NAMES = st.sampled_from([f"p{number}" for number in range(9)])
_TICKS = st.sampled_from([0, 0, 1, 700])
_STEPS = st.lists(
    st.one_of(st.builds(_edit, _NAMES, _TICKS), st.builds(_delete, _NAMES), st.just(lambda _: None)),
    max_size=12,
)


@given(
    ticks=st.lists(_TICKS, min_size=9, max_size=9), steps=_STEPS, sorts=st.booleans(), filters=st.booleans()
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_order_of_edits_and_deletes_makes_a_pull_skip_one(
    serve: Serve,
    ticks: list[int],
    steps: list[Callable[[ChangingServer], None]],
    sorts: bool,
    filters: bool,
) -> None:
    server = serve(ChangingServer(sorts=sorts, filters=filters))
    for number, tick in enumerate(ticks):
        server.put(f"p{number}", tick=tick)
    server.steps = list(steps)

    async def read() -> set[tuple[str, str]]:
        mis = adapter(server.url)
        reader = Reader(mis)
        await reader.to_rest()
        await mis.close()
        return set(reader.versions)

    versions = asyncio.run(read())
    assert server.versions() <= versions


# As version 4 of the cursor stands in installed appliances: after a page asked for by time, after one with a link.
OLD = {
    "by_time": (
        '{"version":4,"rounds":{"Patient":{"watermark":null,"at":"2026-05-01T10:00:00.003000+00:00",'
        '"top":"2026-05-01T10:00:00.003000+00:00","ahead":null,"deep_at":"2026-05-01T10:00:00+00:00","cut":null,'
        '"under_way":true,"next":null,"met":[0,0],"before":null,"sorts":true,'
        '"seen":{"1777629600":"8e3bpEomgi BjFD1RbeHo kUO-3T28eT"},"pages":[],'
        '"history":{"since":"2026-05-01T10:00:00+00:00","seen":"8e3bpEomgi","rests_until":null}}}}'
    ),
    "by_link": (
        '{"version":4,"rounds":{"Patient":{"watermark":null,"at":null,"top":"2026-05-01T10:00:00.004000+00:00",'
        '"ahead":null,"deep_at":"2026-05-01T10:00:00+00:00","cut":null,"under_way":true,'
        '"next":"URL/Patient?_sort=_lastUpdated&_count=2&offset=4","met":[4,119882295053749272],"before":null,'
        '"sorts":false,"seen":{"1777629600":"8e3bpEomgi BjFD1RbeHo kUO-3T28eT IIVxlOrK_9"},"pages":[],'
        '"history":{"since":"2026-05-01T10:00:00+00:00","seen":"","rests_until":null}}}}'
    ),
}


@pytest.mark.anyio
@pytest.mark.parametrize("old", OLD)
async def test_an_installed_appliance_goes_on_where_its_old_cursor_stands(
    server: ChangingServer, old: str
) -> None:
    server.sorts = old == "by_time"
    for number in range(6):
        server.put(f"p{number}")
    mis = adapter(server.url)
    reader = Reader(mis)
    reader.cursor = Cursor(OLD[old].replace("URL", server.url))
    await reader.to_rest()
    await mis.close()
    assert {("Patient/p4", "1"), ("Patient/p5", "1")} <= set(reader.versions)
    # Neither from the beginning anew, nor is what the old cursor has seen told of again.
    assert ("Patient/p0", "1") not in reader.versions
    assert json.loads(str(reader.cursor))["version"] == 5


def test_what_an_old_cursor_knows_of_deletions_is_kept() -> None:
    whole = json.loads(cursors.load(Cursor(OLD["by_time"])).dump())
    assert whole["histories"]["Patient"]["since"] == "2026-05-01T10:00:00+00:00"
    assert whole["histories"]["Patient"]["seen"] == "8e3bpEomgi"


@pytest.mark.anyio
async def test_pages_that_always_expire_do_not_stop_a_pull(server: ChangingServer) -> None:
    server.expires = True
    for number in range(30):
        server.put(f"p{number}")
    mis = adapter(server.url)
    reader = Reader(mis)
    await reader.pull()
    await mis.close()
    assert server.versions() == set(reader.versions)


@pytest.mark.anyio
async def test_a_thing_from_the_future_does_not_hide_the_present(server: ChangingServer) -> None:
    for number in range(3):
        server.put(f"p{number}")
    for number in range(5):
        server.put(f"future{number}", at=datetime.fromisoformat("2126-01-01T00:00:00+00:00"))
    mis = adapter(server.url)
    reader = Reader(mis)
    await reader.to_rest()
    assert reader.last is not None
    assert reader.last.ahead == datetime.fromisoformat("2126-01-01T00:00:00+00:00")
    assert reader.last.newest is not None
    assert reader.last.newest <= server.now
    server.put("late")
    await reader.to_rest()
    await mis.close()
    assert server.versions() == set(reader.versions)


@pytest.mark.anyio
async def test_a_clock_that_was_ahead_for_a_while_blinds_nobody(server: ChangingServer) -> None:
    server.put("p1")
    server.now += timedelta(hours=1)
    server.put("p2")
    mis = adapter(server.url, overlap=timedelta(minutes=5), look_back=timedelta(hours=26))
    reader = Reader(mis)
    await reader.to_rest()
    # Its clock was set right again, and then things were written that look older than what was read.
    server.now -= timedelta(minutes=50)
    server.put("p3")
    await reader.to_rest()
    await mis.close()
    assert server.versions() == set(reader.versions)


@pytest.mark.anyio
async def test_once_a_day_a_pull_reaches_back_for_what_came_late(server: ChangingServer) -> None:
    server.put("p1")
    mis = adapter(server.url, overlap=timedelta(minutes=5), look_back=timedelta(hours=26))
    reader = Reader(mis)
    await reader.to_rest()
    server.now += timedelta(hours=20)
    server.put("p2")
    await reader.to_rest()
    server.put("late", at=BEGIN + timedelta(hours=10))
    await reader.to_rest()
    assert ("Patient/late", "1") not in reader.versions, "otherwise this proves nothing"
    server.now += timedelta(hours=5)
    await reader.to_rest()
    await mis.close()
    assert ("Patient/late", "1") in reader.versions


@pytest.mark.anyio
async def test_many_changes_within_the_overlap_are_read_once(server: ChangingServer) -> None:
    for number in range(6000):
        server.put(f"p{number}", tick=10)
    mis = adapter(server.url, page_size=500, overlap=timedelta(minutes=5))
    reader = Reader(mis)
    await reader.to_rest()
    # Neighbouring pages share the thing at which one ends and the next begins.
    assert len(reader.versions) <= 6000 + 6000 // 499
    server.put("one more")
    assert await reader.pull() == 1
    await mis.close()


@pytest.mark.anyio
async def test_pages_that_lead_in_a_circle_are_named(http: HTTPServer) -> None:
    first = [{"resourceType": "Patient", "id": each, "meta": {"versionId": "1"}} for each in "ab"]
    second = [{"resourceType": "Patient", "id": each, "meta": {"versionId": "1"}} for each in "cd"]

    def answer(request: Request) -> Response:
        place = request.args.get("place", "0")
        other = http.url_for(f"/fhir/Patient?place={'1' if place == '0' else '0'}")
        return Response(
            json.dumps(page(first if place == "0" else second, [{"relation": "next", "url": other}]))
        )

    http.expect_request("/fhir/Patient").respond_with_handler(answer)
    mis = adapter(http.url_for("/fhir"))
    reader = Reader(mis)
    with pytest.raises(ProtocolError, match=r"fhir.circle: Patient"):
        await reader.pull()
    assert reader.cursor is not None, "what came is safe"
    await mis.close()


@pytest.mark.anyio
async def test_pages_without_an_end_are_named(http: HTTPServer) -> None:
    people = [{"resourceType": "Patient", "id": each, "meta": {"versionId": "1"}} for each in "ab"]
    count = iter(range(1000))

    def answer(_: Request) -> Response:
        link = {"relation": "next", "url": http.url_for(f"/fhir/Patient?token={next(count)}")}
        return Response(json.dumps(page(people, [link])))

    http.expect_request("/fhir/Patient").respond_with_handler(answer)
    mis = adapter(http.url_for("/fhir"))
    with pytest.raises(ProtocolError, match=r"fhir.circle"):
        await Reader(mis).pull()
    await mis.close()


@pytest.mark.anyio
async def test_what_is_wrong_with_one_type_leaves_the_others_alone(server: ChangingServer) -> None:
    server.put("p1")
    server.answers = {
        "/fhir/Consent": (403, ""),
        "/fhir/Appointment": (200, "<html>busy</html>"),
        "/fhir/Encounter": (200, json.dumps(page([], []))),
    }
    mis = adapter(server.url, resources=("Consent", "Appointment", "Patient", "Encounter"))
    reader = Reader(mis)
    with pytest.raises(NextVisitError, match=r"fhir.http_403"):
        await reader.pull()
    await mis.close()
    assert reader.versions == [("Patient/p1", "1")]
    assert server.asked[-1][0] == "/fhir/Encounter"


@pytest.mark.parametrize(
    "broken",
    [b"\xff", b"\\ud83d", b"\\u0000", b"\x09"],
    ids=["Latin-1", "half an emoji", "U+0000", "a raw tab"],
)
@pytest.mark.anyio
async def test_a_broken_character_keeps_nothing_back(http: HTTPServer, broken: bytes) -> None:
    good = {"resourceType": "Patient", "id": "b", "meta": {"versionId": "1", "lastUpdated": _stamp(2)}}
    odd = {**good, "id": "a", "language": "XX", "meta": {"versionId": "1", "lastUpdated": _stamp(1)}}
    body = b"\xef\xbb\xbf" + json.dumps(page([odd, good], [])).encode().replace(b"XX", broken)
    http.expect_request("/fhir/Patient").respond_with_data(body)
    mis = adapter(http.url_for("/fhir"), page_size=50)
    batches = [batch async for batch in mis.changes(None)]
    await mis.close()
    assert [batch.body for batch in batches] == [body]
    assert batches[0].newest == BEGIN + timedelta(seconds=2)


@pytest.mark.parametrize("body", ["<html>maintenance</html>", '{"resourceType":"Bundle","entry":[{"res', ""])
@pytest.mark.anyio
async def test_an_answer_that_is_no_page_advances_nothing(server: ChangingServer, body: str) -> None:
    server.put("p1")
    mis = adapter(server.url)
    reader = Reader(mis)
    await reader.pull()
    before = reader.cursor
    server.answers = {"/fhir/Patient": (200, body)}
    with pytest.raises(ProtocolError, match=r"HTTP 200"):
        await reader.pull()
    assert reader.cursor == before
    server.answers = {}
    server.put("p2")
    await reader.pull()
    await mis.close()
    assert server.versions() == set(reader.versions)


def _stamp(second: int) -> str:
    return (BEGIN + timedelta(seconds=second)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def _met(reader: Reader) -> str:
    """The code of what a pull ends with; empty when all is well."""
    try:
        await reader.pull()
    except NextVisitError as error:
        return error.code
    return ""


async def _listed(mis: FhirR4Adapter) -> list[str]:
    return [str(one.ref) async for some in mis.listing() for one in some]


@pytest.mark.parametrize("total", [None, lambda there: there], ids=["says no total", "says its total"])
@pytest.mark.parametrize("cap", [{"most": 6}, {"page_most": 3}, {"farthest": 4}], ids=str)
@pytest.mark.anyio
async def test_a_server_that_gives_less_than_it_has_is_read_to_its_end(
    serve: Serve, cap: dict[str, Any], total: Callable[[int], int] | None
) -> None:
    server = serve(ChangingServer(**cap, total=total))
    for number in range(12):
        server.put(f"p{number}")
    mis = adapter(server.url, page_size=2 if "page_most" not in cap else 200)
    reader = Reader(mis)
    await reader.to_rest()
    listed = await _listed(mis)
    server.put("late")
    await reader.to_rest()
    await mis.close()
    assert server.versions() == set(reader.versions)
    assert sorted(listed) == sorted(f"Patient/p{number}" for number in range(12))


@pytest.mark.parametrize(
    "cap", [{"most": 6}, {"page_most": 3}, {"most": 6, "sorts": False}, {"farthest": 6}], ids=str
)
@pytest.mark.anyio
async def test_what_a_server_has_and_does_not_give_is_said_until_it_is_given(
    serve: Serve, cap: dict[str, Any]
) -> None:
    server = serve(ChangingServer(**cap, total=lambda there: there))
    for number in range(12):
        server.put(f"p{number}", at=BEGIN)
    server.now = BEGIN + timedelta(minutes=1)
    mis = adapter(server.url, page_size=200 if "page_most" in cap else 2)
    reader = Reader(mis)
    assert [await _met(reader) for _ in range(3)] == ["fhir.cut_short"] * 3
    with pytest.raises(RetryLater, match=r"fhir.cut_short"):
        await _listed(mis)
    if server.sorts:
        server.put("late")
        assert await _met(reader) == "fhir.cut_short"
        assert ("Patient/late", "1") in reader.versions, "what is behind it is read"
    server.most = server.page_most = server.farthest = None
    server.now += timedelta(days=2)
    server.put("next")
    await reader.to_rest()
    assert [await _met(reader) for _ in range(2)] == ["", ""]
    assert len(set(await _listed(mis))) == len(server.patients)
    await mis.close()
    assert server.versions() == set(reader.versions)


@pytest.mark.parametrize(
    "total",
    [lambda _: 99, lambda there: there + 1 if there < 12 else there],
    ids=["a guess", "one is hidden"],
)
@pytest.mark.anyio
async def test_a_total_that_counts_something_else_stops_nothing(
    serve: Serve, total: Callable[[int], int]
) -> None:
    server = serve(ChangingServer(total=total))
    for number in range(12):
        server.put(f"p{number}")
    server.now = BEGIN + timedelta(minutes=1)
    mis = adapter(server.url)
    reader = Reader(mis)
    assert [await _met(reader) for _ in range(3)] == ["", "", ""]
    assert len(await _listed(mis)) == 12
    await mis.close()
    assert server.versions() == set(reader.versions)


@pytest.mark.parametrize(
    ("code", "severity", "waits"),
    [
        ("incomplete", "warning", True),
        ("timeout", "error", True),
        ("throttled", "fatal", True),
        ("incomplete", "information", False),
        ("informational", "warning", False),
    ],
)
@pytest.mark.anyio
async def test_an_answer_that_says_itself_that_it_is_incomplete_is_asked_again(
    server: ChangingServer, code: str, severity: str, waits: bool
) -> None:
    for number in range(4):
        server.put(f"p{number}", tick=3_600_000)
    hidden = {name: server.patients.pop(name) for name in ("p0", "p1")}
    server.outcome = [{"severity": severity, "code": code}]
    mis = adapter(server.url, page_size=50)
    reader = Reader(mis)
    assert [await _met(reader) for _ in range(2)] == ["fhir.incomplete" if waits else ""] * 2
    assert set(reader.versions) == server.versions(), "what came is taken in"
    if waits:
        with pytest.raises(RetryLater, match=r"fhir.incomplete"):
            await _listed(mis)
    server.patients.update(hidden)
    server.outcome = []
    await reader.to_rest()
    await mis.close()
    assert (server.versions() == set(reader.versions)) is waits


@pytest.mark.anyio
async def test_the_server_s_clock_is_read_off_its_answer(server: ChangingServer) -> None:
    server.answers["/fhir/metadata"] = (200, "{}")
    mis = adapter(server.url)
    assert await mis.time() == BEGIN
    await mis.close()


@pytest.mark.anyio
@pytest.mark.parametrize("meta", [{}, {"lastUpdated": "2026-05-01T10:00:00Z"}], ids=["none", "dated"])
async def test_a_change_without_a_new_version_is_seen(server: ChangingServer, meta: dict[str, str]) -> None:
    server.patients = {
        name: {"resourceType": "Patient", "id": name, **({"meta": meta} if meta else {})}
        for name in ("p1", "p2", "p3")
    }
    server.sorts = server.filters = False
    mis = adapter(server.url)
    reader = Reader(mis)
    await reader.to_rest()
    read = len(reader.versions)
    server.patients["p2"] = {**server.patients["p2"], "deceasedBoolean": True}
    await reader.to_rest()
    await mis.close()
    assert "Patient/p2" in {ref for ref, _ in reader.versions[read:]}
