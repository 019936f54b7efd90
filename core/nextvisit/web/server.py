"""The HTTP server: uvicorn with bounds, and without what it would believe of a request."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from nextvisit.web.connections import BoundedHttp, Bounds, Crowd
from nextvisit.web.request_head import LARGEST_HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.applications import Starlette


def http_server(
    app: Starlette, headers: Mapping[str, str], bounds: Bounds, *, host: str, port: int
) -> uvicorn.Server:
    """Not yet started. headers: see `BoundedHttp`."""
    return uvicorn.Server(config_of(app, headers, bounds, host=host, port=port))


def config_of(
    app: Starlette, headers: Mapping[str, str], bounds: Bounds, *, host: str, port: int
) -> uvicorn.Config:
    """How each of our servers is run."""
    protocol = partial(BoundedHttp, crowd=Crowd(bounds), headers=headers)
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=cast("Any", protocol),
        ws="none",
        h11_max_incomplete_event_size=LARGEST_HEAD,
        access_log=False,  # ours names route templates; uvicorn's would hold tokens
        log_config=None,
        log_level="error",  # it warns of every senseless request, and whoever sends them fills the disk
        lifespan="off",
        proxy_headers=False,  # nothing of ours asks who is behind a proxy
        timeout_graceful_shutdown=10,
        server_header=False,
    )
