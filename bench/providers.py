"""The sandbox clinic's mail server and message centre as a process."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import BenchFailed
from nextvisit.sdk.private_file import write_private
from nextvisit_channel_email_smtp.settings import EmailSmtpSettings, Sender
from nextvisit_channel_sms_smpp.settings import SmsSmppSettings

SENDER = "wizyty@clinic.example"


@dataclass(frozen=True, slots=True)
class Providers:
    """The sandbox's mail server and message centre, in a process of their own."""

    smtp_port: int
    smpp_port: int
    ca_file: Path
    secrets: Mapping[str, Path]

    def email(self) -> EmailSmtpSettings:
        """Of our channel; the pool as it is by default."""
        return EmailSmtpSettings(
            host="127.0.0.1",
            port=self.smtp_port,
            username="nextvisit",
            password=f"file:{self.secrets['smtp']}",
            ca_file=self.ca_file,
            sender=Sender(name="Klinika", address=SENDER),
        )

    def sms(self) -> SmsSmppSettings:
        """Of our channel; the window as it is by default."""
        return SmsSmppSettings(
            host="127.0.0.1",
            port=self.smpp_port,
            system_id="nextvisit",
            password=f"file:{self.secrets['smpp']}",
            tls="none",
            sender="Klinika",
        )

    def secret(self, name: str) -> str:
        """Our password there."""
        return self.secrets[name].read_text(encoding="ascii")


def _prepared(folder: Path) -> tuple[Path, Mapping[str, Path], Path]:
    """The sandbox's settings, our passwords there, and where its authority's certificate will be."""
    folder.mkdir(exist_ok=True)
    kept = {name: folder / name for name in ("smtp", "smpp")}
    for file in kept.values():
        write_private(file, secrets.token_hex(4))
    ca_file = folder / "ca.pem"
    settings: dict[str, Any] = {
        "patients": 0,
        "patients_act": False,
        "smtp_password": kept["smtp"].read_text(encoding="ascii"),
        "smpp_password": kept["smpp"].read_text(encoding="ascii"),
        "ca_file": str(ca_file),
    }
    config = folder / "sandbox.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    return config, kept, ca_file


@asynccontextmanager
async def running_providers(folder: Path) -> AsyncIterator[Providers]:
    """Started, and stopped at the end."""
    config, kept, ca_file = _prepared(folder)
    with (folder / "sandbox.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "nextvisit_sandbox", "--config", str(config)),
            stdout=PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        if process.stdout is None:
            raise BenchFailed("a child without pipes")
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        ready = json.loads(line)
        yield Providers(ready["smtp_port"], ready["smpp_port"], ca_file, kept)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
