"""What a journey asks for is carried out where it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest
from temporalio import activity

from nextvisit.domain.connections import Connections
from nextvisit.domain.policies import DEFAULT_POLICY
from nextvisit.domain.task_reason import TaskReason
from nextvisit.flow.engine.effects import CreateTask, SendMessage
from nextvisit.flow.engine.state import NodeId
from nextvisit.flow.verbs import AnyAction
from nextvisit.flow.verbs.offer_effects import BookSlot, MakeOffer
from nextvisit.flow.verbs.tag import PutTag
from nextvisit.install import roles
from nextvisit.sdk.records import ChannelKind, Purpose, Specialty
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.runtime import worker
from nextvisit_workflows.runtime.wire import queue_for
from nextvisit_workflows.runtime.worker import Queues
from tests.world.clock import NOW, SetClock
from tests.world.heartbeats import a_life
from tests.world.site import SITE, SOURCE

NODE = NodeId("invite")
SMS = ChannelKind("sms")
ASKED: Sequence[AnyAction] = (
    SendMessage(NODE, 1, 0, (SMS,), "hello", Purpose.RECALL, NOW),
    CreateTask(NODE, 1, "reception", next(iter(TaskReason))),
    PutTag(NODE, 1, "label", "patient"),
    MakeOffer(NODE, 1, 0, (SMS,), "times", Purpose.RECALL, NOW, Specialty("cardiology"), 3, timedelta(1)),
    BookSlot(NODE, 1, "offer", 1),
)


def test_each_action_has_an_example_here() -> None:
    assert {type(each) for each in ASKED} == set(get_args(AnyAction))


@pytest.mark.parametrize("action", ASKED, ids=lambda action: action.kind)
def test_whoever_polls_the_queue_of_an_action_has_its_activity(
    action: AnyAction, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Temporal would ask again and again for one that nobody has, and the patient would wait."""
    assert action.activity in _polled(Queues.ALL, clock, monkeypatch)[queue_for(action.carrier)]


def test_the_groups_share_out_what_all_polls_and_no_queue_is_polled_by_both(
    clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    journeys, channels, everything = (
        _polled(each, clock, monkeypatch) for each in (Queues.JOURNEYS, Queues.CHANNELS, Queues.ALL)
    )
    assert journeys | channels == everything
    assert not journeys.keys() & channels.keys()
    assert channels.keys() == {"send-sms"}


@pytest.mark.anyio
async def test_the_loops_beside_the_queues_are_shared_out_as_well() -> None:
    """What comes in and what is told to Temporal with the journeys; what talks to providers with the channels."""

    async def loop(*_: object, **_of: object) -> None:
        raise NotImplementedError

    nothing = cast("Any", None)
    things = SimpleNamespace(
        intake=lambda: SimpleNamespace(run=loop),
        equipment=lambda: SimpleNamespace(db=None),
        database=None,
        channels={},
    )
    appliance = cast("Any", things)
    names: dict[Queues, set[str]] = {}
    for queues in Queues:
        life = a_life("worker", Path())
        loops = roles._beside(queues, appliance, nothing, asyncio.Event(), life)
        names[queues] = set(loops)
        for each in loops.values():
            each.close()
    assert names[Queues.JOURNEYS] == {"backlogs", "intake", "relay", "looping"}
    assert names[Queues.CHANNELS] == {"backlogs", "write_back", "sessions"}
    assert names[Queues.ALL] == names[Queues.JOURNEYS] | names[Queues.CHANNELS]


def _polled(queues: Queues, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str | None]]:
    """The queues that a process with these polls, and the activities that it has for each."""
    polled: dict[str, set[str | None]] = {}

    def polling(
        _: object, *, task_queue: str, activities: Sequence[Callable[..., Any]], **_of: object
    ) -> None:
        polled[task_queue] = {activity._Definition.must_from_callable(each).name for each in activities}

    monkeypatch.setattr(worker, "Worker", polling)
    nothing = cast("Any", None)
    equipment = Equipment(nothing, {}, Connections(()), {}, SOURCE, SITE, clock, DEFAULT_POLICY)
    worker._workers(nothing, equipment, queues, {SMS: None}, nothing)
    return polled
