"""`offer`: what goes out, what comes of each result and reply, and where it goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nextvisit.domain.task_reason import TaskReason
from nextvisit.files.part import SourceFile
from nextvisit.flow.engine.effects import Action, CreateTask, Effect, Finish, Wait
from nextvisit.flow.engine.events import (
    Deferred,
    Delivered,
    DeliveryFailed,
    Event,
    Replied,
    SendFailed,
    SendUnknown,
    Sent,
    Skipped,
    Started,
    TaskCreated,
    Timer,
)
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import Acting, InHand, NodeId, OpenOffer, Outcome, State, Waiting
from nextvisit.flow.engine.step import begin, step
from nextvisit.flow.language.check import check_campaign
from nextvisit.flow.language.load import load_campaign
from nextvisit.flow.verbs.offer_effects import (
    Booked,
    BookingFailed,
    BookSlot,
    MakeOffer,
    NoneFree,
    Offered,
    SlotGone,
)
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import Purpose, Specialty
from nextvisit.sdk.replies import Intent
from tests.world.campaigns import CHANNELS, EMAIL, HEAD, LADDER, SMS, english, small

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HERE = NodeId("times")

STEPS = """\
  - id: times
    offer: { specialty: cardiology, slots: 2, hold: 20 minutes, message: choose, answer_within: 2 days }
    booked: [ { task: yes } ]
    none_free: [ { task: full } ]
    silence: [ { task: silent } ]
