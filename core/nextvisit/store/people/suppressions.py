"""Bans on writing to a patient or to an address: who put them, on what evidence, and who lifted them.

A ban on a patient follows the person through merges as a refusal does. One on an address holds for everybody
who is written to there, and for nobody elsewhere: when the MIS gives another address, that one is tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text, update
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from nextvisit.domain.contact_policy import Suppression, SuppressionKind
from nextvisit.sdk.errors import Rejected
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.store.base.digest import vouches
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import SuppressionId
from nextvisit.store.base.tables import SuppressionRow, table_of
from nextvisit.store.people import kinship
from nextvisit.store.people.identity import ContactDigest, PatientId
from nextvisit.store.people.patients import patient_key
from nextvisit.store.vault.seal import DataKey, open_sealed, seal

_rows = table_of(SuppressionRow)
_TABLE = "suppression"

_IN_FORCE = text(
    f"""
    WITH RECURSIVE {kinship.family()}
    SELECT s.kind, s.purposes, s.channels, s.until, false AS at_address
    FROM family f JOIN suppression s ON s.patient_id = f.id WHERE s.lifted_at IS NULL AND s.since <= f.until
    UNION ALL
    SELECT kind, purposes, channels, until, true FROM suppression
    WHERE space = :space AND address_digest = :address AND lifted_at IS NULL
    """  # noqa: S608  constant names
)
_OF_FAMILY = text(
    f"""
    WITH RECURSIVE {kinship.family()}
    SELECT s.id FROM family f JOIN suppression s ON s.patient_id = f.id WHERE s.since <= f.until
    """  # noqa: S608  constant names
)


@dataclass(frozen=True, slots=True)
class Ban:
    """What was asked for. purposes, channels: empty means all. until: None means for good.

    code: the evidence, without patient data. reason: in words; it is kept sealed.
    """

    kind: SuppressionKind
    code: str
    purposes: Sequence[Purpose] = ()
    channels: Sequence[ChannelKind] = ()
    until: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A ban as it is listed, without its words. Either patient or space, the kind of its address, is None."""

    id: SuppressionId
    kind: SuppressionKind
    patient: PatientId | None
    space: str | None
    purposes: tuple[Purpose, ...]
    channels: tuple[ChannelKind, ...]
    since: datetime
    until: datetime | None
    code: str
    put_by: str
    lifted_at: datetime | None
    lifted_by: str | None


async def put(tx: Tx, of: PatientId | ContactDigest, ban: Ban) -> SuppressionId:
    """From now on. Of an erased patient no words are kept."""
    number = SuppressionId(uuid7())
    row = await _row(tx, number, of, ban)
    await tx.connection.execute(insert(_rows).values(row))
    _audit(tx, row)
    return number


async def put_address(tx: Tx, address: ContactDigest, *, code: str) -> bool:
    """The address is dead, or not the patient's. False when that is known already."""
    number, ban = SuppressionId(uuid7()), Ban("address", code)
    row = await _row(tx, number, address, ban)
    written = await tx.connection.scalar(
        insert(_rows).values(row).on_conflict_do_nothing().returning(_rows.c.id)
    )
    if written is None:
        return False
    _audit(tx, row)
    return True


async def lift(tx: Tx, number: SuppressionId, *, reason: str) -> bool:
    """No longer. False when there is no such ban, or when it was lifted before."""
    found = (await tx.connection.execute(select(_rows).where(_rows.c.id == number))).one_or_none()
    if found is None:
        return False
    change = update(_rows).where(_rows.c.id == number, _rows.c.lifted_at.is_(None))
    sealed = await _sealed(tx, number, _patient(found), "sealed_lift_reason", reason)
    lifted = {"lifted_at": tx.now, "lifted_by": tx.actor, "sealed_lift_reason": sealed}
    if await tx.connection.scalar(change.values(lifted).returning(_rows.c.id)) is None:
        return False
    body = vouches("suppression.lifted", {"id": number, **lifted})
    tx.audit(Entry("suppression.lifted", "suppression", str(number), body=body))
    return True


async def in_force(
    tx: Tx, patient: PatientId | None, address: ContactDigest | None = None
) -> tuple[Suppression, ...]:
    """All that stands against writing to the patient, and to this address, for `domain.contact_policy`."""
    space, digest = (None, None) if address is None else address
    rows = await tx.connection.execute(_IN_FORCE, {"patient": patient, "space": space, "address": digest})
    return tuple(
        Suppression(
            kind=row.kind,
            purposes=tuple(Purpose(each) for each in row.purposes),
            channels=tuple(ChannelKind(each) for each in row.channels),
            until=row.until,
            at_address=row.at_address,
        )
        for row in rows
    )


