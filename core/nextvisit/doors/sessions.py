"""Keeps open what channels and MIS adapters listen on, and commits what arrives before it is acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from errno import errorcode
from typing import TYPE_CHECKING, Final

import structlog

from nextvisit.doors.lease import Lease
from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.ports import Channel, Inbox, Listens, ListensWhereItSends, MisAdapter
from nextvisit.sdk.soundness import code_or_none
from nextvisit.store.queues import inbox
from nextvisit.store.vitals.listeners import ListenerSign

if TYPE_CHECKING:
    from nextvisit.sdk.doors import RawInbound
    from nextvisit.store.base.engine import Database
    from nextvisit.store.queues.inbox import InboxKind

FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(minutes=1)
_STEADY: Final = timedelta(minutes=5)

_Serve = Callable[[Inbox], Awaitable[None]]

log = structlog.get_logger()


@dataclass(slots=True)
class ListenerHealth:
    """How one listener fares: whether it hears the other side, and since when by the monotonic clock.

    Deaf until it says that it listens. fault: an error's code or type, of the last time that it did not.
    """

    hears: bool = False
    since: float = field(default_factory=time.monotonic)
    fault: str | None = None
    restarts: int = 0

    def listening(self) -> None:
        """The other side is heard."""
        self._turn(hears=True)

    def deaf(self, fault: str) -> None:
        """It is not."""
        self._turn(hears=False)
        self.fault = fault

    def _turn(self, *, hears: bool) -> None:
        if self.hears != hears:
            self.hears, self.since = hears, time.monotonic()


Listening = dict[str, ListenerHealth]
"""By the slug of the connection, which channels and MIS connections never share."""


def signs(listening: Mapping[str, ListenerHealth]) -> Sequence[ListenerSign]:
    """What a process tells of its listeners with each sign of life."""
    now = time.monotonic()
    return [
        ListenerSign(origin, each.hears, timedelta(seconds=now - each.since), each.fault)
        for origin, each in listening.items()
    ]


@dataclass(frozen=True, slots=True)
class StoreInbox:
    """The inbox of one connection. Raises RetryLater while the store is away: do not acknowledge."""

    db: Database
    kind: InboxKind
    origin: str
    health: ListenerHealth = field(default_factory=ListenerHealth)

    async def put(self, raw: RawInbound) -> None:
        """Committed when it returns; a thing that came before is acknowledged without a second copy."""
        async with self.db.transaction(actor="gateway") as tx:
            await inbox.put(
                tx, kind=self.kind, origin=self.origin, dedupe=raw.dedupe, body=raw.body, waits=raw.waits
            )
            if raw.replaces is not None:
                await inbox.replace(tx, kind=self.kind, origin=self.origin, dedupe=raw.replaces)

    def listening(self) -> None:
        """See `Inbox`."""
        self.health.listening()

    def deaf(self, why: NextVisitError) -> None:
        """See `Inbox`."""
        self.health.deaf(code_or_none(why.code))


async def run_gateway(
    db: Database,
    channels: Mapping[str, Channel],
    adapters: Mapping[str, MisAdapter],
    stop: asyncio.Event,
    *,
    instance: str,
    health: Listening,
    first_pause: timedelta = FIRST_PAUSE,
) -> None:
    """Serve whatever listens until `stop`. A listener that ends is begun anew, ever later.

    instance: who we are; of several gateways one alone listens on a connection, and another takes it over.
    """
    listening: list[tuple[_Serve, StoreInbox]] = [
        *(
            (each.serve, StoreInbox(db, "channel", slug))
            for slug, each in channels.items()
            if isinstance(each, Listens)
        ),
        *(
            (each.serve, StoreInbox(db, "mis_inbound", slug))
            for slug, each in adapters.items()
            if isinstance(each, Listens)
        ),
    ]
    await _keep_all(listening, stop, health, first_pause, lambda origin: Lease(db, origin, instance))


async def run_beside_sending(
    db: Database,
    channels: Mapping[str, Channel],
    stop: asyncio.Event,
    *,
    health: Listening,
    first_pause: timedelta = FIRST_PAUSE,
) -> None:
    """Serve until `stop` what comes in over the sessions on which these very channels send."""
    listening: list[tuple[_Serve, StoreInbox]] = [
        (each.serve_sending, StoreInbox(db, "channel", slug))
        for slug, each in channels.items()
        if isinstance(each, ListensWhereItSends)
    ]
    await _keep_all(listening, stop, health, first_pause)


async def _keep_all(
    listening: Sequence[tuple[_Serve, StoreInbox]],
    stop: asyncio.Event,
    report: Listening,
    first_pause: timedelta,
    lease_of: Callable[[str], Lease] | None = None,
) -> None:
    report.update({sink.origin: sink.health for _, sink in listening})

    async def keep(serve: _Serve, sink: StoreInbox) -> None:
        async def work() -> None:
            await _keep(serve, sink, first_pause)

        await (work() if lease_of is None else lease_of(sink.origin).while_held(work, sink.health.deaf))

    tasks = [
        asyncio.create_task(keep(serve, sink), name=f"listen {sink.origin}") for serve, sink in listening
    ]
    try:
        await stop.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in report.values():
            each.deaf("stopped")


async def _keep(serve: _Serve, sink: StoreInbox, first_pause: timedelta) -> None:
    loop = asyncio.get_running_loop()
    pause = first_pause
    while True:
        began = loop.time()
        sink.health.deaf(await _serve_once(serve, sink))
        if loop.time() - began >= _STEADY.total_seconds():
            pause = first_pause
        sink.health.restarts += 1
        await asyncio.sleep(pause.total_seconds())
        pause = min(pause * 2, LONGEST_PAUSE)


async def _serve_once(serve: _Serve, sink: StoreInbox) -> str:
    """Until it ends; why it did. Cancelled, it ends the session first."""
    # In a task of its own: a session that is cancelled is not us who are, and what a plugin leaves
    # pending on its task goes with it.
    session = asyncio.create_task(_end_of(serve, sink), name=f"session {sink.origin}")
    try:
        await asyncio.wait({session})
    finally:
        session.cancel()
        await asyncio.wait({session})
    fault = "CancelledError" if session.cancelled() else session.result()
    log.error("listener.ended", origin=sink.origin, code=fault)
    return fault


async def _end_of(serve: _Serve, sink: StoreInbox) -> str:
    try:
        await serve(sink)
    except KeyboardInterrupt:
        raise
    except NextVisitError as error:
        return error.code
    # The outermost loop of a plugin's listener: whatever ends it, it has to come back. A server that is
    # closed cancels itself, a group's errors are no Exception, and an exit would end the whole role. An
    # exception's text may hold what a patient wrote.
    except BaseException as error:  # noqa: BLE001
        return _named(error)
    return "ended"


def _named(error: BaseException) -> str:
    """Its type, and of what the system said the number's name: a port that is taken is told by it alone."""
    number = error.errno if isinstance(error, OSError) else None
    return (
        type(error).__name__ if number is None else f"{type(error).__name__}.{errorcode.get(number, number)}"
    )
