"""The HTTP server: uvicorn with bounds, and without what it would believe of a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from nextvisit.web.connections import BoundedHttp, Bounds, Crowd
from nextvisit.web.request_head import LARGEST_HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.applications import Starlette


class Served(uvicorn.Server):
    """Ends when it is told to by `should_exit`, and leaves signals to the role, which may have several."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn."""
        yield


def http_server(
    app: Starlette, headers: Mapping[str, str], bounds: Bounds, *, host: str, port: int
) -> Served:
    """Not yet started. headers: see `BoundedHttp`."""
    protocol = partial(BoundedHttp, crowd=Crowd(bounds), headers=headers)
    config = uvicorn.Config(
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
    return Served(config)
