"""The clinic's records as its FHIR server holds them, and a hand that has it serve them otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from nextvisit.sdk.records import MisRef
from nextvisit.store.people import patients
from nextvisit.store.people.patients import PatientId
from nextvisit_demo.stage import Stage
from nextvisit_sandbox.population.phones import digits_of
from tests.demo import driver
from tests.demo.driver import Running, patiently
from tests.demo.oddities import Odd

Resource = dict[str, Any]
Held = Mapping[str, list[Resource]]


async def held(stage: Stage, *kinds: str) -> Held:
    """All records of these kinds."""
    async with driver.fhir(stage) as client:
        return {
            kind: [each async for each in driver.everything(client, f"{kind}?_count=500")] for kind in kinds
        }


@dataclass(frozen=True, slots=True)
class Hand:
    """Serves a record otherwise than it is. spoilt: how many of each kind."""

    client: httpx2.AsyncClient
    url: str
    spoilt: Counter[str] = field(default_factory=Counter)

    async def spoil(self, record: Resource, odd: Odd) -> None:
        kind = record["resourceType"]
        answer = await self.client.put(f"{self.url}/{kind}/{record['id']}", content=odd(record))
        answer.raise_for_status()
        self.spoilt[kind] += 1


@asynccontextmanager
async def hand(stage: Stage) -> AsyncIterator[Hand]:
    async with httpx2.AsyncClient(timeout=30) as client:
        yield Hand(client, f"{stage.control_url}/records")


async def known(running: Running, ids: Iterable[str]) -> dict[str, PatientId]:
    """The patients of these FHIR ids, as far as we know them."""
    wanted = list(ids)

    async def ask(tx: Any) -> dict[str, PatientId]:
        found = {each: await patients.by_ref(tx, "clinic", MisRef(f"Patient/{each}")) for each in wanted}
        return {each: patient for each, patient in found.items() if patient is not None}

    answer: dict[str, PatientId] = await patiently(running.appliance, ask)
    return answer


def patient_of(appointment: Resource) -> str:
    actors = (each["actor"]["reference"] for each in appointment["participant"])
    found: str = next(each for each in actors if each.startswith("Patient/"))
    return found.removeprefix("Patient/")


def addresses(patient: Resource) -> set[str]:
    """A mailbox, and a mobile number in digits."""
    points = [
        point for point in patient.get("telecom", ()) if point.get("use") != "home" or "@" in point["value"]
    ]
    return {
        point["value"].lower() if point["system"] == "email" else digits_of(point["value"])
        for point in points
    }


def shared(patients_of: Iterable[Resource]) -> dict[str, int]:
    """Addresses of several patients, and of how many."""
    uses = Counter(address for each in patients_of for address in addresses(each))
    return {address: count for address, count in uses.items() if count > 1}
