"""Where a pull goes on, as text.

For each type: the watermark (the largest `lastUpdated` that a finished round saw, by the server's
clock), the page that comes next when a round is under way, and what was seen near the top.

A round starts `overlap` before the watermark, so it meets again what it has seen. `seen` holds short
digests of id and version so that such a page is not delivered for ever; `pages` does the same for
whole pages when more things share one instant than `seen` may hold.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from nextvisit.sdk.errors import ProtocolError
from nextvisit.sdk.records import Cursor

_VERSION = 1
_MOST_SEEN = 2000
_MOST_PAGES = 500


@dataclass(frozen=True, slots=True)
class Sighting:
    """One resource of a page: a digest of what and which version, and when the server changed it."""

    digest: str
    updated: datetime | None


@dataclass(frozen=True, slots=True)
class Round:
    """How far one type is. `top` is the newest thing of the round under way."""

    watermark: datetime | None = None
    top: datetime | None = None
    next_link: str | None = None
    seen: Mapping[str, datetime] = field(default_factory=dict)
    pages: tuple[str, ...] = ()

    def knows(self, page: Iterable[Sighting]) -> bool:
        """Whether nothing on this page is new. A page of nothing has nothing new."""
        sightings = list(page)
        return all(one.digest in self.seen for one in sightings) or _page_digest(sightings) in self.pages

    def after(self, page: Iterable[Sighting], next_link: str | None, overlap: timedelta) -> Round:
        """This round once `page` is safe; it is over when there is no next page."""
        sightings = list(page)
        times = [one.updated for one in sightings if one.updated is not None]
        top = max([*times, *filter(None, [self.top])], default=None)
        over = next_link is None
        watermark = max(filter(None, [self.watermark, top]), default=None) if over else self.watermark
        newest = max(filter(None, [self.watermark, top]), default=None)
        seen = {
            digest: at
            for digest, at in (
                *self.seen.items(),
                *((one.digest, one.updated) for one in sightings if one.updated is not None),
            )
            if newest is None or at >= newest - overlap
        }
        latest = dict(sorted(seen.items(), key=lambda pair: pair[1])[-_MOST_SEEN:])
        pages = self.pages
        if sightings and not all(one.digest in latest for one in sightings):
            pages = (*[one for one in pages if one != _page_digest(sightings)], _page_digest(sightings))
        return Round(
            watermark=watermark,
            top=None if over else top,
            next_link=next_link,
            seen=latest,
            pages=pages[-_MOST_PAGES:],
        )

    def restarted(self) -> Round:
        """The same round from its beginning, after its next page has expired."""
        return replace(self, next_link=None, top=None)


Rounds = dict[str, Round]


def digest_of(ref: str, version: str) -> str:
    """60 bits that stand for one version of one resource."""
    raw = hashlib.blake2b(f"{ref} {version}".encode(), digest_size=8).digest()
    return base64.urlsafe_b64encode(raw).decode("ascii")[:10]


def _page_digest(sightings: list[Sighting]) -> str:
    return digest_of("page", " ".join(one.digest for one in sightings))


def load(cursor: Cursor | None) -> Rounds:
    """Raises ProtocolError when this is no cursor of ours."""
    if cursor is None:
        return {}
    try:
        whole = orjson.loads(cursor)
        if whole["version"] != _VERSION:
            raise ProtocolError("fhir.cursor", "made by another version", whose="ours")
        return {kind: _load_round(one) for kind, one in whole["rounds"].items()}
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProtocolError("fhir.cursor", "not a cursor of this adapter", whose="ours") from error


def dump(rounds: Mapping[str, Round]) -> Cursor:
    """The inverse of `load`."""
    whole = {"version": _VERSION, "rounds": {kind: _dump_round(one) for kind, one in rounds.items()}}
    return Cursor(orjson.dumps(whole).decode())


def _dump_round(one: Round) -> dict[str, Any]:
    return {
        "watermark": one.watermark,
        "top": one.top,
        "next": one.next_link,
        "seen": dict(one.seen),
        "pages": one.pages,
    }


def _load_round(raw: dict[str, Any]) -> Round:
    return Round(
        watermark=_instant(raw["watermark"]),
        top=_instant(raw["top"]),
        next_link=raw["next"],
        seen={digest: datetime.fromisoformat(at) for digest, at in raw["seen"].items()},
        pages=tuple(raw["pages"]),
    )


def _instant(raw: str | None) -> datetime | None:
    return None if raw is None else datetime.fromisoformat(raw)
