"""The adapter keeps the SDK's contract with a real FHIR server."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from nextvisit.clock import SystemClock
from nextvisit.sdk.records import (
    Appointment,
    AppointmentStatus,
    Change,
    Code,
    Condition,
    ConditionStatus,
    Consent,
    Coverage,
    CoverageKind,
    Location,
    MisRef,
    Patient,
    Practitioner,
    Procedure,
    ProcedureStatus,
    ResultReady,
    Service,
    SlotQuery,
    Specialty,
)
from nextvisit.sdk.testing.fault_proxy import FaultProxy, reads, too_many, writes
from nextvisit.sdk.testing.suites import MisAdapterSuite, MisPeer
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from nextvisit_mis_fhir_r4.capabilities import capabilities
from nextvisit_mis_fhir_r4.settings import SyncedType
from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig
from nextvisit_sandbox.fhir_store import Origin, Stored

TOKEN = "sandbox-fhir-token"


def free_port() -> int:
    """A port where nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings' references lead."""
    monkeypatch.setenv("FHIR_TOKEN", TOKEN)
    monkeypatch.setenv("FHIR_WRONG_TOKEN", "wrong-token-8461")


def adapter(url: str, **more: Any) -> FhirR4Adapter:
    """An adapter with small pages."""
    return FhirR4Adapter(
        FhirR4Settings(**{"base_url": url, "token": "env:FHIR_TOKEN", "page_size": 40} | more)
    )


class TestFhirR4(MisAdapterSuite):
    """The whole suite."""

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[MisPeer]:
        config = SandboxConfig(patients=60, patients_act=False)
        async with (
            SandboxClinic(config) as clinic,
            FaultProxy(int(clinic.fhir_url.split(":")[2].split("/")[0])) as proxy,
        ):
            url, now = f"http://127.0.0.1:{proxy.port}/fhir", datetime.now(UTC)
            people = [each.resource for each in clinic.store.all("Patient")]
            names = {str(person["name"][0]["family"]) for person in people}
            numbers = {str(point["value"]) for person in people for point in person.get("telecom", [])}
            known = some_known_rows(clinic)
            yield MisPeer(
                adapter=lambda: adapter(url, zone=WARSAW.key, resources=ALL),
                capabilities=capabilities(FhirR4Settings(base_url=url, resources=ALL)),
                patient=MisRef(f"Patient/{people[0]['id']}"),
                wanted=SlotQuery(Specialty("cardiology"), now, now + timedelta(days=21)),
                unreachable=lambda: adapter(
                    f"http://127.0.0.1:{free_port()}/fhir", zone=WARSAW.key, resources=ALL
                ),
                wrong_login=lambda: adapter(url, token="env:FHIR_WRONG_TOKEN"),
                canaries=(*names, *numbers, TOKEN, "wrong-token-8461"),
                expected=known,
                local_times={MisRef("Appointment/known-3"): SUMMER, MisRef("Appointment/known-2"): WINTER},
                change=lambda ref: clinic.store.update(dict(found(clinic, ref).resource)),
                delete=lambda ref: clinic.store.delete(*ref.split("/")),
                break_page=lambda: broken(clinic),
                break_detail=lambda: broken_detail(clinic),
                turn_clock=lambda by: setattr(clinic.clock, "shown", Shifted(by)),
                cut_next=lambda sort: proxy.cut_next(reads if sort == "read" else writes),
                throttle_next=lambda wait: proxy.answer_next(lambda _: True, too_many(wait)),
            )


ALL = tuple(kind for kind in get_args(SyncedType) if kind not in {"RelatedPerson", "Encounter"})
"""That the sandbox has."""
WARSAW = ZoneInfo("Europe/Warsaw")
WINTER = datetime(2026, 2, 11, 8, 15, tzinfo=WARSAW)
SUMMER = datetime(2026, 7, 15, 9, 30, tzinfo=WARSAW)


@dataclass(frozen=True)
class Shifted(SystemClock):
    """Another clock than ours."""

    by: timedelta = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by


