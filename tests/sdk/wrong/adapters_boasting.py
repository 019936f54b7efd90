"""Adapters for Ambulo whose plugins say more or less of them than is true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from nextvisit.sdk.capabilities import RecordKind
from nextvisit.sdk.ports import RequestPace
from nextvisit.sdk.records import Slot, SlotQuery
from tests.sdk.vendors.ambulo import CAPABILITIES, AmbuloAdapter
from tests.sdk.vendors.mis_kits import kits_of
from tests.sdk.wrong import wrong


@wrong("promise `lists`, and it has no listing and no look_up", "its_capabilities_are_those_of_its_ports",
       "a_deletion_is_learnt_of")  # fmt: skip
class BoastsThatItLists(AmbuloAdapter):
    listing = look_up = None  # type: ignore[assignment]


@wrong("promise `books`, and it has no book and no find_booking", "its_capabilities_are_those_of_its_ports")
class BoastsThatItBooks(AmbuloAdapter):
    """It reads, and knows the free times; whoever sets `books: true` learns it from a patient."""

    book = find_booking = cancel = None  # type: ignore[assignment]


@wrong("it has listing and look_up, and its capabilities do not say `lists`",
       "its_capabilities_are_those_of_its_ports")  # fmt: skip
class HidesThatItLists(AmbuloAdapter):
    capabilities = replace(CAPABILITIES, lists=False)


@wrong("it has book and find_booking, and its capabilities do not say `books`",
       "its_capabilities_are_those_of_its_ports")  # fmt: skip
class HidesThatItBooks(AmbuloAdapter):
    capabilities = replace(CAPABILITIES, books=False)


@wrong(
    "its capabilities promise related_person, and a pull tells of none", "it_reads_what_its_capabilities_say"
)
class BoastsOfGuardians(AmbuloAdapter):
    capabilities = replace(CAPABILITIES, reads=frozenset(RecordKind))


@wrong("it tells of consent, and its capabilities do not say so", "it_reads_what_its_capabilities_say")
class HidesConsents(AmbuloAdapter):
    capabilities = replace(CAPABILITIES, reads=CAPABILITIES.reads - {RecordKind.CONSENT})


@wrong(
    "asked for one practitioner's free times, it gives another's",
    "free_slots_are_those_of_whom_was_asked_for",
)
class GivesWhoeversFreeTimes(AmbuloAdapter):
    def is_theirs(self, slot: Slot, wanted: SlotQuery) -> bool:
        return True


@wrong("and took 0 turns", "each_request_takes_its_turn", "a_wish_to_be_left_alone_is_everybody_s")
class BoastsThatItKeepsPace(AmbuloAdapter):
    def keep_pace(self, pace: RequestPace) -> None:
        """It does not."""


class _NeverRests:
    def __init__(self, pace: RequestPace) -> None:
        self.turn = pace.turn

    async def rest(self, span: timedelta) -> None:
        """As fast as ever."""


@wrong("is not told to the pace", "a_wish_to_be_left_alone_is_everybody_s")
class KeepsTheWishToItself(AmbuloAdapter):
    def keep_pace(self, pace: RequestPace) -> None:
        super().keep_pace(_NeverRests(pace))


globals().update(kits_of(globals()))
