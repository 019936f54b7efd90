"""One role with a plugin that is right and one for each way to be wrong: the right one's work goes on, and doctor
names the others.

A real distribution on the path, found by its entry points.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from nextvisit.install.bootstrap import Appliance, open_appliance
from nextvisit.intake.pull import pull
from nextvisit.sdk.channels import MessageId, OutgoingMessage, ShortText
from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.records import MisRef
from nextvisit.store.people import patients
from tests.cli.installation import Installation
from tests.world.records import CANARY, PHONE

ACME = """
import asyncio
import threading
from datetime import datetime
from dataclasses import replace

from nextvisit.sdk.addresses import MOBILE
from nextvisit.sdk.channels import Accepted
from nextvisit.sdk.hookspecs import ChannelPlugin, MisAdapterPlugin, hookimpl
from nextvisit.sdk.records import MisRef, Patient
from nextvisit.sdk.settings import PluginSettings
from nextvisit.sdk.testing.fake_channel import TEXTS, FakeChannel
from nextvisit.sdk.testing.fake_mis import FakeMis


class Settings(PluginSettings):
    does: str


async def wrong(does):
    match does:
        case "blocks":
            threading.Event().wait()
        case "hangs":
            await asyncio.Event().wait()
        case "raises":
            raise ValueError("Kanarek")
        case "exits":
            raise SystemExit("Kanarek")
        case "lies":
            return {"Kanarek": 7}


class Acme(FakeMis):
    def __init__(self, settings):
        super().__init__()
        self.does = settings.does
        self.put(Patient(MisRef("Patient/1"), "1", None))
        self.put(Patient(MisRef("Patient/2"), "1", None))

    async def check(self):
        return await wrong(self.does) or "acme"

    async def changes(self, since):
        if (lie := await wrong(self.does)) is not None:
            yield lie
        async for page in super().changes(since):
            yield page

    def parse(self, body):
        found = super().parse(body)
        if self.does == "odd":
            found = [replace(found[0], birth_date="Kanarek"), *found[1:], "Kanarek"]
        return found


class Pigeon(FakeChannel):
    def __init__(self, settings):
        super().__init__()
        self.does = settings.does

    async def send(self, message):
        return await wrong(self.does) or await super().send(message)


@hookimpl
def mis_adapters():
    return [MisAdapterPlugin("acme", Settings, Acme)]


@hookimpl
def channels():
    return [ChannelPlugin("pigeon", Settings, replace(TEXTS, receives=False), Pigeon)]
"""
WRONG = ("blocks", "hangs", "raises", "exits", "lies")


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: Installation) -> Iterator[Installation]:
    """Connections of its plugins, one for each way to be wrong, beside `right` and `odd`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    described = tmp_path / "acme-1.0.dist-info"
    described.mkdir()
    metadata = "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\nRequires-Dist: nextvisit-sdk>=1,<2\n"
    (described / "METADATA").write_text(metadata, encoding="utf-8")
    points = "[nextvisit]\nacme = acme_of_all_kinds\npigeon = acme_of_all_kinds\n"
    (described / "entry_points.txt").write_text(points, encoding="utf-8")
    (tmp_path / "acme_of_all_kinds.py").write_text(ACME, encoding="utf-8")
    importlib.invalidate_caches()

    def ours(document: dict[str, Any]) -> None:
        # Three quarters of it are for a call; long for whoever answers at once, also on a busy machine.
        document["attempt"] = "PT10S"
        document["mis"] = {
            does: {"adapter": "acme", "sync_every": "1 hour", "settings": {"does": does}}
            for does in ("right", "odd", *WRONG)
        }
        document["channels"] = {
            f"by_{does}": {"channel": "pigeon", "priority": number, "settings": {"does": does}}
            for number, does in enumerate(("right", *WRONG), start=1)
        }

    installed.rewrite(ours)
    yield installed
    sys.modules.pop("acme_of_all_kinds", None)


def test_what_others_do_wrong_is_not_felt_and_they_are_named(acme: Installation, logs: list[Any]) -> None:
    met: dict[str, str] = {}

    async def attempt(name: str, work: Any) -> None:
        try:
            await work
        except NextVisitError as error:
            met[name] = f"{error}"

    async def scenario() -> None:
        async with open_appliance(acme.config) as appliance:
            pulls = [
                attempt(each, pull(appliance.database, each, appliance.mis[each])) for each in appliance.mis
            ]
            sends = [
                attempt(
                    each,
                    appliance.channels[each].send(
                        OutgoingMessage(MessageId(each), PHONE, ShortText("1"), "en")
                    ),
                )
                for each in appliance.channels
            ]
            await asyncio.gather(*pulls, *sends)
            await appliance.intake().drain(1000)
            assert await _known(appliance, "right") == [True, True]
            # The record that is wrong waits, and holds its patient; the other one is there.
            assert await _known(appliance, "odd") == [False, True]

    uvloop.run(scenario())  # as the roles do
    how = {"blocks": "blocked", "hangs": "slow", "raises": "raised", "exits": "raised", "lies": "returned"}
    assert {name: said.partition(":")[0] for name, said in met.items()} == {
        f"{by}{does}": f"plugin.{how[does]}" for does in WRONG for by in ("", "by_")
    }
    examined = {each["what"]: each for each in acme.run("doctor", "--json").json}
    said = [each["says"] for each in examined["calls"]["findings"]]
    for does in WRONG:
        assert [each for each in said if each.startswith(f"{does}: `changes` of acme ")]
        assert [each for each in said if each.startswith(f"by_{does}: `send` of pigeon ")]
    assert [
        each for each in said if each.startswith("odd: `parse` of acme ") and "birth_date.malformed" in each
    ]
    assert not [each for each in said if each.startswith(("right", "by_right"))]
    assert "held the event loop" in str([each for each in said if each.startswith("blocks")])
    assert examined["mis right"]["ok"]
    assert not any(examined[f"mis {does}"]["ok"] for does in WRONG)
    assert CANARY not in repr(examined) + repr(logs) + repr(met)


async def _known(appliance: Appliance, source: str) -> list[bool]:
    async with appliance.database.transaction() as tx:
        return [
            await patients.by_ref(tx, source, MisRef(f"Patient/{number}")) is not None for number in (1, 2)
        ]
