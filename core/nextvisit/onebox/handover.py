"""What root does before it is root no longer: users, whose our files are, and whether those can read them.

Root follows no link here, and hands over no file with a second name: somebody else may have put it there.
"""

from __future__ import annotations

import os
import pwd
import signal
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from shlex import quote

import anyio

import nextvisit
from nextvisit.install.confinement import named_files
from nextvisit.install.embedded import lock_beside, secret_file
from nextvisit.install.settings import Settings, VaultSettings, load_settings
from nextvisit.onebox import postgres_setup
from nextvisit.onebox.alone import alone_by
from nextvisit.onebox.os_users import (
    API,
    APPLIANCE,
    OsUser,
    OsUsers,
    become,
    leave_login,
    os_users,
)
from nextvisit.onebox.process import end_orphan
from nextvisit.onebox.spawner import Spawner
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import open_private, refuse_exposed, refuse_strangers_way

_STOP_PATIENCE = timedelta(seconds=30)
_API_READS = 0o640
_PASSED_THROUGH = 0o711
_ROOT = OsUser(0, 0, "root")


def change_user(config: Path, settings: Settings, role: str = "worker") -> None:
    """Root becomes the user of this role, after our own files were made that user's. Nothing for others.

    Raises ConfigError, with what to run, when that user cannot read what it needs.
    """
    if os.geteuid() != 0:
        return
    users = os_users()
    require_program([users.appliance, users.api, users.postgres])
    user = users.api if role == "api" else users.appliance
    _require_readable(config, settings, [user], users)
    _refuse_strangers_folders(settings, users)
    _hand_over_files(settings, users)
    become(user, [users.api.gid])


def step_down(config: Path, settings: Settings, data: Path) -> Sequence[Spawner]:
    """As `change_user`, for `up`: with its data, and with spawners for PostgreSQL's user and the API's."""
    if os.geteuid() != 0:
        return ()
    leave_login()  # or what is begun for others on the way would have what root has
    users = os_users()
    require_program([users.appliance, users.api, users.postgres])
    refuse_strangers_way(data.absolute().parent, {0})
    _refuse_strangers_folders(settings, users)
    if (app := secret_file(settings.database.app)) is not None and lock_beside(app).exists():
        with alone_by(lock_beside(app), data):
            pass  # whoever runs already is not disturbed
    # All that may be refused before anything is changed: who started it before can start it again.
    _require_readable(config, settings, [users.appliance, users.api], users)
    _require_data(data, users)
    _hand_over_files(settings, users)
    _hand_over_data(data, users)
    spawners = [Spawner.start(user) for user in (users.postgres, users.api)]
    become(users.appliance, [users.api.gid])
    return spawners


def keeper_of_the_root_key(config: Path) -> OsUser | None:
    """Whom root's other commands become, which load plugins and open what is personal: whoever's the key is.

    None: until a role of root's has handed it over it is root's, and so is the command. Raises ConfigError or
    InvalidFile for the settings file, ConfigError when nobody here has that number.
    """
    key = load_settings(config).vault.root_key_file
    owner = key.stat().st_uid if key.exists() else 0
    if owner == 0:
        return None
    try:
        entry = pwd.getpwuid(owner)
    except KeyError:
        message = f"is user {owner}'s, and no user here has that number; give it to whoever runs the roles"
        raise ConfigError("up.user", message, place=str(key)) from None
    return OsUser(owner, entry.pw_gid, entry.pw_name)


def step_aside_to_grant(config: Path, keys: VaultSettings) -> None:
    """Root makes the files of `vault grant`, and becomes whoever connects: see `keeper_of_the_root_key`."""
    keeper = keeper_of_the_root_key(config) if os.geteuid() == 0 else None
    if keeper is None:
        return
    for file, group, mode in _granted(keys, keeper, _api_group(keeper)):
        _refuse_strangers_folder(file, keeper)
        _give(file, keeper, group, mode)
    step_aside(keeper)


def _api_group(user: OsUser) -> int:
    """In it is what reads the connections' secrets, and is `nextvisit`'s."""
    return pwd.getpwnam(API).pw_gid if user.name == APPLIANCE else user.gid


def step_aside(user: OsUser) -> None:
    """As `keeper_of_the_root_key` has it. Raises ConfigError when that user cannot run our program."""
    require_program([user])
    become(user, [_api_group(user)])


