"""`nextvisit plugin test` against the sandbox's servers, as it is typed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from nextvisit.cli.plugin_test import _ended_in_order
from nextvisit.sdk.private_file import write_private
from nextvisit.store.vault.root_key import create_vault_file
from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig
from tests.cli.installation import settings
from tests.postgres import DatabaseUrls

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, slots=True)
class Said:
    """What the command ended with, and printed."""

    code: int | None
    out: str
    err: str

    def came(self) -> dict[str, str]:
        return {each["what"]: each["came"] for each in json.loads(self.out)["steps"]}


@dataclass(frozen=True, slots=True)
class Clinic:
    """A sandbox, and settings that name it; no database."""

    config: Path
    sandbox: SandboxClinic

    async def run(self, name: str, *words: str, typed: str = "") -> Said:
        asked = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "nextvisit.cli", "plugin", "test", name, *words, "--config", str(self.config),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={"FHIR_TOKEN": "sandbox-fhir-token", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        out, err = await asked.communicate(typed.encode())
        return Said(asked.returncode, out.decode(), err.decode())

    def of(self, kind: str) -> list[Any]:
        """Resources of the sandbox."""
        return [each.resource for each in self.sandbox.store.all(kind)]


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[Clinic]:
    create_vault_file(tmp_path / "root.key")
    dsn = "postgresql://app:kept-secret@127.0.0.1:1/nextvisit"
    document = settings(tmp_path, DatabaseUrls(dsn, dsn, dsn, tmp_path / "root.key"), 1)
    config = tmp_path / "nextvisit.yaml"
    async with SandboxClinic(
        SandboxConfig(patients=30, patients_act=False, receipt_after=timedelta(0))
    ) as sandbox:
        document["mis"]["clinic"]["settings"] = {"base_url": sandbox.fhir_url, "token": "env:FHIR_TOKEN"}
        sms = document["channels"]["sms"]["settings"]
        sms |= {"port": sandbox.smpp_port, "system_id": "nextvisit"}
        write_private(Path(sms["password"].removeprefix("file:")), "sandbox")
        config.write_text(json.dumps(document), encoding="utf-8")
        yield Clinic(config, sandbox)


async def test_a_mis_is_read_and_nothing_is_written(clinic: Clinic) -> None:
    said = await clinic.run("clinic", "--json")
    assert said.code == 0, said
    assert "failed" not in said.came().values()
    assert {"second pull", "listing", "look-up", "free slots"} <= said.came().keys()
    assert (await clinic.run("nobody")).code == 3
    assert (await clinic.run("clinic", "--may-send", "+48500100200")).code == 3


async def test_who_is_no_test_patient_by_the_record_is_booked_by_the_administrator_s_word_alone(
    clinic: Clinic,
) -> None:
    patient = f"Patient/{clinic.of('Patient')[0]['id']}"
    before = clinic.of("Appointment")
    refused = await clinic.run("clinic", "--may-book", patient, "--json", typed="yes\n")
    assert refused.code == 3
    assert "does not say that it is a test patient" in refused.err
    assert clinic.of("Appointment") == before
    for words, typed in ((("--yes-this-is-a-test-patient",), ""), ((), f"{patient}\n")):
        said = await clinic.run("clinic", "--may-book", patient, "--json", *words, typed=typed)
        assert said.code == 0, said
        came = said.came()
        assert {came[each] for each in ("book", "book again", "reschedule", "cancel", "read back")} == {
            "held"
        }
        assert json.loads(said.out)["still_booked"] == []
        assert said.err.count("if this process is killed") == 2
    ours = [one for one in clinic.of("Appointment") if one not in before]
    assert ours
    assert {one["status"] for one in ours} == {"cancelled"}


async def test_a_channel_sends_one_message_to_whom_it_may_and_waits_for_its_report(clinic: Clinic) -> None:
    asked = await clinic.run("sms", "--json")
    assert asked.code == 0, asked
    assert "send" not in asked.came()
    assert (await clinic.run("sms", "--may-send", "not a number")).code == 3
    sent = await clinic.run("sms", "--may-send", "+48500100200", "--json")
    assert sent.code == 0, sent
    assert {sent.came()["send"], sent.came()["report"]} == {"held"}
    assert "500100200" not in sent.out + sent.err


async def test_a_system_that_is_away_ends_the_command_as_any_other(clinic: Clinic) -> None:
    assert (await clinic.run("email")).code == 4


async def test_a_signal_ends_what_is_done_and_then_the_command() -> None:
    given_back: list[bool] = []

    async def told_to_end() -> None:
        with _ended_in_order():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.Event().wait()
            finally:
                given_back.append(True)

    with pytest.raises(typer.Exit) as ended:
        await told_to_end()
    assert given_back == [True]
    assert ended.value.exit_code == 128 + signal.SIGTERM
