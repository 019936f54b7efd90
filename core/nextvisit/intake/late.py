"""A page of a MIS that is read after later ones: it was parked, and is processed again.

What came later holds the newer truth, and the date and number of a version mostly say so. Where nothing does,
because a thing has neither or was deleted since, what a late page says is left out: it might bring back
whoever is gone. What stops us is heard all the same. The next comparison with the MIS finds the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from nextvisit.sdk.records import Change, Consent, Deleted, MisEvent, Oddity, Patient, RelatedPerson
from nextvisit.store.base.engine import Tx
from nextvisit.store.people.known import versions_of
from nextvisit.store.people.versions import Version

LATE: Final = "page.late"
"""Left out, because something later may have been read of it."""
_DELETED_CONSENT: Final = "deleted "


async def in_time(tx: Tx, source: str, things: Sequence[MisEvent]) -> list[MisEvent]:
    """What of these still counts. A deletion ends no refusal: it may have been given again since."""
    refs = [each.ref for each in things if isinstance(each, Change)]
    known = await versions_of(tx, source, refs)
    return [_heard(each, known.get(each.ref) if isinstance(each, Change) else None) for each in things]


def _heard(thing: MisEvent, known: Version | None) -> MisEvent:
    if isinstance(thing, Deleted):
        return replace(thing, unseen=True)
    if not isinstance(thing, Change) or _stops(thing) or _has_its_place(thing, known):
        return thing
    return Oddity(None, LATE)


def _stops(thing: Change) -> bool:
    return (isinstance(thing, Patient) and thing.deceased) or (
        isinstance(thing, Consent) and thing.decision == "deny"
    )


def _has_its_place(thing: Change, known: Version | None) -> bool:
    """Whether it can be told which of the two is later. Of somebody who belonged to a patient and was deleted
    nothing is left.
    """
    if known is None:
        return not isinstance(thing, RelatedPerson)
    if not known.number or known.number.startswith(_DELETED_CONSENT):
        return False
    dated = thing.updated_at is not None and not known.ahead
    return dated or (thing.version.isdecimal() and known.number.isdecimal())
