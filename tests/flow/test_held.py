"""Whatever order things come in: after a reply that holds, nothing passes the gate that a timer sends.

Two journeys of one patient through two campaigns; the reply is written to the first of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st

from nextvisit.domain.consent import ConsentEvent
from nextvisit.domain.contact_policy import ContactCase, Defer, Skip, decide
from nextvisit.domain.policies import DEFAULT_POLICY
from nextvisit.domain.reply_holds import HOLDING, UNREAD_FOR, UNTIL_READ, hold_of
from nextvisit.flow.engine.effects import Action, Finish, SendMessage, Wait
from nextvisit.flow.engine.events import (
    Deferred,
    Delivered,
    DeliveryFailed,
    Event,
    Opened,
    Replied,
    SendFailed,
    Sent,
    Skipped,
    Started,
    TaskCreated,
    Timer,
)
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import Acting, New, State
from nextvisit.flow.engine.step import begin, step
from nextvisit.flow.verbs.offer_effects import Booked, BookSlot, MakeOffer, Offered
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.sdk.replies import Intent
from tests.flow.walks import MIXED
from tests.world.campaigns import reactivation, small

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
SMS = ChannelKind("sms")
PERMIT = ConsentEvent("permit", tuple(Purpose), (), NOW - timedelta(days=30))


@dataclass
class Run:
    """A journey, the action that it has out, and when each send was first asked for."""

    program: Program
    state: State
    out: Action | None = None
    planned: dict[tuple[object, ...], datetime] = field(default_factory=dict)
    seq: int = 0

    def give(self, event: Event) -> None:
        self.state, effects = step(self.program, self.state, event)
        self.out = next((each for each in effects if not isinstance(each, Wait | Finish)), self.out)

    def hears(self, data: st.DataObject, intents: Iterable[Intent], at: datetime) -> Intent:
        """A reply with one of these meanings, perhaps with a number in it."""
        self.seq += 1
        intent = data.draw(st.sampled_from(sorted(intents)))
        self.give(Replied(at, intent, choice=data.draw(st.none() | st.integers(1, 3)), seq=self.seq))
        return intent


@dataclass
class Patient:
    """Two journeys, and what was written to either of them that holds."""

    runs: tuple[Run, ...]
    at: datetime = NOW
    held: list[tuple[Intent, datetime]] = field(default_factory=list)

    def moves(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.runs))
        self.at += timedelta(minutes=data.draw(st.integers(0, 900)))
        if run.state.outcome is not None:
            return
        match data.draw(st.integers(0, 9)):
            case 0:
                # The intake holds before any journey hears of it; some end even with an action out.
                before = self.at
                intent = run.hears(data, HOLDING, self.at)
                self.held.append((intent, before))
                assert intent not in UNTIL_READ or run.state.outcome is not None
            case 1:
                run.hears(data, {Intent.WANTS_VISIT, Intent.OTHER_TIMES, Intent.CONFIRM}, self.at)
            case 2:
                news: list[Event] = [
                    Delivered(self.at, "m"),
                    Opened(self.at, "m"),
                    DeliveryFailed(self.at, "m", "x"),
                ]
                run.give(data.draw(st.sampled_from(news)))
            case _:
                self._goes_on(data, run)

    def _goes_on(self, data: st.DataObject, run: Run) -> None:
        match run.state.phase:
            case New():
                run.give(Started(self.at))
            case Acting():
                run.give(self._result(data, run))
            case _:
                assert run.state.wake_at is not None
                self.at = max(self.at, run.state.wake_at)
                run.give(Timer(self.at))

    def _result(self, data: st.DataObject, run: Run) -> Event:
        match run.out:
            case SendMessage() | MakeOffer() as effect:
                return self._sent(data, run, effect)
            case BookSlot():
                return Booked(self.at, "b")
            case _:
                return TaskCreated(self.at, "t")

    def _sent(self, data: st.DataObject, run: Run, effect: SendMessage | MakeOffer) -> Event:
        answer = decide(self._case(run, effect), DEFAULT_POLICY, self.at)
        if isinstance(answer, Defer):
            note(f"deferred: {answer.reason}")
            return Deferred(self.at, answer.until, answer.reason)
        if isinstance(answer, Skip):
            return Skipped(self.at, answer.reason, answer.scope)
        assert not {intent for intent, _ in self.held} & UNTIL_READ
        unread = [since for intent, since in self.held if self.at < since + UNREAD_FOR]
        assert effect.in_reply or not unread
        note("sent while unread" if unread else "sent")
        sent = Sent(self.at, "m") if isinstance(effect, SendMessage) else Offered(self.at, "o", "m", 2)
        return data.draw(st.sampled_from([sent, sent, SendFailed(self.at, "x")]))

    def _case(self, run: Run, effect: SendMessage | MakeOffer) -> ContactCase:
        planned = run.planned.setdefault((effect.node, effect.occurrence, effect.rung), self.at)
        return ContactCase(
            purpose=effect.purpose,
            channel=SMS,
            spaces={SMS: AddressSpace("phone")},
            journey="j",
            zone=ZoneInfo("Europe/Warsaw"),
            consents=(PERMIT,),
            reply_holds=tuple(hold_of(intent, since, UNREAD_FOR) for intent, since in self.held),
            in_reply_to=planned if effect.in_reply else None,
            deadline=effect.deadline,
        )


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_order_lets_what_a_timer_sends_pass_a_reply_that_holds(data: st.DataObject) -> None:
    programs = (reactivation(), small(MIXED, "hello", "offer"))
    patient = Patient(tuple(Run(each, begin(each, NOW)) for each in programs))
    for _ in range(data.draw(st.integers(5, 60))):
        patient.moves(data)
