"""Campaigns: immutable versions, four eyes and states."""

from __future__ import annotations

import pytest

from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns import campaigns
from tests.world.rows import PURPOSE, a_program, audited, run_campaign

pytestmark = pytest.mark.anyio

FILES = {"campaign.yaml": "campaign: recall", "messages/en.yaml": "language: en"}


async def _apply(database: Database, version: str = "v1", files: dict[str, str] = FILES) -> None:
    async with database.transaction() as tx:
        await campaigns.store_version(tx, "recall", version, files, purpose=PURPOSE, applied_by="ann")


async def test_a_version_is_kept_as_it_was_applied(database: Database) -> None:
    await _apply(database)
    await _apply(database)
    async with database.transaction() as tx:
        assert await campaigns.load_files(tx, "v1") == FILES
        (version,) = await campaigns.versions(tx, "recall")
        assert (version.applied_by, version.approved_by, version.purpose) == ("ann", None, PURPOSE)
        assert [known.state for known in await campaigns.listing(tx)] == ["draft"]
    assert [action for action, _, _ in await audited(database)] == ["campaign.applied"]


async def test_a_version_never_changes_its_files(database: Database) -> None:
    await _apply(database)
    with pytest.raises(Bug, match="version_clash"):
        await _apply(database, files={"campaign.yaml": "other"})


async def test_whoever_applied_cannot_approve(database: Database) -> None:
    await _apply(database)
    with pytest.raises(ConfigError) as caught:
        async with database.transaction() as tx:
            await campaigns.approve(tx, "recall", "v1", "ann", 7)
    assert caught.value.code == "campaign.four_eyes"
    async with database.transaction() as tx:
        await campaigns.approve(tx, "recall", "v1", "bob", 7)
    async with database.transaction() as tx:
        (version,) = await campaigns.versions(tx)
        standing = await campaigns.get(tx, "recall")
    assert (version.approved_by, version.audience) == ("bob", 7)
    assert standing is not None
    assert standing.active_version == "v1"
    assert ("campaign.approved", "recall", "ok") in await audited(database)


async def test_what_was_never_applied_cannot_be_approved(database: Database) -> None:
    with pytest.raises(ConfigError, match="apply this version first"):
        async with database.transaction() as tx:
            await campaigns.approve(tx, "recall", "v9", "bob", 7)


async def test_an_unapproved_campaign_does_not_run(database: Database) -> None:
    await _apply(database)
    with pytest.raises(ConfigError, match="unapproved"):
        async with database.transaction() as tx:
            await campaigns.set_state(tx, "recall", "running")


async def test_states_change_along_their_arrows_and_are_audited(database: Database) -> None:
    async with database.transaction() as tx:
        await run_campaign(tx, a_program())
        await campaigns.set_state(tx, "recall", "paused")
        await campaigns.set_state(tx, "recall", "paused")
        await campaigns.set_state(tx, "recall", "stopped")
    with pytest.raises(ConfigError, match="is stopped and cannot become paused"):
        async with database.transaction() as tx:
            await campaigns.set_state(tx, "recall", "paused")
    with pytest.raises(
        ConfigError, match="is stopped and cannot become running; somebody has to approve it anew"
    ):
        async with database.transaction() as tx:
            await campaigns.set_state(tx, "recall", "running")
    changes = [action for action, _, _ in await audited(database) if action == "campaign.state_changed"]
    assert len(changes) == 3


async def test_a_stopped_campaign_runs_again_once_it_is_approved_anew(database: Database) -> None:
    program = a_program()
    async with database.transaction() as tx:
        await run_campaign(tx, program)
        await campaigns.set_state(tx, program.campaign, "stopped")
        await campaigns.approve(tx, program.campaign, program.version, "bob", 7)
        approved = await campaigns.get(tx, program.campaign)
        assert approved is not None
        assert approved.state == "draft"
        await campaigns.set_state(tx, program.campaign, "running")
