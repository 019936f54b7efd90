"""From a page of FHIR to facts, and what encryption costs on the way."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from bench.clinic import SITE, SOURCE, STANDING, TUESDAY
from bench.errors import BenchFailed
from bench.ground import Ground
from bench.measure import Result, Size, in_turns
from nextvisit.domain.connections import Connections
from nextvisit.intake.loop import Intake
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns.programs import StoredPrograms
from nextvisit.store.queues import inbox
from nextvisit.store.vault.keys import Vault
from nextvisit.store.vault.seal import OWN_KEY, DataKey
from nextvisit_mis_fhir_r4.adapter import FhirR4Adapter
from nextvisit_mis_fhir_r4.settings import FhirR4Settings
from nextvisit_sandbox.population.generate import generate

NAME: Final = "intake"
_PAGE: Final = 200
_ORDER: Final = ("Patient", "Consent", "Appointment", "Encounter")


@dataclass(frozen=True, slots=True)
class _Extent:
    patients: int
    rounds: int


_EXTENT: Final[Mapping[Size, _Extent]] = {
    "full": _Extent(patients=300, rounds=3),
    "quick": _Extent(patients=100, rounds=1),
    "tiny": _Extent(patients=20, rounds=1),
}


class _NoCipher:
    """Stands in for AES-GCM."""

    def encrypt(self, _nonce: bytes, plain: bytes, _place: bytes) -> bytes:
        return plain

    def decrypt(self, _nonce: bytes, sealed: bytes, _place: bytes) -> bytes:
        return sealed


class PlainVault(Vault):
    """A vault that seals nothing, to find out what sealing costs. Exists in the bench alone.

    Blind indexes stay: without them nobody would be found.
    """

    @classmethod
    def like(cls, vault: Vault) -> PlainVault:
        """With the same ring."""
        return cls(vault.place, vault._root, vault._intake, vault._ring, vault._active)  # noqa: SLF001  the bench's own kind

    def new_patient_key(self, patient: UUID) -> tuple[DataKey, bytes, int]:
        """A key of no use."""
        del patient
        wrapped = os.urandom(8)  # the wrapped key is what keys are cached by
        self._remember(wrapped, _PLAIN_KEY)
        return _PLAIN_KEY, wrapped, OWN_KEY

    def seal_inbox(self, place: str, plaintext: bytes) -> bytes:
        """As it is."""
        del place
        return plaintext

    def open_inbox(self, place: str, sealed: bytes) -> bytes:
        """As it is."""
        del place
        return sealed

    def seal_blob(self, table: str, column: str, row: UUID | str, plaintext: bytes) -> bytes:
        """As it is."""
        del table, column, row
        return plaintext

    def open_blob(self, table: str, column: str, row: UUID | str, sealed: bytes) -> bytes:
        """As it is."""
        del table, column, row
        return sealed


def _plain_key() -> DataKey:
    key = DataKey(kid=OWN_KEY, secret=bytes(32))
    object.__setattr__(key, "cipher", _NoCipher())
    return key


_PLAIN_KEY: Final = _plain_key()


def pages_of(patients: int) -> Sequence[bytes]:
    """The sandbox clinic as its server would hand it out: type after type, 200 a page."""
    local = TUESDAY.astimezone(SITE.zone)
    made = generate(seed=7, patients=patients, today=local.date())
    pages = []
    for kind in _ORDER:
        entries = [_entry(resource) for resource in made if resource["resourceType"] == kind]
        pages += [_bundle(entries[first : first + _PAGE]) for first in range(0, len(entries), _PAGE)]
    return pages


def _entry(resource: Mapping[str, Any]) -> dict[str, Any]:
    meta = {"versionId": "1", "lastUpdated": "2026-09-07T22:00:00.000Z"}
    return {"resource": {**resource, "meta": meta}, "search": {"mode": "match"}}


def _bundle(entries: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries})


@dataclass(frozen=True, slots=True)
class _Course:
    """One bench under way."""

    ground: Ground
    adapter: FhirR4Adapter
    pages: Sequence[bytes]
    things: int

    async def parse(self) -> float:
        """Resources a second, parsed and forgotten."""
        began = time.perf_counter()
        for page in self.pages:
            self.adapter.parse(page)
        return self.things / (time.perf_counter() - began)

    async def sealed(self) -> float:
        """Resources a second, into facts."""
        async with self.ground.database() as place, place.opened(STANDING) as db:
            return await self._take_in(db)

    async def plain(self) -> float:
        """The same without sealing."""
        async with self.ground.database() as place, place.opened(STANDING) as db:
            db.vault = PlainVault.like(db.vault)
            return await self._take_in(db)

    async def _take_in(self, db: Database) -> float:
        programs = StoredPrograms(frozenset({ChannelKind("sms")}))
        intake = Intake(
            db=db,
            adapters={SOURCE: self.adapter},
            channels={},
            connections=Connections(),
            site=SITE,
            programs=programs,
        )
        began = time.perf_counter()
        for number, page in enumerate(self.pages):
            async with db.transaction() as tx:
                await inbox.put(tx, kind="mis_page", origin=SOURCE, dedupe=str(number), body=page)
        await intake.drain(len(self.pages))
        seconds = time.perf_counter() - began
        async with db.transaction() as tx:
            counts = await inbox.counts(tx)
        if counts["done"] != len(self.pages):
            raise BenchFailed(f"pages are left: {counts}")
        return self.things / seconds


async def run(ground: Ground, size: Size) -> list[Result]:
    """Each round fills an empty database."""
    extent = _EXTENT[size]
    pages = pages_of(extent.patients)
    adapter = FhirR4Adapter(FhirR4Settings(base_url="http://127.0.0.1:1/fhir"))
    course = _Course(ground, adapter, pages, sum(len(adapter.parse(page)) for page in pages))
    rates = await in_turns(
        extent.rounds, {"ours": course.sealed, "parse": course.parse, "plain": course.plain}
    )
    return [
        Result(NAME, "FHIR resources to facts", "/s", rates["ours"], "parsing alone", rates["parse"]),
        Result(NAME, "the same, cost of sealing", "/s", rates["ours"], "plain columns", rates["plain"]),
    ]
