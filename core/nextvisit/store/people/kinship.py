"""Which records the MIS holds, or once held, for one person.

A MIS merges records and takes merges back, and a refusal must survive both. So what was merged is remembered:
a refusal reaches every record that was one with its own at the time or afterwards. Where merges followed each
other it may reach one more than that, never one less.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from nextvisit.store.base.engine import Tx
from nextvisit.store.people.identity import PatientId

_JOIN = text(
    """
    INSERT INTO kinship (source, one_digest, other_digest)
    SELECT source, ref_digest, merged_into_digest FROM patient
    WHERE id = ANY(CAST(:ids AS uuid[])) AND merged_into_digest IS NOT NULL
    ON CONFLICT (source, one_digest, other_digest) DO UPDATE SET until = NULL
    """
)
_PART = text(
    """
    UPDATE kinship k SET until = :now FROM patient p
    WHERE p.id = ANY(CAST(:ids AS uuid[])) AND k.source = p.source AND k.one_digest = p.ref_digest
        AND k.until IS NULL AND k.other_digest IS DISTINCT FROM p.merged_into_digest
    """
)

FAMILY: Final = """
    kin AS (
        SELECT source, ref_digest AS digest, CAST('infinity' AS timestamptz) AS until
        FROM patient WHERE id = :patient
        UNION
        SELECT kin.source, CASE k.one_digest WHEN kin.digest THEN k.other_digest ELSE k.one_digest END,
            least(kin.until, k.until)
        FROM kin JOIN kinship k
            ON k.source = kin.source AND (k.one_digest = kin.digest OR k.other_digest = kin.digest)
    ), family AS (
        SELECT kin.digest, p.id, max(kin.until) AS until
        FROM kin LEFT JOIN patient p ON p.source = kin.source AND p.ref_digest = kin.digest
        GROUP BY kin.digest, p.id
    )
"""
"""Common table expressions for a statement WITH RECURSIVE and a parameter `patient`.

family: the patient's record and those that were ever one with it (id: of those that are here); `until`: what
was said of them later than that is no longer the patient's.
"""


async def note(tx: Tx, patients: Sequence[PatientId]) -> None:
    """Remember whom these records are merged into now, and that they are not merged any more into others."""
    parameters = {"ids": list(patients), "now": tx.now}
    await tx.connection.execute(_JOIN, parameters)
    await tx.connection.execute(_PART, parameters)
