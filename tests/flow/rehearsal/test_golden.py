"""A golden file keeps what a person wrote in it, reads back, and plays on the clinic's clock."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from nextvisit.files.fault import InvalidFile
from nextvisit.files.part import SourceFile
from nextvisit.flow.rehearsal.golden import do_event, golden_text, play, quoted, read_golden, with_transcript
from nextvisit.flow.rehearsal.script import read_happening
from nextvisit.flow.rehearsal.simulate import Rehearsal
from nextvisit.flow.rehearsal.words import Meant, Reads, Situation
from nextvisit.sdk.replies import Intent
from tests.world.campaigns import EMAIL, SMS, small

PROGRAM = small(
    "  - branch: [ { when: { has: email }, goto: nudge }, { when: { has: phone }, goto: nudge } ]\n"
    "  - { id: nudge, send: hello, then: [ { wait: 100 days }, end ] }\n",
    "hello",
    ladder="ladder: [ { channel: sms } ]\n",
)


@pytest.mark.parametrize(
    ("span", "line"),
    [
        ("24 hours", "Sun 25.10 09:00  patient opens it"),
        ("1 day", "Sun 25.10 10:00  patient opens it"),
        ("1 month", "Tue 24.11 10:00  patient opens it"),
    ],
)
def test_hours_are_absolute_and_days_and_months_keep_the_time_of_day_when_clocks_go_back(
    span: str, line: str
) -> None:
    head = "title: t\nzone: Europe/Warsaw\nstart: 2026-10-24 10:00\nchannels: [sms]\n"
    for events in (f"events: [ after {span}: opens ]\n", f"events: [ after {span}, opens ]\n"):
        golden = read_golden(SourceFile("g.yaml", head + events))
        assert play(golden, PROGRAM) == ["Sat 24.10 10:00  clinic writes `hello` by sms", line]


def test_the_flags_of_a_golden_file_choose_what_is_sent() -> None:
    steps = "  - send: [ { when: { has: email }, use: mailed }, { use: other } ]\n  - wait: 1 day\n"
    program = small(steps, "mailed", "other", ladder="ladder: [ { channel: sms } ]\n")
    text = "title: t\nstart: 2026-11-30 10:00\nchannels: [sms]\nflags: [0.send.0]\n"
    lines = play(read_golden(SourceFile("g.yaml", text)), program)
    assert lines == ["Mon 30.11 10:00  clinic writes `mailed` by sms"]


def test_events_that_are_no_list_are_refused_at_their_place() -> None:
    text = "title: t\nstart: 2026-11-30 10:00\nchannels: [sms]\nevents: silence\n"
    with pytest.raises(InvalidFile) as caught:
        read_golden(SourceFile("g.yaml", text))
    assert [str(fault) for fault in caught.value.faults] == [
        "g.yaml:4:9: error: expected a list here: `[a, b]`, or lines that begin with `- `"
    ]


@pytest.mark.parametrize(
    ("text", "above"),
    [
        ("\n# A note.\ntitle: t\n\n\ntranscript:\n  - old\n", "\n# A note.\ntitle: t"),
        ("title: t  # two blanks  \ntranscript:\n", "title: t  # two blanks  "),
        ("title: the letter X\n", "title: the letter X"),
    ],
    ids=["layout", "blanks", "none_yet"],
)
def test_a_new_transcript_leaves_what_stands_above_it(text: str, above: str) -> None:
    lines = ["Mon 30.11 10:00  clinic writes", "Mon 30.11 10:00  task: silence"]
    assert with_transcript(text, lines) == (
        f'{above}\ntranscript:\n  - Mon 30.11 10:00  clinic writes\n  - "Mon 30.11 10:00  task: silence"\n'
    )


def test_a_recording_is_a_golden_file_in_full() -> None:
    zone = ZoneInfo("Europe/Warsaw")
    start = datetime(2026, 11, 30, 9, tzinfo=UTC)
    rehearsal = Rehearsal(PROGRAM, zone, start, tuple(PROGRAM.conditions))
    rehearsal.start()
    rehearsal.happen(read_happening("campaign stops", zone))
    assert golden_text(rehearsal, ["campaign stops"], start=start, channels=[EMAIL, SMS]) == (
        "title: A recorded rehearsal\n"
        "zone: Europe/Warsaw\n"
        "start: 2026-11-30 10:00\n"
        "channels: [email, sms]\n"
        "flags: [0.branch.0, 0.branch.1]\n"
        "events:\n"
        "  - campaign stops\n"
        "transcript:\n"
        "  - Mon 30.11 10:00  clinic writes `hello` by sms\n"
        "  - Mon 30.11 10:00  the campaign is stopped\n"
        '  - "Mon 30.11 10:00  the journey ends: stopped"\n'
    )


def test_a_recording_in_which_nothing_happened_reads_back() -> None:
    start = datetime(2026, 11, 30, 9, tzinfo=UTC)
    rehearsal = Rehearsal(PROGRAM, ZoneInfo("Europe/Warsaw"), start)
    rehearsal.start()
    text = golden_text(rehearsal, [], start=start, channels=[SMS], title="Quiet")
    assert "\nevents: []\n" in text
    golden = read_golden(SourceFile("g.yaml", text))
    assert (golden.title, golden.events, play(golden, PROGRAM)) == ("Quiet", [], golden.transcript)


OFFERING = small(
    "  - offer: { specialty: cardiology, slots: 2 }\n    booked: [ { send: hello }, end ]\n", "hello", "offer"
)
HEADER = """\
title: t
start: 2026-11-30 10:00
channels: [email, sms]
language: pl
times: [2026-12-03 10:30, 2026-12-04 16:00]
"""


def _reader(meant: dict[str, Meant], seen: list[Situation]) -> Reads:
    def read(words: str, situation: Situation) -> Meant:
        seen.append(situation)
        return meant[words]

    return read


def test_a_patient_writes_in_her_own_words_and_is_read_as_the_conversation_stands() -> None:
    text = HEADER + "events:\n  - after 1 hour, patient writes: ta druga\n  - patient writes: dzięki\n"
    seen: list[Situation] = []
    read = _reader({"ta druga": Meant(Intent.CHOICE, 2), "dzięki": Meant(Intent.CANCEL)}, seen)
    lines = play(read_golden(SourceFile("g.yaml", text)), OFFERING, read)
    assert [line.partition("  ")[2] for line in lines] == [
        "clinic offers 2 times by email",
        "patient writes: ta druga",
        "understood as choice 2",
        "clinic books time 2",
        "clinic writes `hello` by email, in reply",
        "the journey ends: goal",
        "patient writes: dzięki",
        "understood as cancel",
        "task for reception: cancel",
    ]
    first, after = seen
    assert (first.language, len(first.offer or ()), first.booked) == ("pl", 2, False)
    assert (after.offer, after.booked) == (None, True)


def test_a_guess_at_one_of_the_times_is_asked_back_once_and_then_read_by_a_person() -> None:
    text = HEADER + "events:\n  - patient writes: a\n  - patient writes: a\n"
    lines = play(
        read_golden(SourceFile("g.yaml", text)), OFFERING, _reader({"a": Meant(Intent.UNCLEAR, 1)}, [])
    )
    assert [line.partition("  ")[2] for line in lines] == [
        "clinic offers 2 times by email",
        "patient writes: a",
        "clinic asks back, at once: time 1?",
        "patient writes: a",
        "understood as unclear 1",
        "task for reception: unclear",
    ]


def test_a_recorded_conversation_with_words_plays_again() -> None:
    zone = ZoneInfo("Europe/Warsaw")
    start = datetime(2026, 11, 30, 10, tzinfo=zone)
    times = tuple(datetime(2026, 12, day, 9, tzinfo=zone) for day in (1, 2))
    words = 'ta "druga": \\ #2'
    read = _reader({words: Meant(Intent.CHOICE, 2)}, [])
    rehearsal = Rehearsal(OFFERING, zone, start, times=times, language="pl", read=read)
    rehearsal.start()
    do_event(rehearsal, "after 1 hour, patient writes", words)
    script = [f"after 1 hour, patient writes: {quoted(words)}"]
    text = golden_text(rehearsal, script, start=start, channels=[EMAIL, SMS])
    again = read_golden(SourceFile("g.yaml", text))
    assert play(again, OFFERING, read) == again.transcript == [str(line) for line in rehearsal.lines]


def test_words_need_a_reader_and_the_times_that_they_may_mean() -> None:
    text = HEADER + "events:\n  - patient writes: a\n"
    with pytest.raises(ValueError, match="nobody reads words here"):
        play(read_golden(SourceFile("g.yaml", text)), OFFERING)
    with pytest.raises(ValueError, match="name the 2 times"):
        play(
            read_golden(SourceFile("g.yaml", text.replace("times: [2026-12-03 10:30, ", "times: ["))),
            OFFERING,
        )
