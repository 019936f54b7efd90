"""The gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.domain.budget import Contact
from nextvisit.domain.consent import ConsentEvent, Standing, Way, standing
from nextvisit.domain.contact_policy import ContactCase, Defer, Scope, Send, Skip, Suppression, decide
from nextvisit.domain.contact_reason import Reason
from nextvisit.domain.policies import DEFAULT_POLICY
from nextvisit.domain.quiet_hours import is_open
from nextvisit.domain.reply_holds import HOLDING, UNTIL_READ, ReplyHold, hold_of
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.sdk.replies import Intent

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)  # Tuesday noon in Warsaw
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
PERMIT = ConsentEvent("permit", tuple(Purpose), (), NOW - timedelta(days=30))
SMS, CALL, MAIL = ChannelKind("sms"), ChannelKind("call"), ChannelKind("email")
SPACES = {SMS: AddressSpace("phone"), CALL: AddressSpace("phone"), MAIL: AddressSpace("email")}
BY_SMS = Way(SMS, SPACES[SMS])
CASE = ContactCase(
    purpose=Purpose.RECALL, channel=SMS, spaces=SPACES, journey="j1", zone=WARSAW, consents=(PERMIT,)
)


def a_contact(days_ago: float, *, journey: str = "other", purpose: Purpose = Purpose.RECALL) -> Contact:
    return Contact(NOW - timedelta(days=days_ago), purpose, journey)


def test_nothing_against_it() -> None:
    assert decide(CASE, DEFAULT_POLICY, NOW) == Send()


@pytest.mark.parametrize(
    ("change", "reason", "scope"),
    [
        ({"journey_open": False}, Reason.JOURNEY_CLOSED, "journey"),
        ({"campaign": "stopped"}, Reason.CAMPAIGN_STOPPED, "journey"),
        ({"patient": "erased"}, Reason.PATIENT_ERASED, "journey"),
        ({"patient": "deceased"}, Reason.PATIENT_DECEASED, "journey"),
        ({"patient": "merged"}, Reason.PATIENT_MERGED, "journey"),
        ({"patient": "inactive"}, Reason.PATIENT_INACTIVE, "journey"),
        ({"patient": "test"}, Reason.PATIENT_TEST, "journey"),
        ({"patient": "restricted"}, Reason.PATIENT_RESTRICTED, "journey"),
        ({"patient": "deceased", "campaign": "paused"}, Reason.PATIENT_DECEASED, "journey"),
        ({"suppressions": (Suppression("clinical"),)}, Reason.SUPPRESSED_CLINICAL, "journey"),
        ({"suppressions": (Suppression("address"),)}, Reason.SUPPRESSED_ADDRESS, "rung"),
        (
            {"suppressions": (Suppression("staff", channels=(SMS,)),)},
            Reason.SUPPRESSED_STAFF,
            "rung",
        ),
        ({"suppressions": (Suppression("legal", at_address=True),)}, Reason.SUPPRESSED_LEGAL, "rung"),
        ({"birth_date": "2010-05-01"}, Reason.MINOR_WITHOUT_GUARDIAN, "rung"),
        ({"birth_date": "2008-11-25"}, Reason.MINOR_WITHOUT_GUARDIAN, "rung"),
        ({"birth_date": "2008"}, Reason.MINOR_WITHOUT_GUARDIAN, "rung"),
        ({"consents": ()}, Reason.CONSENT_MISSING, "journey"),
        ({"has_address": False}, Reason.NO_ADDRESS, "rung"),
        ({"has_connection": False}, Reason.NO_CONNECTION, "rung"),
        ({"reachable": False}, Reason.NOT_REACHABLE, "rung"),
        ({"unsayable": Reason.SESSION_OVER}, Reason.SESSION_OVER, "rung"),
        ({"unsayable": Reason.NO_FORM}, Reason.NO_FORM, "rung"),
        ({"sharing": 4}, Reason.SHARED_ADDRESS, "rung"),
        ({"sharing": 2, "purpose": Purpose.MARKETING}, Reason.SHARED_ADDRESS, "rung"),
        ({"deadline": NOW}, Reason.DEADLINE_PASSED, "message"),
    ],
)
def test_a_refusal_has_its_reason_and_reach(change: dict[str, Any], reason: Reason, scope: str) -> None:
    answer = decide(replace(CASE, **change), DEFAULT_POLICY, NOW)
    assert isinstance(answer, Skip)
    assert (answer.reason, answer.scope) == (reason, scope)


@pytest.mark.parametrize(
    "change",
    [
        {"birth_date": "2010-05-01", "to_guardian": True},
        {"birth_date": "1980"},
        {"birth_date": "2008-11-24"},  # eighteen today
        {"sharing": 3},
        {"suppressions": (Suppression("clinical", until=NOW),)},
        {"suppressions": (Suppression("legal", purposes=(Purpose.MARKETING,)),)},
        {"purpose": Purpose.SERVICE, "consents": ()},
        {"contacts": (a_contact(1), a_contact(2))},
        {"contacts": tuple(a_contact(1, journey="j1") for _ in range(5))},
        {"contacts": tuple(a_contact(1, purpose=Purpose.SERVICE) for _ in range(5))},
        {"deadline": NOW + timedelta(seconds=1)},
    ],
)
def test_what_does_not_stand_in_the_way(change: dict[str, Any]) -> None:
    assert decide(replace(CASE, **change), DEFAULT_POLICY, NOW) == Send()


def test_a_paused_campaign_asks_again_in_an_hour() -> None:
    answer = decide(replace(CASE, campaign="paused"), DEFAULT_POLICY, NOW)
    assert answer == Defer(NOW + timedelta(hours=1), Reason.CAMPAIGN_PAUSED)


def test_consent_for_another_channel_leaves_the_ladder_to_climb() -> None:
    only_mail = replace(PERMIT, channels=(MAIL,))
    answer = decide(replace(CASE, consents=(only_mail,)), DEFAULT_POLICY, NOW)
    assert answer == Skip(Reason.CONSENT_MISSING, "rung")


def test_a_stop_holds_for_every_kind_of_channel_that_writes_to_the_address() -> None:
    said = (PERMIT, ConsentEvent("withdraw", tuple(Purpose), (), NOW, spaces=(SPACES[SMS],)))
    for kind in (SMS, CALL):
        answer = decide(replace(CASE, channel=kind, consents=said), DEFAULT_POLICY, NOW)
        assert answer == Skip(Reason.CONSENT_DENIED, "rung")
    assert decide(replace(CASE, channel=MAIL, consents=said), DEFAULT_POLICY, NOW) == Send()
    nobody_has = Way(ChannelKind("chat"), SPACES[SMS])
    assert standing(said, Purpose.RECALL, nobody_has, NOW, DEFAULT_POLICY.consent) is Standing.DENIED


def test_consent_for_a_channel_that_the_site_has_not_opens_none_that_it_has() -> None:
    elsewhere = replace(PERMIT, channels=(ChannelKind("telegram"),))
    answer = decide(replace(CASE, consents=(elsewhere,)), DEFAULT_POLICY, NOW)
    assert answer == Skip(Reason.CONSENT_MISSING, "journey")


def test_the_fourth_contact_in_a_week_waits_for_the_first_to_be_a_week_old() -> None:
    case = replace(CASE, contacts=(a_contact(6), a_contact(3), a_contact(2)))
    answer = decide(case, DEFAULT_POLICY, NOW)
    assert answer == Defer(NOW + timedelta(days=1), Reason.FREQUENCY_BUDGET)
    assert decide(case, DEFAULT_POLICY, NOW + timedelta(days=1)) == Send()


def test_the_last_contact_of_the_week_is_kept_from_offers() -> None:
    two = (a_contact(2), a_contact(1))
    offer = replace(CASE, purpose=Purpose.MARKETING, contacts=two)
    assert isinstance(decide(offer, DEFAULT_POLICY, NOW), Defer)
    assert decide(replace(CASE, contacts=two), DEFAULT_POLICY, NOW) == Send()


def test_at_night_a_message_waits_for_the_morning_unless_it_answers() -> None:
    answer = decide(CASE, DEFAULT_POLICY, NIGHT)
    assert answer == Defer(datetime(2026, 11, 25, 8, 0, tzinfo=UTC), Reason.QUIET_HOURS)
    assert decide(replace(CASE, in_reply_to=NIGHT - timedelta(hours=2)), DEFAULT_POLICY, NIGHT) == Send()
    late = replace(CASE, in_reply_to=NIGHT - timedelta(hours=3))
    assert isinstance(decide(late, DEFAULT_POLICY, NIGHT), Defer)


def test_an_answer_is_owed_however_late_it_is() -> None:
    full = replace(
        CASE, contacts=(a_contact(3), a_contact(2), a_contact(1)), others_at=NOW - timedelta(hours=1)
    )
    assert isinstance(decide(full, DEFAULT_POLICY, NOW), Defer)
    late = replace(full, in_reply_to=NOW - timedelta(hours=30))
    assert decide(late, DEFAULT_POLICY, NOW) == Send()


def test_a_wait_beyond_the_deadline_is_a_skip_that_says_what_it_waited_for() -> None:
    case = replace(CASE, deadline=NIGHT + timedelta(hours=3))
    assert decide(case, DEFAULT_POLICY, NIGHT) == Skip(
        Reason.DEADLINE_TOO_NEAR, "message", behind=Reason.QUIET_HOURS
    )


def test_a_channel_that_is_down_waits_or_gives_way() -> None:
    down = replace(CASE, channel_down_since=NOW - timedelta(minutes=1))
    assert decide(down, DEFAULT_POLICY, NOW) == Defer(NOW + timedelta(minutes=15), Reason.CHANNEL_DOWN)
    eager = replace(DEFAULT_POLICY, when_channel_down="skip")
    assert decide(down, eager, NOW) == Skip(Reason.CHANNEL_DOWN, "rung")


def test_who_refuses_an_aside_has_refused_that_message_alone() -> None:
    denied = ConsentEvent("deny", (Purpose.MARKETING,), (), NOW)
    case = replace(CASE, purpose=Purpose.MARKETING, consents=(PERMIT, denied))
    assert decide(case, DEFAULT_POLICY, NOW) == Skip(Reason.CONSENT_DENIED, "journey")
    assert decide(replace(case, aside=True), DEFAULT_POLICY, NOW) == Skip(Reason.CONSENT_DENIED, "message")


def test_where_somebody_reads_who_refused_the_next_rung_may_reach_another() -> None:
    stop = ConsentEvent("withdraw", tuple(Purpose), (), NOW)
    case = replace(CASE, of_readers=(stop,))
    assert decide(case, DEFAULT_POLICY, NOW) == Skip(Reason.CONSENT_DENIED, "rung")
    anew = replace(PERMIT, at=NOW + timedelta(days=1))
    assert decide(replace(case, consents=(anew,)), DEFAULT_POLICY, NOW + timedelta(days=1)) == Send()


def test_one_message_may_try_a_channel_that_is_down() -> None:
    trying = replace(CASE, channel_down_since=NOW, channel_on_trial=True)
    assert decide(trying, DEFAULT_POLICY, NOW) == Send()


def test_nobody_waits_for_a_channel_whom_a_rung_could_spare_it() -> None:
    down = replace(CASE, channel_down_since=NOW - DEFAULT_POLICY.channel_patience)
    assert isinstance(decide(down, DEFAULT_POLICY, NOW), Defer)
    assert decide(replace(down, other_rung=True), DEFAULT_POLICY, NOW) == Skip(Reason.CHANNEL_DOWN, "rung")
    just_now = replace(down, other_rung=True, channel_down_since=NOW - timedelta(minutes=1))
    assert isinstance(decide(just_now, DEFAULT_POLICY, NOW), Defer)


@pytest.mark.parametrize(("other_rung", "scope"), [(True, "rung"), (False, "message")])
@pytest.mark.parametrize("left", [timedelta(), timedelta(minutes=14)])
def test_a_channel_that_stays_down_is_the_reason_and_not_the_deadline(
    left: timedelta, other_rung: bool, scope: Scope
) -> None:
    case = replace(CASE, channel_down_since=NOW, deadline=NOW + left, other_rung=other_rung)
    assert decide(case, DEFAULT_POLICY, NOW) == Skip(Reason.CHANNEL_DOWN, scope)


@pytest.mark.parametrize("deadline", [NOW, NOW - timedelta(days=3), NOW + timedelta(minutes=1)])
def test_a_fault_of_the_campaign_outlasts_every_deadline(deadline: datetime) -> None:
    case = replace(CASE, campaign="faulty", deadline=deadline)
    assert decide(case, DEFAULT_POLICY, NOW) == Defer(NOW + timedelta(hours=1), Reason.CAMPAIGN_FAULTY)


instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
zones = st.sampled_from([ZoneInfo(k) for k in ("Europe/Warsaw", "Asia/Kamchatka", "America/New_York")])
cases = st.builds(
    lambda **given: replace(CASE, **given),
    purpose=st.sampled_from(Purpose),
    channel=st.sampled_from(sorted(SPACES)),
    zone=zones,
    holidays=st.frozensets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=20),
    contacts=st.lists(
        st.builds(Contact, instants, st.sampled_from(Purpose), st.sampled_from(["j1", "j2"])), max_size=8
    ).map(tuple),
    deadline=st.none() | instants,
    campaign=st.sampled_from(["running", "paused"]),
)


@given(cases, instants)
def test_nothing_is_sent_outside_the_window_or_after_the_deadline(case: ContactCase, now: datetime) -> None:
    if decide(case, DEFAULT_POLICY, now) == Send():
        assert is_open(now, case.zone, DEFAULT_POLICY.windows[case.purpose], case.holidays)
        assert case.deadline is None or now < case.deadline


@given(cases, instants)
def test_a_deferral_lies_ahead_and_before_the_deadline(case: ContactCase, now: datetime) -> None:
    answer = decide(case, DEFAULT_POLICY, now)
    if isinstance(answer, Defer):
        assert answer.until > now
        assert case.deadline is None or answer.until < case.deadline


@given(cases, instants)
def test_waking_up_as_told_is_not_told_the_same_again(case: ContactCase, now: datetime) -> None:
    answer = decide(case, DEFAULT_POLICY, now)
    if isinstance(answer, Defer) and answer.reason in (Reason.QUIET_HOURS, Reason.FREQUENCY_BUDGET):
        again = decide(case, DEFAULT_POLICY, answer.until)
        assert not isinstance(again, Defer) or again.reason is not answer.reason


@given(cases, instants, st.timedeltas(timedelta(0), timedelta(days=400)), st.booleans())
def test_after_a_withdrawal_nothing_is_sent(
    case: ContactCase,
    now: datetime,
    ago: timedelta,
    in_reply: bool,
) -> None:
    withdrawal = ConsentEvent("withdraw", (case.purpose,), (), now - ago)
    older = ConsentEvent("permit", tuple(Purpose), (), now - ago - timedelta(days=1), source="mis")
    for consents in ((withdrawal, older), (older, withdrawal)):
        answer = decide(
            replace(case, consents=consents, in_reply_to=now if in_reply else None), DEFAULT_POLICY, now
        )
        assert answer != Send()


def test_a_permit_given_after_a_withdrawal_counts_and_at_the_same_instant_does_not() -> None:
    withdrawal = ConsentEvent("withdraw", (Purpose.RECALL,), (), NOW - timedelta(days=2))
    rules = DEFAULT_POLICY.consent
    later = replace(PERMIT, at=NOW - timedelta(days=1))
    same = replace(PERMIT, at=withdrawal.at)
    assert standing((later, withdrawal), Purpose.RECALL, BY_SMS, NOW, rules) is Standing.GRANTED
    assert standing((same, withdrawal), Purpose.RECALL, BY_SMS, NOW, rules) is Standing.DENIED


def test_a_permit_runs_out_after_three_years_or_on_its_day() -> None:
    rules = DEFAULT_POLICY.consent
    old = replace(PERMIT, at=NOW - timedelta(days=3 * 365))
    ended = replace(PERMIT, expires_at=NOW)
    for event in (old, ended):
        assert standing((event,), Purpose.RECALL, BY_SMS, NOW, rules) is Standing.EXPIRED
        assert standing((event,), Purpose.SERVICE, BY_SMS, NOW, rules) is Standing.GRANTED


def test_a_held_patient_is_asked_for_again_in_an_hour_as_long_as_there_is_time() -> None:
    held = replace(CASE, held=True)
    assert decide(held, DEFAULT_POLICY, NOW) == Defer(NOW + timedelta(hours=1), Reason.RECORD_UNREADABLE)
    soon = replace(held, deadline=NOW + timedelta(minutes=30))
    too_near = Skip(Reason.DEADLINE_TOO_NEAR, "message", behind=Reason.RECORD_UNREADABLE)
    assert decide(soon, DEFAULT_POLICY, NOW) == too_near


URGENT, DECEASED, HOLD = (ReplyHold(each) for each in (Intent.URGENT, Intent.DECEASED, Intent.HOLD))
UNREAD = ReplyHold(Intent.UNCLEAR, NOW + timedelta(days=2))


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize(
    ("hold", "reason"), [(URGENT, Reason.REPLY_URGENT), (DECEASED, Reason.REPLY_DECEASED)]
)
@pytest.mark.parametrize("wrote", [None, NOW])
def test_nothing_at_all_follows_what_may_be_urgent_or_of_a_death(
    purpose: Purpose, hold: ReplyHold, reason: Reason, wrote: datetime | None
) -> None:
    case = replace(CASE, purpose=purpose, reply_holds=(UNREAD, HOLD, hold), in_reply_to=wrote)
    assert decide(case, DEFAULT_POLICY, NOW) == Defer(NOW + DEFAULT_POLICY.pause_check, reason)


def test_who_may_want_less_is_invited_to_nothing_and_told_of_a_visit() -> None:
    held = replace(CASE, reply_holds=(HOLD,))
    until = NOW + DEFAULT_POLICY.pause_check
    for purpose in set(Purpose) - {Purpose.SERVICE}:
        answer = decide(replace(held, purpose=purpose), DEFAULT_POLICY, NOW)
        assert answer == Defer(until, Reason.REPLY_HOLD)
    assert decide(replace(held, purpose=Purpose.SERVICE), DEFAULT_POLICY, NOW) == Send()


def test_after_words_that_nobody_read_only_what_answers_the_patient_goes_out() -> None:
    held = replace(CASE, reply_holds=(UNREAD,))
    assert decide(held, DEFAULT_POLICY, NOW) == Defer(NOW + timedelta(hours=1), Reason.REPLY_UNREAD)
    assert decide(replace(held, in_reply_to=NOW), DEFAULT_POLICY, NOW) == Send()
    ends = NOW + timedelta(minutes=20)
    soon = replace(held, reply_holds=(replace(UNREAD, ends_at=ends),))
    assert decide(soon, DEFAULT_POLICY, NOW) == Defer(ends, Reason.REPLY_UNREAD)
    assert decide(soon, DEFAULT_POLICY, ends) == Send()


def test_what_would_have_to_wait_past_its_deadline_for_a_reader_is_not_sent() -> None:
    held = replace(CASE, reply_holds=(UNREAD,), deadline=NOW + timedelta(minutes=30))
    answer = decide(held, DEFAULT_POLICY, NOW)
    assert answer == Skip(Reason.DEADLINE_TOO_NEAR, "message", behind=Reason.REPLY_UNREAD)


def test_only_what_may_be_harmless_ends_by_itself() -> None:
    for intent in HOLDING:
        ends = hold_of(intent, NOW, timedelta(days=3)).ends_at
        assert (ends is None) == (intent in UNTIL_READ)
