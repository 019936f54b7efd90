"""Making a backup: one snapshot, through pg_dump and age into a file that stands whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import select
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import IO

import pyrage
from pyrage import x25519

from nextvisit.backup.form import BackupHead, Manifest, seal
from nextvisit.backup.keys import recipients_of
from nextvisit.backup.tools import environment, refuse_failed, refuse_older, running, tool
from nextvisit.install.dsn import dsn_of
from nextvisit.install.groundwork import opened_database
from nextvisit.install.settings import BackupSettings, Settings
from nextvisit.sdk import SDK_VERSION
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.backups import made as backups_made
from nextvisit.store.backups.made import BackupMade
from nextvisit.store.backups.snapshot import Snapshot, snapshot
from nextvisit.store.vault.root_key import backup_proof

PART = ".part"
_TELL_EVERY = 256 * 1024 * 1024
_CHUNK = 1024 * 1024
_LOOKS_UP_MS = 500


def backup_settings(settings: Settings) -> BackupSettings:
    """Raises ConfigError when there are none, and says what makes them."""
    if settings.backup is None:
        message = "is not set: `nextvisit backup keys FOLDER` makes an identity and prints what belongs there"
        raise ConfigError("backup.unset", message, place="backup")
    return settings.backup


def create(settings: Settings, to: Path | None, tell: Callable[[str], None]) -> tuple[Path, BackupMade]:
    """Into `to`, or a file of its own name in `backup.to`. tell: of what takes long.

    Raises ConfigError for what has to be set right, a disk that is full among it; RetryLater when the server
    went away. Nothing of it is left then.
    """
    spec = backup_settings(settings)
    recipients, owner = recipients_of(spec), dsn_of(settings.database, "owner")
    program = tool(settings, "pg_dump")
    with snapshot(owner) as snap:
        refuse_older(program, snap.server)
        head = BackupHead(taken_at=snap.taken_at, release=version("nextvisit"), schema_revision=snap.schema)
        file = spec.to / head.file_name if to is None else to
        command = [str(program), "--format=custom", "--no-password", f"--snapshot={snap.name}"]
        with _beside(file) as handle, running(command, environment(owner)) as (child, words):
            if child.stdout is None:
                raise TypeError
            dump = _Dump(child.stdout, lambda: refuse_failed(child, words, "pg_dump"), tell, snap.size)
            manifest = _manifest(snap)
            sha256 = _sealed(handle, (head, manifest, dump), settings.vault.root_key_file, recipients)
        size = file.stat().st_size
    return file, BackupMade(snap.taken_at, file.name, size, sha256.hex())


async def note(settings: Settings, made: BackupMade, by: str) -> None:
    """That there is one, where doctor and the audit trail tell it."""
    async with opened_database(settings) as database, database.transaction(actor=by) as tx:
        await backups_made.note(tx, made)


def _manifest(snap: Snapshot) -> Manifest:
    return Manifest(
        sdk=SDK_VERSION,
        server=snap.server,
        size=snap.size,
        rows=snap.rows,
        ring=snap.ring,
        chains=snap.chains,
    )


def _sealed(
    handle: IO[bytes],
    parts: tuple[BackupHead, Manifest, _Dump],
    root_key: Path,
    recipients: Sequence[x25519.Recipient],
) -> bytes:
    """Write all of it; the SHA-256 of the dump."""

    head, manifest, dump = parts

    def whole() -> Iterator[bytes]:
        yield head.line()
        yield manifest.line()
        yield from dump.chunks()
        sha256 = dump.sha256.digest()
        yield seal(sha256, backup_proof(root_key, head.line() + manifest.line() + sha256))

    source = _Source(whole())
    sink = _Sink(handle)
    sink.write(head.line())
    try:
        pyrage.encrypt_io(source, sink, recipients)
    except (pyrage.EncryptError, OSError):
        raise (
            source.met or sink.met or ConfigError("backup.seal", "cannot be sealed", place="backup")
        ) from None
    return dump.sha256.digest()


class _Dump:
    """What pg_dump writes, counted and hashed on its way."""

    def __init__(
        self, out: IO[bytes], end: Callable[[], None], tell: Callable[[str], None], size: int
    ) -> None:
        self.sha256 = hashlib.sha256()
        self._out, self._end, self._tell, self._size = out, end, tell, size
        self._ready = select.poll()
        self._ready.register(out, select.POLLIN)

    def chunks(self) -> Iterator[bytes]:
        """Raises RetryLater when pg_dump did not come to its end."""
        read, told = 0, 0
        while chunk := self._chunk():
            read += len(chunk)
            self.sha256.update(chunk)
            if read - told >= _TELL_EVERY:
                told = read
                self._tell(f"{read >> 20} MiB dumped, of a database of {self._size >> 20} MiB")
            yield chunk
        self._end()

    def _chunk(self) -> bytes:
        """Looks up now and then: a signal that comes just before a read is heard when that comes back."""
        while not self._ready.poll(_LOOKS_UP_MS):
            pass
        return os.read(self._out.fileno(), _CHUNK)


class _Source:
    """Parts as a file to read from. met: what reading was broken off by, which its reader forgets."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.met: BaseException | None = None
        self._parts, self._left = parts, memoryview(b"")

    def read(self, most: int) -> bytes:
        try:
            while not self._left:
                self._left = memoryview(next(self._parts))
        except StopIteration:
            return b""
        except BaseException as error:
            self.met = error
            raise
        taken, self._left = self._left[:most], self._left[most:]
        return bytes(taken)


class _Sink:
    """A file to write to. met: why it could not be."""

    def __init__(self, file: IO[bytes]) -> None:
        self.met: BaseException | None = None
        self._file = file

    def write(self, content: bytes) -> int:
        try:
            return self._file.write(content)
        except BaseException as error:
            self.met = error
            raise

    def flush(self) -> None:
        """Once, at the end."""


def _unwritable(error: OSError, path: Path) -> ConfigError:
    why = f"{error.strerror}; no backup was made, and nothing of it is left"
    return ConfigError("backup.unwritable", why, place=str(path.parent))


@contextmanager
def _beside(file: Path) -> Iterator[IO[bytes]]:
    """For its owner alone; it is `file` once all of it is on the disk, and never in another's place."""
    part = file.with_name(f".{file.name}.{os.getpid()}{PART}")
    if file.exists():
        raise _there(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        remove_left_behind(file.parent)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritable(error, file) from error
    try:
        with os.fdopen(handle, "wb") as opened:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield opened
            opened.flush()
            os.fsync(handle)
        os.link(part, file)  # unlike a rename, it does not replace what came to stand there meanwhile
        part.unlink()
        _sync_folder(file.parent)
    except FileExistsError as error:
        raise _there(file) from error
    except OSError as error:
        raise _unwritable(error, file) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _there(file: Path) -> ConfigError:
    return ConfigError(
        "backup.there", "is there already, and no backup is written over another", place=str(file)
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_left_behind(folder: Path) -> None:
    """What one that was killed had begun: whoever still writes holds the lock."""
    for part in folder.glob(f".*{PART}"):
        with suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()
