"""Each test of a kit proves a rule, and each rule is proved by tests that there are."""

from __future__ import annotations

import pytest

from nextvisit.sdk.authoring.rules import SUITES, TIERS, Kind
from nextvisit.sdk.testing import suites


def named_in(kind: Kind) -> list[str]:
    return [name for rules in TIERS[kind].values() for rule in rules.values() for name in rule.tests]


@pytest.mark.parametrize("kind", list(TIERS))
def test_each_test_of_the_kit_proves_one_rule(kind: Kind) -> None:
    suite = getattr(suites, SUITES[kind])
    assert sorted(named_in(kind)) == sorted(each for each in dir(suite) if each.startswith("test_"))


def test_each_kit_has_its_tiers() -> None:
    assert {each for each in suites.__all__ if each.endswith("Suite")} == set(SUITES.values())
    assert list(TIERS["mis"]) == ["reads", "books", "survives_cuts", "proves_deletes"]
    assert list(TIERS["channel"]) == ["sends", "reports", "receives", "talks", "asks_back"]
