"""A role says how it is from its first moment on: before anything that it needs is there."""

from __future__ import annotations

import asyncio
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nextvisit.install.role_status import RoleStatus, told
from nextvisit.install.settings import load_settings
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.vault.root_key import create_vault_file
from tests.cli.installation import settings
from tests.postgres import DatabaseUrls

pytestmark = pytest.mark.anyio


async def asked(port: int, path: str) -> tuple[int, Mapping[str, Any]]:
    def ask() -> tuple[int, Mapping[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    return await asyncio.to_thread(ask)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize("role", ["worker", "api", "gateway"])
async def test_a_role_that_nobody_has_let_in_yet_lives_and_is_not_ready(role: str) -> None:
    port = free_port()
    async with told(RoleStatus(role), ("127.0.0.1", port)):
        assert await asked(port, "/live") == (200, {"status": "live", "role": role})
        code, said = await asked(port, "/ready")
        assert (code, said["checks"]) == (503, {"database": "waiting"})


async def test_a_port_that_is_taken_is_said_with_its_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        at = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"status\.gateway: 127\.0\.0\.1:{at} is taken"):
            async with told(RoleStatus("gateway"), ("127.0.0.1", at)):
                pass


def test_only_roles_with_a_port_say_anything(tmp_path: Path) -> None:
    create_vault_file(tmp_path / "root.key")
    dsn = "postgresql://app:kept-secret@127.0.0.1:1/nextvisit"
    document = settings(tmp_path, DatabaseUrls(dsn, dsn, dsn, tmp_path / "root.key"), 1)
    file = tmp_path / "nextvisit.yaml"
    file.write_text(json.dumps(document), encoding="utf-8")
    assert load_settings(file).status.at("worker") is None
    file.write_text(json.dumps({**document, "status": {"host": "::1", "worker": 9464}}), encoding="utf-8")
    assert load_settings(file).status.at("worker") == ("::1", 9464)
    assert load_settings(file).status.at("api") is None
