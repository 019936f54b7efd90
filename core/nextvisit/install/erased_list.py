"""Who was erased, in a file outside the database: of no use to anybody without the keys, and in no backup of
the database, which would otherwise bring people back.

The first line says whose list it is. Each line after it holds a proof, made with the ring's key of the line
and of the proof before: a line that was taken out, changed or put in breaks it there. What it cannot tell is
that its last lines were cut off; the database names whom it knows of these.
"""

from __future__ import annotations

import fcntl
import hmac
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from nextvisit.desk import erasure
from nextvisit.desk.erasure import Erased
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import open_private
from nextvisit.store.base.engine import Database
from nextvisit.watch.finding import Finding, fine, wrong

_KEEP: Final = "keep a copy with that of the root key"
_LOST: Final = (
    "bring the file back from where its copy is kept. When there is none, move away what is there and run"
    " `nextvisit patient begin-list --lost`, which says what nobody can know then"
)


class _Head(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    begun: AwareDatetime
    proof: str


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    patient: UUID
    source: str
    ref: str
    at: AwareDatetime
    proof: str


@dataclass(frozen=True, slots=True)
class ErasedList:
    """The file at `path`. proof: of a text, by a key of this installation."""

    path: Path
    proof: Callable[[str], bytes]

    @classmethod
    def of(cls, database: Database, path: Path) -> ErasedList:
        """The list of the installation whose database it is."""
        return cls(path, lambda text: database.vault.digest("erased_list", text))

    def read(self) -> Sequence[Erased]:
        """All that it names. Raises ConfigError, which names the line, for a list that is not whole."""
        return self._parsed(self._content())[0]

    def has_begun(self) -> bool:
        """Whether there is anything whole in it. A file that was made for it is still empty.

        Raises ConfigError when it cannot be read.
        """
        return b"\n" in self._content()

    def _content(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            why = error.strerror or "cannot be read"
            raise ConfigError("erased.unreadable", why, place=str(self.path)) from error

    def note(self, erased: Erased) -> None:
        """One line more, on the disk when this returns.

        Raises ConfigError when it cannot be written, and for a list that is not whole.
        """
        if not self.has_begun():
            raise self._lost()
        with self._opened() as handle:
            _, proof, whole = self._parsed(_all_of(handle))
            self._write(handle, whole, self._line(erased, proof)[0])

    def begin(self, at: datetime, known: Sequence[Erased]) -> None:
        """With those whom the database knows. Raises ConfigError when there is one already."""
        with self._opened() as handle:
            if b"\n" in _all_of(handle):
                message = "there is a list already; move it away if it is not to be mended"
                raise ConfigError("erased.there", message, place=str(self.path))
            text = at.isoformat()
            proof = self.proof(text)
            lines = [_Head(begun=at, proof=proof.hex()).model_dump_json()]
            for each in known:
                line, proof = self._line(each, proof)
                lines.append(line)
            self._write(handle, 0, "\n".join(lines))

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """For one process at a time."""
        try:
            handle = open_private(self.path, os.O_RDWR)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)

    def _write(self, handle: int, after: int, lines: str) -> None:
        left = lines.encode() + b"\n"
        try:
            if (size := os.fstat(handle).st_size) < after:  # somebody's editor took the last break away
                left = b"\n" + left
            os.ftruncate(handle, min(after, size))
            os.lseek(handle, 0, os.SEEK_END)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> ConfigError:
        message = f"{error.strerror}; nothing was erased, because a restored backup would undo it unnoticed"
        return ConfigError("erased.unwritable", message, place=str(self.path))

    def _line(self, erased: Erased, before: bytes) -> tuple[str, bytes]:
        at: datetime = erased.at
        proof = self._proof_of(erased, before)
        line = _Line(
            patient=erased.patient, source=erased.source, ref=erased.ref.hex(), at=at, proof=proof.hex()
        )
        return line.model_dump_json(), proof

    def _proof_of(self, erased: Erased, before: bytes) -> bytes:
        at: datetime = erased.at
        said = (before.hex(), str(erased.patient), erased.source, erased.ref.hex(), at.isoformat())
        return self.proof("\0".join(said))

    def _parsed(self, content: bytes) -> tuple[Sequence[Erased], bytes, int]:
        """Whom it names, the last proof, and how many bytes are whole, a last line break included."""
        *lines, rest = content.split(b"\n")
        if not lines:
            raise self._lost()
        proof, named = self._begun(lines[0]), list[Erased]()
        for number, line in enumerate(lines[1:], start=2):
            erased, proof = self._entry(number, line, proof)
            named.append(erased)
        with suppress(ConfigError):  # broken off while it was written: nothing was erased then
            erased, proof = self._entry(len(lines) + 1, rest, proof)
            named.append(erased)
            lines.append(rest)
        return named, proof, sum(len(each) + 1 for each in lines)

    def _begun(self, line: bytes) -> bytes:
        try:
            head = _Head.model_validate_json(line)
        except ValidationError:
            raise self._broken(1, "does not begin the list of who was erased") from None
        begun: datetime = head.begun
        proof = self.proof(begun.isoformat())
        if not hmac.compare_digest(proof.hex(), head.proof):
            raise self._broken(1, "begins the list of another installation")
        return proof

    def _entry(self, number: int, line: bytes, before: bytes) -> tuple[Erased, bytes]:
        try:
            told = _Line.model_validate_json(line)
            erased = Erased(told.patient, told.source, bytes.fromhex(told.ref), told.at)
        except ValueError:
            raise self._broken(number, "is no entry of the list of who was erased") from None
        proof = self._proof_of(erased, before)
        if not hmac.compare_digest(proof.hex(), told.proof):
            raise self._broken(number, "does not follow the line before it: one was taken out or changed")
        return erased, proof

    def _lost(self) -> ConfigError:
        message = f"the list of who was erased is not there; {_LOST}"
        return ConfigError("erased.lost", message, place=str(self.path))

    def _broken(self, number: int, what: str) -> ConfigError:
        return ConfigError("erased.broken", f"{what}; {_LOST}", place=f"{self.path}:{number}")


def _all_of(handle: int) -> bytes:
    return os.pread(handle, os.fstat(handle).st_size, 0)


@dataclass(frozen=True, slots=True)
class Settled:
    """again: whom a restored backup had brought back. noted: whom the database alone knew."""

    again: int
    noted: int


async def apply(database: Database, path: Path) -> int:
    """Erase again whom a restored backup brought back; how many. Writes nothing into the file.

    Raises ConfigError for a list that is lost, not whole, or not begun.
    """
    kept = ErasedList.of(database, path)
    if not kept.has_begun() and not await erasure.has_begun_list(database):
        message = "the list of who was erased is not begun; run `nextvisit vault grant`, which begins it"
        raise ConfigError("erased.not_begun", message, place=str(path))
    return await erasure.replay(database, kept.read())


async def settle(database: Database, path: Path) -> Settled:
    """Begin the list of a new installation; note whom the database alone knows; erase again who came back.

    Raises ConfigError for a list that is lost or not whole: whoever came back would be written to.
    """
    kept = await list_of(database, path)
    listed = {each.patient for each in kept.read()}
    missing = [each for each in await erasure.known(database) if each.patient not in listed]
    for each in missing:
        kept.note(each)
    return Settled(again=await erasure.replay(database, kept.read()), noted=len(missing))


async def list_of(database: Database, path: Path) -> ErasedList:
    """The list of this installation; begun, if it never had one."""
    kept = ErasedList.of(database, path)
    if not kept.has_begun() and not await erasure.has_begun_list(database):
        await _begin(database, kept, "appliance")
    return kept


async def begin_anew(database: Database, path: Path, by: str) -> int:
    """In place of one that is lost; how many the database knows. Raises ConfigError if one is there."""
    return await _begin(database, ErasedList.of(database, path), by)


async def _begin(database: Database, kept: ErasedList, by: str) -> int:
    known = await erasure.known(database)
    # The file first: broken off between the two, it is there, and is begun for the database the next time.
    kept.begin(database.clock.now(), known)
    await erasure.keep_begun_list(database, by, len(known))
    return len(known)


async def finding(database: Database, path: Path) -> Sequence[Finding]:
    """Whether whoever was erased stays so after a restore."""
    try:
        named = {each.patient for each in ErasedList.of(database, path).read()}
    except ConfigError as error:
        do = "see the line of it in docs/operate.md"
        return [wrong("erased.list", str(error), touches="whoever was erased", do=do)]
    if missing := [each for each in await erasure.known(database) if each.patient not in named]:
        return [
            wrong(
                "erased.list",
                f"{path} does not name {len(missing)} who were erased",
                count=len(missing),
                touches=f"{len(missing)} who were erased, after a restore",
                do="run `nextvisit patient replay`",
            )
        ]
    return fine(f"{path} names {len(named)}; {_KEEP}")
