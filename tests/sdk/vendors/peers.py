"""Each vendor's server as the kits want it: with all that they can make use of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nextvisit.sdk.channels import ChannelCapabilities, DeliveryReport, DeliveryStatus, InboundMessage
from nextvisit.sdk.doors import Answer
from nextvisit.sdk.records import (
    Appointment,
    AppointmentStatus,
    Code,
    Condition,
    ConditionStatus,
    Consent,
    Coverage,
    CoverageKind,
    HumanName,
    Limit,
    Location,
    MisRef,
    Patient,
    Payment,
    PhoneCall,
    Practitioner,
    Procedure,
    ProcedureStatus,
    Purpose,
    ResultReady,
    Service,
    ServiceType,
    SlotFreed,
    SlotQuery,
    Specialty,
)
from nextvisit.sdk.testing.fault_proxy import FaultProxy, reads, too_many, writes
from nextvisit.sdk.testing.http_stub import closed_port
from nextvisit.sdk.testing.suites import ANSWER, Callback, Challenge, ChannelPeer, MisPeer, Pushed
from tests.sdk.vendors.ambulo import ZONE
from tests.sdk.vendors.ambulo_server import KEY, NUMBERS, Ambulo
from tests.sdk.vendors.pigeon_server import AT, ECHO, NOBODY, SECRET, TOKEN, Pigeon, a_call, a_challenge

NAMES = ("Kanarek", "Czyżyk", "Szczygieł")
WRONG = "wrong-key-8461"


@asynccontextmanager
async def ambulo_peer(make: Any) -> AsyncIterator[MisPeer]:
    """make: the class of an adapter, made of an address and a key."""
    mis = Ambulo()
    async with mis.serving() as port, FaultProxy(port) as proxy:
        base, absent = f"http://127.0.0.1:{proxy.port}", f"http://127.0.0.1:{closed_port()}"
        yield MisPeer(
            adapter=lambda: make(base, KEY),
            capabilities=make.capabilities,
            patient=MisRef("Patient/1"),
            wanted=SlotQuery(
                Specialty("cardiology"), datetime.now(ZONE), datetime.now(ZONE) + timedelta(days=21)
            ),
            unreachable=lambda: make(absent, KEY),
            wrong_login=lambda: make(base, WRONG),
            canaries=(*NAMES, *NUMBERS.values(), KEY, WRONG),
            expected=EXPECTED,
            local_times={
                MisRef("Visit/1"): datetime(2026, 1, 15, 9, 30, tzinfo=ZONE),
                MisRef("Visit/2"): datetime(2026, 7, 15, 9, 30, tzinfo=ZONE),
            },
            change=mis.change,
            delete=mis.delete,
            break_page=mis.break_page,
            break_detail=mis.break_detail,
            turn_clock=mis.turn_clock,
            cut_next=lambda sort: proxy.cut_next(reads if sort == "read" else writes),
            throttle_next=lambda wait: proxy.answer_next(lambda _: True, too_many(wait)),
        )


@asynccontextmanager
async def pigeon_peer(
    make: Callable[[str, str, str], Any], capabilities: ChannelCapabilities
) -> AsyncIterator[ChannelPeer]:
    """make: a channel of an address, a token and the secret of calls."""
    gateway = Pigeon()
    async with gateway.serving() as port, FaultProxy(port) as proxy:
        base, absent = f"http://127.0.0.1:{proxy.port}", f"http://127.0.0.1:{closed_port()}"
        yield ChannelPeer(
            capabilities=capabilities,
            channel=lambda: make(base, TOKEN, SECRET),
            to=PHONE,
            received=lambda: [one["text"] for one in gateway.sent],
            refused_to=NOBODY,
            unreachable=lambda: make(absent, TOKEN, SECRET),
            wrong_login=lambda: make(base, WRONG, SECRET),
            secrets=(TOKEN, SECRET, WRONG),
            cut_next=lambda: proxy.cut_next(writes),
            throttle_next=lambda wait: proxy.answer_next(writes, too_many(wait)),
            callbacks=CALLBACKS,
            called_back=gateway.called_back,
            templates=gateway.templates,
            quoted=lambda: [one["answers"] for one in gateway.sent],
            media=gateway.media,
            unknown_refusal=gateway.refuse_strangely,
            unknown_status=gateway.answer_strangely,
            elsewhere=lambda: make(f"{base}/elsewhere", TOKEN, SECRET),
            close_session=gateway.close_session,
            not_there=NOBODY,
            pushed=Pushed(lambda: gateway.write_in(PHONE, ANSWER), [InboundMessage(PHONE, ANSWER, at=WHEN)]),
            challenges=[Challenge(a_challenge(), Answer(200, ECHO.encode()), proof="word")],
        )


PHONE = "+48500100200"
WHEN = datetime.fromisoformat(AT)
CALLBACKS = (
    Callback(
        a_call(1, {"ref": "p-7", "state": "sent", "at": AT}),
        [DeliveryReport(DeliveryStatus.SENT, "p-7", at=WHEN)],
    ),
    Callback(
        a_call(
            2,
            {"ref": "p-7", "state": "delivered", "at": AT},
            {"ref": "p-8", "state": "lost", "at": AT, "why": "27"},
        ),
        [
            DeliveryReport(DeliveryStatus.DELIVERED, "p-7", at=WHEN),
            DeliveryReport(DeliveryStatus.FAILED, "p-8", at=WHEN, code="27"),
        ],
    ),
    Callback(a_call(3, {"from": PHONE, "text": ANSWER, "at": AT}), [InboundMessage(PHONE, ANSWER, at=WHEN)]),
)


def _visit(number: int, patient: int, status: AppointmentStatus, begins: datetime) -> Appointment:
    return Appointment(
        MisRef(f"Visit/{number}"), "1", None, patient=MisRef(f"Patient/{patient}"), status=status,
        start=begins, end=begins + timedelta(minutes=30),
    )  # fmt: skip


HERS, HIS = MisRef("Patient/1"), MisRef("Patient/3")
DETAILS = (
    Practitioner(
        MisRef("Doctor/1"),
        "1",
        None,
        name=HumanName(family="Kos"),
        specialties=(Specialty("cardiology"),),
        locations=(MisRef("Room/1"),),
    ),
    Location(MisRef("Room/1"), "1", None, name="Room 7"),
    Service(
        MisRef("Service/1"),
        "1",
        None,
        name="Echo",
        service_type=ServiceType("echocardiogram"),
        specialty=Specialty("cardiology"),
    ),
    Coverage(
        MisRef("Policy/1"),
        "1",
        None,
        HERS,
        kind=CoverageKind.PUBLIC,
        ends=datetime(2027, 2, 1, tzinfo=ZONE),
        limit=Limit(Decimal("350.50"), "PLN"),
    ),
    Coverage(
        MisRef("Policy/2"), "1", None, HIS, kind=CoverageKind.EMPLOYER, limit=Limit(Decimal(2), "visit")
    ),
    Condition(
        MisRef("Diagnosis/1"), "1", None, HERS, (Code("I50.1", "icd10"),), "2024-03", ConditionStatus.ACTIVE
    ),
    Procedure(
        MisRef("Treatment/1"),
        "1",
        None,
        HERS,
        (Code("88.72", "icd10"),),
        "2026-01-15",
        ProcedureStatus.COMPLETED,
    ),
    ResultReady(MisRef("Result/1"), "1", None, HERS, at=datetime(2026, 1, 16, 14, tzinfo=ZONE)),
    Payment(
        MisRef("Payment/1"),
        "1",
        None,
        HERS,
        Decimal("120.00"),
        "PLN",
        datetime(2026, 1, 15, 10, 10, tzinfo=ZONE),
        MisRef("Visit/1"),
    ),
    PhoneCall(
        MisRef("Call/1"),
        "1",
        None,
        answered=False,
        caller="500 100 200",
        at=datetime(2026, 1, 15, 8, tzinfo=ZONE),
        line="front",
    ),
    SlotFreed(
        MisRef("Freed/1"),
        "1",
        None,
        start=datetime(2027, 2, 11, 8, 15, tzinfo=ZONE),
        specialty=Specialty("cardiology"),
        practitioner=MisRef("Doctor/1"),
    ),
)
EXPECTED = (
    Patient(MisRef("Patient/1"), "1", None, name=HumanName(family="Kanarek"), birth_date="1981-02-03"),
    Patient(MisRef("Patient/2"), "1", None, name=HumanName(family="Czyżyk"), deceased=True),
    Patient(MisRef("Patient/3"), "1", None, name=HumanName(family="Szczygieł"), birth_date="1983-02-03"),
    _visit(3, 2, AppointmentStatus.CANCELLED, datetime(2026, 3, 2, 12, tzinfo=ZONE)),
    _visit(4, 3, AppointmentStatus.NOSHOW, datetime(2026, 2, 11, 8, 15, tzinfo=ZONE)),
    _visit(5, 3, AppointmentStatus.BOOKED, datetime(2027, 2, 11, 8, 15, tzinfo=ZONE)),
    Consent(
        MisRef("Consent/1"),
        "1",
        None,
        patient=MisRef("Patient/1"),
        decision="permit",
        purposes=(Purpose.RECALL,),
    ),
    Consent(
        MisRef("Consent/2"),
        "1",
        None,
        patient=MisRef("Patient/2"),
        decision="deny",
        purposes=(Purpose.RECALL,),
    ),
    *DETAILS,
)
