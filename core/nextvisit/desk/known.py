"""Names that somebody typed, held against those that there are: an empty answer would look true."""

from __future__ import annotations

from nextvisit.domain.task_reason import RECEPTION
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.engine import Tx
from nextvisit.store.campaigns import campaigns
from nextvisit.store.tasks import tasks


async def require_campaign(tx: Tx, campaign: str) -> None:
    """Raises ConfigError when none of this name was ever applied."""
    if await campaigns.get(tx, campaign) is None:
        message = "there is no such campaign; `nextvisit campaign list` names all of them"
        raise ConfigError("campaign.unknown", message, place=campaign)


async def require_queue(tx: Tx, queue: str) -> None:
    """Raises ConfigError when nobody was ever asked anything there."""
    known = {RECEPTION, *await tasks.queues(tx)}
    if queue not in known:
        message = f"no task was ever for this queue; there are {', '.join(sorted(known))}"
        raise ConfigError("task.unknown_queue", message, place=queue)
