"""Two demos with one seed, and a search of the first for its patients."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from nextvisit.cli.main import EXIT_WANTING
from nextvisit.flow.engine.state import Outcome
from tests.demo import canary, leaks, promises
from tests.demo.driver import Ended, Running, cli, run_beside

FACTOR = 4320.0
"""Twenty seconds a day: a stall of a second or two on a busy machine is an hour or two, and decides nothing."""

pytestmark = [pytest.mark.drill, pytest.mark.timeout(1800)]


@dataclass(slots=True)
class Found:
    """Of the first demo's secrets: where they are, and which its patients' own file holds."""

    histories: int = 0
    wal: int = 0
    secrets: frozenset[str] = frozenset()
    leaked: dict[str, set[str]] | None = None
    received: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ended demos of one seed."""

    first: Ended
    second: Ended
    found: Found


@pytest.fixture(scope="module")
def pair(demo_folder: Callable[[str], Path]) -> Pair:
    """Everything below is asked of these two."""
    found = Found()
    folder = demo_folder("first")

    async def look(running: Running) -> None:
        await _search(running, found)

    async def both() -> tuple[Ended, Ended]:
        turn = asyncio.Lock()
        async with asyncio.TaskGroup() as group:
            first = group.create_task(run_beside(turn, folder, factor=FACTOR, look=look))
            second = group.create_task(run_beside(turn, demo_folder("second"), factor=FACTOR))
        return first.result(), second.result()

    first, second = asyncio.run(both())
    return Pair(first, second, found)


async def _search(running: Running, found: Found) -> None:
    folder = running.stage.folder.path
    keys = running.appliance.database.vault.payload_keys()
    found.histories = await leaks.export_histories(
        await running.appliance.temporal(), keys, folder / "histories"
    )
    for number, words in enumerate(await _commands(folder)):
        said = await cli(folder, *words)
        assert said.code in {0, EXIT_WANTING}, said  # whether it says that somebody is needed is not asked
        (folder / f"said-{number}.txt").write_text(said.out + said.err, encoding="utf-8")
    with psycopg.connect(running.stage.postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    found.wal = sum(1 for _ in (folder / "postgres" / "data" / "pg_wal").iterdir())
    found.secrets = canary.secrets(folder)
    patterns = canary.patterns(found.secrets)
    found.leaked = leaks.leaks(folder, patterns)
    own = (folder / "sandbox-journal.jsonl").read_bytes()
    found.received = frozenset(leaks.hits(own, patterns))


async def _commands(folder: Path) -> list[tuple[str, ...]]:
    said = await cli(folder, "journey", "list", "--json")
    assert said.code == 0, said
    journey = json.loads(said.out)[0]["id"]
    return [
        ("journey", "list"),
        ("journey", "show", journey),
        ("journey", "why", journey),
        ("campaign", "report", "reactivation"),
        ("inbox", "list"),
        ("mis", "status"),
    ]


def test_one_seed_gives_the_same_totals(pair: Pair) -> None:
    first, second = promises.totals(pair.first), promises.totals(pair.second)
    assert first == second, f"{pair.first.folder} and {pair.second.folder} differ"


def test_every_promise_holds(pair: Pair) -> None:
    promises.all_hold(pair.first)
    promises.all_hold(pair.second)


def test_undisturbed_nothing_stays_unknown_and_nothing_is_restarted(pair: Pair) -> None:
    for ended in (pair.first, pair.second):
        assert ended.verdict.report.unknown == 0, ended.folder
        assert not any(ended.verdict.restarts.values()), f"{ended.verdict.restarts} in {ended.folder}"


def test_patients_are_in_no_log_no_history_and_not_in_the_database_in_the_clear(pair: Pair) -> None:
    assert pair.found.histories >= 20
    assert pair.found.wal >= 1
    assert pair.found.leaked == {}, f"in {pair.first.folder}"


def test_patients_went_through_every_flow(pair: Pair) -> None:
    shown = pair.first.verdict.report
    contacted = pair.first.verdict.servers["contacted"]
    asked = contacted.get("mail_question", 0) + contacted.get("sms_question", 0)
    ended = set(shown.journeys.ended)
    assert asked > 0, contacted
    assert {Outcome.GOAL, Outcome.OPTED_OUT, Outcome.HANDED_OVER, Outcome.DECEASED} <= ended, ended
    assert sum(each.failed for each in shown.channels) > 0, "no mail bounced"


def test_the_search_knows_what_it_looks_for(pair: Pair) -> None:
    # What the patients themselves received: every given name, and every address that was used.
    assert {given for _, given in canary.NAMES} <= pair.found.received
    assert len(pair.found.received) >= 30


@pytest.mark.parametrize("secret", ["Świętokanarysław", "Канарейкина-Ёлкина", "O'Canaryfield", "601234567"])
def test_a_secret_is_found_in_any_form(secret: str) -> None:
    patterns = canary.patterns({secret})
    for written in (
        secret.encode(),
        secret.encode("utf-16"),
        secret.encode().hex().encode(),
        f"name={quote(secret)}&".encode(),
        json.dumps({"name": secret}).encode(),
        *(base64.b64encode(b"x" * before + secret.encode() + b"yz") for before in range(3)),
    ):
        assert leaks.hits(b"\x00\xff\n" + written + b"\n", patterns) == {secret}, written
