"""What `check` says of campaigns whose form is right: every fault in full, at its place, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nextvisit.files.part import SourceFile
from nextvisit.flow.language.check import check_campaign
from nextvisit.flow.language.load import load_campaign
from nextvisit.sdk.channels import ChannelCapabilities
from nextvisit.sdk.records import ChannelKind
from tests.world.campaigns import CHANNELS, EMAIL, HEAD, SMS, english

WORDLESS = ChannelKind("carrier_pigeon")
SITE = {**CHANNELS, WORDLESS: replace(CHANNELS[SMS], kind=WORDLESS, reports=frozenset())}
"""A site that has, beside e-mail and SMS, a channel of texts that reports nothing."""

RIGHT = "ladder: [ { channel: email, until: opened, for: 24 hours }, { channel: sms } ]\n"
SAY = "steps: [ { send: hello } ]\n"


def said(
    campaign: str, *messages: str, channels: dict[ChannelKind, ChannelCapabilities] = SITE, head: str = HEAD
) -> list[str]:
    """The faults as shown; line 5 is the first after the head."""
    files = [SourceFile(f"m{number}.yaml", text) for number, text in enumerate(messages)]
    loaded = load_campaign(SourceFile("c.yaml", head + campaign), files or [english("hello")])
    return [str(fault) for fault in check_campaign(loaded, channels)]


@pytest.mark.parametrize(
    ("ladder", "faults"),
    [
        (
            "ladder: [ { channel: [fax, viber] }, { channel: tube } ]\n",
            [
                "c.yaml:5:9: error: no connection of this site offers any of these channels: fax, viber, tube; add one",
                "c.yaml:5:22: warning: no connection of this site offers `fax`; it will be passed over",
                "c.yaml:5:22: warning: no connection of this site offers `viber`; it will be passed over",
                "c.yaml:5:49: warning: no connection of this site offers `tube`; it will be passed over",
            ],
        ),
        (
            "ladder: [ { channel: sms }, { channel: [email, sms] } ]\n",
            ["c.yaml:5:40: warning: `sms` is on the ladder twice"],
        ),
        (
            """\
ladder:
  - { channel: email, until: opened, for: 2 days }
  - { channel: sms }
  - { channel: carrier_pigeon }
""",
            [],
        ),
        (
            """\
ladder:
  - { channel: sms, until: delivered, for: 2 days }
  - { channel: email }
  - { channel: viber, until: opened, for: 2 days }
""",
            [
                "c.yaml:8:16: warning: no connection of this site offers `viber`; it will be passed over",
                "c.yaml:8:30: warning: `until` on the last rung has no effect: there is no rung after it",
            ],
        ),
        (
            """\
ladder:
  - { channel: sms, until: opened, for: 2 days }
  - { channel: carrier_pigeon, until: delivered, for: 2 days }
  - { channel: email }
""",
            [
                "c.yaml:6:28: error: `sms` never reports `opened`; it can report: delivered",
                "c.yaml:7:39: error: `carrier_pigeon` never reports `delivered`; remove `until` and `for`",
            ],
        ),
    ],
    ids=["no_channel", "twice", "right", "last_rung", "never_reported"],
)
def test_a_ladder_is_held_against_what_the_site_can_do(ladder: str, faults: list[str]) -> None:
    assert said(f"{ladder}{SAY}") == faults


LOST = "error: no path leads to this step; go to it from somewhere, or remove it"
ENDLESS = "error: from here the journey can never end; add a path to `end`"
INSTANT = "error: this is a loop without a wait: it would run in an instant; add a `wait` or an `ask`"


@pytest.mark.parametrize(
    ("steps", "faults"),
    [
        (
            """\
  - { send: hello, goto: end }
  - { id: base, wait: 2 days, goto: end }
  - { id: zenith, wait: 1 day, goto: base }
  - { id: other, wait: 1 day, goto: end }
""",
            [f"c.yaml:9:5: {LOST}", f"c.yaml:10:5: {LOST}"],
        ),
        (
            """\
  - { send: hello, goto: end }
  - { id: second, wait: 2 days, goto: end }
  - id: again
    ask:
      message: hello
      answers: { wants_visit: { goto: second } }
      silence: { after: 2 days, goto: again }
""",
            [f"c.yaml:9:5: {LOST}"],
        ),
        (
            """\
  - { send: hello, goto: end }
  - { id: here, wait: 1 day, goto: there }
  - { id: there, wait: 1 day, goto: here }
  - { id: alone, wait: 1 day, goto: alone }
""",
            [f"c.yaml:8:5: {LOST}", f"c.yaml:10:5: {LOST}"],
        ),
        (
            """\
  - { id: zoo, send: hello }
  - { id: zebra, wait: 1 day, goto: ant }
  - { id: ant, wait: 1 day, goto: zebra }
