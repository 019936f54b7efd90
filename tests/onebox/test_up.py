"""`nextvisit up`: what it starts, what it says meanwhile, and that nothing outlives it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nextvisit.install.groundwork import create_root_key
from nextvisit.onebox.os_users import API, os_user
from nextvisit.onebox.ports import free_port
from nextvisit.sdk.private_file import write_private
from tests.house.tree import ROOT
from tests.onebox.enterable import enterable_python

pytestmark = pytest.mark.anyio

EXAMPLE = ROOT / "config" / "nextvisit.example.yaml"


OWN = {
    "Klinika Pod Lip": "Klinika Nad Staw",
    ".example": ".invalid",
    "+48 22 555 01 00": "+48 22 555 02 00",
    "+48500600700": "+48500600701",
}
"""What is the example's alone, and what this clinic says instead."""


HEARS_A_HANG_UP = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
"""Whoever runs these tests may have been told to ignore it, and a child then is too."""


def program() -> tuple[str, ...]:
    return (enterable_python(), "-m", "nextvisit.cli")


async def nextvisit(*words: str) -> tuple[int, str]:
    """How a command ends, and what it prints."""
    process = await asyncio.create_subprocess_exec(*program(), *words, stdout=PIPE, stderr=STDOUT)
    try:
        printed, _ = await process.communicate()
    finally:
        if process.returncode is None:  # given up on
            process.send_signal(signal.SIGTERM)
            await process.wait()
    return process.returncode or 0, printed.decode()


def edited(etc: Path) -> Path:
    """The example as a clinic's own, with its folder, its ports and the secrets of the MIS and the channels."""
    text = EXAMPLE.read_text(encoding="utf-8").replace("/etc/nextvisit", str(etc))
    for ours, theirs in OWN.items():
        text = text.replace(ours, theirs)
    text = text.replace("database:\n", f"database:\n  embedded_port: {free_port()}\n")
    text = text.replace("/var/lib/nextvisit-keys/root.key", str(etc / "root.key"))
    text = text.replace("/var/lib/nextvisit-keys", str(etc / "secrets"))
    text = text.replace("port: 8080", f"port: {free_port()}").replace(
        "127.0.0.1:7233", f"127.0.0.1:{free_port()}"
    )
    for port in ("9464", "9465", "9466"):
        text = text.replace(port, str(free_port()))
    config = etc / "nextvisit.yaml"
    config.write_text(text, encoding="utf-8")
    (etc / "secrets").mkdir()
    for name in ("fhir", "smtp", "smpp"):
        write_private(etc / "secrets" / name, "secret", mode=0o640)
        if os.geteuid() == 0:
            os.chown(etc / "secrets" / name, 0, os_user(API).gid)
    return config


def written(etc: Path) -> list[bytes]:
    """The connections that `up` writes, as they stand."""
    return [(etc / "secrets" / name).read_bytes() for name in ("app.dsn", "owner.dsn")]


@contextlib.asynccontextmanager
async def running(config: Path, data: Path) -> AsyncIterator[Process]:
    """`up`, once it says so. Whatever happens, it is told to end."""
    process = await asyncio.create_subprocess_exec(
        *(enterable_python(), "-c", HEARS_A_HANG_UP, *program()),
        *("up", "--config", str(config), "--data", os.path.relpath(data)),
        stdout=PIPE,
    )
    try:
        assert process.stdout is not None
        said: list[str] = []
        while not (line := await process.stdout.readline()).startswith(b"up: "):
            assert line, said
            said.append(line.decode().rstrip())
        stages = [
            f"settings: read from {config}",
            f"data: in {data}",
            "temporal: is starting",
            "postgres: is starting",
            "schema: is brought up to this release",
            *(f"{role}: is starting" for role in ("gateway", "api", "worker")),
        ]
        # What it meets is told as well, as of a disk with little room.
        assert [each for each in said if each in stages] == stages
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


