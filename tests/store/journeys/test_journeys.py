"""Journeys: where they stand, what they decided, what they were told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import anyio
import pytest

from nextvisit.flow.engine.effects import Wait
from nextvisit.flow.engine.events import (
    Deferred,
    Delivered,
    DeliveryFailed,
    GoalReached,
    Opened,
    Replied,
    Sent,
    Skipped,
)
from nextvisit.flow.engine.state import Acting, Entered, Listening, NodeId, Outcome, State
from nextvisit.flow.verbs import AnyEffect
from nextvisit.flow.verbs.offer_effects import BookSlot, MakeOffer
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import ChannelKind, Specialty
from nextvisit.sdk.replies import Intent
from nextvisit.store.base.engine import Database
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.journeys import ending, journey_events, journeys
from nextvisit.store.journeys.journey_json import (
    effects_from_json,
    effects_to_json,
    signal_from_json,
    signal_to_json,
    state_from_json,
    state_to_json,
)
from nextvisit.store.journeys.journeys import Filters, JourneyHead
from nextvisit.store.journeys.stories import story
from nextvisit.store.messages import ledger
from tests.world.clock import NOW
from tests.world.rows import PURPOSE, a_journey, a_send, a_state, audited, plan, rows_of, some_journeys

pytestmark = pytest.mark.anyio

SEND = a_send()
ASKING = a_state(phase=Acting("send_message"), entered=(Entered(NodeId("invite"), 1),))
SENT = Sent(NOW, "a-message")


async def _head(database: Database, journey: JourneyId) -> JourneyHead:
    async with database.transaction() as tx:
        return await journeys.head(tx, journey)


async def _decisions(database: Database) -> list[tuple[Any, ...]]:
    rows = await rows_of(
        database, "SELECT node, effect, occurrence, rung, result, reason FROM journey_decision ORDER BY id"
    )
    return [tuple(row) for row in rows]


def test_states_effects_and_signals_survive_json() -> None:
    state = State(
        NodeId("invite"),
        phase=Listening(NOW),
        seen=3,
        entered=(Entered(NodeId("invite"), 2),),
        heard=(Delivered(NOW, "m", 1), Opened(NOW, "m", 2), Replied(NOW, Intent.CHOICE, choice=2, seq=3)),
    )
    offer = MakeOffer(
        NodeId("book"),
        1,
        0,
        (ChannelKind("sms"),),
        "offer",
        PURPOSE,
        NOW,
        Specialty("cardiology"),
        3,
        timedelta(minutes=15),
    )
    effects: tuple[AnyEffect, ...] = (SEND, offer, BookSlot(NodeId("book"), 1, "o", 2), Wait(NOW))
    assert state_from_json(state_to_json(state)) == state
    assert effects_from_json(effects_to_json(effects)) == effects
    for signal in (
        Delivered(NOW, "m", 4),
        Opened(NOW, "m", 4),
        DeliveryFailed(NOW, "m", "c", 4),
        GoalReached(NOW, 5),
    ):
        assert signal_from_json(signal_to_json(signal)) == signal


def test_what_cannot_be_read_is_a_bug_that_shows_no_values() -> None:
    with pytest.raises(Bug, match="unreadable") as caught:
        signal_from_json({"kind": "replied", "at": "Anna", "intent": "choice"})
    assert "Anna" not in str(caught.value)


async def test_a_new_journey_waits_for_its_first_step(database: Database) -> None:
    head = await a_journey(database)
    assert (head.state, head.pending, head.result, head.outcome) == (None, (), None, None)
    assert (head.enrolled_at, head.campaign_state, head.flags) == (NOW, "running", ())


async def test_a_step_is_written_with_what_it_asked_for(database: Database) -> None:
    journey = (await a_journey(database)).id
    for _ in range(2):
        async with database.transaction() as tx:
            await journeys.advance(tx, journey, ASKING, (SEND,))
    head = await _head(database, journey)
    assert (head.state, head.pending, head.result) == (ASKING, (SEND,), None)


async def test_heads_of_many_are_each_ones_head(database: Database) -> None:
    runs = [head.id for head in await some_journeys(database, 3)]
    async with database.transaction() as tx:
        await journeys.advance(tx, runs[1], ASKING, (SEND,))
    async with database.transaction() as tx:
        known = await journeys.heads(tx, runs[1:])
        assert known == {run: await journeys.head(tx, run) for run in runs[1:]}
        assert await journeys.heads(tx, ()) == {}
        with pytest.raises(Bug, match=r"journey\.unknown"):
            await journeys.heads(tx, [runs[0], JourneyId(UUID(int=7))])


async def test_a_step_answers_how_the_journey_stands_after_it(database: Database) -> None:
    head = await a_journey(database)
    async with database.transaction() as tx:
        after = await journeys.advance(tx, head.id, ASKING, (SEND,))
    async with database.transaction() as tx:
        assert after == await journeys.head(tx, head.id)


async def test_every_action_that_a_journey_asks_for_has_a_number(database: Database) -> None:
    journey = (await a_journey(database)).id
    assert (await _head(database, journey)).actions == 0
    for number in (1, 2):
        async with database.transaction() as tx:
            asked = await journeys.advance(tx, journey, ASKING, (SEND,))
            await journeys.record(tx, journey, SEND, SENT)
        assert asked.actions == (await _head(database, journey)).actions == number


async def test_the_result_of_a_retried_effect_is_recorded_once(database: Database) -> None:
    journey = (await a_journey(database)).id
    async with database.transaction() as tx:
        await journeys.advance(tx, journey, ASKING, (SEND,))
    for result in (SENT, SENT, Sent(NOW, "another"), Skipped(NOW, "no_address", "rung")):
        async with database.transaction() as tx:
            assert await journeys.record(tx, journey, SEND, result) == SENT
    assert await _decisions(database) == [("invite", "send_message", 1, 0, "sent", None)]


async def test_the_result_of_a_deferred_effect_is_recorded_when_it_comes_again(database: Database) -> None:
    journey = (await a_journey(database)).id
    deferred = Deferred(NOW, NOW + timedelta(hours=1), "quiet_hours")
    for result in (deferred, SENT):
        async with database.transaction() as tx:
            await journeys.advance(tx, journey, ASKING, (SEND,))
            assert (await journeys.head(tx, journey)).result is None
            assert await journeys.record(tx, journey, SEND, result) == result
    assert [row[4:] for row in await _decisions(database)] == [("deferred", "quiet_hours"), ("sent", None)]


async def test_only_the_pending_effect_takes_a_result(database: Database) -> None:
    journey = (await a_journey(database)).id
    async with database.transaction() as tx:
        await journeys.advance(tx, journey, ASKING, (SEND,))
    with pytest.raises(Bug, match="not_pending"):
        async with database.transaction() as tx:
            await journeys.record(tx, journey, a_send(rung=1), SENT)


async def test_an_attempt_that_was_given_up_cannot_set_a_journey_back(database: Database) -> None:
    journey = (await a_journey(database)).id
    later = replace(ASKING, entered=(Entered(NodeId("invite"), 2),))
    async with database.transaction() as tx:
        await journeys.advance(tx, journey, later, (a_send(occurrence=2),))
    with pytest.raises(Bug, match="regressed"):
        async with database.transaction() as tx:
            await journeys.advance(tx, journey, ASKING, (SEND,))
    assert (await _head(database, journey)).state == later


async def test_an_end_is_final_and_skips_what_was_planned(database: Database) -> None:
    head = await a_journey(database)
    async with database.transaction() as tx:
        await journeys.advance(tx, head.id, ASKING, (SEND,))
        planned = await plan(tx, head, SEND)
    for _ in range(2):
        async with database.transaction() as tx:
            await ending.finish(tx, head.id, ASKING, Outcome.GOAL)
    ended = await _head(database, head.id)
    assert (ended.outcome, ended.pending, ended.result) == (Outcome.GOAL, (), None)
    assert await _decisions(database) == [("invite", "finish", 0, 0, "goal", None)]
    async with database.transaction() as tx:
        assert (await ledger.get(tx, planned.id)).reason == "journey_closed"
        assert await journey_events.tell(tx, head.id, GoalReached(NOW), "goal") is None
    assert ("journey.ended", str(head.id), "ok") in await audited(database)
    with pytest.raises(Bug, match="ended as"):
        async with database.transaction() as tx:
            await ending.finish(tx, head.id, ASKING, Outcome.STOPPED)
    with pytest.raises(Bug, match="ended as"):
        async with database.transaction() as tx:
            await journeys.advance(tx, head.id, ASKING, (SEND,))
    # Not JSON's null, which no query for what is missing would find.
    assert await rows_of(database, "SELECT pending IS NULL, result IS NULL FROM journey") == [(True, True)]


async def test_numbers_have_no_gaps_however_many_tell(database: Database) -> None:
    journey = (await a_journey(database)).id
    told: list[int | None] = []

    async def teller(number: int) -> None:
        async with database.transaction() as tx:
            told.append(
                await journey_events.tell(tx, journey, Opened(NOW, f"m{number}"), f"m{number}:opened")
            )

    async def failing() -> None:
        async with database.transaction() as tx:
            await journey_events.tell(tx, journey, Opened(NOW, "lost"), "lost")
            raise LookupError

    async def fails() -> None:
        with pytest.raises(LookupError):
            await failing()

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(teller, number % 10)
            group.start_soon(fails)
    assert sorted(seq for seq in told if seq is not None) == list(range(1, 11))
    assert told.count(None) == 10
    async with database.transaction() as tx:
        events = await journey_events.after(tx, journey, 0)
        assert [event.seq for event in events] == list(range(1, 11))
        assert await journey_events.after(tx, journey, 8) == events[8:]
    rows = await rows_of(
        database,
        "SELECT payload FROM outbox WHERE kind = 'signal_journey' AND key = :key ORDER BY id",
        key=str(journey),
    )
    assert tuple(signal_from_json(row[0]) for row in rows) == events


async def test_open_journeys_come_in_pages(database: Database) -> None:
    heads = sorted(await some_journeys(database, 5), key=lambda head: head.id)
    async with database.transaction() as tx:
        await ending.finish(tx, heads[2].id, ASKING, Outcome.COMPLETED)
    async with database.transaction() as tx:
        first = await journeys.open_journeys(tx, None, 2)
        rest = await journeys.open_journeys(tx, first[-1], 9)
        assert [*first, *rest] == [head.id for index, head in enumerate(heads) if index != 2]
        ended = await journeys.listing(tx, Filters(campaign="recall", outcome=Outcome.COMPLETED))
        assert [head.id for head in ended] == [heads[2].id]
        assert len(await journeys.listing(tx, Filters(open_only=True, after=heads[0].id, limit=2))) == 2
        assert await journeys.open_of_patient(tx, heads[2].patient_id) == []
        assert await journeys.open_of_patient(tx, heads[0].patient_id) == [heads[0].id]


async def test_a_story_tells_all_that_happened(database: Database) -> None:
    head = await a_journey(database)
    async with database.transaction() as tx:
        await journeys.advance(tx, head.id, ASKING, (SEND,))
        message = await plan(tx, head, SEND)
        await journeys.record(tx, head.id, SEND, Sent(NOW, message.id))
        await journey_events.tell(tx, head.id, Replied(NOW, Intent.WANTS_VISIT), "r1")
        told = await story(tx, head.id)
    assert [(decision.effect, decision.result) for decision in told.decisions] == [("send_message", "sent")]
    assert [one.id for one in told.messages] == [message.id]
    assert told.events == (Replied(NOW, Intent.WANTS_VISIT, seq=1),)
    assert told.head.result == Sent(NOW, message.id)


async def test_evidence_cannot_be_rewritten_by_the_runtime_role(database: Database) -> None:
    head = await a_journey(database)
    async with database.transaction() as tx:
        await journey_events.tell(tx, head.id, GoalReached(NOW), "goal")
    for statement in (
        "UPDATE journey_event SET seq = 9",
        "DELETE FROM journey_event",
        "DELETE FROM journey_decision",
    ):
        with pytest.raises(Bug, match="42501"):
            await rows_of(database, statement)
