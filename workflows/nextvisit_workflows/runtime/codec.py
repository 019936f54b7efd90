"""What Temporal stores is compressed, then encrypted with AES-256-GCM under a key of ours.

Histories hold no patient data to begin with; this keeps ids and times from a database's other readers.
Workflow ids, task queues and names of types are outside any codec's reach, so they are opaque.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from nextvisit.sdk.errors import ConfigError, ProtocolError

ENCODING = b"binary/nextvisit-aes256gcm"
_NONCE = 12
_KEY = 32


class EncryptingCodec(PayloadCodec):
    """Encrypts under `current`, decrypts under whichever of `keys` the payload names.

    Raises ConfigError without a key: there is no default.
    """

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        if current not in keys:
            raise ConfigError("payload.no_key", "there is no current payload key", place="key ring")
        short = [kid for kid, key in keys.items() if len(key) != _KEY]
        if short:
            raise ConfigError("payload.key_length", f"keys {short} are not 32 bytes long", place="key ring")
        self._ciphers = {kid: AESGCM(key) for kid, key in keys.items()}
        self._current = current

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See PayloadCodec."""
        return [self._seal(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Payloads of another encoding pass through, so that a codec can be introduced later."""
        return [
            self._open(payload) if payload.metadata.get("encoding") == ENCODING else payload
            for payload in payloads
        ]

    def _seal(self, payload: Payload) -> Payload:
        nonce = secrets.token_bytes(_NONCE)
        plain = zlib.compress(payload.SerializeToString(), level=1)
        kid = self._current
        sealed = nonce + self._ciphers[kid].encrypt(nonce, plain, kid.encode())
        return Payload(metadata={"encoding": ENCODING, "kid": kid.encode()}, data=sealed)

    def _open(self, payload: Payload) -> Payload:
        kid = payload.metadata["kid"].decode()
        cipher = self._ciphers.get(kid)
        if cipher is None:
            raise ConfigError("payload.unknown_key", f"key {kid} is not in the ring", place="key ring")
        try:
            plain = cipher.decrypt(payload.data[:_NONCE], payload.data[_NONCE:], kid.encode())
        except InvalidTag as error:
            raise ProtocolError("payload.forged", "a payload does not decrypt", whose="theirs") from error
        return Payload.FromString(zlib.decompress(plain))
