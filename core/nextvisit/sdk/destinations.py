"""Where a connection may lead: which addresses of which hosts, and the way there.

Hospitals' systems have private addresses, so those are allowed, and what is given out to machines of the
public network. Nothing else is: addresses of the link, among them those at which a cloud tells its secrets,
of groups and of tunnels, and this very machine, unless the settings name it: then that alone.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final
from urllib.parse import SplitResult

import httpcore2

from nextvisit.sdk.errors import ConfigError

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
_SPECIAL: Final = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # of the protocols themselves (RFC 6890)
            "192.88.99.0/24",  # relays of 6to4, given up (RFC 7526)
            "192.31.196.0/24",  # AS112, which answers for everybody's private names (RFC 7535),
            "192.175.48.0/24",  # (RFC 7534)
            "2620:4f:8000::/48",
            "192.52.193.0/24",  # relays of groups (RFC 7450)
            "2001::/23",  # of the protocols themselves (RFC 2928), Teredo among them
            "2002::/16",  # 6to4 (RFC 3056): leads to the IPv4 address in it over somebody else's relay
            "3fff::/20",  # examples (RFC 9637)
        ),
    )
)
"""Of IANA's special-purpose registries, what `is_global` takes for one machine's number in some Python."""
_GIVEN_OUT: Final = IPv6Network("2000::/3")
"""All that is unicast and global (IANA, Internet Protocol Version 6 Address Space)."""
_INSIDE: Final = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
"""RFC 1918, 6598 and 4193: hospitals' own networks."""
_SECRETS: Final = tuple(
    map(
        ip_network,
        (
            "168.63.129.16",  # Azure's agent, a public number that is routed inside alone
            "192.0.0.192",  # Oracle Cloud
            "fd00:c1::a9fe:a9fe",  # the same
            "100.100.100.200",  # Alibaba
            "fd00:100::100:200",  # the same
            "fd00:ec2::/32",  # Amazon: of a machine (::254), of a pod (::23), names and time
            "fd20:ce::254",  # Google
            "fd00:42::42",  # Scaleway
            "fd00:a9fe:a9fe::1",  # Akamai
        ),
    )
)
"""Where clouds tell secrets of a machine outside of the link's own addresses, as each documents it."""

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


def fault_of(address: str, *, loopback: bool) -> str | None:
    """Why a connection must not lead to an address, in words; None when it may.

    loopback: whether this machine is what the settings name, which is asked in the clear.
    """
    meant = _meant(ip_address(address.partition("%")[0]))
    if meant.is_loopback:
        return None if loopback else "this very machine"
    if loopback:
        return "another machine than this one, which is named"
    if meant.is_link_local or any(meant in each for each in _SECRETS):
        return "an address of the link or of a cloud's secrets"
    if any(meant in network for network in _INSIDE) or _is_public(meant):
        return None
    return "no address of one machine that a name is given to"


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Of what is given out: the rest of the numbers are for groups, for tunnels, for examples, for later."""
    if isinstance(address, IPv6Address) and address not in _GIVEN_OUT:
        return False
    return address.is_global and not address.is_multicast and not any(address in each for each in _SPECIAL)


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def is_this_machine_s(address: str) -> bool:
    """Whether it is one of this machine's own, whichever network it is in: it can be listened at.

    False on a machine that listens at addresses that it has not (`net.ipv4.ip_nonlocal_bind`).
    """
    meant = _meant(ip_address(address))
    nobodys = "192.0.2.1" if isinstance(meant, IPv4Address) else "2001:db8::1"
    return _can_listen_at(str(meant)) and not _can_listen_at(nobodys)


def _can_listen_at(address: str) -> bool:
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as tried:
            tried.bind((address, 0))
    except OSError:  # also of a machine without IPv6
        return False
    return True


def _is_spelt(host: str, address: str) -> bool:
    """Whether the settings name this very address; of IPv6 there are several spellings."""
    try:
        return ip_address(host) == ip_address(address)
    except ValueError:
        return False


class CheckedWay(httpcore2.AsyncNetworkBackend):
    """Connects to an address that was checked, and to no other that the name has the next moment.

    The certificate is checked against the name all the same. Raises ConfigError when one of its addresses is
    refused: a name of which one address is meant for mischief is not to be believed for the others.

    loopback: whether the settings name this machine. proven: whether a certificate has to be the name's; this
    machine's own addresses in a network are not asked without.
    """

    def __init__(self, code: str, *, loopback: bool, proven: bool) -> None:
        self._code = code
        self._loopback = loopback
        self._proven = proven
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

    def _is_another(self, host: str, address: str) -> bool:
        """Whether the name of another machine leads here, and nothing proves that it is meant."""
        exempt = self._loopback or self._proven or _is_spelt(host, address)
        return not exempt and is_this_machine_s(address)

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
            fault = fault_of(address, loopback=self._loopback)
            if fault is None and self._is_another(host, address):
                fault = "this very machine; name the address itself if that is meant"
            if fault is not None:
                raise ConfigError(self._code, f"leads to {address}, {fault}", place=host)
        return addresses

    async def sleep(self, seconds: float) -> None:
        """See httpcore2."""
        await self._inner.sleep(seconds)
