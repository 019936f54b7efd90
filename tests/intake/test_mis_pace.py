"""A connection with a bound is asked no more often than it says, by whichever process."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.install import bootstrap
from nextvisit.install.settings import load_settings
from nextvisit.intake.mis_pace import StoredPace
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.ports import RequestPace
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.base.engine import Database
from nextvisit.store.reading import mis_pace
from tests.house.tree import ROOT

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)
ONCE_AN_HOUR = 1 / 3600


async def wait_for_turn(database: Database, longest: timedelta) -> timedelta | None:
    async with database.transaction() as tx:
        return await mis_pace.take_turn(tx, "his", gap=HOUR, longest=longest)


async def test_turns_follow_each_other_at_the_pace(database: Database) -> None:
    waits = [await wait_for_turn(database, 10 * HOUR) for _ in range(3)]
    assert waits[0] == timedelta()
    assert [round(each / HOUR) for each in waits if each is not None] == [0, 1, 2]


async def test_a_turn_that_is_too_far_is_not_taken(database: Database) -> None:
    """Otherwise whoever asks again and again moves everybody's further away."""
    await wait_for_turn(database, HOUR / 2)
    assert [await wait_for_turn(database, HOUR / 2) for _ in range(20)] == [None] * 20
    assert round((await wait_for_turn(database, 2 * HOUR) or timedelta()) / HOUR) == 1


async def test_two_processes_share_one_pace_and_connections_do_not(database: Database) -> None:
    one, other = (StoredPace(database, "his", ONCE_AN_HOUR) for _ in range(2))
    await one.turn()
    with pytest.raises(RetryLater, match=r"^mis\.rests") as caught:
        await other.turn()
    assert caught.value.after is not None
    assert round(caught.value.after / HOUR) == 1
    await StoredPace(database, "lab", ONCE_AN_HOUR).turn()


async def test_what_the_mis_wishes_is_kept_by_every_process(database: Database) -> None:
    one, other = (StoredPace(database, "his", 1000) for _ in range(2))
    await one.turn()
    await one.rest(5 * HOUR)
    await other.rest(HOUR)
    for each in (one, other):
        with pytest.raises(RetryLater, match=r"^mis\.rests") as caught:
            await each.turn()
        assert round((caught.value.after or timedelta()) / HOUR) == 5


async def test_no_rest_is_longer_than_a_day(database: Database) -> None:
    """One that a plugin has read wrongly would leave the connection unread for years."""
    one = StoredPace(database, "his", 1000)
    await one.rest(timedelta(days=999_999))
    with pytest.raises(RetryLater, match=r"^mis\.rests") as caught:
        await one.turn()
    assert round((caught.value.after or timedelta()) / HOUR) == 24


async def test_an_appliance_paces_the_connections_that_have_a_bound(database: Database) -> None:
    class Paced(FakeMis):
        pace: RequestPace | None = None

        def keep_pace(self, pace: RequestPace) -> None:
            self.pace = pace

    example = load_settings(ROOT / "config" / "nextvisit.example.yaml")
    free = example.mis["clinic"]
    bound = free.model_copy(update={"per_second": 4.0})
    adapters = {"bound": Paced(), "free": Paced()}
    bootstrap.pace(adapters, example.model_copy(update={"mis": {"bound": bound, "free": free}}), database)
    assert adapters["bound"].pace == StoredPace(database, "bound", 4.0)
    assert adapters["free"].pace is None
