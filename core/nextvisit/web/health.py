"""Whether the process lives, and whether it can take work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from nextvisit.sdk.errors import ConfigError, RetryLater
from nextvisit.store.base.engine import schema_status

if TYPE_CHECKING:
    from nextvisit.web.deps import ApiDeps


def health_routes(deps: ApiDeps) -> APIRouter:
    """`GET /health/live`, always 200; `GET /health/ready`, 503 with what is missing.

    Whoever is asked says which process it is: another program may have our port.
    """
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> JSONResponse:
        return JSONResponse({"status": "live", "instance": deps.instance})

    @router.get("/health/ready")
    async def ready() -> JSONResponse:
        found = await _database(deps)
        fine = all(value == "ok" for value in found.values())
        body = {"status": "ready" if fine else "not_ready", "checks": found}
        return JSONResponse(body, status_code=200 if fine else 503)

    return router


async def _database(deps: ApiDeps) -> dict[str, str]:
    try:
        status = await schema_status(deps.db.engine.url.render_as_string(hide_password=False))
        async with deps.db.transaction():
            pass  # the pool proves its connection before it hands it out
    except RetryLater:
        return {"database": "away"}
    except ConfigError as error:
        return {"database": error.code}
    migrated = status.current == status.head
    # Without an open key ring there would be no Database to ask.
    return {"database": "ok", "migrations": "ok" if migrated else "behind", "keys": "ok"}
