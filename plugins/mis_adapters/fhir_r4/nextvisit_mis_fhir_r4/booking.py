"""Writing visits.

The guard against double booking is the version of the Slot: it turns busy in the same transaction
that creates the Appointment, under If-Match. The guard against booking twice is our identifier on
the Appointment, looked up first and again whenever an answer leaves room for doubt; If-None-Exist
alone is not unique on many servers. Nor does every server look at If-Match within a transaction, so what
stands on the slot is read back. Where a server cannot search by it, nothing is booked.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from nextvisit.sdk.errors import (
    NextVisitError,
    OutcomeUnknown,
    ProtocolError,
    Rejected,
    RetryLater,
    SlotTaken,
)
from nextvisit.sdk.records import AppointmentRef, BookingRequest, CancelReason, MisRef, Slot
from nextvisit_mis_fhir_r4.connection import Answer, Connection
from nextvisit_mis_fhir_r4.occupied import occupied
from nextvisit_mis_fhir_r4.page import matches, whole
from nextvisit_mis_fhir_r4.primitives import (
    Json,
    Unfit,
    instant,
    items,
    node,
    ref_of,
    reference,
    text,
)
from nextvisit_mis_fhir_r4.settings import FhirR4Settings
from nextvisit_mis_fhir_r4.slots import is_given_away, specialties_of

_DEAD: Final = {"cancelled", "entered-in-error"}
BEFORE_THE_VISIT: Final = {"proposed", "pending", "booked", "waitlist"}
_CANCEL_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
_CANCEL_CODES: Final = {
    CancelReason.PATIENT: "pat",
    CancelReason.CLINIC: "prov",
    CancelReason.DUPLICATE: "other",
}
_TRIES: Final = 3
# https://hl7.org/fhir/R4/valueset-issue-type.html: of what two did at once.
_PASSING: Final = {"lock-error", "transient", "throttled", "timeout"}
IDENTIFIER_IGNORED: Final = "fhir.identifier_ignored"


@dataclass(frozen=True, slots=True)
class _Found:
    """An appointment that carries our id. patients: whose it is."""

    ref: AppointmentRef
    status: str
    patients: frozenset[MisRef | None]

    @property
    def is_live(self) -> bool:
        return self.status not in _DEAD


@dataclass(frozen=True, slots=True)
class Current:
    """A resource as it is now, and the ETag that stands for that; the two name a version each their way."""

    resource: Json
    etag: str

    @property
    def version(self) -> str:
        return text(node(self.resource.get("meta")).get("versionId")) or _version(self.etag)


class BookingDesk:
    """Books, finds and cancels on one server."""

    def __init__(self, connection: Connection, settings: FhirR4Settings) -> None:
        self._connection = connection
        self._settings = settings

    async def book(self, request: BookingRequest) -> AppointmentRef:
        """The appointment of this booking id, made now or before. Raises SlotTaken."""
        made = await self._make(request)
        await self._be_the_only_one(made, request)
        return made

    async def _be_the_only_one(self, made: AppointmentRef, request: BookingRequest) -> None:
        """Read back, because a server may pass over If-Match: of two on one slot the later one goes.

        Of two of ours each sees the other and the same order; before one of somebody else's ours goes.
        """
        if await self._is_doubled(request):
            await self._withdraw(made.ref, CancelReason.DUPLICATE, slot_stays=True)
            raise SlotTaken("slot.booked_twice")

    async def _is_doubled(self, request: BookingRequest) -> bool:
        """Whether somebody else stands in the slot with us, and we are the one to go."""
        answer = await self._connection.read("Appointment", [("slot", request.slot.ref)])
        if answer.status >= 400:
            return False
        there = [one for one in matches(whole(answer, "Appointment")) if self._has(one, request.slot)]
        mine = [one for one in there if self._carries(one, request.booking)]
        others = [one for one in there if not self._carries(one, request.booking)]
        return bool(mine) and any(not self._is_ours(one) or _age(one) < _age(mine[0]) for one in others)

    def _has(self, appointment: Json, slot: Slot) -> bool:
        """Whether it stands in this slot, and was not moved away from its time."""
        try:
            moved = instant(appointment.get("start"), self._settings.clock_zone) != slot.start
        except Unfit:
            moved = False
        return not moved and slot.ref in occupied([appointment], self._settings.address)

    def _is_ours(self, appointment: Json) -> bool:
        said = appointment.get("identifier")
        return isinstance(said, list) and any(
            isinstance(one, dict) and one.get("system") == self._settings.booking_system for one in said
        )

    async def _make(self, request: BookingRequest) -> AppointmentRef:
        made, strangers = await self._search(request.booking)
        if made is not None:
            return ours(made, request)
        if strangers:
            message = "answers a search by identifier with other appointments; nothing is booked there"
            raise Rejected(IDENTIFIER_IGNORED, message, scope="account")
        try:
            slot = await self._free_slot(request)
        except SlotTaken as taken:
            return await self._made_or(request, taken)
        answer = await self._connection.write("POST", "", self._transaction(request, slot))
        if answer.status < 300:
            return await self._booked(answer, request)
        if not is_conflict(answer):
            raise refused(answer)
        return await self._after_conflict(request, slot, answer)

    async def find(self, request: BookingRequest) -> AppointmentRef | None:
        """The live appointment of this patient that carries our id."""
        found, strangers = await self._search(request.booking)
        if found is None and strangers:
            raise OutcomeUnknown(IDENTIFIER_IGNORED, "answers with other appointments")
        return ours(found, request) if found is not None and found.is_live else None

    async def knows_identifiers(self) -> bool:
        """Whether a search for an identifier that nobody has finds nobody's appointment."""
        answer = await self._connection.read("Appointment", self._by_identifier(str(uuid.uuid4())))
        return answer.status < 400 and not list(matches(whole(answer, "Appointment")))

    async def cancel(self, appointment: AppointmentRef, reason: CancelReason) -> None:
        """Cancel and give the slots back."""
        await self._withdraw(appointment.ref, reason, slot_stays=False)

    async def _withdraw(self, ref: MisRef, reason: CancelReason, *, slot_stays: bool) -> None:
        for _ in range(_TRIES):
            current = await self._read(ref, gone=Rejected("appointment.gone", scope="message"))
            status = text(current.resource.get("status"))
            if status in _DEAD:
                return
            if status not in BEFORE_THE_VISIT:
                raise Rejected("appointment.not_cancellable", f"status {status}", scope="message")
            answer = await self._connection.write(
                "POST", "", await self._cancellation(current, reason, slot_stays=slot_stays)
            )
            if answer.status < 300:
                check_entries(answer)
                return
            if not is_conflict(answer):
                raise refused(answer)
        raise RetryLater("fhir.contention", "the appointment keeps changing")

    async def _free_slot(self, request: BookingRequest) -> Current:
        slot = await self._read(request.slot.ref, gone=SlotTaken("slot.gone"))
        if slot.resource.get("status") != "free":
            raise SlotTaken
        zone = self._settings.clock_zone
        times = [instant(slot.resource.get(each), zone) for each in ("start", "end")]
        if times != [request.slot.start, request.slot.end]:
            raise SlotTaken("slot.moved")
        if is_given_away(slot.resource):
            raise SlotTaken("slot.given_away")
        said = specialties_of(slot.resource, self._settings)
        if said is not None and request.slot.specialty not in said:
            raise SlotTaken("slot.specialty")
        return slot

    async def _after_conflict(
        self, request: BookingRequest, asked: Current, answer: Answer
    ) -> AppointmentRef:
        """Somebody was faster, perhaps an earlier try of our own.

        Where nobody was, the server has a reason of its own, and will have it the next time.
        """
        try:
            now = await self._free_slot(request)
        except SlotTaken as taken:
            return await self._made_or(request, taken)
        if await self._is_occupied(request.slot.ref):
            return await self._made_or(request, SlotTaken("slot.occupied"))
        if now == asked and not _PASSING.intersection(answer.issue_codes()):
            return await self._made_or(request, SlotTaken("slot.refused"))
        again = RetryLater("fhir.contention", "the slot changed and is still free")
        return await self._made_or(request, again)

    async def _is_occupied(self, slot: MisRef) -> bool:
        """Whether an appointment stands there, ours or another's, although the slot says that it is free."""
        answer = await self._connection.read("Appointment", [("slot", slot)])
        return answer.status < 400 and slot in occupied(
            matches(whole(answer, "Appointment")), self._settings.address
        )

    async def _made_or(self, request: BookingRequest, error: NextVisitError) -> AppointmentRef:
        """Our own appointment, which may be why the slot is taken.

        Asked for after the slot, because whoever takes the slot makes the appointment in the same
        transaction: the other way round, ours could come to be between the two questions.
        """
        made, _ = await self._search(request.booking)
        if made is None:
            raise error
        return ours(made, request)

    async def _booked(self, answer: Answer, request: BookingRequest) -> AppointmentRef:
        for entry in check_entries(answer):
            location = text(entry.get("location"))
            # What was there already (200) is whatever the server took our identifier for.
            if "Appointment/" in location and text(entry.get("status")).startswith("201"):
                tail = location[location.index("Appointment/") :].split("/")
                version = tail[3] if tail[2:3] == ["_history"] and len(tail) > 3 else ""
                return AppointmentRef(
                    MisRef(f"Appointment/{tail[1]}"), version or _version(text(entry.get("etag")))
                )
        unseen = OutcomeUnknown("fhir.booked_unseen", "accepted, yet no appointment carries our id")
        return await self._made_or(request, unseen)

    async def _search(self, booking: str) -> tuple[_Found | None, bool]:
        """The appointment that carries our id, and whether others were among the hits.

        A server may pass over a parameter that it does not know (https://hl7.org/fhir/R4/search.html#errors),
        so a hit is ours when it says so itself.
        """
        answer = await self._connection.read("Appointment", self._by_identifier(booking))
        if answer.status >= 400:
            raise answer.refusal()
        hits = [
            one for one in matches(whole(answer, "Appointment")) if one.get("resourceType") == "Appointment"
        ]
        ours = [self._found(one) for one in hits if self._carries(one, booking)]
        # A live one first: an earlier one may have been entered in error.
        return max(ours, key=lambda one: one.is_live, default=None), len(ours) < len(hits)

    def _by_identifier(self, booking: str) -> list[tuple[str, str]]:
        return [("identifier", f"{self._settings.booking_system}|{booking}")]

    def _carries(self, appointment: Json, booking: str) -> bool:
        wanted = (self._settings.booking_system, booking)
        said = appointment.get("identifier")
        return isinstance(said, list) and any(
            isinstance(one, dict) and (one.get("system"), one.get("value")) == wanted for one in said
        )

    def _found(self, appointment: Json) -> _Found:
        version = node(appointment.get("meta")).get("versionId")
        ref = AppointmentRef(ref_of(appointment, "Appointment"), text(version))
        patients = frozenset(self._patient(one) for one in items(appointment.get("participant")))
        return _Found(ref, text(appointment.get("status")), patients)

    def _patient(self, participant: object) -> MisRef | None:
        try:
            return reference(node(participant).get("actor"), "Patient", self._settings.address)
        except Unfit:
            return None

    async def _read(self, ref: MisRef, *, gone: Rejected) -> Current:
        answer = await self._connection.read(ref)
        if answer.status in {404, 410}:
            raise gone
        if answer.status >= 400:
            raise answer.refusal()
        return Current(answer.json(), answer.etag)

    def _transaction(self, request: BookingRequest, slot: Current) -> Json:
        condition = f"identifier={self._settings.booking_system}|{request.booking}"
        create = {
            "fullUrl": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, condition)}",
            "resource": self.appointment(request),
            "request": {"method": "POST", "url": "Appointment", "ifNoneExist": condition},
        }
        return bundle_of(self._put(slot, request.slot.ref, status="busy"), create)

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

    async def _cancellation(self, current: Current, reason: CancelReason, *, slot_stays: bool) -> Json:
        coding = {"system": _CANCEL_SYSTEM, "code": _CANCEL_CODES[reason]}
        ref = ref_of(current.resource, "Appointment")
        put = self._put(current, ref, status="cancelled", cancelationReason={"coding": [coding]})
        return bundle_of(put, *([] if slot_stays else await self._slots_turned(current, "busy", "free")))

    async def _slots_turned(self, current: Current, was: str, becomes: str) -> list[Json]:
        """Of the appointment's slots, those that are `was`."""
        puts: list[Json] = []
        for one in items(current.resource.get("slot")):
            ref = reference(one, "Slot", self._settings.address)
            if ref is None:
                continue
            answer = await self._connection.read(ref)
            if answer.status < 300 and answer.json().get("status") == was:
                puts.append(self._put(Current(answer.json(), answer.etag), ref, status=becomes))
        return puts

    def _put(self, current: Current, ref: MisRef, **changed: object) -> Json:
        """Guarded by the ETag as it came, which need not be the version."""
        if not current.etag and not current.version:
            raise ProtocolError(
                "fhir.no_version", "a resource without a version cannot be guarded", whose="theirs"
            )
        guard = current.etag or f'W/"{current.version}"'
        request = {"method": "PUT", "url": ref, "ifMatch": guard}
        resource = {**current.resource, **changed}
        return {"fullUrl": f"{self._connection.base}/{ref}", "resource": resource, "request": request}


