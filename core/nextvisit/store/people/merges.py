"""Records that the MIS replaced by another, whichever of the two says so.

A record counts as merged while it says so itself, or while a survivor's record says that it took its place.
Each takes back only what it said, so that it does not matter in which order they come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from nextvisit.store.base.engine import Tx
from nextvisit.store.people.identity import PatientId

_TAKE_BACK = text(
    """
    DELETE FROM replaced_record WHERE source = :source AND by_digest = ANY(CAST(:digests AS bytea[]))
    RETURNING ref_digest
    """
)
_SAY = text(
    """
    INSERT INTO replaced_record (source, by_digest, ref_digest)
    SELECT :source, * FROM unnest(CAST(:by AS bytea[]), CAST(:replaced AS bytea[]))
    ON CONFLICT DO NOTHING
    """
)
_COUNT = text(
    """
    UPDATE patient p SET merged_into_digest = says.digest
    FROM (
        SELECT q.id, coalesce(q.replaced_by_digest, (
            SELECT min(r.by_digest) FROM replaced_record r
            WHERE r.source = q.source AND r.ref_digest = q.ref_digest
        )) AS digest
        FROM patient q WHERE q.source = :source AND q.ref_digest = ANY(CAST(:digests AS bytea[]))
    ) AS says
    WHERE p.id = says.id AND p.merged_into_digest IS DISTINCT FROM says.digest
    RETURNING p.id, p.ref_digest, p.merged_into_digest IS NOT NULL AS merged
    """
)
_SUCCESSION = text(
    """
    SELECT p.merged_into_digest IS NOT NULL AS merged, s.id AS survivor, ARRAY(
        SELECT r.id FROM kinship k JOIN patient r ON r.source = k.source AND r.ref_digest = k.one_digest
        WHERE k.source = p.source AND k.other_digest = p.ref_digest AND k.until IS NULL ORDER BY r.id
    ) AS replaced
    FROM patient p LEFT JOIN patient s ON s.source = p.source AND s.ref_digest = p.merged_into_digest
    WHERE p.id = :patient
    """
)


@dataclass(frozen=True, slots=True)
class Succession:
    """merged: the record has a survivor, which is here unless it is None. replaced: whose survivor it is."""

    merged: bool
    survivor: PatientId | None
    replaced: tuple[PatientId, ...]


# What is deleted in the MIS has no version any more (store.people.deleted).
_WITHOUT_SURVIVOR = text(
    """
    SELECT p.source, count(*) AS patients, min(k.since) AS since,
        (array_agg(p.id ORDER BY k.since DESC, p.id))[1 : 20] AS latest
    FROM patient p
    JOIN kinship k ON k.source = p.source AND k.one_digest = p.ref_digest
        AND k.other_digest = p.merged_into_digest
    LEFT JOIN patient s ON s.source = p.source AND s.ref_digest = p.merged_into_digest
    WHERE p.merged_into_digest IS NOT NULL AND NOT p.deceased
        AND (s.id IS NULL OR (NOT s.active AND s.mis_version = ''))
    GROUP BY p.source
    """
)


@dataclass(frozen=True, slots=True)
class WithoutSurvivor:
    """Those whose survivor the MIS has not told of yet, or has deleted, so that nobody is left to write to.

    since: when the first of them was replaced. latest: some of them, those first who were replaced last.
    """

    patients: int
    since: datetime
    latest: tuple[PatientId, ...]


# UNION leaves out what was met, so that a circle ends.
_IN_CIRCLE = text(
    """
    WITH RECURSIVE way AS (
        SELECT id AS begin, source, ref_digest AS home, merged_into_digest AS next FROM patient
        WHERE id = ANY(CAST(:ids AS uuid[]))
        UNION
        SELECT w.begin, w.source, w.home, p.merged_into_digest FROM way w
        JOIN patient p ON p.source = w.source AND p.ref_digest = w.next AND w.next <> w.home
    )
    SELECT count(DISTINCT begin) FROM way WHERE next = home
    """
)


@dataclass(frozen=True, slots=True)
class Remerged:
    """A record whose survivor changed. merged: it has one now."""

    patient: PatientId
    ref_digest: bytes
    merged: bool


async def settle(tx: Tx, source: str, said: Mapping[bytes, Sequence[bytes]]) -> Sequence[Remerged]:
    """After these records were written. said: by the digest of each, those that it took the place of."""
    before = await tx.connection.execute(_TAKE_BACK, {"source": source, "digests": list(said)})
    touched = {*said, *before.scalars()}
    pairs = [(by, replaced) for by, all_of in said.items() for replaced in all_of if replaced != by]
    if pairs:
        by, replaced = zip(*pairs, strict=True)
        touched.update(replaced)
        await tx.connection.execute(_SAY, {"source": source, "by": list(by), "replaced": list(replaced)})
    rows = await tx.connection.execute(_COUNT, {"source": source, "digests": list(touched)})
    return [Remerged(PatientId(row.id), row.ref_digest, row.merged) for row in rows]


async def succession(tx: Tx, patient: PatientId) -> Succession:
    """Of a patient who is known."""
    row = (await tx.connection.execute(_SUCCESSION, {"patient": patient})).one()
    survivor = None if row.survivor is None else PatientId(row.survivor)
    return Succession(row.merged, survivor, tuple(map(PatientId, row.replaced)))


async def without_survivor(tx: Tx) -> Mapping[str, WithoutSurvivor]:
    """By connection; those where every survivor is here are missing."""
    return {
        row.source: WithoutSurvivor(row.patients, row.since, tuple(map(PatientId, row.latest)))
        for row in await tx.connection.execute(_WITHOUT_SURVIVOR)
    }


async def in_circle(tx: Tx, patients: Sequence[PatientId]) -> int:
    """How many of these lead back to themselves, so that nobody is left of them."""
    if not patients:
        return 0
    return int((await tx.connection.execute(_IN_CIRCLE, {"ids": list(patients)})).scalar_one())
