"""What must be true of every demo that has ended, whatever happened on the way."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.demo.driver import Ended

ALONE: Mapping[str, int] = {}
_OFFER = re.compile(r"\b1\) ")
_LINK = re.compile(r"https?://\S+")


def equations_hold(ended: Ended, *, cut: int = 0) -> None:
    """The verdict's own, which compare with what the servers counted.

    cut: how many messages may have been between their submission and its answer when a server was cut off.
    Nobody can say of them whether they went out, so they stay unknown and are never sent again.
    """
    failing = [
        f"{each.name}: {each.left} and {each.right}"
        for each in ended.verdict.equations
        if not each.holds and not (each.name == "unknown = 0" and each.left <= cut)
    ]
    assert not failing, f"{failing} in {ended.folder}"


def somebody_was_reached(ended: Ended) -> None:
    """Guards the other checks against a run in which nothing happened."""
    shown = ended.verdict.report
    assert shown.journeys.open == 0, f"{shown.journeys.open} journeys are open in {ended.folder}"
    assert shown.audience.contacted >= 20, f"only {shown.audience.contacted} were contacted in {ended.folder}"
    assert shown.bookings.ours > 0, f"no visit was booked in {ended.folder}"


def nobody_got_a_message_twice(ended: Ended, shared: Mapping[str, int] = ALONE) -> None:
    """By Message-ID and by content: a second copy under a new id would have the same words.

    shared: how many patients have a phone, where it is more than one: each of them may get the same. Whoever
    answers a reminder and says no more is reminded again.
    """
    servers = ended.verdict.servers
    assert servers["mail_duplicates"] == [], f"mails with one Message-ID in {ended.folder}"
    # The same times may be offered again, to somebody whose choice was taken or who asked for others.
    mails = Counter(
        (tuple(each["to"]), each["subject"], _words(each["text"]))
        for each in ended.mails
        if not _OFFER.search(each["text"])
    )
    texts: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for each in ended.texts:
        if not _OFFER.search(each["text"]):
            texts[each["to"], _words(each["text"])].append(datetime.fromisoformat(each["at"]))
    answers: dict[str, list[datetime]] = defaultdict(list)
    for each in ended.replied:
        answers[each["sender"]].append(datetime.fromisoformat(each["at"]))
    assert max(mails.values()) == 1, f"a patient got a mail twice in {ended.folder}"
    twice = [to for (to, _), sent in texts.items() if _unanswered(sent, answers[to]) > shared.get(to, 1)]
    assert not twice, f"a patient got a text twice in {ended.folder}"


def _unanswered(sent: Sequence[datetime], answers: Sequence[datetime]) -> int:
    """How many copies there are, but for those before which the one before was answered."""
    between = pairwise(sorted(sent))
    return len(sent) - sum(any(one < answer < other for answer in answers) for one, other in between)


def _words(text: str) -> str:
    """Without links, which are different in each message."""
    return _LINK.sub("", text)


def no_slot_is_booked_twice(ended: Ended) -> None:
    """By anybody, us or reception, as the FHIR server shows it."""
    slots = Counter(slot["reference"] for each in ended.appointments for slot in each.get("slot", ()))
    twice = [slot for slot, count in slots.items() if count > 1]
    assert not twice, f"{twice} booked twice in {ended.folder}"


def nobody_booked_twice(ended: Ended) -> None:
    """A patient has at most one future visit in the specialty."""
    made = [each for each in ended.appointments if each["id"].startswith("new-")]
    patients = Counter(_patient(each) for each in made)
    twice = [patient for patient, count in patients.items() if count > 1]
    assert not twice, f"{twice} hold two visits in {ended.folder}"


def _patient(appointment: Any) -> str:
    actors = (each["actor"]["reference"] for each in appointment["participant"])
    found: str = next(actor for actor in actors if actor.startswith("Patient/"))
    return found


def all_hold(ended: Ended, *, cut: int = 0, shared: Mapping[str, int] = ALONE) -> None:
    """Everything above."""
    equations_hold(ended, cut=cut)
    somebody_was_reached(ended)
    nobody_got_a_message_twice(ended, shared)
    no_slot_is_booked_twice(ended)
    nobody_booked_twice(ended)


def totals(ended: Ended) -> dict[str, Any]:
    """What one seed must repeat."""
    shown = ended.verdict.report
    return {
        # How many the segment held last depends on which firing was the last before the end.
        "audience": replace(shown.audience, at_last_firing=None),
        "ended": dict(shown.journeys.ended),
        "channels": {
            str(each.channel): {
                "planned": each.planned,
                "sent": each.sent,
                "opened": each.opened,
                "replied": each.replied,
                "skipped": each.skipped,
            }
            for each in shown.channels
        },
        "skipped": dict(shown.skipped),
        "bookings": shown.bookings,
        "opted out": shown.opted_out,
        "effect": (shown.contacted_effect, shown.holdout_effect),
    }
