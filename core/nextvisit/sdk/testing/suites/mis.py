"""What every MIS adapter must keep to."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol, cast

import pytest

from nextvisit.sdk.errors import ConfigError, NextVisitError, Rejected, RetryLater, SlotTaken
from nextvisit.sdk.ports import Books, FindsSlots, Lists, MisAdapter
from nextvisit.sdk.records import (
    Appointment,
    BookingRequest,
    CancelReason,
    Cursor,
    Deleted,
    MisEvent,
    MisRef,
    Oddity,
    PullSoon,
    SlotQuery,
    Unreadable,
)
from nextvisit.sdk.testing.suites.leaks import Leaks


@dataclass(frozen=True, slots=True, kw_only=True)
class MisPeer:
    """A real MIS that runs with some patients in it, and ways to reach it.

    adapter: a new adapter to it. It has several pages of changes, or the resumption test proves little.
    patient, wanted: who may be booked, and a query that finds at least two free slots.
    unreachable: a new adapter to where nothing listens. wrong_login: one with a wrong secret.
    canaries: names, numbers and secrets in the MIS or the settings that must never be seen.
    peer_loggers: the server's own loggers, when it runs in this process.
    """

    adapter: Callable[[], MisAdapter]
    patient: MisRef | None = None
    wanted: SlotQuery | None = None
    unreachable: Callable[[], MisAdapter] | None = None
    wrong_login: Callable[[], MisAdapter] | None = None
    canaries: tuple[str, ...] = ()
    peer_loggers: tuple[str, ...] = ()


class MisAdapterSuite:
    """Subclass as `class Test…(MisAdapterSuite)` and implement `peer`."""

    def peer(self) -> AbstractAsyncContextManager[MisPeer]:
        """A running MIS; every test gets its own."""
        raise NotImplementedError

    @pytest.fixture
    def anyio_backend(self) -> str:
        """Adapters are asyncio."""
        return "asyncio"

    @pytest.mark.anyio
    async def test_it_is_an_adapter(self) -> None:
        async with self.peer() as peer:
            adapter = peer.adapter()
            assert isinstance(adapter, MisAdapter)
            await adapter.close()

    @pytest.mark.anyio
    async def test_check_answers(self) -> None:
        async with self.peer() as peer:
            adapter = peer.adapter()
            try:
                assert await adapter.check()
            finally:
                await adapter.close()

    @pytest.mark.anyio
    async def test_a_pull_reads_something_and_nothing_is_unreadable(self) -> None:
        async with self.peer() as peer:
            bodies, _ = await _pull(peer.adapter(), None)
            records = _records(peer.adapter(), bodies)
            assert records
            assert [one for one in records if isinstance(one, Unreadable)] == []

    @pytest.mark.anyio
    async def test_a_pull_that_was_killed_after_any_page_loses_nothing(self) -> None:
        async with self.peer() as peer:
            bodies, cursors = await _pull(peer.adapter(), None)
            whole = _keys(_records(peer.adapter(), bodies))
            for at in _sample(len(cursors)):
                rest, _ = await _pull(peer.adapter(), cursors[at])
                resumed = _keys(_records(peer.adapter(), [*bodies[: at + 1], *rest]))
                assert whole <= resumed, f"after page {at + 1} of {len(bodies)}"

    @pytest.mark.anyio
    async def test_pulling_again_comes_to_rest(self) -> None:
        async with self.peer() as peer:
            _, cursors = await _pull(peer.adapter(), None)
            assert cursors
            cursor = cursors[-1]
            for _ in range(3):
                bodies, more = await _pull(peer.adapter(), cursor)
                if not bodies:
                    return
                cursor = more[-1]
            pytest.fail("the same pages come again although nothing changes")

    @pytest.mark.anyio
    async def test_a_listing_names_what_a_pull_tells_of(self) -> None:
        async with self.peer() as peer:
            adapter = peer.adapter()
            if not isinstance(adapter, Lists):
                pytest.skip("this adapter lists nothing")
            bodies, _ = await _pull(peer.adapter(), None)
            listed = {str(one.ref): one.version async for page in adapter.listing() for one in page}
            told = _keys(_records(peer.adapter(), bodies))
            assert {ref for ref, _ in told} <= set(listed)
            assert all(listed[ref] in ("", version) for ref, version in told)
            some = [MisRef(ref) for ref, _ in sorted(told)[:3]]
            body = await adapter.look_up([*some, MisRef("Patient/nobody-has-this-id")])
            await adapter.close()
            again = _records(peer.adapter(), [body])
            assert {ref for ref, _ in _keys(again)} == set(some)
            assert [one.ref for one in again if isinstance(one, Deleted)] == ["Patient/nobody-has-this-id"]

    @pytest.mark.anyio
    async def test_parse_is_pure(self) -> None:
        async with self.peer() as peer:
            bodies, _ = await _pull(peer.adapter(), None)
            for body in bodies[:5]:
                assert list(peer.adapter().parse(body)) == list(peer.adapter().parse(body))

    @pytest.mark.anyio
    async def test_parse_survives_garbage(self) -> None:
        async with self.peer() as peer:
            adapter = peer.adapter()
            bodies, _ = await _pull(peer.adapter(), None)
            for garbage in (b"", b"\xff\xfe", b"null", b"[]", b"{}", b"[1, null]", b"MSH|"):
                for record in adapter.parse(garbage):
                    assert isinstance(record, Unreadable)
            dice = random.Random(7)
            for body in bodies[:3]:
                for _ in range(60):
                    adapter.parse(_damaged(body, dice))

    @pytest.mark.anyio
    async def test_free_slots_are_in_order_and_inside_the_query(self) -> None:
        async with self.peer() as peer:
            _, adapter, wanted = _booking(peer)
            try:
                slots = await adapter.free_slots(wanted)
                starts = [slot.start for slot in slots]
                assert len(starts) >= 2
                assert starts == sorted(starts)
                assert all(wanted.after <= start < wanted.before for start in starts)
                assert len(await adapter.free_slots(replace(wanted, limit=1))) == 1
            finally:
                await adapter.close()

    @pytest.mark.anyio
    async def test_booking_twice_with_one_id_books_once(self) -> None:
        async with self.peer() as peer:
            patient, adapter, wanted = _booking(peer)
            try:
                slot = (await adapter.free_slots(wanted))[0]
                first = await adapter.book(BookingRequest("b-1", patient, slot))
                again = await adapter.book(BookingRequest("b-1", patient, slot))
                assert first.ref == again.ref
                assert slot.ref not in {one.ref for one in await adapter.free_slots(wanted)}
            finally:
                await adapter.close()

    @pytest.mark.anyio
    async def test_a_booking_is_found_and_read_back(self) -> None:
        async with self.peer() as peer:
            patient, adapter, wanted = _booking(peer)
            try:
                slot = (await adapter.free_slots(wanted))[0]
                asked = BookingRequest("b-2", patient, slot)
                assert await adapter.find_booking(asked) is None
                made = await adapter.book(asked)
                found = await adapter.find_booking(asked)
                assert found is not None
                assert found.ref == made.ref
                bodies, _ = await _pull(peer.adapter(), None)
                ours = [
                    one
                    for one in _records(peer.adapter(), bodies)
                    if isinstance(one, Appointment) and one.booking == "b-2"
                ]
                assert [one.ref for one in ours] == [made.ref]
            finally:
                await adapter.close()

    @pytest.mark.anyio
    async def test_a_taken_slot_is_not_booked_again(self) -> None:
        async with self.peer() as peer:
            patient, adapter, wanted = _booking(peer)
            try:
                slot = (await adapter.free_slots(wanted))[0]
                await adapter.book(BookingRequest("b-3", patient, slot))
                with pytest.raises(SlotTaken):
                    await adapter.book(BookingRequest("b-4", patient, slot))
                assert await adapter.find_booking(BookingRequest("b-4", patient, slot)) is None
            finally:
                await adapter.close()

    @pytest.mark.anyio
    async def test_a_cancelled_booking_gives_its_slot_back(self) -> None:
        async with self.peer() as peer:
            patient, adapter, wanted = _booking(peer)
            try:
                slot = (await adapter.free_slots(wanted))[0]
                made = await adapter.book(BookingRequest("b-5", patient, slot))
                await adapter.cancel(made, CancelReason.PATIENT)
                await adapter.cancel(made, CancelReason.PATIENT)
                assert await adapter.find_booking(BookingRequest("b-5", patient, slot)) is None
                assert slot.ref in {one.ref for one in await adapter.free_slots(wanted)}
            finally:
                await adapter.close()

    @pytest.mark.anyio
    async def test_an_absent_server_is_retried_later(self) -> None:
        async with self.peer() as peer:
            if peer.unreachable is None:
                pytest.skip("this peer cannot be absent")
            assert isinstance(await _failure(peer.unreachable(), peer), RetryLater)

    @pytest.mark.anyio
    async def test_a_wrong_login_stops_the_connection(self) -> None:
        async with self.peer() as peer:
            if peer.wrong_login is None:
                pytest.skip("this peer knows no login")
            error = await _failure(peer.wrong_login(), peer)
            assert isinstance(error, ConfigError | Rejected)
            assert not isinstance(error, Rejected) or error.scope == "account"

    @pytest.mark.anyio
    async def test_nothing_of_a_patient_is_logged(self) -> None:
        async with self.peer() as peer:
            leaks = Leaks(peer.peer_loggers)
            with leaks.watch():
                adapter = peer.adapter()
                bodies, _ = await _pull(adapter, None)
                _records(adapter, [*bodies, b"{"])
                await adapter.close()
            assert leaks.of(peer.canaries) == []


class _Calendar(FindsSlots, Books, MisAdapter, Protocol):
    """What the booking tests need of one adapter."""


def _booking(peer: MisPeer) -> tuple[MisRef, _Calendar, SlotQuery]:
    adapter = peer.adapter()
    if peer.patient is None or peer.wanted is None or not isinstance(adapter, Books):
        pytest.skip("this adapter does not book")
    assert isinstance(adapter, FindsSlots)
    return peer.patient, cast(_Calendar, adapter), peer.wanted


async def _pull(adapter: MisAdapter, since: Cursor | None) -> tuple[list[bytes], list[Cursor]]:
    bodies: list[bytes] = []
    cursors: list[Cursor] = []
    async for batch in adapter.changes(since):
        bodies.append(batch.body)
        cursors.append(batch.cursor)
    await adapter.close()
    return bodies, cursors


def _records(adapter: MisAdapter, bodies: Sequence[bytes]) -> list[MisEvent]:
    return [record for body in bodies for record in adapter.parse(body)]


def _keys(records: Sequence[MisEvent]) -> set[tuple[str, str]]:
    told = Deleted | Unreadable | Oddity | PullSoon
    return {(one.ref, one.version) for one in records if not isinstance(one, told)}


def _sample(count: int) -> list[int]:
    return list(range(count)) if count <= 8 else [0, 1, count // 3, count // 2, count - 2, count - 1]


def _damaged(body: bytes, dice: random.Random) -> bytes:
    """The page with a few places overwritten: bytes, or one JSON value by another."""
    raw = bytearray(body)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(raw))
        raw[at : at + dice.choice((0, 1, 1, 9))] = dice.choice(
            (b"", b"0", b"null", b'"', b"[]", b"\xff", b"{}")
        )
    return bytes(raw)


async def _failure(adapter: MisAdapter, peer: MisPeer) -> NextVisitError:
    leaks = Leaks(peer.peer_loggers)
    try:
        with leaks.watch(), pytest.raises(NextVisitError) as caught:
            async for _ in adapter.changes(None):
                pass
    finally:
        await adapter.close()
    leaks.caught(caught.value)
    assert leaks.of(peer.canaries) == []
    return caught.value
