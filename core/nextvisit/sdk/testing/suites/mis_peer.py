"""The MIS that an adapter is tested with, and what the suites do with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from nextvisit.sdk.capabilities import MisCapabilities
from nextvisit.sdk.ports import FindsSlots, Lists, MisAdapter
from nextvisit.sdk.records import (
    Change,
    Cursor,
    Deleted,
    MisEvent,
    MisRef,
    RawBatch,
    SlotQuery,
)
from nextvisit.sdk.testing.suites.callbacks import Callback, Pushed
from nextvisit.sdk.testing.suites.calls import Does, ask_now
from nextvisit.sdk.testing.suites.challenges import Challenge
from nextvisit.sdk.testing.suites.kit import Asked, Kit
from nextvisit.sdk.testing.suites.verdict import fail, place_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MisPeer:
    """A MIS that runs with some patients in it, ways to reach it, and ways to trouble it.

    A peer that cannot do something leaves it out, and the tests that need it are skipped and listed. What
    it does may be a coroutine function.

    capabilities: those of the plugin, under the settings of `adapter`; they are held against what it does.

    adapter: a new adapter to it. It has several pages of changes, or the resumption test proves little.
    patient, wanted: who may be booked, and a query that finds at least two free slots.
    unreachable: a new adapter to where nothing listens. wrong_login: one with a wrong secret.
    canaries: names, numbers and secrets in the MIS or the settings that must never be seen.
    peer_loggers: the server's own loggers, when it runs in this process.

    expected: the record that a row must become, for as many rows as you can; an empty `version` and an
        `updated_at` of None are not compared.
    local_times: of visits whose times the MIS writes without a zone, when they begin. Where clocks change,
        one in summer and one in winter.
    change(ref): somebody edits the thing. A clock that stands still between two edits finds more.
    delete(ref): somebody deletes it. break_page(): one thing is spoilt so that nobody can read it; gives
        its ref. break_detail(): the same of a `Detail`, whose kind and id can still be read. turn_clock(by): the
        MIS's own clock goes so much ahead of ours from now on, or behind.
    cut_next("read" or "write"): the next request of that sort is carried out, and not answered: the
        connection is cut. throttle_next(wait): the next request is refused as one too many, to come again
        after `wait`, and not carried out.
    callbacks, signs_body, pushed: see `HeardPeer`. challenges: calls that ask, before all others, whether we are
        there.
    """

    adapter: Callable[[], MisAdapter]
    capabilities: MisCapabilities | None = None
    patient: MisRef | None = None
    wanted: SlotQuery | None = None
    unreachable: Callable[[], MisAdapter] | None = None
    wrong_login: Callable[[], MisAdapter] | None = None
    canaries: tuple[str, ...] = ()
    peer_loggers: tuple[str, ...] = ()
    expected: Sequence[Change] = ()
    local_times: Mapping[MisRef, datetime] = field(default_factory=dict)
    change: Does | None = None
    delete: Does | None = None
    break_page: Does | None = None
    break_detail: Does | None = None
    turn_clock: Does | None = None
    cut_next: Does | None = None
    throttle_next: Does | None = None
    callbacks: Sequence[Callback] = ()
    signs_body: bool = True
    pushed: Pushed | None = None
    challenges: Sequence[Challenge] = ()


class MisKit(Kit):
    """Pulls, and reads what was pulled with an adapter that has not pulled it."""

    def peer(self) -> AbstractAsyncContextManager[MisPeer]:
        """A running MIS; every test gets its own."""
        raise NotImplementedError

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[MisPeer]:
        """The peer of this test."""
        async with self.peer() as peer:
            self.nextvisit_canaries = peer.canaries
            with self.stalls.watch():
                yield peer

    async def pulled(
        self, peer: MisPeer, since: Cursor | None = None, *, by: MisAdapter | None = None
    ) -> list[RawBatch]:
        """The pages of one pull, by a new adapter unless one is given."""
        if by is not None:
            return cast(list[RawBatch], await self.calls.collected(by, "changes", since))
        async with self.using(peer.adapter) as adapter:
            return cast(list[RawBatch], await self.calls.collected(adapter, "changes", since))

    async def read(self, peer: MisPeer, bodies: Sequence[bytes]) -> list[MisEvent]:
        """What they mean to a new adapter."""
        async with self.using(peer.adapter) as adapter:
            return [record for body in bodies for record in ask_now(adapter, "parse", body)]

    async def told(
        self, peer: MisPeer, since: Cursor | None = None, *, by: MisAdapter | None = None
    ) -> list[MisEvent]:
        """The records of one pull."""
        return await self.read(peer, [page.body for page in await self.pulled(peer, since, by=by)])

    async def settled(self, peer: MisPeer, adapter: MisAdapter) -> Cursor:
        """Where the adapter stands once it has told everything."""
        cursor: Cursor | None = None
        for _ in range(5):
            pages = await self.pulled(peer, cursor, by=adapter)
            if not pages and cursor is not None:
                return cursor
            if not pages:
                fail(
                    "the first pull gives no page",
                    where=place_of(adapter, "changes"),
                    right="since=None gives everything that the MIS has, oldest first",
                )
            cursor = pages[-1].cursor
        fail(
            "the same pages come again and again although nothing changes",
            where=place_of(adapter, "changes"),
            right="a page is given once; its cursor stands after it, and what is seen again is left out",
        )


def changes_of(records: Sequence[MisEvent]) -> list[Change]:
    """Those that say how a thing is."""
    return [one for one in records if isinstance(one, Change)]


def versions_of(records: Sequence[MisEvent]) -> set[tuple[str, str]]:
    """Which versions of which things are told of."""
    return {(one.ref, one.version) for one in changes_of(records)}


def one_of_each(records: Sequence[MisEvent]) -> list[Change]:
    """The last of each kind: what comes last is missed most easily."""
    found: dict[type[Any], Change] = {type(one): one for one in changes_of(records)}
    return list(found.values())


def gone_in(records: Sequence[MisEvent]) -> set[MisRef]:
    """What is said to be gone."""
    return {one.ref for one in records if isinstance(one, Deleted)}


def questions(adapter: object, peer: MisPeer) -> list[Asked]:
    """What only the other side can answer."""
    asked: list[Asked] = [("check", ()), ("changes", (None,))]
    if isinstance(adapter, Lists):
        asked.append(("listing", ()))
    if isinstance(adapter, FindsSlots) and peer.wanted is not None:
        asked.append(("free_slots", (peer.wanted,)))
    return asked
