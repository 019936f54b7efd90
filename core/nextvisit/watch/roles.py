"""Whether each role runs, and whether it is ours that answers on the API's port."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Sequence
from pathlib import Path

from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import heartbeats
from nextvisit.store.vitals.heartbeats import Heartbeat, by_part
from nextvisit.watch.finding import Finding, Grade, fine, wrong
from nextvisit.watch.listener import listener_on

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  what is asked, not opened
_LARGEST = 64 * 1024


async def running(database: Database) -> Sequence[Finding]:
    """Each has to have a process that lives; one that is silent and still there is frozen."""
    async with database.transaction() as tx:
        beats = await heartbeats.listing(tx)
    return [each for part, those in by_part(beats).items() for each in _of_part(part, those)]


def _of_part(part: str, beats: Sequence[Heartbeat]) -> Sequence[Finding]:
    """Where one is frozen and none lives, to start another is not what helps."""
    alive = [each for each in beats if each.alive]
    frozen = [_frozen(each) for each in beats if not each.alive and _is_there(each)]
    return frozen if frozen and not alive else [_whether_it_runs(part, beats, alive), *frozen]


def _whether_it_runs(part: str, beats: Sequence[Heartbeat], alive: Sequence[Heartbeat]) -> Finding:
    role, _, _ = part.partition(" ")
    start = f"start it (`nextvisit {part}`, or `nextvisit up` for all); its log says why it ended"
    if not alive:
        last = beats[0].at_wall if beats else None
        return wrong("role.missing", f"no {part} runs", since=last, do=start, where=role)
    ready = sum(each.ready for each in alive)
    if not ready:
        says = f"{part} runs on {alive[0].host} and is not ready"
        do = "its log says what it waits for (`role.waiting`)"
        return wrong("role.waiting", says, since=alive[-1].started_at_wall, do=do, where=role)
    return Finding(Grade.OK, f"{part} runs ({ready})", since=alive[-1].started_at_wall)


def _frozen(silent: Heartbeat) -> Finding:
    says = f"{silent.role} with process id {silent.pid} on {silent.host} is there and does nothing"
    do = f"end it (`kill -9 {silent.pid}`); a supervisor starts it again"
    return wrong("role.frozen", says, since=silent.at_wall, do=do, where=silent.role)


def _is_there(beat: Heartbeat) -> bool:
    """Only of this machine can that be said."""
    return beat.host == socket.gethostname() and Path(f"/proc/{beat.pid}").exists()


async def api_port(database: Database, at: tuple[str, int]) -> Sequence[Finding]:
    """Whoever answers says which process it is, and only ours is among the heartbeats."""
    host, port = at
    async with database.transaction() as tx:
        ours = {each.instance for each in await heartbeats.listing(tx) if each.role == "api"}
    where = f"{host}:{port}"
    answered = await _instance(_ANYWHERE.get(host, host), port)
    if answered is None:
        return [
            wrong(
                "api.silent",
                f"nobody answers at {where}",
                touches="patients' pages, receipts by webhook",
                do="start `nextvisit api`, or correct `api.host` and `api.port` if it runs elsewhere",
            )
        ]
    if answered not in ours:
        owner = listener_on(port)
        return [
            wrong(
                "api.foreign",
                f"somebody else answers at {where}{'' if owner is None else f': {owner}'}",
                touches="patients' pages, receipts by webhook",
                do="end that program, or give us another port in `api.port`",
            )
        ]
    return fine(f"our API answers at {where}")


async def _instance(host: str, port: int) -> str | None:
    """What the process behind the port calls itself, empty when it is none of ours; None: nobody is there."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return None
    try:
        writer.write(f"GET /health/live HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        answer = b""
        while len(answer) < _LARGEST and (part := await reader.read(_LARGEST)):
            answer += part
    except OSError:
        return ""
    finally:
        writer.close()
    try:
        told = json.loads(answer.partition(b"\r\n\r\n")[2])
    except ValueError:
        return ""
    return str(told.get("instance", "")) if isinstance(told, dict) else ""
