"""The file with the root key: made once, for its owner alone, and read at every start."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from pathlib import Path
from typing import Final

from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import read_private

KEY_BYTES: Final = 32


def create_vault_file(path: Path) -> None:
    """A new root key: 32 random bytes in base64, readable by the owner alone.

    Raises ConfigError when the file exists: a second root key would make every sealed value unreadable.
    """
    write_key_file(path, base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")


def write_key_file(path: Path, content: bytes) -> None:
    """For its owner alone, from the first byte. Raises ConfigError when there is such a file."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o400)
    except FileExistsError as error:
        message = "a vault file is already there and is never overwritten"
        raise ConfigError("vault.exists", message, place=str(path)) from error
    except OSError as error:
        why = error.strerror or "cannot be written"
        raise ConfigError("vault.unwritable", why, place=str(path)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:  # the disk is full; half a key would be kept for a whole one
        path.unlink()
        why = error.strerror or "cannot be written"
        raise ConfigError("vault.unwritable", why, place=str(path)) from error


def read_root(path: Path) -> bytes:
    """Raises ConfigError when the file is missing or holds no key."""
    try:
        root = base64.b64decode(read_private(path).strip(), validate=True)
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


def backup_proof(path: Path, text: bytes) -> bytes:
    """That whoever wrote `text` into a backup had this root key. The key of it cannot be told from the proof.

    Raises ConfigError when the file is missing or holds no key.
    """
    key = hmac.digest(read_root(path), b"nextvisit backup", hashlib.sha256)
    return hmac.digest(key, text, hashlib.sha256)
