"""GET /live, /ready and /metrics on a port of their own, in every role and from its start on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nextvisit.status.loop_lag import keep_measuring
from nextvisit.status.metrics import CONTENT_TYPE, Metrics
from nextvisit.web.connections import Bounds
from nextvisit.web.server import http_server

HEADERS: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
BOUNDS: Final = Bounds(
    connections=20, per_address=20, head=timedelta(seconds=5), body=timedelta(seconds=5),
    answer=timedelta(seconds=20),
)  # fmt: skip
"""A kubelet, a Prometheus or two, and a person."""
_POLL: Final = 0.02


def status_app(metrics: Metrics) -> Starlette:
    """Logs nothing: whoever watches asks every few seconds, and the log is for what happens."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "live", "instance": metrics.readiness.instance}, headers=HEADERS)

    async def ready(_request: Request) -> Response:
        is_ready, body = await metrics.readiness.answer()
        return JSONResponse(body, status_code=200 if is_ready else 503, headers=HEADERS)

    async def scraped(_request: Request) -> Response:
        await metrics.readiness.readied()
        return Response(metrics.text(), headers=HEADERS | {"Content-Type": CONTENT_TYPE})

    routes = [Route("/live", live), Route("/ready", ready), Route("/metrics", scraped)]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return app


@asynccontextmanager
async def serving(metrics: Metrics, host: str, port: int) -> AsyncIterator[int]:
    """While entered; gives the port, which the system chooses for 0."""
    server = http_server(status_app(metrics), HEADERS, BOUNDS, host=host, port=port)
    tasks = [
        asyncio.create_task(server.serve(), name="status"),
        asyncio.create_task(keep_measuring(metrics.registry), name="loop lag"),
    ]
    try:
        while not server.started and not tasks[0].done():
            await asyncio.sleep(_POLL)
        yield server.servers[0].sockets[0].getsockname()[1] if server.started else port
    finally:
        server.should_exit = True
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
