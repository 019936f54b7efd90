"""What an adapter can do, as its plugin says it: known without a connection, and checked by the kit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class RecordKind(StrEnum):
    """A kind of record that an adapter reads; each is a class of `nextvisit.sdk.records`."""

    PATIENT = "patient"
    RELATED_PERSON = "related_person"
    APPOINTMENT = "appointment"
    CONSENT = "consent"


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
