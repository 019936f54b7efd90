"""What was left out of a record, or read otherwise than it stands there: counted and shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

import orjson

from nextvisit.sdk.records import MisRef, Oddity
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, codings, has_zone, items, node

if TYPE_CHECKING:
    from datetime import tzinfo

_SYSTEM: Final = "urn:nextvisit:oddity"
_WORD: Final = re.compile(r"\S{1,80}")
Value = TypeVar("Value")
Rest = ParamSpec("Rest")

ODDITIES: Final = {
    "active.malformed": "neither true nor false: counts as inactive",
    "address.malformed": "left out",
    "appointment.malformed": "the encounter's appointment: left out, the encounter stands for itself",
    "appointment.no_patient": "an appointment of nobody: passed over",
    "birth_date.malformed": "left out",
    "birth_date.with_time": "its date is taken",
    "class.malformed": "left out: a visit like others",
    "code.malformed": "left out",
    "code.missing": "a condition or a procedure in words alone: kept without a code",
    "consent.channel_unclear": "a refusal of a way that may mean several: it refuses all",
    "consent.exception_left_out": "a permit within a refusal: left out",
    "consent.not_about_contact": "names no purpose and no channel of ours: passed over",
    "consent.modified": "a permit that is not unconditional: counts as out of force",
    "contact.malformed": "somebody who belongs to the patient: left out",
    "coverage.kind_unknown": "left out",
    "date.malformed": "left out",
    "decided_at.malformed": "when something was refused: left out, it counts from when it was first seen",
    "deceased.malformed": "neither true nor false: counts as inactive",
    "encounter.no_patient": "an encounter of nobody: passed over",
    "end.malformed": "left out",
    "gender.malformed": "left out",
    "history.malformed": "an entry of a history that names nothing: left out, the listing finds it",
    "history.many": "more was deleted at once than is looked up: left to the listing",
    "history.refused": "the server offers a history and does not give it: asked again after an hour",
    "history.unanswered": "a history says deleted, and the thing gives no answer: left to the listing",
    "history.unfinished": "a history that could not be read to its end: asked again after an hour",
    "identifier.malformed": "left out",
    "instant.no_zone": "a time without a zone, and the connection has none set: left out",
    "instant.zone_assumed": "a time without a zone: read in the zone of the connection",
    "language.malformed": "left out",
    "last_updated.malformed": "missing or malformed: its number, or the time of the page, stands for it",
    "issued.malformed": "when a result was ready: left out",
    "location.malformed": "left out",
    "link.malformed": "a merge that cannot be followed: counts as inactive; of a survivor: left out",
    "modifier.unknown": "what it says may mean something else: no guardian",
    "name.malformed": "left out",
    "observation.no_result": "no result of a laboratory or of imaging: passed over",
    "participant.malformed": "somebody who may be a patient: left out",
    "period.assumed": "an encounter that is finished and says not when: its last change stands for it",
    "period.malformed": "left out, what it is about stays",
    "plan.malformed": "left out",
    "practitioner.malformed": "left out",
    "practitioner.unresolved": "a role, and its practitioner did not come along: left out",
    "rank.malformed": "left out, the contact point stays",
    "relationship.malformed": "left out: no guardian",
    "security.malformed": "a label that cannot be read: counts as very restricted",
    "service.malformed": "left out",
    "service.unknown": "in no catalogue of the site: left out, and told with its code",
    "specialty.malformed": "left out",
    "specialty.unknown": "in no catalogue of the site: left out, and told with its code",
    "start.malformed": "left out",
    "status.malformed": "of a consent: a permit is out of force, a refusal in force; else: left out",
    "telecom.malformed": "left out",
    "version.malformed": "a digest of the content stands for it",
}
"""Every code, and what becomes of what it is about."""


def noted(codes: Sequence[str]) -> bytes:
    """An entry of a page that we make, which says what was odd about what it was made from."""
    issues = [
        {
            "severity": "information",
            "code": "informational",
            "details": {"coding": [{"system": _SYSTEM, "code": code}]},
        }
        for code in codes
    ]
    outcome = {"resourceType": "OperationOutcome", "issue": issues}
    return orjson.dumps({"resource": outcome, "search": {"mode": "outcome"}})


def notes_of(outcome: Json) -> list[Oddity]:
    """What `noted` wrote; of a server's own outcome nothing."""
    try:
        said = codings(*(node(issue).get("details") for issue in items(outcome.get("issue"))))
        return [Oddity(None, code) for system, code in said if system == _SYSTEM and code in ODDITIES]
    except Unfit:
        return []


class Oddities:
    """Those of one resource, each code once. zone: where clocks are read that name none."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._codes: dict[tuple[str, str], None] = {}

    def note(self, code: str, word: str = "") -> None:
        """word: as of an `Oddity`; what is none is left out. Raises KeyError when the code is none of
        ODDITIES.
        """
        ODDITIES[code]
        self._codes[code, word if _WORD.fullmatch(word) else ""] = None

    def unknown(self, code: str, said: Any) -> None:
        """The first of these codings, which no catalogue has."""
        first = next(self.spared_codings(said), None)
        if first is not None:
            self.note(code, "|".join(first))

    def spared_codings(self, said: Any) -> Iterator[tuple[str, str]]:
        """Those of concepts, as far as they can be read; without a note."""
        try:
            yield from codings(*([] if said is None else [said]))
        except Unfit:
            return

    def of(self, ref: MisRef | None) -> list[Oddity]:
        """What was noted."""
        return [Oddity(ref=ref, code=code, word=word) for code, word in self._codes]

    def spared(
        self,
        element: str,
        read: Callable[Concatenate[Any, Rest], Value],
        value: Any,
        *args: Rest.args,
        **kwargs: Rest.kwargs,
    ) -> Value | None:
        """What `read` makes of the value; None, and a note, when it is Unfit."""
        try:
            return read(value, *args, **kwargs)
        except Unfit as unfit:
            self.note("instant.no_zone" if unfit.reason == "instant.no_zone" else f"{element}.malformed")
            return None

    def time(
        self, element: str, read: Callable[[Any, tzinfo | None], datetime | None], value: Any
    ) -> datetime | None:
        """As `spared`, for `earliest` and its like."""
        return self.spared(element, self.surely, read, value)

    def surely(self, read: Callable[[Any, tzinfo | None], datetime | None], value: Any) -> datetime | None:
        """What `read` makes of the value; a note when the zone had to be assumed. Raises Unfit."""
        moment = read(value, self._zone)
        if moment is not None and not has_zone(str(value)):
            self.note("instant.zone_assumed")
        return moment
