"""What a journey asks for is carried out where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
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
from nextvisit.sdk.records import ChannelKind, Purpose, Specialty
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.runtime import worker
from nextvisit_workflows.runtime.wire import queue_for
from tests.world.clock import NOW, SetClock
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
    polled: dict[str, set[str | None]] = {}

    def polling(
        _: object, *, task_queue: str, activities: Sequence[Callable[..., Any]], **_of: object
    ) -> None:
        polled[task_queue] = {activity._Definition.must_from_callable(each).name for each in activities}

    monkeypatch.setattr(worker, "Worker", polling)
    nothing = cast("Any", None)
    equipment = Equipment(nothing, {}, Connections(()), {}, SOURCE, SITE, clock, DEFAULT_POLICY)
    worker._workers(nothing, equipment, [SMS], {}, nothing)
    assert action.activity in polled[queue_for(action.carrier)]
