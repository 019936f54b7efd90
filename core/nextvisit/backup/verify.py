"""Whether a backup can be brought back, found out without touching the database that is in use."""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

from nextvisit.backup.opening import OpenedBackup, Sealed, read_through
from nextvisit.backup.restore import restore
from nextvisit.backup.tools import running, tool
from nextvisit.clock import SystemClock
from nextvisit.desk import evidence
from nextvisit.install.settings import Settings
from nextvisit.onebox.postgres import EmbeddedPostgres
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.engine import Database
from nextvisit.store.vault.keys import Vault


@dataclass(frozen=True, slots=True)
class Verified:
    """unchecked: what nobody has looked at, in words."""

    opened: OpenedBackup
    unchecked: tuple[str, ...]


async def verify(settings: Settings, sealed: Sealed, *, and_restore: bool) -> Verified:
    """The whole stream, its seal, and that each table of the manifest is in the dump.

    and_restore: also into a server of its own in a temporary folder, where the rows, the keys and the audit
    trail are looked at. Raises ConfigError for what does not hold.
    """
    opened = await asyncio.to_thread(_listed, settings, sealed)
    unchecked = []
    if settings.vault.root_key_file.exists():
        opened.refuse_stranger(settings.vault.root_key_file, sealed.path)
    else:
        unchecked.append("whether the root key opens it: there is none here")
    if and_restore:
        await _restored_aside(settings, sealed)
    else:
        unchecked.append("whether it can be restored, its rows, its keys and its audit trail: `--restore`")
    unchecked.append("that the copies of the root key and of the list of who was erased can still be read")
    return Verified(opened, tuple(unchecked))


def _listed(settings: Settings, sealed: Sealed) -> OpenedBackup:
    """Raises ConfigError when a table of the manifest is not in the dump."""
    with (
        tempfile.TemporaryFile() as contents,
        running([str(tool(settings, "pg_restore")), "--list"], {"LC_ALL": "C"}, stdin=PIPE) as (child, _),
    ):
        if child.stdin is None or child.stdout is None:
            raise TypeError
        into, reads = child.stdin, True

        def feed(part: bytes) -> None:
            # It reads the list, which comes first, and goes.
            nonlocal reads
            if reads:
                try:
                    into.write(part)
                except BrokenPipeError:
                    reads = False

        opened = read_through(sealed, feed)
        try:
            into.close()
        except BrokenPipeError:
            reads = False
        contents.write(child.stdout.read())
        contents.seek(0)
        listed = {words[-2] for line in contents if (words := line.split())[3:5] == [b"TABLE", b"DATA"]}
    if missing := sorted(set(opened.manifest.rows) - {each.decode() for each in listed}):
        message = f"its dump lacks {', '.join(missing)}; take another one (`nextvisit backup list`)"
        raise ConfigError("backup.broken", message, place=str(sealed.path))
    return opened


async def _restored_aside(settings: Settings, sealed: Sealed) -> None:
    with tempfile.TemporaryDirectory(prefix="nextvisit-verify-") as name:
        os.chmod(name, 0o711)  # noqa: PTH101, S103  the server's user passes through
        async with EmbeddedPostgres(Path(name) / "postgres") as postgres:
            await restore(settings, postgres.owner_dsn, sealed, "backup verify")
            vault = Vault.from_file(settings.vault.root_key_file)
            database = await Database.open(postgres.app_dsn, vault, SystemClock(), pool_size=2)
            try:
                result = await evidence.verify_database(database)
            finally:
                await database.close()
    if result.standing == "broken":
        message = "its audit trail does not hold: see `nextvisit audit verify` of the database it is of"
        raise ConfigError("backup.audit", message, place=str(sealed.path))
