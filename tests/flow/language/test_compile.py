"""What a program holds of its campaign, on a site that has only some of its channels."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

import pytest

from nextvisit.files.fault import InvalidFile
from nextvisit.files.part import SourceFile
from nextvisit.flow.engine.program import Program, Rung
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import load_campaign
from nextvisit.sdk.records import ChannelKind, Purpose, Specialty
from nextvisit.segments.model import Has, LastVisit
from nextvisit.segments.spans import Span
from tests.world.campaigns import EMAIL, EMAIL_SMS, HEAD, LADDER, SMS, english, small

CAMPAIGN = """\
campaign: everything
purpose: marketing
priority: 7
enrol:
  schedule: { cron: "0 10 * * *" }
  segment:
    all:
      - any: [ { visited: { specialty: one } }, { not: { visited: { specialty: two } } } ]
      - last_visit: { specialty: three, over: 12 months }
      - last_visit: { over: 12 months }
  holdout: 2.5%
  pace: { open_slots: { specialty: four, within: 14 days, invite_per_slot: 2 } }
goal: { appointment: booked, within: 60 days }
deadline: 2 days
ladder:
  - { channel: [viber, email], until: delivered, for: 24 hours }
  - { channel: viber, until: opened, for: 1 hour }
  - { channel: email, until: read, for: 2 hours }
  - { channel: sms }
steps:
  - branch: [ { when: { last_visit: { specialty: five, over: 12 months } }, steps: [ { send: late } ] } ]
  - send: [ { when: { has: phone }, use: first }, { use: second } ]
  - offer: { specialty: six }
"""


def test_a_program_holds_what_its_campaign_says() -> None:
    loaded = load_campaign(SourceFile("c.yaml", CAMPAIGN), [english("late", "first", "second", "offer")])
    program = compile_campaign(loaded, usable=EMAIL_SMS)
    assert program == Program(
        campaign="everything",
        version=loaded.version,
        purpose=Purpose.MARKETING,
        priority=7,
        ladder=(
            Rung((EMAIL,), "delivered", timedelta(hours=24)),
            Rung((), "opened", timedelta(hours=1)),
            Rung((EMAIL,), "opened", timedelta(hours=2)),
            Rung((SMS,)),
        ),
        unknown="next_rung",
        deadline=timedelta(days=2),
        goal_within=timedelta(days=60),
        nodes=program.nodes,
        start=program.start,
        conditions=MappingProxyType(
            {
                "0.branch.0": LastVisit(specialty=Specialty("five"), over=Span(12, "month")),
                "1.send.0": Has("phone"),
            }
        ),
        specialties=frozenset(map(Specialty, ("one", "two", "three", "four", "five", "six"))),
        templates=frozenset({"late", "first", "second", "offer"}),
    )
    assert list(program.nodes) == ["end", "end.handed_over", "0.branch.0.0", "0", "1", "2"]
    assert program.start == "0"


def test_whoever_looks_at_a_program_sees_where_it_chooses_by_the_patient() -> None:
    steps = """\
steps:
  - branch: [ { when: { has: email }, goto: last } ]
  - send: [ { when: { has: phone }, use: first }, { use: second } ]
  - { id: last, ask: { message: first, silence: { after: 1 day } } }
"""
    loaded = load_campaign(SourceFile("c.yaml", f"{HEAD}{LADDER}{steps}"), [english("first", "second")])
    nodes = compile_campaign(loaded, usable=frozenset({ChannelKind("sms")})).nodes
    assert [node.choices() for node in nodes.values()] == [
        (),
        (),
        (("0.branch.0", "last"), (None, "1")),
        (("1.send.0", "first"), (None, "second")),
        ((None, "first"),),
    ]


@pytest.mark.parametrize(
    ("written", "share"), [("50 %", 0.5), ("10 %", 0.1), ("2.5%", 0.025), ("0 %", 0.0)], ids=str
)
def test_a_share_is_a_percentage_up_to_a_half(written: str, share: float) -> None:
    campaign = CAMPAIGN.replace("2.5%", f'"{written}"')
    assert load_campaign(SourceFile("c.yaml", campaign), [english("late")]).model.enrol.holdout == share


@pytest.mark.parametrize("written", ["51 %", "50.5 %", "100 %", "0.1", "10"])
def test_no_more_than_a_half_is_held_out_and_no_bare_number_is_a_share(written: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        load_campaign(SourceFile("c.yaml", CAMPAIGN.replace("2.5%", written)), [english("late")])
    assert [str(fault) for fault in caught.value.faults] == [
        f"c.yaml:11:12: error: `{written}` is no share; write a percentage from 0 to 50, such as `10 %`"
    ]


def test_lists_within_an_answer_listen_for_its_ask_again() -> None:
    steps = """\
steps:
  - id: invite
    ask:
      message: hello
      answers:
        question: [ { branch: [ { when: { has: email }, steps: [ { wait_for: reply } ] } ] } ]
        confirm: [ { send: hello, then: [ { wait_for: reply } ] } ]
        wants_visit:
          - offer: { specialty: cardiology, message: hello }
            none_free: [ { wait_for: reply } ]
      silence: { after: 1 day, steps: [ { wait_for: reply } ] }
"""
    load_campaign(SourceFile("c.yaml", f"{HEAD}{LADDER}{steps}"), [english("hello")])


def test_an_arm_that_goes_to_no_step_is_at_fault_where_it_stands() -> None:
    steps = "steps:\n  - branch: [ { when: { has: email }, goto: nowhere } ]\n"
    with pytest.raises(InvalidFile) as caught:
        load_campaign(SourceFile("c.yaml", f"{HEAD}{LADDER}{steps}"), [english("hello")])
    assert [str(fault) for fault in caught.value.faults] == [
        "c.yaml:9:45: error: there is no step `nowhere`; known here: end"
    ]


def test_steps_within_a_step_are_named_by_their_path() -> None:
    program = small("  - { send: a, then: [ { wait: 1 day }, { id: named, send: b } ] }\n", "a", "b")
    assert list(program.nodes) == ["end", "end.handed_over", "0.then.0", "named", "0"]
