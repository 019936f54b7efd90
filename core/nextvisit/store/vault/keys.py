"""The key ring. A root key from a file wraps the keys in `key_ring`, and those do the work.

root (file, never in the database)
 ├─ patient   wraps one data key per patient (`patient.dek`); destroying that erases the patient
 ├─ index     HMAC for blind indexes           ├─ blob     seals rows that belong to no patient
 ├─ payload   Temporal payloads                ├─ token    tokens in patients' links
 └─ audit     Ed25519 seed, signs checkpoints; never encrypts
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.store.vault.seal import OWN_KEY, DataKey, framed, kid_of, open_sealed, seal

Purpose = Literal["patient", "index", "payload", "blob", "audit", "token"]
DigestKind = Literal["mis_ref", "identifier", "personal_number", "holdout", "dedupe"]

KEY_BYTES = 32
DIGEST_BYTES = 16
_ROOT_KID = 0
_CACHED_PATIENT_KEYS = 20_000
_INSERT_KEY = text(
    "INSERT INTO key_ring (kid, purpose, state, wrapped, created_at_wall)"
    " VALUES (:kid, :purpose, 'active', :wrapped, clock_timestamp())"
)
_RING_LOCK = 0x6E765F6B6579


def create_vault_file(path: Path) -> None:
    """A new root key: 32 random bytes in base64, readable by the owner alone.

    Raises ConfigError when the file exists: a second root key would make every sealed value unreadable.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    except FileExistsError as error:
        message = "a vault file is already there and is never overwritten"
        raise ConfigError("vault.exists", message, place=str(path)) from error
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _read_root(path: Path) -> bytes:
    try:
        root = base64.b64decode(path.read_bytes().strip(), validate=True)
    except FileNotFoundError as error:
        message = (
            "there is no root key; bring it back from where its copy is kept: what was sealed under it opens"
            " with no other. A new installation makes one with `nextvisit vault create`"
        )
        raise ConfigError("vault.missing", message, place=str(path)) from error
    except OSError as error:
        raise ConfigError("vault.unreadable", error.strerror or "cannot be read", place=str(path)) from error
    except binascii.Error:
        root = b""
    if len(root) != KEY_BYTES:
        raise ConfigError("vault.malformed", "must hold 32 bytes in base64", place=str(path))
    return root


async def set_index_key(connection: AsyncConnection, root_key_file: Path, secret: bytes) -> None:
    """Give an empty ring its blind-index key instead of a random one.

    For the demo, whose order and holdout have to repeat. Raises ConfigError when the ring has keys.
    """
    root = DataKey(kid=_ROOT_KID, secret=_read_root(root_key_file))
    if (await connection.execute(text("SELECT count(*) FROM key_ring"))).scalar_one():
        raise ConfigError("vault.not_empty", "the key ring has keys already", place="key_ring")
    wrapped = seal(root, "key_ring", "index", "1", secret)
    await connection.execute(_INSERT_KEY, {"kid": 1, "purpose": "index", "wrapped": wrapped})