"""


def program() -> Program:
    return small(STEPS, "choose")


FIRST = MakeOffer(
    node=HERE,
    occurrence=1,
    rung=0,
    channels=(EMAIL,),
    template="choose",
    purpose=Purpose.RECALL,
    deadline=NOW + 3 * DAY,
    specialty=Specialty("cardiology"),
    slots=2,
    hold=timedelta(minutes=20),
)
NEXT_RUNG = replace(FIRST, rung=1, channels=(SMS,))
OFFERED = Offered(NOW, "o1", "m1", 2)


def after(*events: Event, steps: str = STEPS) -> tuple[State, Effect]:
    times = small(steps, "choose")
    state, effects = step(times, begin(times, NOW), Started(NOW))
    for event in events:
        state, effects = step(times, state, event)
    [effect] = effects
    return state, effect


def task(reason: TaskReason) -> CreateTask:
    return CreateTask(HERE, 1, "reception", reason)


@pytest.mark.parametrize(
    ("events", "effect"),
    [
        ([], FIRST),
        ([Deferred(NOW, NOW + HOUR, "quiet_hours")], Wait(NOW + HOUR)),
        ([Deferred(NOW, NOW + HOUR, "quiet_hours"), Timer(NOW + HOUR)], FIRST),
        ([SendFailed(NOW, "x")], NEXT_RUNG),
        ([Skipped(NOW, "x", "rung")], NEXT_RUNG),
        ([SendFailed(NOW, "x"), SendFailed(NOW, "x")], task(TaskReason.OFFER_UNSENT)),
        ([Skipped(NOW, "x", "message")], task(TaskReason.OFFER_UNSENT)),
        ([SendUnknown(NOW, "m1")], task(TaskReason.OFFER_UNSENT)),
        ([Skipped(NOW, "x", "journey")], Finish(Outcome.SKIPPED)),
        ([NoneFree(NOW)], CreateTask(NodeId("times.none_free.0"), 1, "full", TaskReason.NONE_FREE)),
        ([OFFERED], Wait(NOW + 2 * DAY)),
        (
            [OFFERED, Timer(NOW + 2 * DAY)],
            CreateTask(NodeId("times.silence.0"), 1, "silent", TaskReason.SILENCE),
        ),
    ],
)
def test_what_comes_of_making_an_offer(events: list[Event], effect: Effect) -> None:
    assert after(*events)[1] == effect


def test_an_offer_that_is_out_is_open_and_its_rung_is_where_the_patient_was_reached() -> None:
    state, _ = after(SendFailed(NOW, "x"), OFFERED)
    assert (state.rung, state.offer) == (1, OpenOffer("o1", 2))
    assert state.in_hand == InHand(rung=1, deadline=NOW + 3 * DAY, message="m1", out=("m1",))


def test_a_new_offer_replaces_the_open_one() -> None:
    state, effect = after(OFFERED, Replied(NOW + HOUR, Intent.OTHER_TIMES, seq=1))
    again = replace(FIRST, occurrence=2, deadline=NOW + HOUR + 3 * DAY, refused=("o1",), in_reply=True)
    assert (effect, state.offer) == (again, None)
    assert state.in_hand == InHand(deadline=NOW + HOUR + 3 * DAY)


@pytest.mark.parametrize(
    ("count", "reply", "chosen"),
    [
        (2, Replied(NOW, Intent.CHOICE, choice=2), 2),
        (1, Replied(NOW, Intent.WANTS_VISIT), 1),
        (1, Replied(NOW, Intent.CONFIRM), 1),
        (2, Replied(NOW, Intent.WANTS_VISIT), "again"),
        (1, Replied(NOW, Intent.WANTS_VISIT, wanted=NOW + DAY), "again"),
        (1, Replied(NOW, Intent.OTHER_TIMES), "again"),
        (2, Replied(NOW, Intent.CHOICE, choice=3, wanted=NOW + DAY), "again"),
        (2, Replied(NOW, Intent.UNCLEAR, wanted=NOW + DAY), "task"),
        (2, Replied(NOW, Intent.UNCLEAR, choice=2), "task"),
        (1, Replied(NOW, Intent.QUESTION, choice=1, wanted=NOW + DAY), "task"),
        (2, Replied(NOW, Intent.HUMAN, wanted=NOW + DAY), "task"),
        (2, Replied(NOW, Intent.CONFIRM), "task"),
        (1, Replied(NOW, Intent.QUESTION), "task"),
        (2, Replied(NOW, Intent.CHOICE, choice=3), "task"),
        (2, Replied(NOW, Intent.CHOICE, choice=0), "task"),
    ],
)
def test_a_reply_chooses_a_time_or_asks_for_others_or_says_nothing_to_the_offer(
    count: int, reply: Replied, chosen: int | str
) -> None:
    _, effect = after(replace(OFFERED, count=count), reply)
    match effect:
        case BookSlot():
            assert effect == BookSlot(HERE, 1, "o1", effect.choice)
            assert effect.choice == chosen
        case MakeOffer():
            assert chosen == "again"
            assert effect.wanted == reply.wanted
            asked_otherwise = reply.intent is Intent.OTHER_TIMES or reply.wanted is not None
            assert effect.refused == (("o1",) if asked_otherwise else ())
        case _:
            assert chosen == "task"
            assert isinstance(effect, CreateTask)


CHOICE = Replied(NOW, Intent.CHOICE, choice=1, seq=1)
OTHER_TIMES = Replied(NOW, Intent.OTHER_TIMES, seq=1)
AGAIN = Offered(NOW, "o2", "m2", 2)
SILENT = Timer(NOW + 2 * DAY)
BARE = "  - { id: times, offer: { specialty: cardiology, slots: 2, message: choose } }\n"


@pytest.mark.parametrize(
    ("events", "effect"),
    [
        ([OFFERED, Timer(NOW + 3 * DAY)], Finish(Outcome.COMPLETED)),
        ([OFFERED, OTHER_TIMES, AGAIN, Timer(NOW + 3 * DAY)], task(TaskReason.OTHER_TIMES)),
        ([OFFERED, CHOICE, SlotGone(NOW), AGAIN, Timer(NOW + 3 * DAY)], task(TaskReason.SILENCE)),
        ([NoneFree(NOW)], task(TaskReason.NONE_FREE)),
    ],
    ids=["never asked for one", "asked for other times", "lost a time", "none free"],
)
def test_who_wanted_a_visit_is_not_left_where_the_campaign_says_nothing(
    events: list[Event], effect: Effect
) -> None:
    state, what = after(*events, steps=BARE)
    assert what == effect
    assert state.tasks == isinstance(effect, CreateTask)


def test_a_campaign_s_own_words_to_silence_come_before_staff() -> None:
    _, effect = after(OFFERED, OTHER_TIMES, AGAIN, SILENT)
    assert effect == CreateTask(NodeId("times.silence.0"), 1, "silent", TaskReason.SILENCE)


@pytest.mark.parametrize(
    ("result", "effect"),
    [
        (Booked(NOW, "b1"), CreateTask(NodeId("times.booked.0"), 1, "yes", TaskReason.CHOICE)),
        (SlotGone(NOW), replace(FIRST, occurrence=2, in_reply=True)),
        (BookingFailed(NOW, "x"), task(TaskReason.BOOKING_FAILED)),
    ],
)
def test_what_comes_of_booking(result: Event, effect: Effect) -> None:
    assert after(OFFERED, CHOICE, result)[1] == effect


def test_a_lost_slot_is_the_reason_of_what_follows() -> None:
    assert after(OFFERED, CHOICE, SlotGone(NOW))[0].reason is TaskReason.SLOT_GONE


def test_the_task_by_which_staff_take_over_ends_the_journey_and_counts() -> None:
    question = Replied(NOW, Intent.QUESTION, seq=1)
    later = replace(CHOICE, seq=2)
    state, effect = after(OFFERED, question, TaskCreated(NOW, "t1"), later, BookingFailed(NOW, "x"))
    assert (effect, state.tasks) == (CreateTask(HERE, 2, "reception", TaskReason.BOOKING_FAILED), 2)
    assert step(program(), state, TaskCreated(NOW, "t2"))[1] == (Finish(Outcome.HANDED_OVER),)


def test_an_offer_that_never_arrived_goes_out_on_the_next_rung_and_then_to_staff() -> None:
    failed = DeliveryFailed(NOW + HOUR, "m1", "bounced", 1)
    state, effect = after(OFFERED, failed)
    assert effect == replace(NEXT_RUNG, deadline=NOW + HOUR + 3 * DAY)
    assert state.in_hand.out == ()
    by_text = Offered(NOW + HOUR, "o2", "m2", 2)
    _, effect = after(OFFERED, failed, by_text, DeliveryFailed(NOW + HOUR, "m2", "bounced", 2))
    assert effect == task(TaskReason.OFFER_UNSENT)


@pytest.mark.parametrize(
    "news", [Delivered(NOW, "m1", 1), DeliveryFailed(NOW, "m0", "bounced", 1)], ids=["delivered", "older"]
)
def test_other_news_leaves_the_offer_open(news: Event) -> None:
    assert after(OFFERED, news)[1] == Wait(NOW + 2 * DAY)


@pytest.mark.parametrize(
    ("action", "event"),
    [
        ("make_offer", Sent(NOW, "m")),
        ("make_offer", Booked(NOW, "b")),
        ("make_offer", TaskCreated(NOW, "t")),
        ("book_slot", OFFERED),
        ("book_slot", TaskCreated(NOW, "t")),
        ("create_task", OFFERED),
        ("create_task", Booked(NOW, "b")),
    ],
)
def test_a_result_of_another_action_is_a_bug(action: str, event: Event) -> None:
    state = replace(begin(program(), NOW), phase=Acting(action))
    with pytest.raises(Bug, match=rf"^flow\.illegal_event: {event.kind} at times while acting \({action}\)$"):
        step(program(), state, event)


def test_a_result_while_no_action_is_out_is_a_bug() -> None:
    state = replace(begin(program(), NOW), phase=Waiting(NOW))
    with pytest.raises(Bug, match=r"offered at times while waiting \(\)$"):
        program().nodes[HERE].on_result(program(), state, OFFERED)


@pytest.mark.parametrize(
    ("more", "targets"),
    [
        ("", ("end", "end", "end")),
        (", goto: last", ("last", "end", "end")),
        (
            ", booked: [ end ], none_free: [ end ], silence: [ end ]",
            ("0.booked.0", "0.none_free.0", "0.silence.0"),
        ),
    ],
)
def test_without_lists_of_its_own_an_offer_ends_the_journey_or_goes_where_it_is_told_once_booked(
    more: str, targets: tuple[str, ...]
) -> None:
    steps = f"  - {{ offer: {{ specialty: cardiology }}{more} }}\n  - {{ id: last, send: hello }}\n"
    node = small(steps, "hello", "offer").nodes[NodeId("0")]
    assert tuple(target for target, _ in node.successors()) == targets


def test_the_message_of_an_offer_is_missing_where_it_is_named() -> None:
    steps = "steps:\n  - offer: { specialty: cardiology, message: chose }\n"
    loaded = load_campaign(SourceFile("c.yaml", f"{HEAD}{LADDER}{steps}"), [english("choose")])
    [fault] = [each for each in check_campaign(loaded, CHANNELS) if each.severity == "error"]
    assert str(fault) == (
        "c.yaml:9:46: error: the message `chose` is missing in messages/en.yaml; add it there"
    )


def test_each_action_names_who_carries_it_out() -> None:
    actions: tuple[Action, ...] = (FIRST, BookSlot(HERE, 1, "o1", 1))
    assert [(action.carrier.what, action.carrier.channel) for action in actions] == [
        ("channel", EMAIL),
        ("mis", None),
    ]
