"""An installation whose database is real."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nextvisit.clock import SystemClock
from nextvisit.install.groundwork import ensure_files
from nextvisit.install.settings import load_settings
from nextvisit.store.base.engine import Database
from nextvisit.store.vault.keys import Vault
from tests.cli.installation import settings
from tests.postgres import DatabaseUrls
from tests.status.roles import taken_port


@dataclass(frozen=True, slots=True)
class Installed:
    """config: names a database that is there, and nobody else."""

    config: Path
    urls: DatabaseUrls

    def rewrite(self, change: Callable[[dict[str, Any]], None]) -> None:
        """The settings file, changed."""
        document = json.loads(self.config.read_text(encoding="utf-8"))
        change(document)
        self.config.write_text(json.dumps(document), encoding="utf-8")

    async def opened(self) -> Database:
        """Close it."""
        return await Database.open(
            self.urls.app, Vault.from_file(self.urls.vault_file), SystemClock(), pool_size=2
        )


@pytest.fixture
async def installed(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Installed]:
    with taken_port() as nobody:
        config = tmp_path / "nextvisit.yaml"
        config.write_text(json.dumps(settings(tmp_path, database_urls, nobody)), encoding="utf-8")
        made = Installed(config, database_urls)
        await ensure_files(load_settings(config))
        yield made
