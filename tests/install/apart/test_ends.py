"""However a connection's process ends, it takes along the calls under way in it and nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nextvisit.calls.apart import keeper, proxy
from nextvisit.sdk.channels import Accepted, MessageId, OutgoingMessage, ShortText
from nextvisit.sdk.doors import Answer, Handshake, RawRequest
from nextvisit.sdk.errors import Bug, ConfigError, OutcomeUnknown, RetryLater
from nextvisit.sdk.records import MisRef
from nextvisit.watch import seccomp
from tests.install.apart.plugins import Site, once_back
from tests.install.apart.test_answers import Kept, Pace
from tests.world.records import CANARY, PHONE

pytestmark = pytest.mark.anyio


def text(words: str) -> OutgoingMessage:
    return OutgoingMessage(MessageId(words), PHONE, ShortText(words), "en")


async def test_a_parser_that_eats_memory_takes_only_itself_down(site: Site) -> None:
    """And is named; whoever called is told at once, and nobody else notices."""
    mis, here, other = site.acme(), site.acme("here", apart=False), site.acme("other")
    pid = await other.look_up([MisRef("runs os.getpid()")])
    with pytest.raises(Bug, match=r"plugin\.memory: out of memory: .*MemoryError at acme\.py"):
        await asyncio.to_thread(mis.parse, b"eats")
    assert await once_back(mis.check) == "fake MIS"
    assert len(mis.parse(b"[]")) == len(here.parse(b"[]")) == 0
    assert await other.look_up([MisRef("runs os.getpid()")]) == pid
    assert site.met() == [
        ("clinic", "parse", "raised", "MemoryError"),
        ("clinic", "", "died", "out of memory"),
    ]


@pytest.mark.parametrize(("body", "how"), [(b"exits", "exit code 3"), (b"crashes", "SIGSEGV")])
async def test_a_parser_that_ends_its_process_is_begun_anew_and_told(
    site: Site, body: bytes, how: str
) -> None:
    """The same page does not end it for ever: with the second time it is read no more."""
    mis = site.acme()
    for kind in (RetryLater, Bug):
        with pytest.raises(kind, match=rf"plugin\.died: .*in `parse`: {how}"):
            await asyncio.to_thread(mis.parse, body)
        assert await once_back(mis.check) == "fake MIS"
        assert site.met() == [("clinic", "parse", "died", how)]
    with pytest.raises(Bug, match=r"plugin\.died"):
        mis.parse(body)
    assert mis.parse(b"[]") == []


async def test_who_asks_while_it_is_begun_anew_waits_for_it(site: Site) -> None:
    """So a provider can be asked at once what became of the message that the process took along."""
    mis, sms = site.acme(), site.pigeon()
    before = await mis.look_up([MisRef("runs os.getpid()")])
    os.kill(int(before), signal.SIGKILL)
    while site.met() != [("clinic", "", "died", "SIGKILL")]:
        await asyncio.sleep(0.01)
    assert await mis.look_up([MisRef("runs os.getpid()")]) != before
    os.kill(int(await sms.check()), signal.SIGKILL)
    while site.met() != [("sms", "", "died", "SIGKILL")]:
        await asyncio.sleep(0.01)
    call = RawRequest("GET", "/webhooks/sms", (), (), b"challenge")
    assert await asyncio.to_thread(sms.receive, call) == Handshake(Answer(200, b"\xffchallenge"))


async def test_one_that_hangs_and_lets_nobody_else_run_is_ended(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    mis = site.acme()
    monkeypatch.setattr(keeper, "SILENCE", timedelta(seconds=15))
    os.kill(int(await mis.look_up([MisRef("runs os.getpid()")])), signal.SIGKILL)
    await once_back(mis.check)
    site.met()
    with pytest.raises(RetryLater, match=r"plugin\.died: .*it gave no sign of life"):
        await asyncio.to_thread(mis.parse, b"hangs")
    assert await once_back(mis.check) == "fake MIS"


async def test_of_a_send_in_which_it_was_killed_nobody_knows_and_nothing_is_sent_twice(site: Site) -> None:
    sent: list[str] = []

    async def kills(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pid, _, words = (await reader.readline()).decode().strip().partition(" ")
        sent.append(words)
        if words == "first":
            os.kill(int(pid), signal.SIGKILL)
            await reader.read()
        else:
            writer.write(b"accepted\n")
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(kills, "127.0.0.1", 0) as server:
        sms = site.pigeon(port=server.sockets[0].getsockname()[1])
        with pytest.raises(OutcomeUnknown, match=r"plugin\.died: .*in `send`: SIGKILL"):
            await sms.send(text("first"))
        assert await once_back(lambda: sms.send(text("second"))) == Accepted("accepted")
    assert sent == ["first", "second"]
    assert site.met() == [("sms", "send", "died", "SIGKILL")]


async def test_while_it_is_away_nothing_is_sent_and_a_listener_and_pages_are_begun_anew(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    mis, sms, pace = site.acme(), site.pigeon(), Pace()
    mis.keep_pace(pace)
    monkeypatch.setattr(keeper, "FIRST_PAUSE", timedelta(hours=1))
    monkeypatch.setattr(proxy, "BACK_WITHIN", timedelta(seconds=0.1))
    pages = mis.changes(None)
    await anext(pages)
    os.kill(int(await sms.check()), signal.SIGKILL)
    while site.met() != [("sms", "", "died", "SIGKILL")]:
        await asyncio.sleep(0.01)
    for call in (sms.check, lambda: sms.send(text("1")), lambda: sms.serve(Kept())):
        with pytest.raises(RetryLater, match=r"plugin\.away"):
            await call()
    monkeypatch.setattr(keeper, "FIRST_PAUSE", timedelta(milliseconds=1))
    os.kill(int(await mis.look_up([MisRef("runs os.getpid()")])), signal.SIGKILL)
    with pytest.raises(RetryLater, match=r"plugin\.(died|away)"):
        await anext(pages)
    # The new one asks for its turns as well.
    assert await once_back(lambda: mis.look_up([MisRef("paced")])) == b"paced"
    assert len(pace.wanted) == 2


@pytest.mark.skipif(not seccomp.available(), reason="no system call is filtered here")
@pytest.mark.parametrize(
    "begins",
    [
        "__import__('subprocess').Popen(['sleep', '1000000'], start_new_session=True).pid",
        "os.fork()",
        "os.posix_spawn('/bin/sleep', ['sleep', '1000000'], {})",
        "__import__('ctypes').CDLL(None).fork()",
    ],
)
async def test_it_begins_no_process(site: Site, begins: str) -> None:
    """It would outlive it, hold its socket, and have the memory once more."""
    mis = site.acme()
    await _refused(mis, begins)
    thread = "runs [each.start() or each.join() for each in [__import__('threading').Thread(target=print)]]"
    assert await mis.look_up([MisRef(thread)]) == b"[None]"


@pytest.mark.skipif(not seccomp.available(), reason="no system call is filtered here")
@pytest.mark.parametrize(
    "makes",
    [
        "__import__('ctypes').CDLL(None).shmget(0, 1 << 30, 0o1600)",
        "__import__('ctypes').CDLL(None).msgget(0, 0o1600)",
        "__import__('ctypes').CDLL(None).semget(0, 1, 0o1600)",
        "__import__('ctypes').CDLL(None).prctl(1, 0, 0, 0, 0)",
    ],
)
async def test_it_makes_no_memory_that_outlives_it_and_does_not_outlive_its_role(
    site: Site, makes: str
) -> None:
    await _refused(site.acme(), makes)


async def _refused(mis: Any, what: str) -> None:
    """By an exception, or by the number that C gives."""
    try:
        told = int(await mis.look_up([MisRef(f"runs {what}")]))
    except Bug as error:
        assert "PermissionError" in str(error)  # noqa: PT017  of two ways to be refused
    else:
        assert told == -1


PARENT = """
import asyncio, json, sys, threading
from pathlib import Path
from nextvisit.sdk.records import MisRef
from tests.install.apart.plugins import Site

