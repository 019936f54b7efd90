"""What speaks for and against writing to a patient, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from nextvisit.desk.instants import shown
from nextvisit.desk.patients import KnownPatient
from nextvisit.desk.permission_lines import ban_line, consent_line
from nextvisit.domain.task_reason import TaskReason, in_words
from nextvisit.store.people.holds import IDENTITY_CHANGED


def told(known: KnownPatient, zone: ZoneInfo) -> Iterator[str]:
    """What the MIS says of the record, what is held, the patient's decisions, and who asked for silence."""
    against = [*_record(known), *_held(known, zone), *_wrote(known, zone)]
    refused = [each for each in known.consents if each.event.decision != "permit"]
    if against:
        yield "; ".join(against)
    elif not refused and not known.suppressions:
        yield "nothing on record speaks against writing"
    for each in known.succession.replaced:
        yield f"{each} was merged into this record: what was refused for it holds here too"
    if known.details:
        yield f"known of the patient: {counted(known.details)}"
    if known.consents:
        yield f"Times are those of {zone}."
    yield from (consent_line(each, zone) for each in known.consents)
    yield from (ban_line(each, zone) for each in known.suppressions)


def counted(details: Mapping[str, int]) -> str:
    """How many there are of each kind of detail: `condition 2, result ready 1`."""
    return ", ".join(f"{kind.replace('_', ' ')} {count}" for kind, count in details.items())


def _record(known: KnownPatient) -> Iterator[str]:
    against = {
        "has died": known.deceased,
        "is out of use": not known.active,
        "is a test": known.test,
        "is very restricted": known.restricted,
    }
    yield from (f"the record {words}" for words, true in against.items() if true)
    if known.twin_died and not known.deceased:
        yield "another record with the same number and date of birth is of somebody who has died"
    if known.succession.merged:
        yield f"the record was merged into {known.succession.survivor or 'one that is not here'}"


def _held(known: KnownPatient, zone: ZoneInfo) -> Iterator[str]:
    for each in known.held:
        what = "is somebody else" if each.reason == IDENTITY_CHANGED else "could not be read"
        yield f"{each.ref} {what} since {shown(each.since, zone)} ({each.reason})"


def _wrote(known: KnownPatient, zone: ZoneInfo) -> Iterator[str]:
    for each in known.reply_holds:
        task = "a task will follow" if each.task is None else f"task {each.task}"
        what = in_words(TaskReason(each.intent), "en")
        yield f"wrote on {shown(each.since, zone)}, and nobody has seen to it: {what} ({task})"
