"""What whoever watches a role asks it: whether it lives, and whether it can work. No patient's port.

`GET /live` is answered while the event loop turns. `GET /ready` is 200 when all that the role needs is there,
else 503; each check by a code. Nothing of it is anybody's: codes, and names of our own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from nextvisit.web.connections import Bounds
from nextvisit.web.server import config_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

Checks = Callable[[], Awaitable[Mapping[str, str]]]
"""What there is: `ok`, or a code of what is wrong with it."""

_FRESH: Final = timedelta(seconds=2)
"""So long an answer is given again: whoever asks in a loop asks us, and no server of ours."""
_PATIENCE: Final = timedelta(seconds=3)
_BOUNDS: Final = Bounds(connections=40, per_address=20, head=timedelta(seconds=5), body=timedelta(seconds=5))
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class _Server(uvicorn.Server):
    """Signals are the role's, which ends us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Of none."""
        yield


class _Asked:
    """What was found, for a while; whoever asks meanwhile waits for that."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self._one = asyncio.Lock()
        self._last: tuple[float, Mapping[str, str]] | None = None

    async def found(self) -> Mapping[str, str]:
        async with self._one:
            if self._last is None or time.monotonic() - self._last[0] >= _FRESH.total_seconds():
                self._last = time.monotonic(), await self._ask()
            return self._last[1]

    async def _ask(self) -> Mapping[str, str]:
        try:
            async with asyncio.timeout(_PATIENCE.total_seconds()):
                return await self._checks()
        except TimeoutError:
            return {"checks": "slow"}


@asynccontextmanager
async def status_listener(role: str, checks: Checks, *, host: str, port: int) -> AsyncIterator[None]:
    """Answers while entered. Raises OSError when nobody can listen there."""
    asked = _Asked(checks)

    async def live(_: Request) -> JSONResponse:
        return JSONResponse({"status": "live", "role": role}, headers=_HEADERS)

    async def ready(_: Request) -> JSONResponse:
        found = await asked.found()
        fine = all(said == "ok" for said in found.values())
        body = {"status": "ready" if fine else "not_ready", "role": role, "checks": dict(found)}
        return JSONResponse(body, status_code=200 if fine else 503, headers=_HEADERS)

    app = Starlette(routes=[Route("/live", live), Route("/ready", ready)])
    server = _Server(config_of(app, {}, _BOUNDS, host=host, port=port))
    serving = asyncio.create_task(server.serve(), name="status")
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if serving.done():
            await serving
        yield
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await serving
