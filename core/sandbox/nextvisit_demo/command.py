"""The command `nextvisit demo`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from nextvisit.cli.output import emit_json
from nextvisit.install.bootstrap import Appliance, open_appliance
from nextvisit.sdk.errors import RetryLater
from nextvisit_demo.data import patients_in
from nextvisit_demo.folder import standing_clock
from nextvisit_demo.over import how_far
from nextvisit_demo.pace import FileClock
from nextvisit_demo.setup import CAMPAIGN, CATALOGUE_SPECIALTY, approve_campaign, first_sync, run_campaign
from nextvisit_demo.show import FunnelDisplay, Steps
from nextvisit_demo.stage import Stage, Wanted, open_stage
from nextvisit_demo.verdict import Verdict, print_verdict, reach_verdict, write_verdict
from nextvisit_workflows.runtime.core import core

_DAYS = 45
_PATIENTS = 2000
_STARTS_IN = timedelta(seconds=6)
"""From loading the roles to the first instant; they need two or three."""


def demo(
    seed: Annotated[int, typer.Option(help="The same seed gives the same totals.")] = 7,
    patients: Annotated[
        int | None,
        typer.Option(min=50, max=100_000, help="Size of the synthetic clinic; 2000 if not said."),
    ] = None,
    factor: Annotated[
        float, typer.Option(min=60, max=20_000, help="How much faster than the wall time runs.")
    ] = 7200,
    days: Annotated[
        int, typer.Option(min=1, max=120, help="Stop after so many days of the clinic's calendar.")
    ] = _DAYS,
    per_day: Annotated[int, typer.Option(min=1, help="How many patients the campaign contacts a day.")] = 30,
    data: Annotated[
        Path | None,
        typer.Option(
            help="A folder of FHIR NDJSON, plain or gzipped, of invented people to load instead of the "
            "synthetic clinic."
        ),
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Keep the demo's files here (made if missing).")] = None,
    stay: Annotated[
        bool | None, typer.Option("--stay/--exit", help="Stay up afterwards; default: only on a terminal.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON document.")] = False,
) -> None:
    """Run the main job on sandbox servers: a clinic, a campaign, patients who answer, booked visits.

    Ends with 0 when every equation of the report holds, else with 1.

    Example: `nextvisit demo --seed 7`
    """
    if data is not None and patients is not None:
        raise typer.BadParameter("the files of --data have the patients that they have; leave out --patients")
    size = patients_in(data) if data is not None else patients if patients is not None else _PATIENTS
    wanted = Wanted(seed=seed, patients=size, factor=factor, data=data)
    stays = sys.stdout.isatty() if stay is None else stay
    console = Console(stderr=json, highlight=False, soft_wrap=True)
    path = folder if folder is not None else Path(tempfile.mkdtemp(prefix="nextvisit-demo-"))
    if folder is None:
        path.chmod(0o711)  # started by root, PostgreSQL runs as a user of its own, who has to pass
    try:
        verdict = asyncio.run(_demo(path, wanted, console, days=days, per_day=per_day, stays=stays))
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("stopped")
        raise typer.Exit(130) from None
    finally:
        if folder is None:
            shutil.rmtree(path, ignore_errors=True)
    if json:
        emit_json(verdict)
    if not verdict.holds:
        raise typer.Exit(1)


async def _demo(
    path: Path, wanted: Wanted, console: Console, *, days: int, per_day: int, stays: bool
) -> Verdict:
    core()  # by which the embedded server is asked
    steps = Steps(console, time.monotonic())
    me = asyncio.current_task()
    if me is not None:
        # However we are ended, what we started is ended with us.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)
    console.print(f"NextVisit demo in {path}")
    console.print("The embedded servers listen on the loopback only; nothing here is fit for real patients.")
    if os.geteuid() == 0:
        console.print(
            "It was started by root and goes on as root, PostgreSQL apart; `nextvisit up` does not."
        )
    async with open_stage(path, wanted, tell=lambda name, met: steps.say(f"{name} {met}")) as stage:
        await _set_up(stage, steps, per_day=per_day)
        clock = await stage.start_race(starts_in=_STARTS_IN)
        steps.done(
            f"gateway, api and worker: it is {clock.now():%A %d %B %Y}, "
            f"and time runs {wanted.factor:g} times faster"
        )
        async with open_appliance(stage.folder.settings, clock=clock) as appliance:
            steps.say(f"look around meanwhile: nextvisit journey list --demo {path}")
            async with stage.paced(appliance, clock) as pacer:
                await _watch(appliance, clock, console, days=days, note=f"folder {path}")
            steps.say(pacer.said())
            verdict = await reach_verdict(stage, appliance, CAMPAIGN)
            write_verdict(verdict, path / "verdict.json")
            print_verdict(verdict, console)
            if stays:
                await _stay(stage, console)
    return verdict


async def _set_up(stage: Stage, steps: Steps, *, per_day: int) -> None:
    await stage.start_postgres()
    steps.done(f"PostgreSQL on 127.0.0.1:{stage.folder.ports.postgres}")
    await stage.start_temporal()
    steps.done(f"Temporal on 127.0.0.1:{stage.folder.ports.temporal}")
    await stage.prepare_database()
    steps.done("schema and keys")
    await stage.start_sandbox()
    wanted = stage.wanted
    steps.done(f"sandbox clinic: FHIR server, SMTP server, SMPP centre, {wanted.patients} patients")
    if wanted.data is not None:
        steps.more("from the files: names, birth dates, visits")
        steps.more("made up, where the files have none: mobile numbers, mail addresses,")
        steps.more("consents, specialties of visits")
    async with open_appliance(stage.folder.settings, clock=standing_clock()) as appliance:
        with Progress(
            TextColumn("           {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=steps.console,
            transient=True,
        ) as progress:
            pulling = progress.add_task("pages pulled", total=None)
            processing = progress.add_task("pages processed", total=None)
            synced = await first_sync(
                appliance,
                lambda pages, _: progress.update(pulling, completed=pages),
                lambda done, pages: progress.update(processing, completed=done, total=pages),
            )
        steps.done(f"first sync: {synced.things} things on {synced.pages} pages, {synced.parked} parked")
        approved = await approve_campaign(appliance, per_day=per_day, specialty=wanted.specialty)
        await run_campaign(appliance)
    tiers = ", ".join(f"{choice.takes} {choice.patients}" for choice in approved.choices)
    steps.done(
        f"campaign {CAMPAIGN} {approved.version[:12]} applied and approved: "
        f"audience {approved.audience} ({tiers}); it enrols by its schedule from now on"
    )
    if wanted.specialty != CATALOGUE_SPECIALTY:
        steps.more(f"with --data it asks for {wanted.specialty} instead of {CATALOGUE_SPECIALTY},")
        steps.more("in segment, pace and offer: what such files have most visits of")
    if approved.audience == 0:
        steps.more("nobody here is in its segment, so nobody will be written to")


async def _watch(appliance: Appliance, clock: FileClock, console: Console, *, days: int, note: str) -> None:
    """Until it has come to its end, or the days are over."""
    ends = clock.virtual_origin + timedelta(days=days)
    with FunnelDisplay(console, appliance.site.zone, clock.virtual_origin, note) as display:
        while clock.now() < ends:
            try:
                async with appliance.database.transaction() as tx:
                    found, over = await how_far(tx, CAMPAIGN)
            except RetryLater:  # PostgreSQL was killed and is being started again
                await asyncio.sleep(0.5)
                continue
            display.show(found, clock.now())
            if over:
                return
            await asyncio.sleep(1)


async def _stay(stage: Stage, console: Console) -> None:
    ports = stage.folder.ports
    console.print()
    console.print("Still up. Stop with Ctrl-C.")
    console.print(f"  API              http://127.0.0.1:{ports.api}/health/ready")
    console.print(f"  Temporal's UI    http://127.0.0.1:{ports.temporal_ui}")
    console.print(f"  FHIR server      {stage.fhir_url}/metadata")
    console.print(f"  commands         nextvisit journey list --demo {stage.folder.path}")
    console.print(f"                   nextvisit task list --demo {stage.folder.path}")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with contextlib.suppress(asyncio.CancelledError):
        await stop.wait()