def require_program(users: Sequence[OsUser]) -> None:
    """Python and our packages, which are often installed below root's own folder."""
    needed = [Path(sys.executable), Path(sys.executable).resolve(), *map(Path, nextvisit.__path__)]
    for user in users:
        for path in _refused(needed, user, ()):
            closed = _closed_above(path) or path
            message = (
                f"the user {user.name} cannot enter it, and {path} is what we run; install NextVisit where"
                " everybody may enter, as with `python3 -m venv /opt/nextvisit`"
            )
            raise ConfigError("up.program", message, place=str(closed))


def _require_readable(config: Path, settings: Settings, those: Sequence[OsUser], users: OsUsers) -> None:
    """Raises ConfigError, which names all that one of them cannot read, with what to run."""
    ours = {settings.vault.intake_key_file, secret_file(settings.database.app)}
    needed = [each for each in named_files(config, settings) if each not in ours and each.exists()]
    commands: dict[str, None] = {}
    for user in those:
        for path in _refused(needed, user, (users.api.gid,) if user == users.appliance else ()):
            closed = _closed_above(path)
            its = quote(str(path))
            give = f"chown root:{users.api.name} {its} && chmod {_API_READS:o} {its}"
            commands[give if closed is None else f"chmod o+x {quote(str(closed))}"] = None
    if commands:
        names = ", ".join(each.name for each in those)
        message = f"{names} cannot read all that it names; run `{' && '.join(commands)}`"
        raise ConfigError("up.unreadable", message, place=str(config))


def _refused(paths: Sequence[Path], user: OsUser, groups: Sequence[int]) -> Iterator[Path]:
    """Those that this user cannot read, as the system says when it tries."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            become(user, groups)
            closed = [index for index, path in enumerate(paths) if not os.access(path, os.R_OK)]
            os.write(writes, bytes(closed))
            os._exit(0)
        os._exit(1)
    os.close(writes)
    with os.fdopen(reads, "rb") as answer:
        found = answer.read()
    if os.waitpid(child, 0)[1] != 0:
        raise ConfigError(
            "up.user", "root cannot become that user here; start it as an ordinary user", place=user.name
        )
    yield from (paths[index] for index in found)


def _closed_above(path: Path) -> Path | None:
    """The first folder on the way that others cannot enter."""
    above = reversed(path.absolute().parents)
    return next((each for each in above if not each.stat().st_mode & stat.S_IXOTH), None)


def give_granted(keys: VaultSettings) -> None:
    """The intake key and the list of who was erased, of root's making, to those who read them.

    Where there are such users: a service manager may start them, and root never.
    """
    with suppress(KeyError):
        if os.geteuid() == 0:
            appliance, api = pwd.getpwnam(APPLIANCE), pwd.getpwnam(API)
            user = OsUser(appliance.pw_uid, appliance.pw_gid, APPLIANCE)
            for file, group, mode in _granted(keys, user, api.pw_gid):
                if file.is_file():
                    _give(file, user, group, mode)


def _granted(keys: VaultSettings, user: OsUser, api_group: int) -> Sequence[tuple[Path, int, int]]:
    """What `vault grant` makes: each file, whose group it is and its mode."""
    return (keys.intake_key_file, api_group, _API_READS), (keys.erased_file, user.gid, 0o600)


def _refuse_strangers_folders(settings: Settings, users: OsUsers) -> None:
    keys = settings.vault
    secrets = map(secret_file, filter(None, (settings.database.app, settings.database.owner)))
    for file in (keys.root_key_file, keys.intake_key_file, keys.erased_file, *filter(None, secrets)):
        _refuse_strangers_folder(file, users.appliance)


def _refuse_strangers_folder(file: Path, user: OsUser) -> None:
    """Root makes it and gives it away, in a folder of that user's: below none that it could put elsewhere."""
    folder = file.absolute().parent
    refuse_strangers_way(folder, {0, user.uid})
    refuse_strangers_way(folder.parent, {0})


