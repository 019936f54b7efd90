"""`nextvisit task …`: what reception works from, until there is a console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

import typer

from nextvisit.cli.context import DEFAULT_CONFIG, By, Config, Demo, Json, appliance, run, who
from nextvisit.cli.output import emit_json, emit_table, say
from nextvisit.domain.task_reason import in_words
from nextvisit.sdk.errors import ConfigError, Rejected
from nextvisit.sdk.records import MisRef
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.ids import TaskId
from nextvisit.store.people import patients
from nextvisit.store.tasks import tasks
from nextvisit.store.tasks.tasks import Task

app = typer.Typer(no_args_is_help=True, help="What patients and campaigns ask of staff.")

Id = Annotated[str, typer.Argument(help="The task's id, as `task list` prints it.")]


@dataclass(frozen=True, slots=True)
class _Person:
    """What it takes to call somebody back, and no more."""

    ref: MisRef
    name: str
    phones: tuple[str, ...]
    emails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Shown:
    """person: None when the task is about nobody known, or about somebody who was erased."""

    task: Task
    person: _Person | None
    note: str | None


@app.command("list")
def listing(
    state: Annotated[Literal["open", "done"], typer.Option(help="Which tasks.")] = "open",
    queue: Annotated[str | None, typer.Option(help="Only of this queue, such as `reception`.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    config: Config = DEFAULT_CONFIG,
    demo: Demo = None,
    json: Json = False,
) -> None:
    """List tasks, what may be urgent first, then the oldest. Holds no name and no text.

    Example: `nextvisit task list --queue reception`
    """

    async def work() -> None:
        async with appliance(config, demo) as opened, opened.database.transaction() as tx:
            found = await tasks.listing(tx, state=state, queue=queue, limit=limit)
            zone = opened.site.zone
        if json:
            emit_json(found)
            return
        rows = [
            (each.id, each.created_at.astimezone(zone), each.queue, in_words(each.reason, "en"))
            for each in found
        ]
        emit_table("", ("task", "since", "queue", "what"), rows, empty=f"No task is {state}.")

    run(work())


@app.command()
def show(
    task: Id, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False, by: By = None
) -> None:
    """Show one task with the patient's name and numbers and what they wrote. The look is audited.

    Example: `nextvisit task show 7c1e0d52-2f4b-4b0e-9a53-2b8a6c9f0e11 --by anna`
    """

    async def work() -> None:
        async with appliance(config, demo) as opened, opened.database.transaction(actor=who(by)) as tx:
            found = await _found(tx, task)
            shown = _Shown(found, await _person(tx, found), await tasks.note(tx, found.id))
            since = found.created_at.astimezone(opened.site.zone)
        if json:
            emit_json(shown)
            return
        say(f"{in_words(found.reason, 'en')} · {found.queue} · since {since:%Y-%m-%d %H:%M} · {found.state}")
        if shown.person is not None:
            reached = (*shown.person.phones, *shown.person.emails)
            say(f"patient   {shown.person.name or 'without a name'}, {shown.person.ref} in the MIS")
            say(f"reach at  {', '.join(reached) or 'no number and no mailbox is known'}")
        if found.journey_id is not None:
            say(f"journey   {found.journey_id}")
        if shown.note is not None:
            say(f"wrote     {shown.note}")

    run(work())


@app.command()
def done(
    task: Id, config: Config = DEFAULT_CONFIG, demo: Demo = None, json: Json = False, by: By = None
) -> None:
    """Close a task that somebody has seen to. Harmless when repeated.

    Example: `nextvisit task done 7c1e0d52-2f4b-4b0e-9a53-2b8a6c9f0e11 --by anna`
    """

    async def work() -> None:
        async with appliance(config, demo) as opened, opened.database.transaction(actor=who(by)) as tx:
            found = await _found(tx, task)
            await tasks.done(tx, found.id)
        if json:
            emit_json({"task": found.id, "state": "done"})
        else:
            say("done")

    run(work())


async def _found(tx: Tx, text: str) -> Task:
    try:
        found = await tasks.get(tx, TaskId(UUID(text)))
    except ValueError as error:
        raise ConfigError("task.id", "is no task id", place=text[:40]) from error
    if found is None:
        message = "there is no such task; `nextvisit task list` prints those that there are"
        raise ConfigError("task.unknown", message, place=text)
    return found


async def _person(tx: Tx, task: Task) -> _Person | None:
    if task.patient_id is None:
        return None
    try:
        found = await patients.identity(tx, task.patient_id, why="task")
    except Rejected:
        return None  # erased since
    return _Person(found.ref, found.name, tuple(phone.e164 for phone in found.phones), found.emails)
