"""One demo in this process, so that a test can disturb it at chosen moments of its own calendar.

The stage, the set-up and the verdict are the command's own. Only the campaign's two long silences are
shorter, so that a run takes eleven days of the clinic's calendar instead of thirty-one, and every character of
patient is as frequent as every other, so that a small clinic has them all.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console

from nextvisit.clock import ScaledClock
from nextvisit.desk import campaigns
from nextvisit.desk.campaign_files import check, refuse_errors
from nextvisit.flow.language.load import CAMPAIGN_FILE, load_files
from nextvisit.install.bootstrap import Appliance, open_appliance
from nextvisit.sdk.errors import RetryLater
from nextvisit_demo.folder import DemoFolder, standing_clock
from nextvisit_demo.over import how_far
from nextvisit_demo.pace import FileClock
from nextvisit_demo.setup import (
    APPROVER,
    AUTHOR,
    CAMPAIGN,
    CATALOGUE_SPECIALTY,
    demo_files,
    first_sync,
    run_campaign,
)
from nextvisit_demo.stage import Stage, Wanted, open_stage
from nextvisit_demo.verdict import Verdict, print_verdict, reach_verdict, write_verdict
from nextvisit_sandbox.behaviours import Character
from tests.demo import canary

SEED = 7
PATIENTS = 400
ALL_ON_ONE_DAY = 1000
_MOST_DAYS = timedelta(days=30)
_STARTS_IN = timedelta(seconds=12)
_LOOK_EVERY = 0.1
_DATABASE_PATIENCE = 60.0

_SHORTER = (
    ("silence: { after: 14 days", "silence: { after: 8 days"),
    ("{ wait: 14 days }", "{ wait: 1 day }"),
)


@dataclass(frozen=True, slots=True)
class Running:
    """A demo under way."""

    stage: Stage
    appliance: Appliance
    clock: FileClock

    async def until(self, moment: datetime) -> None:
        """Until the demo's clock shows `moment`."""
        while self.clock.now() < moment:
            await asyncio.sleep(_LOOK_EVERY)

    def at(self, day: float, hour: float = 0) -> datetime:
        """A moment `day` days and `hour` hours after the demo's first midnight in the clinic."""
        first = self.clock.virtual_origin.astimezone(self.appliance.site.zone)
        return first.replace(hour=0, minute=0) + timedelta(days=day, hours=hour)

    async def texts_taken(self) -> int:
        """How many texts the message centre has taken."""
        async with httpx2.AsyncClient(timeout=30) as client:
            answer = await client.get(f"{self.stage.control_url}/totals")
        return int(answer.raise_for_status().json()["texts"])

    async def control(self, path: str) -> None:
        """Switch something in the sandbox."""
        async with httpx2.AsyncClient(timeout=30) as client:
            (await client.post(f"{self.stage.control_url}/{path}")).raise_for_status()


@dataclass(frozen=True, slots=True)
class Ended:
    """What is left of a demo when it has ended."""

    folder: Path
    verdict: Verdict
    mails: tuple[Mapping[str, Any], ...]
    texts: tuple[Mapping[str, Any], ...]
    appointments: tuple[Mapping[str, Any], ...]
    """Booked ones, as the FHIR server shows them."""
    refused: tuple[Mapping[str, Any], ...]
    """Recipients at the mail server, and what it answered."""
    throttled: tuple[Mapping[str, Any], ...]
    """Submits that the message centre put off."""
    replied: tuple[Mapping[str, Any], ...]
    """What patients wrote by text: sender and when."""


async def renamed(stage: Stage) -> int:
    """Every patient has a name that occurs nowhere else; all can be read."""
    await canary.plant(stage)
    return 0


@dataclass(frozen=True, slots=True)
class DemoClinic:
    """plant: changes its records before anything is pulled, and says how many things cannot be read then.

    sandbox: how its servers differ from others' (nextvisit_sandbox.config).
    """

    patients: int = PATIENTS
    recall_share: float = 0.12
    plant: Callable[[Stage], Awaitable[int]] = renamed
    sandbox: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CastFolder(DemoFolder):
    """Gives every patient of the clinic a character in turn instead of drawing it."""

    clinic: DemoClinic

    def write_sandbox(self, *, seed: int, patients: int, data: Path | None, clock: ScaledClock) -> None:
        DemoFolder.write_sandbox(self, seed=seed, patients=patients, data=data, clock=clock)
        characters = list(Character)
        document = json.loads(self.sandbox_config.read_text(encoding="utf-8"))
        document["behaviours"] = {
            f"patient-{number:05d}": characters[number % len(characters)] for number in range(1, patients + 1)
        }
        document |= {"recall_share": self.clinic.recall_share, **self.clinic.sandbox}
        self.sandbox_config.write_text(json.dumps(document), encoding="utf-8")


CLINIC = DemoClinic()

Disturb = Callable[[Running], Awaitable[None]]


async def undisturbed(_: Running) -> None:
    """Let it run."""


def run_demo(
    folder: Path,
    *,
    factor: float,
    clinic: DemoClinic = CLINIC,
    disturb: Disturb = undisturbed,
    look: Disturb = undisturbed,
) -> Ended:
    """From an empty folder to the verdict. `look` is called after the verdict, while everything is up."""
    turn = asyncio.Lock()
    return asyncio.run(run_beside(turn, folder, factor=factor, clinic=clinic, disturb=disturb, look=look))


