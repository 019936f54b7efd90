"""From the MIS into the inbox, page by page. A page and its cursor are safe before the next is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.ports import MisAdapter
from nextvisit.store.base.engine import Database
from nextvisit.store.queues import inbox
from nextvisit.store.reading import mis

Progress = Callable[[int, int], None]
"""Told (pages, things) after every page that is safe."""


def silently(pages: int, things: int) -> None:
    """For callers who show nothing."""
    del pages, things


async def pull(
    db: Database, source: str, adapter: MisAdapter, progress: Progress = silently
) -> tuple[int, int]:
    """Pull what is new; returns (pages, things). Stopped at any moment, it goes on at the next page.

    What the MIS answered with instead of a page is noted for `mis status` and raised.
    """
    async with db.transaction() as tx:
        cursor = await mis.begin_pull(tx, source)
    pages = things = 0
    try:
        async for page in adapter.changes(cursor):
            # The same page at the same place is the same thing; a page that comes again later is not.
            dedupe = hashlib.sha256(page.cursor.encode() + b"\0" + page.body).hexdigest()
            async with db.transaction() as tx:
                await inbox.put(
                    tx, kind="mis_page", origin=source, dedupe=dedupe, body=page.body, count=page.count
                )
                await mis.advance(tx, source, page)
            pages += 1
            things += page.count
            progress(pages, things)
    except NextVisitError as error:
        async with db.transaction() as tx:
            await mis.fault(tx, source, error.code)
        raise
    async with db.transaction() as tx:
        await mis.answered(tx, source)
    return pages, things
