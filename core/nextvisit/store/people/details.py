"""Details of a MIS into their tables, a page at a time, and out of them again: see `detail_kinds`.

None of them stops us or permits anything, so of two versions of which nobody knows which is the later one,
the one that comes last is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import orjson
from sqlalchemy import text
from uuid_utils.compat import uuid7

from nextvisit.sdk.records import Detail, MisRef, PhoneCall
from nextvisit.store.base.engine import Tx
from nextvisit.store.people.detail_kinds import KINDS, OF_PATIENTS, DetailKind, RowToWrite
from nextvisit.store.people.identity import PatientId
from nextvisit.store.people.versions import Version, place, version_of
from nextvisit.store.reading.mis import lock_source

_COMMON: Final = {
    "id": "uuid",
    "ref": "text",
    "mis_version": "text",
    "mis_updated_at": "timestamptz",
    "mis_ahead": "boolean",
}


def _known(kind: DetailKind) -> str:
    return (
        f"SELECT id, ref, mis_version, mis_updated_at, mis_ahead FROM {kind.table}"  # noqa: S608  constants
        " WHERE source = :source AND ref = ANY(CAST(:refs AS text[]))"
    )


def _upsert(kind: DetailKind) -> str:
    own = {**_COMMON, **kind.columns}
    came = own | ({"patient_digest": "bytea"} if kind.about_patient else {})
    written = [*own, "gone", *(["patient_digest", "patient_id"] if kind.about_patient else [])]
    taken = [f"a.{each}" for each in own] + ["false"]
    taken += ["a.patient_digest", "p.id"] if kind.about_patient else []
    whose = (
        "LEFT JOIN patient p ON p.source = :source AND p.ref_digest = a.patient_digest"
        " WHERE p.erased_at IS NULL"
        if kind.about_patient
        else ""
    )
    kept = {"id", "ref"}
    return f"""
        INSERT INTO {kind.table} (source, {", ".join(written)})
        SELECT :source, {", ".join(taken)}
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS a({", ".join(f"{n} {t}" for n, t in came.items())})
        {whose}
        ON CONFLICT (source, ref) DO UPDATE SET
            {", ".join(f"{each} = excluded.{each}" for each in written if each not in kept)}
        {f"WHERE NOT {kind.table}.forgotten" if kind.record is PhoneCall else ""}
    """  # noqa: S608  constant names


def _remove(kind: DetailKind) -> str:
    emptied = ", ".join(f"{each} = DEFAULT" for each in kind.columns)
    return (
        f"UPDATE {kind.table} SET gone = true, mis_version = '', {emptied}"  # noqa: S608  constants
        " WHERE source = :source AND ref = ANY(CAST(:refs AS text[])) AND NOT gone"
    )


_STATEMENTS: Final = {
    kind.record: (text(_known(kind)), text(_upsert(kind)), text(_remove(kind))) for kind in KINDS
}
_NOW_ERASED: Final = text(
    """
    SELECT a.ref FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS a(ref text, patient_digest bytea)
    JOIN patient p ON p.source = :source AND p.ref_digest = a.patient_digest WHERE p.erased_at IS NOT NULL
    """
)
_ADOPT: Final = [
    text(
        f"UPDATE {kind.table} f SET patient_id = p.id FROM patient p"  # noqa: S608  constants
        " WHERE p.id = ANY(CAST(:ids AS uuid[])) AND f.patient_id IS NULL AND f.source = p.source"
        " AND f.patient_digest = p.ref_digest"
    )
    for kind in OF_PATIENTS
]
_REFS: Final = text(
    " UNION ALL ".join(
        f"SELECT source, ref FROM {kind.table} WHERE patient_id = :id"  # noqa: S608  constants
        for kind in OF_PATIENTS
    )
)
_OF_PATIENT: Final = text(
    " UNION ALL ".join(
        f"SELECT '{kind.table}', count(*) FROM {kind.table} WHERE patient_id = :id AND NOT gone"  # noqa: S608
        for kind in OF_PATIENTS
    )
)
_OF_SOURCES: Final = text(
    " UNION ALL ".join(
        f"SELECT source, '{kind.table}', count(*) FROM {kind.table} WHERE NOT gone GROUP BY source"  # noqa: S608
        for kind in KINDS
    )
)


async def upsert_many(
    tx: Tx, source: str, details: Iterable[Detail], *, country: str, has_now: bool = False
) -> None:
    """Take in a page. Outdated and repeated records change nothing; of an erased patient nothing is kept.

    country: ISO 3166, where callers' numbers live that name none. has_now: as in `versions.place`.
    """
    by_kind: dict[type[Detail], list[Detail]] = {}
    for each in details:
        by_kind.setdefault(type(each), []).append(each)
    if by_kind:
        await lock_source(tx, source)
    for kind in KINDS:
        if kind.record in by_kind:
            await _upsert_kind(tx, source, kind, by_kind[kind.record], country=country, has_now=has_now)


async def _upsert_kind(
    tx: Tx, source: str, kind: DetailKind, details: Sequence[Detail], *, country: str, has_now: bool
) -> None:
    newest: dict[MisRef, Detail] = {}
    for each in details:
        other = newest.get(each.ref)
        if other is None or place(_version(tx, each), _version(tx, other)) != "earlier":
            newest[each.ref] = each
    read, write, remove_ = _STATEMENTS[kind.record]
    found = await tx.connection.execute(read, {"source": source, "refs": list(newest)})
    known = {row.ref: row for row in found}
    rows = []
    for each in newest.values():
        was = known.get(each.ref)
        if was is not None:
            before = Version(was.mis_version, was.mis_updated_at, ahead=was.mis_ahead)
            if place(_version(tx, each), before, has_now=has_now) in {"here", "earlier"}:
                continue
        writing = RowToWrite(tx.vault, uuid7() if was is None else was.id, country)
        rows.append(_row(tx, source, kind, each, writing))
    if rows:
        values = {"source": source, "rows": orjson.dumps(rows, default=_plain).decode()}
        await tx.connection.execute(write, values)
        if kind.about_patient:
            # It was another's, and is said to be one's who was erased: then it is nobody's.
            now_erased = (await tx.connection.execute(_NOW_ERASED, values)).scalars()
            await tx.connection.execute(remove_, {"source": source, "refs": list(now_erased)})


def _row(tx: Tx, source: str, kind: DetailKind, detail: Detail, writing: RowToWrite) -> dict[str, Any]:
    version = _version(tx, detail)
    row = {
        "id": writing.row,
        "ref": detail.ref,
        "mis_version": version.number,
        "mis_updated_at": version.at,
        "mis_ahead": version.ahead,
        **kind.values(detail, writing),
    }
    if kind.about_patient:
        row["patient_digest"] = tx.vault.mis_ref_digest(source, getattr(detail, "patient"))  # noqa: B009
    return row


def _plain(value: object) -> str:
    match value:
        case bytes():
            return f"\\x{value.hex()}"
        case Decimal():
            return str(value)
    raise TypeError


def _version(tx: Tx, detail: Detail) -> Version:
    return version_of(detail.version, detail.updated_at, tx.now)


async def adopt(tx: Tx, patients: Sequence[PatientId]) -> None:
    """These patients have just arrived: what waited for them is theirs."""
    for statement in _ADOPT if patients else ():
        await tx.connection.execute(statement, {"ids": list(patients)})


async def remove(tx: Tx, source: str, refs: Iterable[MisRef]) -> None:
    """The MIS has these no more: their names stay, and nothing else."""
    values = {"source": source, "refs": list(refs)}
    for _, _, statement in _STATEMENTS.values():
        await tx.connection.execute(statement, values)


async def refs_of(tx: Tx, patient: PatientId) -> tuple[bytes, ...]:
    """The digests of what the MIS calls the details of a patient."""
    found = await tx.connection.execute(_REFS, {"id": patient})
    return tuple(tx.vault.mis_ref_digest(row.source, row.ref) for row in found)


async def counts(tx: Tx, patient: PatientId) -> Mapping[str, int]:
    """How many of each kind are known of a patient, by table; without those of which there are none."""
    found = await tx.connection.execute(_OF_PATIENT, {"id": patient})
    return {table: count for table, count in found if count}


async def counts_by_source(tx: Tx) -> Mapping[str, Mapping[str, int]]:
    """How many of each kind there are, by connection and table."""
    found: dict[str, dict[str, int]] = {}
    for source, table, count in await tx.connection.execute(_OF_SOURCES):
        found.setdefault(source, {})[table] = count
    return found