mis = Site(Path(sys.argv[1])).acme()
pid = int(asyncio.run(mis.look_up([MisRef("runs os.getpid()")])))
threading.Thread(target=mis.parse, args=(b"hangs",), daemon=True).start()
print(pid, flush=True)
sys.stdin.read()
"""


def test_it_dies_with_whoever_began_it_even_where_it_hangs(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert runs(pid)
        parent.kill()
    while runs(pid):
        pass


def runs(pid: int) -> bool:
    """Whether it is there, and no zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] not in {"Z", "X"}
    return False


@pytest.mark.parametrize(
    ("builds", "says"),
    [
        ("os._exit(7)", "its `build` failed with SystemExit, in "),
        ("ctypes.CDLL(None)._exit(7)", "its process ended: exit code 7"),
        ("ctypes.string_at(0)", "its process ended: SIGSEGV"),
        ("bytearray(10**12)", "its process ended: out of memory"),
        ("raise ValueError('Kanarek')", "its `build` failed with ValueError, in "),
    ],
)
def test_one_that_cannot_be_built_is_told_with_its_place(site: Site, builds: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        site.acme(builds=builds)
    assert caught.value.place == "mis.clinic"
    assert says in caught.value.why
    assert CANARY not in str(caught.value)


def test_a_secret_that_is_not_there_is_named_by_its_key(site: Site) -> None:
    with pytest.raises(ConfigError, match=r"mis\.clinic\.settings\.token: file:/nowhere"):
        site.acme(token="file:/nowhere")


def test_one_that_is_refused_has_no_process_left(site: Site) -> None:
    with pytest.raises(ConfigError, match="no `changes`"):
        site.acme(builds="self.changes = None")
    assert [each for each in Path("/proc").iterdir() if is_ours(each)] == []


def is_ours(process: Path) -> bool:
    with suppress(OSError):
        mine = f"\0{os.getpid()}\0".encode()
        return b"apart_main" in (words := (process / "cmdline").read_bytes()) and words.endswith(mine)
    return False
