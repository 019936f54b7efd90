"""What a rehearsal's script may say, in words: `opens`, `replies choice 2`, `slot 2 taken`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from nextvisit.domain.reply_holds import FOR_A_WHILE, HOLDS_INVITATIONS, UNREAD_FOR
from nextvisit.domain.task_reason import RECEPTION, TaskReason, outside_of_a_journey
from nextvisit.files.part import did_you_mean
from nextvisit.flow.engine.answering import TAKEN_OVER
from nextvisit.flow.engine.events import (
    CampaignStopped,
    Delivered,
    DeliveryFailed,
    GoalReached,
    GoneReason,
    Opened,
    PatientGone,
    Replied,
    Signal,
)
from nextvisit.flow.engine.play import Prepared, local_instant
from nextvisit.flow.rehearsal.words import Meant
from nextvisit.flow.verbs import PHRASES
from nextvisit.sdk.replies import Intent


@dataclass(frozen=True, slots=True)
class Happening:
    """An event from outside. `event(at, newest message, seq)` makes it; `told` is its line.

    besides: what else comes of it, whatever the journey makes of it. holds_for: how long what a timer sends
    waits.
    """

    told: str
    event: Callable[[datetime, str, int], Signal]
    besides: tuple[str, ...] = ()
    holds_for: timedelta | None = None


_GONE: dict[str, tuple[str, GoneReason]] = {
    "dies": ("the MIS says that the patient has died", "deceased"),
    "is merged": ("the MIS merges the patient with another", "merged"),
    "becomes inactive": ("the MIS says that the patient's record is out of use", "inactive"),
    "becomes a test": ("the MIS says that the patient's record is a test", "test"),
    "becomes restricted": ("the MIS says that the patient's record is very restricted", "restricted"),
    "is erased": ("the patient's data are erased", "erased"),
    "opts out elsewhere": ("the patient opts out elsewhere", "opted_out"),
    "is stopped": ("staff stops the journey", "staff"),
}

_NEWS: dict[str, Callable[[datetime, str, int], Signal]] = {
    "opens": Opened,
    "is delivered": Delivered,
    "delivery fails": lambda at, message, seq: DeliveryFailed(at, message, "undeliverable", seq),
}

_REPLY = re.compile(r"replies (\w+)(?: (\d+))?(?: wanting (\d{4}-\d\d-\d\d \d\d:\d\d))?")


def read_happening(text: str, zone: ZoneInfo) -> Happening | Prepared:
    """One line of a script. Raises ValueError with what would be right."""
    for phrase in PHRASES:
        if found := phrase.pattern.fullmatch(text):
            return phrase.prepare(found, zone)
    if text in _NEWS:
        told = {"opens": "patient opens it", "is delivered": "it is delivered"}.get(
            text, "it cannot be delivered"
        )
        return Happening(told, _NEWS[text])
    if text in _GONE:
        told, reason = _GONE[text]
        return Happening(told, lambda at, _, seq: PatientGone(at, reason, seq))
    if text == "appointment appears":
        return Happening("the MIS shows an appointment", lambda at, _, seq: GoalReached(at, seq))
    if text == "campaign stops":
        return Happening("the campaign is stopped", lambda at, _, seq: CampaignStopped(at, seq))
    if reply := _REPLY.fullmatch(text):
        return _reply(reply, zone)
    known = {
        *(phrase.example for phrase in PHRASES),
        *_NEWS,
        *_GONE,
        "appointment appears",
        "campaign stops",
        "replies wants_visit",
    }
    message = f"`{text}` is nothing that can happen{did_you_mean(text, known)}"
    raise ValueError(message)


def _reply(found: re.Match[str], zone: ZoneInfo) -> Happening:
    if found[1] not in set(Intent):
        message = f"`{found[1]}` is no meaning of a reply{did_you_mean(found[1], set(Intent))}"
        raise ValueError(message)
    intent = Intent(found[1])
    choice = int(found[2]) if found[2] else None
    wanted = local_instant(found[3], zone) if found[3] else None
    meant = Meant(intent, choice, wanted)
    return _told(f"patient replies: {found[0].removeprefix('replies ')}", meant, _at_once(intent))


def written(told: str, meant: Meant, *, in_journey: bool) -> Happening:
    """Words with this meaning. in_journey: it has not ended; else it is the intake that asks staff."""
    intent = meant.intent
    lines = [f"understood as {' '.join(map(str, filter(None, (intent.value, meant.choice))))}"]
    if intent is Intent.URGENT:
        lines.append("clinic writes at once whom to call")
    if intent is Intent.OPT_OUT:
        lines.append("the consent is withdrawn")
    elif not in_journey and intent not in TAKEN_OVER:
        lines.append(f"task for {RECEPTION}: {outside_of_a_journey(intent).value}")
    return _told(told, meant, (*lines, *_at_once(intent)))


def _at_once(intent: Intent) -> tuple[str, ...]:
    """What whoever tells the journey has done before."""
    if intent not in TAKEN_OVER:
        return ()
    what = "nothing that invites" if intent in HOLDS_INVITATIONS else "nothing"
    return (f"task for {RECEPTION}: {TaskReason(intent).value}; {what} is sent until somebody ends it",)


def _told(told: str, meant: Meant, besides: tuple[str, ...]) -> Happening:
    return Happening(
        told,
        lambda at, _, seq: Replied(at, meant.intent, choice=meant.choice, wanted=meant.wanted, seq=seq),
        besides,
        UNREAD_FOR if meant.intent in FOR_A_WHILE else None,
    )
