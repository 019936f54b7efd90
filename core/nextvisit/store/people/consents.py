"""What patients allowed and refused. Append-only: a later decision is a later row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, RowMapping, text
from uuid_utils.compat import uuid7

from nextvisit.domain.consent import ConsentEvent
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.records import ChannelKind, Consent, Purpose
from nextvisit.store.base.digest import vouches
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.people import kinship, related
from nextvisit.store.people.consent_versions import Said, beside, news
from nextvisit.store.people.identity import IDENTIFIER, ContactDigest, PatientId
from nextvisit.store.people.versions import Version, version_of
from nextvisit.store.reading.mis import lock_source

_KNOWN = text(
    """
    SELECT origin_ref, origin_version, origin_updated_at, patient_digest, decision, purposes, channels,
        active, at, dated, starts_at, expires_at
    FROM consent_event WHERE origin = :origin AND origin_ref = ANY(CAST(:refs AS text[]))
    ORDER BY origin_ref, origin_updated_at DESC NULLS LAST, recorded_at DESC
    """
)
BY_STAFF: Final = "staff"
"""The origin of a refusal that a person took down."""

_INSERT = text(
    """
    INSERT INTO consent_event (id, patient_digest, patient_id, decision, purposes, channels, at, dated,
        starts_at, expires_at, active, origin, origin_ref, origin_version, origin_updated_at, recorded_at)
    SELECT :id, :digest, (SELECT id FROM patient WHERE source = :source AND ref_digest = :digest), :decision,
        CAST(:purposes AS text[]), CAST(:channels AS text[]), :at, :dated, :starts_at, :expires_at, :active,
        :origin, :ref, :version, :updated_at, :now
    """
)
_WRITTEN = text("SELECT * FROM consent_event WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id")
_WITHDRAW = text(
    """
    INSERT INTO consent_event (id, patient_id, address_digest, decision, purposes, spaces, at, dated, active,
        origin, origin_ref, origin_version, recorded_at, taken_down_by)
    VALUES (:id, :patient, :address, 'withdraw', CAST(:purposes AS text[]), CAST(:spaces AS text[]), :now,
        true, true, :origin, :ref, '', :now, :by)
    ON CONFLICT (origin, origin_ref, origin_version, origin_updated_at) DO NOTHING
    RETURNING *
    """
)
# Of a MIS record only its newest version speaks, and only while it is in force. Of others than the patient
# only refusals count; and a permit whose record is about somebody else by now is not the patient's any more.
# `first`: when a record that may have had many versions was first seen. `since`: when it first said what it
# says, with nothing else said in between; a new date alone is no new permit, nor is one that is back. What is
# dated ahead was said when it came.
_COUNTING = f"""
    WITH RECURSIVE {kinship.family()}, address AS (
        SELECT d.digest, max(f.until) AS until FROM family f JOIN contact_digest d ON d.patient_id = f.id
        WHERE d.kind <> '{IDENTIFIER}' GROUP BY d.digest
        UNION ALL
        SELECT unnest(CAST(:addresses AS bytea[])), CAST('infinity' AS timestamptz)
    ), said AS (
        SELECT c.*, c.patient_id = :patient AS own, f.until
        FROM family f JOIN consent_event c ON c.patient_id = f.id
        UNION ALL
        SELECT c.*, false, f.until FROM family f JOIN consent_event c
            ON c.patient_id IS NULL AND c.patient_digest = f.digest
        UNION ALL
        SELECT c.*, false, a.until FROM address a JOIN consent_event c ON c.address_digest = a.digest
    ), newest AS (
        SELECT DISTINCT ON (origin, origin_ref, own) *,
            min(recorded_at) OVER (PARTITION BY origin, origin_ref) AS first
        FROM said
        ORDER BY origin, origin_ref, own, origin_updated_at DESC NULLS LAST, recorded_at DESC, until DESC
    ), counting AS (
        SELECT * FROM newest n
        WHERE active AND CASE decision WHEN 'permit' THEN own AND NOT EXISTS (
            SELECT FROM consent_event later WHERE later.origin = n.origin AND later.origin_ref = n.origin_ref
                AND later.origin_updated_at > n.origin_updated_at
        ) ELSE own OR first <= until END
    )
    SELECT decision, purposes, channels, spaces, at, dated, starts_at, expires_at, origin, (
        SELECT min(least(e.at, e.recorded_at)) FROM consent_event e
        WHERE e.origin = counting.origin AND e.origin_ref = counting.origin_ref
            AND (e.decision, e.purposes, e.channels)
                = (counting.decision, counting.purposes, counting.channels)
            AND NOT EXISTS (
                SELECT FROM consent_event o
                WHERE o.origin = counting.origin AND o.origin_ref = counting.origin_ref
                    AND o.origin_updated_at > e.origin_updated_at
                    AND o.origin_updated_at < counting.origin_updated_at
                    AND (o.decision, o.purposes, o.channels)
                        <> (counting.decision, counting.purposes, counting.channels)
            )
    ) AS since
    """  # noqa: S608  constant names
_PATIENTS_THERE = (
    "SELECT patient_id FROM contact_digest"
    " WHERE :as_guardian AND kind = :kind AND digest = :digest AND NOT former"
)
_GUARDIANS_THERE = (
    "SELECT related_id FROM related_digest WHERE kind = :kind AND digest = :digest AND until IS NULL"
)
_EVENTS = text(f"{_COUNTING} FROM counting ORDER BY at, recorded_at, id")
_TOLD = text(
    f"""
    {_COUNTING}, own, patient_id, taken_down_by, address_digest IS NOT NULL AS at_address,
        EXISTS (SELECT FROM family f WHERE f.id = patient_id) AS kin
    FROM counting ORDER BY at, recorded_at, id
    """  # noqa: S608  constant names
)
_OF_READERS = text(
    f"""
    WITH RECURSIVE {kinship.family(_PATIENTS_THERE)}, {related.guardian(_GUARDIANS_THERE)}, address AS (
        SELECT d.digest, least(g.until, coalesce(d.until, 'infinity')) AS until
        FROM guardian g JOIN related_digest d ON d.related_id = g.id
        UNION
        SELECT d.digest, f.until FROM family f JOIN contact_digest d ON d.patient_id = f.id
        WHERE d.kind <> '{IDENTIFIER}'
    ), said AS (
        SELECT c.*, a.until FROM address a JOIN consent_event c ON c.address_digest = a.digest
        UNION ALL
        SELECT c.*, f.until FROM family f JOIN consent_event c ON c.patient_id = f.id
    )
    SELECT DISTINCT decision, purposes, channels, spaces, at, dated, starts_at, expires_at, origin,
        at AS since
    FROM said WHERE decision <> 'permit' AND origin NOT LIKE 'mis:%' AND recorded_at <= until ORDER BY at
    """  # noqa: S608  constant names
)


@dataclass(frozen=True, slots=True)
class Told:
    """A decision as people are told of it: once, however many records and addresses it is kept for.

    own: it was said for the patient's own record. kin: for these, which are or were one with it.
    at_addresses: it holds for whoever is known at the addresses that it came from. by: who took it down, if
    it was said to staff.
    """

    event: ConsentEvent
    own: bool
    kin: tuple[PatientId, ...]
    at_addresses: bool
    by: str | None


async def record_many(
    tx: Tx, source: str, consents: Sequence[Consent], *, has_now: bool = False
) -> Sequence[Consent]:
    """Keep a page of records; returns those that were not here yet. Repeated versions change nothing.

    A record without the date of the decision counts from when it was first seen saying the same.
    Records of patients who have not arrived are kept and adopted when the patient comes.

    has_now: as in `versions.place`.
    """
    if not consents:
        return ()
    await lock_source(tx, source)
    parameters = {"origin": f"mis:{source}", "refs": list({consent.ref for consent in consents})}
    known: dict[str, list[Said]] = {}
    for row in await tx.connection.execute(_KNOWN, parameters):
        known.setdefault(row.origin_ref, []).append(_known(row))
    fresh: list[Consent] = []
    rows: list[dict[str, Any]] = []
    for consent in sorted(consents, key=lambda consent: consent.updated_at or tx.now):
        before = known.setdefault(consent.ref, [])
        came = _came(tx, source, consent, before)
        came, order = news(came, before, has_now=has_now)
        if order == "here":
            continue
        came = replace(came, version=beside(came.version, before, order))
        before.insert(len(before) if order == "earlier" else 0, came)
        fresh.append(consent)
        rows.append(_row(tx, source, consent, came))
    if rows:
        await tx.connection.execute(_INSERT, rows)
        written = await tx.connection.execute(_WRITTEN, {"ids": [row["id"] for row in rows]})
        tx.audit(*map(_entry, written.mappings()))
    return fresh


def _known(row: Row[Any]) -> Said:
    return Said(
        version=Version(row.origin_version, row.origin_updated_at),
        patient=row.patient_digest,
        decision=row.decision,
        purposes=frozenset(row.purposes),
        channels=frozenset(row.channels),
        active=row.active,
        times=(row.at if row.dated else None, row.starts_at, row.expires_at),
        at=row.at,
    )


def _came(tx: Tx, source: str, consent: Consent, before: Sequence[Said]) -> Said:
    said = Said(
        version=version_of(consent.version, consent.updated_at, tx.now),
        patient=tx.vault.mis_ref_digest(source, consent.patient),
        decision=consent.decision,
        purposes=frozenset(consent.purposes),
        channels=frozenset(consent.channels),
        active=consent.active,
        times=(consent.given_at, consent.starts_at, consent.expires_at),
        at=consent.given_at or tx.now,
    )
    # What the patient decided is as old as the first version of the record that says the same.
    same_words = consent.given_at is None and bool(before) and before[0].words == said.words
    return replace(said, at=before[0].at) if same_words else said


def _sorted(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(map(str, values)))


def _row(tx: Tx, source: str, consent: Consent, said: Said) -> dict[str, Any]:
    given_at, starts_at, expires_at = said.times
    return {
        "id": uuid7(),
        "source": source,
        "digest": said.patient,
        "decision": said.decision,
        "purposes": list(_sorted(said.purposes)),
        "channels": list(_sorted(said.channels)),
        "at": said.at,
        "dated": given_at is not None,
        "starts_at": starts_at,
        "expires_at": expires_at,
        "active": said.active,
        "origin": f"mis:{source}",
        "ref": consent.ref,
        "version": consent.version,
        "updated_at": said.version.at,
        "now": tx.now,
    }


def _entry(row: RowMapping) -> Entry:
    body = {
        "decision": row["decision"],
        "purposes": ",".join(row["purposes"]),
        "channels": ",".join(row["channels"]),
        "active": row["active"],
        "origin": row["origin"],
    }
    return Entry("consent.recorded", "consent", str(row["id"]), body={**body, **vouched(row)})


def vouched(row: RowMapping) -> Mapping[str, str]:
    """What goes into the entry of a row. Of a record the patient is found by its digest, now or later."""
    patient = row["patient_id"] if row["patient_digest"] is None else None
    return vouches("consent_event", {**row, "patient_id": patient})


async def withdraw(
    tx: Tx,
    patient: PatientId | None,
    *,
    purposes: Iterable[Purpose],
    origin: str,
    origin_ref: str,
    spaces: Iterable[AddressSpace] = (),
    address: ContactDigest | None = None,
) -> bool:
    """Somebody wants no more of these; no spaces: at no address. False when it was recorded already.

    patient: None when nobody is known who said it.
    address: where it came from; it holds for everybody who is, or will be, known there.
    origin: reply, page, unsubscribe, staff. origin_ref: what makes it the same when it comes again.
    """
    row: dict[str, UUID | str | bytes | datetime | list[str] | None] = {
        "id": uuid7(),
        "patient": patient,
        "address": None if address is None else address[1],
        "purposes": list(_sorted(purposes)),
        "spaces": list(_sorted(spaces)),
        "origin": origin,
        "ref": origin_ref,
        "now": tx.now,
        "by": tx.actor if origin == BY_STAFF else None,
    }
    written = (await tx.connection.execute(_WITHDRAW, row)).mappings().one_or_none()
    if written is None:
        return False
    body = {
        "purposes": ",".join(_sorted(purposes)),
        "spaces": ",".join(_sorted(spaces)),
        "origin": origin,
    }
    if address is not None:
        body["address"] = address[1].hex()
    body |= vouched(written)
    tx.audit(
        Entry("consent.withdrawn", "patient", str(patient), body=body)
        if patient is not None
        else Entry("consent.withdrawn", "address", str(row["id"]), body=body)
    )
    return True


async def events(
    tx: Tx, patient: PatientId, *, address: ContactDigest | None = None
) -> tuple[ConsentEvent, ...]:
    """What counts for this patient, oldest first, for domain.consent.

    The patient's own decisions; the refusals of every record that is or was the same person's; and those that
    came from an address of any of them, or from `address`, which is about to be written to.
    """
    parameters = {"patient": patient, "addresses": [] if address is None else [address[1]]}
    return tuple(map(_event, await tx.connection.execute(_EVENTS, parameters)))


async def of_readers(tx: Tx, address: ContactDigest, *, as_guardian: bool) -> tuple[ConsentEvent, ...]:
    """What whoever reads at this address has refused for themselves, at whatever address of theirs.

    Readers are those who are somebody's guardian there; as_guardian: and the patients who are reached there,
    for they are written to about somebody else. What a MIS says of a patient's consent is about that patient.
    """
    kind, digest = address
    parameters = {"kind": kind, "digest": digest, "as_guardian": as_guardian}
    return tuple(map(_event, await tx.connection.execute(_OF_READERS, parameters)))


async def told(tx: Tx, patient: PatientId, *, at: Iterable[ContactDigest] = ()) -> tuple[Told, ...]:
    """The same for people, with those that came from the addresses `at`, which are not the patient's own."""
    parameters = {"patient": patient, "addresses": [digest for _, digest in at]}
    kept: dict[ConsentEvent, list[Row[Any]]] = {}
    for row in await tx.connection.execute(_TOLD, parameters):
        kept.setdefault(_event(row), []).append(row)
    return tuple(_told(patient, event, rows) for event, rows in kept.items())


def _told(patient: PatientId, event: ConsentEvent, rows: Sequence[Row[Any]]) -> Told:
    at_addresses = any(row.at_address for row in rows)
    return Told(
        event=event,
        # One that came from an address stands beside whoever said it there, and alone for all others there.
        own=any(row.own and row.at_address == at_addresses for row in rows),
        kin=tuple(sorted({PatientId(row.patient_id) for row in rows if row.kin} - {patient})),
        at_addresses=at_addresses,
        by=rows[0].taken_down_by,
    )


def _event(row: Row[Any]) -> ConsentEvent:
    return ConsentEvent(
        decision=row.decision,
        purposes=tuple(Purpose(purpose) for purpose in row.purposes),
        channels=tuple(ChannelKind(channel) for channel in row.channels),
        at=row.at,
        expires_at=row.expires_at,
        source=row.origin,
        spaces=tuple(AddressSpace(space) for space in row.spaces),
        dated=row.dated,
        starts_at=row.starts_at,
        since=row.since,
    )
