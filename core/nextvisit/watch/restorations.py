"""Whether a restored backup holds what is sent."""

from __future__ import annotations

from collections.abc import Sequence

from nextvisit.store.base.engine import Database
from nextvisit.store.restorations import restorations
from nextvisit.watch.finding import Finding, Grade, fine, wrong


async def confirmed(database: Database) -> Sequence[Finding]:
    """Wrong until a person has said what happened between the backup and the loss."""
    async with database.transaction() as tx:
        known = await restorations.listing(tx)
    if not known:
        return fine("this database was not restored from a backup")
    latest = known[0]
    if latest.confirmed_at is None:
        return [
            wrong(
                f"a backup of {latest.taken_at:%Y-%m-%d %H:%M %Z} was restored, and nobody has confirmed it",
                since=latest.restored_at,
                touches="campaigns send nothing and enrol nobody; who writes is heard and answered",
                do="`nextvisit restore status` says what is missing; then `nextvisit restore confirm`",
            )
        ]
    says = (
        f"restored from a backup of {latest.taken_at:%Y-%m-%d %H:%M %Z}, confirmed by {latest.confirmed_by}"
    )
    return [Finding(Grade.INFORMS, says)]
