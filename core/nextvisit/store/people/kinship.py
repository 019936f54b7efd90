"""Which records the MIS holds, or once held, for one person.

A MIS merges records, takes merges back, and registers somebody whom it has already; a refusal must survive
all of it. So what was merged is remembered, and who bears one personal number is one person: a refusal
reaches every record that was one with its own at the time or afterwards. Where merges followed each other,
or a number was typed into the wrong record, it may reach one more than that, never one less.

A number that many bear is nobody's: somebody had to type one. Together with one date of birth more of them
are believed, for few have both in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import text

from nextvisit.store.base.engine import Tx
from nextvisit.store.people.identity import PatientId, PersonalNumber

_BEARERS: Final = 5
_BEARERS_BORN_THAT_DAY: Final = 20
"""So many records of one person are believed."""

_JOIN = text(
    """
    INSERT INTO kinship (source, one_digest, other_digest, since)
    SELECT source, ref_digest, merged_into_digest, :now FROM patient
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
_BEAR = text(
    """
    INSERT INTO personal_number (digest, source, ref_digest, with_birth)
    SELECT digest, :source, ref_digest, with_birth
    FROM unnest(CAST(:digests AS bytea[]), CAST(:refs AS bytea[]), CAST(:with_birth AS boolean[]))
        AS borne(digest, ref_digest, with_birth)
    ON CONFLICT (digest, source, ref_digest) DO UPDATE SET until = NULL
        WHERE personal_number.until IS NOT NULL
    """
)
_BEAR_NO_MORE = text(
    """
    UPDATE personal_number n SET until = :now
    WHERE source = :source AND ref_digest = ANY(CAST(:records AS bytea[])) AND until IS NULL AND NOT EXISTS (
        SELECT FROM unnest(CAST(:digests AS bytea[]), CAST(:refs AS bytea[])) AS borne(digest, ref_digest)
        WHERE borne.digest = n.digest AND borne.ref_digest = n.ref_digest
    )
    """
)
_BELIEVED: Final = f"""
    (SELECT count(*) FROM (
        SELECT FROM personal_number b WHERE b.digest = n.digest LIMIT {_BEARERS_BORN_THAT_DAY + 1}
    ) AS bearers) <= CASE WHEN n.with_birth THEN {_BEARERS_BORN_THAT_DAY} ELSE {_BEARERS} END
"""  # noqa: S608  constants


def family(of: str = ":patient") -> str:
    """Common table expressions for a statement WITH RECURSIVE.

    of: whose, in SQL; a parameter, or a query of their ids. family: their records and those that were ever
    one with them (id: of those that are here); `until`: what was said of them later than that is no longer
    theirs.
    """
    return f"""
        kin AS (
            SELECT source, ref_digest AS digest, CAST('infinity' AS timestamptz) AS until
            FROM patient WHERE id IN ({of})
            UNION
            SELECT other.source, other.digest, least(kin.until, other.until)
            FROM kin CROSS JOIN LATERAL (
                SELECT k.source, CASE k.one_digest WHEN kin.digest THEN k.other_digest ELSE k.one_digest END
                    AS digest, k.until
                FROM kinship k
                WHERE k.source = kin.source AND (k.one_digest = kin.digest OR k.other_digest = kin.digest)
                UNION ALL
                SELECT o.source, o.ref_digest, least(n.until, o.until)
                FROM personal_number n JOIN personal_number o ON o.digest = n.digest
                WHERE n.source = kin.source AND n.ref_digest = kin.digest AND {_BELIEVED}
            ) AS other
        ), family AS (
            SELECT kin.digest, p.id, max(kin.until) AS until
            FROM kin LEFT JOIN patient p ON p.source = kin.source AND p.ref_digest = kin.digest
            GROUP BY kin.digest, p.id
        )
    """  # noqa: S608  constants


def twin_died(record: str) -> str:
    """Whether one with the record's number and its date of birth has died, in SQL. record: the patient's row.

    A number alone does not tell it: a newborn is registered under the mother's.
    """
    return f"""
        EXISTS (
            SELECT FROM personal_number n JOIN personal_number o ON o.digest = n.digest
                JOIN patient twin ON twin.source = o.source AND twin.ref_digest = o.ref_digest
            WHERE n.source = {record}.source AND n.ref_digest = {record}.ref_digest AND n.with_birth
                AND n.until IS NULL AND o.until IS NULL AND twin.id <> {record}.id AND twin.deceased
                AND {_BELIEVED}
        )
    """


_OF = text(
    f"""
    WITH RECURSIVE {family()}
    SELECT DISTINCT id FROM family WHERE id IS NOT NULL AND until = 'infinity' ORDER BY id
    """  # noqa: S608  constants
)
_HAS_DEAD_TWIN = text(f"SELECT {twin_died('p')} FROM patient p WHERE p.id = :patient")  # noqa: S608  constants
_NOBODYS = text(
    f"""
    SELECT count(DISTINCT n.ref_digest) FROM personal_number n JOIN patient p
        ON p.source = n.source AND p.ref_digest = n.ref_digest
    WHERE p.id = ANY(CAST(:ids AS uuid[])) AND n.until IS NULL AND NOT n.with_birth AND NOT {_BELIEVED}
    """  # noqa: S608  constants
)


async def note(tx: Tx, patients: Sequence[PatientId]) -> None:
    """Remember whom these records are merged into now, and that they are not merged any more into others."""
    parameters = {"ids": list(patients), "now": tx.now}
    await tx.connection.execute(_JOIN, parameters)
    await tx.connection.execute(_PART, parameters)


async def bear(tx: Tx, source: str, borne: Mapping[bytes, Iterable[PersonalNumber]]) -> None:
    """Remember which numbers these records bear now. borne: all of them, by the digest of the record."""
    pairs = [(number, record) for record, numbers in borne.items() for number in numbers]
    parameters: dict[str, Any] = {
        "source": source,
        "digests": [number.digest for number, _ in pairs],
        "refs": [record for _, record in pairs],
        "with_birth": [number.with_birth for number, _ in pairs],
    }
    if pairs:
        await tx.connection.execute(_BEAR, parameters)
    del parameters["with_birth"]
    parameters |= {"records": list(borne), "now": tx.now}
    await tx.connection.execute(_BEAR_NO_MORE, parameters)


async def of(tx: Tx, patient: PatientId) -> tuple[PatientId, ...]:
    """The records that are one person's now, this one included; in a stable order."""
    return tuple(map(PatientId, (await tx.connection.execute(_OF, {"patient": patient})).scalars()))


async def has_dead_twin(tx: Tx, patient: PatientId) -> bool:
    """See `twin_died`."""
    return bool((await tx.connection.execute(_HAS_DEAD_TWIN, {"patient": patient})).scalar())


async def with_numbers_of_many(tx: Tx, patients: Sequence[PatientId]) -> int:
    """How many of these bear a number that so many bear that it is nobody's."""
    if not patients:
        return 0
    return int((await tx.connection.execute(_NOBODYS, {"ids": list(patients)})).scalar_one())
