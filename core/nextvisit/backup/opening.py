"""Reading a backup: opened, hashed and held against its seal while its dump goes on to whoever wants it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyrage
from pydantic import ValidationError

from nextvisit.backup.form import (
    LONGEST_HEAD,
    LONGEST_MANIFEST,
    SEAL_BYTES,
    BackupHead,
    Manifest,
    head_of,
    read_seal,
)
from nextvisit.backup.keys import BackupIdentity
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.schema import knows, newest
from nextvisit.store.vault.root_key import backup_proof


@dataclass(frozen=True, slots=True)
class Sealed:
    """A backup's file, opened by whoever may read it, and the identity that opens what is in it."""

    path: Path
    file: IO[bytes]
    identity: BackupIdentity

    @classmethod
    @contextmanager
    def of(cls, path: Path, identity: Path) -> Iterator[Sealed]:
        """Open while entered. Raises ConfigError when one cannot be read or is not what it should be."""
        key = BackupIdentity.from_file(identity)
        try:
            file = path.open("rb")
        except OSError as error:
            why = error.strerror or "cannot be read"
            raise ConfigError("backup.unreadable", why, place=str(path)) from error
        with file:
            yield cls(path, file, key)

    def head(self) -> BackupHead:
        """Raises ConfigError when it is no backup of ours, or of a newer program than this one."""
        self.file.seek(0)
        head = head_of(self.file.readline(LONGEST_HEAD), self.path)
        if not knows(head.schema_revision):
            message = (
                f"is of release {head.release} with schema {head.schema_revision}, and this program knows no"
                f" newer one than {newest()}: install that release"
            )
            raise ConfigError("backup.newer", message, place=str(self.path))
        return head


@dataclass(frozen=True, slots=True)
class OpenedBackup:
    """What was read to its end. sha256: of the dump. proof: of the root key that it was made with."""

    head: BackupHead
    manifest: Manifest
    sha256: bytes
    proof: bytes
    size: int

    def refuse_stranger(self, root_key: Path, place: Path) -> None:
        """Raises ConfigError unless it was made with this root key, which then opens its key ring."""
        text = self.head.line() + self.manifest.line() + self.sha256
        if not hmac.compare_digest(backup_proof(root_key, text), self.proof):
            message = (
                f"was not made with the root key {root_key}: it is another installation's, or another"
                " key's; bring back the root key that belongs to it"
            )
            raise ConfigError("backup.root_key", message, place=str(place))


def read_through(sealed: Sealed, sink: Callable[[bytes], object]) -> OpenedBackup:
    """The whole of it; `sink` gets the dump. Raises ConfigError for what was changed or is not whole.

    What `sink` got until then is worth nothing.
    """
    head = sealed.head()
    dump = _Dump(sealed.path, head, sink)
    try:
        pyrage.decrypt_io(sealed.file, dump, [sealed.identity.key])
    except pyrage.DecryptError as error:
        if dump.met is not None:
            raise dump.met from None
        if "matching" in str(error):
            message = "is sealed to other recipients than this identity's; bring the one that belongs to it"
            raise ConfigError("backup.other_identity", message, place=str(sealed.path)) from None
        raise _broken(sealed.path, "what is sealed in it does not open") from None
    except OSError:
        if dump.met is not None:
            raise dump.met from None
        raise _broken(sealed.path, "it was changed or cut off") from None
    return dump.ended()


class _Dump:
    """The writer that age's stream is opened into. met: what it was broken off by."""

    def __init__(self, path: Path, head: BackupHead, sink: Callable[[bytes], object]) -> None:
        self.met: BaseException | None = None
        self._path, self._head, self._sink = path, head, sink
        self._manifest: Manifest | None = None
        self._left = bytearray()
        self._hash, self._size = hashlib.sha256(), 0

    def write(self, content: bytes) -> int:
        try:
            self._take(content)
        except BaseException as error:
            self.met = error
            raise
        return len(content)

    def flush(self) -> None:
        """Nothing is held back but what may be the seal."""

    def _take(self, content: bytes) -> None:
        self._left += content
        if self._manifest is None:
            self._read_manifest()
        elif (whole := len(self._left) - SEAL_BYTES) > 0:
            part = bytes(self._left[:whole])
            del self._left[:whole]
            self._hash.update(part)
            self._size += len(part)
            self._sink(part)

    def _read_manifest(self) -> None:
        if self._left.count(b"\n", 0, LONGEST_MANIFEST) < 2:  # noqa: PLR2004  the two lines
            if len(self._left) > LONGEST_MANIFEST:
                raise _broken(self._path, "there is no manifest in it")
            return
        head, manifest, rest = bytes(self._left).split(b"\n", 2)
        if head + b"\n" != self._head.line():
            raise _broken(self._path, "its first line was changed")
        with suppress(ValidationError):
            self._manifest = Manifest.model_validate_json(manifest)
        if self._manifest is None:
            raise _broken(self._path, "there is no manifest in it")
        self._left = bytearray()
        self._take(rest)

    def ended(self) -> OpenedBackup:
        sha256 = self._hash.digest()
        with suppress(ValueError):
            said, proof = read_seal(bytes(self._left))
            if self._manifest is not None and hmac.compare_digest(said, sha256):
                return OpenedBackup(self._head, self._manifest, sha256, proof, self._size)
        raise _broken(self._path, "it does not end as a whole one does")


def _broken(path: Path, what: str) -> ConfigError:
    return ConfigError(
        "backup.broken", f"{what}: take another one (`nextvisit backup list`)", place=str(path)
    )
