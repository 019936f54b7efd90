"""Which version of which resource, and when that came to be."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from nextvisit.sdk.records import MisRef
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, instant, node, text

if TYPE_CHECKING:
    from datetime import tzinfo

    from nextvisit_mis_fhir_r4.oddities import Oddities

_LONGEST_VERSION: Final = 200


@dataclass(frozen=True, slots=True)
class Stamp:
    """dated: the server said when the version came to be; otherwise `updated_at` is the time of the page."""

    ref: MisRef
    version: str
    updated_at: datetime | None
    dated: bool = True

    @property
    def changed_at(self) -> datetime | None:
        """When the version came to be, as the server says it."""
        return self.updated_at if self.dated else None


def stamp_of(resource: Json, ref: MisRef, asked_at: datetime | None, odd: Oddities) -> Stamp:
    """asked_at: when the page was made, if it says so.

    `meta.lastUpdated` is optional (https://hl7.org/fhir/R4/resource.html#Meta). Without it a version has its
    number, if that is one, else the time of the page. Of two edits in one second the date is the same, so a
    digest of the content, and no date, stands for a version that the server does not name.
    """
    meta = odd.spared("version", node, resource.get("meta")) or {}
    updated = odd.time("last_updated", _instant, meta.get("lastUpdated"))
    version = odd.spared("version", _version, meta.get("versionId")) or ""
    if updated is not None:
        return Stamp(ref, version or digest_of_content(resource), updated)
    odd.note("last_updated.malformed")
    if version.isdecimal():
        return Stamp(ref, version, None, dated=False)
    return Stamp(ref, version or digest_of_content(resource), asked_at, dated=False)


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
