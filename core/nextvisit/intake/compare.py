"""What the MIS lists, held against what we have: once a day, and when somebody asks.

A pull tells of what changed; of what was deleted it tells nothing, and what it missed it does not know. What
differs is looked up, and comes in through the inbox like any page. A thing that is not listed counts as gone
only when the MIS says so of that thing, because a listing may lose what is edited meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from nextvisit.intake.pull import silently
from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.ports import Lists
from nextvisit.sdk.records import Listed, MisRef
from nextvisit.store.base.engine import Database
from nextvisit.store.people import holdings
from nextvisit.store.queues import inbox
from nextvisit.store.reading import mis

DAILY: Final = timedelta(days=1)
_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Difference:
    """differing: listed in a version that we do not have, new ones too. gone: ours, and not listed.

    lost: more than a tenth of what we have is not listed. A MIS that was restored from nothing answers so,
    and nothing follows from it until somebody has looked.
    """

    listed: int
    differing: tuple[Listed, ...]
    gone: tuple[MisRef, ...]
    lost: bool

    @property
    def none(self) -> bool:
        """Both have the same."""
        return not self.differing and not self.gone


async def compare(
    db: Database, source: str, adapter: Lists, progress: Callable[[int, int], None] = silently
) -> Difference:
    """Ask for everything that the MIS has; changes nothing but what `mis status` says of it."""
    listed: set[bytes] = set()
    differing: list[Listed] = []
    pages = 0
    async for page in adapter.listing():
        async with db.transaction() as tx:
            differing += await holdings.differing(tx, source, page)
            listed.update(tx.vault.mis_ref_digest(source, one.ref) for one in page)
        pages += 1
        progress(pages, len(listed))
    async with db.transaction(actor="compare") as tx:
        gone, held = await holdings.missed(tx, source, listed)
        lost = len(gone) * 10 > held
        await mis.compared(tx, source, differing=len(differing), gone=len(gone), lost=lost)
    return Difference(len(listed), tuple(differing), tuple(gone), lost)


async def mend(
    db: Database,
    source: str,
    adapter: Lists,
    found: Difference,
    progress: Callable[[int, int], None] = silently,
) -> int:
    """Look up what differs or is gone, into the inbox; how many things. Nothing when too much is lost."""
    if found.lost:
        return 0
    things = [*found.differing, *(Listed(ref, "") for ref in found.gone)]
    for at in range(0, len(things), _AT_ONCE):
        some = things[at : at + _AT_ONCE]
        await _look_up(db, source, adapter, some)
        progress(at // _AT_ONCE + 1, at + len(some))
    return len(things)


async def _look_up(db: Database, source: str, adapter: Lists, things: Sequence[Listed]) -> None:
    body = await adapter.look_up([one.ref for one in things])
    async with db.transaction() as tx:
        dedupe = hashlib.sha256(tx.now.isoformat().encode() + b"\0" + body).hexdigest()
        await inbox.put(tx, kind="mis_look_up", origin=source, dedupe=dedupe, body=body, count=len(things))
        await holdings.looked_up(tx, source, [one for one in things if one.version])


async def compare_daily(
    db: Database, source: str, adapter: object, progress: Callable[[int, int], None] = silently
) -> Difference | None:
    """Compare and mend if the last time is a day ago; None when it is not, or the adapter lists nothing.

    What goes wrong is noted for `mis status` and not raised: the pull that comes with it is done, and the
    next one tries again.
    """
    if not isinstance(adapter, Lists):
        return None
    async with db.transaction() as tx:
        due = await mis.begin_comparing(tx, source, DAILY)
    if not due:
        return None
    try:
        found = await compare(db, source, adapter, progress)
        await mend(db, source, adapter, found, progress)
    except NextVisitError as error:
        async with db.transaction() as tx:
            await mis.fault(tx, source, error.code)
        return None
    return found
