"""The pages on campaigns say what the code does: every verb has its heading, every example runs."""

from __future__ import annotations

import re
from pathlib import Path

from nextvisit.files.part import Part, SourceFile, load
from nextvisit.flow.engine.answering import UNANSWERABLE
from nextvisit.flow.language.any_step import NAMES
from nextvisit.flow.language.check import check_campaign
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import LoadedCampaign, load_campaign
from nextvisit.flow.language.model import Enrol
from nextvisit.flow.rehearsal.golden import play, read_golden
from nextvisit.flow.verbs import UNBUILT
from nextvisit.messages.catalogue import read_messages
from nextvisit.messages.lint import lint
from nextvisit.sdk.channels import MessageForm
from nextvisit.sdk.replies import Intent
from nextvisit.segments.file import PredicateText
from tests.world.campaigns import CHANNELS, EMAIL_SMS, HEAD, LADDER, english

DOCS = Path(__file__).parent.parent.parent / "docs"
SEMANTICS = (DOCS / "flow_semantics.md").read_text(encoding="utf-8")
GUIDE = (DOCS / "write_a_campaign.md").read_text(encoding="utf-8")


def example(name: str) -> str:
    found = re.search(rf"<!-- {re.escape(name)} -->\n```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None, name
    return found[1]


def first_campaign() -> LoadedCampaign:
    messages = SourceFile("messages/en.yaml", example("file: messages/en.yaml"))
    return load_campaign(SourceFile("campaign.yaml", example("file: campaign.yaml")), [messages])


def test_every_verb_has_its_heading_and_no_other_has() -> None:
    verbs = SEMANTICS.split("## The verbs")[1].split("## Not in this version")[0]
    assert re.findall(r"^### (\w+)$", verbs, re.MULTILINE) == list(NAMES)
    assert all(f"`{verb}`" in SEMANTICS for verb in UNBUILT)


def test_the_guide_names_every_answer_that_a_campaign_can_give() -> None:
    line = next(line for line in GUIDE.splitlines() if line.startswith("Answers you can name"))
    assert set(re.findall(r"`(\w+)`", line)) == set(Intent) - UNANSWERABLE


def test_the_first_campaign_has_no_fault() -> None:
    assert check_campaign(first_campaign(), CHANNELS) == ()


def test_the_guides_conversation_goes_as_written() -> None:
    golden = read_golden(SourceFile("golden.yaml", example("golden")))
    assert play(golden, compile_campaign(first_campaign(), usable=EMAIL_SMS)) == golden.transcript


def test_the_forms_of_the_guide_have_no_fault() -> None:
    text = f"language: en\nmessages:\n{indented(example('forms'))}"
    (template,) = read_messages([SourceFile("en.yaml", text)]).catalogue.templates.values()
    forms = {MessageForm.TEMPLATE, MessageForm.LETTER, MessageForm.CALL_SCRIPT}
    assert set(template.wordings) == forms
    assert lint(template, invitation=True) == []


def test_the_media_of_the_guide_have_no_fault() -> None:
    text = f"language: en\nmessages:\n{indented(example('media'))}"
    (template,) = read_messages([SourceFile("en.yaml", text)]).catalogue.templates.values()
    assert all(wording.media is not None for wording in template.wordings.values())
    assert set(template.wordings) == {MessageForm.SHORT_TEXT, MessageForm.TEMPLATE}
    assert lint(template, invitation=True) == []


class Segment(Part):
    segment: PredicateText


class Enrolment(Part):
    enrol: Enrol


def indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def test_the_parts_of_the_guide_load() -> None:
    load(SourceFile("s.yaml", f"segment:\n{indented(example('segment'))}"), Segment)
    load(SourceFile("e.yaml", f"enrol:\n{indented(example('enrol'))}"), Enrolment)


def test_the_steps_of_the_guide_have_no_fault() -> None:
    text = SourceFile("campaign.yaml", f"{HEAD}{LADDER}steps:\n{indented(example('steps'))}")
    messages = english("long_time", "invitation", "discount", "reminder", "booked", "offer")
    faults = check_campaign(load_campaign(text, [messages]), CHANNELS)
    assert [fault for fault in faults if fault.severity == "error"] == []
