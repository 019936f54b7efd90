"""The small Protocols that plugins implement. An extra ability is an extra Protocol.

All methods may raise the errors of `nextvisit.sdk.errors` and no others on purpose: what a library
raises is translated nearest to its cause.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar, runtime_checkable

from nextvisit.sdk.channels import (
    Accepted,
    MessageId,
    OutgoingMessage,
    Reachability,
)
from nextvisit.sdk.doors import RawInbound, RawRequest, Received
from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.records import (
    AppointmentRef,
    BookingRequest,
    CancelReason,
    Cursor,
    Listed,
    MisEvent,
    MisRef,
    RawBatch,
    Slot,
    SlotQuery,
)
from nextvisit.sdk.replies import Intent

Event_co = TypeVar("Event_co", covariant=True)
"""What comes in means these: `ChannelEvent` for a channel, `MisEvent` for an adapter."""


@runtime_checkable
class MisAdapter(Protocol):
    """Reads a MIS. Reading and understanding are apart, so that raw pages are safe first.

    changes: pages since the cursor (None: everything), oldest first; ends when there is no more now.
        May deliver a thing again; never skips one. Raises RetryLater, Rejected, ConfigError.
    parse: pure; the same bytes give the same records. One unreadable thing never spoils its page, and one
        odd element never its record: it is left out, with an `Oddity`. What stops us is read first.
    """

    def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]: ...
    def parse(self, body: bytes) -> Sequence[MisEvent]: ...
    async def check(self) -> str:
        """Prove that the connection works; returns what answered (name and version)."""
        ...

    async def close(self) -> None: ...


class RequestPace(Protocol):
    """How often one connection may be asked, whichever process asks.

    turn: when it returns, one request may be made. Raises RetryLater while the other side is to be left
        alone.
    rest: the other side wants to be left alone for so long.
    """

    async def turn(self) -> None: ...
    async def rest(self, span: timedelta) -> None: ...


@runtime_checkable
class KeepsPace(Protocol):
    """Of an adapter: asks the MIS no more often than it is let.

    keep_pace: from now on each request, of whatever method, takes its turn first. `OutboundHttp` has it.
    """

    def keep_pace(self, pace: RequestPace) -> None: ...


@runtime_checkable
class Lists(Protocol):
    """Of an adapter: says what there is now, so that what is gone, and what no change told of, is found.

    listing: everything that `changes` would tell of from the beginning, in any order. May name a thing
        twice; edits meanwhile may hide one, so whoever misses one looks it up. Never ends early in silence.
    look_up: a body for `parse`, with these things as they are now, and `Deleted` for what the MIS says that
        it has no more. Both raise as `changes` does.
    """

    def listing(self) -> AsyncIterator[Sequence[Listed]]: ...
    async def look_up(self, refs: Sequence[MisRef]) -> bytes: ...


@runtime_checkable
class FindsSlots(Protocol):
    """Knows the calendar's free times."""

    async def free_slots(self, wanted: SlotQuery) -> Sequence[Slot]: ...


@runtime_checkable
class LeavesOut(Protocol):
    """Of an adapter: counts what it left out of answers that nobody keeps, such as free times.

    left_out: how often since it was last asked, by code as in `Oddity`.
    """

    def left_out(self) -> Mapping[str, int]: ...


@runtime_checkable
class Books(Protocol):
    """Writes appointments.

    book: idempotent by `request.booking`: asked again, it returns the appointment that it made.
        Raises SlotTaken, Rejected, RetryLater, OutcomeUnknown (the caller then asks `find_booking`).
    find_booking: the appointment that was made for this request and stands; another patient's is Rejected.
    cancel: idempotent; an appointment that is already cancelled is no error.
    """

    async def book(self, request: BookingRequest) -> AppointmentRef: ...
    async def find_booking(self, request: BookingRequest) -> AppointmentRef | None: ...
    async def cancel(self, appointment: AppointmentRef, reason: CancelReason) -> None: ...


@runtime_checkable
class Reschedules(Protocol):
    """Of an adapter that books: moves a visit to another time.

    reschedule: the appointment of `request.booking`, which is another id than the one it was booked under, in
        `request.slot`; what stood before stands no more, and `find_booking` of the request finds it.
        Idempotent by `request.booking`: asked again, it finishes what it began and returns what it made.
        Raises as `book` does; after SlotTaken, Rejected and RetryLater the visit stands as it stood. The
        patient never has none: what cannot be moved in one step is booked first, and cancelled then.
    """

    async def reschedule(self, appointment: AppointmentRef, request: BookingRequest) -> AppointmentRef: ...


