"""The sandbox's HTTP server inside a running event loop."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from starlette.routing import Route


class _Server(uvicorn.Server):
    """Leaves the process's signals to the process."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class Web:
    """Serves the given routes on one port until it is stopped."""

    def __init__(self, routes: Sequence[Route], *, host: str, port: int) -> None:
        self._config = uvicorn.Config(
            Starlette(routes=list(routes)),
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,  # the clinic's clock is not this machine's
            timeout_graceful_shutdown=1,
        )
        self._host = host
        self.port = port
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Binds and serves; a port of 0 is chosen by the system."""
        listener = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, self.port))
        self.port = listener.getsockname()[1]
        self._server = _Server(self._config)
        self._task = asyncio.get_running_loop().create_task(self._server.serve(sockets=[listener]))
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.01)
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        """Ends open requests within a second."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
            self._server = self._task = None
