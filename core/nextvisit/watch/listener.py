"""Who listens on a port of this machine, as far as the system tells us."""

from __future__ import annotations

import pwd
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

_LISTEN = "0A"
"""The state in /proc/net/tcp, proc_pid_net(5)."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A process that we may look into, or else the user whose it is.

    command: the program's name, without its arguments, which may hold secrets.
    """

    pid: int | None
    command: str
    user: str

    def __str__(self) -> str:
        if self.pid is None:
            return f"a program of the user {self.user}"
        return f"{self.command} (process id {self.pid})"


@dataclass(frozen=True, slots=True)
class _Socket:
    """One that listens. inode: as /proc/PID/fd names it."""

    address: IPv4Address | IPv6Address
    uid: int
    inode: str


def is_taken(port: int) -> bool:
    """Whether anybody listens on it."""
    return any(True for _ in _sockets(port))


def listening_at(host: str, port: int) -> frozenset[str]:
    """What whoever is reached there holds, as the links in its /proc/PID/fd say it; empty: nobody is."""
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return frozenset(_link(each) for each in _sockets(port))
    return frozenset(
        _link(each) for each in _sockets(port) if each.address == address or each.address.is_unspecified
    )


def holds(pid: int, links: Collection[str]) -> bool:
    """Whether the process has all of these open. Not, of a process that we may not look into."""
    found = set()
    with suppress(OSError):
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(str(each.readlink()))
    return found.issuperset(links)


def listener_on(port: int) -> Listener | None:
    """None: nobody listens."""
    sockets = list(_sockets(port))
    for process in Path("/proc").glob("[0-9]*") if sockets else ():
        for each in sockets:
            if holds(int(process.name), [_link(each)]):
                with suppress(OSError):
                    name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                    return Listener(int(process.name), name, _user(each.uid))
    return Listener(None, "", _user(sockets[0].uid)) if sockets else None


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _link(of: _Socket) -> str:
    return f"socket:[{of.inode}]"


def _sockets(port: int) -> Iterator[_Socket]:
    """Those that listen on it, of both families."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                _, local, _, state, *rest = line.split()
                host, _, number = local.rpartition(":")
                if state == _LISTEN and int(number, 16) == port:
                    yield _Socket(_address(host), uid=int(rest[3]), inode=rest[5])


def _address(written: str) -> IPv4Address | IPv6Address:
    """As the tables write it: words of four bytes in this machine's order. IPv4 in IPv6 is IPv4."""
    words = [bytes.fromhex(written[at : at + 8]) for at in range(0, len(written), 8)]
    packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    if len(words) == 1:
        return IPv4Address(packed)
    address = IPv6Address(packed)
    return address.ipv4_mapped or address
