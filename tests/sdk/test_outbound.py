"""The one client: where it goes, what it takes, and what it makes of a server that means ill. On real sockets."""

from __future__ import annotations

import asyncio
import errno
import gzip
import socket
import ssl
import traceback
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.sdk import destinations
from nextvisit.sdk.destinations import fault_of, is_this_machine_s
from nextvisit.sdk.errors import ConfigError, NextVisitError, OutcomeUnknown, ProtocolError, RetryLater
from nextvisit.sdk.outbound import MIB, AnswerBounds, HttpReply, OutboundHttp, OutboundServer
from nextvisit.sdk.page_walk import PageWalk

pytestmark = pytest.mark.anyio

Speaks = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


def saying(*pieces: bytes) -> Speaks:
    """A server that says these, whatever it is asked."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return speak


@asynccontextmanager
async def server(speak: Speaks, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async with running_at("127.0.0.1", speak, tls) as port:
        yield port


@asynccontextmanager
async def running_at(address: str, speak: Speaks, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await speak(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    running = await asyncio.start_server(serve, address, 0, ssl=tls)
    try:
        yield running.sockets[0].getsockname()[1]
    finally:
        running.close()


@asynccontextmanager
async def asking(url: str, **more: Any) -> AsyncIterator[OutboundHttp]:
    bounds = more.pop("bounds", AnswerBounds())
    client = OutboundHttp("test", OutboundServer(url, **more), bounds=bounds)
    try:
        yield client
    finally:
        await client.close()


async def refused(speak: Speaks, bounds: AnswerBounds, method: str = "GET") -> NextVisitError:
    async with server(speak) as port, asking(f"http://127.0.0.1:{port}", bounds=bounds) as client:
        with pytest.raises(NextVisitError) as caught:
            await client.ask(method, f"http://127.0.0.1:{port}/")
    return caught.value


async def test_an_answer_is_taken_packed_or_not() -> None:
    packed = gzip.compress(b"first ") + gzip.compress(b"second")
    for head, body in ((b"", b"first second"), (b"Content-Encoding: gzip\r\n", packed)):
        async with (
            server(saying(OK + head + b"Date: Fri, 27 Nov 2026 10:00:00 GMT\r\n\r\n", body)) as port,
            asking(f"http://127.0.0.1:{port}/fhir") as client,
        ):
            reply = await client.ask("GET", f"http://127.0.0.1:{port}/fhir/x", query=[("a", "b")])
        assert (reply.status, reply.body) == (200, b"first second")
        assert reply.at is not None


async def test_a_bomb_is_refused_without_being_unpacked() -> None:
    """A gigabyte in a megabyte."""
    bomb = gzip.compress(b"\0" * (1024 * MIB), compresslevel=1)
    tracemalloc.start()
    error = await refused(saying(OK + b"Content-Encoding: gzip\r\n\r\n", bomb), AnswerBounds(largest=MIB))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (error.code, isinstance(error, ProtocolError)) == ("test.too_large", True)
    assert most < 32 * MIB


@pytest.mark.parametrize("coding", [b"gzip, gzip", b"br", b"zstd", b"deflate", b"gzip, identity, gzip", b"x"])
async def test_what_is_packed_twice_or_otherwise_is_not_unpacked(coding: bytes) -> None:
    twice = gzip.compress(gzip.compress(b"x"))
    error = await refused(saying(OK + b"Content-Encoding: " + coding + b"\r\n\r\n", twice), AnswerBounds())
    assert error.code == "test.encoding"


async def test_what_is_cut_short_is_not_taken_for_whole() -> None:
    half = gzip.compress(b"x" * 100_000 + b"y")[:-9]
    error = await refused(saying(OK + b"Content-Encoding: gzip\r\n\r\n", half), AnswerBounds())
    assert error.code == "test.encoding"


@pytest.mark.parametrize("came", [1, 3, 10])
async def test_what_is_cut_within_its_head_is_not_taken_for_nothing(came: int) -> None:
    begun = gzip.compress(b"x")[:came]
    error = await refused(saying(OK + b"Content-Encoding: gzip\r\n\r\n", begun), AnswerBounds())
    assert error.code == "test.encoding"


async def test_of_nothing_no_packing_is_asked() -> None:
    """As 204 and a body of no bytes answer, whatever their head says."""
    async with (
        server(saying(OK + b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n")) as port,
        asking(f"http://127.0.0.1:{port}") as client,
    ):
        assert (await client.ask("GET", f"http://127.0.0.1:{port}/")).body == b""


async def test_a_server_gives_no_cookie_that_is_kept_or_sent() -> None:
    """One answer would make every later request longer than an honest server takes."""
    heads = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        cookies = b"".join(b"Set-Cookie: c%d=%s; Max-Age=999999\r\n" % (n, b"x" * 300) for n in range(150))
        writer.write(OK + cookies + b"Content-Length: 0\r\n\r\n")

    async with server(speak) as port, asking(f"http://127.0.0.1:{port}") as client:
        for _ in range(2):
            assert (await client.ask("GET", f"http://127.0.0.1:{port}/")).status == 200
    first, second = heads
    assert first == second
    assert b"cookie" not in second.lower()


ABSURD = (
    "Mon, 01 Jan 2024 00:00:00 +99999999999999",
    "Mon, 01 Jan 2024 00:00:00 -99999999999999999999",
    "Mon, 01 Jan 999999999999999999999999 00:00:00 GMT",
    "Mon, 01 Jan 2024 99999999999999999999999:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Mon, 01 Jan 0100 00:00:00 +2359",
    "Mon, 01 Jan 2024 00:00:00 +" + "9" * 5000,
)


@pytest.mark.parametrize("date", ABSURD, ids=range(len(ABSURD)))
async def test_a_date_that_is_none_is_no_date(date: str) -> None:
    reply = HttpReply(503, {"date": date, "retry-after": date}, b"")
    assert (reply.at, reply.wait) == (None, None)
    async with asking("http://127.0.0.1:1") as client:
        with pytest.raises(RetryLater) as caught:
            client.settle(reply, writes=False)
    assert caught.value.after is None


@given(date=st.text(alphabet="0123456789:+-, GMTJanMo", max_size=60) | st.text())
def test_whatever_a_server_calls_a_date_is_one_or_none(date: str) -> None:
    reply = HttpReply(503, {"date": date, "retry-after": date}, b"")
    assert reply.at is None or reply.at.astimezone(UTC) == reply.at
    assert reply.wait is None or timedelta() <= reply.wait <= timedelta(days=1)


@pytest.mark.parametrize("leads", ["10.9.8.7", "93.184.216.34", "2606:2800:220:1::1", "::ffff:10.0.0.1"])
async def test_a_loopback_that_is_named_leads_to_no_other_machine(
    leads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answers for `localhost` would be asked in the clear."""

    async def lies(_: str, port: int, **__: Any) -> list[Any]:
        return [(None, None, None, "", ("127.0.0.1", port)), (None, None, None, "", (leads, port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lies)
    async with server(saying(OK + b"\r\n")) as port, asking(f"http://localhost:{port}") as client:
        with pytest.raises(ConfigError) as caught:
            await client.ask("GET", f"http://localhost:{port}/")
    assert caught.value.code == "test.address"
    assert leads in str(caught.value)


async def without_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(OK + b"\r\n")
    while True:
        writer.write(b"x" * 100_000)
        await writer.drain()


async def drops(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"A: b\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def test_what_has_no_end_is_given_up() -> None:
    soon = AnswerBounds(whole=timedelta(seconds=0.5))
    assert (await refused(without_end, AnswerBounds(largest=MIB))).code == "test.too_large"
    assert (await refused(drops, soon)).code == "test.no_answer"
    many = b"".join(b"H%d: x\r\n" % number for number in range(1000))
    assert (await refused(saying(OK + many + b"\r\n"), AnswerBounds())).code == "test.too_large"
    assert (await refused(saying(OK + b"H: " + b"x" * 500_000), AnswerBounds())).code == "test.no_answer"


async def test_of_what_was_written_an_answer_that_is_none_leaves_the_outcome_unknown() -> None:
    assert isinstance(await refused(without_end, AnswerBounds(largest=MIB), "POST"), OutcomeUnknown)
    assert isinstance(await refused(saying(b"no HTTP"), AnswerBounds(), "POST"), OutcomeUnknown)
    assert isinstance(await refused(saying(b"no HTTP"), AnswerBounds()), RetryLater)


async def test_no_redirect_is_followed_and_no_other_host_asked() -> None:
    async with (
        server(
            saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n")
        ) as port,
        asking(f"http://127.0.0.1:{port}") as client,
    ):
        reply = await client.ask("GET", f"http://127.0.0.1:{port}/")
        with pytest.raises(ProtocolError, match=r"test.http_302"):
            client.settle(reply, writes=False)
        for other in (
            f"http://localhost:{port}/",
            f"https://127.0.0.1:{port}/",
            "http://127.0.0.1/",
            f"http://{'me'}@127.0.0.1:{port}/",
            f"http://127.0.0.1:{port}@127.0.0.1:1/",
            "http://[::1",
            "//127.0.0.1:1/",
        ):
            with pytest.raises(ProtocolError, match=r"test.foreign_host"):
                await client.ask("GET", other)


@pytest.mark.parametrize(
    ("url", "more", "says"),
    [
        ("http://mis.example/fhir", {}, "in the clear"),
        ("http://mis.example/fhir", {"plain_http": True}, None),
        ("https://mis.example/fhir", {}, None),
        ("http://localhost:8080", {}, None),
        ("http://[::1]:8080", {}, None),
        ("http://localhost.evil.example", {}, "in the clear"),
        ("https://" + "me:secret@mis.example", {}, "must not hold"),
        ("https://mis.example:port/", {}, "must be an http"),
        ("https://mis.example/\n", {}, "must be an http"),
        ("ftp://mis.example", {}, "must be an http"),
        ("file:///etc/passwd", {}, "must be an http"),
    ],
)
async def test_what_leaves_this_machine_does_so_in_tls_unless_the_settings_say_otherwise(
    url: str, more: dict[str, Any], says: str | None
) -> None:
    fault = OutboundServer(url, **more).fault()
    assert (fault is None) == (says is None)
    assert says is None or says in (fault or "")
    if says is not None:
        with pytest.raises(ConfigError):
            OutboundHttp("test", OutboundServer(url, **more))


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("10.1.2.3", True),
        ("192.168.0.7", True),
        ("172.16.0.1", True),
        ("fd12:3456::1", True),
        ("8.8.8.8", True),
        ("2a00:1450::1", True),
        ("169.254.169.254", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("100.64.0.1", True),
        ("2001:4860:4860::8888", True),
        ("168.63.129.16", False),
        ("192.0.0.192", False),
        ("100.100.100.200", False),
        ("fd20:ce::254", False),
        ("fd00:42::42", False),
        ("0.0.0.1", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("64:ff9b:1::a00:1", False),
        ("::10.0.0.1", False),
        ("192.0.2.1", False),
        ("2001:db8::1", False),
        ("240.0.0.1", False),
        ("fec0::1", False),
        ("4000::1", False),
        ("::5efe:10.0.0.1", False),
        ("100::1", False),
        ("fd00:ec2::254", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:a9fe:a9fe::", False),
        ("2002:808:808::", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("224.0.0.1", False),
        ("ff02::1", False),
        ("255.255.255.255", False),
    ],
)
def test_private_addresses_are_allowed_and_the_link_s_and_this_machine_s_are_not(
    address: str, allowed: bool
) -> None:
    assert (fault_of(address, loopback=False) is None) == allowed


@given(st.integers(0, 2**32 - 1))
def test_an_address_is_judged_alike_in_every_dress(number: int) -> None:
    plain = fault_of(socket.inet_ntoa(number.to_bytes(4, "big")), loopback=False)
    for dress in DRESSES[:2]:
        worn = socket.inet_ntop(socket.AF_INET6, (dress | number).to_bytes(16, "big"))
        assert (fault_of(worn, loopback=False) is None) == (plain is None)


DRESSES = (
    0xFFFF << 32,  # ::ffff:0:0/96, mapped
    0x64FF9B << 96,  # 64:ff9b::/96, translated
    0,  # ::/96, compatible
    0xFFFF << 48,  # ::ffff:0:0:0/96, translated without state
    0x64FF9B0001 << 80,  # 64:ff9b:1::/48, translated locally
)
"""What an IPv4 address has before it where it ends an IPv6 one (RFC 4291, 6052, 7915, 8215)."""

REFUSED = (
    "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
    "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32", "100.100.100.200/32",
)  # fmt: skip
"""IANA's IPv4 Special-Purpose Address Registry without hospitals' own networks, multicast, and clouds'."""

REFUSED_IN_IPV6 = (
    "::/95", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    "5f00::/16", "64:ff9b:1::/48", "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::/32",
)  # fmt: skip
"""The same for IPv6. `::/95` holds the loopback, what is nobody's, and the compatible addresses."""


@given(st.sampled_from(REFUSED).flatmap(lambda network: st.ip_addresses(v=4, network=network)))
def test_a_refused_address_is_refused_in_every_dress(address: IPv4Address) -> None:
    number = int(address)
    within = (
        0x2002 << 112 | number << 80,
        0x20010000 << 96 | number << 64,
        0x20010000 << 96 | ~number & 0xFFFFFFFF,
    )
    assert fault_of(str(address), loopback=False) is not None
    for worn in (*(dress | number for dress in DRESSES), *within):
        assert fault_of(str(IPv6Address(worn)), loopback=False) is not None


@given(st.sampled_from(REFUSED_IN_IPV6).flatmap(lambda network: st.ip_addresses(v=6, network=network)))
def test_what_no_machine_is_given_is_refused_in_ipv6_too(address: IPv6Address) -> None:
    assert fault_of(str(address), loopback=False) is not None


@given(
    st.sampled_from(("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")).flatmap(
        lambda network: st.ip_addresses(v=4, network=network)
    )
    | st.ip_addresses(v=6, network="fd12:3456::/32")
)
def test_a_hospital_s_own_network_is_allowed(address: IPv4Address | IPv6Address) -> None:
    assert fault_of(str(address), loopback=False) is None


def _own_addresses() -> Iterator[str]:
    """That this machine has in networks: one of each kind, if it has one."""
    for line in Path("/proc/net/fib_trie").read_text("ascii").split("|--"):
        address = line.split()[0]
        if "/32 host LOCAL" in line and not address.startswith("127."):
            yield address
            break
    ipv6 = Path("/proc/net/if_inet6")
    for line in ipv6.read_text("ascii").splitlines() if ipv6.exists() else ():
        number, _, _, scope, *_ = line.split()
        if scope == "00":
            yield str(IPv6Address(int(number, 16)))
            break


OWN = tuple(_own_addresses())


@pytest.mark.allow_hosts(list(OWN))
@pytest.mark.parametrize("own", OWN)
async def test_this_machine_is_not_asked_by_its_address_in_a_network_unless_that_is_named_or_it_proves_its_name(
    own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where these run it may be one that is for examples.
    monkeypatch.setattr(destinations, "_INSIDE", (*destinations._INSIDE, ip_network(own)))

    async def found(_host: str, port: int, **_more: Any) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", (own, port))]

    spelt = f"[{ip_address(own).exploded.upper()}]" if ":" in own else own
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("mis.example").configure_cert(tls)
    answer = saying(OK + b"\r\n")
    async with running_at(own, answer) as port, running_at(own, answer, tls) as port_of_tls:
        async with asking(f"http://{spelt}:{port}", plain_http=True) as named:
            assert (await named.ask("GET", f"http://{spelt}:{port}/")).status == 200
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found, raising=False)
        async with asking(f"http://mis.example:{port}", plain_http=True) as client:
            with pytest.raises(ConfigError, match="this very machine; name the address itself"):
                await client.ask("GET", f"http://mis.example:{port}/")
        url = f"https://mis.example:{port_of_tls}"
        async with asking(url, ca_file=tmp_path / "ca.pem") as proven:
            assert (await proven.ask("GET", f"{url}/")).status == 200
        async with asking(url) as unproven:
            with pytest.raises(ConfigError, match=r"test.untrusted"):
                await unproven.ask("GET", f"{url}/")


@pytest.mark.parametrize("own", OWN)
def test_this_machine_knows_its_addresses_in_every_dress(own: str) -> None:
    address = ip_address(own)
    dresses = DRESSES[:2] if isinstance(address, IPv4Address) else ()
    for worn in (own, *(str(IPv6Address(dress | int(address))) for dress in dresses)):
        assert is_this_machine_s(worn)
    for another in ("192.0.2.1", "10.255.255.254", "2001:db8::1", "::ffff:192.0.2.1"):
        assert not is_this_machine_s(another)


def test_a_machine_without_ipv6_has_none_of_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    families = socket.socket

    def made(family: int = socket.AF_INET, *more: Any, **named: Any) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "of another family")
        return families(family, *more, **named)

    monkeypatch.setattr(socket, "socket", made)
    assert not is_this_machine_s("2a00:1450::1")


async def test_a_name_that_leads_to_this_machine_or_to_a_cloud_s_secrets_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also when only one of its addresses does, and when it begins to a moment later."""
    answers = [["127.0.0.1"], ["10.255.255.1", "169.254.169.254"]]

    async def found(_host: str, port: int, **_more: Any) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", (each, port)) for each in answers.pop(0)]

    heard = []

    async def hears(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readline())

    async with server(hears) as port, asking(f"http://mis.example:{port}", plain_http=True) as client:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found, raising=False)
        for _ in range(2):
            with pytest.raises(ConfigError, match=r"test.address"):
                await client.ask("GET", f"http://mis.example:{port}/")
    assert heard == []


async def test_the_certificate_is_the_name_s_though_the_address_was_looked_up_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    asked_for = []
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)
    tls.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    async with server(saying(OK + b"\r\n"), tls) as port:
        async with asking(f"https://localhost:{port}", ca_file=tmp_path / "ca.pem") as client:
            assert (await client.ask("GET", f"https://localhost:{port}/")).status == 200
        async with asking(f"https://127.0.0.1:{port}", ca_file=tmp_path / "ca.pem") as client:
            with pytest.raises(ConfigError, match=r"test.untrusted"):
                await client.ask("GET", f"https://127.0.0.1:{port}/")
    assert asked_for[0] == "localhost"


def test_pages_end() -> None:
    pages = PageWalk("test", "Patient", most=3)
    for number in range(3):
        pages.came(1000)
        pages.follow(f"page {number}")
    with pytest.raises(ProtocolError, match=r"test.circle.*Patient"):
        pages.follow("page 1")
    pages.begin_again()
    pages.follow("page 1")
    with pytest.raises(RetryLater, match=r"test.pages_without_end.*Patient"):
        pages.came(1000)
    with pytest.raises(RetryLater, match=r"test.pages_without_end"):
        PageWalk("test", "Patient", largest=10).came(11)


@pytest.mark.parametrize("token", ["hunter2\n", "hunter2\x00", "hunter2ż"])
async def test_a_token_that_no_header_can_have_is_told_without_it(token: str) -> None:
    async with server(saying(OK + b"\r\n")) as port, asking(f"http://127.0.0.1:{port}") as client:
        with pytest.raises(ProtocolError) as caught:
            await client.ask("GET", f"http://127.0.0.1:{port}/", headers={"Authorization": f"Bearer {token}"})
    assert caught.value.code == "test.request"
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
