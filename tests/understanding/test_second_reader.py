"""A model may raise a reply to a person and take a yes back. It never books, and never withdraws."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.model import Understood
from nextvisit.understanding.second_reader import weigh

NEVER_GIVEN = {Intent.CHOICE, Intent.CONFIRM, Intent.CANCEL, Intent.RESCHEDULE, Intent.OPT_OUT}
STOPS = {Intent.URGENT, Intent.DECEASED, Intent.OPT_OUT, Intent.HOLD}
YES = {Intent.CHOICE, Intent.CONFIRM, Intent.WANTS_VISIT}
FRIDAY = datetime(2026, 9, 25, 14, tzinfo=UTC)

understoods = st.builds(
    Understood,
    intent=st.sampled_from(Intent),
    choice=st.none() | st.integers(1, 3),
    wanted=st.none() | st.just(FRIDAY),
    confidence=st.floats(0, 1),
)
anything = st.dictionaries(st.sampled_from(Intent), st.floats(allow_nan=True, allow_infinity=True))
opinions = st.dictionaries(st.sampled_from(Intent), st.floats(0, 1))
scores_of_all_kinds = anything | opinions


@given(understoods, scores_of_all_kinds)
def test_it_never_books_confirms_cancels_moves_or_withdraws(
    understood: Understood, scores: Mapping[Intent, float]
) -> None:
    weighed = weigh(understood, scores)
    assert weighed == understood or weighed.intent not in NEVER_GIVEN


@given(understoods, scores_of_all_kinds)
def test_a_choice_and_a_time_are_the_rules_or_none(
    understood: Understood, scores: Mapping[Intent, float]
) -> None:
    weighed = weigh(understood, scores)
    assert weighed.choice in {None, understood.choice}
    assert weighed.wanted in {None, understood.wanted}


@given(understoods.filter(lambda each: each.intent in STOPS), scores_of_all_kinds)
def test_what_stops_us_by_the_rules_stands_or_is_raised(
    understood: Understood, scores: Mapping[Intent, float]
) -> None:
    weighed = weigh(understood, scores)
    raised = understood.intent is Intent.HOLD and weighed.intent in {Intent.URGENT, Intent.DECEASED}
    assert weighed == understood or raised


@given(understoods, scores_of_all_kinds)
def test_all_that_it_changes_leads_to_a_person_or_was_unclear(
    understood: Understood, scores: Mapping[Intent, float]
) -> None:
    weighed = weigh(understood, scores)
    assert (
        weighed == understood
        or weighed.intent in {Intent.URGENT, Intent.DECEASED, Intent.HOLD, Intent.UNCLEAR}
        or (understood.intent is Intent.UNCLEAR and understood.choice is None)
    )


@given(understoods, anything)
def test_a_score_that_is_none_says_nothing(understood: Understood, scores: Mapping[Intent, float]) -> None:
    sound = {intent: score for intent, score in scores.items() if 0 <= score <= 1}
    assert weigh(understood, scores) == weigh(understood, sound)


@given(understoods)
def test_without_an_opinion_the_rules_stand(understood: Understood) -> None:
    assert weigh(understood, {}) is understood
    assert weigh(understood, dict.fromkeys(Intent, math.nan)) is understood


@given(understoods, opinions)
def test_the_surer_of_an_emergency_the_more_it_is_one(
    understood: Understood, scores: Mapping[Intent, float]
) -> None:
    if understood.intent in {Intent.DECEASED, Intent.OPT_OUT}:
        return
    assert weigh(understood, {**scores, Intent.URGENT: 1.0}).intent is Intent.URGENT


@given(understoods, opinions)
def test_it_says_the_same_when_it_is_asked_again(
    understood: Understood, scores: Mapping[Intent, float]
) -> None:
    """What it would not have done at once, it does not do in two steps."""
    once = weigh(understood, scores)
    assert weigh(once, scores).intent not in NEVER_GIVEN - {understood.intent}
    if once.intent is not Intent.UNCLEAR:
        assert weigh(once, scores).intent is once.intent


@pytest.mark.parametrize("intent", sorted(YES))
def test_a_yes_that_reads_like_a_no_is_asked_back(intent: Intent) -> None:
    weighed = weigh(Understood(intent, choice=2, wanted=FRIDAY), {Intent.DECLINES: 0.8})
    assert (weighed.intent, weighed.choice, weighed.wanted) == (Intent.UNCLEAR, 2, None)


@pytest.mark.parametrize("intent", sorted(YES | {Intent.CANCEL, Intent.RESCHEDULE, Intent.DECLINES}))
def test_what_may_be_an_emergency_is_read_by_a_person_and_not_asked_back(intent: Intent) -> None:
    weighed = weigh(Understood(intent, choice=2), {Intent.URGENT: 0.3})
    assert (weighed.intent, weighed.choice) == (Intent.UNCLEAR, None)


def test_a_visit_is_not_given_up_when_the_second_reader_sees_a_question() -> None:
    assert weigh(Understood(Intent.CANCEL), {Intent.QUESTION: 0.9}).intent is Intent.UNCLEAR


def test_a_yes_that_reads_like_another_yes_stands() -> None:
    understood = Understood(Intent.CHOICE, choice=1)
    assert weigh(understood, {Intent.CONFIRM: 0.9, Intent.WANTS_VISIT: 0.8}) is understood


def test_a_yes_that_surely_means_nothing_is_asked_back_and_one_that_may_is_not() -> None:
    understood = Understood(Intent.CHOICE, choice=1)
    assert weigh(understood, {Intent.UNCLEAR: 0.95}) == Understood(
        Intent.UNCLEAR, choice=1, confidence=0.0, source="none"
    )
    assert weigh(understood, {Intent.UNCLEAR: 0.8}) is understood


def test_a_withdrawal_that_only_the_model_sees_holds() -> None:
    assert weigh(Understood(Intent.DECLINES), {Intent.OPT_OUT: 0.95}).intent is Intent.HOLD


def test_a_wrong_number_stays_one_unless_somebody_needs_help() -> None:
    understood = Understood(Intent.WRONG_NUMBER)
    assert weigh(understood, {Intent.OPT_OUT: 0.95, Intent.URGENT: 0.4}) is understood
    assert weigh(understood, {Intent.DECEASED: 0.6}).intent is Intent.DECEASED


@pytest.mark.parametrize(
    ("intent", "score", "becomes"),
    [
        (Intent.QUESTION, 0.65, Intent.QUESTION),
        (Intent.TOO_EXPENSIVE, 0.65, Intent.UNCLEAR),
        (Intent.TOO_EXPENSIVE, 0.75, Intent.TOO_EXPENSIVE),
        (Intent.WANTS_VISIT, 0.85, Intent.UNCLEAR),
        (Intent.WANTS_VISIT, 0.95, Intent.WANTS_VISIT),
        (Intent.DECLINES, 0.85, Intent.UNCLEAR),
        (Intent.SCORE, 1.0, Intent.UNCLEAR),
        (Intent.CANCEL, 1.0, Intent.UNCLEAR),
        (Intent.OTHER_LANGUAGE, 1.0, Intent.UNCLEAR),
    ],
)
def test_what_the_rules_left_unclear_is_named_when_it_is_sure_enough(
    intent: Intent, score: float, becomes: Intent
) -> None:
    assert weigh(Understood(Intent.UNCLEAR, source="none"), {intent: score}).intent is becomes


def test_what_is_to_be_asked_back_is_not_named_otherwise() -> None:
    understood = Understood(Intent.UNCLEAR, choice=2)
    assert weigh(understood, {Intent.QUESTION: 0.9}) is understood
