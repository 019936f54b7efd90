"""A glance says what the doctor would of the store, and what stands in the numbers."""

from __future__ import annotations

import pytest

from nextvisit.store.base.engine import Database
from nextvisit.store.messages import channel_health
from nextvisit.store.queues import inbox
from tests.cli.installation import Installation
from tests.world.heartbeats import beat


async def _all_roles(database: Database) -> None:
    for role in ("worker", "api", "gateway"):
        await beat(database, role)


async def _paused_and_parked(database: Database) -> None:
    async with database.transaction() as tx:
        await channel_health.record_failure(tx, "sms", "rejected.account", lasting=True)
        await inbox.put(tx, kind="mis_page", origin="clinic", dedupe="a", body=b"Kowalska")
        for item in await inbox.take(tx, 10):
            await inbox.park(tx, item.id, "shape.flag")


def test_a_glance_shows_roles_connections_and_what_is_wrong(installed: Installation) -> None:
    installed.in_store(_all_roles)
    installed.in_store(_paused_and_parked)
    shown = installed.run("status", "--json")
    assert shown.code == 1
    assert {each["role"]: each["ready"] for each in shown.json["roles"]} == {
        "worker": 1,
        "api": 1,
        "gateway": 1,
    }
    assert {each["connection"]: each["state"] for each in shown.json["connections"]} == {
        "clinic": "new",
        "email": "up",
        "sms": "down",
    }
    assert shown.json["waiting"]["parked"] == 1
    codes = {one["code"] for each in shown.json["examined"] for one in each["findings"]}
    assert {"channel.paused", "inbox.parked"} <= codes
    spoken = installed.run("status")
    assert spoken.code == 1
    for words in ("today: 0 sent", "1 parked", "WRONG  channels: sms is paused", "worker "):
        assert words in spoken.out


def test_who_looks_at_a_glance_and_the_doctor_are_told_the_same(installed: Installation) -> None:
    installed.in_store(_paused_and_parked)
    asked = {each["what"]: each for each in installed.run("doctor", "--json").json}
    for each in installed.run("status", "--json").json["examined"]:
        assert each == asked[each["what"]]


def test_a_glance_asks_nobody_but_the_database(
    installed: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = {each["what"] for each in installed.run("status", "--json").json["examined"]}
    assert not looked & {"temporal", "mis clinic", "channel sms", "channel email"}


def test_a_glance_without_a_database_says_so(configured: Installation) -> None:
    result = configured.run("status")
    assert result.code == 4
    assert "does not answer" in result.err
