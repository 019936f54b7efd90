"""Health: alive always, ready only with everything that work needs."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from nextvisit.clock import SystemClock
from nextvisit.sdk.errors import RetryLater
from nextvisit.store.base.engine import Database
from nextvisit.store.restorations import restorations
from nextvisit.store.vitals import listeners
from nextvisit.store.vitals.heartbeats import ROLES
from nextvisit.store.vitals.listeners import ListenerSign
from tests.world.clinic import Clinic
from tests.world.heartbeats import GIB, beat
from tests.world.web import client, deps_of

pytestmark = pytest.mark.anyio


Answered = tuple[int, dict[str, str], dict[str, str]]


async def _ready(clinic: Clinic) -> Answered:
    async with client(deps_of(clinic)) as http:
        answer = await http.get("/health/ready")
    body = answer.json()
    return answer.status_code, body["checks"], body["appliance"]


async def test_ready_with_the_database_its_schema_and_the_keys(clinic: Clinic) -> None:
    for role in ROLES:
        await beat(clinic.db, role)
    own, others = ("role", "database", "migrations", "keys"), ("roles", "disk", "clocks", "listeners")
    assert await _ready(clinic) == (200, dict.fromkeys(own, "ok"), dict.fromkeys(others, "ok"))


async def test_ready_while_a_restore_waits_to_be_confirmed_and_it_says_so(clinic: Clinic) -> None:
    """Campaigns send nothing, and patients have to be able to say stop."""
    async with clinic.db.transaction() as tx:
        await restorations.begun(tx, tx.now - timedelta(hours=1))
    code, own, others = await _ready(clinic)
    assert (code, set(own.values()), others["restore"]) == (200, {"ok"}, "unconfirmed")


async def test_what_is_wrong_elsewhere_is_told_and_takes_no_page_away(clinic: Clinic) -> None:
    """Patients say stop on our pages while no worker runs."""
    await beat(clinic.db, "worker", silent=timedelta(minutes=5))
    await beat(clinic.db, "gateway", ready=False)
    code, own, others = await _ready(clinic)
    assert (code, set(own.values()), others["roles"]) == (200, {"ok"}, "missing api, gateway, worker")


async def test_a_group_of_the_worker_s_queues_that_nobody_polls_is_told(clinic: Clinic) -> None:
    for role in ("api", "gateway"):
        await beat(clinic.db, role)
    await beat(clinic.db, "worker", queues="channels")
    _, _, others = await _ready(clinic)
    assert others["roles"] == "missing worker --queues journeys"


async def test_a_full_disk_and_a_wrong_clock_are_told(clinic: Clinic) -> None:
    for role in ROLES:
        await beat(clinic.db, role, disk_free=GIB // 2, wall=SystemClock().now() + timedelta(minutes=5))
    _, _, others = await _ready(clinic)
    assert (others["disk"], others["clocks"]) == ("nearly_full", "apart")


async def test_what_comes_unasked_and_is_not_heard_is_told(clinic: Clinic) -> None:
    for role in ROLES:
        await beat(clinic.db, role)
    for hears, says in ((False, "deaf sms (gateway)"), (True, "ok")):
        async with clinic.db.transaction() as tx:
            sign = ListenerSign("sms", hears, timedelta(hours=1), None)
            await listeners.tell(tx, "gateway-1", [sign])
        _, _, others = await _ready(clinic)
        assert others["listeners"] == says


async def test_whoever_asks_in_a_loop_asks_the_database_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, asked, transaction = [0.0], [0], Database.transaction

    def counted(self: Database, *args: Any, **more: Any) -> Any:
        asked[0] += 1
        return transaction(self, *args, **more)

    monkeypatch.setattr(Database, "transaction", counted)
    async with client(deps_of(clinic, seconds=lambda: now[0])) as http:
        await asyncio.gather(*(http.get("/health/ready") for _ in range(20)))
        assert asked == [1]
        now[0] = 2.0
        await http.get("/health/ready")
        assert asked == [2], "and what was found is told for two seconds only"


async def test_whoever_is_asked_says_which_process_it_is(clinic: Clinic) -> None:
    deps = deps_of(clinic)
    async with client(deps) as http:
        assert (await http.get("/health/live")).json() == {"status": "live", "instance": deps.instance}


async def test_alive_but_not_ready_while_the_store_is_away(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object, **_more: object) -> None:
        raise RetryLater("store.unavailable")

    monkeypatch.setattr(Database, "transaction", away)
    async with client(deps_of(clinic)) as http:
        assert (await http.get("/health/live")).status_code == 200
        answer = await http.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "away")
