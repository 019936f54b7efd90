"""What is held of a MIS, by reference and version, to be compared with what the MIS says that it has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy import text

from nextvisit.sdk.records import Listed, MisRef
from nextvisit.store.base.engine import Tx
from nextvisit.store.people import patients, related
from nextvisit.store.people.detail_kinds import KINDS
from nextvisit.store.people.identity import PatientId
from nextvisit.store.people.versions import AT_ONCE, Version

_BY_DIGEST: Final = (
    text(
        "SELECT ref_digest, mis_version, mis_updated_at, mis_ahead FROM patient"
        " WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[]))"
    ),
    text(
        "SELECT ref_digest, mis_version, mis_updated_at, mis_ahead FROM related_person"
        " WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[]))"
    ),
    text(
        "SELECT ref_digest, version, updated_at, false FROM mis_looked_up"
        " WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[]))"
    ),
)
_BY_REF: Final = (
    text(
        "SELECT ref, mis_version, mis_updated_at, mis_ahead FROM appointment"
        " WHERE source = :source AND ref = ANY(CAST(:refs AS text[]))"
    ),
    # A version that was here once and is not the newest may be all that the MIS has, after a restore.
    text(
        "SELECT DISTINCT ON (origin_ref) origin_ref, origin_version, origin_updated_at, false"
        " FROM consent_event WHERE origin = 'mis:' || :source AND origin_ref = ANY(CAST(:refs AS text[]))"
        " ORDER BY origin_ref, origin_updated_at DESC NULLS LAST, recorded_at DESC"
    ),
    *(
        text(
            f"SELECT ref, mis_version, mis_updated_at, mis_ahead FROM {kind.table}"  # noqa: S608  constants
            " WHERE source = :source AND ref = ANY(CAST(:refs AS text[]))"
        )
        for kind in KINDS
    ),
)
# What counts for nothing any more is not missed.
_ALL_PATIENTS: Final = text(
    "SELECT id, ref_digest FROM patient WHERE source = :source AND active AND erased_at IS NULL"
)
_ALL_RELATED: Final = text(
    """
    SELECT r.id, r.ref_digest FROM related_person r LEFT JOIN patient p ON p.id = r.patient_id
    WHERE r.source = :source AND NOT r.within AND r.active AND p.erased_at IS NULL
    """
)
# A refusal within a consent is listed with it.
_ALL_DETAILS: Final = " ".join(
    f"UNION SELECT ref FROM {kind.table} WHERE source = :source AND NOT gone"  # noqa: S608  constant names
    for kind in KINDS
)
_ALL_REFS: Final = text(
    f"""
    SELECT ref FROM appointment WHERE source = :source AND status <> 'entered-in-error'
    UNION
    SELECT origin_ref FROM (
        SELECT DISTINCT ON (origin_ref) origin_ref, active FROM consent_event
        WHERE origin = 'mis:' || :source
        ORDER BY origin_ref, origin_updated_at DESC NULLS LAST, recorded_at DESC
    ) AS newest WHERE active AND origin_ref NOT LIKE '%#%'
    {_ALL_DETAILS}
    """  # noqa: S608  constant names
)
_LOOKED_UP: Final = text(
    """
    INSERT INTO mis_looked_up (source, ref_digest, version, updated_at)
    SELECT :source, d.digest, d.version, d.at
    FROM unnest(CAST(:digests AS bytea[]), CAST(:versions AS text[]), CAST(:ats AS timestamptz[]))
        AS d(digest, version, at)
    ON CONFLICT (source, ref_digest) DO UPDATE
        SET version = excluded.version, updated_at = excluded.updated_at
    """
)


async def differing(tx: Tx, source: str, listed: Collection[Listed]) -> list[Listed]:
    """Those of which neither this version is held nor was it looked up before."""
    digests = {tx.vault.mis_ref_digest(source, one.ref): one.ref for one in listed}
    known: dict[MisRef, list[Version]] = {}
    for statement in _BY_DIGEST:
        rows = await tx.connection.execute(statement, {"source": source, "digests": list(digests)})
        for digest, *version in rows:
            known.setdefault(digests[bytes(digest)], []).append(Version(*version))
    for statement in _BY_REF:
        rows = await tx.connection.execute(statement, {"source": source, "refs": list(digests.values())})
        for ref, *version in rows:
            known.setdefault(MisRef(ref), []).append(Version(*version))
    return [one for one in listed if not any(_is_of(one, each) for each in known.get(one.ref, ()))]


def _is_of(listed: Listed, known: Version) -> bool:
    """Whether this version may be known: by its name and its date, as far as the MIS says them."""
    if listed.version and listed.version != known.number:
        return False
    if listed.updated_at is None or known.at is None or known.ahead:
        return True
    return timedelta() <= known.at - listed.updated_at < AT_ONCE


async def missed(tx: Tx, source: str, listed: Collection[bytes]) -> tuple[list[MisRef], int]:
    """What is held and not among these digests of references, and how much is held at all."""
    gone, held = [], 0
    async for ref, digest in _held(tx, source):
        held += 1
        if digest not in listed:
            gone.append(await ref())
    return gone, held


async def _held(tx: Tx, source: str) -> AsyncIterator[tuple[Callable[[], Awaitable[MisRef]], bytes]]:
    """What is held, and how to learn what the MIS calls it."""
    for patient, digest in await tx.connection.execute(_ALL_PATIENTS, {"source": source}):
        yield partial(_ref_of, tx, PatientId(patient)), bytes(digest)
    for person, digest in await tx.connection.execute(_ALL_RELATED, {"source": source}):
        yield partial(related.ref_of, tx, person), bytes(digest)
    for (ref,) in await tx.connection.execute(_ALL_REFS, {"source": source}):
        yield partial(_named, MisRef(ref)), tx.vault.mis_ref_digest(source, ref)


async def _ref_of(tx: Tx, patient: PatientId) -> MisRef:
    return (await patients.identity(tx, patient, why="comparing with the MIS")).ref


async def _named(ref: MisRef) -> MisRef:
    return ref


async def looked_up(tx: Tx, source: str, listed: Iterable[Listed]) -> None:
    """These versions were asked for; what came of it is in the inbox."""
    things = list(listed)
    values = {
        "source": source,
        "digests": [tx.vault.mis_ref_digest(source, one.ref) for one in things],
        "versions": [one.version for one in things],
        "ats": [one.updated_at for one in things],
    }
    await tx.connection.execute(_LOOKED_UP, values)
