"""What one event's hash covers. The same encoding is in migrations/sql/0001_audit.sql."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nextvisit.store.vault.seal import framed

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of one chain."""

    shard: int
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """One link. Instants are text as they were hashed."""

    shard: int
    seq: int
    at_wall: str
    at: str
    actor: str
    action: str
    object_type: str
    object_id: str
    outcome: str
    body: str
    prev: bytes
    hash: bytes

    def digest(self) -> bytes:
        """What `hash` must be."""
        return hashlib.sha256(
            framed(
                self.prev,
                str(self.shard),
                str(self.seq),
                self.at_wall,
                self.at,
                self.actor,
                self.action,
                self.object_type,
                self.object_id,
                self.outcome,
                self.body,
            )
        ).digest()

    def to_json(self) -> dict[str, Any]:
        """As it stands in an export."""
        return {
            "shard": self.shard,
            "seq": self.seq,
            "at_wall": self.at_wall,
            "at": self.at,
            "actor": self.actor,
            "action": self.action,
            "object_type": self.object_type,
            "object_id": self.object_id,
            "outcome": self.outcome,
            "body": self.body,
            "prev": self.prev.hex(),
            "hash": self.hash.hex(),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Event:
        """The inverse of `to_json`. Raises KeyError, TypeError, ValueError when it is no event."""
        texts = ("at_wall", "at", "actor", "action", "object_type", "object_id", "outcome", "body")
        return cls(
            shard=_number(raw["shard"]),
            seq=_number(raw["seq"]),
            prev=bytes.fromhex(raw["prev"]),
            hash=bytes.fromhex(raw["hash"]),
            **{name: str(raw[name]) for name in texts},
        )


def _number(value: object) -> int:
    """As the database counts. Raises ValueError for anything else."""
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError
    return value
