"""What single events do, where the golden conversations do not look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nextvisit.domain.task_reason import TaskReason
from nextvisit.flow.engine.answering import TAKEN_OVER
from nextvisit.flow.engine.effects import CreateTask, Effect, Finish, SendMessage, Wait
from nextvisit.flow.engine.events import (
    CampaignStopped,
    Deferred,
    Delivered,
    DeliveryFailed,
    Event,
    GoalReached,
    Opened,
    PatientGone,
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
from nextvisit.flow.engine.state import Acting, Climbing, Ended, Listening, Outcome, State, Waiting
from nextvisit.flow.engine.step import MOST_ENTERED, MOST_HEARD, begin, step
from nextvisit.flow.verbs.offer_effects import Booked, BookSlot, MakeOffer, NoneFree, Offered, SlotGone
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.sdk.replies import Intent
from tests.world.campaigns import HEAD, reactivation, small

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def after(program: Program, *events: Event, flags: tuple[str, ...] = ()) -> tuple[State, tuple[Effect, ...]]:
    """The state after Started and these events, and the effects of the last."""
    state, effects = step(program, begin(program, NOW, flags), Started(NOW, flags))
    for event in events:
        state, effects = step(program, state, event)
    return state, effects


def only(effects: tuple[Effect, ...]) -> Effect:
    [effect] = effects
    return effect


def test_the_first_message_asks_for_the_news_that_its_rung_awaits() -> None:
    _, effects = after(reactivation())
    send = only(effects)
    assert isinstance(send, SendMessage)
    assert (send.template, send.channels, send.awaits) == ("neutral", (ChannelKind("email"),), ("opened",))
    assert (send.occurrence, send.rung, send.in_reply) == (1, 0, False)
    assert send.deadline == NOW + timedelta(days=3)


def test_the_last_usable_rung_asks_for_no_news() -> None:
    _, effects = after(reactivation(), Sent(NOW, "m1"), Timer(NOW + 24 * HOUR))
    send = only(effects)
    assert isinstance(send, SendMessage)
    assert (send.rung, send.awaits) == (1, ())


def test_the_message_follows_the_conditions_that_held_at_enrolment() -> None:
    both = ("invite.message.0", "invite.message.1")
    for flags, template in ((both, "offer_help"), (both[1:], "recommended_checkup"), ((), "neutral")):
        send = only(after(reactivation(), flags=flags)[1])
        assert isinstance(send, SendMessage)
        assert send.template == template


def test_delivery_is_not_opening() -> None:
    state, _ = after(reactivation(), Sent(NOW, "m1"), Delivered(NOW + HOUR, "m1", 1))
    assert (state.phase.name, state.seen) == ("climbing", 1)


def test_opening_stops_the_climb_and_silence_counts_from_the_sending() -> None:
    state, effects = after(reactivation(), Sent(NOW, "m1"), Opened(NOW + HOUR, "m1", 1))
    assert isinstance(state.phase, Listening)
    assert only(effects) == Wait(NOW + timedelta(days=14))


def test_a_refused_rung_is_passed_over_but_the_patient_is_still_reached_below() -> None:
    refused = Skipped(NOW + 24 * HOUR, "address.none", "rung")
    state, effects = after(reactivation(), Sent(NOW, "m1"), Timer(NOW + 24 * HOUR), refused)
    assert isinstance(state.phase, Listening)
    assert state.rung == 0
    assert only(effects) == Wait(NOW + timedelta(days=14))


def test_a_late_failure_of_the_only_message_tries_the_next_rung() -> None:
    _, effects = after(
        reactivation(), Sent(NOW, "m1"), Opened(NOW, "m1", 1), DeliveryFailed(NOW + HOUR, "m1", "bounced", 2)
    )
    send = only(effects)
    assert isinstance(send, SendMessage)
    assert send.rung == 1


def test_no_rung_left_is_unreachable() -> None:
    state, effects = after(reactivation(), SendFailed(NOW, "rejected"), SendFailed(NOW, "rejected"))
    assert effects == (Finish(Outcome.UNREACHABLE),)
    assert state.outcome is Outcome.UNREACHABLE


def test_a_message_that_may_not_be_sent_now_counts_as_silence() -> None:
    state, effects = after(reactivation(), Skipped(NOW, "frequency.exceeded", "message"))
    assert isinstance(state.phase, Listening)
    assert only(effects) == Wait(NOW + timedelta(days=14))


def test_a_refused_journey_ends() -> None:
    assert after(reactivation(), Skipped(NOW, "minor", "journey"))[1] == (Finish(Outcome.SKIPPED),)


def test_a_deferred_message_is_the_same_message_later() -> None:
    program = reactivation()
    _, (first,) = after(program)
    later = NOW + 12 * HOUR
    state, effects = after(program, Deferred(NOW, later, "quiet_hours"))
    assert effects == (Wait(later),)
    assert step(program, state, Timer(later))[1] == (first,)


def test_unknown_is_held_for_a_recall_and_climbs_for_marketing() -> None:
    assert after(reactivation(), SendUnknown(NOW, "m1"))[0].phase.name == "climbing"
    marketing = small("  - { send: hello }\n", "hello", head=HEAD.replace("recall", "marketing"))
    send = only(after(marketing, SendUnknown(NOW, "m1"))[1])
    assert isinstance(send, SendMessage)
    assert send.rung == 1


def test_a_campaign_may_choose_its_rule_for_unknown() -> None:
    program = small("  - { send: hello }\n", "hello", head=f"{HEAD}unknown: next_rung\n")
    assert isinstance(only(after(program, SendUnknown(NOW, "m1"))[1]), SendMessage)


def test_rungs_without_a_connection_keep_their_numbers() -> None:
    send = only(after(reactivation(frozenset({ChannelKind("sms")})))[1])
    assert isinstance(send, SendMessage)
    assert (send.rung, send.channels, send.awaits) == (1, (ChannelKind("sms"),), ())


def test_a_reply_while_a_message_goes_out_is_taken_up_afterwards() -> None:
    program = reactivation()
    reply = Replied(NOW, Intent.WANTS_VISIT, seq=1)
    state, effects = after(program, reply)
    assert (effects, state.seen) == ((), 1)
    state, effects = step(program, state, Sent(NOW, "m1"))
    assert isinstance(only(effects), MakeOffer)


def test_of_too_much_news_while_a_message_goes_out_the_newest_is_kept() -> None:
    news = [Opened(NOW, f"m{number}", number) for number in range(1, MOST_HEARD + 3)]
    state, _ = after(reactivation(), *news)
    assert state.heard == tuple(news[-MOST_HEARD:])


def test_opening_that_overtakes_the_result_of_sending_still_counts() -> None:
    state, _ = after(reactivation(), Opened(NOW, "m1", 1), Sent(NOW, "m1"))
    assert isinstance(state.phase, Listening)


def test_the_wanted_time_goes_into_the_offer_and_survives_a_lost_slot() -> None:
    wanted = NOW + timedelta(days=9)
    said = Replied(NOW + HOUR, Intent.WANTS_VISIT, wanted=wanted, seq=1)
    choice = Replied(NOW + HOUR, Intent.CHOICE, choice=1, seq=2)
    offered = Offered(NOW + HOUR, "o1", "m2", 3)
    _, effects = after(reactivation(), Sent(NOW, "m1"), said, offered, choice, SlotGone(NOW + HOUR))
    offer = only(effects)
    assert isinstance(offer, MakeOffer)
    assert (offer.wanted, offer.occurrence, offer.in_reply) == (wanted, 2, True)


def offered(program: Program, count: int = 3) -> State:
    return after(
        program,
        Sent(NOW, "m1"),
        Replied(NOW, Intent.WANTS_VISIT, seq=1),
        Offered(NOW, "o1", "m2", count),
    )[0]


def test_yes_to_a_single_time_books_it() -> None:
    program = reactivation()
    _, effects = step(program, offered(program, 1), Replied(NOW, Intent.WANTS_VISIT, seq=2))
    assert effects == (BookSlot(offered(program).node, 1, "o1", 1),)


def test_a_number_that_was_not_offered_becomes_a_task() -> None:
    program = reactivation()
    _, effects = step(program, offered(program), Replied(NOW, Intent.CHOICE, choice=7, seq=2))
    task = only(effects)
    assert isinstance(task, CreateTask)
    assert task.reason == "choice"


def test_too_expensive_in_answer_to_an_offer_is_matched_against_the_ask() -> None:
    program = reactivation()
    _, effects = step(program, offered(program), Replied(NOW, Intent.TOO_EXPENSIVE, seq=2))
    send = only(effects)
    assert isinstance(send, SendMessage)
    assert (send.template, send.in_reply, send.awaits) == ("discount", True, ())
    assert (send.purpose, send.aside) == (Purpose.MARKETING, True)


def test_after_five_offers_nothing_counts_as_free() -> None:
    program = reactivation()
    state = offered(program)
    effects: tuple[Effect, ...] = ()
    for number in range(5):
        state, effects = step(program, state, Replied(NOW, Intent.OTHER_TIMES, seq=2 + number))
        if number < 4:
            state, effects = step(program, state, Offered(NOW, f"o{number}", f"m{number}", 3))
    task = only(effects)
    assert isinstance(task, CreateTask)
    assert task.reason == "none_free"


def test_nothing_free_hands_over_with_a_task() -> None:
    program = reactivation()
    state, effects = after(program, Sent(NOW, "m1"), Replied(NOW, Intent.WANTS_VISIT, seq=1), NoneFree(NOW))
    assert isinstance(only(effects), CreateTask)
    assert step(program, state, TaskCreated(NOW, "t1"))[1] == (Finish(Outcome.HANDED_OVER),)


def test_an_offer_that_cannot_be_sent_becomes_a_task() -> None:
    yes = Replied(NOW, Intent.WANTS_VISIT, seq=1)
    failed = SendFailed(NOW, "rejected")
    _, effects = after(reactivation(), Sent(NOW, "m1"), yes, failed, failed)
    task = only(effects)
    assert isinstance(task, CreateTask)
    assert task.reason == "offer_unsent"


def test_our_own_booking_seen_in_the_mis_does_not_stop_its_confirmation() -> None:
    program = reactivation()
    state, effects = step(program, offered(program), Replied(NOW, Intent.CHOICE, choice=1, seq=2))
    state, effects = step(program, state, GoalReached(NOW, 3))
    assert effects == ()
    state, effects = step(program, state, Booked(NOW, "a1"))
    assert isinstance(only(effects), SendMessage)
    state, effects = step(program, state, GoalReached(NOW, 4))
    assert isinstance(state.phase, Acting)
    assert step(program, state, Sent(NOW, "m3"))[1] == (Finish(Outcome.GOAL),)


def test_a_foreign_booking_while_ours_fails_is_the_goal() -> None:
    program = reactivation()
    state, _ = step(program, offered(program), Replied(NOW, Intent.CHOICE, choice=1, seq=2))
    state, _ = step(program, state, GoalReached(NOW, 3))
    assert step(program, state, SlotGone(NOW))[1] == (Finish(Outcome.GOAL),)


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (GoalReached(NOW, 1), Outcome.GOAL),
        (CampaignStopped(NOW, 1), Outcome.STOPPED),
        (PatientGone(NOW, "deceased", 1), Outcome.DECEASED),
        (PatientGone(NOW, "merged", 1), Outcome.MERGED),
        (PatientGone(NOW, "inactive", 1), Outcome.INACTIVE),
        (PatientGone(NOW, "test", 1), Outcome.TEST),
        (PatientGone(NOW, "restricted", 1), Outcome.RESTRICTED),
        (PatientGone(NOW, "erased", 1), Outcome.ERASED),
        (PatientGone(NOW, "opted_out", 1), Outcome.OPTED_OUT),
        (Replied(NOW, Intent.OPT_OUT, seq=1), Outcome.OPTED_OUT),
    ],
    ids=str,
)
def test_what_ends_a_journey_ends_it_with_an_action_out(event: Event, outcome: Outcome) -> None:
    program = reactivation()
    state, effects = after(program, event)
    assert effects == (Finish(outcome),)
    assert step(program, state, Sent(NOW, "m1")) == (state, ())


def test_patience_ends_every_wait() -> None:
    head = HEAD.replace("60 days", "5 days")
    program = small(
        "  - { send: hello }\n  - wait: 30 days\n", "hello", head=head, ladder="ladder: [{ channel: sms }]\n"
    )
    state, effects = after(program, Sent(NOW, "m1"))
    assert effects == (Wait(NOW + timedelta(days=5)),)
    assert step(program, state, Timer(NOW + timedelta(days=5)))[1] == (Finish(Outcome.COMPLETED),)


def test_an_early_timer_waits_on() -> None:
    state, effects = after(reactivation(), Sent(NOW, "m1"), Timer(NOW + HOUR))
    assert isinstance(state.phase, Climbing)
    assert effects == (Wait(NOW + 24 * HOUR),)


@pytest.mark.parametrize(
    "event", [Timer(NOW), Booked(NOW, "a"), Started(NOW), TaskCreated(NOW, "t")], ids=str
)
def test_an_event_that_cannot_happen_is_a_bug(event: Event) -> None:
    program = reactivation()
    state, _ = after(program)
    with pytest.raises(Bug, match=r"flow\.illegal_event"):
        step(program, state, event)


def test_a_branch_follows_the_flags() -> None:
    steps = """\
  - branch:
      - { when: { has: email }, steps: [ { send: a } ] }
      - { when: { has: phone }, goto: b }
  - { send: c, goto: end }
  - { id: b, send: b }
