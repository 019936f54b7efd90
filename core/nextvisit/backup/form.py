"""What a backup's file looks like.

One line in the clear, by which backups are told apart without an identity; behind it a stream sealed by age.
In that are: the same line, the manifest on a line, the dump of pg_dump (custom format), and a seal of a fixed
length: the SHA-256 of the dump, and a proof by the root key over manifest and SHA-256. Age itself tells what
was changed or cut off; the seal tells that pg_dump had come to its end, and whose the backup is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from nextvisit.sdk.errors import ConfigError

MARK: Final = b"nextvisit backup 1 "
LONGEST_HEAD: Final = 1024
LONGEST_MANIFEST: Final = 1024 * 1024
_SEAL: Final = b"\nnextvisit backup ends %s %s\n"
SEAL_BYTES: Final = len(_SEAL % (b"0" * 64, b"0" * 64))


class BackupHead(BaseModel):
    """In the clear. taken_at: until when it knows. schema_revision: of the database."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    taken_at: AwareDatetime
    release: str
    schema_revision: str

    def line(self) -> bytes:
        return MARK + self.model_dump_json().encode() + b"\n"

    @property
    def file_name(self) -> str:
        at: datetime = self.taken_at
        return f"nextvisit-{at:%Y%m%dT%H%M%SZ}.backup"


class Manifest(BaseModel):
    """What is in it. server: PostgreSQL's version. size: of the database, in bytes. rows: of each table.

    ring: the purpose of each key by its number. chains: the last entry of each of the audit trail.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sdk: str
    server: int
    size: int
    rows: Mapping[str, int]
    ring: Mapping[str, str]
    chains: tuple[str, ...]

    def line(self) -> bytes:
        return self.model_dump_json().encode() + b"\n"


def seal(sha256: bytes, proof: bytes) -> bytes:
    """What a backup ends with."""
    return _SEAL % (sha256.hex().encode(), proof.hex().encode())


def read_seal(end: bytes) -> tuple[bytes, bytes]:
    """SHA-256 and proof. Raises ValueError when a backup does not end so."""
    begins = _SEAL.split(b"%s", 1)[0]
    words = end.removeprefix(begins).split()
    if not end.startswith(begins) or len(words) != 2:  # noqa: PLR2004  the two
        raise ValueError
    sha256, proof = (bytes.fromhex(each.decode()) for each in words)
    return sha256, proof


def head_of(line: bytes, place: Path) -> BackupHead:
    """Raises ConfigError when it begins no backup of ours."""
    if line.startswith(MARK) and line.endswith(b"\n"):
        try:
            return BackupHead.model_validate_json(line.removeprefix(MARK))
        except ValidationError:
            pass
    message = "is no backup of ours: it does not begin as `nextvisit backup create` writes it"
    raise ConfigError("backup.foreign", message, place=str(place))


def read_head(path: Path) -> BackupHead:
    """Without an identity. Raises ConfigError when it is no backup of ours; OSError as the system does."""
    with path.open("rb") as file:
        return head_of(file.readline(LONGEST_HEAD), path)
