"""Health: alive always, ready only with everything that work needs."""

from __future__ import annotations

import pytest

from nextvisit.sdk.errors import RetryLater
from nextvisit.store.base.engine import Database
from tests.world.clinic import Clinic
from tests.world.web import client, deps_of

pytestmark = pytest.mark.anyio


async def test_ready_with_the_database_its_schema_and_the_keys(clinic: Clinic) -> None:
    async with client(deps_of(clinic)) as http:
        answer = await http.get("/health/ready")
    assert answer.status_code == 200
    wanted = {"database": "ok", "migrations": "ok", "keys": "ok"}
    assert answer.json() == {"status": "ready", "checks": wanted}


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
