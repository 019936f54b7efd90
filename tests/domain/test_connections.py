"""Which of two connections of one kind carries a message is said, and never left to their order."""

from __future__ import annotations

from itertools import permutations

import pytest

from nextvisit.domain.connections import Connection, Connections
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import Purpose
from nextvisit.sdk.testing.fake_channel import MAILS, TEXTS

SMS = TEXTS.kind
HOME = Connection("home", TEXTS, countries=frozenset({"PL"}))
ADS = Connection("ads", TEXTS, priority=3, purposes=frozenset({Purpose.MARKETING}))
REST = Connection("rest", TEXTS, priority=2)


def test_the_one_that_fits_with_the_highest_priority_carries_it_whatever_their_order() -> None:
    for order in permutations((HOME, ADS, REST, Connection("mail", MAILS))):
        both = Connections(order)
        assert both.choose(SMS, Purpose.MARKETING, "PL") == ADS
        assert both.choose(SMS, Purpose.RECALL, "PL") == REST
        assert both.choose(SMS, Purpose.RECALL, "DE") == REST
        assert both.kinds == ("email", "sms")


def test_another_takes_over_from_one_that_is_down_where_the_rule_allows() -> None:
    every = Connections((HOME, ADS, REST, Connection("mail", MAILS)))
    assert every.choose(SMS, Purpose.RECALL, "PL", down={"rest"}) == HOME
    assert every.choose(SMS, Purpose.MARKETING, "DE", down={"ads"}) == REST
    assert every.choose(SMS, Purpose.RECALL, "DE", down={"rest"}) == REST, "no other is for it"
    assert every.choose(SMS, Purpose.RECALL, "PL", down={"rest", "home"}) == REST


def test_nobody_carries_what_none_is_for() -> None:
    assert Connections((HOME,)).choose(SMS, Purpose.RECALL, "DE") is None
    assert Connections((HOME,)).choose(MAILS.kind, Purpose.RECALL, "PL") is None


def test_two_that_nothing_tells_apart_are_refused_with_both_names() -> None:
    abroad = Connection("abroad", TEXTS, countries=frozenset({"DE", "FR"}))
    assert Connections((HOME, abroad)).choose(SMS, Purpose.RECALL, "FR") == abroad
    with pytest.raises(ConfigError) as caught:
        Connections((HOME, Connection("other", TEXTS)))
    assert caught.value.code == "channels.ambiguous"
    assert caught.value.place == "channels.home, channels.other"
