"""What became of one inbox row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nextvisit.store.people.identity import PatientId


@dataclass(frozen=True, slots=True)
class Done:
    """Processed. about: the one patient whom all of it is about; None for several, nobody or no telling."""

    about: PatientId | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """Not yet: what it speaks about is not known. Parked with `reason` when it stays so.

    counts: False where it was not even looked at; it stays for as long as that is so.
    """

    reason: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Parked:
    """Not processable. `reason` is a code, never a text of somebody's."""

    reason: str


Verdict = Done | Again | Parked
