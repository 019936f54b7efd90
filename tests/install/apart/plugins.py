"""Plugins for trials that do what they are told, right and wrong, and a site whose connections are theirs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from nextvisit.calls.troubles import Troubles
from nextvisit.install.building import channel, mis_adapter
from nextvisit.install.plugins import plugins_of
from nextvisit.install.settings import Settings, load_settings
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.private_file import write_private

T = TypeVar("T")

ACME = '''
import asyncio, ctypes, os, sys, threading
from datetime import datetime, timedelta, timezone
from nextvisit.sdk.capabilities import MisCapabilities
from nextvisit.sdk.errors import ConfigError, NextVisitError, OutcomeUnknown, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.hookspecs import MisAdapterPlugin, hookimpl
from nextvisit.sdk.records import *
from nextvisit.sdk.settings import PluginSettings, reveal
from nextvisit.sdk.testing.fake_mis import CAPABILITIES, FakeMis

class Settings(PluginSettings):
    token: str | None = None
    builds: str = ""

SLOT = Slot(MisRef("Slot/1"), "1", datetime(2026, 3, 2, 9, tzinfo=timezone.utc), datetime(2026, 3, 2, 10, tzinfo=timezone.utc), Specialty("cardiology"))

class Busy(RetryLater):
    """An error of the plugin's own, which is one of ours."""

class Acme(FakeMis):
    def __init__(self, settings):
        super().__init__()
        self.token = None if settings.token is None else reveal(settings.token)
        exec(settings.builds)
        self.put(Patient(MisRef("Patient/1"), "1", None, birth_date="1943"))
        self.put(Patient(MisRef("Patient/2"), "1", None))
        self.put(Patient(MisRef("Patient/3"), "1", None))
        self.add_slot(SLOT)
        self.pace, self.counted = None, {"slot.odd": 2}

    def parse(self, body):
        match body:
            case b"eats":
                kept = []
                while True:
                    kept.append(bytearray(8 * 1024 * 1024))
            case b"exits":
                os._exit(3)
            case b"crashes":
                ctypes.string_at(0)
            case b"hangs":
                ctypes.PyDLL(None).sleep(1_000_000)  # and keeps the interpreter
            case b"raises":
                raise ValueError("Kanarek")
            case b"prints":
                print("Kanarek"); print("Kanarek", file=sys.stderr); os.write(1, b"Kanarek")
                return []
            case b"odd":
                return [Patient(MisRef("Patient/1"), "1", None, birth_date=7), "Kanarek", Patient(MisRef("Patient/2"), "1", None)]
        return super().parse(body)

    def left_out(self):
        counted, self.counted = self.counted, {}
        return counted

    def keep_pace(self, pace):
        self.pace = pace

    async def look_up(self, refs):
        """What it is told by the first of them, done."""
        what = refs[0]
        if what == "paced":
            await self.pace.turn()
            await self.pace.rest(timedelta(minutes=2))
            return b"paced"
        if what.startswith("runs "):
            return str(eval(what.removeprefix("runs "), globals(), {"self": self})).encode()
        if what == "waits":
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                open(refs[1], "w").close()
                raise
        if what == "blocks":
            threading.Event().wait()
        raise eval(what)

@hookimpl
def mis_adapters():
    return [MisAdapterPlugin("acme", Settings, Acme, capabilities=MisCapabilities(**{name: getattr(CAPABILITIES, name) for name in CAPABILITIES.__slots__} | {"paced": True}))]
'''

PIGEON = '''
import asyncio, os
from nextvisit.sdk.channels import Accepted, InboundMessage
from nextvisit.sdk.doors import Answer, Handshake, Keep, RawInbound
from nextvisit.sdk.errors import Rejected, RetryLater
from nextvisit.sdk.hookspecs import ChannelPlugin, hookimpl
from nextvisit.sdk.settings import PluginSettings
from nextvisit.sdk.testing.fake_channel import TEXTS, FakeChannel

class Settings(PluginSettings):
    port: int = 0