def found(clinic: SandboxClinic, ref: str) -> Stored:
    """What the server has under a reference."""
    stored = clinic.store.find(*ref.split("/"))
    assert stored is not None
    return stored


def broken(clinic: SandboxClinic) -> MisRef:
    """A visit of no known status, between others."""
    stored = found(clinic, "Appointment/known-2")
    body = stored.body.replace(b'"cancelled"', b'"Kanarek phoned"')
    assert body != stored.body
    clinic.store.spoil("Appointment", "known-2", body)
    return MisRef("Appointment/known-2")


def broken_detail(clinic: SandboxClinic) -> MisRef:
    """A result of no known state, between others."""
    stored = found(clinic, "DiagnosticReport/known-7")
    body = stored.body.replace(b'"corrected"', b'"Kanarek phoned"')
    assert body != stored.body
    clinic.store.spoil("DiagnosticReport", "known-7", body)
    return MisRef("DiagnosticReport/known-7")


def some_known_rows(clinic: SandboxClinic) -> tuple[Change, ...]:
    """Rows of which it is known here what they must become."""
    person = {"reference": "Patient/known-1"}
    rows: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "known-1", "birthDate": "1943", "deceasedDateTime": "2026-01"},
        a_visit("known-2", person, "cancelled", WINTER),
        a_visit("known-3", person, "noshow", SUMMER),
        *some_known_care(person),
    ]
    for row in rows:
        made = clinic.store.create(row, by=Origin.HISTORY, resource_id=row["id"])
        # Some servers name no zone, which FHIR does not allow; the settings do.
        clinic.store.spoil(row["resourceType"], row["id"], re.sub(rb':00\+0[12]:00"', b':00"', made.body))
    patient = MisRef("Patient/known-1")
    half = timedelta(minutes=30)
    return (
        Patient(patient, "1", None, birth_date="1943", deceased=True),
        Appointment(
            MisRef("Appointment/known-2"),
            "1",
            None,
            patient,
            AppointmentStatus.CANCELLED,
            WINTER,
            WINTER + half,
        ),
        Appointment(
            MisRef("Appointment/known-3"), "1", None, patient, AppointmentStatus.NOSHOW, SUMMER, SUMMER + half
        ),
        Coverage(
            MisRef("Coverage/known-4"),
            "1",
            None,
            patient,
            kind=CoverageKind.PUBLIC,
            plan="GOLD",
            starts=datetime(2026, 1, 1, tzinfo=WARSAW),
            ends=datetime(2027, 1, 1, tzinfo=WARSAW),
        ),
        Condition(
            MisRef("Condition/known-5"),
            "1",
            None,
            patient,
            (Code("I50.1", "http://hl7.org/fhir/sid/icd-10"), Code("84114007", "http://snomed.info/sct")),
            "2024-03",
            ConditionStatus.REMISSION,
        ),
        Procedure(
            MisRef("Procedure/known-6"),
            "1",
            None,
            patient,
            (Code("40701008", "http://snomed.info/sct"),),
            "2026-02-11",
            ProcedureStatus.NOT_DONE,
        ),
        ResultReady(MisRef("DiagnosticReport/known-7"), "1", None, patient, at=WINTER),
        Practitioner(
            MisRef("PractitionerRole/known-8"),
            "1",
            None,
            specialties=(Specialty("cardiology"),),
            locations=(MisRef("Location/location-pod-lipa"),),
            role_of=MisRef("Practitioner/practitioner-cardiology-1"),
        ),
        Location(
            MisRef("Location/known-9"),
            "1",
            None,
            name="Gabinet 7",
            part_of=MisRef("Location/location-pod-lipa"),
            active=False,
        ),
        Service(
            MisRef("HealthcareService/known-10"),
            "1",
            None,
            name="Echo serca",
            specialty=Specialty("cardiology"),
        ),
        ResultReady(MisRef("Observation/known-11"), "1", None, patient, at=WINTER),
    )


