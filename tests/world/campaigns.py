"""Campaigns for tests: the built-in one, and small ones made of texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nextvisit.files.part import SourceFile
from nextvisit.flow.engine.program import Program
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import LoadedCampaign, load_campaign
from nextvisit.install.plugins import load_plugins
from nextvisit.sdk.channels import DeliveryStatus
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.testing.fake_channel import MAILS, TEXTS

EMAIL, SMS = MAILS.kind, TEXTS.kind
EMAIL_SMS = frozenset({EMAIL, SMS})

CHANNELS = {
    EMAIL: replace(MAILS, reports=frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.OPENED})),
    SMS: replace(TEXTS, reports=frozenset({DeliveryStatus.DELIVERED})),
}
"""A site with e-mail and SMS."""

HEAD = """\
campaign: small
purpose: recall
enrol: { schedule: { cron: "0 10 * * *" }, segment: { age: { from: 18 } } }
goal: { appointment: booked, within: 60 days }
"""

LADDER = """\
ladder:
  - { channel: email, until: opened, for: 24 hours }
  - { channel: sms, until: delivered, for: 2 hours }
"""


RECALL = """
campaign: recall
purpose: recall
languages: [en]
enrol:
  schedule: { cron: "0 10 * * *" }
  segment: { all: [ { age: { from: 18, to: 99 } } ] }
goal: { appointment: booked, within: 300 days }
deadline: 60 days
ladder:
  - { channel: email, until: opened, for: 24 hours }
  - { channel: sms }
steps:
  - ask:
      id: invite
      message: [ { use: neutral } ]
      answers:
        wants_visit: { goto: book }
        question: { task: reception }
      silence: { after: 14 days, goto: reminder }
  - { id: reminder, send: reminder, then: { wait: 14 days }, goto: end }
  - id: book
    offer: { specialty: cardiology, slots: 2, hold: 15 minutes, answer_within: 60 days }
    booked: [ { send: booked }, end ]
    none_free: { task: reception }
"""

RECALL_WORDS = """
language: en
messages:
  neutral:
    email:
      subject: "Hello from {{ clinic.name }}"
      body: "Dear {{ patient.salutation }}, come: {{ link }}"
    sms: "{{ clinic.name }}: come and see us"
  reminder:
    email: { subject: "Again", body: "Dear {{ patient.salutation }}" }
    sms: "{{ clinic.name }}: a reminder"
  offer:
    email:
      subject: "Times"
      body: "{% for slot in slots %}{{ slot.number }}. {{ slot.label }} {% endfor %}"
    sms: "{% for slot in slots %}{{ slot.number }}. {{ slot.label }} {% endfor %}"
  booked:
    email: { subject: "Booked", body: "See you {{ visit.label }}" }
    sms: "See you {{ visit.label }}"
"""
"""The campaign that the tests of workers run, and its words; recorded histories are of this version."""


def source(path: Path) -> SourceFile:
    return SourceFile(path.name, path.read_text(encoding="utf-8"))


def built_in(slug: str) -> LoadedCampaign:
    return campaign(next(path for path in load_plugins(wanted=()).campaign_folders if path.name == slug))


def campaign(folder: Path) -> LoadedCampaign:
    messages = [source(path) for path in sorted((folder / "messages").glob("*.yaml"))]
    return load_campaign(source(folder / "campaign.yaml"), messages)


def reactivation(usable: frozenset[ChannelKind] = EMAIL_SMS) -> Program:
    return compile_campaign(built_in("reactivation"), usable=usable)


def english(*names: str) -> SourceFile:
    """A messages file with these templates, both parts filled."""
    parts = "".join(f"  {name}:\n    email: {{ subject: S, body: B }}\n    sms: T\n" for name in names)
    return SourceFile("messages/en.yaml", f"language: en\nmessages:\n{parts}")


def small(
    steps: str,
    *templates: str,
    head: str = HEAD,
    ladder: str = LADDER,
    usable: frozenset[ChannelKind] = EMAIL_SMS,
) -> Program:
    """A program of these steps."""
    text = SourceFile("campaign.yaml", f"{head}{ladder}steps:\n{steps}")
    return compile_campaign(load_campaign(text, [english(*templates)]), usable=usable)
