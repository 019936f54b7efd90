"""Where a pull of ours goes on, as text: how far each type is, and beside it how far its history is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from nextvisit.sdk.errors import ProtocolError
from nextvisit.sdk.records import Cursor, RawBatch
from nextvisit.sdk.rounds import Rounds, ahead, dump_rounds, load_rounds, newest

_VERSION: Final = 5
_BEFORE: Final = 4
"""An appliance that was installed with it goes on where it was."""


@dataclass(frozen=True, slots=True)
class History:
    """How far the history of one type is, which tells of deletions; `history` has its rules.

    since: where the next walk begins; it never passes what the server's clock has reached.
    seen: what of the last walk is done with, so that it is not looked up again.
    rests_until: it was refused or not read to its end, and is not asked before.
    """

    since: datetime | None = None
    seen: tuple[str, ...] = ()
    rests_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """How far a pull is, by type. It is kept as it stands after each page."""

    rounds: Rounds = field(default_factory=dict)
    histories: dict[str, History] = field(default_factory=dict)

    def dump(self) -> Cursor:
        """The inverse of `load`."""
        histories = {kind: _dump(one) for kind, one in self.histories.items()}
        whole = {"version": _VERSION, "rounds": dump_rounds(self.rounds), "histories": histories}
        return Cursor(orjson.dumps(whole).decode())

    def batch(self, body: bytes, count: int) -> RawBatch:
        """A page, with the cursor after it."""
        return RawBatch(body, self.dump(), count, newest(self.rounds), ahead(self.rounds))


def load(cursor: Cursor | None) -> Place:
    """Raises ProtocolError when this is no cursor of ours."""
    if cursor is None:
        return Place()
    try:
        whole = orjson.loads(cursor)
        rounds, version = whole["rounds"], whole["version"]
        if version == _VERSION:
            return Place(load_rounds(rounds), _histories(whole["histories"]))
        if version == _BEFORE:
            return Place(
                load_rounds(rounds), _histories({kind: one["history"] for kind, one in rounds.items()})
            )
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProtocolError("fhir.cursor", "not a cursor of this adapter", whose="ours") from error
    raise ProtocolError("fhir.cursor", "made by another version", whose="ours")


def _dump(one: History) -> dict[str, Any]:
    return {"since": one.since, "seen": " ".join(one.seen), "rests_until": one.rests_until}


def _histories(raw: Mapping[str, Any]) -> dict[str, History]:
    return {
        kind: History(
            since=_instant(one["since"]),
            seen=tuple(one["seen"].split()),
            rests_until=_instant(one["rests_until"]),
        )
        for kind, one in raw.items()
    }


def _instant(raw: str | None) -> datetime | None:
    return None if raw is None else datetime.fromisoformat(raw).astimezone(UTC)
