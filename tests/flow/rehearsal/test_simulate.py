"""A rehearsal carries out what a campaign asks for as the shell would, in virtual time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nextvisit.domain.task_reason import TaskReason
from nextvisit.flow.engine.effects import Action, CreateTask, SendMessage
from nextvisit.flow.engine.events import Replied, Sent, Signal, TaskCreated
from nextvisit.flow.engine.play import Play, Played
from nextvisit.flow.engine.state import NodeId
from nextvisit.flow.rehearsal.script import Happening, read_happening
from nextvisit.flow.rehearsal.simulate import Line, Rehearsal
from nextvisit.flow.verbs.offer_effects import Booked, BookSlot, MakeOffer, Offered
from nextvisit.flow.verbs.tag import PutTag, TagPut
from nextvisit.sdk.records import Purpose, Specialty
from nextvisit.sdk.replies import Intent
from tests.world.campaigns import EMAIL, SMS, small

ZONE = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
HERE = NodeId("here")
DAY = timedelta(days=1)

SEND = SendMessage(HERE, 1, 0, (EMAIL, SMS), "hello", Purpose.RECALL, NOW + DAY)
OFFER = MakeOffer(
    HERE, 1, 0, (SMS,), "offer", Purpose.RECALL, NOW + DAY, Specialty("cardiology"), 3, timedelta(minutes=15)
)


@pytest.mark.parametrize(
    ("action", "played"),
    [
        (SEND, Played(Sent(NOW, "a1"), "clinic writes `hello` by email", "hello, email")),
        (OFFER, Played(Offered(NOW, "a1", "a1", 3), "clinic offers 3 times by sms", "offer, sms")),
        (BookSlot(HERE, 1, "o1", 2), Played(Booked(NOW, "a1"), "clinic books time 2")),
        (
            CreateTask(HERE, 1, "reception", TaskReason.SILENCE),
            Played(TaskCreated(NOW, "a1"), "task for reception: silence"),
        ),
        (PutTag(HERE, 1, "vip", "patient"), Played(TagPut(NOW), "the patient is tagged vip")),
    ],
    ids=["send", "offer", "book", "task", "tag"],
)
def test_an_action_comes_out_well_under_its_name_at_its_instant(action: Action, played: Played) -> None:
    play = Play(NOW, "a1", ZONE, lambda template, channel: f"{template}, {channel}")
    assert action.play(play) == played


def test_a_message_of_several_lines_stands_indented_below_its_line() -> None:
    line = Line(NOW.astimezone(ZONE), "clinic writes", "Good morning.\nCome and see us.")
    assert str(line) == "Mon 30.11 10:00  clinic writes\n    Good morning.\n    Come and see us."


SENDS = "  - { send: hello }\n  - { wait: 1 day }\n  - { send: hello }\n  - { wait: 1 day }\n"


def rehearsal(steps: str = SENDS, flags: tuple[str, ...] = ()) -> Rehearsal:
    program = small(steps, "hello", "other", ladder="ladder: [ { channel: sms } ]\n")
    return Rehearsal(program, ZONE, NOW.astimezone(ZONE), flags)


def test_a_rehearsal_counts_in_utc_whatever_zone_it_begins_in() -> None:
    assert rehearsal().now.tzinfo is UTC


def test_every_action_has_a_name_of_its_own() -> None:
    played = rehearsal()
    played.start()
    assert played.state.in_hand.message == "send_message-1"
    played.happen(read_happening("next message unknown", ZONE))
    played.until(NOW + DAY)
    assert played.state.in_hand.message == "send_message-2"


def test_what_happens_is_about_the_newest_message_and_numbered_in_its_turn() -> None:
    played = rehearsal()
    told: list[tuple[datetime, str, int]] = []

    def reply(at: datetime, message: str, seq: int) -> Signal:
        told.append((at, message, seq))
        return Replied(at, Intent.UNCLEAR, seq=seq)

    played.happen(Happening("somebody writes", reply))
    played.start()
    played.until(NOW + timedelta(hours=1))
    played.happen(Happening("somebody writes", reply))
    assert told == [(NOW, "", 1), (NOW + timedelta(hours=1), "send_message-1", 2)]


def test_the_flags_choose_what_is_sent() -> None:
    steps = "  - send: [ { when: { has: email }, use: hello }, { use: other } ]\n"
    lines = []
    for flags in ((), ("0.send.0",)):
        played = rehearsal(steps, flags)
        played.start()
        lines.append(played.lines[0].what)
    assert lines == ["clinic writes `other` by sms", "clinic writes `hello` by sms"]


def test_silence_lasts_until_the_journey_ends_and_time_passes_no_further_than_told() -> None:
    played = rehearsal()
    played.start()
    played.until(NOW + timedelta(hours=30))
    assert (played.now, played.ended) == (NOW + timedelta(hours=30), False)
    played.silence()
    assert (played.now, played.ended) == (NOW + 2 * DAY, True)
    assert [str(line) for line in played.lines] == [
        "Mon 30.11 10:00  clinic writes `hello` by sms",
        "Tue 01.12 10:00  clinic writes `hello` by sms",
        "Wed 02.12 10:00  the journey ends: completed",
    ]


@pytest.mark.parametrize("intent", ["unclear", "question"])
def test_what_a_timer_sends_waits_for_whoever_reads_the_patients_words(intent: str) -> None:
    steps = "  - ask: { message: hello, silence: { after: 1 day, steps: [ { send: hello }, end ] } }\n"
    rehearsal = Rehearsal(small(steps, "hello"), ZONE, NOW)
    rehearsal.start()
    rehearsal.happen(read_happening(f"replies {intent}", ZONE))
    rehearsal.silence()
    assert [str(line) for line in rehearsal.lines[3:5]] == [
        "Tue 01.12 10:00  clinic would write: what the patient wrote is unread, not before 2026-12-03 10:00",
        "Thu 03.12 10:00  clinic writes `hello` by email",
    ]