def started_from(data: Path) -> dict[str, int]:
    """The processes that name this folder or its settings, by what they are."""
    found = {}
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = each.read_text("utf-8", errors="replace").split("\0")
            if any(str(data.parent) in word for word in words):
                role = next((word for word in words if word in {"worker", "api", "gateway", "up"}), words[0])
                found[role] = int(each.parent.name)
    return found


async def test_it_says_each_stage_and_makes_an_appliance_that_answers(folder: Path) -> None:
    etc, data = folder / "etc", folder / "data"
    etc.mkdir()
    assert (await nextvisit("vault", "create", str(etc / "root.key")))[0] == 0
    config = edited(etc)
    async with running(config, data) as up:
        code, printed = await nextvisit("doctor", "--config", str(config), "--json")
        answers = {each["what"]: each["ok"] for each in json.loads(printed)}
        assert code == 1, "the example's MIS and providers are nobody's"
        wrong = {what for what, ok in answers.items() if not ok}
        # A listener is given a minute, which may be over or not.
        assert {what.split()[0] for what in wrong} - {"listener"} == {"reading", "mis", "channel"}
        assert answers.keys() - wrong >= {
            "settings",
            "database",
            "temporal",
            "roles",
            "api port",
            "clocks",
            "disk",
        }

        connections = written(etc)
        for its_data in (data, folder / "mistyped"):
            code, printed = await nextvisit("up", "--config", str(config), "--data", str(its_data))
            assert code == 3
            assert f"another `nextvisit up` (process id {up.pid}) runs with its data in {data};" in printed
        assert written(etc) == connections
        assert not (folder / "mistyped").exists()

        before = started_from(data)
        assert before.keys() >= {"worker", "api", "gateway", "up"}
        os.kill(before["gateway"], signal.SIGKILL)
        async with asyncio.timeout(300):
            while started_from(data).get("gateway", before["gateway"]) == before["gateway"]:
                await asyncio.sleep(0.05)

        up.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(up.wait(), 300) == 0
    assert started_from(data) == {}


async def test_nothing_outlives_an_up_that_was_killed_or_hung_up(folder: Path) -> None:
    """It would run beside what the next one starts, and two gateways answer for one account."""
    etc, data = folder / "etc", folder / "data"
    etc.mkdir()
    create_root_key(etc / "root.key")
    config = edited(etc)
    async with running(config, data) as up:
        up.kill()
        async with asyncio.timeout(300):
            while started_from(data):
                await asyncio.sleep(0.05)
    async with running(config, data) as up:
        assert started_from(data).keys() >= {"worker", "gateway", "api", "up"}
        up.send_signal(signal.SIGHUP)
        assert await asyncio.wait_for(up.wait(), 300) == 0
    assert started_from(data) == {}


async def test_whatever_keeps_it_from_starting_is_said(folder: Path) -> None:
    """Ports that are somebody else's, with their owner, before a connection is written; then a role's fault."""
    etc, data = folder / "etc", folder / "data"
    etc.mkdir()
    create_root_key(etc / "root.key")
    config = edited(etc)
    settings = config.read_text(encoding="utf-8")
    for name in ("app.dsn", "owner.dsn"):
        write_private(etc / "secrets" / name, "of those who live by it")
    of_the_last = etc / "secrets" / "app.dsn.up"
    write_private(of_the_last, "1\n/srv/last\n")
    up = ("up", "--config", str(config), "--data", str(data))
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        address = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", settings)
        config.write_text(address, encoding="utf-8")
        code, printed = await asyncio.wait_for(nextvisit(*up), 300)
        assert code == 3
        assert f"Temporal cannot listen at 127.0.0.1:{port}, where " in printed
        # Root has become another user by then, who sees whose a process is and not which.
        stranger_is = f"(process id {os.getpid()})" if os.geteuid() else "a program of the user root"
        assert f"{stranger_is} does" in printed

        pages = re.sub(r"(?s)(\napi:.*?port: )\d+", rf"\g<1>{port}", settings)
        config.write_text(pages, encoding="utf-8")
        code, printed = await asyncio.wait_for(nextvisit(*up), 300)
        assert code == 3
        assert f":{port} is taken by " in printed
        assert stranger_is in printed
        assert written(etc) == [b"of those who live by it"] * 2
        assert of_the_last.read_text(encoding="utf-8") == "1\n/srv/last\n"

    config.write_text(settings.replace("channel: sms_smpp", "channel: sms_nowhere"), encoding="utf-8")
    code, printed = await asyncio.wait_for(nextvisit(*up), 300)
    assert code == 3
    # The roles start at once, and whichever meets it first ends them all.
    assert re.search(r"\b(gateway|api|worker): its log ends with: ", printed), printed
    assert "channels.sms" in printed
    assert started_from(data) == {}

    # What concerns one connection stops no other.
    config.write_text(settings.replace(f"file:{etc}/secrets/fhir", "env:NOT_SET_ANYWHERE"), encoding="utf-8")
    (etc / "secrets" / "smtp").unlink()
    (etc / "root.key").unlink()
    code, printed = await asyncio.wait_for(nextvisit(*up), 300)
    assert code == 3
    lines = printed.splitlines()
    before = [each for each in lines if each.startswith("secrets: ")]
    assert ["mis.clinic.settings.token: env:NOT_SET_ANYWHERE: " in each for each in before] == [True, False]
    assert f"channels.email.settings.password: file:{etc}/secrets/smtp: " in before[1]
    assert str(etc / "root.key") in lines[-2]
    assert started_from(data) == {}


