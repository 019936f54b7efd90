"""Writing visits.

The guard against double booking is the version of the Slot: it turns busy in the same transaction
that creates the Appointment, under If-Match. The guard against booking twice is our identifier on
the Appointment, looked up first and again whenever an answer leaves room for doubt; If-None-Exist
alone is not unique on many servers.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from nextvisit.sdk.errors import OutcomeUnknown, ProtocolError, Rejected, RetryLater, SlotTaken
from nextvisit.sdk.records import AppointmentRef, BookingRequest, CancelReason, MisRef
from nextvisit_mis_fhir_r4.connection import Answer, Connection
from nextvisit_mis_fhir_r4.page import matches
from nextvisit_mis_fhir_r4.primitives import (
    Json,
    instant,
    items,
    node,
    ref_of,
    reference,
    text,
    version_of,
)
from nextvisit_mis_fhir_r4.settings import FhirR4Settings

_DEAD: Final = {"cancelled", "entered-in-error"}
_BEFORE_THE_VISIT: Final = {"proposed", "pending", "booked", "waitlist"}
_CANCEL_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
_CANCEL_CODES: Final = {
    CancelReason.PATIENT: "pat",
    CancelReason.CLINIC: "prov",
    CancelReason.DUPLICATE: "other",
}
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class _Found:
    ref: AppointmentRef
    status: str


class BookingDesk:
    """Books, finds and cancels on one server."""

    def __init__(self, connection: Connection, settings: FhirR4Settings) -> None:
        self._connection = connection
        self._settings = settings

    async def book(self, request: BookingRequest) -> AppointmentRef:
        """The appointment of this booking id, made now or before."""
        made = await self._search(request.booking)
        if made is not None:
            return _live(made)
        slot = await self._read(request.slot.ref, gone=SlotTaken("slot.gone"))
        if slot.get("status") != "free":
            raise SlotTaken
        if instant(slot.get("start")) != request.slot.start:
            raise SlotTaken("slot.moved")
        answer = await self._connection.write("POST", "", self._transaction(request, slot))
        if answer.status < 300:
            return await self._booked(answer, request)
        if not _is_conflict(answer):
            raise _refused(answer)
        return await self._after_conflict(request)

    async def find(self, booking: str) -> AppointmentRef | None:
        """The live appointment that carries our id."""
        found = await self._search(booking)
        return found.ref if found is not None and found.status not in _DEAD else None

    async def cancel(self, appointment: AppointmentRef, reason: CancelReason) -> None:
        """Cancel and give the slots back."""
        for _ in range(_TRIES):
            current = await self._read(appointment.ref, gone=Rejected("appointment.gone", scope="message"))
            status = text(current.get("status"))
            if status in _DEAD:
                return
            if status not in _BEFORE_THE_VISIT:
                raise Rejected("appointment.not_cancellable", f"status {status}", scope="message")
            answer = await self._connection.write("POST", "", await self._cancellation(current, reason))
            if answer.status < 300:
                _check_entries(answer)
                return
            if not _is_conflict(answer):
                raise _refused(answer)
        raise RetryLater("fhir.contention", "the appointment keeps changing")

    async def _after_conflict(self, request: BookingRequest) -> AppointmentRef:
        """Somebody was faster, perhaps an earlier try of our own."""
        made = await self._search(request.booking)
        if made is not None:
            return _live(made)
        slot = await self._read(request.slot.ref, gone=SlotTaken("slot.gone"))
        if slot.get("status") == "free":
            raise RetryLater("fhir.contention", "the slot changed and is still free")
        raise SlotTaken

    async def _booked(self, answer: Answer, request: BookingRequest) -> AppointmentRef:
        for entry in _check_entries(answer):
            location = text(entry.get("location"))
            if "Appointment/" in location:
                tail = location[location.index("Appointment/") :].split("/")
                version = tail[3] if tail[2:3] == ["_history"] and len(tail) > 3 else ""
                return AppointmentRef(
                    MisRef(f"Appointment/{tail[1]}"), version or _version(text(entry.get("etag")))
                )
        found = await self._search(request.booking)
        if found is None:
            raise OutcomeUnknown("fhir.booked_unseen", "accepted, yet no appointment carries our id")
        return _live(found)

    async def _search(self, booking: str) -> _Found | None:
        query = [("identifier", f"{self._settings.booking_system}|{booking}")]
        answer = await self._connection.read("Appointment", query)
        if answer.status >= 400:
            raise answer.refusal()
        found = []
        for resource in matches(answer.json()):
            ref = AppointmentRef(ref_of(resource, "Appointment"), version_of(resource)[0])
            found.append(_Found(ref, text(resource.get("status"))))
        # A live one first: an earlier one may have been entered in error.
        return min(found, key=lambda one: one.status in _DEAD, default=None)

    async def _read(self, ref: MisRef, *, gone: Rejected) -> Json:
        answer = await self._connection.read(ref)
        if answer.status in {404, 410}:
            raise gone
        if answer.status >= 400:
            raise answer.refusal()
        resource = answer.json()
        if not node(resource.get("meta")).get("versionId") and answer.etag:
            resource["meta"] = {**node(resource.get("meta")), "versionId": _version(answer.etag)}
        return resource

    def _transaction(self, request: BookingRequest, slot: Json) -> Json:
        condition = f"identifier={self._settings.booking_system}|{request.booking}"
        create = {
            "fullUrl": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, condition)}",
            "resource": self.appointment(request),
            "request": {"method": "POST", "url": "Appointment", "ifNoneExist": condition},
        }
        return _bundle(self._put({**slot, "status": "busy"}, request.slot.ref), create)

    def appointment(self, request: BookingRequest) -> Json:
        """What we send: references and codes, no name."""
        slot = request.slot
        people = [request.patient, *filter(None, [slot.practitioner])]
        codes = (key for key, slug in self._settings.specialties.items() if slug == slot.specialty)
        system, _, code = next(codes, "").partition("|")
        appointment: dict[str, Any] = {
            "resourceType": "Appointment",
            "identifier": [{"system": self._settings.booking_system, "value": request.booking}],
            "status": "booked",
            "start": _stamp(slot.start),
            "end": _stamp(slot.end),
            "slot": [{"reference": slot.ref}],
            "participant": [{"actor": {"reference": ref}, "status": "accepted"} for ref in people],
        }
        if code:
            appointment["specialty"] = [{"coding": [{"system": system, "code": code}]}]
        return appointment

    async def _cancellation(self, current: Json, reason: CancelReason) -> Json:
        coding = {"system": _CANCEL_SYSTEM, "code": _CANCEL_CODES[reason]}
        cancelled = {**current, "status": "cancelled", "cancelationReason": {"coding": [coding]}}
        puts = [self._put(cancelled, MisRef(f"Appointment/{current['id']}"))]
        for one in items(current.get("slot")):
            ref = reference(one, "Slot", self._connection.base)
            if ref is None:
                continue
            answer = await self._connection.read(ref)
            if answer.status < 300 and answer.json().get("status") == "busy":
                puts.append(self._put({**answer.json(), "status": "free"}, ref))
        return _bundle(*puts)

    def _put(self, resource: Json, ref: MisRef) -> Json:
        version = text(node(resource.get("meta")).get("versionId"))
        if not version:
            raise ProtocolError(
                "fhir.no_version", "a resource without a version cannot be guarded", whose="theirs"
            )
        request = {"method": "PUT", "url": ref, "ifMatch": f'W/"{version}"'}
        return {"fullUrl": f"{self._connection.base}/{ref}", "resource": resource, "request": request}


def _bundle(*entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def _check_entries(answer: Answer) -> list[Json]:
    """The responses of a transaction; one that failed inside a 2xx breaks the protocol."""
    responses = [node(node(entry).get("response")) for entry in items(answer.json().get("entry"))]
    if any(not text(one.get("status")).startswith("2") for one in responses):
        raise OutcomeUnknown("fhir.transaction_in_parts", "a transaction was answered in parts")
    return responses


def _is_conflict(answer: Answer) -> bool:
    if answer.status in {409, 412}:
        return True
    return answer.status in {400, 422} and bool(
        {"conflict", "duplicate", "lock-error"} & {*answer.issue_codes()}
    )


def _refused(answer: Answer) -> Rejected:
    if answer.status == 404:
        return Rejected("fhir.no_transactions", "the server takes no transactions", scope="account")
    return answer.refusal()


def _live(found: _Found) -> AppointmentRef:
    if found.status in _DEAD:
        raise Rejected("booking.cancelled", "this booking id was booked and cancelled", scope="message")
    return found.ref


def _version(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
