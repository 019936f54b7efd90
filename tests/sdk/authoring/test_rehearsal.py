"""A MIS is read into nothing: numbers and codes are told, and nobody."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from nextvisit.calls.guard import Whose, guarded
from nextvisit.calls.troubles import Troubles
from nextvisit.sdk.authoring.rehearsal import NO_CODE, in_lines, rehearse
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import Cursor, Oddity, RawBatch, Unreadable
from nextvisit.store.vault.root_key import create_vault_file
from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig
from tests.cli.installation import settings
from tests.postgres import DatabaseUrls
from tests.sdk.vendors.ambulo import AmbuloAdapter
from tests.sdk.vendors.ambulo_server import KEY, Ambulo

pytestmark = pytest.mark.anyio


async def test_each_kind_code_and_offset_is_counted_and_nobody_is_named() -> None:
    mis = Ambulo()
    mis.break_page()
    async with mis.serving() as port:
        adapter = AmbuloAdapter(f"http://127.0.0.1:{port}", KEY)
        found = await rehearse(adapter)
        await adapter.close()
    of_people = {name: found.records[name] for name in ("Patient", "Appointment", "Consent", "Unreadable")}
    assert of_people == {"Patient": 3, "Appointment": 6, "Consent": 3, "Unreadable": 1}
    assert {"Coverage", "Condition", "ResultReady", "PhoneCall"} <= set(found.records)
    assert found.unreadable == {"row.malformed": 1}
    assert not found.unsound
    assert found.odd == {"birth_date.malformed": 1}
    assert found.offsets == {"+0100": 6}
    assert found.specialties == {"none": 6}
    assert found.pages == 8
    told = "\n".join(in_lines(found))
    assert "row.malformed" in told
    assert "Kanarek" not in told


class Naive(AmbuloAdapter):
    """Forgets the zone."""

    def instant(self, raw: str) -> datetime:
        return super().instant(raw).replace(tzinfo=None)


async def test_what_an_appliance_would_not_keep_is_counted_as_wrong() -> None:
    async with Ambulo().serving() as port:
        adapter = Naive(f"http://127.0.0.1:{port}", KEY)
        found = await rehearse(adapter)
        await adapter.close()
    assert found.unsound["start.no_zone"] == 7 + 1, "of visits, and of a time that became free"


class Talkative(AmbuloAdapter):
    """Says more than a code."""

    def parse(self, body: bytes) -> list[Unreadable]:
        return [Unreadable(None, "Kanarek phoned")]


class Unmapped(AmbuloAdapter):
    """Meets a code that nobody has mapped, and one that is a name."""

    def parse(self, body: bytes) -> list[Oddity]:
        return [Oddity(None, "specialty.unknown", word) for word in ("KARD", "KARD", "Kanarek phoned")]


class Lost(AmbuloAdapter):
    """Raises what it was to ask for."""

    async def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]:
        yield RawBatch(b'{"rows": []}', Cursor("1"), 0)
        raise KeyError("Kanarek")


class Broken(AmbuloAdapter):
    """Raises what it read."""

    def parse(self, body: bytes) -> list[Unreadable]:
        raise ValueError(body)


async def test_a_plugin_that_quotes_is_not_quoted() -> None:
    async with Ambulo().serving() as port:
        base = f"http://127.0.0.1:{port}"
        talkative = Talkative(base, KEY)
        assert set((await rehearse(talkative)).unreadable) == {NO_CODE}
        await talkative.close()
        for made, says in (
            (Broken, "parse failed with ValueError on page 1"),
            (Lost, "changes failed with KeyError"),
        ):
            adapter = made(base, KEY)
            with pytest.raises(Bug, match=says) as caught:
                await rehearse(adapter)
            assert caught.value.__suppress_context__
            assert "Kanarek" not in str(caught.value)
            behind_its_guard = guarded(adapter, Whose("clinic", "ambulo"), Troubles(), timedelta(seconds=30))
            with pytest.raises(Bug, match=r"the plugin ambulo: .* at .*test_rehearsal\.py:\d+"):
                await rehearse(behind_its_guard)
            await adapter.close()


async def test_a_code_that_nobody_has_mapped_is_named() -> None:
    async with Ambulo().serving() as port:
        adapter = Unmapped(f"http://127.0.0.1:{port}", KEY)
        found = await rehearse(adapter)
        await adapter.close()
    pages = found.pages
    assert found.unmapped == {
        "specialty.unknown KARD": 2 * pages,
        f"specialty.unknown {NO_CODE}": pages,
    }
    assert "specialty.unknown KARD" in "\n".join(in_lines(found))


async def test_a_connection_of_the_settings_is_read_without_a_database(tmp_path: Path) -> None:
    create_vault_file(tmp_path / "root.key")
    dsn = "postgresql://app:kept-secret@127.0.0.1:1/nextvisit"
    clinic = settings(tmp_path, DatabaseUrls(dsn, dsn, dsn, tmp_path / "root.key"), 1)
    config = tmp_path / "nextvisit.yaml"
    async with SandboxClinic(SandboxConfig(patients=20, patients_act=False)) as sandbox:
        clinic["mis"]["clinic"]["settings"] = {"base_url": sandbox.fhir_url, "token": "env:FHIR_TOKEN"}
        config.write_text(json.dumps(clinic), encoding="utf-8")
        said = {name: await _asked(name, config) for name in ("clinic", "clinics")}
    code, out = said["clinic"]
    assert code in {0, 1}, out
    assert json.loads(out)["records"]["Patient"] == 20
    assert said["clinics"][0] == 3


async def _asked(name: str, config: Path) -> tuple[int | None, str]:
    words = ["plugin", "rehearse", name, "--json", "--config", str(config)]
    asked = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nextvisit.cli", *words,
        stdout=asyncio.subprocess.PIPE, env={"FHIR_TOKEN": "sandbox-fhir-token", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    out, _ = await asked.communicate()
    return asked.returncode, out.decode()
