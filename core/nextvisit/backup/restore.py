"""Bringing a backup back: into an empty database, all of it or nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import PIPE
from typing import IO

from nextvisit.backup.opening import OpenedBackup, Sealed, read_through
from nextvisit.backup.tools import refuse_failed, running, tool
from nextvisit.clock import SystemClock
from nextvisit.install.dsn import dsn_of
from nextvisit.install.embedded import lock_beside, secret_file
from nextvisit.install.erased_list import Settled
from nextvisit.install.groundwork import ensure_files, opened_database
from nextvisit.install.settings import Settings
from nextvisit.onebox.alone import alone_by
from nextvisit.onebox.os_users import POSTGRES
from nextvisit.onebox.postgres import EmbeddedPostgres
from nextvisit.onebox.spawner import Spawner
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import fill_private
from nextvisit.store.backups import restoring
from nextvisit.store.restorations import restorations
from nextvisit.store.vault.keys import Vault


@dataclass(frozen=True, slots=True)
class Restored:
    """taken_at: until when the database knows. revision: of its schema now. rows: all, when it was taken."""

    taken_at: datetime
    revision: str
    rows: int


async def restore(
    settings: Settings, owner_dsn: str, sealed: Sealed, by: str, *, lost_at: datetime | None = None
) -> Restored:
    """Read it through first, then take it in, in one transaction, which begins the restoration too.

    Raises ConfigError when it is not whole, not this root key's, or the database is not empty or in use.
    """
    root_key, clock = settings.vault.root_key_file, SystemClock()
    if lost_at is not None:  # mistyped: told now, not when all of it was read
        restorations.refuse_impossible(sealed.head().taken_at, lost_at, clock.now())
    opened = await asyncio.to_thread(read_through, sealed, len)
    opened.refuse_stranger(root_key, sealed.path)
    taken_at: datetime = opened.head.taken_at
    async with restoring.into_empty(owner_dsn, Vault.from_file(root_key), clock, by) as tx:
        with _script(settings, sealed, opened) as script:
            await restoring.take_in(tx.connection, script)
        _refuse_other_rows(opened, await restoring.rows(tx.connection, opened.manifest.rows), sealed.path)
        revision = await restoring.make_current(tx)
        await restorations.begun(tx, taken_at, lost_at)
    return Restored(taken_at, revision, sum(opened.manifest.rows.values()))


def _refuse_other_rows(opened: OpenedBackup, found: object, place: Path) -> None:
    if dict(opened.manifest.rows) != found:
        message = "other rows came out of it than its manifest names; nothing was restored"
        raise ConfigError("backup.rows", message, place=str(place))


@contextmanager
def _script(settings: Settings, sealed: Sealed, before: OpenedBackup) -> Iterator[Iterator[bytes]]:
    """What pg_restore makes of the dump, by lines. Raises at its end when it was not what it was before."""
    program = tool(settings, "pg_restore")
    command = [str(program), "--file=-", "--no-owner"]
    with running(command, {"LC_ALL": "C"}, stdin=PIPE) as (child, words):
        if child.stdin is None or child.stdout is None:
            raise TypeError
        feeding = _Feeding(sealed, child.stdin)
        feeding.start()

        def lines(out: IO[bytes]) -> Iterator[bytes]:
            yield from out
            feeding.join()
            feeding.refuse_other(before)
            refuse_failed(child, words, "pg_restore")

        yield lines(child.stdout)


class _Feeding(threading.Thread):
    """Opens the backup into pg_restore, which is read meanwhile."""

    def __init__(self, sealed: Sealed, into: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._sealed, self._into = sealed, into
        self._opened: OpenedBackup | None = None
        self._met: BaseException | None = None

    def run(self) -> None:
        try:
            self._opened = read_through(self._sealed, self._into.write)
        except BaseException as error:  # noqa: BLE001  it is raised where it is joined
            self._met = error
        finally:
            with suppress(OSError):
                self._into.close()

    def refuse_other(self, before: OpenedBackup) -> None:
        if isinstance(self._met, BrokenPipeError):
            return  # pg_restore says why it has ended
        if self._met is not None:
            raise self._met
        if self._opened != before:
            message = "was changed while it was read; nothing was restored"
            raise ConfigError("backup.broken", message, place=str(self._sealed.path))


async def restore_embedded(
    settings: Settings,
    into: tuple[Path, Sequence[Spawner]],
    sealed: Sealed,
    by: str,
    lost_at: datetime | None,
) -> Restored:
    """Into the embedded server of `nextvisit up`, which is started alone and stopped again.

    into: the folder of its data, and who starts children as users of their own.
    Raises ConfigError while `up` runs with these settings or this folder, beside what `restore` raises.
    """
    data, spawners = into
    app_file, owner_file = _written(settings.database.app), _written(settings.database.owner)
    _make_folders(data, app_file, owner_file)
    by_user = {each.user.name: each for each in spawners}
    with (
        alone_by(lock_beside(app_file), data) as its_data_is_there,
        alone_by(data / "up.lock", data) as its_data_is_here,
    ):
        its_data_is_here()
        async with EmbeddedPostgres(data / "postgres", by=by_user.get(POSTGRES)) as postgres:
            restored = await restore(settings, postgres.owner_dsn, sealed, by, lost_at=lost_at)
            its_data_is_there()
            fill_private(app_file, postgres.app_dsn)
            fill_private(owner_file, postgres.owner_dsn)
            await erase_again(settings)
    return restored


def _make_folders(data: Path, *files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data.mkdir(parents=True, exist_ok=True, mode=0o711)


async def restore_served(settings: Settings, sealed: Sealed, by: str, lost_at: datetime | None) -> Restored:
    """Into the database that `database.owner` names."""
    restored = await restore(settings, dsn_of(settings.database, "owner"), sealed, by, lost_at=lost_at)
    await erase_again(settings)
    return restored


async def restored_elsewhere(
    settings: Settings, taken_at: datetime, lost_at: datetime | None, by: str
) -> None:
    """What follows a restore that somebody else made, with other means."""
    async with opened_database(settings) as database, database.transaction(actor=by) as tx:
        await restorations.begun(tx, taken_at, lost_at)
    await erase_again(settings)


def refuse_while_up(settings: Settings) -> None:
    """Raises ConfigError while `nextvisit up` runs by these settings: its roles use the database."""
    file = secret_file(settings.database.app)
    if file is not None and lock_beside(file).exists():
        with alone_by(lock_beside(file), file.parent):
            pass


async def erase_again(settings: Settings) -> Settled:
    """Whoever was erased since the backup is not to be written to. Raises ConfigError for a lost list."""
    return await ensure_files(settings)


def _written(reference: str | None) -> Path:
    file = secret_file(reference)
    if file is None:
        message = "must be file:… so that the connection can be written there; or restore without --data"
        raise ConfigError("restore.data", message, place="database")
    return file
