"""`nextvisit backup …`."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer

from nextvisit.backup import create as making
from nextvisit.backup import keeping
from nextvisit.backup import restore as restoring
from nextvisit.backup.keys import make_identity
from nextvisit.backup.opening import Sealed
from nextvisit.backup.verify import verify as verify_backup
from nextvisit.cli.call import Call, Takes, command
from nextvisit.cli.instants import typed_instant
from nextvisit.cli.output import complain, emit_json, say
from nextvisit.desk.instants import shown
from nextvisit.install.settings import Settings, load_settings
from nextvisit.onebox.handover import keeper_of_the_root_key, step_aside, step_down

_LOOKS = Takes.SETTINGS | Takes.JSON
_AT = "%Y-%m-%d %H:%M:%S"
_OPENS = _LOOKS | Takes.ROOT
_NEXT = (
    "next: start with an empty Temporal (another namespace, or `up` without its folder temporal), then run"
    " `nextvisit journey rehydrate`; see After a restore in docs/operate.md"
)

File = Annotated[Path, typer.Argument(help="The backup.")]
IdentityOption = Annotated[
    Path, typer.Option("--identity", help="The identity that opens it, as `nextvisit backup keys` made it.")
]
LostAt = Annotated[
    str | None,
    typer.Option(
        help="When the lost database sent its last, in the clinic's time; default: now."
        " `restore confirm` asks for it again."
    ),
]


def keys(
    folder: Annotated[
        Path, typer.Argument(help="Where the identity goes: a medium that goes into the safe.")
    ],
) -> None:
    """Make the identity that opens backups, and print the recipient that they are sealed to.

    Example: `nextvisit backup keys /media/safe`
    """
    file, recipient = make_identity(folder)
    say(
        f"made {file}: whoever has it reads all backups, and without it nobody does; keep two copies,"
        " none of them here",
        "into the settings:",
        "backup:",
        "  to: /var/backups/nextvisit",
        f"  recipients: [{recipient}]",
    )


@command(_LOOKS)
def create(
    call: Call,
    to: Annotated[
        Path | None, typer.Option(help="The file; default: one of its own name in `backup.to`.")
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Then remove those that `backup.keep` does not name.")
    ] = False,
) -> None:
    """Back the database up, into one file that only the holder of the identity can open.

    The root key, the list of who was erased, passwords and Temporal's data are not in it. May run at any time
    beside the roles.

    Example: `nextvisit backup create --prune`
    """
    settings = load_settings(call.config)
    spec = making.backup_settings(settings)
    with _stopped_by_sigterm():
        file, made = making.create(settings, to, complain)
    asyncio.run(making.note(settings, made, call.by))
    removed = keeping.prune(spec.to, spec.keep) if prune else ()
    if call.json:
        emit_json(
            {
                "file": file,
                "taken_at": made.taken_at,
                "size": made.size,
                "removed": [each.file for each in removed],
            }
        )
        return
    say(f"made {file} ({made.size} bytes), which knows all until {made.taken_at:{_AT}} UTC")
    say(*(f"removed {each.file}" for each in removed))


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """As by Ctrl-C: nothing of what was begun is left."""

    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@command(_LOOKS)
def listing(call: Call) -> None:
    """List the backups in `backup.to`, the newest first.

    Example: `nextvisit backup list`
    """
    found = keeping.listing(making.backup_settings(load_settings(call.config)).to)
    if call.json:
        emit_json(found)
        return
    for each in found:
        say(f"{each.taken_at:{_AT}} UTC  {each.size:>14} bytes  release {each.release}  {each.file}")
    if not found:
        say("there is none")


@command(_LOOKS)
def prune(call: Call) -> None:
    """Remove backups that `backup.keep` does not name; never the newest, and nothing that is not ours.

    Example: `nextvisit backup prune`
    """
    spec = making.backup_settings(load_settings(call.config))
    removed = keeping.prune(spec.to, spec.keep)
    if call.json:
        emit_json([each.file for each in removed])
    else:
        say(*(f"removed {each.file}" for each in removed) if removed else ["nothing was to be removed"])


@command(_OPENS)
def verify(
    call: Call,
    file: File,
    identity: IdentityOption,
    restore: Annotated[
        bool,
        typer.Option("--restore", help="Restore it into a server of its own as well, and look at it there."),
    ] = False,
) -> None:
    """Prove that a backup is whole, and say what was not looked at. Touches no database that is in use.

    Example: `nextvisit backup verify /var/backups/nextvisit/FILE --identity /media/safe/backup-identity.txt`
    """
    with Sealed.of(file, identity) as sealed:
        _step_aside(call)
        done = asyncio.run(verify_backup(load_settings(call.config), sealed, and_restore=restore))
    head, rows = done.opened.head, sum(done.opened.manifest.rows.values())
    if call.json:
        emit_json(
            {"taken_at": head.taken_at, "release": head.release, "rows": rows, "unchecked": done.unchecked}
        )
        return
    say(f"whole: {rows} rows of {len(done.opened.manifest.rows)} tables, as of {head.taken_at:{_AT}} UTC")
    say(*(f"not looked at: {each}" for each in done.unchecked))


@command(_OPENS | Takes.BY)
def restore(
    call: Call,
    file: File,
    identity: IdentityOption,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="The folder of `nextvisit up`, whose server is started for it."),
    ] = None,
    lost_at: LostAt = None,
) -> None:
    """Bring a backup back into an empty database; all of it or nothing. The roles have to be stopped.

    Without --data, into the database that `database.owner` names. Whoever was erased since is erased again.

    Example: `nextvisit backup restore FILE --identity /media/safe/backup-identity.txt`
    """
    # Before root steps down: they may lie where only root reads.
    with Sealed.of(file, identity) as sealed:
        sealed.head()
        done = _restored(call, sealed, data, lost_at)
    if call.json:
        emit_json(done)
    else:
        say(
            f"restored {done.rows} rows as of {done.taken_at:{_AT}} UTC, schema {done.revision}",
            _NEXT,
        )


def _restored(call: Call, sealed: Sealed, data: Path | None, typed: str | None) -> restoring.Restored:
    settings = load_settings(call.config)
    lost_at = _lost_at(typed, settings)
    if data is None:
        restoring.refuse_while_up(settings)
        _step_aside(call)
        return asyncio.run(restoring.restore_served(settings, sealed, call.by, lost_at))
    spawners = step_down(call.config, settings, data.absolute())
    try:
        return asyncio.run(
            restoring.restore_embedded(settings, (data.resolve(), spawners), sealed, call.by, lost_at)
        )
    finally:
        for each in spawners:
            each.close()


def _lost_at(typed: str | None, settings: Settings) -> datetime | None:
    return None if typed is None else typed_instant(typed, ZoneInfo(settings.site.zone), "--lost-at")


def _step_aside(call: Call) -> None:
    keeper = keeper_of_the_root_key(call.config) if os.geteuid() == 0 else None
    if keeper is not None:
        step_aside(keeper)


@command(_LOOKS | Takes.BY)
async def restored(
    call: Call,
    taken_at: Annotated[
        str,
        typer.Option(help="Until when the restored database knows, in the clinic's time or with an offset."),
    ],
    lost_at: LostAt = None,
) -> None:
    """Say that the database was restored by other means than `backup restore`, before any role is started.

    Does what `backup restore` does after it: what was sent since may not be sent again, and whoever was
    erased since is erased again.

    Example: `nextvisit backup restored --taken-at "2026-11-28 02:00" --by anna`
    """
    settings = load_settings(call.config)
    zone = ZoneInfo(settings.site.zone)
    taken = typed_instant(taken_at, zone, "--taken-at")
    await restoring.restored_elsewhere(settings, taken, _lost_at(lost_at, settings), call.by)
    if call.json:
        emit_json({"taken_at": taken})
    else:
        say(f"noted: restored as of {shown(taken, zone)}", _NEXT)
