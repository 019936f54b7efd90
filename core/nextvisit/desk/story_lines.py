"""A journey's story in lines for people: what happened, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from nextvisit.desk.instants import minute
from nextvisit.desk.journeys import Explained, Ladder
from nextvisit.desk.permission_lines import consent_line, source
from nextvisit.domain.auto_reply import AutoReplyKind
from nextvisit.domain.contact_reason import Reason
from nextvisit.flow.engine.events import Deferred, GoneReason, PatientGone, Replied, Signal
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.journeys.stories import Story
from nextvisit.store.messages.auto_reply_rows import AutoReply
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people.consents import Told

Row = tuple[datetime, str, str, str]

_GONE: Mapping[GoneReason, str] = {
    "deceased": "the MIS says that the patient has died",
    "merged": "the MIS has merged the record with another",
    "inactive": "the MIS says that the record is out of use",
    "test": "the MIS says that the record is a test and nobody's",
    "restricted": "the MIS says that the record is very restricted",
    "erased": "the patient's data were erased",
    "opted_out": "the patient wants no more of this",
    "staff": "staff stopped the journey",
}

_WRITTEN_BACK: Mapping[AutoReplyKind, str] = {
    AutoReplyKind.EMERGENCY: "the emergency number, because the patient may need help",
    AutoReplyKind.STOP_CONFIRMED: "that the STOP was heard",
    AutoReplyKind.ASK_BACK: "whether the patient means that time",
}


def timeline(story: Story, ladder: Ladder) -> list[Row]:
    """(at, what, step, came to), oldest first."""
    happened: list[Row] = []
    for decision in story.decisions:
        reason = _reason(decision.reason, decision.rung, ladder)
        came_to = decision.result if reason is None else f"{decision.result} ({reason})"
        happened.append((decision.at, decision.effect.replace("_", " "), decision.node, came_to))
    happened += [(event.at, "heard", "", _signal(event)) for event in story.events]
    for message in story.messages:
        for what, at in (("delivered", message.delivered_at), ("opened", message.opened_at)):
            if at is not None:
                happened.append((at, what, message.node, str(message.channel or "")))
    happened += [
        (each.planned_at, "auto-reply", "", f"{_WRITTEN_BACK[each.kind]}: {_came_to(each)}")
        for each in story.auto_replies
    ]
    return sorted(happened, key=lambda row: row[0])


def reasons(explained: Explained, zone: ZoneInfo) -> Iterator[str]:
    """Sentences: how the patient came in, on what consent, and each message's fate with its reason."""
    story = explained.story
    head = story.head
    yield f"Times are those of {zone}."
    yield (
        f"Enrolled on {minute(head.enrolled_at, zone)} by {head.campaign}, version {head.version[:12]}: "
        "the patient was in its segment and not in its holdout."
    )
    yield f"Its segment: {explained.segment}."
    for condition, words in explained.conditions.items():
        yield f"True of the patient then ({condition}): {words}."
    yield from (consent_line(each, zone) for each in explained.consent)
    if not explained.consent:
        yield "No consent is on record."
    for message in story.messages:
        yield _fate(message, explained, zone)
    for reply in story.auto_replies:
        yield f"{minute(reply.planned_at, zone)}, at once: {_WRITTEN_BACK[reply.kind]}; {_came_to(reply)}."
    for event in story.events:
        yield f"{minute(event.at, zone)}: {_signal(event)}{_by(event, explained.consent)}."
    for booking in story.bookings:
        yield f"Booking {booking.id} for {minute(booking.start_at, zone)}: {booking.state}."
    yield f"The journey is {'open' if head.outcome is None else f'over: {head.outcome}'}."


def _fate(message: Message, explained: Explained, zone: ZoneInfo) -> str:
    what = f"Step {message.node}, text {message.template!r}"
    match message.state:
        case "sent":
            at = "" if message.sent_at is None else f" on {minute(message.sent_at, zone)}"
            return f"{what}: sent by {message.channel}{at}, now {message.status or 'sent'}."
        case "skipped":
            reason = _reason(message.reason, message.rung, explained.ladder)
            return f"{what}: not sent, because {reason}{_refusal(message, explained.consent, zone)}."
        case "unknown":
            return (
                f"{what}: may have been sent by {message.channel}; nobody can say, so it is not sent again."
            )
        case "planned":
            return f"{what}: planned{_waits(explained.story.head, zone)}."
        case "claimed":
            return f"{what}: claimed, and about to be sent."
        case _:
            assert_never(message.state)


def _came_to(reply: AutoReply) -> str:
    return f"{reply.state} ({reply.reason})" if reply.reason is not None else reply.state


def _waits(head: JourneyHead, zone: ZoneInfo) -> str:
    """The gate's last word to the one message that an open journey has in hand."""
    if not isinstance(head.result, Deferred):
        return ""
    return f"; it waits until {minute(head.result.until, zone)}, because {head.result.reason}"


def _refusal(message: Message, consent: Sequence[Told], zone: ZoneInfo) -> str:
    """The last refusal of such messages, where one is why nothing was sent."""
    if message.reason != Reason.CONSENT_DENIED:
        return ""
    refusals = [
        each.event
        for each in consent
        if each.event.decision != "permit" and message.purpose in each.event.purposes
    ]
    if not refusals:
        return ""
    last = refusals[-1]
    return f" ({last.decision} of {minute(last.at, zone)}, {source(last.source)})"


def _by(event: Signal, consent: Sequence[Told]) -> str:
    """By what way a patient said what ended the journey; the decision was kept at the same instant."""
    if not isinstance(event, PatientGone) or event.reason != "opted_out":
        return ""
    said = {source(each.event.source) for each in consent if each.event.at == event.at}
    return f" ({', '.join(sorted(said))})" if said else ""


def _reason(reason: str | None, rung: int, ladder: Ladder) -> str | None:
    """Of a rung whose channels all refuse, what the last one says is kept."""
    if reason != Reason.NO_ADDRESS or rung >= len(ladder) or not ladder[rung]:
        return reason
    return f"{reason}: {ladder[rung][-1]}"


def _signal(event: Signal) -> str:
    if isinstance(event, Replied):
        choice = "" if event.choice is None else f" {event.choice}"
        return f"the patient answered: {event.intent}{choice}"
    if isinstance(event, PatientGone):
        return _GONE[event.reason]
    return event.kind.replace("_", " ")