def _hand_over_files(settings: Settings, users: OsUsers) -> None:
    """The keys, and what is written later: made when missing, for nothing can be made in root's folders."""
    keys = settings.vault
    if keys.root_key_file.exists():
        _give(keys.root_key_file, users.appliance, users.appliance.gid, 0o400)
    for file, group, mode in _granted(keys, users.appliance, users.api.gid):
        _make_folder(file.parent, users.appliance)
        _give(file, users.appliance, group, mode)
    if (app := secret_file(settings.database.app)) is not None:
        _make_folder(app.parent, users.appliance)
        _give(app, users.appliance, users.api.gid, _API_READS)
        _give(lock_beside(app), users.appliance, users.appliance.gid, 0o600)
    if (owner := secret_file(settings.database.owner)) is not None:
        _make_folder(owner.parent, users.appliance)
        _give(owner, users.appliance, users.appliance.gid, 0o600)


def _give(file: Path, user: OsUser, group: int, mode: int) -> None:
    """Raises ConfigError for one that others could read: it is to be changed, and not only closed."""
    handle = open_private(file, os.O_RDONLY, 0o600)
    try:
        refuse_exposed(file, os.fstat(handle))
        os.fchmod(handle, mode & 0o600)
        os.fchown(handle, user.uid, group)
        os.fchmod(handle, mode)
    finally:
        os.close(handle)


def _make_folder(folder: Path, user: OsUser) -> None:
    """With those above it, which stay root's."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        _give_folder(folder, user, _PASSED_THROUGH)


def _give_folder(folder: Path, user: OsUser, mode: int) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.fchmod(handle, mode)
        os.fchown(handle, user.uid, user.gid)
    finally:
        os.close(handle)


def _require_data(data: Path, users: OsUsers) -> None:
    """Root's, or nextvisit's with all that root would have to make: there others may put links by now."""
    if not data.exists():
        return
    found = data.stat()
    if found.st_uid == 0:
        if found.st_mode & 0o022:
            command = f"chmod 711 {quote(str(data))}"
            message = f"others may write into it; run `{command}` once you have looked what is in it"
            raise ConfigError("up.data", message, place=str(data))
        return
    if found.st_uid != users.appliance.uid:
        message = f"is user {found.st_uid}'s; start it as that user, as before, or name another folder"
        raise ConfigError("up.data", message, place=str(data))
    for name, user in (
        ("roles", users.appliance),
        ("roles/api", users.api),
        ("postgres", users.appliance),
        ("postgres/data", users.postgres),
    ):
        if not _is_folder_of(user, data / name):
            message = (
                f"is no folder of {user.name}'s, as it was; root makes and follows nothing there: bring it"
                " back from a backup, or begin anew with another data folder"
            )
            raise ConfigError("up.data", message, place=str(data / name))


def _is_folder_of(user: OsUser, path: Path) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == user.uid


def _hand_over_data(data: Path, users: OsUsers) -> None:
    _make_folder(data, _ROOT)
    postgres = data / "postgres"
    if (pid := postgres_setup.running_pid(postgres)) is not None:
        cluster = str((postgres / "data").resolve())
        uid = users.postgres.uid
        anyio.run(lambda: end_orphan(pid, cluster, signal.SIGINT, patience=_STOP_PATIENCE, uid=uid))
    if data.stat().st_uid == 0:
        _furnish(data, users)
        _take_over(data, users)


def _furnish(data: Path, users: OsUsers) -> None:
    """With what root alone can make. Nobody else can put anything in, for as long as it is root's."""
    for name in ("logs", "roles", "roles/api", "postgres"):
        _make_folder(data / name, _ROOT)
    if not (data / "postgres" / "data").exists():
        postgres_setup.prepare(data / "postgres", users.postgres, None)
    _give_folder(data / "roles" / "api", users.api, 0o750)


def _take_over(data: Path, users: OsUsers) -> None:
    """All of root's in it, what is deepest first: the new owner may do with it what it wants."""
    user = users.appliance
    of_others = {data / "postgres" / "data", data / "postgres" / "program"}
    for folder, folders, files, handle in os.fwalk(data, topdown=False, follow_symlinks=False):
        path = Path(folder)
        if of_others & {path, *path.parents}:
            continue
        for name in (*folders, *files):
            its = os.stat(name, dir_fd=handle, follow_symlinks=False)
            if its.st_uid == 0 and path / name not in of_others:
                os.chown(name, user.uid, user.gid, dir_fd=handle, follow_symlinks=False)
    for closed in (data / "logs", data / "temporal"):
        if closed.exists():
            closed.chmod(0o700)
    _give_folder(data, user, _PASSED_THROUGH)  # last: broken off, it is taken over again
