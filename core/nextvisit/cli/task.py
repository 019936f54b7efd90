"""`nextvisit task …`: what reception works from, until there is a console."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from nextvisit.cli.call import AUDITED, READS, Call, command
from nextvisit.cli.ids import typed
from nextvisit.cli.output import emit_json, say
from nextvisit.cli.tables import emit_table
from nextvisit.desk import tasks
from nextvisit.domain.task_reason import in_words

Id = Annotated[str, typer.Argument(help="The task's id, as `task list` prints it.")]


@command(READS)
async def listing(
    call: Call,
    state: Annotated[Literal["open", "done"], typer.Option(help="Which tasks.")] = "open",
    queue: Annotated[str | None, typer.Option(help="Only of this queue, such as `reception`.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """List tasks, what may be urgent first, then the oldest. Holds no name and no text.

    Example: `nextvisit task list --queue reception`
    """
    async with call.appliance() as opened:
        found = await tasks.listing(opened.database, state=state, queue=queue, limit=limit)
    if call.json:
        emit_json(found)
        return
    rows = [(each.id, each.created_at, each.queue, in_words(each.reason, "en")) for each in found]
    columns = ("task", "since", "queue", "what")
    emit_table("", columns, rows, empty=f"No task is {state}.", zone=opened.site.zone)


@command(AUDITED)
async def show(call: Call, task: Id) -> None:
    """Show one task with the patient's name and numbers and what they wrote. The look is audited.

    Example: `nextvisit task show 7c1e0d52-2f4b-4b0e-9a53-2b8a6c9f0e11 --by anna`
    """
    async with call.appliance() as opened:
        shown = await tasks.show(opened.database, typed(task, "task"), opened.reach, call.by)
    if call.json:
        emit_json(shown)
        return
    found, since = shown.task, shown.task.created_at.astimezone(opened.site.zone)
    say(f"{in_words(found.reason, 'en')} · {found.queue} · since {since:%Y-%m-%d %H:%M} · {found.state}")
    if shown.person is not None:
        say(f"patient   {shown.person.name or 'without a name'}, {shown.person.ref} in the MIS")
        say(f"reach at  {', '.join(shown.person.reached_at) or 'no number and no mailbox is known'}")
    if found.journey_id is not None:
        say(f"journey   {found.journey_id}")
    if shown.note is not None:
        say(f"wrote     {shown.note}")
    if shown.holds and found.state == "open":
        say("holds     nothing is sent that can wait, until it is closed")
    if found.state == "done":
        say(f"closed    by {found.done_by}: {shown.done_reason or 'without words'}")


@command(AUDITED)
async def done(
    call: Call,
    task: Id,
    reason: Annotated[
        str | None, typer.Option(help="What came of it, in words; kept sealed, and seen by `task show`.")
    ] = None,
    write_again: Annotated[
        bool | None,
        typer.Option(
            "--write-again/--stay-silent",
            help="Of a task that holds a patient: send again what we would, or nothing more.",
        ),
    ] = None,
) -> None:
    """Close a task that somebody has seen to. Harmless when repeated.

    What may be urgent, a death and a wish for less need words, and whether the patient may be written to.

    Example: `nextvisit task done 7c1e0d52-2f4b-4b0e-9a53-2b8a6c9f0e11 --by anna`
    """
    number = typed(task, "task")
    afterwards: tasks.Afterwards | None = None
    if write_again is not None:
        afterwards = "write_again" if write_again else "stay_silent"
    async with call.appliance() as opened:
        await tasks.done(opened.database, number, call.by, reason=reason, afterwards=afterwards)
    if call.json:
        emit_json({"task": number, "state": "done"})
    else:
        say("done")
