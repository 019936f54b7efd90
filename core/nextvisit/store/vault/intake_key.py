"""The key of whoever takes in and does not understand: it seals for the inbox, and opens nothing.

What comes in is sealed to the public half of the ring's `inbox` key (HPKE, RFC 9180: X25519, HKDF-SHA256,
AES-256-GCM). The file also holds the key of the digests that tell repetitions apart, and nothing else. The
public half is in the file, and not read from the database: whoever could write there would put another.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.sdk.private_file import fill_private, is_empty, read_private
from nextvisit.store.vault.root_key import KEY_BYTES, write_key_file
from nextvisit.store.vault.seal import framed

SUITE_HPKE: Final = 2
_HEADER: Final = 1 + 4
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_MAKE: Final = "remove it and make it anew with `nextvisit vault grant`"


class _Half(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kid: int = Field(gt=0)
    key: str

    def raw(self) -> bytes:
        raw = base64.b64decode(self.key, validate=True)
        if len(raw) != KEY_BYTES:
            raise ValueError
        return raw


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    inbox: _Half
    dedupe: _Half


@dataclass(frozen=True, slots=True, repr=False)
class IntakeKey:
    """kid: of the `inbox` key. dedupe_kid: of the `dedupe` key. `repr` shows nothing."""

    kid: int
    public: bytes
    dedupe_kid: int
    dedupe: bytes

    def __repr__(self) -> str:
        return "IntakeKey()"

    @classmethod
    def from_file(cls, path: Path) -> IntakeKey:
        """Raises ConfigError when the file is missing, still empty, or none."""
        try:
            content = read_private(path)
            if not content:
                raise _missing(path)
            told = _File.model_validate_json(content)
            return cls(told.inbox.kid, told.inbox.raw(), told.dedupe.kid, told.dedupe.raw())
        except FileNotFoundError as error:
            raise _missing(path) from error
        except OSError as error:
            why = error.strerror or "cannot be read"
            raise ConfigError("vault.unreadable", why, place=str(path)) from error
        except (ValidationError, ValueError):
            malformed = ConfigError("vault.malformed", f"is no intake key; {_MAKE}", place=str(path))
        raise malformed

    def is_in(self, path: Path) -> bool:
        """Whether the file holds this very key, whoever may read it."""
        return path.is_file() and path.read_bytes() == self._text().encode()

    def write(self, path: Path) -> None:
        """For its owner alone, or into an empty file that was made for it, which stays whose it is.

        Raises ConfigError when there is such a file already.
        """
        content = self._text()
        if is_empty(path):
            fill_private(path, content)
        else:
            write_key_file(path, content.encode())

    def _text(self) -> str:
        told = _File(
            inbox=_Half(kid=self.kid, key=base64.b64encode(self.public).decode()),
            dedupe=_Half(kid=self.dedupe_kid, key=base64.b64encode(self.dedupe).decode()),
        )
        return told.model_dump_json(indent=2) + "\n"

    def refuse_other(self, other: IntakeKey, path: Path) -> None:
        """Raises ConfigError when a file's key is not this one, which is the ring's."""
        if self != other:
            raise stale(path)

    def seal(self, place: str, plaintext: bytes) -> bytes:
        """As only the holder of the ring opens it, and at this place of the inbox alone."""
        public = X25519PublicKey.from_public_bytes(self.public)
        head = bytes((SUITE_HPKE,)) + self.kid.to_bytes(4, "big")
        return head + _SUITE.encrypt(plaintext, public, _info(place))

    def digest(self, value: str) -> bytes:
        """What tells repetitions apart."""
        return hmac.digest(self.dedupe, framed("dedupe", value), "sha256")[:16]


def open_for(private: bytes, place: str, sealed: bytes) -> bytes:
    """The inverse of `IntakeKey.seal`. Raises Bug when the value was altered, moved or is for another key."""
    try:
        return _SUITE.decrypt(sealed[_HEADER:], X25519PrivateKey.from_private_bytes(private), _info(place))
    except (InvalidTag, ValueError):
        broken = Bug("seal.broken", "a row of the inbox does not open: altered, moved or wrong key")
    raise broken


def _missing(path: Path) -> ConfigError:
    message = "there is no intake key; make it with `nextvisit vault grant`"
    return ConfigError("vault.intake_missing", message, place=str(path))


def stale(path: Path) -> ConfigError:
    """What it seals, nobody could open."""
    message = f"this intake key is of another key ring than the database's; {_MAKE}"
    return ConfigError("vault.intake_stale", message, place=str(path))


def _info(place: str) -> bytes:
    return framed("v1", "inbox", "sealed_body", place)
