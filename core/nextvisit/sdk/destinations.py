"""Where a connection may lead: which addresses of which hosts, and the way there.

Hospitals' systems have private addresses, so those are allowed. What no connection is ever meant for is not:
addresses of the link, among them those at which a cloud tells its secrets, and this very machine, unless the
settings name it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final
from urllib.parse import SplitResult

import httpcore2

from nextvisit.sdk.errors import ConfigError

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
_SECRETS: Final = frozenset({"fd00:ec2::254", "100.100.100.200"})
"""Where clouds tell secrets of a machine outside of the link's own addresses."""

Origin = tuple[str, str, int | None]
"""Scheme, host, port; None for a port that is no number."""


def origin(url: SplitResult) -> Origin:
    """Equal for all spellings that mean the same (RFC 3986, 6.2.2 and 6.2.3)."""
    try:
        port = url.port if url.port is not None else _DEFAULT_PORTS.get(url.scheme)
    except ValueError:
        port = None
    # urlsplit gives scheme and host in lower case; a trailing dot only says that the name is complete.
    return url.scheme, (url.hostname or "").rstrip("."), port


def is_loopback(host: str) -> bool:
    """Whether a host, as settings name it, is this very machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


def fault_of(address: str, *, loopback: bool) -> str | None:
    """Why a connection must not lead to an address, in words; None when it may.

    loopback: whether this machine is what the settings name.
    """
    meant = _meant(ip_address(address.partition("%")[0]))
    if meant.is_loopback:
        return None if loopback else "this very machine"
    if meant.is_link_local or str(meant) in _SECRETS:
        return "an address of the link or of a cloud's secrets"
    if meant.is_multicast or meant.is_unspecified or meant.is_reserved:
        return "no address of one machine"
    return None


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


class CheckedWay(httpcore2.AsyncNetworkBackend):
    """Connects to an address that was checked, and to no other that the name has the next moment.

    The certificate is checked against the name all the same. Raises ConfigError when one of its addresses is
    refused: a name of which one address is meant for mischief is not to be believed for the others.
    """

    def __init__(self, code: str, *, loopback: bool) -> None:
        self._code = code
        self._loopback = loopback
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """See httpcore2."""
        failed: Exception = httpcore2.ConnectError("no address")
        for address in await self._addresses(host, port, timeout):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _addresses(self, host: str, port: int, within: float | None) -> Sequence[str]:
        try:
            async with asyncio.timeout(within):
                loop = asyncio.get_running_loop()
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout from error
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError from error
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        for address in addresses:
            if (fault := fault_of(address, loopback=self._loopback)) is not None:
                raise ConfigError(self._code, f"leads to {address}, {fault}", place=host)
        return addresses

    async def sleep(self, seconds: float) -> None:
        """See httpcore2."""
        await self._inner.sleep(seconds)
