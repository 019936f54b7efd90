"""Whoever watches a role is told whether it lives and can work, and nothing else."""

from __future__ import annotations

import asyncio
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping

import pytest

from nextvisit.web import status
from nextvisit.web.status import status_listener

pytestmark = pytest.mark.anyio


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class World:
    """What there is, and how often it was looked at."""

    def __init__(self, **checks: str) -> None:
        self.checks, self.asked = checks, 0
        self.hangs = asyncio.Event()
        self.hangs.set()

    async def look(self) -> Mapping[str, str]:
        self.asked += 1
        await self.hangs.wait()
        return self.checks


async def get(port: int, path: str) -> tuple[int, Mapping[str, object]]:
    def ask() -> tuple[int, Mapping[str, object]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            body = error.read()
            return error.code, json.loads(body) if body.startswith(b"{") else {}

    return await asyncio.to_thread(ask)


async def test_a_role_that_can_work_is_ready_and_one_that_cannot_says_what_is_missing() -> None:
    world, port = World(database="ok", temporal="ok"), free_port()
    async with status_listener("worker", world.look, host="127.0.0.1", port=port):
        code, said = await get(port, "/ready")
        assert (code, said["checks"]) == (200, {"database": "ok", "temporal": "ok"})
    world.checks = {"database": "ok", "temporal": "temporal.unavailable"}
    async with status_listener("worker", world.look, host="127.0.0.1", port=port):
        code, said = await get(port, "/ready")
        assert (code, said["status"], said["checks"]) == (503, "not_ready", world.checks)
        assert [(await get(port, path))[0] for path in ("/live", "/v/token", "/")] == [200, 404, 404]
    with pytest.raises(urllib.error.URLError):
        await get(port, "/live")


async def test_whoever_asks_in_a_loop_asks_no_server_of_ours() -> None:
    world, port = World(database="ok"), free_port()
    async with status_listener("api", world.look, host="127.0.0.1", port=port):
        await asyncio.gather(*(get(port, "/ready") for _ in range(10)))
    assert world.asked == 1


async def test_what_does_not_answer_in_time_is_said_and_the_role_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(status, "_PATIENCE", status._PATIENCE / 60)
    world, port = World(database="ok"), free_port()
    world.hangs.clear()
    async with status_listener("gateway", world.look, host="127.0.0.1", port=port):
        assert await get(port, "/live") == (200, {"status": "live", "role": "gateway"})
        code, said = await get(port, "/ready")
        assert (code, said["checks"]) == (503, {"checks": "slow"})