class Pigeon(FakeChannel):
    """Writes what it sends to a port, and waits for a line; what comes in by that port is put into the inbox."""
    def __init__(self, settings):
        super().__init__()
        self.port = settings.port

    async def check(self):
        return str(os.getpid())

    async def send(self, message):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{os.getpid()} {message.content.text}\\n".encode())
        said = await reader.readline()
        writer.close()
        return Accepted(said.decode().strip())

    async def serve(self, inbox):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"listens\\n")
        inbox.listening()
        try:
            while line := await reader.readline():
                try:
                    await inbox.put(RawInbound(line, line.decode()))
                except RetryLater as error:
                    inbox.deaf(error)
                    writer.write(b"not kept\\n")
                else:
                    writer.write(b"kept\\n")
            raise OSError(98, "x")
        finally:
            if not writer.is_closing():
                writer.write(b"leaves\\n")

    def parse_inbound(self, body):
        return [InboundMessage("+48500100200", body.decode("utf-8", "surrogateescape"))]

    def receive(self, request):
        match request.method:
            case "GET":
                return Handshake(Answer(200, b"\\xff" + request.body))
            case "PUT":
                raise Rejected("pigeon.forged")
            case "DELETE":
                while True:
                    pass
        return Keep("\\ud83d" if request.body == b"odd" else "k")

    def parse_webhook(self, request):
        return self.parse_inbound(request.body)

@hookimpl
def channels():
    return [ChannelPlugin("pigeon", Settings, TEXTS, Pigeon)]
'''
MEMORY = "256MiB"


@dataclass
class Site:
    """An installation's files; `mis` and `channels` as the settings have them. Its plugins lie beside."""

    folder: Path
    mis: dict[str, Any] = field(default_factory=dict)
    channels: dict[str, Any] = field(default_factory=dict)
    troubles: Troubles = field(default_factory=Troubles)
    attempt: str = "PT60S"

    def __post_init__(self) -> None:
        trials = self.folder / "trials"
        trials.mkdir(mode=0o755)
        for name, text in (("acme", ACME), ("pigeon", PIGEON)):
            write_private(trials / f"{name}.py", text)
        for name in ("root.key", "intake.key", "app.dsn", "owner.dsn", "token", "other", "erased.jsonl"):
            write_private(self.folder / name, name)

    @property
    def config(self) -> Path:
        """The settings, written anew."""
        at = {name: f"{self.folder / name}" for name in ("root.key", "intake.key", "erased.jsonl")}
        document = {
            "site": {"name": "Klinika", "phone": "+48 22 555 02 00", "zone": "Europe/Warsaw", "country": "PL", "languages": ["pl"], "public_url": "https://a.example"},
            "database": {"app": f"file:{self.folder / 'app.dsn'}", "owner": f"file:{self.folder / 'owner.dsn'}"},
            "temporal": {"address": "127.0.0.1:1"},
            "vault": {"root_key_file": at["root.key"], "intake_key_file": at["intake.key"], "erased_file": at["erased.jsonl"]},
            "mis": self.mis,
            "channels": self.channels,
            "plugins_dir": "trials",
            "attempt": self.attempt,
        }  # fmt: skip
        file = self.folder / "nextvisit.yaml"
        write_private(file, json.dumps(document))
        return file

    @property
    def settings(self) -> Settings:
        return load_settings(self.config)

    def acme(self, name: str = "clinic", *, apart: bool = True, **settings: Any) -> Any:
        """An adapter, behind its guard."""
        self.mis[name] = {"adapter": "acme", "sync_every": "1 hour", "settings": settings}
        if apart:
            self.mis[name]["process"] = {"memory": MEMORY}
        return mis_adapter(self.settings, plugins_of(self.settings), name, self.troubles)

    def pigeon(self, name: str = "sms", *, apart: bool = True, **settings: Any) -> Any:
        """A channel, behind its guard."""
        self.channels[name] = {"channel": "pigeon", "settings": settings}
        if apart:
            self.channels[name]["process"] = {"memory": MEMORY}
        return channel(self.settings, plugins_of(self.settings), name, self.troubles)

    def met(self) -> list[tuple[str, str, str, str]]:
        """Connection, method, kind and what, of all that was met since it was last asked."""
        found = [each.trouble for each in self.troubles.take()]
        return [(each.connection, each.method, each.kind, each.what) for each in found]


async def once_back(call: Callable[[], Awaitable[T]]) -> T:
    """What it gives once the process is there again."""
    while True:
        try:
            return await call()
        except RetryLater as error:
            if error.code not in {"plugin.away", "plugin.died"}:
                raise
        await asyncio.sleep(0.01)
