"""Whether a restored backup holds what is sent."""

from __future__ import annotations

from collections.abc import Sequence

from nextvisit.domain.contact_reason import Reason
from nextvisit.store.base.engine import Database
from nextvisit.store.restorations import restorations
from nextvisit.watch.finding import Finding, fine, informs, wrong


async def confirmed(database: Database) -> Sequence[Finding]:
    """Wrong until a person has said what happened between the backup and the loss."""
    async with database.transaction() as tx:
        known = await restorations.listing(tx)
        unknown = (await restorations.left(tx, Reason.BEFORE_RESTORE.value)).unknown
    if not known:
        return fine("this database was not restored from a backup")
    latest = known[0]
    if latest.confirmed_at is None:
        return [
            wrong(
                "restore.unconfirmed",
                f"a backup of {latest.taken_at:%Y-%m-%d %H:%M %Z} was restored, and nobody has confirmed it",
                since=latest.restored_at,
                touches="campaigns send nothing and enrol nobody; who writes is heard and answered",
                do="`nextvisit restore status` says what is missing; then `nextvisit restore confirm`",
            )
        ]
    says = (
        f"restored from a backup of {latest.taken_at:%Y-%m-%d %H:%M %Z}, confirmed by {latest.confirmed_by}"
    )
    if not unknown:
        return [informs("restore.confirmed", says)]
    return [
        informs(
            "restore.unknown",
            f"{says}; of {unknown} messages nobody can say whether they went out before",
            since=latest.restored_at,
            touches=f"{unknown} patients at the most, whom nothing was sent to again",
            do="`nextvisit restore status` lists them; ask the providers, and have reception call who waits",
        )
    ]