""",
            [f"c.yaml:7:5: {ENDLESS}"],
        ),
        (
            """\
  - branch: [ { when: { has: email }, goto: left }, { when: { has: phone }, goto: right } ]
    goto: end
  - { id: left, branch: [ { when: { has: phone }, goto: left_too } ], goto: end }
  - { id: right, branch: [ { when: { has: email }, goto: right_too } ], goto: end }
  - { id: left_too, goto: left }
  - { id: right_too, goto: right }
""",
            [f"c.yaml:9:5: {INSTANT}", f"c.yaml:10:5: {INSTANT}"],
        ),
    ],
    ids=["chain_from_below", "loop_that_leads_on", "loops", "endless", "two_loops_at_once"],
)
def test_paths_that_lead_nowhere_are_named_once_each(steps: str, faults: list[str]) -> None:
    assert [fault for fault in said(f"{RIGHT}steps:\n{steps}") if ": error: " in fault] == faults


@pytest.mark.parametrize(
    ("step", "instant"),
    [
        ("send: hello, goto: top", True),
        ("task: reception, goto: top", True),
        ("tag: vip, goto: top", True),
        ("goto: top", True),
        ("offer: { specialty: cardiology, message: hello }, none_free: { goto: top }", True),
        ("offer: { specialty: cardiology, message: hello }, booked: { goto: top }", False),
        ("offer: { specialty: cardiology, message: hello }, silence: { goto: top }", False),
        ("wait: 1 minute, goto: top", False),
        ("ask: { message: hello, silence: { after: 1 day, goto: top } }", False),
        (
            "ask: { message: hello, answers: { question: { goto: top } }, silence: { after: 1 day, steps: [ end ] } }",
            False,
        ),
    ],
)
def test_only_what_waits_for_time_or_a_patient_takes_time(step: str, *, instant: bool) -> None:
    steps = f"  - {{ id: top, branch: [ {{ when: {{ has: email }}, goto: end }} ] }}\n  - {{ {step} }}\n"
    faults = [fault for fault in said(f"{RIGHT}steps:\n{steps}") if ": error: " in fault]
    assert faults == ([f"c.yaml:7:5: {INSTANT}"] if instant else [])


BOTH = "{ sms: T, email: { subject: S, body: B } }"


def test_a_campaign_without_messages_is_told_to_add_them() -> None:
    loaded = load_campaign(SourceFile("c.yaml", f"{HEAD}{RIGHT}{SAY}"), [])
    shown = [str(fault) for fault in check_campaign(loaded, CHANNELS)]
    assert shown == ["c.yaml:1:1: error: this campaign has no messages; add messages/<language>.yaml"]


def test_languages_and_messages_files_are_held_against_each_other() -> None:
    head = f"languages: [de, pl, en]\n{HEAD}"
    en = f"language: en\nmessages:\n  hello: {BOTH}\n  other: {BOTH}\n"
    lt = f"language: lt\nmessages:\n  hello: {BOTH}\n"
    assert said(f"{RIGHT}{SAY}", en, lt, head=head) == [
        "c.yaml:1:12: error: there is no messages file for the language `de`; add one",
        "c.yaml:1:12: error: there is no messages file for the language `pl`; add one",
        "m0.yaml:4:10: warning: no step uses the message `other`",
        "m1.yaml:1:11: warning: `lt` is not among the campaign's languages and is never used",
    ]


def test_every_message_is_there_in_every_language_and_has_the_parts_of_every_channel() -> None:
    ladder = "ladder: [ { channel: email }, { channel: [viber, sms] }, { channel: carrier_pigeon } ]\n"
    steps = """\
steps:
  - send: [ { when: { has: email }, use: first }, { use: second } ]
"""
    en = """\
language: en
messages:
  unused: { sms: T }
  second: { sms: T }
"""
    pl = f"""\
language: pl
messages:
  first: {BOTH}
  second: {{ email: {{ subject: S, body: B }} }}
"""
    assert said(f"{ladder}{steps}", en, pl) == [
        "c.yaml:5:42: warning: no connection of this site offers `viber`; it will be passed over",
        "c.yaml:7:42: error: the message `first` is missing in m0.yaml; add it there",
        "m0.yaml:3:11: warning: no step uses the message `unused`",
        "m0.yaml:4:11: error: the message `second` has no `email` part, but the ladder has `email`",
        "m1.yaml:4:11: error: the message `second` has no `sms` part, but the ladder has `carrier_pigeon`, `sms`",
    ]


def test_a_channel_that_carries_nothing_is_its_plugins_fault_and_no_parts() -> None:
    mute = {EMAIL: replace(CHANNELS[EMAIL], forms=())}
    (fault,) = said(f"ladder: [ {{ channel: email }} ]\n{SAY}", channels=mute)
    assert fault.endswith(
        "error: the message `hello` cannot go out by `email` of the ladder, which carries no form of message:"
        " tell the author of its plugin"
    )


def test_a_channel_that_the_site_has_not_asks_for_no_part() -> None:
    words = "language: en\nmessages:\n  hello: { email: { subject: S, body: B } }\n"
    assert said(f"ladder: [ {{ channel: email }} ]\n{SAY}", words, channels={EMAIL: CHANNELS[EMAIL]}) == []
