"""The roles of one image: worker, api, gateway. Each runs until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import structlog
import uvloop
from temporalio.client import Client

from nextvisit.clock import Clock
from nextvisit.doors.sessions import run_beside_sending, run_gateway
from nextvisit.install import erased_list
from nextvisit.install.bootstrap import Appliance, open_appliance
from nextvisit.install.heartbeat import Life, living
from nextvisit.install.oversight import answering, keep_counting, overseen
from nextvisit.install.supervised import LEASE_HOLDER, READY_FILE, require_port, stop_when_told
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.private_file import write_private
from nextvisit.status.metrics import Metrics
from nextvisit.watch.readiness import Readiness
from nextvisit.web.app import create_app, safe_headers
from nextvisit.web.connections import Bounds
from nextvisit.web.server import http_server
from nextvisit_workflows.runtime.relay import Relay
from nextvisit_workflows.runtime.worker import Queues, running_worker
from nextvisit_workflows.runtime.write_back import WritesBack

log = structlog.get_logger()
T = TypeVar("T")

_PAUSE = 0.5
_LOOK_AGAIN = 30.0
_SAY_AGAIN = 60.0
"""A log of two lines a second for a night says no more, and fills the disk."""


async def worker(
    appliance: Appliance, stop: asyncio.Event, life: Life, *, queues: Queues = Queues.ALL
) -> None:
    """Temporal workers, and the loops beside them: see `_beside`."""
    # Before anything is read or sent: the database may be restored from before somebody was erased.
    await erased_list.apply(appliance.database, appliance.settings.vault.erased_file)
    client = await _patiently(appliance.temporal, stop)
    if client is None:
        return
    if appliance.reading.second is not None and queues.holds(Queues.JOURNEYS):
        await appliance.reading.second.prepare(appliance.settings.attempt)
    async with running_worker(client, appliance.equipment(), queues=queues, per_second=appliance.per_second):
        loops = [
            asyncio.create_task(loop, name=name)
            for name, loop in _beside(queues, appliance, client, stop, life).items()
        ]
        life.ready.set()
        await first_to_end(stop, loops)


def _beside(
    queues: Queues,
    appliance: Appliance,
    client: Client,
    stop: asyncio.Event,
    life: Life,
) -> Mapping[str, Coroutine[Any, Any, None]]:
    """The loops of a worker: the outbox, the inbox and the looping workflows go with the journeys; what is
    written back at once, and what comes in over the sessions on which we send, with the channels.

    Each bears to run in several processes at once: they take rows that are locked, put in what is told by its
    digest once, or start workflows that there is one of.
    """
    loops: dict[str, Coroutine[Any, Any, None]] = {
        # Of both: whoever is left says what waits for the others.
        "backlogs": keep_counting(appliance, client, life.metrics)
    }
    if queues.holds(Queues.JOURNEYS):
        loops["intake"] = appliance.intake().run(stop)
        loops["relay"] = Relay(appliance.database, client).run()
        loops["looping"] = _keep_looping(appliance, client, stop)
    if queues.holds(Queues.CHANNELS):
        loops["write_back"] = WritesBack(appliance.equipment()).run()
        loops["sessions"] = run_beside_sending(
            appliance.database, appliance.channels, stop, health=life.listening
        )
    return loops


async def first_to_end(stop: asyncio.Event, loops: Sequence[asyncio.Task[Any]]) -> None:
    """Until `stop`; a loop that ends by itself ended by a fault, which is raised."""
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({stopping, *loops}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    for task in (stopping, *loops):
        task.cancel()
    # A loop may have told the others to stop before it ended itself: its fault is raised all the same.
    for ended in await asyncio.gather(*done, *loops, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


async def _keep_looping(appliance: Appliance, client: Client, stop: asyncio.Event) -> None:
    """The looping workflows run, also after Temporal's database was replaced under us."""
    while not stop.is_set():
        await _patiently(lambda: appliance.keep_looping(client), stop)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK_AGAIN)


