"""What a MIS says unasked: committed, acknowledged, taken in once and in order, by whichever door it came."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import psycopg
import pytest
from psycopg import sql

from nextvisit.doors.sessions import Listening, run_gateway
from nextvisit.sdk.ports import MisAdapter
from nextvisit.sdk.records import Change, HumanName, MisRef
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.base.engine import Database
from nextvisit.store.people import patients
from nextvisit.store.queues import inbox
from nextvisit.store.queues.inbox import InboxKind
from nextvisit.store.reading import mis
from tests.doors.mis import SECRET, FolderMis, MllpMis, SubscribedMis, an_a08, say
from tests.postgres import DatabaseUrls, taking_in
from tests.world.clinic import Clinic
from tests.world.records import a_patient
from tests.world.web import client, deps_of

pytestmark = pytest.mark.anyio
ONE = MisRef("Patient/1")


@asynccontextmanager
async def listening(clinic: Clinic, adapter: MisAdapter) -> AsyncIterator[Listening]:
    """The gateway, with nothing but this adapter."""
    stop = asyncio.Event()
    health: Listening = {}
    running = asyncio.create_task(
        run_gateway(taking_in(clinic.db), {}, {"his": adapter}, stop, instance="one", health=health)
    )
    try:
        yield health
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)


@asynccontextmanager
async def mllp(database: Database) -> AsyncIterator[tuple[Clinic, MllpMis]]:
    """A clinic whose MIS talks HL7 to us."""
    adapter = MllpMis()
    clinic = Clinic(database, adapter)
    async with listening(clinic, adapter) as health:
        await asyncio.wait_for(adapter.listening.wait(), 20)
        assert health["his"].hears
        yield clinic, adapter


@contextmanager
def away(urls: DatabaseUrls) -> Iterator[None]:
    """The database ends every connection and takes no new one."""
    name = psycopg.conninfo.conninfo_to_dict(urls.superuser)["dbname"]
    elsewhere = psycopg.conninfo.make_conninfo(urls.superuser, dbname="postgres")
    switch = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(elsewhere, autocommit=True) as server:
        server.execute(switch.format(sql.Identifier(str(name)), sql.SQL("false")))
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            server.execute(switch.format(sql.Identifier(str(name)), sql.SQL("true")))


async def name_of(clinic: Clinic, ref: MisRef = ONE) -> str:
    patient = await clinic.patient(ref)
    async with clinic.db.transaction() as tx:
        return (await patients.identity(tx, patient, why="test")).name


async def until_kept(clinic: Clinic, number: int) -> None:
    async with asyncio.timeout(20):
        while len(await clinic.states()) < number:
            await asyncio.sleep(0.01)


async def things(*records: Change) -> list[object]:
    """As `FakeMis.parse` reads them."""
    told = FakeMis(page_size=len(records))
    for record in records:
        told.put(record)
    return [entry async for page in told.changes(None) for entry in json.loads(page.body)]


async def test_a_message_over_mllp_becomes_a_patient_and_is_kept_once(database: Database) -> None:
    async with mllp(database) as (clinic, his):
        assert await say(his.port, an_a08("C1", "Kanarek")) == ("AA", "C1")
        assert await clinic.states() == [("mis_inbound", "new", None)]
        assert await say(his.port, an_a08("C1", "Kanarek")) == ("AA", "C1")
        await clinic.drain()
        assert await clinic.states() == [("mis_inbound", "done", None)]
        assert await name_of(clinic) == "Anna Kanarek"


async def test_a_message_is_not_acknowledged_while_the_store_is_away(
    database: Database, database_urls: DatabaseUrls
) -> None:
    async with mllp(database) as (clinic, his):
        with away(database_urls):
            assert await say(his.port, an_a08("C1", "Kanarek")) is None
        assert await clinic.states() == []
        assert await say(his.port, an_a08("C1", "Kanarek")) == ("AA", "C1")
        assert await clinic.states() == [("mis_inbound", "new", None)]


async def test_a_message_is_kept_whole_however_long_or_refused(database: Database) -> None:
    async with mllp(database) as (clinic, his):
        long = an_a08("C1", "Kanarek") + b"\rNTE|1||" + b"x" * 100_000
        assert await say(his.port, long) == ("AA", "C1")
        assert await say(his.port, b"no header") == ("AR", "")
        assert await clinic.states() == [("mis_inbound", "new", None)]


async def test_an_unreadable_message_is_parked_alone_until_it_can_be_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with mllp(database) as (clinic, his):
        with monkeypatch.context() as older:
            older.setattr(his, "parse_inbound", lambda _: FakeMis().parse(b"[{}]"))
            assert await say(his.port, an_a08("C1", "Kanarek")) == ("AA", "C1")
            await clinic.drain()
        assert await say(his.port, an_a08("C2", "Kowalska", patient=2)) == ("AA", "C2")
        await clinic.drain()
        assert await clinic.states() == [
            ("mis_inbound", "done", None),
            ("mis_resource", "parked", "kind.unknown"),
            ("mis_inbound", "done", None),
        ]
        assert await name_of(clinic, MisRef("Patient/2")) == "Anna Kowalska"
        async with clinic.db.transaction() as tx:
            assert await inbox.replay(tx) == 1
        await clinic.drain()
        assert await name_of(clinic) == "Anna Kanarek"


async def test_what_comes_unasked_and_what_is_pulled_are_taken_in_one_order(database: Database) -> None:
    async with mllp(database) as (clinic, his):
        for number in range(1, 9):
            assert await say(his.port, an_a08(f"C{number}", f"Kanarek{number}")) == ("AA", f"C{number}")
            if number == 4:
                his.put(replace(a_patient(), name=HumanName("Z strony")))
                async for page in his.changes(None):
                    async with clinic.db.transaction() as tx:
                        await inbox.put(tx, kind="mis_page", origin="his", dedupe=page.cursor, body=page.body)
        # Three intakes reach for the lane at once; the lane lets one of them in.
        await asyncio.gather(*(clinic.drain() for _ in range(3)))
        await clinic.drain()
        assert his.parsed == [f"C{number}" for number in range(1, 9)]
        done = await clinic.rows("SELECT kind FROM inbox WHERE state = 'done' ORDER BY done_at, id")
        assert [kind for (kind,) in done] == ["mis_inbound"] * 4 + ["mis_page"] + ["mis_inbound"] * 4
        assert await name_of(clinic) == "Anna Kanarek8"


async def test_a_file_leaves_the_folder_once_it_is_kept(
    database: Database, database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    folder = tmp_path / "his"
    folder.mkdir()
    adapter = FolderMis(folder)
    clinic = Clinic(database, adapter)

    def drop(name: str, content: list[object]) -> None:
        (folder / "incoming").write_bytes(json.dumps(content).encode())
        (folder / "incoming").rename(folder / f"{name}.json")

    drop("1", await things(a_patient(1)))
    with away(database_urls):
        async with listening(clinic, adapter) as health:
            async with asyncio.timeout(20):
                while "his" not in health or health["his"].fault is None:
                    await asyncio.sleep(0.01)
            assert health["his"].fault == "store.unavailable"
            assert (folder / "1.json").exists()
    async with listening(clinic, adapter):
        drop("2", [*await things(a_patient(2)), {"kind": "Teapot"}])
        await until_kept(clinic, 2)
    await clinic.drain()
    assert sorted(path.name for path in folder.rglob("*.json")) == ["1.json", "2.json"]
    assert not list(folder.glob("*.json"))
    assert await clinic.states() == [
        ("mis_inbound", "done", None),
        ("mis_inbound", "done", None),
        ("mis_resource", "parked", "kind.unknown"),
    ]
    await clinic.patient(MisRef("Patient/2"))


@asynccontextmanager
async def subscribed(database: Database) -> AsyncIterator[tuple[Clinic, SubscribedMis, httpx2.AsyncClient]]:
    """A clinic whose MIS calls us."""
    adapter = SubscribedMis()
    clinic = Clinic(database, adapter)
    async with client(deps_of(clinic)) as http:
        yield clinic, adapter, http


async def test_a_challenge_is_answered_and_nothing_of_it_is_kept(database: Database) -> None:
    async with subscribed(database) as (clinic, _, http):
        answer = await http.get("/webhooks/his", params={"challenge": "abc"})
        assert answer.status_code == 200
        assert len(answer.text) == 64
        assert SECRET.decode() not in answer.text
        assert await clinic.states() == []


async def test_a_call_is_answered_as_the_mis_wants_and_taken_in_once(database: Database) -> None:
    async with subscribed(database) as (clinic, his, http):
        body, headers = his.notification(7, await things(a_patient()))
        for path in ("/webhooks/his", "/webhooks/his", "/webhooks/his/Patient/1"):
            answer = await http.put(path, content=body, headers=headers)
            assert (answer.status_code, answer.json()) == (200, {"received": 7})
            assert answer.headers["content-type"] == "application/fhir+json"
        assert await clinic.drain() == 1
        assert await clinic.states() == [("mis_webhook", "done", None)]
        await clinic.patient(ONE)


async def test_a_forged_or_senseless_call_is_refused(database: Database) -> None:
    async with subscribed(database) as (clinic, his, http):
        body, headers = his.notification(7)
        forged = await http.post("/webhooks/his", content=body + b" ", headers=headers)
        assert forged.status_code == 401
        foreign = {b"X-Signature": "podpiś".encode()}
        assert (await http.post("/webhooks/his", content=body, headers=foreign)).status_code == 401
        assert (await http.get("/webhooks/his")).status_code == 400
        senseless = {"X-Signature": his._proof(b"[]")}
        assert (await http.post("/webhooks/his", content=b"[]", headers=senseless)).status_code == 400
        assert await clinic.states() == []


async def test_a_call_is_not_answered_while_the_store_is_away(
    database: Database, database_urls: DatabaseUrls
) -> None:
    async with subscribed(database) as (clinic, his, http):
        body, headers = his.notification(7)
        with away(database_urls):
            answer = await http.post("/webhooks/his", content=body, headers=headers)
        assert answer.status_code == 503
        assert await clinic.states() == []


async def test_hints_ask_for_one_pull_until_one_has_begun(database: Database) -> None:
    async with subscribed(database) as (clinic, his, http):

        async def hint(number: int) -> list[tuple[object, ...]]:
            body, headers = his.notification(number)
            assert (await http.post("/webhooks/his", content=body, headers=headers)).status_code == 200
            await clinic.drain()
            return list(await clinic.rows("SELECT kind, key FROM outbox ORDER BY id"))

        assert await hint(1) == [("pull_mis", "his")]
        assert await hint(2) == [("pull_mis", "his")]
        async with clinic.db.transaction() as tx:
            await mis.begin_pull(tx, "his")
        assert await hint(3) == [("pull_mis", "his")] * 2
        assert {state for _, state, _ in await clinic.states()} == {"done"}


async def test_what_a_door_left_behind_is_parked_when_the_adapter_has_none(database: Database) -> None:
    clinic = Clinic(database)
    kinds: tuple[InboxKind, ...] = ("mis_inbound", "mis_webhook")
    for kind in kinds:
        async with clinic.db.transaction() as tx:
            await inbox.put(tx, kind=kind, origin="his", dedupe="1", body=b"{}")
    await clinic.drain()
    assert await clinic.states() == [
        ("mis_inbound", "parked", "no_adapter"),
        ("mis_webhook", "parked", "no_adapter"),
    ]
