"""Which version of which resource, and when that came to be."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from nextvisit.sdk.records import MisRef
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, instant, node, text

if TYPE_CHECKING:
    from datetime import tzinfo

    from nextvisit_mis_fhir_r4.oddities import Oddities

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_VERSIONS: Final = 10**15
_LONGEST_VERSION: Final = 200


@dataclass(frozen=True, slots=True)
class Stamp:
    """dated: the server said when the version came to be; otherwise `updated_at` only orders versions."""

    ref: MisRef
    version: str
    updated_at: datetime
    dated: bool = True


def stamp_of(resource: Json, ref: MisRef, asked_at: datetime | None, odd: Oddities) -> Stamp:
    """asked_at: when the page was made, if it says so.

    `meta.lastUpdated` is optional (https://hl7.org/fhir/R4/resource.html#Meta). Without it versions
    are put in order by their number, else by the time of the page; without these too, what came last is the
    newest.
    """
    meta = odd.spared("version", node, resource.get("meta")) or {}
    updated = odd.time("last_updated", _instant, meta.get("lastUpdated"))
    version = odd.spared("version", _version, meta.get("versionId")) or ""
    if updated is not None:
        return Stamp(ref, version or updated.isoformat(), updated)
    odd.note("last_updated.malformed")
    if version.isascii() and version.isdigit() and int(version) < _MOST_VERSIONS:
        since = _BEGINNING + timedelta(microseconds=int(version))
        return Stamp(ref, version, since, dated=False)
    return Stamp(ref, version or digest_of_content(resource), asked_at or _BEGINNING, dated=False)


def _instant(value: object, zone: tzinfo | None) -> datetime | None:
    return None if value is None else instant(value, zone)


def _version(value: object) -> str:
    version = text(value)
    if len(version) > _LONGEST_VERSION:
        raise Unfit("shape.text")
    return version


def digest_of_content(resource: Json) -> str:
    """What stands for a version that the server does not number."""
    try:
        whole = json.dumps(resource, sort_keys=True).encode()
    except RecursionError:
        return "unknown"
    return "content-" + hashlib.blake2b(whole, digest_size=16).hexdigest()
