"""The one gate before every send: send, wait, or do not.

`decide` asks its rules in order and takes the first answer. Rules about the whole journey come first,
then the message, then the channel, then those that merely wait; so a patient who has died is never
"deferred until Monday". Nothing here knows a name or an address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from nextvisit.domain.age import age_on
from nextvisit.domain.auto_reply import AutoReplyKind
from nextvisit.domain.budget import Budget, Contact, room_from
from nextvisit.domain.consent import ConsentEvent, ConsentRules, Standing, Way, standing
from nextvisit.domain.contact_reason import Reason
from nextvisit.domain.quiet_hours import Window, next_open
from nextvisit.domain.reply_holds import ReplyHold, holding
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.sdk.replies import Intent

PatientStatus = Literal["active", "inactive", "test", "restricted", "deceased", "merged", "erased"]
"""The gravest that the MIS says of a record."""

Scope = Literal["rung", "message", "journey"]
"""How far a refusal reaches: this channel only, this message on any channel, the whole journey."""


@dataclass(frozen=True, slots=True)
class Send:
    """Nothing speaks against it at this instant."""


@dataclass(frozen=True, slots=True)
class Defer:
    """Not now: ask again at `until`."""

    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Skip:
    """Not at all. `behind` is what the message would have waited for, when its deadline came first."""

    reason: Reason
    scope: Scope
    behind: Reason | None = None


Decision = Send | Defer | Skip


SuppressionKind = Literal["clinical", "legal", "staff", "address"]


@dataclass(frozen=True, slots=True)
class Suppression:
    """A ban on writing. Empty `purposes` or `channels` means all of them; `until` None means for good.

    at_address: it is about the address that is to be written to, and about no other of the patient's.
    """

    kind: SuppressionKind
    purposes: tuple[Purpose, ...] = ()
    channels: tuple[ChannelKind, ...] = ()
    until: datetime | None = None
    at_address: bool = False

    @property
    def narrow(self) -> bool:
        """Whether the next rung may get through."""
        return self.kind == "address" or self.at_address or bool(self.channels)


@dataclass(frozen=True, slots=True)
class ContactCase:
    """All that the gate needs to know of one message to one patient on one channel.

    spaces: the kinds of channel that the site has, with the addresses that each writes to.
    birth_date: as in `sdk.records.Patient`; somebody whose age nobody knows is taken for an adult.
    held: a version of the patient's record, or of a consent, could not be read.
    reply_holds: what the patient wrote, and nobody has seen to yet.
    to_guardian: the address is known to be a guardian's.
    of_readers: what those have refused for themselves who read at this address.
    sharing: how many patients have this address, the patient included. others_at: when one of the others
        was last written to there.
    holidays: public holidays at the patient's place, for at least the weeks ahead.
    in_reply_to: when the patient last wrote, if this message answers it.
    aside: the purpose is this message's own and not its campaign's.
    reachable: by its provider's word the address takes messages. unsayable: why nothing written goes out.
    full_until: when the connection takes messages again, if it has had as many of today as it may.
    channel_down_since: None while the channel works. channel_on_trial: it does not, and this message may try
        it. other_rung: the ladder has a rung after this one.
    at_once: it is an auto-reply of this kind, and no message of a journey's ladder.
    """

    purpose: Purpose
    channel: ChannelKind
    spaces: Mapping[ChannelKind, AddressSpace]
    journey: str
    zone: ZoneInfo
    journey_open: bool = True
    campaign: Literal["running", "paused", "faulty", "held", "stopped"] = "running"
    patient: PatientStatus = "active"
    held: bool = False
    reply_holds: tuple[ReplyHold, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    birth_date: str | None = None
    to_guardian: bool = False
    consents: tuple[ConsentEvent, ...] = ()
    of_readers: tuple[ConsentEvent, ...] = ()
    has_address: bool = True
    has_connection: bool = True
    sharing: int = 1
    others_at: datetime | None = None
    contacts: tuple[Contact, ...] = ()
    holidays: frozenset[date] = frozenset()
    in_reply_to: datetime | None = None
    deadline: datetime | None = None
    aside: bool = False
    reachable: bool = True
    unsayable: Reason | None = None
    full_until: datetime | None = None
    channel_down_since: datetime | None = None
    channel_on_trial: bool = False
    other_rung: bool = False
    at_once: AutoReplyKind | None = None


@dataclass(frozen=True, slots=True)
class ContactPolicy:
    """What a clinic, in its jurisdiction, allows. See `domain.policies.DEFAULT_POLICY`.

    sharing: how many patients may share an address that is written to, by purpose. A text names no
        more than a given name, so a family's phone may be told of a visit; it is not for offers.
    sharing_rest: how long a shared address rests between messages to different patients; two equal texts
        in a row would look like one sent twice.
    reply_grace: for how long after the patient wrote an answer may come at night. The answer itself is owed
        however late it is, so neither the budget nor a shared address's rest holds it back.
    when_channel_down: wait for the channel, or go to the next rung at once. Where there is a next rung,
        nobody waits longer than channel_patience.
    """

    consent: ConsentRules
    windows: Mapping[Purpose, Window]
    sharing: Mapping[Purpose, int]
    budget: Budget
    sharing_rest: timedelta = timedelta(hours=24)
    adult_age: int = 18
    pause_check: timedelta = timedelta(hours=1)
    reply_grace: timedelta = timedelta(hours=2)
    channel_check: timedelta = timedelta(minutes=15)
    channel_patience: timedelta = timedelta(hours=4)
    when_channel_down: Literal["defer", "skip"] = "defer"


def decide(case: ContactCase, policy: ContactPolicy, now: datetime) -> Decision:
    """Whether this message may go out at `now`. The same question has the same answer."""
    for rule in _RULES if case.at_once is None else _AT_ONCE[case.at_once]:
        answer = rule(case, policy, now)
        if isinstance(answer, Defer):
            return _in_time(answer, case)
        if answer is not None:
            return answer
    return Send()


def is_minor(birth_date: str | None, zone: ZoneInfo, policy: ContactPolicy, now: datetime) -> bool:
    """Whether somebody else answers for a patient of this birth date, who lives in `zone`."""
    return birth_date is not None and age_on(birth_date, now.astimezone(zone).date()) < policy.adult_age


def _in_time(wait: Defer, case: ContactCase) -> Defer | Skip:
    """A wait that outlasts the deadline is a refusal: of the message, or of a channel that takes nothing."""
    if case.deadline is None or wait.until < case.deadline or wait.reason in _MENDED.values():
        return wait
    if wait.reason in (Reason.CHANNEL_DOWN, Reason.DAILY_LIMIT):
        return _given_up(case, wait.reason)
    return Skip(Reason.DEADLINE_TOO_NEAR, "message", behind=wait.reason)


_MENDED = {"faulty": Reason.CAMPAIGN_FAULTY, "held": Reason.RESTORE_UNCONFIRMED}
_Rule = Callable[[ContactCase, ContactPolicy, datetime], Defer | Skip | None]


def _journey(case: ContactCase, _policy: ContactPolicy, _now: datetime) -> Skip | None:
    if not case.journey_open:
        return Skip(Reason.JOURNEY_CLOSED, "journey")
    if case.campaign == "stopped":
        return Skip(Reason.CAMPAIGN_STOPPED, "journey")
    return None


def _patient(case: ContactCase, _policy: ContactPolicy, _now: datetime) -> Skip | None:
    return None if case.patient == "active" else Skip(Reason(f"patient_{case.patient}"), "journey")


def _person(case: ContactCase, policy: ContactPolicy, now: datetime) -> Skip | None:
    """Whoever writes is somebody, whether the record is in use, a test or restricted."""
    return _patient(case, policy, now) if case.patient in {"deceased", "merged", "erased"} else None


def _fault(case: ContactCase, policy: ContactPolicy, now: datetime) -> Defer | None:
    """Before the deadline: whoever mends it, or confirms a restore, gives the messages the time back."""
    reason = _MENDED.get(case.campaign)
    return None if reason is None else Defer(now + policy.pause_check, reason)


def _deadline(case: ContactCase, _policy: ContactPolicy, now: datetime) -> Skip | None:
    if case.deadline is None or now < case.deadline:
        return None
    return (
        Skip(Reason.DEADLINE_PASSED, "message")
        if case.channel_down_since is None
        else _given_up(case, Reason.CHANNEL_DOWN)
    )


def _given_up(case: ContactCase, reason: Reason) -> Skip:
    """Waited for the channel for as long as the message makes sense."""
    return Skip(reason, "rung" if case.other_rung else "message")


def _pause(case: ContactCase, policy: ContactPolicy, now: datetime) -> Defer | None:
    if case.campaign == "paused":
        return Defer(now + policy.pause_check, Reason.CAMPAIGN_PAUSED)
    return None


def _hold(case: ContactCase, policy: ContactPolicy, now: datetime) -> Defer | None:
    if case.held:
        return Defer(now + policy.pause_check, Reason.RECORD_UNREADABLE)
    return None


_HELD_BY: Mapping[Intent, Reason] = {
    Intent.URGENT: Reason.REPLY_URGENT,
    Intent.DECEASED: Reason.REPLY_DECEASED,
    Intent.HOLD: Reason.REPLY_HOLD,
}


def _reply(case: ContactCase, policy: ContactPolicy, now: datetime) -> Defer | None:
    in_reply = _waited(case, now) is not None
    hold = holding(case.reply_holds, case.purpose, now, in_reply=in_reply)
    if hold is None:
        return None
    # A person may end it at any moment.
    until = now + policy.pause_check
    return Defer(
        until if hold.ends_at is None else min(until, hold.ends_at),
        _HELD_BY.get(hold.intent, Reason.REPLY_UNREAD),
    )


def _suppression(case: ContactCase, _policy: ContactPolicy, now: datetime) -> Skip | None:
    bans = [
        ban
        for ban in case.suppressions
        if (ban.until is None or now < ban.until)
        and (not ban.purposes or case.purpose in ban.purposes)
        and (not ban.channels or case.channel in ban.channels)
    ]
    if not bans:
        return None
    # The widest ban speaks, so that the journey ends where it has to.
    widest = min(bans, key=lambda ban: (ban.narrow, ban.kind))
    return Skip(Reason(f"suppressed_{widest.kind}"), "rung" if widest.narrow else "journey")


def _minor(case: ContactCase, policy: ContactPolicy, now: datetime) -> Skip | None:
    if case.to_guardian or not is_minor(case.birth_date, case.zone, policy, now):
        return None
    # The next channel's address may be a guardian's.
    return Skip(Reason.MINOR_WITHOUT_GUARDIAN, "rung")


def _address_ban(case: ContactCase, policy: ContactPolicy, now: datetime) -> Skip | None:
    at_address = tuple(ban for ban in case.suppressions if ban.kind == "address" or ban.at_address)
    return _suppression(replace(case, suppressions=at_address), policy, now)


_NO_CONSENT = {
    Standing.DENIED: Reason.CONSENT_DENIED,
    Standing.MISSING: Reason.CONSENT_MISSING,
    Standing.EXPIRED: Reason.CONSENT_EXPIRED,
}


def _consent(case: ContactCase, policy: ContactPolicy, now: datetime) -> Skip | None:
    def on(kind: ChannelKind, *more: ConsentEvent) -> Standing:
        said = (*case.consents, *more)
        return standing(said, case.purpose, Way(kind, case.spaces[kind]), now, policy.consent)

    here = on(case.channel, *case.of_readers)
    if here is Standing.GRANTED:
        return None
    elsewhere = any(on(kind) is Standing.GRANTED for kind in case.spaces)
    if elsewhere:
        return Skip(_NO_CONSENT[here], "rung")
    return Skip(_NO_CONSENT[here], "message" if case.aside else "journey")


def _address(case: ContactCase, policy: ContactPolicy, _now: datetime) -> Skip | None:
    lacking = (
        (not case.has_address, Reason.NO_ADDRESS),
        (not case.has_connection, Reason.NO_CONNECTION),
        (not case.reachable, Reason.NOT_REACHABLE),
        (case.unsayable is not None, case.unsayable),
        (case.sharing > policy.sharing[case.purpose], Reason.SHARED_ADDRESS),
    )
    return next((Skip(reason, "rung") for holds, reason in lacking if holds and reason), None)


def _waited(case: ContactCase, now: datetime) -> timedelta | None:
    """How long the patient, who wrote, has waited for this answer. None: it is none."""
    return None if case.in_reply_to is None or now < case.in_reply_to else now - case.in_reply_to


def _budget(case: ContactCase, policy: ContactPolicy, now: datetime) -> Defer | Skip | None:
    if _waited(case, now) is not None:
        return None
    room = room_from(case.contacts, case.purpose, case.journey, now, policy.budget)
    if room is None:
        return Skip(Reason.FREQUENCY_BUDGET, "message")
    if room <= now:
        return None
    # Straight to the next open hour, which spares a second waiting.
    opening = next_open(room, case.zone, policy.windows[case.purpose], case.holidays)
    return Defer(opening, Reason.FREQUENCY_BUDGET)


def _shared_rest(case: ContactCase, policy: ContactPolicy, now: datetime) -> Defer | None:
    if case.others_at is None or _waited(case, now) is not None:
        return None
    rested = case.others_at + policy.sharing_rest
    if rested <= now:
        return None
    opening = next_open(rested, case.zone, policy.windows[case.purpose], case.holidays)
    return Defer(opening, Reason.SHARED_ADDRESS_RESTS)


def _quiet_hours(case: ContactCase, policy: ContactPolicy, now: datetime) -> Defer | None:
    waited = _waited(case, now)
    if waited is not None and waited <= policy.reply_grace:
        return None
    opening = next_open(now, case.zone, policy.windows[case.purpose], case.holidays)
    return Defer(opening, Reason.QUIET_HOURS) if opening > now else None


def _daily_limit(case: ContactCase, policy: ContactPolicy, now: datetime) -> Defer | None:
    if case.full_until is None or case.full_until <= now:
        return None
    opening = next_open(case.full_until, case.zone, policy.windows[case.purpose], case.holidays)
    return Defer(opening, Reason.DAILY_LIMIT)


def _channel(case: ContactCase, policy: ContactPolicy, now: datetime) -> Defer | Skip | None:
    if case.channel_down_since is None or case.channel_on_trial:
        return None
    waited_long = case.other_rung and now - case.channel_down_since >= policy.channel_patience
    if policy.when_channel_down == "skip" or waited_long:
        return Skip(Reason.CHANNEL_DOWN, "rung")
    return Defer(now + policy.channel_check, Reason.CHANNEL_DOWN)


_RULES: tuple[_Rule, ...] = (
    _journey,
    _patient,
    _fault,
    _deadline,
    _pause,
    _hold,
    _reply,
    _suppression,
    _consent,
    _minor,
    _address,
    _budget,
    _shared_rest,
    _quiet_hours,
    _daily_limit,
    _channel,
)

# Whoever wrote is awake and reads there: no hours, rest, budget or sharers hold an answer back.
_AT_ONCE: Mapping[AutoReplyKind, tuple[_Rule, ...]] = {
    AutoReplyKind.EMERGENCY: (_person, _deadline, _hold, _address_ban, _channel),
    AutoReplyKind.STOP_CONFIRMED: (_patient, _deadline, _hold, _suppression, _channel),
    AutoReplyKind.ASK_BACK: (
        *(_journey, _patient, _deadline, _hold, _reply, _suppression),
        *(_fault, _pause, _consent, _channel),
    ),
}
