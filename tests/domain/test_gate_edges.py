"""What the gate says at the very instants at which its answer changes, and where two reasons meet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nextvisit.domain.budget import Budget, Contact, room_from
from nextvisit.domain.consent import ConsentEvent, Standing, Way, standing
from nextvisit.domain.contact_policy import ContactCase, Defer, Send, Skip, Suppression, decide
from nextvisit.domain.contact_reason import Reason
from nextvisit.domain.policies import DEFAULT_POLICY
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.records import ChannelKind, Purpose

NOW = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)  # Tuesday noon in Warsaw
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
SMS, MAIL = ChannelKind("sms"), ChannelKind("email")
SPACES = {SMS: AddressSpace("phone"), MAIL: AddressSpace("email")}
PERMIT = ConsentEvent("permit", tuple(Purpose), (), NOW - timedelta(days=30))
CASE = ContactCase(
    purpose=Purpose.RECALL,
    channel=SMS,
    spaces=SPACES,
    journey="j1",
    zone=ZoneInfo("Europe/Warsaw"),
    consents=(PERMIT,),
)


def gate(now: datetime = NOW, **changes: Any) -> Send | Defer | Skip:
    return decide(replace(CASE, **changes), DEFAULT_POLICY, now)


def test_a_wait_that_ends_at_the_deadline_is_too_long() -> None:
    too_near = Skip(Reason.DEADLINE_TOO_NEAR, "message", behind=Reason.CAMPAIGN_PAUSED)
    assert gate(campaign="paused", deadline=NOW + HOUR) == too_near
    assert gate(campaign="paused", deadline=NOW + HOUR + SECOND) == Defer(NOW + HOUR, Reason.CAMPAIGN_PAUSED)


@pytest.mark.parametrize(
    ("bans", "reason", "scope"),
    [
        ((Suppression("address"), Suppression("staff")), Reason.SUPPRESSED_STAFF, "journey"),
        ((Suppression("address"), Suppression("clinical")), Reason.SUPPRESSED_CLINICAL, "journey"),
        (
            (Suppression("clinical", channels=(SMS,)), Suppression("staff")),
            Reason.SUPPRESSED_STAFF,
            "journey",
        ),
    ],
)
def test_of_several_bans_the_widest_speaks(bans: tuple[Suppression, ...], reason: Reason, scope: str) -> None:
    assert gate(suppressions=bans) == gate(suppressions=bans[::-1]) == Skip(reason, scope)  # type: ignore[arg-type]


def test_the_eighteenth_birthday_is_the_first_day_as_an_adult_where_the_patient_lives() -> None:
    assert gate(birth_date="2008-11-24") == Send()
    # Ten in the evening of the 24th in New York, while it is the 25th in Europe and in Asia.
    evening = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
    there = {"birth_date": "2008-11-25", "zone": ZoneInfo("America/New_York")}
    assert gate(evening, **there) == Skip(Reason.MINOR_WITHOUT_GUARDIAN, "rung")


def test_a_refusal_of_one_channel_is_no_refusal_of_the_others() -> None:
    refusal = ConsentEvent("deny", tuple(Purpose), (SMS,), NOW - DAY)
    assert gate(consents=(PERMIT, refusal)) == Skip(Reason.CONSENT_DENIED, "rung")


def test_a_permit_counts_from_its_instant_and_a_refusal_even_before_it() -> None:
    def stands(event: ConsentEvent) -> Standing:
        return standing((event,), Purpose.RECALL, Way(SMS, SPACES[SMS]), NOW, DEFAULT_POLICY.consent)

    assert stands(replace(PERMIT, at=NOW)) is Standing.GRANTED
    assert stands(replace(PERMIT, at=NOW + SECOND)) is Standing.MISSING
    assert stands(ConsentEvent("deny", (Purpose.RECALL,), (), NOW + SECOND)) is Standing.DENIED


def test_an_answer_at_the_instant_of_the_question_is_one() -> None:
    assert gate(NIGHT, in_reply_to=NIGHT) == Send()


def test_a_purpose_without_any_room_is_skipped_and_not_put_off_for_ever() -> None:
    none = Budget({Purpose.RECALL: 0}, timedelta(days=7))
    policy = replace(DEFAULT_POLICY, budget=none)
    assert decide(CASE, policy, NOW) == Skip(Reason.FREQUENCY_BUDGET, "message")
    assert room_from((), Purpose.RECALL, "j1", NOW, none) is None
    assert room_from((), Purpose.RECALL, "j1", NOW, replace(none, ceilings={Purpose.RECALL: 1})) == NOW


def test_room_in_the_night_is_used_in_the_morning() -> None:
    older = (NIGHT - 6 * DAY, NOW - 2 * DAY, NOW - DAY)
    contacts = tuple(Contact(at, Purpose.RECALL, "other") for at in older)
    morning = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
    assert gate(contacts=contacts) == Defer(morning, Reason.FREQUENCY_BUDGET)


def test_a_shared_address_rests_a_day_and_then_until_it_may_be_written_to() -> None:
    def rested(others_at: datetime, now: datetime = NOW, **more: Any) -> Send | Defer | Skip:
        return gate(now, sharing=2, others_at=others_at, **more)

    assert rested(NOW - DAY) == Send()
    assert rested(NOW - HOUR) == Defer(NOW + DAY - HOUR, Reason.SHARED_ADDRESS_RESTS)
    morning = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
    assert rested(NIGHT, NOW + DAY) == Defer(morning, Reason.SHARED_ADDRESS_RESTS)
    holiday = frozenset({date(2026, 11, 26)})
    assert rested(NIGHT, NOW + DAY, holidays=holiday) == Defer(morning + DAY, Reason.SHARED_ADDRESS_RESTS)
