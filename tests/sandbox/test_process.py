"""The sandbox as a process of its own, and with other people's data."""

from __future__ import annotations

import asyncio
import gzip
import json
import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from nextvisit.clock import ScaledClock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.conftest import Fhir, Opened

pytestmark = pytest.mark.anyio


async def run_once(path: Path) -> dict[str, Any]:
    """Starts, asks, and stops by SIGTERM; what it said when it was ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nextvisit_sandbox", "--config", str(path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        ready: dict[str, Any] = json.loads(line)
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{ready['fhir']}/metadata")).status_code == 200
            assert (await client.get(f"{ready['control']}/control/totals")).json()["mails"] == 0
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0
    assert await process.stdout.read() == b""
    return ready


async def test_a_restarted_process_is_where_it_was(tmp_path: Path) -> None:
    clock = ScaledClock(60, datetime.now(UTC), datetime(2026, 11, 23, 11, tzinfo=UTC))
    config: dict[str, Any] = {
        "patients": 20,
        "clock": clock.to_json(),
        "tls_dir": str(tmp_path / "tls"),
        "ca_file": str(tmp_path / "ca.pem"),
    }
    path = tmp_path / "sandbox.json"
    path.write_text(json.dumps(config))
    first = await run_once(path)
    authority = (tmp_path / "ca.pem").read_bytes()
    config |= {
        "http_port": int(first["control"].rpartition(":")[2]),
        "smtp_port": first["smtp_port"],
        "smpp_port": first["smpp_port"],
    }
    path.write_text(json.dumps(config))
    assert await run_once(path) == first
    assert (tmp_path / "ca.pem").read_bytes() == authority


async def test_files_bring_their_own_people(opened: Opened, fhir: Fhir, tmp_path: Path) -> None:
    patient_id, visit_id = "6c5d9ca9-54d7-42f5-bfae-a7c19cd217f2", "17b801ac-58e3-4f6b-8b48-8e33f3a36086"
    files = {
        "Patient": {"resourceType": "Patient", "id": patient_id, "name": [{"family": "Lemke"}]},
        "Encounter": {
            "resourceType": "Encounter",
            "id": visit_id,
            "status": "finished",
            "subject": {"reference": f"urn:uuid:{patient_id}"},
            "period": {"start": "2025-06-18T17:30:49-04:00"},
        },
    }
    for kind, resource in files.items():
        (tmp_path / f"{kind}.ndjson.gz").write_bytes(gzip.compress(json.dumps(resource).encode() + b"\n"))
    async with opened(data=tmp_path) as clinic, fhir(clinic) as client:
        assert [each.resource["id"] for each in clinic.store.all("Patient")] == [patient_id]
        query = {"patient": patient_id, "date": "ge2025-06-18"}
        found = (await client.get("Encounter", params=query)).json()
        assert [entry["resource"]["id"] for entry in found["entry"]] == [visit_id]
        assert (await client.get("Slot", params={"status": "free"})).json()["total"] > 1000


async def test_patients_are_switched_and_bookings_counted(opened: Opened, fhir: Fhir) -> None:
    async with opened() as clinic, fhir(clinic) as client:
        made = {"resourceType": "Appointment", "status": "booked", "participant": []}
        await client.post("Appointment", json=made)
        async with httpx2.AsyncClient(base_url=clinic.control_url, trust_env=False) as control:
            counts = (await control.get("/control/appointments")).json()
            assert (counts["api_booked"], counts["desk_booked"]) == (1, 0)
            assert (await control.post("/control/patients/act", json={"enabled": True})).json() == {
                "enabled": True
            }
            assert clinic.patients.act
            assert (await control.post("/control/patients/act", json={})).status_code == 400
            assert (await control.post("/control/fhir/down")).status_code == 404
            journal = (await control.get("/control/journal?limit=5")).json()
            assert journal == {"mails": [], "texts": [], "refused": [], "throttled": []}