async def run_beside(
    turn: asyncio.Lock,
    folder: Path,
    *,
    factor: float,
    clinic: DemoClinic = CLINIC,
    disturb: Disturb = undisturbed,
    look: Disturb = undisturbed,
) -> Ended:
    """The same beside others with the same `turn`: two migrations in one process get in each other's way."""
    wanted = Wanted(seed=SEED, patients=clinic.patients, factor=factor, data=None)
    console = Console(file=io.StringIO(), width=200)
    async with open_stage(folder, wanted, tell=console.print) as stage:
        stage.folder = CastFolder(stage.folder.path, stage.folder.ports, clinic)
        await _set_up(stage, turn, clinic)
        clock = await stage.start_race(starts_in=_STARTS_IN)
        async with open_appliance(stage.folder.settings, clock=clock) as appliance:
            running = Running(stage, appliance, clock)
            async with stage.paced(appliance, clock), asyncio.TaskGroup() as group:
                disturbing = group.create_task(_named(disturb, running))
                await _watch(running, disturbing)
            verdict = await reach_verdict(stage, appliance, CAMPAIGN)
            write_verdict(verdict, folder / "verdict.json")
            print_verdict(verdict, console)
            assert isinstance(console.file, io.StringIO)
            (folder / "console.txt").write_text(console.file.getvalue(), encoding="utf-8")
            ended = await _collect(folder, stage, verdict)
            await look(running)
    return ended


async def _named(disturb: Disturb, running: Running) -> None:
    await disturb(running)


async def _set_up(stage: Stage, turn: asyncio.Lock, clinic: DemoClinic) -> None:
    await stage.start_postgres()
    await stage.start_temporal()
    async with turn:
        await stage.prepare_database()
    await stage.start_sandbox()
    unreadable = await clinic.plant(stage)
    async with open_appliance(stage.folder.settings, clock=standing_clock()) as appliance:
        synced = await first_sync(appliance, lambda *_: None, lambda *_: None)
        said = f"{synced.parked} things of the first sync are parked, not {unreadable}"
        assert synced.parked == unreadable, said
        await _approve(appliance)
        await run_campaign(appliance)


async def _approve(appliance: Appliance) -> None:
    files = demo_files(appliance.plugins.campaign_folders, ALL_ON_ONE_DAY, CATALOGUE_SPECIALTY)
    text = files[CAMPAIGN_FILE]
    for long, short in _SHORTER:
        text, changed = re.subn(re.escape(long), short, text)
        assert changed == 1, f"the catalogue's campaign says {long!r} {changed} times"
    files = {**files, CAMPAIGN_FILE: text}
    loaded = load_files(files)
    channels = appliance.connections.capabilities
    refuse_errors(check(loaded, channels))
    database = appliance.database
    await campaigns.apply(database, files, loaded, AUTHOR)
    await campaigns.approve(database, CAMPAIGN, loaded.version, APPROVER, appliance.site.zone)


async def _watch(running: Running, disturbing: asyncio.Task[None]) -> None:
    """Until the disturbance is over and the demo too; the verdict says if a journey has not ended."""
    ends = running.clock.virtual_origin + _MOST_DAYS
    while running.clock.now() < ends:
        _, over = await patiently(running.appliance, lambda tx: how_far(tx, CAMPAIGN))
        if over and disturbing.done():
            return
        await asyncio.sleep(_LOOK_EVERY * 3)


async def patiently(appliance: Appliance, ask: Callable[[Any], Awaitable[Any]]) -> Any:
    """Read from the database, which may be away just now."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _DATABASE_PATIENCE
    while True:
        try:
            async with appliance.database.transaction() as tx:
                return await ask(tx)
        except RetryLater:
            if loop.time() > deadline:
                raise
            await asyncio.sleep(_LOOK_EVERY)


async def _collect(folder: Path, stage: Stage, verdict: Verdict) -> Ended:
    async with httpx2.AsyncClient(timeout=60) as client:
        answer = await client.get(f"{stage.control_url}/journal", params={"limit": "1000000"})
        journal = answer.raise_for_status().json()
    async with fhir(stage) as client:
        appointments = [each async for each in everything(client, "Appointment?status=booked&_count=500")]
    return Ended(
        folder=folder,
        verdict=verdict,
        mails=tuple(journal["mails"]),
        texts=tuple(journal["texts"]),
        appointments=tuple(appointments),
        refused=tuple(journal["refused"]),
        throttled=tuple(journal["throttled"]),
        replied=tuple(
            each for each in _written(folder / "sandbox-journal.jsonl") if each["kind"] == "replied"
        ),
    )


def _written(journal: Path) -> Iterator[Mapping[str, Any]]:
    with journal.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


@asynccontextmanager
async def fhir(stage: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the clinic's FHIR server."""
    token = stage.folder.secret_value("fhir")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=f"{stage.fhir_url}/", headers=headers, timeout=60) as client:
        yield client


async def everything(client: httpx2.AsyncClient, search: str) -> AsyncIterator[dict[str, Any]]:
    """All resources that a search finds, page after page."""
    url: str | None = search
    while url is not None:
        found = (await client.get(url)).raise_for_status().content
        bundle = json.loads(found.decode(errors="replace"), strict=False)  # a record may be spoilt
        for entry in bundle.get("entry", ()):
            yield entry["resource"]
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


async def cli(folder: Path, *words: str) -> Said:
    """Run `nextvisit WORDS --demo FOLDER` as its own process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "nextvisit.cli", *words, "--demo", str(folder)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "COLUMNS": "300"},
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())