@dataclass(slots=True, repr=False)
class Vault:
    """All keys in memory. `load` before anything else. `repr` shows nothing."""

    place: str
    _root: DataKey
    _ring: dict[int, tuple[Purpose, DataKey]] = field(default_factory=dict)
    _active: dict[Purpose, DataKey] = field(default_factory=dict)
    _patients: OrderedDict[bytes, DataKey] = field(default_factory=OrderedDict)

    def __repr__(self) -> str:
        return "Vault()"

    @classmethod
    def from_file(cls, path: Path) -> Vault:
        """Raises ConfigError when the file is missing or holds no key."""
        return cls(place=str(path), _root=DataKey(kid=_ROOT_KID, secret=_read_root(path)))

    async def load(self, connection: AsyncConnection) -> None:
        """Read the ring and create what is missing. Raises ConfigError when the root key does not fit."""
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _RING_LOCK})
        statement = text(
            "SELECT kid, purpose, state, wrapped FROM key_ring WHERE state <> 'destroyed' ORDER BY kid"
        )
        rows = (await connection.execute(statement)).all()
        self._ring.clear()
        self._active.clear()
        for kid, purpose, state, wrapped in rows:
            self._adopt(kid, purpose, self._unwrap(kid, purpose, wrapped), active=state == "active")
        fresh = max(self._ring, default=0)
        for purpose in get_args(Purpose):
            if purpose not in self._active:
                fresh += 1
                await self._create(connection, fresh, purpose)

    def _unwrap(self, kid: int, purpose: str, wrapped: bytes) -> bytes:
        try:
            return open_sealed(self._root, "key_ring", purpose, str(kid), wrapped)
        except Bug:
            message = f"this root key does not open key {kid} of the database; bring back the one that does"
            wrong = ConfigError("vault.wrong_key", message, place=self.place)
        raise wrong

    def _adopt(self, kid: int, purpose: Purpose, secret: bytes, *, active: bool) -> None:
        key = DataKey(kid=kid, secret=secret)
        self._ring[kid] = (purpose, key)
        if active:
            self._active[purpose] = key

    async def _create(self, connection: AsyncConnection, kid: int, purpose: Purpose) -> None:
        secret = os.urandom(KEY_BYTES)
        wrapped = seal(self._root, "key_ring", purpose, str(kid), secret)
        await connection.execute(_INSERT_KEY, {"kid": kid, "purpose": purpose, "wrapped": wrapped})
        self._adopt(kid, purpose, secret, active=True)

    def _of(self, kid: int, purpose: Purpose) -> DataKey:
        known = self._ring.get(kid)
        if known is None or known[0] != purpose:
            message = f"key {kid} for {purpose} is not in the ring; restart with the current database"
            raise ConfigError("vault.unknown_key", message, place=self.place)
        return known[1]

    def new_patient_key(self, patient: UUID) -> tuple[DataKey, bytes, int]:
        """A data key for one patient, wrapped for `patient.dek`, and the kid for `patient.dek_kid`."""
        key = DataKey(kid=OWN_KEY, secret=os.urandom(KEY_BYTES))
        wrapping = self._active["patient"]
        wrapped = seal(wrapping, "patient", "dek", patient, key.secret)
        self._remember(wrapped, key)
        return key, wrapped, wrapping.kid

    def patient_key(self, patient: UUID, wrapped: bytes) -> DataKey:
        """The data key in `patient.dek`."""
        known = self._patients.get(wrapped)
        if known is not None:
            self._patients.move_to_end(wrapped)
            return known
        secret = open_sealed(self._of(kid_of(wrapped), "patient"), "patient", "dek", patient, wrapped)
        key = DataKey(kid=OWN_KEY, secret=secret)
        self._remember(wrapped, key)
        return key

    def _remember(self, wrapped: bytes, key: DataKey) -> None:
        self._patients[wrapped] = key
        if len(self._patients) > _CACHED_PATIENT_KEYS:
            self._patients.popitem(last=False)

    def seal_blob(self, table: str, column: str, row: UUID | str, plaintext: bytes) -> bytes:
        """Seal a value of a row that belongs to no patient (yet)."""
        return seal(self._active["blob"], table, column, row, plaintext)

    def open_blob(self, table: str, column: str, row: UUID | str, sealed: bytes) -> bytes:
        """The inverse of `seal_blob`, also for values under an earlier key."""
        return open_sealed(self._of(kid_of(sealed), "blob"), table, column, row, sealed)

    def digest(self, kind: DigestKind, value: str) -> bytes:
        """Blind index: 128 bits of a keyed hash; equal for equal (kind, value). Normalise before."""
        return self._mac("index", kind, value)[:DIGEST_BYTES]

    def address_digest(self, space: AddressSpace, value: str) -> bytes:
        """The digest of an address in its one spelling. Raises Bug for a space named like one of ours."""
        if space in get_args(DigestKind):
            raise Bug("vault.space_name", f"a space of addresses cannot be called {space!r}")
        return self._mac("index", space, value)[:DIGEST_BYTES]

    def mis_ref_digest(self, source: str, ref: str) -> bytes:
        """The digest of a MIS reference, which is unique only within its connection."""
        return self.digest("mis_ref", f"{source}\0{ref}")

    def token(self, kind: str, subject: UUID) -> str:
        """The token of (kind, subject): 128 bits, 22 URL-safe characters, the same at every call."""
        return base64.urlsafe_b64encode(self._mac("token", kind, subject.bytes)[:16]).rstrip(b"=").decode()

    def token_digest(self, token: str) -> bytes:
        """What the database keeps of a token."""
        return hashlib.sha256(token.encode()).digest()

    def _mac(self, purpose: Purpose, *parts: str | bytes) -> bytes:
        return hmac.digest(self._active[purpose].secret, framed(*parts), "sha256")

    def payload_keys(self) -> Mapping[str, bytes]:
        """All keys of Temporal payloads by id, for the codec."""
        return {str(kid): key.secret for kid, (purpose, key) in self._ring.items() if purpose == "payload"}

    def signing_key(self) -> Ed25519PrivateKey:
        """Signs audit checkpoints."""
        return Ed25519PrivateKey.from_private_bytes(self._active["audit"].secret)
