"""What all decisions of a patient come to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.domain.consent import ConsentEvent, ConsentRules, Standing, Way, standing
from nextvisit.sdk.addresses import MOBILE
from nextvisit.sdk.records import ChannelKind, Purpose
from tests.world.clock import NOW

DAY = timedelta(days=1)
SMS = Way(ChannelKind("sms"), MOBILE.space)
RULES = ConsentRules(required=frozenset({Purpose.MARKETING}), lasts=365 * DAY)
BOTH = (Purpose.MARKETING, Purpose.RECALL)


def permit(days_ago: int, *, lasts: int | None = None) -> ConsentEvent:
    at = NOW - days_ago * DAY
    return ConsentEvent("permit", BOTH, (SMS.kind,), at, expires_at=at + lasts * DAY if lasts else None)


def refusal(days_ago: int, *purposes: Purpose) -> ConsentEvent:
    return ConsentEvent("withdraw", purposes or BOTH, (SMS.kind,), NOW - days_ago * DAY)


def of(*events: ConsentEvent, purpose: Purpose = Purpose.MARKETING) -> Standing:
    """Whatever the order in which they are known."""
    forth, back = (standing(told, purpose, SMS, NOW, RULES) for told in (events, events[::-1]))
    assert forth is back
    return forth


def test_a_permit_undoes_refusals_only_if_it_is_later_than_all_of_them() -> None:
    assert of(refusal(30), permit(20)) is Standing.GRANTED
    assert of(refusal(30), permit(20), refusal(10)) is Standing.DENIED
    assert of(refusal(30), refusal(10), permit(5)) is Standing.GRANTED


def test_of_several_permits_the_last_says_until_when() -> None:
    assert of(permit(400), permit(20)) is Standing.GRANTED
    assert of(permit(20, lasts=365), permit(10, lasts=5)) is Standing.EXPIRED
    assert of(permit(20, lasts=5), permit(10, lasts=365)) is Standing.GRANTED


@pytest.mark.parametrize("purpose", BOTH)
def test_what_is_refused_for_one_purpose_is_not_for_another(purpose: Purpose) -> None:
    (other,) = set(BOTH) - {purpose}
    assert of(permit(20), refusal(10, other), purpose=purpose) is Standing.GRANTED
    assert of(permit(20), refusal(10, purpose), purpose=purpose) is Standing.DENIED


def test_a_permit_for_another_purpose_is_none() -> None:
    recall = ConsentEvent("permit", (Purpose.RECALL,), (), NOW - DAY)
    assert of(recall) is Standing.MISSING
