"""What the plugins were met with is said with who, what, where, how often and since when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from nextvisit.calls.troubles import Met, Trouble, TroubleKind, Troubles
from nextvisit.install.heartbeat import tell_troubles
from nextvisit.sdk.errors import RetryLater
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import plugin_troubles
from nextvisit.watch.finding import Grade
from nextvisit.watch.plugins import faultless

pytestmark = pytest.mark.anyio

BLOCKED = Trouble("text", "pigeon", "send", "blocked", "", "Pigeon.send, pigeon.py:40")


async def tell(database: Database, *met: Met) -> None:
    async with database.transaction() as tx:
        await plugin_troubles.tell(tx, met)


async def test_who_did_nothing_wrong_is_not_named(database: Database) -> None:
    (found,) = await faultless(database, ["text"])
    assert found.grade is Grade.OK


async def test_a_plugin_that_blocks_is_named_with_how_long(database: Database) -> None:
    await tell(database, Met(BLOCKED, 2, timedelta(seconds=5.2)), Met(BLOCKED, 1, timedelta(seconds=3)))
    (found,) = await faultless(database, ["text", "his"])
    assert found.says == (
        "text: `send` of pigeon held the event loop for up to 5.2 s, 3 times (Pigeon.send, pigeon.py:40)"
    )
    assert found.grade is Grade.WRONG
    assert found.since is not None
    assert "`nextvisit plugins` names for pigeon" in found.do


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (Trouble("his", "acme", "check", "raised", "KeyError", "acme.py:7"), "`check` of acme failed with KeyError, once (acme.py:7)"),
        (Trouble("his", "acme", "book", "returned", "dict", ""), "`book` of acme gave a dict that is not what its port promises, once"),
        (Trouble("his", "acme", "changes", "slow", "", ""), "`changes` of acme did not come back within 1.5 s, once"),
        (Trouble("his", "acme", "task", "leaks", "threads", ""), "`task` of acme keeps ever more threads open, once"),
        (Trouble("his", "acme", "parse", "unsound", "start.no_zone", ""), "`parse` of acme gave something that is wrong: start.no_zone, once"),
    ],
)  # fmt: skip
async def test_each_way_to_be_wrong_has_its_sentence(database: Database, trouble: Trouble, says: str) -> None:
    await tell(database, Met(trouble, 1, timedelta(seconds=1.5)))
    (found,) = await faultless(database, ["his"])
    assert found.says == f"his: {says}"
    assert found.touches


@pytest.mark.parametrize("kind", ["raised", "returned", "slow"])
async def test_of_what_may_have_come_about_nobody_says_that_it_is_done_again(
    database: Database, kind: TroubleKind
) -> None:
    for method in ("send", "book", "cancel", "reschedule"):
        await tell(database, Met(Trouble("his", "acme", method, kind), 1, timedelta(seconds=1)))
    found = await faultless(database, ["his"])
    assert len(found) == 4
    assert all("it is not done again meanwhile" in each.touches for each in found)


async def test_what_was_yesterday_is_remembered_and_what_was_last_week_is_not(database: Database) -> None:
    await tell(database, Met(BLOCKED, 1, timedelta(seconds=2)))

    async def days_go_by(number: int) -> None:
        async with database.transaction() as tx:
            statement = text(
                "UPDATE plugin_trouble SET last_at_wall = last_at_wall - make_interval(days => :days)"
            )
            await tx.connection.execute(statement, {"days": number})

    await days_go_by(2)
    (found,) = await faultless(database, ["text"])
    assert found.grade is Grade.INFORMS
    await days_go_by(6)
    await tell(database, Met(Trouble("his", "acme", "check", "slow"), 1, timedelta(seconds=2)))
    assert [each.grade for each in await faultless(database, ["text"])] == [Grade.OK]


async def test_of_a_connection_that_is_no_more_nothing_is_said(database: Database) -> None:
    await tell(database, Met(BLOCKED, 1, timedelta(seconds=2)))
    (found,) = await faultless(database, ["his"])
    assert found.grade is Grade.OK


async def test_what_could_not_be_told_is_told_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles = Troubles()
    troubles.met(BLOCKED, timedelta(seconds=2))

    async def away(*_: object) -> None:
        raise RetryLater("store.away")

    with monkeypatch.context() as patch:
        patch.setattr(plugin_troubles, "tell", away)
        await tell_troubles(database, troubles)
    await tell_troubles(database, troubles)
    await tell_troubles(database, troubles)
    (found,) = await faultless(database, ["text"])
    assert ", once (" in found.says
