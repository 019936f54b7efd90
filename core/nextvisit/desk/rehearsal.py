"""A rehearsal in which patients write in their own words."""

from __future__ import annotations

from nextvisit.flow.rehearsal.words import Meant, Situation
from nextvisit.understanding.model import Context
from nextvisit.understanding.understand import understand


def read_words(words: str, situation: Situation) -> Meant:
    """As the intake reads them."""
    context = Context(
        now=situation.at,
        zone=situation.zone,
        offer=situation.offer,
        appointment_pending=situation.booked,
    )
    found = understand(words, situation.language, context)
    return Meant(found.intent, found.choice, found.wanted)
