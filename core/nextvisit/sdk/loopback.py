"""Whether a host, as settings or a request name it, is this very machine by its loopback."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """`localhost`, with or without the dot that only says that a name is complete, and what is numbered so.

    No name is looked up: whoever answers for it could say anything.
    """
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.removesuffix(".").lower() == "localhost"
