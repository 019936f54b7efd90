"""What of a row an audit entry vouches for, as one digest.

An entry holds `covers`, `row` and `digest`. Whoever edits, removes or adds such a
row behind our back contradicts the chain: `audit.covered` compares both. What may lawfully change later (a
delivery report, who a consent's record belongs to) is left out.

The digest is SHA-256 over the table and the texts of `COVERED`'s columns, each behind its length; a missing
value is a NUL, which no text of the database holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

import orjson

from nextvisit.sdk.errors import Bug
from nextvisit.store.vault.seal import framed

Part = Literal[
    "consent_event",
    "journey_decision",
    "message",
    "auto_reply",
    "campaign_version.applied",
    "campaign_version.approved",
    "campaign.active_version",
    "key_ring",
    "suppression.put",
    "suppression.lifted",
]
"""A table, or what is written into it at one time."""

_SENT: Final = ("id", "journey_id", "patient_id", "campaign", "purpose", "channel", "provider")
COVERED: Final[Mapping[Part, tuple[str, ...]]] = {
    "consent_event": (
        *(
            "id",
            "patient_digest",
            "patient_id",
            "address_digest",
            "decision",
            "purposes",
            "channels",
            "spaces",
        ),
        *("at", "dated", "starts_at", "expires_at", "active", "origin", "origin_ref", "origin_version"),
        *("origin_updated_at", "recorded_at", "taken_down_by"),
    ),
    "journey_decision": (
        "id",
        "journey_id",
        "at",
        "node",
        "effect",
        "occurrence",
        "rung",
        "result",
        "reason",
    ),
    "message": (
        *_SENT,
        *("version", "node", "occurrence", "rung", "template", "language", "to_space", "to_digest", "awaits"),
        *("offer_id", "planned_at", "claimed_at", "sent_at", "sealed_content"),
    ),
    "auto_reply": (
        *_SENT,
        *(
            "kind",
            "ref",
            "said_ref",
            "said_at",
            "came_in_on",
            "language",
            "to_space",
            "to_digest",
            "offer_id",
        ),
        *("choice", "planned_at", "claimed_at", "sent_at"),
    ),
    "campaign_version.applied": ("campaign", "version", "files", "purpose", "applied_by", "applied_at"),
    "campaign_version.approved": (
        *("campaign", "version", "approved_by", "approved_at", "audience_at_approval"),
    ),
    "campaign.active_version": ("campaign", "active_version"),
    "key_ring": ("kid", "purpose", "state", "wrapped", "public", "created_at_wall"),
    "suppression.put": (
        *("id", "kind", "patient_id", "space", "address_digest", "purposes", "channels", "since", "until"),
        *("code", "put_by"),
    ),
    "suppression.lifted": ("id", "lifted_at", "lifted_by"),
}
_SECRET: Final = frozenset({"sealed_content", "wrapped"})
"""Long, or worth nothing to whoever reads entries: by their own SHA-256."""


def row_digest(part: Part, row: Mapping[Any, Any]) -> str:
    """Of a row that has the part's columns at least."""
    texts = [_text(name, row[name]) for name in COVERED[part]]
    return hashlib.sha256(framed(part, *texts)).hexdigest()


def vouches(part: Part, row: Mapping[Any, Any]) -> Mapping[str, str]:
    """What goes into the body of the entry that is written with the row."""
    return {"covers": part, "row": row_name(part, row), "digest": row_digest(part, row)}


def row_name(part: Part, row: Mapping[Any, Any]) -> str:
    """How entries and `audit verify` name it."""
    match part:
        case "campaign_version.applied" | "campaign_version.approved":
            return f"{row['campaign']} {row['version']}"
        case "campaign.active_version":
            return str(row["campaign"])
        case "key_ring":
            return str(row["kid"])
        case _:
            return str(row["id"])


def instant(value: datetime) -> str:
    """An instant as it is hashed: UTC with microseconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant_sql(column: str) -> str:
    """The same from the database, for `text()`: also of what no clock shows and no driver reads."""
    form = r"""'YYYY-MM-DD"T"HH24\:MI\:SS.US"Z"'"""
    told = f"to_char({column} AT TIME ZONE 'UTC', {form})"
    return f"CASE WHEN isfinite({column}) THEN {told} WHEN {column} IS NOT NULL THEN 'not finite' END"


def is_instant(column: str) -> bool:
    """By its name, as all of ours are called."""
    return column in {"at", "since", "until"} or column.endswith(("_at", "_at_wall"))


def _text(name: str, value: object) -> str:
    if value is None:
        return "\0"
    if name in _SECRET and isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return str.__str__(value)
        case int() | UUID():
            return str(value)
        case bytes():
            return value.hex()
        case datetime():
            return instant(value)
        case Mapping():
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        case Sequence():
            return framed(*(str(each) for each in value)).hex()
        case _:
            raise Bug("audit.no_text", f"{name} is a {type(value).__name__}, of which no digest is taken")
