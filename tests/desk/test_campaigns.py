"""What an administrator does with a campaign, whichever screen asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nextvisit.desk import campaigns
from nextvisit.desk.campaign_files import find_folder, read_folder, valid
from nextvisit.install.provided import provided
from nextvisit.sdk.errors import ConfigError, RetryLater
from nextvisit.store.base.engine import Database
from tests.world.site import SITE

pytestmark = pytest.mark.anyio

NAME = "reactivation"
HAVE = provided(None)
FOLDER = find_folder(NAME, HAVE.catalogue)


async def applied(database: Database) -> str:
    loaded = valid(FOLDER, HAVE.channels)
    await campaigns.apply(database, read_folder(FOLDER), loaded, "ann")
    return loaded.version


async def state_of(database: Database) -> str:
    (found,) = (await campaigns.listing(database)).campaigns
    return found.state


async def nobody_wakes() -> campaigns.Wake:
    raise RetryLater("temporal.away")


async def run(database: Database) -> list[tuple[str, str]]:
    """Each campaign that was woken, with the state that it was woken in."""
    woken: list[tuple[str, str]] = []

    async def wakes() -> campaigns.Wake:
        async def wake(campaign: str) -> None:
            woken.append((campaign, await state_of(database)))

        return wake

    await campaigns.run(database, NAME, "ann", wakes)
    return woken


async def test_a_plan_changes_nothing(database: Database) -> None:
    loaded = valid(FOLDER, HAVE.channels)
    planned = await campaigns.plan(database, loaded, frozenset(HAVE.channels), SITE.zone)
    assert (planned.campaign, planned.version, planned.known) == (NAME, loaded.version, False)
    assert (await campaigns.listing(database)).versions == []


async def test_the_beginning_of_a_version_is_enough_and_the_last_one_is_meant(database: Database) -> None:
    version = await applied(database)
    with pytest.raises(ConfigError, match="0 versions"):
        await campaigns.approve(database, NAME, "zz", "bob", SITE.zone)
    for prefix in (version[:6], None):
        approved = await campaigns.approve(database, NAME, prefix, "bob", SITE.zone)
        assert approved == campaigns.Approved(NAME, version, 0)


async def test_what_is_said_to_run_runs(database: Database) -> None:
    """So nothing is written while nobody can be woken."""
    await applied(database)
    await campaigns.approve(database, NAME, None, "bob", SITE.zone)
    before = await state_of(database)
    with pytest.raises(RetryLater):
        await campaigns.run(database, NAME, "ann", nobody_wakes)
    assert await state_of(database) == before != "running"

    assert await run(database) == [(NAME, "running")]


async def test_a_pause_waits_for_nobody_and_a_stop_can_be_repeated(database: Database) -> None:
    await applied(database)
    await campaigns.approve(database, NAME, None, "bob", SITE.zone)
    await run(database)
    await campaigns.pause(database, NAME, "ann")
    assert await state_of(database) == "paused"
    for _ in range(2):
        assert await campaigns.stop(database, NAME, "ann") == 0
        assert await state_of(database) == "stopped"


def test_a_folder_is_a_path_or_a_name_of_the_catalogue(tmp_path: Path) -> None:
    assert find_folder(str(tmp_path), HAVE.catalogue) == tmp_path
    with pytest.raises(ConfigError, match=NAME):
        find_folder("no_such_campaign", HAVE.catalogue)
    with pytest.raises(ConfigError, match=r"campaign\.yaml"):
        read_folder(tmp_path)
