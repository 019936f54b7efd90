"""Campaign versions from the store into memory. A version never changes, so it is loaded once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from nextvisit.flow.language.load import LoadedCampaign, load_files
from nextvisit.sdk.errors import ConfigError, NextVisitError
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.campaigns import campaigns
from nextvisit.store.journeys import journeys
from nextvisit_workflows.activities.pausing import pause_campaign
from nextvisit_workflows.runtime import registry

log = structlog.get_logger()


async def load_version(tx: Tx, campaign: str, version: str) -> LoadedCampaign:
    """From memory, else from the store. Raises ConfigError for a version that nobody stored."""
    known = registry.get(campaign, version)
    if known is not None:
        return known
    files = await campaigns.load_files(tx, version)
    # Others may have waited for the same files. From here to `add` nothing awaits, so only one parses them.
    known = registry.get(campaign, version)
    if known is None:
        known = load_files(files)
        registry.add(known)
    return known


async def load_all(db: Database, unreadable: set[str] | None = None) -> int:
    """Load what is not loaded yet; returns how many versions that were.

    A version that this release cannot read keeps its own journeys waiting and nobody else's: its campaign is
    paused, if the version is in use. It is said once for each set of `unreadable`, which it is added to.
    """
    said = set[str]() if unreadable is None else unreadable
    loaded = 0
    async with db.transaction() as tx:
        active = {(each.campaign, each.active_version) for each in await campaigns.listing(tx)}
        for each in await campaigns.versions(tx):
            if each.version in said or registry.get(each.campaign, each.version) is not None:
                continue
            try:
                await load_version(tx, each.campaign, each.version)
                loaded += 1
            except ConfigError as error:
                said.add(each.version)
                # No traceback: the code and the version say it.
                log.error(  # noqa: TRY400
                    "version.unreadable", campaign=each.campaign, version=each.version, code=error.code
                )
                if (each.campaign, each.version) in {*active, *await journeys.open_versions(tx)}:
                    await pause_campaign(tx, each.campaign, error)
    return loaded


async def keep_loading(db: Database, every: timedelta) -> None:
    """Follow the store until cancelled. `every` is the wall's."""
    unreadable = set[str]()
    while True:
        try:
            await load_all(db, unreadable)
        # An outermost loop: were it to end, no campaign that is applied from now on would ever run.
        except Exception as error:  # noqa: BLE001
            code = error.code if isinstance(error, NextVisitError) else type(error).__name__
            log.warning("versions.not_loaded", code=code)
        await asyncio.sleep(every.total_seconds())
