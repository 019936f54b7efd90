"""Which of two connections of one kind carries a message is said, and never left to their order."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from nextvisit.domain.connections import Connection, Connections
from nextvisit.sdk.addresses import EMAIL, MOBILE, AddressSpace
from nextvisit.sdk.channels import DeliveryStatus, MessageForm
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import ChannelKind, Purpose
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


def test_what_one_kind_of_channel_promises_all_of_its_connections_keep() -> None:
    poor = replace(
        TEXTS,
        forms=(MessageForm.MAIL, MessageForm.SHORT_TEXT),
        reports=frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.QUEUED}),
        receives=False,
        longest=70,
        media=frozenset({"image/png", "video/mp4"}),
    )
    rich = replace(TEXTS, longest=160, media=frozenset({"image/png", "application/pdf"}))
    for order in permutations((Connection("poor", poor), Connection("rich", rich, priority=2))):
        promised = Connections(order).capabilities[SMS]
        assert promised == replace(
            TEXTS,
            forms=(MessageForm.SHORT_TEXT,),
            reports=frozenset({DeliveryStatus.DELIVERED}),
            receives=False,
            longest=70,
            media=frozenset({"image/png"}),
        )
    unbounded = Connections((Connection("a", TEXTS), Connection("b", TEXTS, priority=2)))
    assert unbounded.capabilities == {SMS: TEXTS}
    bounded = Connections((Connection("a", TEXTS), Connection("b", rich, priority=2)))
    assert bounded.capabilities[SMS].longest == 160


def test_two_of_one_kind_that_write_to_different_addresses_are_refused_with_both_names() -> None:
    odd = Connection("odd", replace(TEXTS, addresses=EMAIL), priority=2)
    with pytest.raises(ConfigError) as caught:
        Connections((Connection("mail", MAILS), HOME, odd))
    assert str(caught.value) == (
        "channels.space: channels.home, channels.odd: both are of the kind 'sms' and write to addresses of different spaces"
    )


def test_the_refusal_of_two_says_what_would_tell_them_apart() -> None:
    with pytest.raises(ConfigError) as caught:
        Connections((Connection("mail", MAILS), HOME, Connection("other", TEXTS)))
    assert str(caught.value) == (
        "channels.ambiguous: channels.home, channels.other: nothing says which of the two 'sms' connections carries a message;"
        " give them different priorities, purposes or countries"
    )


def test_a_connection_is_found_by_its_name_and_addresses_by_their_kind() -> None:
    site = Connections((HOME, REST, Connection("mail", MAILS)))
    assert (site.named("rest"), site.named("away")) == (REST, None)
    assert (site.addresses_of(SMS), site.addresses_of(ChannelKind("pager"))) == (MOBILE, None)
    assert site.at(EMAIL.space) == (MAILS.kind,)
    assert site.at(AddressSpace("pager")) == ()
