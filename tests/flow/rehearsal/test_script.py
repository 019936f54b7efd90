"""The words of a script: what each of them makes happen, and what a mistyped one is told."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nextvisit.flow.engine.effects import Action, SendMessage
from nextvisit.flow.engine.events import (
    CampaignStopped,
    Deferred,
    Delivered,
    DeliveryFailed,
    GoalReached,
    Opened,
    PatientGone,
    Replied,
    Result,
    SendFailed,
    SendUnknown,
    Signal,
    Skipped,
)
from nextvisit.flow.engine.play import Prepared, local_instant
from nextvisit.flow.engine.state import NodeId
from nextvisit.flow.rehearsal.script import Happening, read_happening
from nextvisit.flow.verbs import PHRASES
from nextvisit.flow.verbs.offer_effects import BookingFailed, BookSlot, MakeOffer, NoneFree, SlotGone
from nextvisit.sdk.records import Purpose, Specialty
from nextvisit.sdk.replies import Intent
from tests.world.campaigns import EMAIL

ZONE = ZoneInfo("Europe/Warsaw")
AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
MORNING = datetime(2026, 12, 1, 7, tzinfo=UTC)
HERE = NodeId("here")

SEND = SendMessage(HERE, 1, 0, (EMAIL,), "hello", Purpose.RECALL, AT)
OFFER = MakeOffer(
    HERE, 1, 0, (EMAIL,), "offer", Purpose.RECALL, AT, Specialty("cardiology"), 3, timedelta(minutes=15)
)
BOOK = BookSlot(HERE, 1, "o1", 2)
ACTIONS: tuple[Action, ...] = (SEND, OFFER, BOOK, BookSlot(HERE, 1, "o1", 3))


@pytest.mark.parametrize(
    ("words", "told", "event"),
    [
        ("opens", "patient opens it", Opened(AT, "m1", 7)),
        ("is delivered", "it is delivered", Delivered(AT, "m1", 7)),
        ("delivery fails", "it cannot be delivered", DeliveryFailed(AT, "m1", "undeliverable", 7)),
        ("dies", "the MIS says that the patient has died", PatientGone(AT, "deceased", 7)),
        ("is merged", "the MIS merges the patient with another", PatientGone(AT, "merged", 7)),
        (
            "becomes inactive",
            "the MIS says that the patient's record is out of use",
            PatientGone(AT, "inactive", 7),
        ),
        ("is erased", "the patient's data are erased", PatientGone(AT, "erased", 7)),
        ("opts out elsewhere", "the patient opts out elsewhere", PatientGone(AT, "opted_out", 7)),
        ("appointment appears", "the MIS shows an appointment", GoalReached(AT, 7)),
        ("campaign stops", "the campaign is stopped", CampaignStopped(AT, 7)),
        ("replies declines", "patient replies: declines", Replied(AT, Intent.DECLINES, seq=7)),
        ("replies choice 2", "patient replies: choice 2", Replied(AT, Intent.CHOICE, choice=2, seq=7)),
        (
            "replies other_times wanting 2026-12-01 08:00",
            "patient replies: other_times wanting 2026-12-01 08:00",
            Replied(AT, Intent.OTHER_TIMES, wanted=MORNING, seq=7),
        ),
    ],
)
def test_words_make_an_event_happen(words: str, told: str, event: Signal) -> None:
    happening = read_happening(words, ZONE)
    assert isinstance(happening, Happening)
    assert (happening.told, happening.event(AT, "m1", 7)) == (told, event)


WRITE, LOOK, BOOKS = (
    "clinic would write `hello` by email",
    "clinic looks for free times",
    "clinic tries to book",
)


@pytest.mark.parametrize(
    ("words", "fits", "told", "result"),
    [
        ("next message fails", SEND, f"{WRITE}: refused for good", SendFailed(AT, "rejected")),
        ("next message unknown", SEND, f"{WRITE}: outcome unknown", SendUnknown(AT, "m1")),
        (
            "next message refused on this channel",
            SEND,
            f"{WRITE}: not on this channel",
            Skipped(AT, "consent.channel", "rung"),
        ),
        (
            "next message refused",
            SEND,
            f"{WRITE}: not this message",
            Skipped(AT, "frequency.exceeded", "message"),
        ),
        ("journey refused", SEND, f"{WRITE}: not at all", Skipped(AT, "consent.none", "journey")),
        (
            "next message deferred until 2026-12-01 08:00",
            SEND,
            f"{WRITE}: not before 2026-12-01 08:00",
            Deferred(AT, MORNING, "quiet_hours"),
        ),
        (
            "next offer deferred until 2026-12-01 08:00",
            OFFER,
            f"{LOOK}: not before 2026-12-01 08:00",
            Deferred(AT, MORNING, "quiet_hours"),
        ),
        ("nothing free", OFFER, f"{LOOK}: nothing free", NoneFree(AT)),
        ("booking fails", BOOK, f"{BOOKS}: the MIS refuses", BookingFailed(AT, "rejected")),
        ("slot 2 taken", BOOK, f"{BOOKS}: time 2 has been taken by somebody else", SlotGone(AT)),
    ],
)
def test_words_prepare_how_the_next_fitting_action_comes_out(
    words: str, fits: Action, told: str, result: Result
) -> None:
    prepared = read_happening(words, ZONE)
    assert isinstance(prepared, Prepared)
    alike = [action for action in ACTIONS if prepared.fits(action)]
    assert fits in alike
    assert {type(action) for action in alike} == {type(fits)}
    assert len(alike) == (2 if words == "booking fails" else 1)
    assert (prepared.told(fits), prepared.result(AT, "m1")) == (told, result)


def test_the_example_of_a_phrase_is_such_a_phrase() -> None:
    for phrase in PHRASES:
        assert phrase.pattern.fullmatch(phrase.example)


def test_an_instant_is_written_on_the_clinics_clock_and_is_in_utc() -> None:
    instant = local_instant("2026-12-01 08:00", ZONE)
    assert (instant, instant.tzinfo) == (MORNING, UTC)


NOTHING = "is nothing that can happen; did you mean"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("open", f"`open` {NOTHING} `opens`?"),
        ("is merge", f"`is merge` {NOTHING} `is merged`?"),
        ("appointment appear", f"`appointment appear` {NOTHING} `appointment appears`?"),
        ("campaign stop", f"`campaign stop` {NOTHING} `campaign stops`?"),
        ("reply wants_visit", f"`reply wants_visit` {NOTHING} `replies wants_visit`?"),
        ("slot two taken", f"`slot two taken` {NOTHING} `slot 2 taken`?"),
        ("next message failed", f"`next message failed` {NOTHING} `next message fails`?"),
        (
            "next message deferred until noon",
            f"`next message deferred until noon` {NOTHING} `next message deferred until 2026-11-30 10:00`?",
        ),
        ("replies wants_visits", "`wants_visits` is no meaning of a reply; did you mean `wants_visit`?"),
    ],
)
def test_words_that_mean_nothing_are_told_what_would_be_right(words: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        read_happening(words, ZONE)
