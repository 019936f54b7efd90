"""The rows of `key_ring`: what a whole ring is, and how the first one is made.

Keys are made once, all of them, in an empty database. A ring that is not whole is never completed: a new key
in the place of a lost one would open nothing, and a new index key would find nobody, no refusal either.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from nextvisit.sdk.errors import ConfigError
from nextvisit.store.vault.root_key import KEY_BYTES
from nextvisit.store.vault.seal import DataKey, seal

Purpose = Literal["patient", "index", "payload", "blob", "audit", "token", "inbox", "dedupe"]
KeyState = Literal["active", "retired", "destroyed"]

ROOT_KID: Final = 0
_RING_LOCK: Final = 0x6E765F6B6579
_RESTORE: Final = (
    "bring the table key_ring back from a backup of this database (`docs/operate.md`, Back up);"
    " no key is made in the place of a lost one"
)
_ROWS = text("SELECT kid, purpose, state, wrapped, public FROM key_ring ORDER BY kid")
_FOUND = text(
    "SELECT key_ring_found(CAST(:purposes AS text[]), CAST(:wrapped AS bytea[]), CAST(:public AS bytea), :at)"
)


@dataclass(frozen=True, slots=True, repr=False)
class RingKey:
    """One row. public: of the `inbox` key alone, which is a pair. `repr` shows no key."""

    kid: int
    purpose: str
    state: str
    wrapped: bytes
    public: bytes | None

    def __repr__(self) -> str:
        return f"RingKey(kid={self.kid}, purpose={self.purpose!r}, state={self.state!r})"


async def read(connection: AsyncConnection) -> Sequence[RingKey]:
    """All rows, in the order in which they were made."""
    return [RingKey(*row) for row in (await connection.execute(_ROWS)).all()]


async def lock(connection: AsyncConnection) -> None:
    """Of several who find the ring empty, one makes it."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _RING_LOCK})


def refuse_faults(keys: Sequence[RingKey]) -> None:
    """Raises ConfigError, which names the purpose, unless each has exactly one active key."""
    for key in keys:
        if key.purpose not in get_args(Purpose):
            raise _fault(f"key {key.kid} is for {key.purpose!r}, which this program does not know")
        if key.state not in get_args(KeyState):
            raise _fault(f"key {key.kid} for {key.purpose} is {key.state!r}, which is no state of a key")
    active = Counter(key.purpose for key in keys if key.state == "active")
    for purpose in get_args(Purpose):
        if active[purpose] != 1:
            told = "no active key" if not active[purpose] else f"{active[purpose]} active keys"
            raise _fault(f"there is {told} for {purpose}")


def _fault(what: str) -> ConfigError:
    return ConfigError("vault.ring", f"{what}; {_RESTORE}", place="key_ring")


async def found(
    connection: AsyncConnection, root: DataKey, at: datetime, given: Mapping[Purpose, bytes] | None = None
) -> None:
    """Make the whole ring, and an audit entry of each key. given: secrets that are not drawn.

    Raises ConfigError when anything is in the database: then a ring was lost.
    """
    purposes = get_args(Purpose)
    secrets = {purpose: os.urandom(KEY_BYTES) for purpose in purposes} | dict(given or {})
    values: dict[str, Any] = {
        "purposes": list(purposes),
        "wrapped": [
            seal(root, "key_ring", purpose, str(kid), secrets[purpose])
            for kid, purpose in enumerate(purposes, start=1)
        ],
        "public": X25519PrivateKey.from_private_bytes(secrets["inbox"]).public_key().public_bytes_raw(),
        "at": at,
    }
    held = await connection.scalar(_FOUND, values)
    if held is not None:
        raise _fault(f"the key ring is empty, index key and all, and the database is not (table {held})")
