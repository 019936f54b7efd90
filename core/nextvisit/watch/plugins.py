"""What the plugins of the connections were met with in calls: who, in what, where, how often, since when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

from nextvisit.calls.answers import AWAITED
from nextvisit.calls.troubles import OUT_OF_MEMORY, Trouble, TroubleKind
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import plugin_troubles
from nextvisit.store.vitals.plugin_troubles import KnownTrouble
from nextvisit.watch.finding import Finding, Grade, fine, wrong

_LATELY: Final = timedelta(days=1)
_MORE: Final = "if what it reads may be that large, raise `process.memory` of the connection; otherwise "
_SAYS: Final[dict[TroubleKind, str]] = {
    "raised": "failed with {what}",
    "returned": "gave a {what} that is not what its port promises",
    "slow": "did not come back within {longest} s",
    "blocked": "held the event loop for up to {longest} s",
    "unsound": "gave something that is wrong{what}",
    "leaks": "keeps ever more {what} open",
    "died": "ended its process: {what}",
}
_ACTED: Final = (
    "a message or a booking of which nobody knows whether it came about: the other side is asked where it can"
    " be, else reception has a task; it is not done again meanwhile"
)
_TOUCHES: Final[dict[TroubleKind, str]] = {
    "raised": "what was asked of it; it is asked again",
    "returned": "what was asked of it; it is asked again",
    "slow": "what was asked of it; it is asked again",
    "blocked": "everybody else whom the role serves; they waited meanwhile",
    "leaks": "the role that it runs in, which has only so much room",
    "died": "the calls under way on that connection; a message or a booking among them is asked after",
    "unsound": "the records that are wrong; they wait, and hold their patients (`nextvisit inbox list`)",
}


async def faultless(database: Database, connections: Collection[str]) -> Sequence[Finding]:
    """Those of the settings."""
    async with database.transaction() as tx:
        known = await plugin_troubles.listing(tx)
    found = [_finding(each) for each in known if each.trouble.connection in connections]
    return found or fine("no call into a plugin went wrong within a week")


def _acts(trouble: Trouble) -> bool:
    """Whether the call that went wrong may have changed something on the other side."""
    promise = AWAITED.get(trouble.method)
    return promise is not None and promise.acts and trouble.kind in {"raised", "returned", "slow"}


def _finding(known: KnownTrouble) -> Finding:
    trouble = known.trouble
    detail = f": {trouble.what}" if trouble.kind == "unsound" and trouble.what else trouble.what
    says = _SAYS[trouble.kind].format(what=detail, longest=f"{known.longest.total_seconds():.1f}")
    times = "once" if known.times == 1 else f"{known.times} times"
    at = f" ({trouble.place})" if trouble.place else ""
    who = f"`{trouble.method}` of {trouble.plugin}" if trouble.method else trouble.plugin
    sentence = f"{trouble.connection}: {who} {says}, {times}{at}"
    do = f"tell the author of what `nextvisit plugins` names for {trouble.plugin}, with this line"
    if known.since > _LATELY:
        return Finding(Grade.INFORMS, sentence, since=known.last_at_wall)
    return wrong(
        sentence,
        since=known.first_at_wall,
        touches=_ACTED if _acts(trouble) else _TOUCHES[trouble.kind],
        do=f"{_MORE if trouble.what == OUT_OF_MEMORY else ''}{do}",
    )
