"""What a role says of itself to whoever watches it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

from nextvisit.install.bootstrap import Appliance
from nextvisit.install.frontend import frontend_of
from nextvisit.install.heartbeat import Life
from nextvisit.install.listening import require_port
from nextvisit.sdk.errors import NextVisitError
from nextvisit.web.status import status_listener
from nextvisit_workflows.runtime.converter import answers

_OK: Final = "ok"


@dataclass(slots=True)
class RoleStatus:
    """Of one process. appliance, life: once its database has let it in."""

    role: str
    appliance: Appliance | None = None
    life: Life | None = None

    @contextmanager
    def of(self, appliance: Appliance, life: Life) -> Iterator[None]:
        """While it is open."""
        self.appliance, self.life = appliance, life
        try:
            yield
        finally:
            self.appliance = self.life = None

    async def checks(self) -> Mapping[str, str]:
        """By codes."""
        if self.appliance is None or self.life is None:
            return {"database": "waiting"}
        database = await self._database(self.appliance)
        # Without an open key ring there would be no database to ask.
        found = {"database": database, "keys": _OK if database == _OK else "unknown"}
        if self.role == "worker":
            found["temporal"] = await self._temporal(self.appliance)
        return found | {"role": _OK if self.life.ready.is_set() else "starting"}

    @staticmethod
    async def _database(appliance: Appliance) -> str:
        try:
            async with appliance.database.transaction():
                return _OK
        except NextVisitError as error:
            return error.code

    @staticmethod
    async def _temporal(appliance: Appliance) -> str:
        try:
            await answers(frontend_of(appliance.settings.temporal))
        except NextVisitError as error:
            return error.code
        return _OK


@asynccontextmanager
async def told(status: RoleStatus, at: tuple[str, int] | None) -> AsyncIterator[None]:
    """Says so while entered. at: host and port; None: to nobody. Raises ConfigError for a taken port."""
    if at is None:
        yield
        return
    host, port = at
    require_port(host, port, f"status.{status.role}")
    async with status_listener(status.role, status.checks, host=host, port=port):
        yield
