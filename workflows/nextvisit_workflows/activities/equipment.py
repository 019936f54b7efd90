"""What activities work with. Given to them once, by the composition root."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from nextvisit.clock import Clock
from nextvisit.domain.connections import Connections
from nextvisit.domain.contact_policy import ContactPolicy
from nextvisit.domain.site import Site
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.ports import Books, Channel, FindsSlots, LeavesOut, MisAdapter
from nextvisit.sdk.records import Slot, SlotQuery
from nextvisit.store.base.engine import Database
from nextvisit.store.reading import mis


@dataclass(frozen=True, slots=True)
class Equipment:
    """channels: by the slug of their connection, each behind its guard; `connections` says what each is for.

    booking_mis: where visits are booked; None where the site books by hand.

    attempt: wall time that one attempt of an activity may take. patience: for how much of it a guard waits
    for one call, so that what was not answered is known to be unknown before Temporal gives the attempt up.

    doubt: wall time for which a provider that has not got a message is not believed: it may still be on its
    way there.

    inbox_keep: how long what came in stays after it was processed.
    """

    db: Database
    channels: Mapping[str, Channel]
    connections: Connections
    mis: Mapping[str, MisAdapter]
    booking_mis: str | None
    site: Site
    clock: Clock
    policy: ContactPolicy
    attempt: timedelta = timedelta(seconds=60)
    patience: timedelta = timedelta(seconds=45)
    doubt: timedelta = timedelta(minutes=2)
    inbox_keep: timedelta = timedelta(days=30)

    @property
    def books_in(self) -> str:
        """Raises ConfigError where there is none."""
        if self.booking_mis is None:
            message = "no connection has `books: true`: nobody knows of free times"
            raise ConfigError("mis.no_booking", message, place="mis")
        return self.booking_mis

    def finds_slots(self) -> FindsSlots:
        """Raises ConfigError when the booking MIS cannot."""
        adapter = self._booking()
        if not isinstance(adapter, FindsSlots):
            raise ConfigError("mis.no_slots", "its adapter finds no slots", place=f"mis.{self.books_in}")
        return adapter

    async def free_slots(self, wanted: SlotQuery) -> Sequence[Slot]:
        """Of the booking MIS; what it leaves out is counted. Raises ConfigError when it finds no slots."""
        found = await self.finds_slots().free_slots(wanted)
        adapter = self._booking()
        left_out = adapter.left_out() if isinstance(adapter, LeavesOut) else {}
        if left_out:
            async with self.db.transaction() as tx:
                await mis.count_oddities(tx, self.books_in, left_out)
        return found

    def books(self) -> Books:
        """Raises ConfigError when the booking MIS cannot."""
        adapter = self._booking()
        if not isinstance(adapter, Books):
            raise ConfigError("mis.no_booking", "its adapter books nothing", place=f"mis.{self.books_in}")
        return adapter

    def _booking(self) -> MisAdapter:
        adapter = self.mis.get(self.books_in)
        if adapter is None:
            raise ConfigError("mis.unknown", "there is no such connection", place=f"mis.{self.books_in}")
        return adapter


class Equipped:
    """Activities that work with an equipment."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment

    @property
    def clock(self) -> Clock:
        return self._equipment.clock

    @property
    def db(self) -> Database:
        return self._equipment.db
