"""The parts of long texts that came in, until each text is whole.

A phone numbers its texts by one octet or two, and nothing else says to which text a part belongs. So two
texts of one number may be under way at once; once that shows, none of its parts is joined to another.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from nextvisit_channel_sms_smpp.inbound import PartOf, octets_of
from nextvisit_channel_sms_smpp.pdu import ShortMessage

BELONG_FOR: Final = timedelta(minutes=1)
"""A part that comes later than so long after the one before it is of another text."""
_MOST_GATHERED: Final = 10_000

_Place = tuple[str, str, int, int]


@dataclass(slots=True)
class Gathering:
    """The parts of one text that are there, by number.

    kept: of which numbers the inbox has them; under this key.
    is_mixed: parts of two texts came under its number, and nobody can tell which is whose.
    come: all of them came, or no more will be waited for.
    """

    total: int
    parts: dict[int, ShortMessage] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)
    key: str | None = None
    is_mixed: bool = False
    come: asyncio.Event = field(default_factory=asyncio.Event)
    last_at: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether every part is there, and of one text."""
        return len(self.parts) == self.total and not self.is_mixed

    @property
    def in_order(self) -> Sequence[ShortMessage]:
        """What is there."""
        return [self.parts[number] for number in sorted(self.parts)]

    def forget_unkept(self) -> None:
        """What the inbox could not keep comes again."""
        self.parts = {number: part for number, part in self.parts.items() if number in self.kept}
        if not self.parts:
            self.come.clear()


class Gatherings:
    """All that are under way or were just completed: a part of those may be repeated."""

    def __init__(self) -> None:
        self._by_place: OrderedDict[_Place, Gathering] = OrderedDict()

    def take(self, message: ShortMessage, part: PartOf, now: float) -> Gathering:
        """Where this part belongs; it is among the parts there unless that is mixed."""
        while self._by_place and self._is_over(next(iter(self._by_place.values())), now):
            self._by_place.popitem(last=False)
        place = (message.source.number, message.destination.number, part.reference, part.total)
        gathering = self._by_place.get(place)
        there = None if gathering is None else gathering.parts.get(part.number)
        is_another = there is not None and not _is_same(there, message)
        if gathering is None or (is_another and gathering.is_whole and gathering.come.is_set()):
            gathering = self._by_place[place] = Gathering(part.total)
        elif is_another:
            gathering.is_mixed = True
        gathering.last_at = now
        self._by_place.move_to_end(place)
        if len(self._by_place) > _MOST_GATHERED:
            self._by_place.popitem(last=False)
        if not gathering.is_mixed:
            gathering.parts.setdefault(part.number, message)
        if gathering.is_mixed or gathering.is_whole:
            gathering.come.set()
        return gathering

    @staticmethod
    def _is_over(gathering: Gathering, now: float) -> bool:
        return gathering.last_at < now - BELONG_FOR.total_seconds()


def _is_same(one: ShortMessage, other: ShortMessage) -> bool:
    return (octets_of(one), one.data_coding) == (octets_of(other), other.data_coding)
