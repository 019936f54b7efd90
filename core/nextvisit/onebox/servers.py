"""The embedded servers as children of a supervisor."""

from __future__ import annotations

from dataclasses import dataclass

from nextvisit.onebox.postgres import EmbeddedPostgres, EmbeddedTemporal


@dataclass(slots=True)
class EmbeddedChild:
    """A Child whose `start` returns when the server answers."""

    name: str
    server: EmbeddedPostgres | EmbeddedTemporal

    @property
    def pid(self) -> int:
        pid = self.server.pid
        return -1 if pid is None else pid

    async def start(self) -> None:
        await self.server.start()

    async def ready(self) -> bool:
        return True

    async def wait(self) -> int:
        process = self.server.process
        return -1 if process is None else await process.wait()

    async def stop(self) -> None:
        await self.server.stop()
