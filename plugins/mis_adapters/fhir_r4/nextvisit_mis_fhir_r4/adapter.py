"""The adapter: one FHIR R4 server behind the SDK's ports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit

from nextvisit.sdk.errors import ConfigError, NextVisitError, ProtocolError, RetryLater
from nextvisit.sdk.ports import RequestPace
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
from nextvisit.sdk.tls import speaks_tls
from nextvisit_mis_fhir_r4.booking import IDENTIFIER_IGNORED
from nextvisit_mis_fhir_r4.connection import Connection
from nextvisit_mis_fhir_r4.history import HistoryOffer
from nextvisit_mis_fhir_r4.listing import listing, look_up
from nextvisit_mis_fhir_r4.moving import MovingDesk
from nextvisit_mis_fhir_r4.page import PageReader, next_link
from nextvisit_mis_fhir_r4.primitives import Unfit
from nextvisit_mis_fhir_r4.pull import pull
from nextvisit_mis_fhir_r4.settings import FhirR4Settings
from nextvisit_mis_fhir_r4.slots import SlotSearch


class FhirR4Adapter:
    """MisAdapter, Lists, FindsSlots, LeavesOut and Books."""

    def __init__(self, settings: FhirR4Settings) -> None:
        self._settings = settings
        self._connection = Connection(settings)
        self._offer = HistoryOffer(self._connection)
        self._reader = PageReader(settings)
        self._slots = SlotSearch(self._connection, settings)
        self._desk = MovingDesk(self._connection, settings)

    def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]:
        """See `MisAdapter`. A search tells of no deletion; a history may, and `listing` finds them."""
        return pull(self._connection, self._settings, self._offer, since)

    def parse(self, body: bytes) -> Sequence[MisEvent]:
        """See `MisAdapter`."""
        return self._reader.read(body)

    def listing(self) -> AsyncIterator[Sequence[Listed]]:
        """See `Lists`."""
        return listing(self._connection, self._settings)

    async def look_up(self, refs: Sequence[MisRef]) -> bytes:
        """See `Lists`."""
        return await look_up(self._connection, refs)

    async def free_slots(self, wanted: SlotQuery) -> Sequence[Slot]:
        """See `FindsSlots`."""
        with _readable():
            return await self._slots.find(wanted)

    def left_out(self) -> Mapping[str, int]:
        """See `LeavesOut`."""
        return self._slots.left_out()

    async def book(self, request: BookingRequest) -> AppointmentRef:
        """See `Books`."""
        with _readable():
            return await self._desk.book(request)

    async def find_booking(self, request: BookingRequest) -> AppointmentRef | None:
        """See `Books`."""
        with _readable():
            return await self._desk.find(request)

    async def reschedule(self, appointment: AppointmentRef, request: BookingRequest) -> AppointmentRef:
        """See `Reschedules`."""
        with _readable():
            return await self._desk.move(appointment, request)

    async def cancel(self, appointment: AppointmentRef, reason: CancelReason) -> None:
        """See `Books`."""
        with _readable():
            await self._desk.cancel(appointment, reason)

    async def check(self) -> str:
        """The server's name and version, after a search has shown that it lets us in."""
        try:
            statement = (await self._connection.read("metadata")).json()
        except (RetryLater, ProtocolError) as error:
            if error.code.startswith("fhir."):  # and not of a pace, by which nobody may be asked now
                await self._raise_if_in_tls_alone(error)
            raise
        release = _said(statement.get("fhirVersion"))
        if not release.startswith("4."):
            shown = release or "no release"
            raise ConfigError("fhir.release", f"serves {shown}, not R4", place=self._settings.base_url)
        await self._check_search()
        software = statement.get("software")
        name = _said(software.get("name")) if isinstance(software, dict) else ""
        version = _said(software.get("version")) if isinstance(software, dict) else ""
        said = " ".join(filter(None, [name or "FHIR server", version, f"(FHIR {release})"]))
        return f"{said}, in the clear" if self._settings.destination.in_the_clear else said

    async def time(self) -> datetime | None:
        """See `TellsTime`: the Date of an answer (RFC 9110, 6.6.1), whole seconds."""
        return (await self._connection.read("metadata")).at

    async def _raise_if_in_tls_alone(self, error: NextVisitError) -> None:
        """What speaks TLS breaks off when it is asked in plain words, or answers with a page about that."""
        base = urlsplit(self._settings.base_url)
        if base.scheme == "http" and base.hostname and await speaks_tls(base.hostname, base.port or 80):
            why = "it speaks TLS there; write https://"
            raise ConfigError("fhir.only_tls", why, place=self._settings.base_url) from error

    async def _check_search(self) -> None:
        """It lets us in, its pages are reached by its links, and it knows our appointments from others'."""
        answer = await self._connection.read(self._settings.resources[0], [("_count", "1")])
        if answer.status >= 400:
            raise answer.refusal()
        link = next_link(answer.json())
        if link is not None:
            behind = await self._connection.read_page(link)
            if behind.status >= 400:
                raise behind.refusal()
        if "Appointment" in self._settings.resources and not await self._desk.knows_identifiers():
            message = "a search for an appointment's identifier does not look at it, so nothing can be booked"
            advice = "let the server search Appointment by identifier, or leave Appointment out of resources"
            raise ConfigError(IDENTIFIER_IGNORED, f"{message}; {advice}", place=self._settings.base_url)

    def keep_pace(self, pace: RequestPace) -> None:
        """See `KeepsPace`."""
        self._connection.keep_pace(pace)

    async def close(self) -> None:
        """Close the connections; the adapter may be used again."""
        await self._connection.close()


@contextmanager
def _readable() -> Iterator[None]:
    """What is Unfit in an answer to a single question breaks the protocol; in a page it is parked."""
    try:
        yield
    except Unfit as unfit:
        raise ProtocolError("fhir.unreadable", unfit.reason, whose="theirs") from None


def _said(value: object) -> str:
    return value if isinstance(value, str) else ""
