"""Who was erased, in a file outside the database: of no use to anybody without the keys, and in no backup of
the database, which would otherwise bring people back.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from nextvisit.desk import erasure
from nextvisit.desk.erasure import Erased
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.engine import Database


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    patient: UUID
    source: str
    ref: str
    at: AwareDatetime


def note(path: Path, erased: Erased) -> None:
    """One line more, on the disk when this returns. Raises ConfigError when it cannot be written."""
    at: datetime = erased.at
    line = _Line(patient=erased.patient, source=erased.source, ref=erased.ref.hex(), at=at)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(line.model_dump_json().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        message = f"{error.strerror}; nothing was erased, because a restored backup would undo it unnoticed"
        raise ConfigError("erased.unwritable", message, place=str(path)) from error


def read(path: Path) -> Sequence[Erased]:
    """Nobody where there is no such file. Raises ConfigError, which names the line, for anything else."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ConfigError("erased.unreadable", error.strerror or "cannot be read", place=str(path)) from error
    return [_parsed(path, number, line) for number, line in enumerate(lines, start=1)]


def _parsed(path: Path, number: int, line: bytes) -> Erased:
    try:
        told = _Line.model_validate_json(line)
        return Erased(told.patient, told.source, bytes.fromhex(told.ref), told.at)
    except (ValidationError, ValueError):
        message = "is no entry of the list of who was erased; bring the file back from where its copy is kept"
        malformed = ConfigError("erased.malformed", message, place=f"{path}:{number}")
    raise malformed


async def replay(database: Database, path: Path) -> int:
    """Erase again whom a restored backup brought back; how many."""
    return await erasure.replay(database, read(path))


async def complete(database: Database, path: Path) -> int:
    """Note whom the database knows and the file does not, as when it was lost; how many."""
    listed = {each.patient for each in read(path)}
    missing = [each for each in await erasure.known(database) if each.patient not in listed]
    for each in missing:
        note(path, each)
    return len(missing)
