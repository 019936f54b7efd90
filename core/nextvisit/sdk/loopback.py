"""Whether a host, as settings or a request name it, is this very machine by its loopback."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """`localhost`, and what is numbered so.

    host: without brackets and a last dot, which whoever reads it takes off. No name is looked up: whoever
    answers for it could say anything.
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
