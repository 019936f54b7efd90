"""`nextvisit task` on a real database: what reception works from."""

from __future__ import annotations

from uuid import uuid4

import pytest

from nextvisit.cli.actor import account
from nextvisit.domain.task_reason import TaskReason
from nextvisit.sdk.replies import Intent
from nextvisit.store.base.engine import Database
from nextvisit.store.people import reply_holds
from nextvisit.store.people.upsert import upsert_many
from nextvisit.store.tasks import tasks
from tests.cli.installation import Installation
from tests.cli.test_evidence import SECRETS, actions
from tests.world.records import a_patient
from tests.world.site import REACH

WELL = "called her, she is well"
ASKED = "Ile kosztuje wizyta?"


async def two_tasks(database: Database) -> list[str]:
    """A question, and later somebody who may need help."""
    async with database.transaction() as tx:
        (patient,) = await upsert_many(tx, "clinic", [a_patient(1)], reach=REACH)
    made = []
    for reason in (TaskReason.QUESTION, TaskReason.URGENT):
        async with database.transaction() as tx:
            task = await tasks.create(
                tx, queue="reception", reason=reason, dedupe=reason, patient_id=patient.id, note=ASKED
            )
        made.append(str(task))
    return made


def test_what_may_be_urgent_is_first_and_the_list_names_nobody(installed: Installation) -> None:
    question, urgent = installed.in_store(two_tasks)
    assert [each["id"] for each in installed.run("task", "list", "--json").json] == [urgent, question]
    listed = installed.run("task", "list", "--queue", "reception").out
    assert "may need help now" in listed
    assert question in listed
    assert not [secret for secret in (*SECRETS, ASKED) if secret in listed]
    assert "No task is done" in installed.run("task", "list", "--state", "done").out


def test_a_task_shows_whom_to_call_and_what_they_wrote_and_the_look_is_audited(
    installed: Installation,
) -> None:
    question, _ = installed.in_store(two_tasks)
    shown = installed.run("task", "show", question, "--by", "anna").out
    assert "asks a question" in shown
    assert "Anna Maria Kanarek" in shown
    assert "+48601100001" in shown
    assert ASKED in shown
    seen = {action for actor, action in actions(installed) if actor == "anna"}
    assert seen == {"patient.read", "task.read"}
    whole = installed.run("task", "show", question, "--json").json
    assert set(whole["person"]) == {"ref", "name", "reached_at"}


def test_a_task_is_closed_once_and_by_somebody(installed: Installation) -> None:
    question, urgent = installed.in_store(two_tasks)
    for _ in range(2):
        assert installed.run("task", "done", question, "--by", "anna").code == 0
    assert [each["id"] for each in installed.run("task", "list", "--json").json] == [urgent]
    assert [each["id"] for each in installed.run("task", "list", "--state", "done", "--json").json] == [
        question
    ]
    assert actions(installed).count(("anna", "task.done")) == 1


async def a_held_patient(database: Database) -> tuple[str, str]:
    """Somebody who may need help, as the intake leaves them: the task and the patient."""
    async with database.transaction() as tx:
        (patient,) = await upsert_many(tx, "clinic", [a_patient(1)], reach=REACH)
        task = await tasks.create(
            tx, queue="reception", reason=TaskReason.URGENT, dedupe="x", patient_id=patient.id
        )
        await reply_holds.put(tx, patient.id, Intent.URGENT, ref="1:0", journey=None, task=task)
    return str(task), str(patient.id)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "never closed silently"),
        (("--reason", " "), "never closed silently"),
        (("--write-again",), "never closed silently"),
        (("--reason", WELL), "whether it may be sent"),
    ],
)
def test_who_may_need_help_is_closed_with_words_and_with_what_comes_afterwards(
    installed: Installation, options: tuple[str, ...], says: str
) -> None:
    task, _ = installed.in_store(a_held_patient)
    result = installed.run("task", "done", task, "--by", "anna", *options)
    assert result.code != 0
    assert says in result.err
    assert [each["id"] for each in installed.run("task", "list", "--json").json] == [task]


@pytest.mark.parametrize(("afterwards", "bans"), [("--write-again", 0), ("--stay-silent", 1)])
def test_a_closed_task_frees_the_patient_or_leaves_a_ban_that_can_be_seen_and_lifted(
    installed: Installation, afterwards: str, bans: int
) -> None:
    task, patient = installed.in_store(a_held_patient)
    assert "holds" in installed.run("task", "show", task).out
    assert "may need help" in installed.run("patient", "show", patient).out
    closed = installed.run("task", "done", task, "--by", "anna", "--reason", WELL, afterwards)
    assert closed.code == 0
    assert f"closed    by anna [{account()}]: {WELL}" in installed.run("task", "show", task).out
    assert len(installed.run("suppress", "list", "--patient", patient, "--json").json) == bans
    assert "may need help" not in installed.run("patient", "show", patient).out
    assert {("anna", "task.done"), ("anna", "patient.released")} <= set(actions(installed))


def test_nothing_is_said_of_silence_where_a_task_holds_nobody(installed: Installation) -> None:
    question, _ = installed.in_store(two_tasks)
    result = installed.run("task", "done", question, "--stay-silent")
    assert result.code != 0
    assert "holds nothing back" in result.err
    assert installed.run("task", "done", question, "--reason", WELL).code == 0


def test_a_task_that_is_not_there_is_said_to_be_so(installed: Installation) -> None:
    for verb in ("show", "done"):
        for text, said in ((str(uuid4()), "there is no such task"), ("seven", "is no task id")):
            result = installed.run("task", verb, text)
            assert result.code == 3
            assert said in result.err
