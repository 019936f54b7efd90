"""PostgreSQL's own programs, and how one reaches a database without a password among its arguments."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from nextvisit.install.settings import Settings
from nextvisit.onebox.postgres_setup import binaries
from nextvisit.onebox.tied import tied
from nextvisit.sdk.errors import ConfigError, RetryLater

_VERSION = re.compile(rb"\(PostgreSQL\) (\d+)")
_WITHOUT_NAME = {
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
}
"""Of a connection, what no environment variable says, and what a dump does without."""
_GO_ALONG = {"PATH", "TMPDIR"}
_LOOKS_UP_S = 0.5
_LAST_WORDS = 400


def tool(settings: Settings | None, name: str) -> Path:
    """`backup.tools`, or what comes with the program. Raises ConfigError when it is not there."""
    named = None if settings is None or settings.backup is None else settings.backup.tools
    folder = binaries(Path(tempfile.gettempdir()), None) if named is None else named
    if not os.access(folder / name, os.X_OK):
        message = f"there is no {name} that can be run; name the folder of PostgreSQL's programs"
        raise ConfigError("backup.tools", message, place=f"backup.tools: {folder}")
    return folder / name


def refuse_older(program: Path, server: int) -> None:
    """Raises ConfigError: an older pg_dump refuses a newer server, whose parts it does not know."""
    said = subprocess.run([program, "--version"], capture_output=True, check=False)  # noqa: S603  as named
    found = _VERSION.search(said.stdout)
    if found is None or int(found[1]) < server:
        version = "an unknown version" if found is None else f"version {found[1].decode()}"
        message = (
            f"{program.name} is of {version}, the server of {server}: it may not be older; name the folder of"
            f" PostgreSQL {server}'s, or leave `backup.tools` out for those that come with ours"
        )
        raise ConfigError("backup.tools", message, place=f"backup.tools: {program.parent}")


def environment(dsn: str) -> Mapping[str, str]:
    """Of a child that connects by it: no other process shows that, and none of ours goes along."""
    names = {
        each.keyword.decode(): each.envvar.decode()
        for each in pq.Conninfo.get_defaults()
        if each.envvar is not None
    }
    child = {name: value for name, value in os.environ.items() if name in _GO_ALONG}
    for key, value in conninfo_to_dict(dsn).items():
        if key in names:
            child[names[key]] = str(value)
        elif key not in _WITHOUT_NAME:
            message = f"says {key}, which pg_dump cannot be told in secret; leave that out"
            raise ConfigError("backup.connection", message, place="database.owner")
    return child | {"LC_ALL": "C"}


@contextmanager
def running(
    command: list[str], env: Mapping[str, str], *, stdin: int | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """The child, whose output is read, and where it complains. It is killed at the end, and with us."""
    with tempfile.TemporaryFile() as words:
        child = subprocess.Popen(  # noqa: S603  PostgreSQL's own program
            tied(command, signal.SIGKILL),
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=words,
            start_new_session=True,
            env=dict(env),
        )
        try:
            yield child, words
        finally:
            child.kill()
            child.wait()
            for each in (child.stdin, child.stdout):
                if each is not None:
                    with suppress(BrokenPipeError):
                        each.close()


def refuse_failed(child: subprocess.Popen[bytes], words: IO[bytes], what: str) -> None:
    """Raises RetryLater when it has not ended well. Its words name tables, and nothing that is in them."""
    if _ended(child) == 0:
        return
    words.seek(0)
    said = words.read(_LAST_WORDS * 10).decode(errors="replace").strip().splitlines()
    first = next((each for each in said if "error" in each), said[0] if said else f"code {child.returncode}")
    raise RetryLater("backup.tool", f"{what} broke off: {first[:_LAST_WORDS]}")


def _ended(child: subprocess.Popen[bytes]) -> int:
    """Looks up now and then: a signal that comes just before a wait is heard when that comes back."""
    while True:
        with suppress(subprocess.TimeoutExpired):
            return child.wait(_LOOKS_UP_S)
