"""Which version of a thing of a MIS was read last, whatever kind of thing it is."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text

from nextvisit.sdk.records import MisRef
from nextvisit.store.base.engine import Tx
from nextvisit.store.people.detail_kinds import KINDS
from nextvisit.store.people.versions import Version

_BY_DIGEST = text(
    """
    SELECT ref_digest, mis_version, mis_updated_at, mis_ahead FROM patient
    WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[]))
    UNION ALL
    SELECT ref_digest, mis_version, mis_updated_at, mis_ahead FROM related_person
    WHERE source = :source AND ref_digest = ANY(CAST(:digests AS bytea[]))
    """
)
_OF_DETAILS = "".join(
    f"""
    UNION ALL SELECT ref, mis_version, mis_updated_at, mis_ahead FROM {kind.table}
    WHERE source = :source AND ref = ANY(CAST(:refs AS text[]))
    """  # noqa: S608  constant names
    for kind in KINDS
)
_BY_REF = text(
    f"""
    SELECT DISTINCT ref, mis_version, mis_updated_at, mis_ahead FROM appointment
    WHERE source = :source AND ref = ANY(CAST(:refs AS text[]))
    UNION ALL
    (SELECT DISTINCT ON (origin_ref) origin_ref, origin_version, origin_updated_at, false FROM consent_event
    WHERE origin = :origin AND origin_ref = ANY(CAST(:refs AS text[]))
    ORDER BY origin_ref, origin_updated_at DESC NULLS LAST, recorded_at DESC)
    {_OF_DETAILS}
    """  # noqa: S608  constant names
)


async def versions_of(tx: Tx, source: str, refs: Iterable[MisRef]) -> dict[MisRef, Version]:
    """Those of these things that were read."""
    digests = {tx.vault.mis_ref_digest(source, ref): ref for ref in refs}
    if not digests:
        return {}
    rows = await tx.connection.execute(_BY_DIGEST, {"source": source, "digests": list(digests)})
    found = {digests[row[0]]: Version(row[1], row[2], ahead=row[3]) for row in rows}
    named = {"source": source, "origin": f"mis:{source}", "refs": list(digests.values())}
    for ref, number, at, ahead in await tx.connection.execute(_BY_REF, named):
        found[MisRef(ref)] = Version(number, at, ahead=ahead)
    return found