async def listing(
    tx: Tx, *, of: Iterable[PatientId | ContactDigest] | None = None, lifted: bool = False, limit: int = 100
) -> Sequence[Kept]:
    """The newest first; of everybody, or of these. lifted: those too that no longer hold.

    Of a patient, those too that were put on another record which is or was the same person's.
    """
    query = select(_rows).order_by(_rows.c.since.desc(), _rows.c.id.desc()).limit(limit)
    if not lifted:
        query = query.where(_rows.c.lifted_at.is_(None), (_rows.c.until.is_(None)) | (_rows.c.until > tx.now))
    if of is not None:
        those = list(of)
        known = [each for each in those if isinstance(each, UUID)]
        family = {number for each in known for number in await _of_family(tx, each)}
        at = [each[1] for each in those if not isinstance(each, UUID)]
        query = query.where(_rows.c.id.in_(family) | _rows.c.address_digest.in_(at))
    return [_kept(row) for row in await tx.connection.execute(query)]


async def _of_family(tx: Tx, patient: PatientId) -> Iterable[UUID]:
    return (await tx.connection.execute(_OF_FAMILY, {"patient": patient})).scalars()


async def get(tx: Tx, number: SuppressionId) -> Kept | None:
    """Without its words."""
    row = (await tx.connection.execute(select(_rows).where(_rows.c.id == number))).one_or_none()
    return None if row is None else _kept(row)


async def words(tx: Tx, number: SuppressionId) -> tuple[str | None, str | None]:
    """Why it was put, and why it was lifted, as somebody said it; reading that is an audited access."""
    row = (await tx.connection.execute(select(_rows).where(_rows.c.id == number))).one_or_none()
    if row is None:
        return None, None
    tx.audit(Entry("suppression.read", "suppression", str(number)))
    put_for = await _opened(tx, number, _patient(row), "sealed_reason", row.sealed_reason)
    return put_for, await _opened(tx, number, _patient(row), "sealed_lift_reason", row.sealed_lift_reason)


async def _opened(
    tx: Tx, number: SuppressionId, patient: PatientId | None, column: str, sealed: bytes | None
) -> str | None:
    if sealed is None:
        return None
    if patient is None:
        return tx.vault.open_blob(_TABLE, column, number, sealed).decode()
    key = await _key(tx, patient)
    return None if key is None else open_sealed(key, _TABLE, column, number, sealed).decode()


def _patient(row: Row[Any]) -> PatientId | None:
    return None if row.patient_id is None else PatientId(row.patient_id)


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        id=SuppressionId(row.id),
        kind=row.kind,
        patient=_patient(row),
        space=row.space,
        purposes=tuple(Purpose(each) for each in row.purposes),
        channels=tuple(ChannelKind(each) for each in row.channels),
        since=row.since,
        until=row.until,
        code=row.code,
        put_by=row.put_by,
        lifted_at=row.lifted_at,
        lifted_by=row.lifted_by,
    )


async def _row(tx: Tx, number: SuppressionId, of: PatientId | ContactDigest, ban: Ban) -> dict[str, Any]:
    patient = of if isinstance(of, UUID) else None
    space, digest = (None, None) if isinstance(of, UUID) else of
    return {
        "id": number,
        "kind": ban.kind,
        "patient_id": patient,
        "space": space,
        "address_digest": digest,
        "purposes": [each.value for each in ban.purposes],
        "channels": list(ban.channels),
        "since": tx.now,
        "until": ban.until,
        "code": ban.code,
        "sealed_reason": await _sealed(tx, number, patient, "sealed_reason", ban.reason),
        "put_by": tx.actor,
    }


async def _sealed(
    tx: Tx, number: SuppressionId, patient: PatientId | None, column: str, said: str | None
) -> bytes | None:
    if said is None:
        return None
    if patient is None:
        return tx.vault.seal_blob(_TABLE, column, number, said.encode())
    key = await _key(tx, patient)
    return None if key is None else seal(key, _TABLE, column, number, said.encode())


async def _key(tx: Tx, patient: PatientId) -> DataKey | None:
    try:
        return await patient_key(tx, patient)
    except Rejected:
        return None  # erased: there is no key any more that could be destroyed


def _audit(tx: Tx, row: Mapping[str, Any]) -> None:
    about = {"patient": str(row["patient_id"])} if row["patient_id"] else {"space": row["space"]}
    body = {"kind": row["kind"], "code": row["code"], **about, **vouches("suppression.put", row)}
    tx.audit(Entry("suppression.put", "suppression", str(row["id"]), body=body))
