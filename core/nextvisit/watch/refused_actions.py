"""Whether somebody asks, by way of Temporal, for what no journey expects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import heartbeats, refused_actions
from nextvisit.store.vitals.refused_actions import PAYLOAD, RefusedAction
from nextvisit.watch.finding import Finding, fine, informs, wrong

_FRESH = timedelta(days=1)
_DO = (
    "see who else can reach Temporal; what was refused was not done. `nextvisit journey rehydrate` begins a"
    " journey anew whose run has ended by it"
)


async def met(database: Database) -> Sequence[Finding]:
    """Wrong for a day after the last of them."""
    async with database.transaction() as tx:
        known = await refused_actions.listing(tx)
        wall = await heartbeats.wall(tx)
    fresh = [each for each in known if wall - each.last_at_wall < _FRESH]
    found = [
        wrong(
            "action.refused",
            _says(each),
            count=each.times,
            since=each.first_at_wall,
            touches="journeys whose run it ended; nobody was written to",
            do=_DO,
        )
        for each in fresh
    ]
    if not found and known:
        says = f"nothing since {known[0].last_at_wall:%Y-%m-%d}; before: {_says(known[0])}"
        return [informs("action.refused_before", says)]
    return found or fine("nothing was asked for that no journey expects")


def _says(refused: RefusedAction) -> str:
    if refused.activity == PAYLOAD:
        return f"{refused.times} payloads in Temporal were not ours"
    asked = f"{refused.activity} was asked for {refused.times} times by {refused.workflow}"
    return f"{asked} and does not follow from what is stored ({refused.code})"
