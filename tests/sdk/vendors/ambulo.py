"""The adapter for Ambulo. It passes the whole kit; each wrong one of tests/sdk/wrong differs from it in one thing."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from nextvisit.sdk.capabilities import MisCapabilities, RecordKind, SlotsBy
from nextvisit.sdk.errors import Rejected, SlotTaken
from nextvisit.sdk.outbound import AnswerBounds, HttpReply, OutboundHttp, OutboundServer
from nextvisit.sdk.ports import RequestPace
from nextvisit.sdk.pulling import GivenPage, PullBounds, WantedPage, pull
from nextvisit.sdk.records import (
    Appointment,
    AppointmentRef,
    AppointmentStatus,
    BookingRequest,
    CancelReason,
    Code,
    Condition,
    ConditionStatus,
    Consent,
    Coverage,
    CoverageKind,
    Cursor,
    Deleted,
    HumanName,
    Limit,
    Listed,
    Location,
    MisEvent,
    MisRef,
    Oddity,
    Patient,
    Payment,
    PhoneCall,
    Practitioner,
    Procedure,
    ProcedureStatus,
    Purpose,
    RawBatch,
    ResultReady,
    Service,
    ServiceType,
    Slot,
    SlotFreed,
    SlotQuery,
    Unreadable,
)
from nextvisit.sdk.rounds import Sighting

ZONE = ZoneInfo("Europe/Warsaw")
STATUSES = {
    "planned": AppointmentStatus.BOOKED,
    "done": AppointmentStatus.FULFILLED,
    "cancelled": AppointmentStatus.CANCELLED,
    "absent": AppointmentStatus.NOSHOW,
}
PAYERS = {"state": CoverageKind.PUBLIC, "firm": CoverageKind.EMPLOYER, "own": CoverageKind.SELF_PAY}
CURRENCIES = {"zloty": "PLN"}
TREATED = {"done": ProcedureStatus.COMPLETED, "stopped": ProcedureStatus.STOPPED}
SERVICES = {"E1": ServiceType("echocardiogram")}
CAPABILITIES = MisCapabilities(
    reads=frozenset(RecordKind) - {RecordKind.RELATED_PERSON},
    lists=True,
    finds_slots_by=frozenset(SlotsBy),
    books=True,
    cancels=True,
    reschedules=True,
    paced=True,
)
Row = dict[str, Any]
About = tuple[MisRef, str, datetime]
"""Which version of which thing."""


class AmbuloAdapter:
    """MisAdapter, Lists, FindsSlots and Books."""

    capabilities = CAPABILITIES
    bounds = PullBounds()

    def __init__(self, base: str, key: str) -> None:
        self._base, self._key = base, key
        bounds = AnswerBounds(timedelta(seconds=20), timedelta(seconds=25))
        self._http = OutboundHttp("ambulo", OutboundServer(base), bounds=bounds)

    async def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]:
        async for page in pull("ambulo", since, ("rows",), self.page, sorts=True, bounds=self.bounds):
            yield page

    async def page(self, asked: WantedPage) -> GivenPage:
        query = {"since": self.since(asked.since), "page": asked.link or "0"}
        reply = await self.get("changes", **query)
        said = json.loads(reply.body)
        link = None if said["next"] is None else str(said["next"])
        return GivenPage(
            reply.body,
            [self.sighting(one) for one in said["rows"]],
            link=link,
            now=reply.at or datetime.now(UTC),
        )

    def since(self, at: datetime | None) -> str:
        return "" if at is None else at.isoformat()

    def sighting(self, row: Row) -> Sighting:
        return Sighting.of(self.ref(row), str(row["rev"]), datetime.fromisoformat(row["changed"]))

    def parse(self, body: bytes) -> Sequence[MisEvent]:
        try:
            rows = json.loads(body)["rows"]
        except (ValueError, KeyError, TypeError):
            return [Unreadable(None, "page.malformed")]
        if not isinstance(rows, list):
            return [Unreadable(None, "page.malformed")]
        return [event for row in rows for event in self.events(row)]

    def events(self, row: Any) -> Sequence[MisEvent]:
        ref = patient = None
        try:
            if "gone" in row:
                return [Deleted(MisRef(str(row["gone"])))]
            ref = self.ref(row)
            patient = MisRef(f"Patient/{int(row['patient'])}") if "patient" in row else None
            return self.change(row, ref)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            return [self.unreadable(row, ref, patient)]

    def unreadable(self, row: Any, ref: MisRef | None, patient: MisRef | None) -> MisEvent:
        stops = isinstance(row, dict) and row.get("kind") in {"patient", "visit", "consent"}
        return Unreadable(ref, "row.malformed", patient=patient, holds=stops or ref is None)

    def ref(self, row: Row) -> MisRef:
        return MisRef(f"{row['kind'].capitalize()}/{int(row['id'])}")

    def change(self, row: Row, ref: MisRef) -> Sequence[MisEvent]:
        changed = datetime.fromisoformat(row["changed"])
        if changed.tzinfo is None:
            raise ValueError
        match row["kind"]:
            case "patient":
                return self.patient(row, ref, changed)
            case "visit":
                return [self.visit(row, ref, changed)]
            case "consent":
                return [self.consent(row, ref, changed)]
        return self.detail(row, ref, changed)

    def detail(self, row: Row, ref: MisRef, changed: datetime) -> Sequence[MisEvent]:
        reads: dict[str, Callable[[Row, About], MisEvent]] = {
            "doctor": self.doctor, "room": self.room, "service": self.service, "policy": self.policy,
            "diagnosis": self.diagnosis, "treatment": self.treatment, "result": self.result,
            "payment": self.payment, "call": self.call, "freed": self.freed,
        }  # fmt: skip
        return [reads[row["kind"]](row, (ref, self.version(row), changed))]

    def room(self, row: Row, about: About) -> Location:
        return Location(*about, name=str(row["name"]))

    def doctor(self, row: Row, about: About) -> Practitioner:
        name = HumanName(family=str(row["family"]))
        rooms = (MisRef(f"Room/{int(row['room'])}"),)
        return Practitioner(*about, name=name, specialties=tuple(row["does"]), locations=rooms)

    def service(self, row: Row, about: About) -> Service:
        known = SERVICES.get(row["code"])
        return Service(*about, name=str(row["name"]), service_type=known, specialty=row["specialty"])

    def policy(self, row: Row, about: About) -> Coverage:
        return Coverage(
            *about, self.whose(row), kind=self.payer(row), ends=self.until(row), limit=self.limit(row)
        )

    def payer(self, row: Row) -> CoverageKind | None:
        return PAYERS.get(row["payer"])

    def until(self, row: Row) -> datetime | None:
        if row["until"] is None:
            return None
        return self.instant(f"{row['until']} 00:00") + timedelta(days=1)

    def limit(self, row: Row) -> Limit | None:
        return Limit(self.decimal(row["left"]), row["unit"])

    def diagnosis(self, row: Row, about: About) -> Condition:
        status = ConditionStatus(row["state"])
        return Condition(*about, self.whose(row), self.codes(row), self.since_when(row), status)

    def codes(self, row: Row) -> tuple[Code, ...]:
        return (Code(str(row["code"]), "icd10"),)

    def since_when(self, row: Row) -> str | None:
        return str(row["since"])

    def treatment(self, row: Row, about: About) -> Procedure:
        return Procedure(*about, self.whose(row), self.codes(row), str(row["day"]), self.treated(row))

    def treated(self, row: Row) -> ProcedureStatus | None:
        return TREATED.get(row["state"])

    def result(self, row: Row, about: About) -> MisEvent:
        if not self.is_ready(row):
            return Deleted(about[0])
        return ResultReady(*about, self.whose(row), at=self.instant(row["at"]))

    def is_ready(self, row: Row) -> bool:
        return bool({"ready": True, "waiting": False}[row["state"]])

    def payment(self, row: Row, about: About) -> Payment:
        visit = MisRef(f"Visit/{int(row['visit'])}")
        return Payment(
            *about,
            self.whose(row),
            self.decimal(row["amount"]),
            self.currency(row),
            self.instant(row["at"]),
            visit,
        )

    def decimal(self, raw: str) -> Decimal:
        try:
            return Decimal(raw)
        except InvalidOperation:
            raise ValueError from None

    def currency(self, row: Row) -> str:
        return CURRENCIES[row["currency"]]

    def call(self, row: Row, about: About) -> PhoneCall:
        at, line = self.instant(row["at"]), str(row["line"])
        return PhoneCall(*about, answered=self.was_answered(row), caller=str(row["from"]), at=at, line=line)

    def was_answered(self, row: Row) -> bool:
        return {"answered": True, "missed": False}[row["state"]]

    def freed(self, row: Row, about: About) -> SlotFreed:
        begins, doctor = self.instant(row["begins"]), MisRef(f"Doctor/{int(row['doctor'])}")
        return SlotFreed(*about, start=begins, specialty=row["specialty"], practitioner=doctor)

    def whose(self, row: Row) -> MisRef:
        return MisRef(f"Patient/{int(row['patient'])}")

    def patient(self, row: Row, ref: MisRef, changed: datetime) -> Sequence[MisEvent]:
        odd: list[MisEvent] = []
        born = str(row.get("born"))
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", born):
            odd.append(Oddity(ref, "birth_date.malformed"))
        name = HumanName(family=str(row["family"]))
        found = Patient(
            ref, self.version(row), changed, name=name, birth_date=None if odd else born, deceased=self.is_dead(row)
        )  # fmt: skip
        return [found, *odd]

    def is_dead(self, row: Row) -> bool:
        return bool(row["died"] != "no")

    def visit(self, row: Row, ref: MisRef, changed: datetime) -> Appointment:
        begins = self.instant(row["begins"])
        return Appointment(
            ref, self.version(row), changed, patient=MisRef(f"Patient/{int(row['patient'])}"), status=self.status(row),
            start=begins, end=begins + timedelta(minutes=int(row["minutes"])), booking=self.booking(row),
        )  # fmt: skip

    def booking(self, row: Row) -> str | None:
        return None if row["ours"] is None else str(row["ours"])

    def status(self, row: Row) -> AppointmentStatus:
        return STATUSES[row["status"]]

    def consent(self, row: Row, ref: MisRef, changed: datetime) -> Consent:
        return Consent(
            ref, self.version(row), changed, patient=MisRef(f"Patient/{int(row['patient'])}"),
            decision=self.decision(row), purposes=tuple(Purpose(one) for one in row["for"]),
        )  # fmt: skip

    def decision(self, row: Row) -> Any:
        return {"yes": "permit", "no": "deny"}[row["says"]]

    def version(self, row: Row) -> str:
        return str(row["rev"])

    def instant(self, raw: str) -> datetime:
        return datetime.strptime(raw, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)

    async def listing(self) -> AsyncIterator[Sequence[Listed]]:
        page: int | None = 0
        while page is not None:
            said = json.loads((await self.get("rows", page=str(page))).body)
            yield [
                Listed(self.ref(one), self.version(one), datetime.fromisoformat(one["changed"]))
                for one in said["rows"]
            ]
            page = said["next"]

    async def look_up(self, refs: Sequence[MisRef]) -> bytes:
        rows = []
        for ref in refs:
            reply = await self.get(f"rows/{ref.lower()}")
            rows.append(json.loads(reply.body) if reply.status == 200 else self.gone(ref))
        return json.dumps({"rows": [one for one in rows if one]}).encode()

    def gone(self, ref: MisRef) -> Row:
        return {"gone": ref}

    async def free_slots(self, wanted: SlotQuery) -> Sequence[Slot]:
        local = {
            "from": wanted.after.astimezone(ZONE),
            "to": wanted.before.astimezone(ZONE) + timedelta(minutes=1),
        }
        shown = {name: f"{at:%Y-%m-%d %H:%M}" for name, at in local.items()}
        said = json.loads((await self.get("free", specialty=wanted.specialty, **shown)).body)
        return self.chosen([one for one in self.slots(said["rows"]) if self.is_theirs(one, wanted)], wanted)

    def slots(self, rows: list[Row]) -> list[Slot]:
        return [self.slot(one) for one in rows if self.is_free(one)]

    def is_theirs(self, slot: Slot, wanted: SlotQuery) -> bool:
        return wanted.practitioner in (None, slot.practitioner)

    def is_free(self, row: Row) -> bool:
        return not row["taken"]

    def slot(self, row: Row) -> Slot:
        begins = self.instant(row["begins"])
        return Slot(
            MisRef(row["id"]), "", begins, begins + timedelta(minutes=row["minutes"]), row["specialty"],
            practitioner=MisRef(f"Doctor/{row['doctor']}"),
        )  # fmt: skip

    def chosen(self, slots: list[Slot], wanted: SlotQuery) -> Sequence[Slot]:
        inside = [one for one in slots if wanted.after <= one.start < wanted.before]
        return sorted(inside, key=lambda one: one.start)[: wanted.limit]

    async def book(self, request: BookingRequest) -> AppointmentRef:
        if (made := await self.find_booking(request)) is not None:
            return made
        wish = {
            "patient": int(request.patient.partition("/")[2]),
            "slot": request.slot.ref,
            "ours": request.booking,
        }
        reply = await self.post("visits", wish)
        if reply.status == 409:
            raise SlotTaken
        row = json.loads(reply.body)
        return AppointmentRef(self.ref(row), self.version(row))

    async def find_booking(self, request: BookingRequest) -> AppointmentRef | None:
        rows = json.loads((await self.get("visits", ours=request.booking)).body)["rows"]
        for row in rows:
            if row["status"] == "cancelled":
                continue
            if f"Patient/{row['patient']}" != request.patient:
                raise Rejected("ambulo.other_patient", scope="message")
            return AppointmentRef(self.ref(row), self.version(row))
        return None

    async def reschedule(self, appointment: AppointmentRef, request: BookingRequest) -> AppointmentRef:
        if (made := await self.find_booking(request)) is not None:
            return made
        wish = {"slot": request.slot.ref, "ours": request.booking}
        reply = await self.post(f"visits/{appointment.ref.partition('/')[2]}/move", wish)
        if reply.status == 409:
            raise SlotTaken
        row = json.loads(reply.body)
        return AppointmentRef(self.ref(row), self.version(row))

    async def cancel(self, appointment: AppointmentRef, reason: CancelReason) -> None:
        await self.post(f"visits/{appointment.ref.partition('/')[2]}/cancel", {"why": reason})

    async def check(self) -> str:
        about = json.loads((await self.get("about")).body)
        return f"{about['name']} {about['version']}"

    def keep_pace(self, pace: RequestPace) -> None:
        self._http.keep_pace(pace)

    async def close(self) -> None:
        await self._http.close()

    async def get(self, path: str, **query: str) -> HttpReply:
        return await self.ask("GET", path, query=query)

    async def post(self, path: str, body: Row) -> HttpReply:
        return await self.ask("POST", path, content=json.dumps(body).encode())

    async def ask(
        self, method: str, path: str, *, query: dict[str, str] | None = None, content: bytes | None = None
    ) -> HttpReply:
        reply = await self._http.ask(
            method, f"{self._base}/v1/{path}", query=list((query or {}).items()), content=content, headers={"X-Key": self._key}
        )  # fmt: skip
        return self._http.settle(reply, decides=frozenset({404, 409}), writes=method != "GET")
