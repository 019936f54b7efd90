"""What a patient allowed and refused, and the silence that somebody asked for, in lines for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from nextvisit.desk.instants import minute
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.store.people.consents import Told
from nextvisit.store.people.suppressions import Kept

_SOURCES: Mapping[str, str] = {
    "staff": "taken down by staff",
    "reply": "said in an answer to us",
    "page": "said on the patient's page",
    "unsubscribe": "said by the unsubscribe link",
}


def consent_line(told: Told, zone: ZoneInfo) -> str:
    """What was decided, for what and where, when and by what way, and for whom else it holds."""
    event = told.event
    terms = f"{event.decision} for {about(event.purposes, event.channels, event.spaces)}"
    since = f"{'' if event.dated else 'first seen '}{minute(event.at, zone)}"
    begins = "" if event.starts_at is None else f", from {minute(event.starts_at, zone)}"
    until = "" if event.expires_at is None else f", until {minute(event.expires_at, zone)}"
    by = "" if told.by is None else f" ({told.by})"
    reach = "".join(f"; {each}" for each in _reach(told))
    return f"Consent: {terms}, {since}{begins}{until}, {source(event.source)}{by}{reach}."


def source(origin: str) -> str:
    """By what way a decision came to us."""
    kind, _, connection = origin.partition(":")
    return f"from the MIS ({connection})" if kind == "mis" else _SOURCES.get(origin, f"from {origin}")


def _reach(told: Told) -> Sequence[str]:
    said = [f"of {each}, which is or was the same person's record" for each in told.kin]
    if told.own and told.at_addresses:
        said.append("it holds for the addresses too, whoever is reached there")
    elif told.at_addresses:
        said.append("it came from an address where the patient is reached, and holds for everybody there")
    elif not told.own and not told.kin:
        said.append("of another record that is or was the same person's")
    return said


def ban_line(ban: Kept, zone: ZoneInfo) -> str:
    """What must not be written, since when, who put it, and under which id it is found."""
    until = "" if ban.until is None else f", until {minute(ban.until, zone)}"
    whom = f"patient {ban.patient}" if ban.patient is not None else f"an address ({ban.space})"
    terms = f"{ban.kind}, for {about(ban.purposes, ban.channels)}"
    put = f"since {minute(ban.since, zone)}{until}, put by {ban.put_by} ({ban.code})"
    return f"Suppression {ban.id} of {whom}: {terms}, {put}."


def about(
    purposes: Sequence[Purpose], channels: Sequence[ChannelKind], spaces: Sequence[AddressSpace] = ()
) -> str:
    """The purposes and the ways that something speaks of."""
    if not (purposes or channels or spaces):
        return "everything"
    ways = [f"by {', '.join(channels)}"] if channels else []
    if spaces:
        ways.append(f"at every address of these kinds: {', '.join(spaces)}")
    return f"{', '.join(purposes) or 'every purpose'} {' and '.join(ways) or 'by every channel'}"
