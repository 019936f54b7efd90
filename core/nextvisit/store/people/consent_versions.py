"""What of a consent of the MIS counts beside the versions of it that are known; see `versions`.

A permit must be said by every version of which nobody knows which is the later one, a refusal by one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nextvisit.store.people.versions import AT_ONCE, HAIR, Place, Version, place, same


@dataclass(frozen=True, slots=True)
class Said:
    """What a version of a record says of the patient with this digest. at: when that was first said."""

    version: Version
    patient: bytes
    decision: str
    purposes: frozenset[str]
    channels: frozenset[str]
    active: bool
    times: tuple[datetime | None, ...]
    at: datetime

    @property
    def refuses(self) -> bool:
        return self.active and self.decision == "deny"

    @property
    def words(self) -> tuple[object, ...]:
        return self.decision, self.purposes, self.channels, self.active

    def says_the_same_as(self, other: Said) -> bool:
        return (self.patient, self.times, self.words) == (other.patient, other.times, other.words)


def news(came: Said, before: Sequence[Said], *, has_now: bool) -> tuple[Said, Place]:
    """What of it is kept, and where. before: all that is known of the record, the newest first."""
    if not before:
        return came, "later"
    newest = before[0]
    order = place(_at_once(came.version, newest.version), newest.version, has_now=has_now)
    if order == "here" and not came.says_the_same_as(newest):
        order = "unsure"  # a MIS whose versions have no numbers, or one for all, and two edits at one instant
    here_already = [each for each in before if _is_of(came.version, each.version)]
    if order == "earlier" and here_already:
        return came, "here"
    if order == "unsure":
        if not has_now and any(map(came.says_the_same_as, here_already)):
            return came, "here"
        came = _cautious(came, newest) if came.patient == newest.patient else came
    known = bool(here_already) or came.version.number == newest.version.number
    return came, "here" if known and came.says_the_same_as(newest) else order


def _at_once(came: Version, known: Version) -> Version:
    """What is known may be dated by hairs later than it was."""
    if came.at is None or known.at is None or not timedelta() <= known.at - came.at < AT_ONCE:
        return came
    return replace(came, at=known.at)


def _is_of(came: Version, known: Version) -> bool:
    """Whether it may be this version, by its number and date."""
    return same(_at_once(came, known), known)


def beside(version: Version, before: Sequence[Said], order: Place) -> Version:
    """What is newer is dated so, by a hair at least; what is older, before the newest."""
    newest = before[0].version.at if before else None
    if newest is None or version.at is None:
        return version
    if order == "earlier":
        return replace(version, at=min(version.at, newest - HAIR))
    return replace(version, at=max(version.at, newest + HAIR))


def _cautious(came: Said, other: Said) -> Said:
    """Of two versions of which nobody knows the later one: all that either refuses, what both permit."""
    if came.refuses and other.refuses:
        last = max(came, other, key=lambda each: each.at)
        everywhere = not came.channels or not other.channels
        return replace(
            last,
            version=came.version,
            purposes=came.purposes | other.purposes,
            channels=frozenset() if everywhere else came.channels | other.channels,
        )
    if came.refuses or other.refuses:
        return replace(came if came.refuses else other, version=came.version)
    return replace(
        min(came, other, key=lambda each: each.at),
        version=came.version,
        purposes=came.purposes & other.purposes,
        channels=came.channels & other.channels or came.channels | other.channels,
        active=came.active and other.active and not _are_apart(came, other),
    )


def _are_apart(one: Said, other: Said) -> bool:
    """Whether two permits have nothing in common."""
    both_named = bool(one.channels) and bool(other.channels)
    return not one.purposes & other.purposes or (both_named and not one.channels & other.channels)
