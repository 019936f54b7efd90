"""What a text means, given the conversation that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nextvisit.sdk.errors import Rejected
from nextvisit.sdk.replies import Intent
from nextvisit.store.booking import offers
from nextvisit.store.messages import ledger, visits_ahead
from nextvisit.understanding.folding import shortened
from nextvisit.understanding.model import MISSING, Context, Understood
from nextvisit.understanding.passages import may_repeat, written
from nextvisit.understanding.second_reader import weigh
from nextvisit.understanding.understand import understand

if TYPE_CHECKING:
    from datetime import datetime

    from nextvisit.domain.site import Site
    from nextvisit.intake.second_reader import SecondReader
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.messages.conversations import LastMessage
    from nextvisit.understanding.vocabulary import Vocabularies


@dataclass(frozen=True, slots=True)
class ReplyReading:
    """How a site reads replies: by the rules, perhaps with words of its own or somebody beside them.

    words: None is what the program brings. second: who reads beside the rules.
    """

    words: Vocabularies | None = None
    second: SecondReader | None = None


BY_RULES: Final = ReplyReading()
"""Without anything of the site's own."""


async def understood(
    tx: Tx,
    text: str,
    talk: LastMessage | None,
    site: Site,
    written_at: datetime,
    *,
    reading: ReplyReading,
) -> Understood:
    """Numbers and times are read against the open offer, if there is one, and the day of writing.

    A word that gives up a visit or our messages gives up the visit, while one lies ahead of which we wrote.
    """
    language = (talk.language if talk is not None else None) or site.languages[0]
    offer = None
    if talk is not None and talk.open_journey is not None:
        offer = await offers.open_offer(tx, talk.open_journey)
    visits = () if talk is None else await visits_ahead.pending(tx, talk.message_id, written_at)
    starts = None if offer is None else tuple(slot.start for slot in offer.slots)
    context = Context(
        now=written_at,
        zone=site.zone,
        offer=starts,
        appointment_pending=bool(visits),
        visit=visits[0] if len(visits) == 1 else None,
        ours=await _ours(tx, talk, text),
    )
    meant = understand(text, language, context, reading.words)
    if reading.second is None:
        return meant
    scores = await reading.second.opinion(tx, written(shortened(text), context.ours), language)
    return weigh(meant, {intent: scores[intent] for intent in scores if _may_count(intent, text)})


def _may_count(intent: Intent, text: str) -> bool:
    """What is left of a text that is not all there may stop us, and permits nothing."""
    return MISSING not in text or intent is not Intent.WANTS_VISIT


async def _ours(tx: Tx, talk: LastMessage | None, text: str) -> str:
    """What we had written, if the text may repeat it."""
    if talk is None or not may_repeat(text):
        return ""
    try:
        return await ledger.content(tx, talk.message_id, why="a reply may repeat it") or ""
    except Rejected:
        return ""  # the patient was erased, and with the key what we wrote
