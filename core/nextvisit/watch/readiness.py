"""Whether a process can take work, and what of the rest of the appliance speaks against it.

Whoever routes to it asks for the first; the second is told beside it, because nobody is helped when the
pages on which patients say stop are taken away while no worker runs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from nextvisit.sdk.errors import NextVisitError, RetryLater
from nextvisit.store.base.engine import Database, schema_status
from nextvisit.store.restorations import restorations
from nextvisit.store.vitals import heartbeats, listeners
from nextvisit.store.vitals.heartbeats import Heartbeat
from nextvisit.store.vitals.listeners import HeardListener

_FRESH: Final = timedelta(seconds=2)
"""So long an answer is given again: whoever asks in a loop asks us, and not the database."""
_PATIENCE: Final = timedelta(seconds=5)
"""For each of them; a probe waits for no longer."""

OK: Final = "ok"


@dataclass(frozen=True, slots=True)
class Readied:
    """What was found, by what was asked: `ok`, or a code. own: without which this process takes no work.

    appliance: of the others, as the store has it; empty when it cannot be asked.
    """

    own: Mapping[str, str]
    appliance: Mapping[str, str]

    @property
    def ready(self) -> bool:
        """This process takes work."""
        return all(each == OK for each in self.own.values())

    def body(self, instance: str) -> Mapping[str, object]:
        """As it is answered. instance: of the process; another program may have our port."""
        said = "ready" if self.ready else "not_ready"
        return {"status": said, "instance": instance, "checks": self.own, "appliance": self.appliance}


@dataclass(slots=True)
class Readiness:
    """Of one process, from its start on. What it is given later is None until then.

    temporal: proves that it is there, or raises RetryLater; None in a role that works without it.
    waits_for: the code of what keeps it from opening its installation. works, stops: whether it has begun to
    take work, and whether it was told to stop.
    """

    instance: str = ""
    waits_for: str = "starting"
    database: Database | None = None
    temporal: Callable[[], Awaitable[None]] | None = None
    works: Callable[[], bool] = lambda: False
    stops: Callable[[], bool] = lambda: False
    seconds: Callable[[], float] = time.monotonic
    last: Readied = field(default=Readied({"role": "starting"}, {}), init=False)
    _looked_at: float | None = field(default=None, init=False)
    _one: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def readied(self) -> Readied:
        """Whoever asks while it is looked for waits for that."""
        async with self._one:
            now = self.seconds()
            if self._looked_at is None or now - self._looked_at >= _FRESH.total_seconds():
                self.last, self._looked_at = await self._look(), now
            return self.last

    async def answer(self) -> tuple[bool, Mapping[str, object]]:
        """As the doors give it."""
        found = await self.readied()
        return found.ready, found.body(self.instance)

    async def _look(self) -> Readied:
        if self.database is None:
            return Readied({"role": self._role(), "database": self.waits_for}, {})
        (of_store, appliance), temporal = await asyncio.gather(
            _of_store(self.database), _of_temporal(self.temporal)
        )
        return Readied({"role": self._role(), **of_store, **temporal}, appliance)

    def _role(self) -> str:
        if self.stops():
            return "stopping"
        return OK if self.works() else "starting"


async def _of_store(database: Database) -> tuple[Mapping[str, str], Mapping[str, str]]:
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            status = await schema_status(database.engine.url.render_as_string(hide_password=False))
            async with database.transaction() as tx:
                beats = await heartbeats.listing(tx)
                heard = await listeners.living(tx)
                held = await restorations.unconfirmed(tx) is not None
    except RetryLater:
        return {"database": "away"}, {}
    except TimeoutError:
        return {"database": "slow"}, {}
    except NextVisitError as error:
        return {"database": error.code}, {}
    migrated = status.current == status.head
    # Without an open key ring there would be no Database to ask.
    own = {"database": OK, "migrations": OK if migrated else "behind", "keys": OK}
    # Campaigns send nothing then, and yet all is ready: patients have to be able to say stop.
    restored = {"restore": "unconfirmed"} if held else {}
    return own, {**_roles(beats), **_listeners(heard), **restored}


async def _of_temporal(ask: Callable[[], Awaitable[None]] | None) -> Mapping[str, str]:
    if ask is None:
        return {}
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            await ask()
    except (NextVisitError, TimeoutError):
        return {"temporal": "away"}
    return {"temporal": OK}


def _listeners(heard: Sequence[HeardListener]) -> Mapping[str, str]:
    """One process that hears is enough."""
    spoken = listeners.spokesmen(heard).values()
    deaf = sorted(f"{each.origin} ({each.role})" for each in spoken if not each.hears)
    return {"listeners": f"deaf {', '.join(deaf)}" if deaf else OK}


def _roles(beats: Sequence[Heartbeat]) -> dict[str, str]:
    alive = [each for each in beats if each.alive]
    ready = heartbeats.by_part([each for each in alive if each.ready])
    missing = sorted(part for part, those in ready.items() if not those)
    return {
        "roles": OK if not missing else f"missing {', '.join(missing)}",
        "disk": "nearly_full" if any(each.nearly_full for each in alive) else OK,
        "clocks": "apart" if any(each.apart for each in alive) else OK,
    }
