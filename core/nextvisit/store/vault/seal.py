"""AES-256-GCM bound to the table, column and row that a value belongs to.

A sealed value is `suite(1) kid(4) nonce(12) ciphertext tag(16)`. The place is authenticated, not stored:
a value that is moved to another row does not open. All parts of the place are length-prefixed, so that
no two places have the same encoding. 96-bit random nonces are safe far beyond what one key seals here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nextvisit.sdk.errors import Bug

SUITE_AES_256_GCM = 1
OWN_KEY = 0
"""The kid of values under a row's own data key, which is wrapped beside them."""

_NONCE = 12
_HEADER = 1 + 4 + _NONCE


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """A key in memory. `kid` goes in clear in front of what it seals. `repr` shows nothing."""

    kid: int
    secret: bytes
    cipher: AESGCM = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cipher", AESGCM(self.secret))

    def __repr__(self) -> str:
        return f"DataKey(kid={self.kid})"


def framed(*parts: str | bytes) -> bytes:
    """The parts, each behind its length in four bytes: unambiguous input for a MAC, hash or AAD."""
    raw = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in raw)


def _place(table: str, column: str, row: UUID | str) -> bytes:
    return framed("v1", table, column, row.bytes if isinstance(row, UUID) else row)


def seal(key: DataKey, table: str, column: str, row: UUID | str, plaintext: bytes) -> bytes:
    """`plaintext` as it may stand in `column` of that row of `table`, and nowhere else."""
    nonce = os.urandom(_NONCE)
    head = bytes((SUITE_AES_256_GCM,)) + key.kid.to_bytes(4, "big") + nonce
    return head + key.cipher.encrypt(nonce, plaintext, _place(table, column, row))


def open_sealed(key: DataKey, table: str, column: str, row: UUID | str, sealed: bytes) -> bytes:
    """The inverse of `seal`. Raises Bug when the value was altered, moved or sealed by another key."""
    if not sealed or sealed[0] != SUITE_AES_256_GCM:
        raise Bug("seal.suite", f"{table}.{column} of {row}: this suite is not known")
    try:
        return key.cipher.decrypt(sealed[5:_HEADER], sealed[_HEADER:], _place(table, column, row))
    except InvalidTag:
        broken = Bug("seal.broken", f"{table}.{column} of {row} does not open: altered, moved or wrong key")
    raise broken


def kid_of(sealed: bytes) -> int:
    """Which key sealed it."""
    return int.from_bytes(sealed[1:5], "big")
