"""Find free slots, keep them for the patient and send them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from temporalio import activity

from nextvisit.domain.local_time import instant
from nextvisit.domain.slots import choose
from nextvisit.flow.verbs.offer_effects import MakeOffer, NoneFree
from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.sdk.records import MisRef, Slot, SlotQuery
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.ids import OfferId
from nextvisit.store.booking import offers
from nextvisit.store.booking.offers import Held, Offer
from nextvisit.store.messages import ledger
from nextvisit_workflows.activities.address_check import Unasked, ask_first
from nextvisit_workflows.activities.begun import journey_id, record
from nextvisit_workflows.activities.dispatch import Claimed, Cleared, Unsettled, claim, clear, deliver
from nextvisit_workflows.activities.equipment import Equipped
from nextvisit_workflows.activities.faults import translated
from nextvisit_workflows.activities.put_off import put_off
from nextvisit_workflows.activities.recovery import recover
from nextvisit_workflows.runtime.wire import ActionIn, ActionOut

SOONEST = timedelta(hours=12)
"""An offer has to be read and answered, and the way to be planned, before the visit."""
_TOO_SOON = timedelta(hours=6)
"""An offer that waited to be sent until one of its times is so near is made anew."""
_LATEST = timedelta(days=21)
_BEFORE_WANTED = timedelta(days=2)
_CLOSE = timedelta(hours=3)
_AFTER_WANTED = timedelta(days=7)
_MOST_SLOTS = 200

NONE_FREE = "none_free"


@dataclass(frozen=True, slots=True)
class _Free:
    """What the MIS said is free when it was asked at `read_at`."""

    slots: tuple[Slot, ...]
    read_at: datetime


class MakesOffers(Equipped):
    """The activity `make_offer`."""

    @activity.defn(name="make_offer")
    @translated
    async def make_offer(self, asked: ActionIn) -> ActionOut:
        """Offered, NoneFree, or what a send may come to.

        A repeated attempt keeps to the offer made, unless it has waited for too long.
        """
        try:
            prepared = await self._prepare(asked, None)
            if isinstance(prepared, MakeOffer):
                found = await self._find(prepared, await self._refused(prepared))
                prepared = await self._prepare(asked, found)
        except ConfigError as error:
            return await put_off(self._equipment, asked, MakeOffer, error)
        if isinstance(prepared, MakeOffer):
            raise Bug("offer.unprepared", "the MIS was asked and nothing came of it")
        if isinstance(prepared, Claimed):
            return await deliver(self._equipment, asked, prepared)
        if isinstance(prepared, Unsettled):
            return await recover(self._equipment, asked, prepared)
        return prepared

    async def _prepare(
        self, asked: ActionIn, found: _Free | None
    ) -> Claimed | Unsettled | ActionOut | MakeOffer:
        """MakeOffer: the MIS has to be asked for it first, outside of any transaction."""
        while isinstance(prepared := await self._prepare_once(asked, found), Unasked):
            await ask_first(self._equipment, prepared)
        return prepared

    async def _prepare_once(
        self, asked: ActionIn, found: _Free | None
    ) -> Claimed | Unsettled | Unasked | ActionOut | MakeOffer:
        async with self._equipment.db.transaction() as tx:
            cleared = await clear(tx, self._equipment, asked, MakeOffer)
            if not isinstance(cleared, Cleared):
                return cleared
            effect = cleared.action
            if not isinstance(effect, MakeOffer):
                raise Bug("offer.action", f"an offer was cleared as {effect.kind}")
            offer = await self._known(tx, asked, effect)
            if offer is None and found is None:
                return effect
            if offer is None and found is not None:
                offer = await self._make(tx, asked, effect, found)
            if offer is None:
                return await self._none_free(tx, asked, cleared)
            return await claim(tx, self._equipment, cleared, offer)

    async def _known(self, tx: Tx, asked: ActionIn, effect: MakeOffer) -> Offer | None:
        offer = await offers.open_offer(tx, journey_id(asked))
        if offer is None or (offer.node, offer.occurrence) != (effect.node, effect.occurrence):
            return None
        return None if offer.begins_before(tx.now + _TOO_SOON) else offer

    async def _make(self, tx: Tx, asked: ActionIn, effect: MakeOffer, found: _Free) -> Offer | None:
        def pick(held: Held) -> tuple[Slot, ...]:
            return choose(
                found.slots,
                wanted=effect.wanted,
                count=effect.slots,
                avoid=held.soft,
                taken=held.hard,
                now=tx.now,
                zone=self._equipment.site.zone,
            )

        return await offers.make(
            tx,
            journey_id(asked),
            effect.node,
            effect.occurrence,
            self._equipment.books_in,
            pick=pick,
            hold=effect.hold,
            read_at=found.read_at,
            not_before=tx.now + _TOO_SOON,
        )

    async def _none_free(self, tx: Tx, asked: ActionIn, cleared: Cleared) -> ActionOut:
        await ledger.settle_skipped(tx, cleared.message.id, NONE_FREE, "message")
        return await record(tx, asked, cleared.action, NoneFree(at=tx.now))

    async def _refused(self, effect: MakeOffer) -> frozenset[MisRef]:
        """Nobody is offered again what they did not want."""
        if not effect.refused:
            return frozenset()
        async with self._equipment.db.transaction() as tx:
            return await offers.times_of(tx, [OfferId(UUID(each)) for each in effect.refused])

    async def _find(self, effect: MakeOffer, refused: frozenset[MisRef]) -> _Free:
        """Around the time that the patient asked for, if they did; else, or if nothing is free, soon."""
        read_at = self._equipment.clock.now()
        soonest = read_at + SOONEST
        found: list[Slot] = []
        if effect.wanted is not None and effect.wanted > soonest:
            # A MIS names the earliest times first and not without end, so the search begins where the
            # wish is: from two days before it a large clinic would not get as far as that.
            close, early = max(soonest, effect.wanted - _CLOSE), max(soonest, effect.wanted - _BEFORE_WANTED)
            for after, before in ((close, effect.wanted + _AFTER_WANTED), (early, close)):
                if after < before and len(found) < effect.slots:
                    found += _besides(refused, await self._ask(effect, after, before))
        if len(found) < effect.slots:
            found += _besides(refused, await self._soon(effect, soonest, refused))
        return _Free(tuple(found), read_at)

    async def _soon(self, effect: MakeOffer, soonest: datetime, refused: frozenset[MisRef]) -> list[Slot]:
        """A large clinic's earliest times may all be of one day: then the days after it are asked too."""
        zone, found, days = self._equipment.site.zone, list[Slot](), set[date]()
        after, latest = soonest, soonest + _LATEST
        while after < latest and len(days) < effect.slots:
            some = await self._ask(effect, after, latest)
            found += some
            if len(some) < _MOST_SLOTS:
                break
            days |= {slot.start.astimezone(zone).date() for slot in _besides(refused, some)}
            last = max(slot.start.astimezone(zone).date() for slot in some)
            after = instant(last + timedelta(days=1), time(), zone)
        return found

    async def _ask(self, effect: MakeOffer, after: datetime, before: datetime) -> Sequence[Slot]:
        query = SlotQuery(effect.specialty, after, before, limit=_MOST_SLOTS)
        return await self._equipment.free_slots(query)


def _besides(refused: frozenset[MisRef], slots: Sequence[Slot]) -> list[Slot]:
    return [slot for slot in slots if slot.ref not in refused]
