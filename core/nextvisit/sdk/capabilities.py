"""What an adapter can do, as its plugin says it: known without a connection, and checked by the kit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nextvisit.sdk.records import Change


class RecordKind(StrEnum):
    """A kind of record that an adapter reads; each is a class of `nextvisit.sdk.records`."""

    PATIENT = "patient"
    RELATED_PERSON = "related_person"
    APPOINTMENT = "appointment"
    CONSENT = "consent"
    PRACTITIONER = "practitioner"
    LOCATION = "location"
    SERVICE = "service"
    COVERAGE = "coverage"
    CONDITION = "condition"
    PROCEDURE = "procedure"
    RESULT_READY = "result_ready"
    PAYMENT = "payment"
    PHONE_CALL = "phone_call"
    SLOT_FREED = "slot_freed"

    @classmethod
    def of(cls, change: Change) -> RecordKind:
        """Of which kind a record is: `ResultReady` is `result_ready`."""
        return cls(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(change).__name__).lower())


class SlotsBy(StrEnum):
    """A field of `SlotQuery` by which free times are looked for."""

    SPECIALTY = "specialty"
    PRACTITIONER = "practitioner"


@dataclass(frozen=True, slots=True)
class MisCapabilities:
    """What is not said cannot be done.

    reads: of what `changes` tells. lists: the port `Lists`. finds_slots_by: the port `FindsSlots`, and by
    which fields of a query it chooses. books: `book` and `find_booking`. cancels: `cancel`. reschedules: the
    port `Reschedules`. paced: the port `KeepsPace`.
    """

    reads: frozenset[RecordKind] = frozenset()
    lists: bool = False
    finds_slots_by: frozenset[SlotsBy] = frozenset()
    books: bool = False
    cancels: bool = False
    reschedules: bool = False
    paced: bool = False

    def __str__(self) -> str:
        """As a list of plugins shows it."""
        does = [name for name in ("lists", "books", "cancels", "reschedules", "paced") if getattr(self, name)]
        return "; ".join(
            filter(
                None,
                [
                    f"reads {', '.join(sorted(self.reads))}" if self.reads else "",
                    f"finds slots by {', '.join(sorted(self.finds_slots_by))}" if self.finds_slots_by else "",
                    ", ".join(does),
                ],
            )
        )


NOTHING: Final = MisCapabilities()
"""Of a plugin that says nothing."""
