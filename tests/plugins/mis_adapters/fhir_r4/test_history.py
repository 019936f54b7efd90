"""Deletions, where the server offers a history; what it says is asked for before anything follows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from nextvisit.sdk.errors import Rejected
from nextvisit.sdk.records import Cursor, Deleted, Oddity, Patient, Unreadable
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig
from tests.plugins.mis_adapters.fhir_r4.changing_server import ChangingServer, listening

pytestmark = pytest.mark.anyio
HISTORY = "/fhir/Patient/_history"


@dataclass
class RememberingServer(ChangingServer):
    """One that tells its history, newest first, and single Patients.

    told: the entries, oldest first. knows_since: it looks at `_since`. backwards: it tells the oldest first.
    """

    offers: tuple[str, ...] = ("read", "history-type")
    told: list[Any] = field(default_factory=list)
    knows_since: bool = True
    backwards: bool = False

    def put(self, name: str, *, at: datetime | None = None, tick: int = 1) -> None:
        super().put(name, at=at, tick=tick)
        self.told.append(self.entry("PUT", name) | {"resource": self.patients[name]})

    def delete(self, name: str) -> None:
        super().delete(name)
        self.now += timedelta(milliseconds=1)
        self.answers[f"/fhir/Patient/{name}"] = 410, "{}"
        self.told.append(self.entry("DELETE", name))

    def make_again(self, name: str) -> None:
        """Under the id that was deleted."""
        del self.answers[f"/fhir/Patient/{name}"]
        self.put(name)

    def entry(self, method: str, name: str) -> dict[str, Any]:
        """As FHIR has it."""
        at = self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "fullUrl": f"{self.url}/Patient/{name}",
            "request": {"method": method, "url": f"Patient/{name}"},
            "response": {"status": "204", "etag": f'W/"{len(self.told)}"', "lastModified": at},
        }

    def answer(self, target: str) -> tuple[int, str]:
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        name = path.removeprefix("/fhir/Patient/")
        if path == HISTORY and path not in self.answers:
            self.asked.append((path, query))
            return 200, self._history(query)
        if name in self.patients and path not in self.answers:
            self.asked.append((path, query))
            return 200, json.dumps(self.patients[name])
        return super().answer(target)

    def _history(self, query: dict[str, str]) -> str:
        entries = self.told if self.backwards else self.told[::-1]
        if self.knows_since and "_since" in query:
            entries = [one for one in entries if _said_at(one) >= query["_since"]]
        offset, count = int(query.get("offset", "0")), int(query.get("_count", "50"))
        links = []
        if offset + count < len(entries):
            query = query | {"offset": str(offset + count)}
            url = f"{self.url}/Patient/_history?" + "&".join(f"{key}={each}" for key, each in query.items())
            links = [{"relation": "next", "url": url}]
        bundle = {"resourceType": "Bundle", "type": "history", "link": links}
        return json.dumps(bundle | {"entry": entries[offset : offset + count]})

    def walks(self) -> int:
        """How often its history was asked for from the beginning."""
        return sum(path == HISTORY and "offset" not in query for path, query in self.asked)

    def looked_up(self) -> list[str]:
        """The Patients that were asked for by name."""
        paths = [path for path, _ in self.asked if path != HISTORY]
        return [path.removeprefix("/fhir/Patient/") for path in paths if path.count("/") > 2]


def _said_at(entry: Any) -> str:
    """What says nothing of it is in every answer."""
    response = entry.get("response") if isinstance(entry, dict) else None
    return str((response or {}).get("lastModified", "9"))


@dataclass
class Told:
    """What pulls have brought."""

    mis: FhirR4Adapter
    cursor: Cursor | None = None
    gone: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    odd: Counter[str] = field(default_factory=Counter)

    async def pull(self) -> None:
        """One, and only what it brought."""
        self.gone, self.there, self.odd = [], [], Counter()
        async for batch in self.mis.changes(self.cursor):
            self.cursor = batch.cursor
            for one in self.mis.parse(batch.body):
                assert not isinstance(one, Unreadable)
                if isinstance(one, Deleted):
                    self.gone.append(one.ref.partition("/")[2])
                if isinstance(one, Patient):
                    self.there.append(one.ref.partition("/")[2])
                if isinstance(one, Oddity) and one.ref is None:
                    self.odd[one.code] += 1


@pytest.fixture
def server() -> Iterator[RememberingServer]:
    """A server with four Patients."""
    with listening() as serve:
        serving = RememberingServer()
        serve(serving)
        for name in ("p1", "p2", "p3", "p4"):
            serving.put(name)
        yield serving


@asynccontextmanager
async def told_by(server: RememberingServer, *, page_size: int = 2) -> AsyncIterator[Told]:
    """What a site has that has pulled once."""
    mis = FhirR4Adapter(FhirR4Settings(base_url=server.url, resources=("Patient",), page_size=page_size))
    told = Told(mis)
    try:
        await told.pull()
        assert set(told.there) == {"p1", "p2", "p3", "p4"}
        assert server.walks() == 0, "what was never read need not be deleted"
        yield told
    finally:
        await mis.close()


async def test_a_deletion_is_found_by_the_next_pull_and_looked_up_once(server: RememberingServer) -> None:
    async with told_by(server) as told:
        server.delete("p1")
        await told.pull()
        assert (told.gone, told.odd) == (["p1"], Counter())
        await told.pull()
        assert told.gone == []
        assert server.looked_up() == ["p1"]


async def test_a_server_that_does_not_offer_a_history_is_not_asked(server: RememberingServer) -> None:
    server.offers = ("read", "history-instance")
    async with told_by(server) as told:
        server.delete("p1")
        await told.pull()
        assert (told.gone, told.odd, server.walks()) == ([], Counter(), 0)


@pytest.mark.parametrize(
    "statement", ["", "[]", '{"rest": 1}', '{"rest": [{"resource": [{"interaction": 3}]}]}']
)
async def test_a_statement_that_cannot_be_read_offers_nothing(
    server: RememberingServer, statement: str
) -> None:
    server.answers["/fhir/metadata"] = 200, statement
    async with told_by(server) as told:
        server.put("p1")
        await told.pull()
        assert (told.there[-1], told.odd, server.walks()) == ("p1", Counter(), 0)


@pytest.mark.parametrize("page_size", [1, 2, 50])
@pytest.mark.parametrize("backwards", [True, False])
async def test_what_was_made_again_is_there_in_whatever_order_the_history_comes(
    server: RememberingServer, page_size: int, *, backwards: bool
) -> None:
    server.backwards = backwards
    async with told_by(server, page_size=page_size) as told:
        server.delete("p1")
        server.make_again("p1")
        server.delete("p2")
        await told.pull()
        assert told.gone == ["p2"]
        assert "p1" in told.there
        server.delete("p1")
        await told.pull()
        assert told.gone == ["p1"], "deleted once more"


async def test_a_history_that_is_late_deletes_nothing_that_the_server_has(server: RememberingServer) -> None:
    async with told_by(server) as told:
        server.told.append(server.entry("DELETE", "p1"))
        await told.pull()
        assert (told.gone, told.there) == ([], ["p1"])


@pytest.mark.parametrize(
    "entry",
    [
        {"request": {"method": "DELETE", "url": "Patient/p1"}},
        {"request": {"method": "DELETE", "url": "Patient/p1/_history/2"}, "response": {"etag": 'W/"2"'}},
        {"request": {"method": "DELETE", "url": "http://127.0.0.1/other/Patient/9"}, "fullUrl": "Patient/p1"},
        {"request": {"method": "DELETE"}, "resource": {"resourceType": "Patient", "id": "p1"}},
        {"fullUrl": "Patient/p1", "response": {"status": "410 Gone"}},
        {"fullUrl": "Patient/p1"},
    ],
    ids=["undated", "version", "foreign", "stub", "status", "bare"],
)
async def test_a_deletion_is_understood_however_a_server_puts_it(
    server: RememberingServer, entry: dict[str, Any]
) -> None:
    async with told_by(server) as told:
        server.delete("p1")
        server.told[-1] = entry
        await told.pull()
        assert (told.gone, told.odd) == (["p1"], Counter())


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "DELETE",
        {"request": 3},
        {"request": {"method": "DELETE", "url": "Patient/not an id"}},
        {"request": {"method": "DELETE", "url": "Observation/1"}},
        {"request": {"method": "DELETE", "url": 7}, "response": []},
    ],
)
async def test_an_odd_entry_costs_itself_and_is_counted_once(
    server: RememberingServer, entry: object
) -> None:
    async with told_by(server) as told:
        server.delete("p1")
        server.told.append(entry)
        await told.pull()
        assert (told.gone, told.odd) == (["p1"], Counter({"history.malformed": 1}))
        server.delete("p2")
        await told.pull()
        assert (told.gone, told.odd) == (["p2"], Counter())


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 501, 503])
async def test_a_history_that_is_refused_is_counted_and_rests_and_the_pull_goes_on(
    server: RememberingServer, status: int
) -> None:
    server.answers[HISTORY] = status, "{}"
    async with told_by(server) as told:
        server.put("p1")
        await told.pull()
        assert (told.there[-1], told.odd) == ("p1", Counter({"history.refused": 1}))
        server.put("p2")
        await told.pull()
        assert (told.there[-1], told.odd) == ("p2", Counter())
        assert server.walks() == 1


async def test_a_token_that_is_refused_is_no_matter_of_the_history(server: RememberingServer) -> None:
    server.answers[HISTORY] = 401, "{}"
    async with told_by(server) as told:
        with pytest.raises(Rejected):
            await told.pull()


@pytest.mark.parametrize(
    "body", ['{"resourceType": "Bundle", "type": "searchset"}', '{"a": 1}', "[]", "<html>"]
)
async def test_what_is_no_history_is_refused(server: RememberingServer, body: str) -> None:
    server.answers[HISTORY] = 200, body
    async with told_by(server) as told:
        await told.pull()
        assert told.odd == Counter({"history.refused": 1})


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/fhir/x", "/fhir/nothing", "Patient/_history?p=2"]
)
async def test_a_history_whose_pages_lead_nowhere_counts_as_far_as_it_was_read(
    server: RememberingServer, link: str
) -> None:
    server.answers["/fhir/nothing"] = 410, "{}"
    async with told_by(server) as told:
        server.delete("p1")
        links = [{"relation": "next", "url": link}]
        bundle = {"resourceType": "Bundle", "type": "history", "link": links, "entry": [server.told[-1]]}
        server.answers[HISTORY] = 200, json.dumps(bundle)
        await told.pull()
        assert (told.gone, told.odd) == (["p1"], Counter({"history.unfinished": 1}))


async def test_a_server_that_always_tells_everything_is_read_as_far_as_is_new(
    server: RememberingServer,
) -> None:
    """And only what is new is looked up; it does not even know the parameter."""
    server.knows_since = False
    old = [server.entry("DELETE", f"old-{number}") for number in range(20)]
    for one in old:
        one["response"]["lastModified"] = "2025-05-01T10:00:00.000Z"
    server.told = [*old, *server.told]
    async with told_by(server) as told:
        server.delete("p1")
        await told.pull()
        assert (told.gone, told.odd, server.looked_up()) == (["p1"], Counter(), ["p1"])
        assert sum(path == HISTORY for path, _ in server.asked) < 6


async def test_a_history_without_an_end_is_left(server: RememberingServer) -> None:
    server.told += [server.entry("PUT", "p1") for _ in range(200)]
    async with told_by(server) as told:
        server.delete("p1")
        await told.pull()
        assert (told.gone, told.odd) == (["p1"], Counter({"history.unfinished": 1}))
        assert sum(path == HISTORY for path, _ in server.asked) == 50


async def test_more_deletions_at_once_than_are_looked_up_are_left_to_the_listing(
    server: RememberingServer,
) -> None:
    async with told_by(server, page_size=100) as told:
        for number in range(501):
            server.delete(f"n{number}")
        await told.pull()
        assert (told.gone, told.odd, server.looked_up()) == ([], Counter({"history.many": 1}), [])
        server.delete("p1")
        await told.pull()
        assert (told.gone, told.odd) == (["p1"], Counter())


async def test_what_gives_no_answer_costs_itself(server: RememberingServer) -> None:
    async with told_by(server) as told:
        for name in ("p1", "p2", "p3"):
            server.delete(name)
        server.answers["/fhir/Patient/p2"] = 500, ""
        await told.pull()
        assert (sorted(told.gone), told.odd) == (["p1", "p3"], Counter({"history.unanswered": 1}))


async def test_deletions_wait_where_nothing_gives_an_answer(server: RememberingServer) -> None:
    async with told_by(server) as told:
        for name in ("p1", "p2", "p3", "p4"):
            server.delete(name)
            server.answers[f"/fhir/Patient/{name}"] = 503, ""
        server.delete("newest")
        await told.pull()
        assert (told.gone, told.odd) == (["newest"], Counter({"history.unanswered": 3}))
        assert server.looked_up() == ["newest", "p4", "p3", "p2"]


async def test_a_pull_that_was_broken_off_goes_on_with_the_rest(server: RememberingServer) -> None:
    async with told_by(server, page_size=100) as told:
        for number in range(60):
            server.delete(f"n{number}")
        async for batch in told.mis.changes(told.cursor):
            told.cursor = batch.cursor
            break
        assert len(server.looked_up()) == 50
        await told.pull()
        assert (len(told.gone), len(set(server.looked_up())), len(server.looked_up())) == (10, 60, 60)


async def test_a_date_ahead_of_the_server_s_clock_hides_no_later_deletion(server: RememberingServer) -> None:
    async with told_by(server) as told:
        server.delete("p1")
        server.told[-1]["response"]["lastModified"] = "2999-01-01T00:00:00.000Z"
        await told.pull()
        server.delete("p2")
        await told.pull()
        assert (told.gone, told.odd) == (["p2"], Counter())


async def test_the_sandbox_tells_what_was_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FHIR_TOKEN", "sandbox-fhir-token")
    async with SandboxClinic(SandboxConfig(patients=30, patients_act=False)) as clinic:
        settings = FhirR4Settings(base_url=clinic.fhir_url, token="env:FHIR_TOKEN")
        told = Told(FhirR4Adapter(settings))
        async for batch in told.mis.changes(None):
            told.cursor = batch.cursor
        here, again = (each.resource for each in clinic.store.all("Patient")[:2])
        consent = clinic.store.all("Consent")[0].resource
        clinic.store.delete("Patient", here["id"])
        clinic.store.delete("Patient", again["id"])
        clinic.store.update(again)
        clinic.store.delete("Consent", consent["id"])
        await told.pull()
        await told.mis.close()
        assert sorted(told.gone) == sorted([here["id"], consent["id"]])
        assert again["id"] in told.there