async def test_the_database_listens_where_the_settings_say(folder: Path) -> None:
    """A port that is taken is told with its owner, as the others are."""
    etc, data = folder / "etc", folder / "data"
    etc.mkdir()
    create_root_key(etc / "root.key")
    config = edited(etc)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        text = re.sub(r"embedded_port: \d+", f"embedded_port: {port}", config.read_text(encoding="utf-8"))
        config.write_text(text, encoding="utf-8")
        code, printed = await asyncio.wait_for(
            nextvisit("up", "--config", str(config), "--data", str(data)), 300
        )
        assert code == 3
        assert f"database.embedded_port: PostgreSQL cannot listen at 127.0.0.1:{port}, where " in printed
    async with running(config, data) as up:
        assert f"@127.0.0.1:{port}/" in (etc / "secrets" / "app.dsn").read_text(encoding="utf-8")
        up.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(up.wait(), 300) == 0
    assert started_from(data) == {}


@pytest.mark.parametrize("stage", ["data", "temporal", "postgres", "schema", "gateway", "worker"])
async def test_ctrl_c_ends_it_at_each_stage_of_its_start(folder: Path, stage: str) -> None:
    """And leaves nothing running, nor anything that the next start stumbles over."""
    etc, data = folder / "etc", folder / "data"
    etc.mkdir()
    create_root_key(etc / "root.key")
    config = edited(etc)
    process = await asyncio.create_subprocess_exec(
        *(*program(), "up", "--config", str(config), "--data", str(data)), stdout=PIPE, stderr=STDOUT
    )
    assert process.stdout is not None
    while not (line := await process.stdout.readline()).startswith(f"{stage}: ".encode()):
        assert line
    process.send_signal(signal.SIGINT)
    printed, _ = await asyncio.wait_for(process.communicate(), 300)
    assert process.returncode == (130 if stage == "data" and not printed else 0)
    assert b"Traceback" not in printed
    assert started_from(data) == {}


async def test_the_untouched_example_is_refused_with_each_of_its_lines(tmp_path: Path) -> None:
    for command in (("up", "--data", str(tmp_path / "data")), ("doctor",)):
        code, printed = await nextvisit(*command, "--config", str(EXAMPLE))
        assert code == 3
        for said in (
            "Klinika Pod Lipą",
            "+48 22 555 01 00",
            "https://wizyty.klinika.example",
            "smsc.operator.example",
        ):
            line = next(
                number
                for number, text in enumerate(EXAMPLE.read_text("utf-8").splitlines(), 1)
                if said in text
            )
            assert f"nextvisit.example.yaml:{line}:" in printed
            assert f"`{said}` is the example's" in printed
    assert not (tmp_path / "data").exists()
