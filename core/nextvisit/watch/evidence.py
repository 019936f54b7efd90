"""Whether the audit trail is signed from time to time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import heartbeats, signs
from nextvisit.watch.finding import Finding, Grade, informs

_LONG = timedelta(days=7)


async def signed(database: Database) -> Sequence[Finding]:
    """What is older than the last signature cannot be changed unseen."""
    async with database.transaction() as tx:
        last = await signs.last_checkpoint(tx)
        wall = await heartbeats.wall(tx)
    do = "`nextvisit audit export FILE` signs it; keep the file elsewhere"
    if last is None:
        return [informs("audit.unsigned", "was never signed and exported", do=do)]
    if wall - last > _LONG:
        says = f"was last signed {(wall - last).days} days ago"
        return [informs("audit.unsigned", says, since=last, do=do)]
    return [Finding(Grade.OK, "is signed", since=last)]
