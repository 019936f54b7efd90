"""The adapter keeps the SDK's contract with a real FHIR server."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nextvisit.sdk.records import Appointment, Consent, MisRef, Patient, SlotQuery, Specialty
from nextvisit.sdk.testing.suites import MisAdapterSuite, MisPeer
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig

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
        async with SandboxClinic(SandboxConfig(patients=60, patients_act=False)) as clinic:
            now = datetime.now(UTC)
            people = [each.resource for each in clinic.store.all("Patient")]
            names = {str(person["name"][0]["family"]) for person in people}
            numbers = {str(point["value"]) for person in people for point in person.get("telecom", [])}
            yield MisPeer(
                adapter=lambda: adapter(clinic.fhir_url),
                patient=MisRef(f"Patient/{people[0]['id']}"),
                wanted=SlotQuery(Specialty("cardiology"), now, now + timedelta(days=21)),
                unreachable=lambda: adapter(f"http://127.0.0.1:{free_port()}/fhir"),
                wrong_login=lambda: adapter(clinic.fhir_url, token="env:FHIR_WRONG_TOKEN"),
                canaries=(*names, *numbers, TOKEN, "wrong-token-8461"),
            )


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
