"""Fixtures of the commands."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from nextvisit.cli import up
from nextvisit.store.vault.root_key import create_vault_file
from tests.cli.installation import Installation, settings
from tests.distributions import Install, installing
from tests.postgres import DatabaseUrls


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port of this machine that is taken and does not answer."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture(autouse=True)
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged; unset, structlog would write between the commands' own words.

    `up` sets it for its process, and would here for every test to come, to a stream that is closed by then.
    """
    monkeypatch.setattr(up, "configure_logging", lambda role: None)
    with capture_logs() as captured:
        yield captured


@pytest.fixture(autouse=True)
def _no_settings_of_this_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NEXTVISIT_CONFIG", raising=False)
    monkeypatch.delenv("NEXTVISIT_DEMO", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def configured(tmp_path: Path, nobody: int, capsys: pytest.CaptureFixture[str]) -> Installation:
    """A whole settings file, and not even a database behind it."""
    dsn = f"postgresql://app:kept-secret@127.0.0.1:{nobody}/nextvisit"
    vault_file = tmp_path / "root.key"
    create_vault_file(vault_file)
    return _install(tmp_path, DatabaseUrls(dsn, dsn, dsn, vault_file), nobody, capsys)


@pytest.fixture
def installed(
    database_urls: DatabaseUrls, tmp_path: Path, nobody: int, capsys: pytest.CaptureFixture[str]
) -> Installation:
    """Ready to be asked."""
    return _install(tmp_path, database_urls, nobody, capsys)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Makes a distribution: see `installing`."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    yield from installing(folder, monkeypatch)


def _install(
    folder: Path, urls: DatabaseUrls, nobody: int, capsys: pytest.CaptureFixture[str]
) -> Installation:
    config = folder / "nextvisit.yaml"
    config.write_text(json.dumps(settings(folder, urls, nobody), indent=2), encoding="utf-8")
    return Installation(config, urls, capsys)
