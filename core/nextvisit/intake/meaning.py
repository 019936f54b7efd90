"""What a text means, given the conversation that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nextvisit.sdk.replies import Intent
from nextvisit.store.booking import offers
from nextvisit.store.messages import visits_ahead
from nextvisit.understanding.model import MISSING, Context, Understood
from nextvisit.understanding.passages import written
from nextvisit.understanding.second_reader import weigh
from nextvisit.understanding.understand import understand

if TYPE_CHECKING:
    from datetime import datetime

    from nextvisit.domain.site import Site
    from nextvisit.intake.second_reader import SecondReader
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.messages.conversations import LastMessage


async def understood(
    tx: Tx,
    text: str,
    talk: LastMessage | None,
    site: Site,
    written_at: datetime,
    *,
    second: SecondReader | None,
) -> Understood:
    """Numbers and times are read against the open offer, if there is one, and the day of writing.

    A word that gives up a visit or our messages gives up the visit, while one lies ahead of which we wrote.
    """
    language = (talk.language if talk is not None else None) or site.languages[0]
    offer = None
    if talk is not None and talk.open_journey is not None:
        offer = await offers.open_offer(tx, talk.open_journey)
    starts = None if offer is None else tuple(slot.start for slot in offer.slots)
    context = Context(
        now=written_at,
        zone=site.zone,
        offer=starts,
        appointment_pending=talk is not None
        and await visits_ahead.is_pending(tx, talk.message_id, written_at),
    )
    meant = understand(text, language, context)
    if second is None:
        return meant
    scores = await second.opinion(tx, written(text), language)
    return weigh(meant, {intent: scores[intent] for intent in scores if _may_count(intent, text)})


def _may_count(intent: Intent, text: str) -> bool:
    """What is left of a text that is not all there may stop us, and permits nothing."""
    return MISSING not in text or intent is not Intent.WANTS_VISIT
