"""What Temporal stores is compressed, then encrypted with AES-256-GCM under a key of ours.

Histories hold no patient data to begin with; this keeps ids and times from a database's other readers, and
tells what is ours: a payload opens in the workflow that it was sealed for and in no other, and one that is
not sealed is not read. Workflow ids, task queues and names of types are outside any codec's reach, so they
are opaque.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    EncodingPayloadConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from nextvisit.sdk.errors import Bug, ConfigError, ProtocolError
from nextvisit.store.vault.seal import framed

ENCODING = b"binary/nextvisit-aes256gcm"
REFUSED = b"binary/nextvisit-refused"
_NONCE = 12
_KEY = 32


@dataclass(slots=True)
class Foreign:
    """How many payloads that are not ours were met since somebody looked."""

    met: int = 0

    def taken(self) -> int:
        """As many; from now on it counts anew."""
        met, self.met = self.met, 0
        return met


class EncryptingCodec(PayloadCodec, WithSerializationContext):
    """Encrypts under `current`, decrypts under whichever of `keys` the payload names.

    What does not open, or is not ours, becomes a payload that no converter reads: a signal made of it is
    dropped, and a workflow or an activity that begins with it fails, while the rest of the history stays
    readable. foreign: counts them. Raises ConfigError without a key: there is no default.
    """

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        if current not in keys:
            raise ConfigError("payload.no_key", "there is no current payload key", place="key ring")
        short = [kid for kid, key in keys.items() if len(key) != _KEY]
        if short:
            raise ConfigError("payload.key_length", f"keys {short} are not 32 bytes long", place="key ring")
        self._ciphers = {kid: AESGCM(key) for kid, key in keys.items()}
        self._current = current
        self._place: bytes | None = None
        self.foreign = Foreign()

    def with_context(self, context: SerializationContext) -> EncryptingCodec:
        """The same for one workflow."""
        match context:
            case WorkflowSerializationContext(namespace=namespace, workflow_id=workflow):
                pass
            case ActivitySerializationContext(namespace=namespace, workflow_id=str(workflow)):
                pass
            case _:
                return self
        bound = object.__new__(EncryptingCodec)
        bound.__dict__ = self.__dict__ | {"_place": framed(namespace, workflow)}
        return bound

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See PayloadCodec."""
        return [self._seal(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See PayloadCodec."""
        return [self._opened(payload) for payload in payloads]

    def _seal(self, payload: Payload) -> Payload:
        if self._place is None:
            raise Bug("payload.unbound", "a payload is of no workflow")
        nonce = secrets.token_bytes(_NONCE)
        plain = zlib.compress(payload.SerializeToString(), level=1)
        kid = self._current.encode()
        sealed = nonce + self._ciphers[self._current].encrypt(nonce, plain, _bound(kid, self._place))
        return Payload(metadata={"encoding": ENCODING, "kid": kid}, data=sealed)

    def _opened(self, payload: Payload) -> Payload:
        plain = self._open(payload)
        if plain is not None:
            return plain
        self.foreign.met += 1
        return Payload(metadata={"encoding": REFUSED})

    def _open(self, payload: Payload) -> Payload | None:
        kid = payload.metadata.get("kid", b"")
        cipher = self._ciphers.get(kid.decode(errors="replace"))
        if payload.metadata.get("encoding") != ENCODING or cipher is None or self._place is None:
            return None
        nonce, sealed = payload.data[:_NONCE], payload.data[_NONCE:]
        try:
            plain = cipher.decrypt(nonce, sealed, _bound(kid, self._place))
            return Payload.FromString(zlib.decompress(plain))
        except (InvalidTag, ValueError, zlib.error, DecodeError):
            return None


def _bound(kid: bytes, place: bytes) -> bytes:
    """What a ciphertext is of beside its content."""
    return kid + b"\0" + place


class RefusesForeign(EncodingPayloadConverter):
    """Stands where a payload that is not ours would be read."""

    @property
    def encoding(self) -> str:
        return REFUSED.decode()

    def to_payload(self, value: Any) -> Payload | None:  # noqa: ARG002  the port's
        """Nothing of ours becomes such a payload."""
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:  # noqa: ARG002  the port's
        """Raises ProtocolError."""
        raise ProtocolError(
            "payload.foreign", "a payload is not ours, or of another workflow", whose="theirs"
        )