async def api(appliance: Appliance, stop: asyncio.Event, life: Life) -> None:
    """Patients' pages, pixels, webhooks and health over HTTP."""
    settings = appliance.settings.api
    require_port(settings.host, settings.port, "api.port")
    bounds = Bounds(
        connections=settings.connections,
        per_address=settings.connections_per_address,
        trusted_proxies=settings.trusted_proxies,
    )
    deps = appliance.api_deps(life.metrics.readiness)
    server = http_server(
        create_app(deps), safe_headers(deps.site), bounds, host=settings.host, port=settings.port
    )
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.02)
    if server.started:
        life.ready.set()
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    server.should_exit = True
    await serving


async def gateway(appliance: Appliance, stop: asyncio.Event, life: Life) -> None:
    """Long-lived sessions and ports that answers, receipts and a MIS's messages arrive on."""
    life.ready.set()
    await run_gateway(
        appliance.database,
        appliance.channels,
        appliance.mis,
        stop,
        instance=os.environ.get(LEASE_HOLDER) or appliance.instance,
        health=life.listening,
    )


Role = Callable[[Appliance, asyncio.Event, Life], Awaitable[None]]

ROLES: Mapping[str, Role] = {"worker": worker, "api": api, "gateway": gateway}

TAKING_IN = frozenset({"api", "gateway"})
"""They keep what comes in for the worker, which opens it; they themselves open nothing."""


def run_role(
    name: str,
    config: Path,
    *,
    clock: Clock | None = None,
    queues: Queues = Queues.ALL,
    status: tuple[str, int] | None = None,
) -> None:
    """Run one role until a signal. Waits for the database as long as it takes.

    queues: of a worker. status: host and port that it answers on to whoever watches it.
    """
    # A role waits for sockets most of the time, and asyncio's own loop pays more for each.
    uvloop.run(_run_role(name, config, clock, queues, status))


async def _run_role(
    name: str, config: Path, clock: Clock | None, queues: Queues, status: tuple[str, int] | None
) -> None:
    stop = asyncio.Event()
    stop_when_told(stop.set)
    marker = os.environ.get(READY_FILE)
    ready_file = Path(marker) if marker else None
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)

    def announce() -> None:
        log.info("role.ready")
        if ready_file is not None:
            write_private(ready_file, str(os.getpid()), mode=0o640)  # the supervisor may be another user

    readiness = Readiness(stops=stop.is_set)
    metrics = Metrics(name, version("nextvisit"), readiness)

    async def run() -> bool:
        async with open_appliance(config, clock=clock, takes_in_only=name in TAKING_IN) as appliance:
            folder = Path.cwd() if ready_file is None else ready_file.parent
            life = Life(
                name, appliance.instance, folder, announce, metrics, queues, troubles=appliance.troubles
            )
            role = partial(worker, queues=queues) if name == "worker" else ROLES[name]
            async with living(appliance.database, life), overseen(appliance, life, looks=status is not None):
                await role(appliance, stop, life)
        return True

    def waits(code: str) -> None:
        readiness.waits_for = code

    async with answering(metrics, status):
        await _patiently(run, stop, waits)
    log.info("role.stopped")


async def _patiently(
    work: Callable[[], Awaitable[T]], stop: asyncio.Event, waits: Callable[[str], None] = lambda _: None
) -> T | None:
    """Again and again until it does not raise RetryLater; None when told to stop meanwhile.

    waits: told the code of what it waits for.
    """
    clock = asyncio.get_running_loop().time
    told, told_at = "", 0.0
    while not stop.is_set():
        try:
            return await work()
        except RetryLater as error:
            code = error.code
        except ExceptionGroup as group:
            if group.split(RetryLater)[1] is not None:
                raise
            code = "retry.group"
        waits(code)
        if code != told or clock() - told_at > _SAY_AGAIN:
            log.warning("role.waiting", code=code)
            told, told_at = code, clock()
        await asyncio.sleep(_PAUSE)
    return None
