"""What a role and whoever starts it agree on. Whoever starts it loads nothing of what the role runs."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable

from nextvisit.sdk.errors import ConfigError
from nextvisit.watch.listener import listener_on

READY_FILE = "NEXTVISIT_READY_FILE"
"""Environment variable: a file that exists once the role is ready, for supervisors and probes.

It holds the role's process id: one that an earlier process left behind says nothing of this one.
"""

LEASE_HOLDER = "NEXTVISIT_LEASE_HOLDER"
"""Environment variable: the name that a gateway holds its leases under.

Of a supervisor that begins it only after the one before has ended; without it each process has a name of its
own, and after a crash another waits until the lease has run out.
"""


def stop_when_told(stop: Callable[[], None]) -> None:
    """By SIGTERM, by Ctrl-C, and when the terminal hangs up, unless whoever started us wants that ignored."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop)


def require_port(host: str, port: int, place: str) -> None:
    """That we may listen there; raises ConfigError, which names whose the port is. place: of the settings.

    Before the server's own start, which would end the process without a word of that.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return
    except OSError as error:
        owner = listener_on(port) if error.errno == errno.EADDRINUSE else None
        whose = "" if owner is None else f" by {owner}"
        says = f"is taken{whose}" if error.errno == errno.EADDRINUSE else "cannot be listened on"
        message = f"{host}:{port} {says}; end that program or choose another port"
        raise ConfigError("port.taken", message, place=place) from error
