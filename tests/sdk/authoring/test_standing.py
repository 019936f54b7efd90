"""What a plugin says of itself is shown as done only as far as its capabilities bear it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nextvisit.sdk.authoring.fault import Wrong
from nextvisit.sdk.authoring.quality import Claim, Quality
from nextvisit.sdk.authoring.rules import CHANNEL, MIS
from nextvisit.sdk.authoring.standing import RuleStanding, in_counts, standings
from nextvisit.sdk.capabilities import NOTHING
from tests.sdk.vendors import ambulo, pigeon


def all_done(kind: str = "mis") -> Quality:
    tiers = MIS if kind == "mis" else CHANNEL
    claims = [Claim(tier, rule, None, 1) for tier, rules in tiers.items() for rule in rules]
    claims[0] = Claim(claims[0].tier, claims[0].rule, "for a reason", 1)
    return Quality("mis" if kind == "mis" else "channel", tuple(claims), "quality.yaml")


def still_open(found: Sequence[RuleStanding]) -> set[str]:
    return {each.rule for each in found if each.state == "open"}


def test_a_claim_that_capabilities_deny_is_open_and_says_why() -> None:
    sound = standings("mis", all_done(), (), ambulo.CAPABILITIES)
    assert still_open(sound) == set()
    assert sound[0] == RuleStanding("reads", "answers", "exempt", "for a reason")
    boasting = standings("mis", all_done(), (), NOTHING)
    assert {"once", "free", "cancels", "moves", "paced", "cut_booking", "lists"} <= still_open(boasting)
    assert all("capabilities" in each.why for each in boasting if each.state == "open")
    assert "everything" not in still_open(boasting)
    assert in_counts(boasting).startswith("reads 19 done, 1 exempt, 1 open · books 8 open · ")


def test_a_channel_that_hears_nothing_keeps_no_rule_of_hearing() -> None:
    assert still_open(standings("channel", all_done("channel"), (), pigeon.CAPABILITIES)) == set()
    deaf = replace(pigeon.CAPABILITIES, reports=frozenset(), receives=False)
    found = still_open(standings("channel", all_done("channel"), (), deaf))
    assert found == {"means", "find_their_message", "calls", "session"}


def test_of_whom_nobody_says_anything_every_rule_is_open() -> None:
    found = standings("mis", None, [Wrong("quality", "it has no quality.yaml", "")], ambulo.CAPABILITIES)
    assert {each.state for each in found} == {"open"}
    assert {each.why for each in found} == {"it has no quality.yaml"}
    other = standings("mis", all_done("channel"), (), ambulo.CAPABILITIES)
    assert {each.state for each in other} == {"open"}
