"""Whether the process lives, and whether it can take work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from nextvisit.sdk.errors import ConfigError, RetryLater
from nextvisit.store.base.engine import schema_status
from nextvisit.store.vitals import heartbeats, listeners
from nextvisit.store.vitals.heartbeats import Heartbeat
from nextvisit.store.vitals.listeners import HeardListener

if TYPE_CHECKING:
    from nextvisit.web.deps import ApiDeps


HEALTH: Final = frozenset({"/health/live", "/health/ready"})
_FRESH: Final = timedelta(seconds=2)
"""So long an answer is given again: whoever asks in a loop asks us, and not the database."""


def health_routes(deps: ApiDeps) -> APIRouter:
    """`GET /health/live`, always 200; `GET /health/ready`, 503 with what is missing.

    The second is for whoever watches the appliance. A proxy goes by the first: patients can say stop on our
    pages while no worker runs.

    Whoever is asked says which process it is: another program may have our port.
    """
    router = APIRouter()
    looked = _Looked(deps)

    @router.get("/health/live")
    async def live() -> JSONResponse:
        return JSONResponse({"status": "live", "instance": deps.instance})

    @router.get("/health/ready")
    async def ready() -> JSONResponse:
        found = await looked.found()
        fine = all(value == "ok" for value in found.values())
        body = {"status": "ready" if fine else "not_ready", "checks": found}
        return JSONResponse(body, status_code=200 if fine else 503)

    return router


class _Looked:
    """What was found, for a while. Whoever asks while it is looked for waits for that."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._one = asyncio.Lock()
        self._last: tuple[float, dict[str, str]] | None = None

    async def found(self) -> dict[str, str]:
        async with self._one:
            if self._last is None or self._deps.seconds() - self._last[0] >= _FRESH.total_seconds():
                found = await _database(self._deps)
                self._last = self._deps.seconds(), found
            return self._last[1]


async def _database(deps: ApiDeps) -> dict[str, str]:
    try:
        status = await schema_status(deps.db.engine.url.render_as_string(hide_password=False))
        async with deps.db.transaction() as tx:
            beats = await heartbeats.listing(tx)
            heard = await listeners.living(tx)
    except RetryLater:
        return {"database": "away"}
    except ConfigError as error:
        return {"database": error.code}
    migrated = status.current == status.head
    # Without an open key ring there would be no Database to ask.
    ours = {"database": "ok", "migrations": "ok" if migrated else "behind", "keys": "ok"}
    return ours | _roles(beats) | _listeners(heard)


def _listeners(heard: Sequence[HeardListener]) -> dict[str, str]:
    """One process that hears is enough."""
    spoken = listeners.spokesmen(heard).values()
    deaf = sorted(f"{each.origin} ({each.role})" for each in spoken if not each.hears)
    return {"listeners": f"deaf {', '.join(deaf)}" if deaf else "ok"}


def _roles(beats: Sequence[Heartbeat]) -> dict[str, str]:
    """This one is alive, or it would not answer."""
    alive = [each for each in beats if each.alive]
    ready = heartbeats.by_part([each for each in alive if each.ready])
    missing = sorted(part for part, those in ready.items() if part != "api" and not those)
    return {
        "roles": "ok" if not missing else f"missing {', '.join(missing)}",
        "disk": "nearly_full" if any(each.nearly_full for each in alive) else "ok",
        "clocks": "apart" if any(each.apart for each in alive) else "ok",
    }
