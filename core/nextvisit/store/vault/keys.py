"""The key ring. A root key from a file wraps the keys in `key_ring`, and those do the work.

root (file, never in the database)
 ├─ patient   wraps one data key per patient (`patient.dek`); destroying that erases the patient
 ├─ index     HMAC for blind indexes           ├─ blob     seals rows that belong to no patient
 ├─ payload   Temporal payloads                ├─ token    tokens in patients' links
 ├─ inbox     X25519: what came in is sealed to it; its public half and `dedupe` are the intake key, all
 ├─ dedupe    that the api and the gateway have (see store.vault.intake_key)
 └─ audit     Ed25519 seed, signs checkpoints; never encrypts
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, cast, get_args
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncConnection

from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.store.vault import ring
from nextvisit.store.vault.intake_key import IntakeKey, open_for, stale
from nextvisit.store.vault.ring import ROOT_KID, Purpose, RingKey
from nextvisit.store.vault.root_key import KEY_BYTES, read_root
from nextvisit.store.vault.seal import OWN_KEY, DataKey, framed, kid_of, open_sealed, seal

DigestKind = Literal["mis_ref", "identifier", "personal_number", "holdout", "erased_list"]

DIGEST_BYTES = 16
_CACHED_PATIENT_KEYS = 20_000


async def found_ring(connection: AsyncConnection, root_key_file: Path, at: datetime, *, index: bytes) -> None:
    """Make the ring of an empty database with this blind-index key instead of a random one.

    For the demo, whose order and holdout have to repeat. Raises ConfigError when the database has rows.
    """
    root = DataKey(kid=ROOT_KID, secret=read_root(root_key_file))
    await ring.found(connection, root, at, {"index": index})


@dataclass(slots=True, repr=False)
class Vault:
    """All keys in memory, or of a process that only takes in, the intake key alone. `load` before anything
    else. `repr` shows nothing.
    """

    place: str
    _root: DataKey | None
    _intake: IntakeKey | None = None
    _ring: dict[int, tuple[Purpose, DataKey]] = field(default_factory=dict)
    _active: dict[Purpose, DataKey] = field(default_factory=dict)
    _patients: OrderedDict[bytes, DataKey] = field(default_factory=OrderedDict)

    def __repr__(self) -> str:
        return "Vault()"

    @classmethod
    def from_file(cls, path: Path) -> Vault:
        """With the root key. Raises ConfigError when the file is missing or holds no key."""
        return cls(place=str(path), _root=DataKey(kid=ROOT_KID, secret=read_root(path)))

    @classmethod
    def of_intake(cls, path: Path) -> Vault:
        """Of whoever takes in: without the root key, and so without any key of the ring.

        Raises ConfigError when the file is missing or is no intake key.
        """
        return cls(place=str(path), _root=None, _intake=IntakeKey.from_file(path))

    async def load(self, connection: AsyncConnection, at: datetime) -> None:
        """Read the ring; made in an empty database, at the clock's `at`, and never completed.

        Raises ConfigError when it is not whole, or the root or intake key does not fit.
        """
        keys = await ring.read(connection)
        if not keys and self._root is not None:
            await ring.lock(connection)
            keys = await ring.read(connection)
            if not keys:
                await ring.found(connection, self._root, at)
                keys = await ring.read(connection)
        ring.refuse_faults(keys)
        if self._root is None:
            self._refuse_stale(keys)
            return
        self._ring.clear()
        self._active.clear()
        for key in keys:
            if key.state != "destroyed":
                self._adopt(key, self._unwrap(self._root, key))
        pair, dedupe = self._active["inbox"], self._active["dedupe"]
        public = X25519PrivateKey.from_private_bytes(pair.secret).public_key().public_bytes_raw()
        self._intake = IntakeKey(pair.kid, public, dedupe.kid, dedupe.secret)

    def _refuse_stale(self, keys: Sequence[RingKey]) -> None:
        """What was sealed to a key that the ring has not, nobody would ever open."""
        held = self.intake_key()
        there = {(key.kid, key.purpose, key.public) for key in keys if key.state == "active"}
        if not {(held.kid, "inbox", held.public), (held.dedupe_kid, "dedupe", None)} <= there:
            raise stale(Path(self.place))

    def _unwrap(self, root: DataKey, key: RingKey) -> bytes:
        try:
            return open_sealed(root, "key_ring", key.purpose, str(key.kid), key.wrapped)
        except Bug:
            message = (
                f"this root key does not open key {key.kid} of the database; bring back the one that does"
            )
            wrong = ConfigError("vault.wrong_key", message, place=self.place)
        raise wrong

    def _adopt(self, row: RingKey, secret: bytes) -> None:
        key = DataKey(kid=row.kid, secret=secret)
        purpose = cast("Purpose", row.purpose)
        self._ring[row.kid] = (purpose, key)
        if row.state == "active":
            self._active[purpose] = key

    def _key(self, purpose: Purpose) -> DataKey:
        self._require_root()
        return self._active[purpose]

    def _require_root(self) -> None:
        if self._root is None:
            message = "this process only takes in: it has the intake key and none of the ring's"
            raise Bug("vault.not_granted", message)

    def _of(self, kid: int, purpose: Purpose) -> DataKey:
        self._require_root()
        known = self._ring.get(kid)
        if known is None or known[0] != purpose:
            message = f"key {kid} for {purpose} is not in the ring; restart with the current database"
            raise ConfigError("vault.unknown_key", message, place=self.place)
        return known[1]

    def intake_key(self) -> IntakeKey:
        """What a process needs that only takes in."""
        if self._intake is None:
            raise Bug("vault.not_loaded", "the vault was used before it was loaded")
        return self._intake

    def seal_inbox(self, place: str, plaintext: bytes) -> bytes:
        """Seal what came in. Whoever seals it cannot open it."""
        return self.intake_key().seal(place, plaintext)

    def open_inbox(self, place: str, sealed: bytes) -> bytes:
        """The inverse of `seal_inbox`, also for values under an earlier key."""
        return open_for(self._of(kid_of(sealed), "inbox").secret, place, sealed)

    def dedupe_digest(self, value: str) -> bytes:
        """What tells repetitions in the inbox apart."""
        return self.intake_key().digest(value)

    def new_patient_key(self, patient: UUID) -> tuple[DataKey, bytes, int]:
        """A data key for one patient, wrapped for `patient.dek`, and the kid for `patient.dek_kid`."""
        key = DataKey(kid=OWN_KEY, secret=os.urandom(KEY_BYTES))
        wrapping = self._key("patient")
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
        return seal(self._key("blob"), table, column, row, plaintext)

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
        return hmac.digest(self._key(purpose).secret, framed(*parts), "sha256")

    def payload_keys(self) -> Mapping[str, bytes]:
        """All keys of Temporal payloads by id, for the codec."""
        self._require_root()
        return {str(kid): key.secret for kid, (purpose, key) in self._ring.items() if purpose == "payload"}

    def signing_key(self) -> Ed25519PrivateKey:
        """Signs audit checkpoints."""
        return Ed25519PrivateKey.from_private_bytes(self._key("audit").secret)
