"""The rows that entries vouch for, held against them: each has its entry, each entry its row, and both agree.

Rows and entries come in one order, so that two streams are merged and nothing is held in memory but a few.
Of a part that is written again and again (which version is active, how a key stands) the last entry counts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from nextvisit.store.base.digest import COVERED, Part, instant_sql, is_instant, row_digest, row_name

Fault = Literal["changed", "removed", "no entry"]
"""Of a row: not as its entry says; gone; there, and no entry tells of it."""

MOST: Final = 100
"""So many faults are named; the others are counted."""

_LATEST: Final = frozenset[Part]({"campaign.active_version", "key_ring"})
_AS_TEXT: Final[Mapping[Part, str]] = {
    "campaign_version.applied": "campaign || ' ' || version",
    "campaign_version.approved": "campaign || ' ' || version",
    "campaign.active_version": "campaign",
    "key_ring": "kid::text",
}
_WHERE: Final[Mapping[Part, str]] = {
    "message": "state = 'sent'",
    "auto_reply": "state = 'sent'",
    "campaign_version.approved": "approved_by IS NOT NULL",
    "campaign.active_version": "active_version IS NOT NULL",
    "suppression.lifted": "lifted_at IS NOT NULL",
}
# A record's consent belongs to whoever the record is about, once that one is here: digest and link agree.
_OF_RECORD: Final = """
    CASE WHEN c.patient_digest IS NULL THEN c.patient_id::text
        WHEN c.patient_id IS NOT DISTINCT FROM (
            SELECT p.id FROM patient p WHERE p.ref_digest = c.patient_digest AND 'mis:' || p.source = c.origin
        ) THEN NULL
        ELSE 'another record' END AS patient_id"""
# What a body says is written by `json.dumps`, which escapes every quote inside a value.
_ENTRIES: Final = text(
    """
    SELECT substring(body FROM '"row":"([^"\\\\]*)"') AS row,
        substring(body FROM '"digest":"([0-9a-f]{64})"') AS digest
    FROM audit_event WHERE position(:mark IN body) > 0
    ORDER BY substring(body FROM '"row":"([^"\\\\]*)"') COLLATE "C", at_wall, shard, seq
    """
)


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that contradicts the chain. row: its key."""

    part: Part
    row: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class RowsCompared:
    """rows: how many were held against their entries. faults: the first of them. more: how many others."""

    rows: int
    faults: tuple[RowFault, ...]
    more: int


@dataclass(slots=True)
class _Entries:
    """digests: of all entries that tell of the row."""

    row: str
    digests: list[str]


async def compare(connection: AsyncConnection) -> RowsCompared:
    """In the caller's snapshot."""
    rows = 0
    faults: list[RowFault] = []
    more = 0
    for part in COVERED:
        async for fault in _merged(connection, part):
            if fault is None:
                rows += 1
            elif len(faults) < MOST:
                faults.append(fault)
            else:
                more += 1
    return RowsCompared(rows, tuple(faults), more)


async def _merged(connection: AsyncConnection, part: Part) -> AsyncIterator[RowFault | None]:
    """None for each row; a fault for each that is one."""
    entries = _entries(connection, part)
    told = await anext(entries, None)
    async for row in _rows(connection, part):
        name = row_name(part, row)
        while told is not None and told.row < name:
            yield RowFault(part, told.row, "removed")
            told = await anext(entries, None)
        yield None
        if told is None or told.row != name:
            yield RowFault(part, name, "no entry")
            continue
        digests = told.digests[-1:] if part in _LATEST else told.digests
        if set(digests) != {row_digest(part, row)}:
            yield RowFault(part, name, "changed")
        told = await anext(entries, None)
    while told is not None:
        yield RowFault(part, told.row, "removed")
        told = await anext(entries, None)


async def _entries(connection: AsyncConnection, part: Part) -> AsyncIterator[_Entries]:
    current: _Entries | None = None
    async with connection.stream(_ENTRIES, {"mark": f'"covers":"{part}"'}) as found:
        async for row, digest in found:
            if row is None or digest is None:
                continue  # somebody's own words; the chain proves them, and they vouch for nothing
            if current is not None and current.row == row:
                current.digests.append(digest)
                continue
            if current is not None:
                yield current
            current = _Entries(row, [digest])
    if current is not None:
        yield current


def _column(table: str, name: str) -> str:
    if is_instant(name):
        return f"{instant_sql(f'c.{name}')} AS {name}"
    return _OF_RECORD if table == "consent_event" and name == "patient_id" else f"c.{name}"


async def _rows(connection: AsyncConnection, part: Part) -> AsyncIterator[Mapping[Any, Any]]:
    table = part.partition(".")[0]
    columns = ", ".join(_column(table, name) for name in COVERED[part])
    query = (
        f"SELECT {columns} FROM {table} c WHERE {_WHERE.get(part, 'true')}"  # noqa: S608  constant names
        f' ORDER BY ({_AS_TEXT.get(part, "c.id::text")}) COLLATE "C"'
    )
    async with connection.stream(text(query)) as found:
        async for row in found:
            yield row._mapping  # noqa: SLF001  its public name
