"""Whether the process lives, and whether it can take work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse

if TYPE_CHECKING:
    from nextvisit.web.deps import ApiDeps


HEALTH: Final = frozenset({"/health/live", "/health/ready"})


def health_routes(deps: ApiDeps) -> APIRouter:
    """`GET /health/live`, always 200; `GET /health/ready`, 503 with what is missing (watch.readiness).

    Whoever is asked says which process it is: another program may have our port.
    """
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> JSONResponse:
        return JSONResponse({"status": "live", "instance": deps.instance})

    @router.get("/health/ready")
    async def ready() -> JSONResponse:
        is_ready, body = await deps.ready()
        return JSONResponse(body, status_code=200 if is_ready else 503)

    return router
