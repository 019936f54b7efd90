"""The adapter keeps the contract against a FHIR server that nobody here wrote.

sekmet-fhir, a package of its own, pages by offset, searches an SQLite index and has real
transactions. It wants other releases of packages that we pin, so it runs from an environment of its own:
`python -m venv peer && peer/bin/pip install sekmet-fhir==0.1.1`, and its `sekmet` on PATH or in
NEXTVISIT_SEKMET. Without it these tests are skipped.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from nextvisit.sdk.records import BookingRequest, MisRef, SlotQuery, Specialty
from nextvisit.sdk.testing.suites import MisAdapterSuite, MisPeer
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig

SEKMET = os.environ.get("NEXTVISIT_SEKMET") or shutil.which("sekmet")
TOKEN = "sekmet-token-7719"
KINDS = ("Practitioner", "PractitionerRole", "Location", "Schedule", "Patient", "Consent", "Appointment")

pytestmark = pytest.mark.skipif(SEKMET is None, reason="sekmet-fhir is in no environment here")


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings' references lead."""
    monkeypatch.setenv("SEKMET_TOKEN", TOKEN)
    monkeypatch.setenv("SEKMET_WRONG_TOKEN", "wrong-token-8461")


def adapter(url: str, **more: Any) -> FhirR4Adapter:
    """An adapter with small pages."""
    settings = {"base_url": url, "token": "env:SEKMET_TOKEN", "page_size": 15}
    return FhirR4Adapter(FhirR4Settings(**settings | more))


class TestSekmet(MisAdapterSuite):
    """The whole suite."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        """Where the server keeps its database."""
        self.path = tmp_path

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[MisPeer]:
        async with running(self.path) as (url, people):
            now = datetime.now(UTC)
            yield MisPeer(
                adapter=lambda: adapter(url),
                patient=MisRef(f"Patient/{people[0]['id']}"),
                wanted=SlotQuery(Specialty("cardiology"), now, now + timedelta(days=21)),
                unreachable=lambda: adapter(f"http://127.0.0.1:{free_port()}/fhir"),
                wrong_login=lambda: adapter(url, token="env:SEKMET_WRONG_TOKEN"),
                canaries=(*(str(person["name"][0]["family"]) for person in people), TOKEN),
            )

    @pytest.mark.anyio
    async def test_one_booking_asked_for_thirty_times_at_once_is_one_appointment(self) -> None:
        async with self.peer() as peer:
            assert peer.patient is not None
            assert peer.wanted is not None
            mis = peer.adapter()
            assert isinstance(mis, FhirR4Adapter)
            request = BookingRequest("b-30", peer.patient, (await mis.free_slots(peer.wanted))[0])
            made = await asyncio.gather(*(mis.book(request) for _ in range(30)))
            await mis.close()
            assert len({one.ref for one in made}) == 1


def free_port() -> int:
    """A port where nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """The server with a small clinic in it: its address, and its patients."""
    port = free_port()
    settings = {
        "base_url": f"http://127.0.0.1:{port}/fhir",
        "host": "127.0.0.1",
        "port": port,
        "data_dir": str(folder),
        "simulator": {"enabled": False},
        "server_auth": {"types": ["bearer"], "tokens": [TOKEN]},
        "validation": {"inbound": "off"},
        "log_inbound": False,
    }
    file = folder / "settings.yaml"
    file.write_text(json.dumps(settings))
    server = await asyncio.create_subprocess_exec(
        str(SEKMET),
        "serve",
        "-c",
        str(file),
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        resources = await a_clinic()
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
            await answering(client, f"{settings['base_url']}/metadata")
            for bundle in transactions(resources):
                answer = await client.post(str(settings["base_url"]), json=bundle)
                assert answer.status_code == 200, answer.text[:300]
        yield str(settings["base_url"]), [one for one in resources if one["resourceType"] == "Patient"]
    finally:
        server.terminate()
        await server.wait()


async def answering(client: httpx2.AsyncClient, url: str) -> None:
    """Once it answers."""
    async with asyncio.timeout(60):
        while True:
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx2.TransportError:
                await asyncio.sleep(0.1)


async def a_clinic() -> list[dict[str, Any]]:
    """What the sandbox clinic is made of, with the free times of a few days."""
    async with SandboxClinic(SandboxConfig(patients=30, patients_act=False)) as clinic:
        found = [dict(each.resource) for kind in KINDS for each in clinic.store.all(kind)]
        until = (datetime.now(UTC) + timedelta(days=5)).isoformat()
        slots = [dict(each.resource) for each in clinic.store.all("Slot")]
        return [*found, *(one for one in slots if one["status"] == "free" and one["start"] < until)]


def transactions(resources: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each of a hundred, by the ids that they have."""
    for at in range(0, len(resources), 100):
        entries = [
            {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
            for one in resources[at : at + 100]
        ]
        yield {"resourceType": "Bundle", "type": "transaction", "entry": entries}
