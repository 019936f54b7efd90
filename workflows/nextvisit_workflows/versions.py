"""Campaign versions from the store into memory. A version never changes, so it is loaded once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from nextvisit.flow.load import LoadedCampaign, load_files
from nextvisit.sdk.errors import NextVisitError
from nextvisit.store import campaigns
from nextvisit.store.engine import Database, Tx
from nextvisit_workflows import preloaded

log = structlog.get_logger()


async def load_version(tx: Tx, campaign: str, version: str) -> LoadedCampaign:
    """From memory, else from the store. Raises ConfigError for a version that nobody stored."""
    known = preloaded.get(campaign, version)
    if known is not None:
        return known
    files = await campaigns.load_files(tx, version)
    # Others may have waited for the same files. From here to `add` nothing awaits, so only one parses them.
    known = preloaded.get(campaign, version)
    if known is None:
        known = load_files(files)
        preloaded.add(known)
    return known


async def load_all(db: Database) -> int:
    """Load what is not loaded yet; returns how many versions that were."""
    loaded = 0
    async with db.transaction() as tx:
        for each in await campaigns.versions(tx):
            if preloaded.get(each.campaign, each.version) is None:
                await load_version(tx, each.campaign, each.version)
                loaded += 1
    return loaded


async def keep_loading(db: Database, every: timedelta) -> None:
    """Follow the store until cancelled. `every` is the wall's."""
    while True:
        try:
            await load_all(db)
        except NextVisitError as error:
            log.warning("versions.not_loaded", code=error.code)
        await asyncio.sleep(every.total_seconds())
