"""What a MIS tells of a patient's care, of money and of calls: one of each, of patient 1."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from nextvisit.sdk.records import (
    Address,
    Code,
    Condition,
    ConditionStatus,
    Coverage,
    CoverageKind,
    Detail,
    HumanName,
    Limit,
    Location,
    MisRef,
    Payment,
    PhoneCall,
    Practitioner,
    Procedure,
    ProcedureStatus,
    ResultReady,
    Service,
    ServiceType,
    SlotFreed,
    Specialty,
)
from tests.world.clock import NOW

HERS = MisRef("Patient/1")
ICD = "http://hl7.org/fhir/sid/icd-10"
DETAILS: dict[str, Detail] = {
    "practitioner": Practitioner(
        MisRef("Practitioner/1"),
        "1",
        NOW,
        name=HumanName(family="Czyżyk", given=("Jan",)),
        specialties=(Specialty("cardiology"),),
        locations=(MisRef("Location/1"),),
    ),
    "location": Location(
        MisRef("Location/1"),
        "1",
        NOW,
        name="Main",
        address=Address(("Lipowa 1",), "Warszawa", "00-316", "PL"),
    ),
    "service": Service(
        MisRef("Service/1"),
        "1",
        NOW,
        name="Echo",
        service_type=ServiceType("echocardiogram"),
        specialty=Specialty("cardiology"),
    ),
    "coverage": Coverage(
        MisRef("Coverage/1"),
        "1",
        NOW,
        HERS,
        kind=CoverageKind.PRIVATE,
        plan="GOLD",
        ends=NOW + timedelta(days=30),
        limit=Limit(Decimal("350.50"), "PLN"),
    ),
    "condition": Condition(
        MisRef("Condition/1"), "1", NOW, HERS, (Code("I50.1", ICD),), "2024-03", ConditionStatus.ACTIVE
    ),
    "procedure": Procedure(
        MisRef("Procedure/1"),
        "1",
        NOW,
        HERS,
        (Code("88.72"), Code("89.52", "urn:icd9")),
        "2025-01-07",
        ProcedureStatus.COMPLETED,
        visit=MisRef("Appointment/1"),
    ),
    "result_ready": ResultReady(MisRef("Report/1"), "1", NOW, HERS, at=NOW),
    "payment": Payment(MisRef("Payment/1"), "1", NOW, HERS, Decimal("-12.30"), "PLN", at=NOW),
    "phone_call": PhoneCall(
        MisRef("PhoneCall/1"), "1", NOW, answered=False, caller="601 100 001", at=NOW, line="reception"
    ),
    "slot_freed": SlotFreed(
        MisRef("Slot/1"), "1", NOW, start=NOW + timedelta(days=2), specialty=Specialty("cardiology")
    ),
}
"""By its table."""
