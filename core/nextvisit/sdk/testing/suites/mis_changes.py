"""What an adapter learns after its first pull, and what it makes of a MIS in trouble."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.ports import Lists, MisAdapter
from nextvisit.sdk.records import Change, Cursor, MisEvent, Oddity, Patient, Unreadable
from nextvisit.sdk.testing.suites.kit import WAIT, kind_of
from nextvisit.sdk.testing.suites.mis_peer import MisKit, MisPeer, changes_of, gone_in, one_of_each
from nextvisit.sdk.testing.suites.verdict import fail, lacks, lacks_relay, place_of, require


class ChangeTests(MisKit):
    """Edits, deletions, clocks, cuts and throttles."""

    @pytest.mark.anyio
    async def test_a_change_is_told_of_by_the_next_pull(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if peer.change is None:
                lacks("the peer changes nothing", "give it `change`")
            cursor = await self.settled(peer, adapter)
            for thing in one_of_each(await self.told(peer)):
                for by in (adapter, None):
                    await self.does(peer, "change", thing.ref)
                    cursor, now = await self._told_of(peer, thing, cursor, by)
                    require(
                        (now.version, now.updated_at) != (thing.version, thing.updated_at),
                        f"a {type(thing).__name__} that was edited has the version that it had",
                        where=place_of(adapter, "parse"),
                        right="what the MIS calls this version; a digest of what the thing says, if it does not",
                    )

    @pytest.mark.anyio
    async def test_two_things_that_change_at_one_instant_are_both_told_of(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if peer.change is None:
                lacks("the peer changes nothing", "give it `change`")
            cursor = await self.settled(peer, adapter)
            first, *_, second = changes_of(await self.told(peer))
            for thing in (first, second):
                await self.does(peer, "change", thing.ref)
                cursor, _ = await self._told_of(peer, thing, cursor, adapter)

    @pytest.mark.anyio
    @pytest.mark.parametrize("hours", [-1, 1], ids=["behind", "ahead"])
    async def test_a_change_is_told_of_whatever_the_clock_of_the_mis_says(self, hours: int) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if peer.change is None or peer.turn_clock is None:
                lacks("the peer has our own clock", "give it `change` and `turn_clock`")
            await self.does(peer, "turn_clock", timedelta(hours=hours))
            cursor = await self.settled(peer, adapter)
            thing = changes_of(await self.told(peer))[0]
            await self.does(peer, "change", thing.ref)
            await self._told_of(
                peer,
                thing,
                cursor,
                adapter,
                right="a watermark is the MIS's own time of the newest thing, never this machine's",
            )

    @pytest.mark.anyio
    async def test_a_deletion_is_learnt_of(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if peer.delete is None:
                lacks("the peer deletes nothing", "give it `delete` if the MIS can")
            cursor = await self.settled(peer, adapter)
            for thing in one_of_each(await self.told(peer)):
                # Of patients there may be one alone, without whom nothing else stands.
                if not isinstance(thing, Patient):
                    await self.does(peer, "delete", thing.ref)
                    await self._gone(peer, adapter, thing, cursor)

    async def _gone(self, peer: MisPeer, adapter: MisAdapter, thing: Change, cursor: Cursor) -> None:
        if thing.ref in gone_in(await self.told(peer, cursor, by=adapter)):
            return
        what = f"a {type(thing).__name__} that was deleted"
        if not isinstance(adapter, Lists):
            fail(
                f"{what} is never learnt of",
                where=place_of(adapter, "changes"),
                right="Deleted among the changes, or the port Lists, which is compared once a day",
            )
        listed = {one.ref for page in await self.calls.collected(adapter, "listing") for one in page}
        require(
            thing.ref not in listed,
            f"{what} is still listed",
            where=place_of(adapter, "listing"),
            right="what there is now",
        )
        body = await self.calls.ask(adapter, "look_up", [thing.ref])
        require(
            thing.ref in gone_in(await self.read(peer, [body])),
            f"{what} is looked up, and not said to be gone",
            where=place_of(adapter, "look_up"),
            right="Deleted for what the MIS says that it has no more",
        )

    @pytest.mark.anyio
    async def test_what_cannot_be_read_is_shown_and_costs_itself(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if peer.break_page is None:
                lacks("the peer spoils nothing", "give it `break_page`")
            await self._told_with_its_neighbours(peer, adapter, "break_page")

    @pytest.mark.anyio
    async def test_a_detail_that_cannot_be_read_holds_nobody(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if peer.break_detail is None:
                lacks(
                    "the peer spoils no detail",
                    "give it `break_detail` if the adapter reads any: a coverage, a diagnosis, a payment, a call",
                )
            records = await self._told_with_its_neighbours(peer, adapter, "break_detail")
            held = [one for one in records if isinstance(one, Unreadable) and one.holds]
            require(
                not held,
                "for a detail that cannot be read its patient is held, and is written to no more",
                where=place_of(adapter, "parse"),
                right="Unreadable(…, holds=False): who is covered, ill or has paid neither stops nor permits a message",
            )

    @pytest.mark.anyio
    async def test_a_pull_that_is_cut_is_retried_and_loses_nothing(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if peer.cut_next is None:
                lacks_relay("the peer cuts nothing", "cut_next")
            whole = {one.ref for one in changes_of(await self.told(peer))}
            await self.does(peer, "cut_next", "read")
            pages, error = await self.calls.collect(adapter, "changes", None)
            require(
                error is None or isinstance(error, RetryLater),
                f"changes raises {kind_of(error) if error else ''} when an answer is cut",
                where=place_of(adapter, "changes"),
                right="RetryLater: asking again does no harm",
            )
            rest = await self.pulled(peer, pages[-1].cursor if pages else None, by=adapter)
            told = await self.read(peer, [page.body for page in [*pages, *rest]])
            lost = whole - {one.ref for one in changes_of(told)}
            require(
                not lost,
                f"after a cut, {len(lost)} things are never told of",
                where=place_of(adapter, "changes"),
                right="the next pull goes on at the cursor of the last page that came",
            )

    @pytest.mark.anyio
    async def test_a_mis_that_is_asked_too_often_is_given_its_time(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if peer.throttle_next is None:
                lacks_relay("the peer throttles nothing", "throttle_next")
            await self.does(peer, "throttle_next", WAIT)
            _, error = await self.calls.collect(adapter, "changes", None)
            if error is None:
                return  # it waited by itself
            require(
                isinstance(error, RetryLater),
                f"changes raises {kind_of(error)} when it is throttled",
                where=place_of(adapter, "changes"),
                right="RetryLater, with what the MIS wishes as `after`",
            )
            require(
                isinstance(error, RetryLater) and error.after is not None and error.after >= WAIT,
                "how long the MIS wishes to be left alone is lost",
                where=place_of(adapter, "changes"),
                right="RetryLater(code, after=…), of the Retry-After of an answer",
            )
            await self.pulled(peer, by=adapter)

    async def _told_with_its_neighbours(self, peer: MisPeer, adapter: MisAdapter, how: str) -> list[MisEvent]:
        """What is told anew once something is spoilt: it is shown, and costs nothing else."""
        before = await self.told(peer)
        broken = await self.does(peer, how)
        records = await self.told(peer)
        lost = {one.ref for one in changes_of(before)} - {one.ref for one in changes_of(records)} - {broken}
        require(
            not lost,
            f"one broken thing costs {len(lost)} others",
            where=place_of(adapter, "parse"),
            right="one Unreadable for it, and its neighbours as ever",
        )
        require(
            any(
                isinstance(one, Unreadable) or (isinstance(one, Oddity) and one.ref == broken)
                for one in records
            ),
            "a thing that cannot be read is dropped in silence",
            where=place_of(adapter, "parse"),
            right="Unreadable, with its ref and its patient as far as they can be read: it is parked and shown",
        )
        return [one for one in records if one not in before]

    async def _told_of(
        self,
        peer: MisPeer,
        thing: Change,
        cursor: Cursor,
        by: MisAdapter | None,
        *,
        right: str = "ask again from a little before the newest thing seen, and leave out by ref and version what was told",
    ) -> tuple[Cursor, Change]:
        """The changed thing, of the next pull."""
        pages = await self.pulled(peer, cursor, by=by)
        found = [
            one
            for one in changes_of(await self.read(peer, [page.body for page in pages]))
            if one.ref == thing.ref
        ]
        if not found:
            fail(
                f"a {type(thing).__name__} was edited, and the next pull does not tell of it",
                where=place_of(by or peer.adapter(), "changes"),
                right=right,
            )
        return pages[-1].cursor, found[-1]