@runtime_checkable
class Channel(Protocol):
    """Sends. Accepted means that the provider took responsibility, no more.

    What it can do stands in its `ChannelPlugin`. A form of message that it does not carry is Rejected.
    Raises RetryLater (surely not accepted), Rejected, OutcomeUnknown (perhaps accepted), ConfigError.
    """

    async def send(self, message: OutgoingMessage) -> Accepted: ...
    async def check(self) -> str:
        """Prove that the provider answers and knows us; sends nothing to anybody."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class FindsMessages(Protocol):
    """Of a channel: knows what became of a send whose answer never came, as `find_booking` knows of a visit.

    find_message: what `send` would have given, of the message that the provider keeps under our id and of no
        other; asked by any process, and after a restart. None: the provider was asked, and surely has not got
        it. The core asks again for a while, and then sends it once more, so whoever cannot be sure raises
        OutcomeUnknown instead: a listing that lags behind, or messages that are forgotten within a day.
        Raises RetryLater when nobody could be asked, and otherwise as `send`.
    """

    async def find_message(self, message: MessageId) -> Accepted | None: ...


@runtime_checkable
class ChecksAddresses(Protocol):
    """Of a channel: its provider says whether an address takes its messages, a number has the messenger.

    reachable: of each address, as the channel's `Addresses` spell it, what the provider says now; sends
        nothing. What it does not know, and what is left out, is `unknown` and is written to. `no` leads to
        the next rung of the ladder for some days, and holds nothing against the address. Raises as `check`;
        then nothing is known.
    """

    async def reachable(self, addresses: Sequence[str]) -> Mapping[str, Reachability]: ...


@runtime_checkable
class TellsTime(Protocol):
    """Of an adapter or a channel: says what time it is on the other side, which `doctor` compares.

    Raises as `check`; None where the answer told no time.
    """

    async def time(self) -> datetime | None: ...


class Inbox(Protocol):
    """What a listener puts things into, and what it tells whether it hears the other side at all.

    put: when it returns, the thing is durable: acknowledge it. Raises RetryLater when it could not be kept:
        do not acknowledge, the other side sends it again.
    listening: from now on the other side is heard: the port is open, the session is bound. A listener that
        has not said so is taken for deaf.
    deaf: it is not heard any more, and why; a listener that ends need not say so.
    """

    async def put(self, raw: RawInbound) -> None: ...
    def listening(self) -> None: ...
    def deaf(self, why: NextVisitError) -> None: ...


@runtime_checkable
class Listens(Protocol[Event_co]):
    """Of a channel or an adapter: keeps sessions or ports open and puts what arrives into the inbox.

    serve: runs until cancelled; begun anew when it ends. Says `inbox.listening` once the other side can
        reach us, and `inbox.deaf` when it goes on without being reachable. Acknowledges only after
        `inbox.put` has returned, and puts things of one sender in the order in which they came.
    parse_inbound: pure; what one raw thing means.
    """

    async def serve(self, inbox: Inbox) -> None: ...
    def parse_inbound(self, body: bytes) -> Sequence[Event_co]: ...


@runtime_checkable
class ListensWhereItSends(Listens[Event_co], Protocol[Event_co]):
    """Of a channel: something comes in over the session that it sends on. An answer that is late, or, where
    the provider allows one session only, all that patients write.

    serve_sending: as `serve`, in each process that sends, on the channel that sends there.
    """

    async def serve_sending(self, inbox: Inbox) -> None: ...


@runtime_checkable
class AnswersWebhooks(Protocol[Event_co]):
    """Of a channel or an adapter: understands the other side's HTTP calls, of any method.

    receive: verifies first, and says what to keep and what to answer. The answer is given after the
        commit. Without I/O: the caller waits. Raises Rejected when the call is not the other side's,
        ProtocolError when it makes no sense.
    parse_webhook: pure; what a kept call means. It comes without the headers `authorization`,
        `proxy-authorization` and `cookie`.
    """

    def receive(self, request: RawRequest) -> Received: ...
    def parse_webhook(self, request: RawRequest) -> Sequence[Event_co]: ...


@runtime_checkable
class ReadsIntent(Protocol):
    """A second opinion on what a patient's text means. The rules decide; what it may change is little.

    Both block, and are called in a thread of their own, one call at a time, with a bound: who answers later
    is not waited for, and who has not answered yet is not asked again. Nothing of a text is kept or logged.

    check: loads what is needed; returns what reads (name and version). Raises ConfigError for what an
        operator has to change, RetryLater for what may pass.
    scores: per meaning from 0 to 1, of texts with such a score the share that means it; they need not sum up
        to 1. A meaning that is left out is one without an opinion, and a text on which there is none gives
        none. Pure once it is loaded, which its first call does: the same text gives the same scores. Takes
        any text, the empty one and one of ten thousand letters, in a time that is bounded. language: the
        patient's. Raises as `check`.
    """

    def check(self) -> str: ...
    def scores(self, text: str, language: str) -> Mapping[Intent, float]: ...
