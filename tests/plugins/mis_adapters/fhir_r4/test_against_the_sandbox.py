"""The adapter keeps the SDK's contract with a real FHIR server."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nextvisit.clock import SystemClock
from nextvisit.sdk.records import (
    Appointment,
    AppointmentStatus,
    Change,
    Consent,
    MisRef,
    Patient,
    SlotQuery,
    Specialty,
)
from nextvisit.sdk.testing.fault_proxy import FaultProxy, reads, too_many, writes
from nextvisit.sdk.testing.suites import MisAdapterSuite, MisPeer
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from nextvisit_mis_fhir_r4.capabilities import capabilities
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
                adapter=lambda: adapter(url, zone=WARSAW.key),
                capabilities=capabilities(FhirR4Settings(base_url=url)),
                patient=MisRef(f"Patient/{people[0]['id']}"),
                wanted=SlotQuery(Specialty("cardiology"), now, now + timedelta(days=21)),
                unreachable=lambda: adapter(f"http://127.0.0.1:{free_port()}/fhir", zone=WARSAW.key),
                wrong_login=lambda: adapter(url, token="env:FHIR_WRONG_TOKEN"),
                canaries=(*names, *numbers, TOKEN, "wrong-token-8461"),
                expected=known,
                local_times={MisRef("Appointment/known-3"): SUMMER, MisRef("Appointment/known-2"): WINTER},
                change=lambda ref: clinic.store.update(dict(found(clinic, ref).resource)),
                delete=lambda ref: clinic.store.delete(*ref.split("/")),
                break_page=lambda: broken(clinic),
                turn_clock=lambda by: setattr(clinic.clock, "shown", Shifted(by)),
                cut_next=lambda sort: proxy.cut_next(reads if sort == "read" else writes),
                throttle_next=lambda wait: proxy.answer_next(lambda _: True, too_many(wait)),
            )


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


def some_known_rows(clinic: SandboxClinic) -> tuple[Change, ...]:
    """Rows of which it is known here what they must become."""
    person = {"reference": "Patient/known-1"}
    rows: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "known-1", "birthDate": "1943", "deceasedDateTime": "2026-01"},
        a_visit("known-2", person, "cancelled", WINTER),
        a_visit("known-3", person, "noshow", SUMMER),
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
    )


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