def _age(appointment: Json) -> tuple[str, str]:
    """What tells two appointments of one server apart, the earlier one first."""
    return text(node(appointment.get("meta")).get("lastUpdated")), text(appointment.get("id"))


def bundle_of(*entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def check_entries(answer: Answer) -> list[Json]:
    """The responses of a transaction; one that failed inside a 2xx breaks the protocol."""
    responses = [node(node(entry).get("response")) for entry in items(answer.json().get("entry"))]
    if any(not text(one.get("status")).startswith("2") for one in responses):
        raise OutcomeUnknown("fhir.transaction_in_parts", "a transaction was answered in parts")
    return responses


def is_conflict(answer: Answer) -> bool:
    if answer.status in {409, 412}:
        return True
    return answer.status in {400, 422} and bool(
        {"conflict", "duplicate", "lock-error"} & {*answer.issue_codes()}
    )


def refused(answer: Answer) -> Rejected:
    if answer.status == 404:
        return Rejected("fhir.no_transactions", "the server takes no transactions", scope="account")
    return answer.refusal()


def ours(found: _Found, request: BookingRequest) -> AppointmentRef:
    if request.patient not in found.patients:
        raise Rejected("booking.other_patient", "our booking id is on another patient's", scope="message")
    if not found.is_live:
        raise Rejected("booking.cancelled", "this booking id was booked and cancelled", scope="message")
    return found.ref


def _version(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