def some_known_care(person: dict[str, str]) -> list[dict[str, Any]]:
    """What stops nobody, with what a laboratory or a record may say beside it."""
    terms = "http://terminology.hl7.org/CodeSystem"
    snomed, icd10 = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10"
    cardiology = [{"coding": [{"system": snomed, "code": "394579002"}]}]
    return [
        {
            "resourceType": "Coverage", "id": "known-4", "status": "active", "beneficiary": person,
            "type": {"coding": [{"system": f"{terms}/v3-ActCode", "code": "PUBLICPOL"}]},
            "class": [{"type": {"coding": [{"code": "plan"}]}, "value": "GOLD"}],
            "period": {"start": "2026-01-01", "end": "2026-12-31"}, "subscriberId": "Kanarek 44051401359",
        },
        {
            "resourceType": "Condition", "id": "known-5", "subject": person, "onsetDateTime": "2024-03",
            "clinicalStatus": {"coding": [{"system": f"{terms}/condition-clinical", "code": "remission"}]},
            "code": {"coding": [{"system": icd10, "code": "I50.1"}, {"system": snomed, "code": "84114007"}]},
        },
        {
            "resourceType": "Procedure", "id": "known-6", "subject": person, "status": "not-done",
            "performedDateTime": WINTER.isoformat(),
            "code": {"coding": [{"system": snomed, "code": "40701008"}]},
        },
        {
            "resourceType": "DiagnosticReport", "id": "known-7", "subject": person, "status": "corrected",
            "issued": WINTER.isoformat(), "conclusion": "Kanarek: wynik dodatni",
        },
        {
            "resourceType": "PractitionerRole", "id": "known-8", "specialty": cardiology,
            "practitioner": {"reference": "Practitioner/practitioner-cardiology-1"},
            "location": [{"reference": "Location/location-pod-lipa"}],
        },
        {
            "resourceType": "Location", "id": "known-9", "name": "Gabinet 7", "status": "suspended",
            "partOf": {"reference": "Location/location-pod-lipa"},
        },
        {
            "resourceType": "HealthcareService", "id": "known-10", "name": "Echo serca",
            "specialty": cardiology,
        },
        {
            "resourceType": "Observation", "id": "known-11", "subject": person, "status": "final",
            "category": [{"coding": [{"code": "laboratory"}]}], "issued": WINTER.isoformat(),
            "valueQuantity": {"value": 7.5, "unit": "mmol/l"},
        },
    ]  # fmt: skip


def a_visit(name: str, person: dict[str, str], status: str, start: datetime) -> dict[str, Any]:
    """As FHIR writes it, in the clinic's offset of that day."""
    end = start + timedelta(minutes=30)
    return {
        "resourceType": "Appointment", "id": name, "status": status, "start": start.isoformat(),
        "end": end.isoformat(), "participant": [{"actor": person, "status": "accepted"}],
    }  # fmt: skip


@pytest.mark.anyio
async def test_everything_in_the_sandbox_becomes_a_record() -> None:
    async with SandboxClinic(SandboxConfig(patients=60, patients_act=False)) as clinic:
        mis = adapter(clinic.fhir_url)
        records = [record async for batch in mis.changes(None) for record in mis.parse(batch.body)]
        await mis.close()
    for kind in (Patient, Consent, Appointment):
        assert any(isinstance(record, kind) for record in records), kind
    patients = [record for record in records if isinstance(record, Patient)]
    assert len({patient.ref for patient in patients}) == 60
    assert all(patient.name and patient.birth_date and patient.languages for patient in patients)


@pytest.mark.anyio
async def test_a_slot_names_its_practitioner() -> None:
    async with SandboxClinic(SandboxConfig(patients=10, patients_act=False)) as clinic:
        now = datetime.now(UTC)
        mis = adapter(clinic.fhir_url)
        slots = await mis.free_slots(
            SlotQuery(Specialty("cardiology"), now, now + timedelta(days=21), limit=5)
        )
        await mis.close()
    assert slots
    assert all(slot.practitioner and slot.practitioner_name for slot in slots)
