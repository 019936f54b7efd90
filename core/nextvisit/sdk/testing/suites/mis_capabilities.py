"""Whether an adapter can do what its plugin says, and says what it can do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import ClassVar

import pytest

from nextvisit.sdk.capabilities import MisCapabilities, RecordKind, SlotsBy
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.testing.suites.calls import ask_now
from nextvisit.sdk.testing.suites.kit import WAIT
from nextvisit.sdk.testing.suites.mis_peer import MisKit, MisPeer, changes_of, questions
from nextvisit.sdk.testing.suites.verdict import lacks, place_of, require

_METHODS = {
    "lists": ("listing", "look_up"),
    "finds_slots_by": ("free_slots",),
    "books": ("book", "find_booking"),
    "cancels": ("cancel",),
    "reschedules": ("reschedule",),
    "paced": ("keep_pace",),
}


class CapabilityTests(MisKit):
    """The plugin's `capabilities`."""

    @pytest.mark.anyio
    async def test_its_capabilities_are_those_of_its_ports(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            can = said(peer)
            for capability, methods in _METHODS.items():
                have = [name for name in methods if callable(getattr(adapter, name, None))]
                absent = [name for name in methods if name not in have]
                promised = bool(getattr(can, capability))
                require(
                    not (promised and absent),
                    f"its capabilities promise `{capability}`, and it has no {' and no '.join(absent)}",
                    where=f"{type(adapter).__name__}, capabilities.{capability}",
                    right="implement the port, or promise less: what the settings ask of it is judged by this",
                )
                require(
                    promised or not have,
                    f"it has {' and '.join(have)}, and its capabilities do not say `{capability}`",
                    where=f"{type(adapter).__name__}, capabilities.{capability}",
                    right="say what it can: what is not said is never asked of it",
                )

    @pytest.mark.anyio
    async def test_it_reads_what_its_capabilities_say(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            can = said(peer)
            told = {RecordKind.of(one) for one in changes_of(await self.told(peer, by=adapter))}
            where = f"{type(adapter).__name__}, capabilities.reads"
            require(
                told <= can.reads,
                f"it tells of {', '.join(sorted(told - can.reads))}, and its capabilities do not say so",
                where=where,
                right="every kind of record that may ever come",
            )
            require(
                can.reads <= told,
                f"its capabilities promise {', '.join(sorted(can.reads - told))}, and a pull tells of none",
                where=where,
                right="read it, and let the peer have one; or promise less",
            )

    @pytest.mark.anyio
    async def test_free_slots_are_those_of_whom_was_asked_for(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if SlotsBy.PRACTITIONER not in said(peer).finds_slots_by:
                lacks("it looks for nobody's free times", "say `SlotsBy.PRACTITIONER` if the MIS can")
            if peer.wanted is None:
                lacks("the peer does not say when somebody may be booked", "give it `wanted`")
            where = place_of(adapter, "free_slots")
            everybody = await self.calls.ask(adapter, "free_slots", peer.wanted)
            known = [one.practitioner for one in everybody if one.practitioner is not None]
            require(
                len(set(known)) > 1,
                "free times are of one practitioner, or of nobody",
                where=where,
                right="`wanted` of the peer finds those of two, and Slot.practitioner says whose each is",
            )
            asked = replace(peer.wanted, practitioner=known[-1])
            theirs = await self.calls.ask(adapter, "free_slots", asked)
            require(
                theirs and all(one.practitioner == known[-1] for one in theirs),
                "asked for one practitioner's free times, it gives another's, or none",
                where=where,
                right="those of SlotQuery.practitioner alone: the patient is told whom the visit is with",
            )

    @pytest.mark.anyio
    async def test_each_request_takes_its_turn(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if not said(peer).paced:
                lacks("it is asked as fast as it answers", "implement KeepsPace, by OutboundHttp.keep_pace")
            pace = CountedPace()
            ask_now(adapter, "keep_pace", pace)
            pages = await self.pulled(peer, by=adapter)
            require(
                pace.turns >= len(pages),
                f"it asked for {len(pages)} pages and took {pace.turns} turns",
                where=place_of(adapter, "keep_pace"),
                right="await pace.turn() before each request",
            )
            pace.closed = True
            for method, args in questions(adapter, peer):
                if method in {"changes", "listing"}:
                    _, error = await self.calls.collect(adapter, method, *args)
                else:
                    _, error = await self.calls.outcome(adapter, method, *args)
                require(
                    isinstance(error, RetryLater) and error.code == pace.code,
                    f"{method} asks although it is nobody's turn",
                    where=place_of(adapter, method),
                    right="await pace.turn() before each request, and let pass what it raises",
                )

    @pytest.mark.anyio
    async def test_a_wish_to_be_left_alone_is_everybody_s(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            if not said(peer).paced or peer.throttle_next is None:
                lacks(
                    "it keeps no pace, or the peer throttles nothing",
                    "implement KeepsPace, and give the peer `throttle_next`",
                )
            pace = CountedPace()
            ask_now(adapter, "keep_pace", pace)
            await self.does(peer, "throttle_next", WAIT)
            await self.calls.collect(adapter, "changes", None)
            require(
                max(pace.rests, default=timedelta()) >= WAIT,
                "how long the MIS wishes to be left alone is not told to the pace",
                where=place_of(adapter, "keep_pace"),
                right="await pace.rest(…) for an answer with Retry-After, so that other processes stop, too",
            )


@dataclass(slots=True)
class CountedPace:
    """Lets everybody ask, until it is closed."""

    code: ClassVar[str] = "pace.closed"
    turns: int = 0
    rests: list[timedelta] = field(default_factory=list)
    closed: bool = False

    async def turn(self) -> None:
        """See `RequestPace`."""
        if self.closed:
            raise RetryLater(self.code)
        self.turns += 1

    async def rest(self, span: timedelta) -> None:
        """See `RequestPace`."""
        self.rests.append(span)


def said(peer: MisPeer) -> MisCapabilities:
    """The plugin's; without them these tests are skipped."""
    if peer.capabilities is None:
        lacks("the peer does not say what its adapter can do", "give it `capabilities`, those of the plugin")
    return peer.capabilities
