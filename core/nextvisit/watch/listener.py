"""Who listens on a port of this machine, as far as the system tells us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LISTEN = "0A"
"""The state in /proc/net/tcp, proc_pid_net(5)."""


@dataclass(frozen=True, slots=True)
class Listener:
    """command: the program's name, without its arguments, which may hold secrets."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"{self.command} (process id {self.pid})"


def is_taken(port: int) -> bool:
    """Whether anybody listens on it."""
    return any(True for _ in _sockets(port))


def listener_on(port: int) -> Listener | None:
    """None: nobody listens, or whoever does is another user's and we may not know."""
    links = {f"socket:[{inode}]" for inode in _sockets(port)}
    for process in Path("/proc").glob("[0-9]*") if links else ():
        with suppress(OSError):
            if any(_points_to(each, links) for each in (process / "fd").iterdir()):
                name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                return Listener(int(process.name), name)
    return None


def _points_to(handle: Path, links: set[str]) -> bool:
    with suppress(OSError):
        return str(handle.readlink()) in links
    return False


def _sockets(port: int) -> Iterator[str]:
    """The inodes of the sockets that listen on it, of both families."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                _, local, _, state, *rest = line.split()
                if state == _LISTEN and int(local.rpartition(":")[2], 16) == port:
                    yield rest[5]
