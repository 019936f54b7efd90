"""What a patient's reply can mean."""

from __future__ import annotations

from enum import StrEnum


class Intent(StrEnum):
    """What a reply means. What stops us is found first and tolerantly, what permits us strictly.

    URGENT: somebody may need help now, harm to themselves included. DECEASED: the patient is said to be dead.
    OPT_OUT: write to me no more. HOLD: perhaps that, or only in part, so nothing more is sent until a person
    has asked. UNCLEAR: a person reads it.
    """

    URGENT = "urgent"
    DECEASED = "deceased"
    OPT_OUT = "opt_out"
    HOLD = "hold"
    WRONG_NUMBER = "wrong_number"  # the address is somebody else's
    CHOICE = "choice"  # one of the offered slots
    OTHER_TIMES = "other_times"
    WANTS_VISIT = "wants_visit"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    DECLINES = "declines"
    TOO_EXPENSIVE = "too_expensive"
    ALREADY_BOOKED = "already_booked"
    RUNNING_LATE = "running_late"
    FOR_ANOTHER = "for_another"  # a visit for somebody else, often a child
    SCORE = "score"  # a number from 0 to 10 that was asked for
    COMPLAINT = "complaint"
    OTHER_LANGUAGE = "other_language"  # asks to be written to in another
    QUESTION = "question"
    HUMAN = "human"
    UNCLEAR = "unclear"
