"""One installation on this machine: a settings file, its secrets, a real database, and no other server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from nextvisit.cli.main import invoke
from nextvisit.clock import SystemClock
from nextvisit.sdk.private_file import write_private
from nextvisit.store.base.engine import Database
from nextvisit.store.vault.keys import Vault
from tests.postgres import DatabaseUrls

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed and ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Installation:
    """`config` names a database that is there, and Temporal, a MIS and channels at a port where nobody is."""

    config: Path
    urls: DatabaseUrls
    capsys: pytest.CaptureFixture[str]

    def run(self, *words: str) -> Said:
        """`nextvisit WORDS --config …`, in this process."""
        return said(self.capsys, *words, "--config", str(self.config))

    def in_store(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """What `work` does to the store."""

        async def opened() -> T:
            database = await Database.open(
                self.urls.app, Vault.from_file(self.urls.vault_file), SystemClock(), pool_size=2
            )
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(opened())

    def rewrite(self, change: Callable[[dict[str, Any]], None]) -> None:
        """The settings file, changed."""
        document = json.loads(self.config.read_text(encoding="utf-8"))
        change(document)
        self.config.write_text(json.dumps(document, indent=2), encoding="utf-8")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> Said:
    """`nextvisit WORDS`, in this process."""
    capsys.readouterr()
    code = invoke(list(words))
    printed = capsys.readouterr()
    return Said(code, printed.out, printed.err)


def settings(folder: Path, urls: DatabaseUrls, nobody: int) -> dict[str, Any]:
    """A whole settings file; whatever is not the database is asked at the port `nobody`."""

    def secret(name: str, value: str) -> str:
        file = folder / "secrets" / name
        file.parent.mkdir(exist_ok=True)
        write_private(file, value)
        return f"file:{file}"

    return {
        "site": {
            "name": "Klinika Nad Stawem",
            "phone": "+48 22 555 02 00",
            "zone": "Europe/Warsaw",
            "country": "PL",
            "languages": ["pl", "ru", "en"],
            "public_url": "https://wizyty.klinika.test",
        },
        "database": {"app": secret("app.dsn", urls.app), "owner": secret("owner.dsn", urls.owner)},
        "temporal": {"address": f"127.0.0.1:{nobody}"},
        "vault": {
            "root_key_file": str(urls.vault_file),
            "intake_key_file": str(folder / "intake.key"),
            "erased_file": str(folder / "erased.jsonl"),
        },
        "mis": {
            "clinic": {
                "adapter": "fhir_r4",
                "sync_every": "15 minutes",
                "books": True,
                "settings": {"base_url": f"http://127.0.0.1:{nobody}/fhir", "timeout": "PT2S"},
            }
        },
        "channels": {
            "email": {
                "channel": "email_smtp",
                "settings": {
                    "host": "127.0.0.1",
                    "port": nobody,
                    "tls": "none",
                    "sender": {"address": "wizyty@klinika.test"},
                    "timeout": "PT2S",
                },
            },
            "sms": {
                "channel": "sms_smpp",
                "settings": {
                    "host": "127.0.0.1",
                    "port": nobody,
                    "system_id": "klinika",
                    "password": secret("smpp", "geheim"),
                    "tls": "none",
                    "sender": "+48500600701",
                    "timeout": "PT2S",
                },
            },
        },
    }
