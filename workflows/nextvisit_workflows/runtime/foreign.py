"""Payloads that are not ours, told to the store: the codec that meets them has no database."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from temporalio.client import Client

from nextvisit.sdk.errors import Bug, RetryLater
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import refused_actions
from nextvisit_workflows.runtime.codec import EncryptingCodec

log = structlog.get_logger()


async def keep_telling(database: Database, client: Client, every: timedelta) -> None:
    """Until cancelled. `every` is the wall's. One line for all that were met meanwhile: they may be many."""
    codec = client.data_converter.payload_codec
    if not isinstance(codec, EncryptingCodec):
        raise Bug("payload.no_codec", "a worker runs with a client that seals nothing")
    while True:
        await asyncio.sleep(every.total_seconds())
        met = codec.foreign.taken()
        if not met:
            continue
        log.error("payload.refused", count=met)
        try:
            async with database.transaction() as tx:
                await refused_actions.keep(
                    tx, refused_actions.PAYLOAD, refused_actions.PAYLOAD, "foreign", met
                )
        except RetryLater:
            codec.foreign.met += met
