"""What is held of a MIS, by reference and version, to be compared with what the MIS says that it has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from typing import Final

from sqlalchemy import text

from nextvisit.sdk.records import Listed, MisRef
from nextvisit.store.base.engine import Tx
from nextvisit.store.people import patients
from nextvisit.store.people.identity import PatientId

_BY_DIGEST: Final = (
    text(
        "SELECT ref_digest, mis_version FROM patient"
        " WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[]))"
    ),
    text(
        "SELECT ref_digest, version FROM mis_looked_up"
        " WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[]))"
    ),
)
_BY_REF: Final = (
    text(
        "SELECT ref, mis_version FROM appointment WHERE source = :source AND ref = ANY(CAST(:refs AS text[]))"
    ),
    text(
        "SELECT origin_ref, origin_version FROM consent_event"
        " WHERE origin = 'mis:' || :source AND origin_ref = ANY(CAST(:refs AS text[]))"
    ),
)
# What counts for nothing any more is not missed.
_ALL_PATIENTS: Final = text(
    "SELECT id, ref_digest FROM patient WHERE source = :source AND active AND erased_at IS NULL"
)
_ALL_REFS: Final = text(
    """
    SELECT ref FROM appointment WHERE source = :source AND status <> 'entered-in-error'
    UNION
    SELECT origin_ref FROM (
        SELECT DISTINCT ON (origin_ref) origin_ref, active FROM consent_event
        WHERE origin = 'mis:' || :source
        ORDER BY origin_ref, origin_updated_at DESC NULLS LAST, recorded_at DESC
    ) AS newest WHERE active
    """
)
_LOOKED_UP: Final = text(
    """
    INSERT INTO mis_looked_up (source, ref_digest, version)
    SELECT :source, d.digest, d.version
    FROM unnest(CAST(:digests AS bytea[]), CAST(:versions AS text[])) AS d(digest, version)
    ON CONFLICT (source, ref_digest) DO UPDATE SET version = excluded.version
    """
)


async def differing(tx: Tx, source: str, listed: Collection[Listed]) -> list[Listed]:
    """Those of which neither this version is held nor was it looked up before."""
    digests = {tx.vault.mis_ref_digest(source, one.ref): one.ref for one in listed}
    known: dict[MisRef, set[str]] = {}
    for statement in _BY_DIGEST:
        rows = await tx.connection.execute(statement, {"source": source, "digests": list(digests)})
        for digest, version in rows:
            known.setdefault(digests[bytes(digest)], set()).add(version)
    for statement in _BY_REF:
        rows = await tx.connection.execute(statement, {"source": source, "refs": list(digests.values())})
        for ref, version in rows:
            known.setdefault(MisRef(ref), set()).add(version)
    return [one for one in listed if not _is_known(one, known)]


def _is_known(one: Listed, known: Mapping[MisRef, set[str]]) -> bool:
    versions = known.get(one.ref)
    return versions is not None and (not one.version or one.version in versions)


async def missed(tx: Tx, source: str, listed: Collection[bytes]) -> tuple[list[MisRef], int]:
    """What is held and not among these digests of references, and how much is held at all."""
    gone, held = [], 0
    async for ref, digest in _held(tx, source):
        held += 1
        if digest not in listed:
            gone.append(ref if isinstance(ref, str) else await _ref_of(tx, ref))
    return gone, held


async def _held(tx: Tx, source: str) -> AsyncIterator[tuple[PatientId | MisRef, bytes]]:
    for patient, digest in await tx.connection.execute(_ALL_PATIENTS, {"source": source}):
        yield PatientId(patient), bytes(digest)
    for (ref,) in await tx.connection.execute(_ALL_REFS, {"source": source}):
        yield MisRef(ref), tx.vault.mis_ref_digest(source, ref)


async def _ref_of(tx: Tx, patient: PatientId) -> MisRef:
    return (await patients.identity(tx, patient, why="comparing with the MIS")).ref


async def looked_up(tx: Tx, source: str, listed: Iterable[Listed]) -> None:
    """These versions were asked for; what came of it is in the inbox."""
    things = list(listed)
    values = {
        "source": source,
        "digests": [tx.vault.mis_ref_digest(source, one.ref) for one in things],
        "versions": [one.version for one in things],
    }
    await tx.connection.execute(_LOOKED_UP, values)
