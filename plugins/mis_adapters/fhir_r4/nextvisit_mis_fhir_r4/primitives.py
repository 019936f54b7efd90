"""The smallest pieces of FHIR JSON: texts, instants, partial dates, references, codings.

Each either gives a value of the promised type or raises Unfit with a reason that holds no data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from nextvisit.sdk.records import MisRef
from nextvisit_mis_fhir_r4.address import Address

Json = dict[str, Any]
_PARTIAL = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_ZONED = re.compile(r".*T.*(?:Z|[+-][0-9]{2}(?::?[0-9]{2})*)", re.IGNORECASE)
_ID = re.compile(r"[A-Za-z0-9\-._]{1,128}")
"""FHIR says up to 64 of these without underscore; servers in the field are wider."""
# https://hl7.org/fhir/R4/datatypes.html#string: below U+0020 only tab, line feed and carriage return. A lone
# surrogate is half an emoji, or a byte that was not UTF-8; neither it nor U+0000 can be stored.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class Unfit(Exception):
    """This resource cannot be read; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def text(value: Any) -> str:
    """A string without surrounding blanks; nothing is an empty one."""
    if value is None:
        return ""
    if type(value) is not str:
        raise Unfit("shape.text")
    if not value.isprintable() and _NO_TEXT.search(value) is not None:
        raise Unfit("text.characters")
    return value.strip()


def items(value: Any) -> list[Any]:
    """A list; nothing is an empty one."""
    if value is None:
        return []
    if type(value) is not list:
        raise Unfit("shape.list")
    return value


def node(value: Any) -> Json:
    """An object; nothing is an empty one."""
    if value is None:
        return {}
    if type(value) is not dict:
        raise Unfit("shape.object")
    return value


def instant(value: Any, zone: tzinfo | None = None) -> datetime:
    """A FHIR instant or dateTime. zone: where clocks are read that name none; without it they are Unfit."""
    raw = text(value)
    try:
        moment = datetime.fromisoformat(raw)
        if "T" not in raw:
            raise Unfit("instant.malformed")
        if moment.tzinfo is None:
            if zone is None:
                raise Unfit("instant.no_zone")
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unfit("instant.malformed") from None


def has_zone(value: str) -> bool:
    """Whether a dateTime with a time, which has been read, said its zone itself."""
    return "T" not in value or _ZONED.fullmatch(value.strip()) is not None


def partial_date(value: Any) -> str | None:
    """A FHIR date with the precision that it has."""
    raw = text(value)
    if not raw:
        return None
    _first_day(raw)
    return raw


def earliest(value: Any, zone: tzinfo | None = None) -> datetime | None:
    """When a dateTime begins; one without a time begins at midnight, of UTC when there is no zone."""
    raw = text(value)
    if not raw:
        return None
    return instant(raw, zone) if "T" in raw else _midnight(_first_day(raw), zone)


def latest(value: Any, zone: tzinfo | None = None) -> datetime | None:
    """When a dateTime is over: the end of a period takes its whole day, month or year with it."""
    raw = text(value)
    if not raw or "T" in raw:
        return earliest(raw, zone)
    first = _first_day(raw)
    try:
        if len(raw) == len("2026-03-31"):
            after = first + timedelta(days=1)
        elif len(raw) == len("2026-03"):
            after = (first + timedelta(days=32)).replace(day=1)
        else:
            after = first.replace(year=first.year + 1)
    except (ValueError, OverflowError):
        raise Unfit("date.malformed") from None
    return _midnight(after, zone)


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return instant(f"{day.isoformat()}T00:00:00", zone or UTC)


def _first_day(raw: str) -> date:
    if not _PARTIAL.fullmatch(raw):
        raise Unfit("date.malformed")
    try:
        return date.fromisoformat((raw + "-01-01")[:10])
    except ValueError:
        raise Unfit("date.malformed") from None


def reference(value: Any, kind: str, base: Address) -> MisRef | None:
    """The `kind/id` that a Reference points to on this server; None when it points to another kind.

    What stands on the same page under the address that is referred to is that. A `urn:uuid:` left over from
    an import stands for the id itself. A reference to another server is Unfit: its ids are not ours.
    """
    raw = text(node(value).get("reference"))
    raw = base.full_urls.get(raw, raw)
    if raw.startswith("urn:uuid:"):
        raw = f"{kind}/{raw[9:]}"
    elif "://" in raw:
        below = base.below(raw)
        if below is None:
            raise Unfit("reference.foreign")
        raw = below
    said, _, rest = raw.removeprefix("/").partition("/")
    name = rest.partition("/")[0]
    is_one = said.casefold() == kind.casefold() and _ID.fullmatch(name) is not None
    return MisRef(f"{kind}/{name}") if is_one else None


def ref_of(resource: Json, kind: str) -> MisRef:
    """What we call this resource."""
    raw = text(resource.get("id"))
    if not _ID.fullmatch(raw):
        raise Unfit("id.malformed")
    return MisRef(f"{kind}/{raw}")


def codings(*concepts: Any) -> Iterator[tuple[str, str]]:
    """(system, code) of every coding in these CodeableConcepts, lists of them, or Codings."""
    for concept in concepts:
        for one in concept if type(concept) is list else [concept]:
            at = node(one)
            for coding in items(at["coding"]) if "coding" in at else [at]:
                inner = node(coding)
                code = text(inner.get("code"))
                if code:
                    yield text(inner.get("system")), code
