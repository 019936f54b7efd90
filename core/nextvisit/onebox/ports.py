"""Ports of the loopback for servers of ours that start a while after their port was chosen.

Until a server listens, anybody may be given its port: the system takes the source port of every outgoing
connection from the same numbers that it gives to a server which asks for any.
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import anyio

from nextvisit.onebox.process import ChildProcess
from nextvisit.sdk.errors import ConfigError
from nextvisit.watch.listener import is_taken, listener_on, listening_at

LOOPBACK = "127.0.0.1"
_LOWEST = 10_000
_SOURCE_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES = 200
_CLOSING = 3.0
_POLL = 0.1


def free_port() -> int:
    """A port that nobody has now and that no outgoing connection will be given, to be kept over restarts."""
    lowest_source = _lowest_source_port()
    for _ in range(_TRIES if lowest_source > _LOWEST else 0):
        port = random.randrange(_LOWEST, lowest_source)  # noqa: S311  no secret
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        chosen: int = probe.getsockname()[1]
        return chosen


@contextmanager
def reserved(count: int) -> Iterator[tuple[int, ...]]:
    """Different ports that nobody but a server told to use them gets while this is entered.

    Each is bound by a socket that does not listen. It was bound without SO_REUSEADDR, so nobody had it, and
    has the option now: a server, which sets it too, may bind and listen beside it, now and after its restart,
    while the system gives the port to no connection and to nobody who asks for any.
    """
    with ExitStack() as kept:
        ports = []
        for _ in range(count):
            holder = kept.enter_context(socket.socket())
            holder.bind(("127.0.0.1", 0))
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            ports.append(holder.getsockname()[1])
        yield tuple(ports)


async def require_free(port: int, what: str, *, place: str) -> None:
    """Raises ConfigError, which names who listens there, when that goes on for a moment.

    A server that was told to end may still be closing its sockets.
    """
    deadline = time.monotonic() + _CLOSING
    while is_taken(port):
        if time.monotonic() > deadline:
            raise _taken(f"{LOOPBACK}:{port}", port, what, place)
        await anyio.sleep(_POLL)


def reached_by(child: ChildProcess, at: tuple[str, int], what: str, *, place: str) -> frozenset[str]:
    """The sockets of the child that whoever connects to `at` (host, port) reaches; empty: nobody listens yet.

    Raises ConfigError, which names who listens there, when it is anybody else. Whoever asks again behind a
    connection, and is told the same, has spoken to the child.
    """
    host, port = at
    found = listening_at(host, port)
    # What closed while we looked was nobody's that could be reached.
    if found and not child.holds(found) and listening_at(host, port) == found:
        raise _taken(f"{host}:{port}", port, what, place)
    return found if listening_at(host, port) == found else frozenset()


def _taken(where: str, port: int, what: str, place: str) -> ConfigError:
    owner = listener_on(port)
    whose = "another program" if owner is None else str(owner)
    message = f"{what} cannot listen at {where}, where {whose} does; end that, or change the port"
    return ConfigError("port.taken", message, place=place)


def _lowest_source_port() -> int:
    try:
        return int(_SOURCE_PORTS.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0