"""
    program = small(steps, "a", "b", "c")
    conditions = list(program.conditions)
    for flags, template in (((), "c"), ((conditions[0],), "a"), ((conditions[1],), "b")):
        send = only(after(program, flags=flags)[1])
        assert isinstance(send, SendMessage)
        assert send.template == template


def test_an_arm_that_runs_out_goes_on_after_the_branch() -> None:
    steps = "  - branch: [ { when: { has: email }, steps: [ { send: a } ] } ]\n  - send: b\n"
    program = small(steps, "a", "b", ladder="ladder: [{ channel: sms }]\n")
    send = only(after(program, Sent(NOW, "m1"), flags=tuple(program.conditions))[1])
    assert isinstance(send, SendMessage)
    assert send.template == "b"


def test_a_journey_that_has_lost_its_way_is_handed_over() -> None:
    steps = "  - { id: again, wait: 1 hour }\n  - branch: [ { when: { has: email }, goto: again } ]\n"
    program = small(steps, "unused")
    state, _ = after(program, flags=tuple(program.conditions))
    for hour in range(1, 60):
        if not isinstance(state.phase, Ended):
            state, _ = step(program, state, Timer(NOW + hour * HOUR))
    assert state.outcome is Outcome.HANDED_OVER
    assert sum(each.times for each in state.entered) == MOST_ENTERED


def test_a_confirmation_may_wait_longer_than_the_campaigns_patience() -> None:
    program = reactivation()
    late = NOW + timedelta(days=46)
    state, _ = step(program, offered(program), Replied(NOW, Intent.CHOICE, choice=1, seq=2))
    state, _ = step(program, state, Booked(NOW, "a1"))
    state, effects = step(program, state, Deferred(NOW, late, "quiet_hours"))
    assert effects == (Wait(late),)
    assert isinstance(only(step(program, state, Timer(late))[1]), SendMessage)


@pytest.mark.parametrize("intent", sorted(TAKEN_OVER))
def test_who_may_need_help_or_silence_ends_a_journey_wherever_it_stands_and_makes_no_second_task(
    intent: Intent,
) -> None:
    program = reactivation()
    out = after(program)[0]
    for before in (begin(program, NOW), out, step(program, out, Sent(NOW, "m1"))[0]):
        state, effects = step(program, before, Replied(NOW, intent, seq=1))
        assert effects == (Finish(Outcome.HANDED_OVER),)
        assert step(program, state, Sent(NOW, "m1")) == (state, ())


@pytest.mark.parametrize(
    "intent", [Intent.RUNNING_LATE, Intent.FOR_ANOTHER, Intent.SCORE, Intent.OTHER_LANGUAGE]
)
def test_what_a_person_can_do_by_the_way_is_a_task_and_the_journey_goes_on_without_climbing(
    intent: Intent,
) -> None:
    program = reactivation()
    state, effects = after(program, Sent(NOW, "m1"), Replied(NOW, intent, seq=1))
    assert effects == (CreateTask(state.node, 1, "reception", TaskReason(intent.value)),)
    state, (wait,) = step(program, state, TaskCreated(NOW, "t1"))
    assert isinstance(state.phase, Listening)
    assert isinstance(wait, Wait)


@pytest.mark.parametrize("intent", [Intent.CANCEL, Intent.RESCHEDULE])
def test_whoever_gives_up_the_visit_that_we_booked_hears_no_more_of_it(intent: Intent) -> None:
    program = small(
        "  - offer: { specialty: cardiology, slots: 1 }\n"
        "    booked: [ { send: hello }, { wait: 3 days }, { send: hello } ]\n",
        "hello",
        "offer",
    )
    state, _ = after(
        program,
        Offered(NOW, "o1", "m1", 1),
        Replied(NOW, Intent.CHOICE, choice=1, seq=1),
        Booked(NOW, "b1"),
        Sent(NOW, "m2"),
    )
    assert isinstance(state.phase, Waiting)
    state, effects = step(program, state, Replied(NOW, intent, seq=2))
    assert effects == (CreateTask(state.node, 1, "reception", TaskReason(intent.value)),)
    assert step(program, state, TaskCreated(NOW, "t1"))[1] == (Finish(Outcome.GOAL),)


@pytest.mark.parametrize(
    "intent", [Intent.HUMAN, Intent.WRONG_NUMBER, Intent.COMPLAINT, Intent.ALREADY_BOOKED]
)
def test_a_stranger_or_whoever_wants_a_person_gets_one_and_no_further_message(intent: Intent) -> None:
    program = reactivation()
    state, effects = after(program, Sent(NOW, "m1"), Replied(NOW, intent, seq=1))
    assert effects == (CreateTask(state.node, 1, "reception", TaskReason(intent.value)),)
    assert step(program, state, TaskCreated(NOW, "t1"))[1] == (Finish(Outcome.HANDED_OVER),)


def test_the_conditions_are_those_that_held_when_the_journey_started() -> None:
    program = reactivation()
    state, effects = step(program, begin(program, NOW), Started(NOW, ("invite.message.0",)))
    assert state.flags == ("invite.message.0",)
    assert isinstance(effects[0], SendMessage)
    assert effects[0].template != "neutral"
    kept, _ = step(program, begin(program, NOW, ("invite.message.1",)), Started(NOW))
    assert kept.flags == ("invite.message.1",)


def test_what_was_heard_while_a_message_went_out_counts_from_its_result() -> None:
    """A message that is sent because of it has its whole time."""
    program = small(
        "  - ask: { message: hello, silence: { after: 14 days } }\n",
        "hello",
        ladder="ladder:\n  - { channel: email, until: opened, for: 24 hours }\n  - { channel: sms }\n",
    )
    _, effects = after(program, DeliveryFailed(NOW, "m1", "bounced", 1), Sent(NOW + HOUR, "m1"))
    send = only(effects)
    assert isinstance(send, SendMessage)
    assert (send.rung, send.deadline) == (1, NOW + HOUR + program.deadline)
