"""Enrolment: exactly once, in order, at pace, with the holdout that the rule draws."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import anyio
import pytest
from sqlalchemy import text

from nextvisit.domain.holdout import in_holdout
from nextvisit.domain.pace import Pace
from nextvisit.domain.task_reason import TaskReason
from nextvisit.flow.engine.state import Outcome
from nextvisit.sdk.replies import Intent
from nextvisit.segments.model import Has, Not, SexIs
from nextvisit.segments.spans import Span
from nextvisit.store.base.engine import Database
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.campaigns import campaigns
from nextvisit.store.campaigns.audience import standing
from nextvisit.store.campaigns.enrolments import (
    EnrolBatch,
    count,
    enrol_batch,
    finish_firing,
    mark_started,
    sample,
)
from nextvisit.store.campaigns.terms import EnrolTerms
from nextvisit.store.journeys import ending
from nextvisit.store.people import reply_holds
from nextvisit.store.people.patients import PatientId
from nextvisit.store.tasks import tasks
from tests.world.clock import NOW
from tests.world.rows import (
    EVERYBODY,
    a_program,
    a_state,
    add_patients,
    audited,
    digest_of,
    rows_of,
    run_campaign,
    terms,
)
from tests.world.site import SITE

pytestmark = pytest.mark.anyio

PROGRAM = a_program(conditions={"ask.message.0": SexIs(("male",)), "ask.message.1": Has("email")})
HOLDOUT = Decimal(20)


async def _prepare(database: Database, patients: int) -> None:
    async with database.transaction() as tx:
        await run_campaign(tx, PROGRAM)
        await add_patients(tx, patients)


async def _batch(database: Database, rule: EnrolTerms, limit: int = 50) -> EnrolBatch:
    async with database.transaction() as tx:
        return await enrol_batch(tx, PROGRAM, rule, NOW, zone=SITE.zone, limit=limit)


async def _to_the_end(database: Database, rule: EnrolTerms, limit: int = 50) -> list[EnrolBatch]:
    batches = [await _batch(database, rule, limit)]
    while not batches[-1].done:
        batches.append(await _batch(database, rule, limit))
    return batches


async def test_parallel_batches_enrol_everybody_exactly_once(database: Database) -> None:
    await _prepare(database, 300)
    totals = [0, 0]

    async def worker() -> None:
        for batch in await _to_the_end(database, terms(holdout=HOLDOUT), limit=17):
            totals[0] += batch.contacted
            totals[1] += batch.held_out

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(worker)
    rows = await rows_of(database, "SELECT count(*), count(DISTINCT patient_id) FROM enrolment")
    assert tuple(rows[0]) == (300, 300)
    held_out = sum(in_holdout(digest_of(number), "recall", HOLDOUT) for number in range(300))
    assert totals == [300 - held_out, held_out]
    (journeys_, started) = (
        await rows_of(
            database,
            "SELECT (SELECT count(*) FROM journey), (SELECT count(*) FROM outbox o"
            " JOIN journey j ON o.key = j.id::text WHERE o.kind = 'start_journey')",
        )
    )[0]
    assert journeys_ == started == 300 - held_out


async def test_a_rolled_back_batch_leaves_nothing_and_comes_again(database: Database) -> None:
    await _prepare(database, 10)

    async def enrol_and_fail() -> None:
        async with database.transaction() as tx:
            batch = await enrol_batch(tx, PROGRAM, terms(), NOW, zone=SITE.zone, limit=10)
            assert batch.contacted == 10
            raise LookupError

    with pytest.raises(LookupError):
        await enrol_and_fail()
    for table in ("enrolment", "journey", "outbox"):
        assert (await rows_of(database, f"SELECT count(*) FROM {table}"))[0][0] == 0
    assert (await _batch(database, terms())).contacted == 10


async def test_patients_come_in_the_order_of_their_digests(database: Database) -> None:
    await _prepare(database, 40)
    await _to_the_end(database, terms(), limit=7)
    rows = await rows_of(
        database, "SELECT p.ref_digest FROM enrolment e JOIN patient p ON p.id = e.patient_id ORDER BY e.seq"
    )
    assert [row[0] for row in rows] == sorted(digest_of(number) for number in range(40))
    async with database.transaction() as tx:
        first = await sample(tx, EVERYBODY, NOW, SITE.zone, 3)
    rows = await rows_of(database, "SELECT patient_id FROM enrolment ORDER BY seq LIMIT 3")
    assert first == [row[0] for row in rows]
    rows = await rows_of(database, "SELECT key FROM outbox ORDER BY id")
    enrolled = await rows_of(database, "SELECT id FROM enrolment ORDER BY seq")
    assert [row[0] for row in rows] == [str(row[0]) for row in enrolled]


async def test_pace_and_holdout_are_exact(database: Database) -> None:
    await _prepare(database, 100)
    batches = await _to_the_end(database, terms(holdout=HOLDOUT, pace=Pace(per_day=30)), limit=12)
    order = sorted(digest_of(number) for number in range(100))
    arms = ["holdout" if in_holdout(digest, "recall", HOLDOUT) else "contacted" for digest in order]
    ends = [index for index, arm in enumerate(arms) if arm == "contacted"][30]
    assert sum(batch.contacted for batch in batches) == 30
    assert sum(batch.held_out for batch in batches) == ends - 30
    assert [batch.over_pace for batch in batches[:-1]] == [0] * (len(batches) - 1)
    assert batches[-1].over_pace == 100 - ends
    rows = await rows_of(database, "SELECT arm FROM enrolment ORDER BY seq")
    assert [row[0] for row in rows] == arms[:ends]
    assert await _batch(database, terms(holdout=HOLDOUT, pace=Pace(per_day=30))) == EnrolBatch(
        0, 0, 100 - ends, done=True
    )


async def test_pace_counts_the_local_day_over_all_firings(database: Database) -> None:
    await _prepare(database, 30)
    await _batch(database, terms(pace=Pace(per_day=10)))
    async with database.transaction() as tx:
        later = await enrol_batch(
            tx, PROGRAM, terms(pace=Pace(per_day=12)), NOW + timedelta(hours=3), zone=SITE.zone, limit=50
        )
        tomorrow = await enrol_batch(
            tx, PROGRAM, terms(pace=Pace(per_day=12)), NOW + timedelta(days=1), zone=SITE.zone, limit=50
        )
    assert (later.contacted, tomorrow.contacted) == (2, 12)


async def test_the_calendar_bounds_how_many_conversations_are_under_way(database: Database) -> None:
    await _prepare(database, 30)
    rule = terms(pace=Pace(invite_per_slot=Decimal("1.5")), open_slots=5)
    assert (await _batch(database, rule)).contacted == 7
    (decided,) = await rows_of(database, "SELECT id FROM journey LIMIT 1")
    async with database.transaction() as tx:
        await ending.finish(tx, JourneyId(decided.id), a_state(), Outcome.COMPLETED)
        later = await enrol_batch(tx, PROGRAM, rule, NOW + timedelta(hours=3), zone=SITE.zone, limit=50)
    assert later.contacted == 1


async def test_a_finished_firing_enrols_nobody_and_is_written_once(database: Database) -> None:
    await _prepare(database, 20)
    rule = terms(segment=Not(SexIs(("male",))), pace=Pace(per_day=8))
    await _to_the_end(database, rule)
    async with database.transaction() as tx:
        firing = await finish_firing(tx, PROGRAM, rule, NOW, zone=SITE.zone)
    assert (firing.audience, firing.fresh, firing.contacted, firing.held_out, firing.over_pace) == (
        20,
        20,
        8,
        0,
        12,
    )
    async with database.transaction() as tx:
        await add_patients(tx, 5, first=20)
        assert await finish_firing(tx, PROGRAM, rule, NOW, zone=SITE.zone) == firing
    assert await _batch(database, terms()) == EnrolBatch(0, 0, 0, done=True)
    assert [entry for entry in await audited(database) if entry[0] == "campaign.fired"] == [
        ("campaign.fired", "recall", "ok")
    ]


async def test_who_was_enrolled_lately_or_is_on_a_journey_is_not_fresh(database: Database) -> None:
    await _prepare(database, 3)
    again = terms(again_after=Span(1, "month"))
    await _batch(database, again)

    async def contacted(after: timedelta) -> int:
        async with database.transaction() as tx:
            return (await enrol_batch(tx, PROGRAM, again, NOW + after, zone=SITE.zone, limit=9)).contacted

    rows = await rows_of(database, "SELECT id FROM journey ORDER BY id")
    async with database.transaction() as tx:
        for row in rows[:2]:
            await ending.finish(tx, JourneyId(row[0]), a_state(), Outcome.COMPLETED)
    assert await contacted(timedelta(days=30)) == 0
    assert await contacted(timedelta(days=32)) == 2
    assert await contacted(timedelta(days=32)) == 0
    rows = await rows_of(database, "SELECT occurrence, count(*) FROM enrolment GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in rows] == [(1, 3), (2, 2)]


async def test_without_again_after_nobody_comes_twice(database: Database) -> None:
    await _prepare(database, 2)
    await _batch(database, terms(holdout=Decimal(100)))
    async with database.transaction() as tx:
        batch = await enrol_batch(tx, PROGRAM, terms(), NOW + timedelta(days=3650), zone=SITE.zone, limit=9)
    assert batch == EnrolBatch(0, 0, 0, done=True)


async def test_who_may_need_help_is_enrolled_once_a_person_has_read_it(database: Database) -> None:
    await _prepare(database, 2)
    async with database.transaction() as tx:
        first = PatientId(await tx.connection.scalar(text("SELECT id FROM patient ORDER BY id LIMIT 1")))
        task = await tasks.create(tx, queue="reception", reason=TaskReason.URGENT, dedupe="x")
        await reply_holds.put(tx, first, Intent.URGENT, ref="1:0", journey=None, task=task)
    assert (await _batch(database, terms())).contacted == 1
    async with database.transaction() as tx:
        assert await standing(tx, "recall", terms(), NOW, SITE.zone) == {"enrolled": 1, "held_by_reply": 1}
    async with database.transaction(actor="anna") as tx:
        await tasks.done(tx, task, reason="she is well")
    assert (await _batch(database, terms())).contacted == 1


async def test_flags_are_the_conditions_that_hold(database: Database) -> None:
    await _prepare(database, 1)
    async with database.transaction() as tx:
        await add_patients(tx, 1, first=1, sex="male")
        await add_patients(tx, 1, first=2, has_email=False)
    await _batch(database, terms())
    rows = await rows_of(
        database,
        "SELECT p.sex, e.flags FROM enrolment e JOIN patient p ON p.id = e.patient_id ORDER BY e.flags",
    )
    assert [tuple(row) for row in rows] == [
        ("female", []),
        ("male", ["ask.message.0", "ask.message.1"]),
        ("female", ["ask.message.1"]),
    ]


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE patient SET active = false WHERE ref_digest = :ref",
        "UPDATE patient SET deceased = true WHERE ref_digest = :ref",
        "UPDATE patient SET merged_into_digest = 'x' WHERE ref_digest = :ref",
        "SELECT patient_erase(id, 'test', 'request', now()) FROM patient WHERE ref_digest = :ref",
    ],
)
async def test_who_is_gone_is_nobodys_audience(database: Database, gone: str) -> None:
    await _prepare(database, 2)
    async with database.transaction() as tx:
        await tx.connection.execute(text(gone), {"ref": digest_of(0)})
        assert await count(tx, EVERYBODY, NOW, SITE.zone) == 1
    assert (await _batch(database, terms())).contacted == 1


async def test_a_campaign_that_does_not_run_enrols_nobody(database: Database) -> None:
    await _prepare(database, 2)
    async with database.transaction() as tx:
        await campaigns.set_state(tx, "recall", "paused")
    assert await _batch(database, terms()) == EnrolBatch(0, 0, 0, done=True)
    async with database.transaction() as tx:
        await campaigns.set_state(tx, "recall", "running")
        old = a_program(version="v0")
        assert (await enrol_batch(tx, old, terms(), NOW, zone=SITE.zone, limit=9)).contacted == 0
    assert (await _batch(database, terms())).contacted == 2


async def test_a_started_journey_is_marked_once(database: Database) -> None:
    await _prepare(database, 3)
    await _batch(database, terms())
    rows = await rows_of(database, "SELECT id FROM enrolment ORDER BY seq LIMIT 2")
    async with database.transaction() as tx:
        await mark_started(tx, [JourneyId(row[0]) for row in rows])
        states = await tx.connection.execute(text("SELECT state FROM enrolment ORDER BY seq"))
        assert list(states.scalars()) == ["started", "started", "pending"]


async def test_of_those_who_share_a_phone_one_is_contacted_at_a_time(database: Database) -> None:
    await _prepare(database, 3)
    async with database.transaction() as tx:
        ids = [
            row.id for row in await tx.connection.execute(text("SELECT id FROM patient ORDER BY ref_digest"))
        ]
        for patient in ids[:2]:
            await tx.connection.execute(
                text("INSERT INTO contact_digest (kind, digest, patient_id) VALUES ('phone', :digest, :id)"),
                {"digest": b"one phone of two", "id": patient},
            )
    assert (await _batch(database, terms(again_after=None))).contacted == 2
    assert (await _batch(database, terms(again_after=None))).contacted == 0
    async with database.transaction() as tx:
        enrolled = [
            row.patient_id
            for row in await tx.connection.execute(text("SELECT patient_id FROM enrolment ORDER BY seq"))
        ]
        assert enrolled == [ids[0], ids[2]]
        journey = await tx.connection.scalar(
            text("SELECT id FROM journey WHERE patient_id = :id"), {"id": ids[0]}
        )
        await ending.finish(tx, JourneyId(journey), a_state(), Outcome.COMPLETED)
    assert (await _batch(database, terms(again_after=None))).contacted == 1


async def test_a_held_patient_is_not_enrolled_and_counts_among_the_audience(database: Database) -> None:
    await _prepare(database, 3)
    async with database.transaction() as tx:
        await tx.connection.execute(
            text(
                "INSERT INTO patient_hold (source, ref_digest, sealed_ref, patient_digest, reason, mis_version, since)"
                " VALUES ('his', :digest, '', :digest, 'shape', '', :now)"
            ),
            {"digest": digest_of(0), "now": tx.now},
        )
    assert (await _batch(database, terms())).contacted == 2
    async with database.transaction() as tx:
        assert await count(tx, EVERYBODY, NOW, SITE.zone) == 3
        await tx.connection.execute(text("DELETE FROM patient_hold"))
    assert (await _batch(database, terms())).contacted == 1
