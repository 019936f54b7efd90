"""Whether a port of the settings may be listened on, before anything is started."""

from __future__ import annotations

import errno
import socket

from nextvisit.sdk.errors import ConfigError
from nextvisit.watch.listener import listener_on


def require_port(host: str, port: int, place: str) -> None:
    """That we may listen there; raises ConfigError for the setting `place`, which names whose the port is.

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
        raise ConfigError(place, message, place=place) from error
