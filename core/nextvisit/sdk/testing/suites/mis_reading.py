"""What an adapter reads, and how it goes on where it stopped."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest

from nextvisit.sdk.authoring.replay import sampled
from nextvisit.sdk.ports import AnswersWebhooks, Books, Listens, Lists, MisAdapter
from nextvisit.sdk.records import (
    Appointment,
    Change,
    MisRef,
    Oddity,
    RawBatch,
    Unreadable,
)
from nextvisit.sdk.soundness import faults_of
from nextvisit.sdk.testing.suites.calls import ask_now
from nextvisit.sdk.testing.suites.decisions import HARMLESS, NOTHING, READY, decisions
from nextvisit.sdk.testing.suites.leaks import Leaks
from nextvisit.sdk.testing.suites.mis_peer import MisKit, changes_of, gone_in, questions, versions_of
from nextvisit.sdk.testing.suites.mutations import GARBAGE, damaged, machine_zone, with_unknown_words
from nextvisit.sdk.testing.suites.soundness import differences
from nextvisit.sdk.testing.suites.verdict import fail, lacks, place_of, require

_PORTS = {
    "MisAdapter": (MisAdapter, ("changes", "parse", "check", "close"), True),
    "Lists": (Lists, ("listing", "look_up"), False),
    "FindsSlots and Books": (Books, ("free_slots", "book", "find_booking", "cancel"), False),
    "Listens": (Listens, ("serve", "parse_inbound"), False),
    "AnswersWebhooks": (AnswersWebhooks, ("receive", "parse_webhook"), False),
}

_FIRST = 3
"""So many pages are looked at whatever they hold."""


class ReadingTests(MisKit):
    """The port `MisAdapter` with a MIS that does what it is asked."""

    @pytest.mark.anyio
    async def test_no_port_is_half_there(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            for port, (_, names, needed) in _PORTS.items():
                have = [name for name in names if callable(getattr(adapter, name, None))]
                if port == "FindsSlots and Books" and have == ["free_slots"]:
                    continue
                absent = [name for name in names if name not in have]
                require(
                    have == list(names) or (not have and not needed),
                    f"of {port} it has {' and '.join(have) or 'nothing'}, and not {' and '.join(absent)}",
                    where=place_of(adapter, have[0] if have else "__init__"),
                    right=f"all of {', '.join(names)}{'' if needed else ', or none of them'}",
                )

    @pytest.mark.anyio
    async def test_check_answers(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            await self.answers_check(adapter, peer.canaries)

    @pytest.mark.anyio
    async def test_a_pull_reads_everything_and_nothing_is_unreadable(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            records = await self.told(peer, by=adapter)
            require(
                changes_of(records),
                "a pull reads nothing",
                where=place_of(adapter, "changes"),
                right="since=None gives everything that the MIS has, oldest first",
            )
            for one in records:
                if isinstance(one, Unreadable):
                    fail(
                        f"a row of the peer is Unreadable ({one.reason})",
                        where=place_of(adapter, "parse"),
                        right="what stops us is read first, and one odd element costs itself: an Oddity",
                    )

    @pytest.mark.anyio
    async def test_every_record_is_one(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            owners: dict[str, str] = {}
            for one in await self.told(peer):
                for fault in faults_of(one):
                    fail(fault.wrong, where=place_of(adapter, "parse"), right=fault.right)
                if not isinstance(one, Change):
                    continue
                kind = type(one).__name__
                require(
                    owners.setdefault(one.ref, kind) == kind,
                    f"a {kind} and a {owners[one.ref]} have the same ref",
                    where=place_of(adapter, "parse"),
                    right="a ref is unique in its connection: put the kind before the id, `Patient/17`",
                )

    @pytest.mark.anyio
    async def test_each_row_becomes_the_record_that_is_expected(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if not peer.expected:
                lacks("the peer does not say what its rows must become", "give it `expected`")
            found = changes_of(await self.told(peer, by=adapter))
            for want in peer.expected:
                have = [one for one in found if type(one) is type(want) and one.ref == want.ref]
                same = [
                    one for one in have if getattr(one, "patient", None) == getattr(want, "patient", None)
                ]
                right = "what the peer's `expected` has"
                where = f"{place_of(adapter, 'parse')}, of {want.ref}"
                require(have, f"there is no {type(want).__name__} of this row", where=where, right=right)
                require(same, f"the {type(want).__name__} is another patient's", where=where, right=right)
                wrong = differences(want, same[-1])
                require(not wrong, f"{type(want).__name__}: {'; '.join(wrong)}", where=where, right=right)

    @pytest.mark.anyio
    async def test_times_without_a_zone_are_read_in_the_clinic_s(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if not peer.local_times:
                lacks("the peer has no times without a zone", "give it `local_times` if the MIS writes such")
            found = {one.ref: one for one in await self.told(peer) if isinstance(one, Appointment)}
            for ref, at in peer.local_times.items():
                where = f"{place_of(adapter, 'parse')}, of {ref}"
                right = f"{at.isoformat()}: read in the zone of the settings, by zoneinfo, which knows summer time"
                require(
                    ref in found and found[ref].start,
                    "there is no visit with a start",
                    where=where,
                    right=right,
                )
                start = found[ref].start
                require(
                    start is None or (start.utcoffset() is not None and start == at),
                    f"a visit begins at {start.isoformat() if start else ''}",
                    where=where,
                    right=right,
                )

    @pytest.mark.anyio
    async def test_a_pull_that_was_killed_after_any_page_loses_nothing(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            pages = await self.pulled(peer)
            whole = versions_of(await self.read(peer, [page.body for page in pages]))
            for at in sampled(len(pages)):
                rest = await self.pulled(peer, pages[at].cursor)
                resumed = await self.read(peer, [page.body for page in [*pages[: at + 1], *rest]])
                lost = whole - versions_of(resumed)
                require(
                    not lost,
                    f"killed after page {at + 1} of {len(pages)}, a pull never tells of {len(lost)} things",
                    where=place_of(adapter, "changes"),
                    right="a cursor stands after its own page and before the next; what is new is reached back for",
                )

    @pytest.mark.anyio
    async def test_pulling_again_comes_to_rest(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            await self.settled(peer, adapter)

    @pytest.mark.anyio
    async def test_a_listing_names_what_a_pull_tells_of(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if not isinstance(adapter, Lists):
                lacks("this adapter lists nothing", "implement Lists, or what is deleted is never learnt of")
            told = versions_of(await self.told(peer))
            listed = {
                str(one.ref): one.version
                for page in await self.calls.collected(adapter, "listing")
                for one in page
            }
            absent = {ref for ref, _ in told} - set(listed)
            where = place_of(adapter, "listing")
            require(
                not absent,
                f"the listing has not {len(absent)} of {len(told)} things",
                where=where,
                right="everything that changes(None) tells of",
            )
            other = [ref for ref, version in told if listed[ref] not in ("", version)]
            require(
                not other,
                f"{len(other)} things have another version in the listing",
                where=where,
                right="the version that parse gives",
            )
            nobody = MisRef("Patient/nobody-has-this-id")
            some = [MisRef(ref) for ref, _ in sorted(told)[:3]]
            found = await self.read(peer, [await self.calls.ask(adapter, "look_up", [*some, nobody])])
            where = place_of(adapter, "look_up")
            require(
                {ref for ref, _ in versions_of(found)} == set(some),
                "not everything that was looked up is told",
                where=where,
                right="a body for parse with each of the things",
            )
            require(
                gone_in(found) == {nobody},
                "what the MIS does not have is not told to be gone",
                where=where,
                right="Deleted for what the MIS says that it has no more",
            )

    @pytest.mark.anyio
    async def test_parse_is_pure(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            bodies = [page.body for page in (await self.pulled(peer, by=adapter))[:6]]
            first = [list(ask_now(adapter, "parse", body)) for body in bodies]
            where, right = (
                place_of(adapter, "parse"),
                "the same bytes give the same records, whoever reads them, where and when",
            )
            make = peer.adapter if peer.unreachable is None else peer.unreachable
            async with self.using(make) as other:
                for zone in ("Pacific/Kiritimati", "America/New_York"):
                    with machine_zone(zone):
                        again = [list(ask_now(other, "parse", body)) for body in bodies[::-1]][::-1]
                    require(
                        again == first,
                        "parse gives other records in another process, after other pages or in another zone of the machine",
                        where=where,
                        right=right,
                    )

    @pytest.mark.anyio
    async def test_parse_survives_garbage(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            for garbage in GARBAGE:
                for record in ask_now(adapter, "parse", garbage):
                    require(
                        isinstance(record, Unreadable | Oddity),
                        f"of garbage, parse makes a {type(record).__name__}",
                        where=place_of(adapter, "parse"),
                        right="one Unreadable with a code for its reason",
                    )
            dice = random.Random(7)
            for page in (await self.pulled(peer))[:3]:
                for _ in range(60):
                    ask_now(adapter, "parse", damaged(page.body, dice))

    @pytest.mark.anyio
    async def test_a_word_that_it_does_not_know_is_no_guess(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            for page in _one_of_each_kind(adapter, await self.pulled(peer)):
                records = ask_now(adapter, "parse", page.body)
                before, named = decisions(records), {getattr(one, "ref", None) for one in records}
                for body in with_unknown_words(page.body):
                    for key, says in decisions(ask_now(adapter, "parse", body)).items():
                        new = NOTHING if key[0] in named and says == READY else says
                        was = before.get(key, new)
                        require(
                            says == was or says in HARMLESS,
                            f"with a word that nobody knows in its row, {was} becomes {says}",
                            where=place_of(adapter, "parse"),
                            right="an unknown status, death or consent is Unreadable, never a default",
                        )

    @pytest.mark.anyio
    async def test_an_absent_server_is_retried_later(self) -> None:
        async with self.opened() as peer:
            if peer.unreachable is None:
                lacks("the peer cannot be absent", "give it `unreachable`")
            async with self.using(peer.unreachable) as adapter:
                await self.all_later(
                    adapter,
                    questions(adapter, peer),
                    right="RetryLater: surely nothing happened, and it may answer in a minute",
                    loggers=peer.peer_loggers,
                )

    @pytest.mark.anyio
    async def test_a_wrong_login_stops_the_connection(self) -> None:
        async with self.opened() as peer:
            if peer.wrong_login is None:
                lacks("the peer knows no login", "give it `wrong_login` if the MIS has one")
            async with self.using(peer.wrong_login) as adapter:
                await self.all_stopped(
                    adapter,
                    questions(adapter, peer),
                    right="Rejected with the scope `account`, or ConfigError: an operator must do something",
                    loggers=peer.peer_loggers,
                )

    @pytest.mark.anyio
    async def test_nothing_of_a_patient_is_said(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            said, kept, cursors, versions = Leaks(peer.peer_loggers), Leaks(), Leaks(), Leaks()
            with said.watch():
                pages = await self.pulled(peer, by=adapter)
                for body in _spoilt([page.body for page in pages]):
                    for record in ask_now(adapter, "parse", body):
                        versions.said(str(getattr(record, "version", "")))
                        if isinstance(record, Unreadable | Oddity):
                            kept.said(record.reason if isinstance(record, Unreadable) else record.code)
                            kept.said("" if isinstance(record, Unreadable) else record.word)
            for page in pages:
                cursors.said(page.cursor)
            said.require_none(
                peer.canaries, "a log, or what was printed,", where=place_of(adapter, "changes")
            )
            kept.require_none(
                peer.canaries,
                "the reason of an Unreadable, or the code of an Oddity,",
                where=place_of(adapter, "parse"),
            )
            versions.require_none(
                peer.canaries, "a version, which is kept in the clear,", where=place_of(adapter, "parse")
            )
            cursors.require_none(
                peer.canaries, "a cursor, which is kept in the clear,", where=place_of(adapter, "changes")
            )


def _one_of_each_kind(adapter: object, pages: Sequence[RawBatch]) -> Iterator[RawBatch]:
    """The first pages, and each that is the first to hold a kind of record."""
    known: set[type[Change]] = set()
    for number, page in enumerate(pages):
        kinds = {type(one) for one in changes_of(ask_now(adapter, "parse", page.body))}
        if number < _FIRST or kinds - known:
            yield page
        known |= kinds


def _spoilt(bodies: Sequence[bytes]) -> Iterator[bytes]:
    """The pages, whole and in every way broken."""
    dice = random.Random(11)
    yield from bodies
    yield from (*GARBAGE, b"{")
    for body in bodies[:3]:
        yield from (damaged(body, dice) for _ in range(20))
    for body in bodies[:1]:
        yield from with_unknown_words(body)
