"""A patient and their journeys, found by what identifies them. Every look-up and every find is audited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from nextvisit.desk import typed_addresses
from nextvisit.sdk.addresses import EMAIL, PHONE, AddressSpace
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.journeys import journeys
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.people import (
    consents,
    details,
    holds,
    kinship,
    merges,
    patients,
    related,
    reply_holds,
    suppressions,
)
from nextvisit.store.people.consents import Told
from nextvisit.store.people.holds import Hold
from nextvisit.store.people.identity import PatientId
from nextvisit.store.people.merges import Succession
from nextvisit.store.people.reply_holds import HeldByReply
from nextvisit.store.people.suppressions import Kept


@dataclass(frozen=True, slots=True)
class KnownPatient:
    """Ids and facts, never a name. held: what of the patient could not be read, so that nobody writes.

    reply_holds: what the patient wrote and nobody has seen to.
    twin_died: another record with this one's number and date of birth is of somebody who has died.
    succession: whether another record took its place, and whose place it took. consents: the decisions that
    count. suppressions: those in force, also at the addresses of the patient and of who answers for them.
    details: how many coverages, conditions and their like are known, by kind.
    """

    patient: PatientId
    active: bool
    deceased: bool
    twin_died: bool
    test: bool
    restricted: bool
    succession: Succession
    held: tuple[Hold, ...]
    reply_holds: tuple[HeldByReply, ...]
    consents: tuple[Told, ...]
    suppressions: tuple[Kept, ...]
    journeys: tuple[JourneyHead, ...]
    details: Mapping[str, int]


async def by_phone(database: Database, written: str, country: str, by: str) -> list[KnownPatient]:
    """`written` in any writing; without its country's code it is one of `country`. Raises ConfigError."""
    number = typed_addresses.phone(written, country)
    return await _told(database, "phone", by, _of_family(PHONE.space, number))


async def by_email(database: Database, address: str, country: str, by: str) -> list[KnownPatient]:
    """Raises ConfigError when it is no address."""
    mailbox = typed_addresses.email(address, country)
    return await _told(database, "email", by, _of_family(EMAIL.space, mailbox))


def _of_family(space: AddressSpace, spelled: str) -> Callable[[Tx], Awaitable[tuple[PatientId, ...]]]:
    """Who has this address, and whose guardian has it."""

    async def look(tx: Tx) -> tuple[PatientId, ...]:
        address = patients.address(tx, space, spelled)
        own = await patients.known_at(tx, address)
        return tuple(dict.fromkeys((*own, *await related.guarded_from(tx, address))))

    return look


async def by_identifier(database: Database, system: str, value: str, by: str) -> list[KnownPatient]:
    """As the MIS writes both."""
    return await _told(database, "identifier", by, lambda tx: patients.find_by_identifier(tx, system, value))


async def by_id(database: Database, patient: UUID, by: str) -> KnownPatient:
    """Raises Rejected when there is no such patient."""
    async with database.transaction(actor=by) as tx:
        return await _one(tx, PatientId(patient))


async def confirm(database: Database, patient: UUID, by: str) -> bool:
    """Somebody has looked: it is the same one. False when nothing held the patient for that."""
    async with database.transaction(actor=by) as tx:
        await patients.facts(tx, PatientId(patient))
        return await holds.end_changed(tx, PatientId(patient))


async def _told(
    database: Database,
    by_what: Literal["phone", "email", "identifier"],
    by: str,
    look: Callable[[Tx], Awaitable[tuple[PatientId, ...]]],
) -> list[KnownPatient]:
    """The entries say by what somebody was sought, never the number or address itself."""
    async with database.transaction(actor=by) as tx:
        found = await look(tx)
        tx.audit(Entry("patient.sought", "patient", by_what, body={"found": len(found)}))
        return [await _one(tx, patient) for patient in found]


async def _one(tx: Tx, patient: PatientId) -> KnownPatient:
    tx.audit(Entry("patient.found", "patient", str(patient)))
    record = await patients.facts(tx, patient)
    runs = await journeys.listing(tx, journeys.Filters(patient=patient))
    guardians = await related.addresses_of_guardians(tx, patient)
    own = await patients.addresses_of(tx, patient)
    bans = await suppressions.listing(tx, of=[patient, *own, *guardians])
    return KnownPatient(
        patient=patient,
        active=record.active,
        deceased=record.deceased,
        twin_died=await kinship.has_dead_twin(tx, patient),
        test=record.test,
        restricted=record.restricted,
        succession=await merges.succession(tx, patient),
        held=await holds.of_patient(tx, patient),
        reply_holds=tuple(await reply_holds.in_force(tx, patient)),
        consents=await consents.told(tx, patient, at=guardians),
        suppressions=tuple(bans),
        journeys=tuple(runs),
        details=await details.counts(tx, patient),
    )
