"""`nextvisit audit`, `inbox`, `journey`, `patient` and `mis` on a real database."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nextvisit.desk.campaign_files import find_folder, read_folder
from nextvisit.domain.auto_reply import AutoReplyKind
from nextvisit.domain.contact_reason import Reason
from nextvisit.flow.engine.events import Replied, Sent, Skipped
from nextvisit.flow.engine.state import Acting, Entered, NodeId, Outcome
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import load_files
from nextvisit.install.plugins import load_plugins
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.channels import Accepted
from nextvisit.sdk.records import ChannelKind, Cursor, MisRef, RawBatch
from nextvisit.sdk.replies import Intent
from nextvisit.store.audit.note import public_key_text
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns.enrolments import enrol_batch
from nextvisit.store.campaigns.terms import EnrolTerms
from nextvisit.store.journeys import ending, journey_events, journeys
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.messages import auto_replies
from nextvisit.store.messages.auto_replies import Owed, WayBack
from nextvisit.store.people import holds, patients
from nextvisit.store.people.holds import Unread
from nextvisit.store.people.upsert import upsert_many
from nextvisit.store.people.versions import Version
from nextvisit.store.queues import inbox
from nextvisit.store.reading import mis
from tests.cli.installation import Installation, said
from tests.world.records import a_patient
from tests.world.rows import a_send, a_state, add_patients, add_visit, run_campaign
from tests.world.site import REACH, SITE
from tests.world.tampering import tamper

PHONE = "601 100 001"
SECRETS = ("Kanarek", "Anna", "601100001", "601 100 001", "kanarek1")


async def known_patient(database: Database) -> str:
    async with database.transaction() as tx:
        (found,) = await upsert_many(tx, "clinic", [a_patient(1)], reach=REACH)
    return str(found.id)


async def built_in_journeys(database: Database) -> list[JourneyHead]:
    """Of the built-in campaign: one who was there 20 months ago, one 13 months ago, in this order."""
    files = read_folder(find_folder("reactivation", load_plugins(wanted=()).campaign_folders))
    loaded = load_files(files)
    program = compile_campaign(loaded, usable=frozenset({ChannelKind("email")}))
    async with database.transaction() as tx:
        await run_campaign(tx, program, files)
        born = tx.now.date() - timedelta(days=365 * 45)
        for patient, days in zip(await add_patients(tx, 2, birth_date=born), (610, 400), strict=True):
            await add_visit(tx, patient, tx.now - timedelta(days=days), specialty="cardiology")
        whom = replace(EnrolTerms.of(loaded.model.enrol, open_slots=9), holdout=Decimal(0))
        await enrol_batch(tx, program, whom, tx.now, zone=SITE.zone, limit=2)
        found = await journeys.listing(tx, journeys.Filters())
    return sorted(found, key=lambda head: head.flags, reverse=True)


async def a_talk(database: Database) -> JourneyHead:
    """A journey that sent a message and was answered."""
    head = (await built_in_journeys(database))[0]
    asking = a_state(phase=Acting("send_message"), entered=(Entered(NodeId("invite"), 1),))
    async with database.transaction() as tx:
        await journeys.advance(tx, head.id, asking, (a_send(),))
        await journeys.record(tx, head.id, a_send(), Sent(tx.now, "a-message"), asking)
        await journey_events.tell(tx, head.id, Replied(tx.now, intent=Intent.QUESTION), "reply:1")
    async with database.transaction() as tx:
        await ending.finish(tx, head.id, asking, Outcome.COMPLETED)
    return head


def actions(installed: Installation) -> list[tuple[str, str]]:
    """(actor, action) of every audit entry, in the order of the export; without the account behind a name."""
    file = installed.config.parent / "entries.jsonl"
    assert installed.run("audit", "export", str(file)).code == 0
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [(row["actor"].partition(" [")[0], row["action"]) for row in rows if row["kind"] == "event"]


@pytest.mark.parametrize(
    "how",
    [("--phone", PHONE), ("--email", "Anna.Kanarek1@example.ORG"), ("--identifier", "urn:mrn|MRN 001")],
    ids=lambda how: how[0],
)
def test_a_patient_is_found_and_not_named(
    how: tuple[str, str], installed: Installation, logs: list[MutableMapping[str, Any]]
) -> None:
    patient = installed.in_store(known_patient)
    result = installed.run("patient", "find", *how, "--json", "--by", "ann")
    assert result.code == 0
    (found,) = result.json
    assert found["patient"] == patient
    assert found["active"]
    assert not [each for each in ("deceased", "test", "restricted", "held", "journeys") if found[each]]
    spoken = installed.run("patient", "find", *how, "--by", "ann")
    assert patient in spoken.out
    printed = result.out + result.err + spoken.out + spoken.err + repr(logs)
    assert not [each for each in SECRETS if each in printed]
    assert actions(installed).count(("ann", "patient.found")) == 2


def test_a_look_up_that_finds_nobody_is_audited_without_the_number(installed: Installation) -> None:
    result = installed.run("patient", "find", "--phone", "601 999 999", "--by", "ann")
    assert result.code == 0
    assert "Nobody is known" in result.out
    assert ("ann", "patient.sought") in actions(installed)
    assert "601999999" not in (installed.config.parent / "entries.jsonl").read_text("utf-8")


@pytest.mark.parametrize(("option", "text"), [("--phone", "12"), ("--email", "nobody")])
def test_what_is_no_address_is_refused_without_repeating_it(
    option: str, text: str, installed: Installation
) -> None:
    result = installed.run("patient", "find", option, text)
    assert result.code == 3
    assert f"{option.removeprefix('--')}: is no" in result.err
    assert text not in result.err


def test_a_patient_is_sought_by_one_thing(installed: Installation) -> None:
    assert installed.run("patient", "find", "--phone", PHONE, "--email", "a@example.org").code == 2


def test_an_identifier_without_its_system_is_told_what_is_missing(installed: Installation) -> None:
    result = installed.run("patient", "find", "--identifier", "44051401359")
    assert result.code == 2
    assert "system|value" in result.err
    assert "44051401359" not in result.err


def kept_of(installed: Installation, name: str = "kept.txt") -> Path:
    """A checkpoint made now, as it is kept elsewhere."""
    file = installed.config.parent / name
    file.write_text(installed.run("audit", "checkpoint").out, encoding="utf-8")
    return file


def test_an_untouched_log_and_its_export_are_intact(installed: Installation, tmp_path: Path) -> None:
    installed.in_store(a_talk)
    since = str(kept_of(installed))
    file = tmp_path / "audit.jsonl"
    exported = installed.run("audit", "export", str(file), "--json").json
    assert exported["entries"] > 0
    inside = installed.run("audit", "verify", "--since", since, "--json")
    assert (inside.code, inside.json["standing"], inside.json["first_broken"]) == (0, "intact", None)
    assert inside.json["rows"]["rows"] > 0
    assert (
        "intact as far as checkpoint 1, which was kept"
        in installed.run("audit", "verify", "--since", since).out
    )
    outside = said(installed.capsys, "audit", "verify", str(file), "--since", since, "--json")
    assert (outside.code, outside.json["standing"]) == (0, "intact")
    assert (outside.json["events"], outside.json["checkpoints"]) == (exported["entries"], 2)
    assert outside.json["unsealed_tail"] == 0


def test_without_what_was_kept_nothing_is_called_intact(installed: Installation, tmp_path: Path) -> None:
    """It says what it could not prove, what to give, and where to get it."""
    since, file = kept_of(installed), tmp_path / "audit.jsonl"
    installed.run("audit", "export", str(file))
    inside = installed.run("audit", "verify")
    assert (inside.code, "intact" in inside.out) == (3, False)
    assert "--since" in inside.err
    assert "nextvisit audit checkpoint" in inside.err
    key = json.loads(file.read_text("utf-8").splitlines()[0])["public_key"]
    for half in ((), ("--key", key)):
        outside = said(installed.capsys, "audit", "verify", str(file), *half)
        assert (outside.code, "intact" in outside.out, "--since" in outside.err) == (3, False, True)
    assert said(installed.capsys, "audit", "verify", str(file), "--key", key, "--since", str(since)).code == 0
    assert said(installed.capsys, "audit", "verify", str(file), "--key", str(since), "--json").code == 3


def test_what_was_kept_as_json_is_taken_back(installed: Installation) -> None:
    file = installed.config.parent / "kept.json"
    file.write_text(installed.run("audit", "checkpoint", "--json").out, encoding="utf-8")
    assert installed.run("audit", "verify", "--since", str(file)).code == 0


def test_a_tampered_export_ends_with_1_and_names_the_entry(installed: Installation, tmp_path: Path) -> None:
    installed.in_store(a_talk)
    file = tmp_path / "audit.jsonl"
    installed.run("audit", "export", str(file))
    lines = file.read_text("utf-8").splitlines()
    row = json.loads(lines[2])
    lines[2] = json.dumps(row | {"actor": "mallory"})
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = said(installed.capsys, "audit", "verify", str(file))
    assert result.code == 1
    assert f"BROKEN at shard {row['shard']}, entry {row['seq']}" in result.out
    as_json = said(installed.capsys, "audit", "verify", str(file), "--json")
    assert as_json.code == 1
    assert as_json.json["first_broken"] == [row["shard"], row["seq"]]


def test_a_row_that_was_edited_ends_with_1_and_is_named(installed: Installation) -> None:
    head = installed.in_store(a_talk)
    since = str(kept_of(installed))
    edit = "UPDATE journey_decision SET result = 'skipped' WHERE effect = 'finish'"
    assert tamper(installed.urls, "journey_decision", edit) == 1
    result = installed.run("audit", "verify", "--since", since)
    assert (result.code, "BROKEN: journey_decision, row " in result.out) == (1, True)
    assert str(head.patient_id) not in result.out


def test_another_key_than_the_one_kept_elsewhere_is_not_believed(
    installed: Installation, tmp_path: Path
) -> None:
    since = str(kept_of(installed))
    file = tmp_path / "audit.jsonl"
    installed.run("audit", "export", str(file))
    other = public_key_text(Ed25519PrivateKey.generate().public_key())
    wrong = said(installed.capsys, "audit", "verify", str(file), "--key", other, "--since", since)
    assert (wrong.code, "not what was kept" in wrong.err) == (3, True)
    assert said(installed.capsys, "audit", "verify", str(file), "--key", other).code == 1
    inside = installed.run("audit", "verify", "--key", other)
    assert (inside.code, "is not the key that signs here" in inside.err) == (3, True)
    rubbish = said(installed.capsys, "audit", "verify", str(file), "--key", "rubbish")
    assert rubbish.code == 3
    assert "key: is no public key" in rubbish.err


@pytest.mark.parametrize("text", ["", "words", "{}", "[", '{"checkpoint": 1}', "public key x\n", "\x00" * 9])
def test_what_is_no_checkpoint_is_not_taken_for_one(text: str, installed: Installation) -> None:
    file = installed.config.parent / "kept.txt"
    file.write_text(text, encoding="utf-8")
    result = installed.run("audit", "verify", "--since", str(file))
    assert (result.code, "holds no checkpoint" in result.err) == (3, True)
    assert installed.run("audit", "verify", "--since", str(file) + ".none").code == 3


def test_the_account_that_ran_a_command_stands_beside_the_name(
    installed: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever name is given, and whatever the environment says of who is logged in."""
    login = pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setenv("LOGNAME", "director")
    monkeypatch.setenv("USER", "director")
    monkeypatch.delenv("SUDO_USER", raising=False)
    installed.run("patient", "find", "--phone", PHONE, "--by", "ann")
    installed.run("patient", "find", "--phone", PHONE)
    monkeypatch.setenv("SUDO_USER", "jk")
    installed.run("patient", "find", "--phone", PHONE, "--by", "ann")
    file = installed.config.parent / "entries.jsonl"
    installed.run("audit", "export", str(file))
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    sought = {row["actor"] for row in rows if row.get("action") == "patient.sought"}
    behind = f"{login}, sudo says jk" if os.getuid() == 0 else login
    assert sought == {f"ann [{login}]", f"cli:{login} [{login}]", f"ann [{behind}]"}


@pytest.mark.parametrize(
    "name",
    ["", " ", "ann\nbob", "ann\x1b[31m", "ann\u202ebob", "ann\u200b", "ann [root]", "a" * 10_000, "a\tb"],
)
def test_what_is_no_name_is_refused_before_anything_is_done(name: str, installed: Installation) -> None:
    result = installed.run("patient", "find", "--phone", PHONE, "--by", name)
    assert (result.code, "this is no name" in " ".join(result.err.split())) == (2, True)
    assert "patient.sought" not in [action for _, action in actions(installed)]


def test_what_is_no_export_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear auditor\n", encoding="utf-8")
    result = said(capsys, "audit", "verify", str(file))
    assert result.code == 1
    assert "letter.txt, line 1" in result.err
    absent = said(capsys, "audit", "verify", str(tmp_path / "absent.jsonl"))
    assert absent.code == 3
    assert "absent.jsonl" in absent.err


async def three_things(database: Database) -> None:
    """One new, two parked."""
    async with database.transaction() as tx:
        for number in range(3):
            await inbox.put(
                tx, kind="channel", origin="sms", dedupe=str(number), body=b"Anna Kanarek, 601 100 001"
            )
    async with database.transaction() as tx:
        for item in (await inbox.take(tx, 3))[:2]:
            await inbox.park(tx, item.id, "parser_bug")


def test_parked_things_are_listed_with_their_reason_and_not_their_words(installed: Installation) -> None:
    installed.in_store(three_things)
    listed = installed.run("inbox", "list", "--json")
    assert listed.json["counts"] == {"new": 1, "done": 0, "parked": 2}
    assert [each["reason"] for each in listed.json["things"]] == ["parser_bug", "parser_bug"]
    spoken = installed.run("inbox", "list").out
    assert "parser_bug" in spoken
    assert "Kanarek" not in listed.out + spoken
    assert len(installed.run("inbox", "list", "--state", "new", "--json").json["things"]) == 1
    assert "Nothing is done." in installed.run("inbox", "list", "--state", "done").out


def test_parked_things_are_processed_again_one_or_all(installed: Installation) -> None:
    installed.in_store(three_things)
    first = installed.run("inbox", "list", "--json").json["things"][0]["id"]
    assert installed.run("inbox", "replay", str(first), "--json").json == {"replayed": 1}
    assert installed.run("inbox", "replay", "--by", "ann", "--json").json == {"replayed": 1}
    assert installed.run("inbox", "list", "--json").json["counts"] == {"new": 3, "done": 0, "parked": 0}
    assert ("ann", "inbox.replayed") in actions(installed)


def test_only_what_is_parked_can_be_processed_again(installed: Installation) -> None:
    installed.in_store(three_things)
    first = installed.run("inbox", "list", "--json").json["things"][0]["id"]
    refused = installed.run("inbox", "replay", str(first), "999999")
    assert refused.code == 3
    assert "1 of these are not parked" in refused.err
    assert installed.run("inbox", "list", "--json").json["counts"]["parked"] == 2
    assert (
        installed.run("inbox", "replay", str(first), str(first)).out
        == "1 thing is queued to be processed again\n"
    )
    assert installed.run("inbox", "replay").out == "1 thing is queued to be processed again\n"


def test_instants_are_the_clinics_and_the_heading_says_so(installed: Installation) -> None:
    installed.in_store(three_things)
    installed.in_store(some_pages)
    at = datetime.fromisoformat(installed.run("inbox", "list", "--json").json["things"][0]["received_at"])
    spoken = installed.run("inbox", "list").out
    assert "received (Europe/Warsaw)" in spoken
    assert f"{at.astimezone(SITE.zone):%Y-%m-%d %H:%M}" in spoken
    assert "last read (Europe/Warsaw)" in installed.run("mis", "status").out
    journey = str(installed.in_store(a_talk).id)
    assert "at (Europe/Warsaw)" in installed.run("journey", "show", journey).out
    assert "Times are those of Europe/Warsaw." in installed.run("journey", "why", journey).out


async def nowhere_to_write(database: Database) -> JourneyHead:
    head = (await built_in_journeys(database))[0]
    asking = a_state(phase=Acting("send_message"), entered=(Entered(NodeId("invite"), 1),))
    async with database.transaction() as tx:
        await journeys.advance(tx, head.id, asking, (a_send(),))
        await journeys.record(tx, head.id, a_send(), Skipped(tx.now, Reason.NO_ADDRESS, "rung"), asking)
    return head


def test_who_has_no_address_has_none_for_a_channel(installed: Installation) -> None:
    journey = str(installed.in_store(nowhere_to_write).id)
    assert "(no_address: email)" in installed.run("journey", "show", journey).out


def test_journeys_are_listed_shown_and_explained(installed: Installation) -> None:
    head = installed.in_store(a_talk)
    listed = installed.run("journey", "list", "--campaign", "reactivation", "--json").json
    assert len(listed) == 2
    assert len(installed.run("journey", "list", "--open", "--json").json) == 1
    assert installed.run("journey", "list", "--campaign", "other").code == 3
    assert str(head.id) in installed.run("journey", "list").out

    told = installed.run("journey", "show", str(head.id), "--json").json
    assert [each["result"] for each in told["decisions"]] == ["sent", "completed"]
    shown = installed.run("journey", "show", str(head.id)).out
    assert "send message" in shown
    assert "the patient answered: question" in shown

    why = installed.run("journey", "why", str(head.id), "--by", "ann")
    assert why.code == 0
    assert "Enrolled on" in why.out
    assert "Its segment: last fulfilled visit more than 12 months ago, and aged 30 to 65" in why.out
    assert "(invite.message.1): last fulfilled visit more than 18 months ago." in why.out
    assert "No consent is on record." in why.out
    assert "over: completed" in why.out
    explained = installed.run("journey", "why", str(head.id), "--by", "ann", "--json").json
    assert set(explained) == {"story", "segment", "conditions", "ladder", "consent"}
    assert explained["conditions"] == {"invite.message.1": "last fulfilled visit more than 18 months ago"}
    assert actions(installed).count(("ann", "journey.explained")) == 2


async def written_back(database: Database) -> JourneyHead:
    """A journey whose patient was given the emergency number and asked about a time, which was not sent."""
    head = await a_talk(database)
    async with database.transaction() as tx:
        back = WayBack("sms", ChannelKind("sms"), PHONE, patients.address(tx, AddressSpace("phone"), PHONE))
        for kind in (AutoReplyKind.EMERGENCY, AutoReplyKind.ASK_BACK):
            owed = Owed(kind, "1:0", "1:0", tx.now, back, "pl", journey=head.id, campaign="reactivation")
            assert await auto_replies.plan(tx, owed)
        first = await auto_replies.take(tx)
        assert first is not None
        claim = await auto_replies.claim(tx, first, provider="sms", content="112")
        await auto_replies.settle_sent(tx, first.id, claim, Accepted("ref"))
        second = await auto_replies.take(tx)
        assert second is not None
        await auto_replies.settle_skipped(tx, second.id, "offer_closed")
    return head


def test_what_was_written_back_at_once_is_in_the_story_the_report_and_the_evidence(
    installed: Installation,
) -> None:
    head = installed.in_store(written_back)
    shown = installed.run("journey", "show", str(head.id)).out
    why = installed.run("journey", "why", str(head.id), "--by", "ann").out
    for out in (shown, why):
        assert "the emergency number, because the patient may need help" in out
        assert "skipped (offer_closed)" in out
    assert installed.run("journey", "show", str(head.id), "--json").code == 0
    report = installed.run("campaign", "report", "reactivation")
    assert "auto-replies 2" in report.out
    assert "written back at once, " in report.out
    assert PHONE not in shown + why + report.out
    told = [action for _, action in actions(installed)]
    assert sorted(each for each in told if "auto_reply" in each) == ["auto_reply.sent", "auto_reply.skipped"]


@pytest.mark.parametrize("verb", ["show", "why"])
@pytest.mark.parametrize("text", ["0198c2", str(uuid4())], ids=["no id", "nobody's id"])
def test_a_journey_that_is_not_there_is_the_askers_mistake(
    verb: str, text: str, installed: Installation
) -> None:
    result = installed.run("journey", verb, text)
    assert result.code == 3
    assert "bug" not in result.err.lower()


async def some_pages(database: Database) -> None:
    async with database.transaction() as tx:
        await mis.advance(tx, "clinic", RawBatch(b"", Cursor("a"), 200))
        await mis.advance(tx, "clinic", RawBatch(b"", Cursor("b"), 50))


def test_the_state_of_the_pull_is_told(installed: Installation) -> None:
    assert "clinic" in installed.run("mis", "status").out
    installed.in_store(some_pages)
    assert installed.run("mis", "status").code == 0
    (status,) = installed.run("mis", "status", "--json").json["connections"]
    assert (status["source"], status["pages"], status["resources"]) == ("clinic", 2, 250)
    spoken = installed.run("mis", "status").out
    assert "250" in spoken


async def something_odd(database: Database) -> None:
    async with database.transaction() as tx:
        await mis.advance(tx, "clinic", RawBatch(b"", Cursor("a"), 200))
        await mis.count_oddities(tx, "clinic", {"birth_date.malformed": 7})
        await upsert_many(tx, "clinic", [a_patient()], reach=REACH)
        unread = Unread(MisRef("Patient/1"), None, "name.shape", Version("2", None))
        await holds.put(tx, "clinic", [unread])


def test_what_was_left_out_and_who_is_held_is_told(installed: Installation) -> None:
    installed.in_store(something_odd)
    (status,) = installed.run("mis", "status", "--json").json["connections"]
    assert (status["oddities"][0]["code"], status["oddities"][0]["total"]) == ("birth_date.malformed", 7)
    assert status["held"]["patients"] == 1
    spoken = installed.run("mis", "status")
    assert "birth date: malformed" in spoken.out
    assert (spoken.code, "WRONG  records clinic: 1 patients are not written to" in spoken.out) == (1, True)
    (found,) = installed.run("patient", "find", "--identifier", "urn:mrn|MRN 001", "--json").json
    shown = installed.run("patient", "show", found["patient"])
    assert "Patient/1 could not be read since" in shown.out
    assert (
        installed.run("patient", "show", found["patient"], "--json").json["held"][0]["reason"] == "name.shape"
    )


def test_a_pull_that_failed_is_told(installed: Installation) -> None:
    assert installed.run("mis", "sync").code == 4
    (status,) = installed.run("mis", "status", "--json").json["connections"]
    assert status["last_error"]
    spoken = installed.run("mis", "status")
    assert (spoken.code, f"the last pull failed: {status['last_error']}" in spoken.out) == (1, True)


def test_a_connection_that_is_not_configured_is_named(installed: Installation) -> None:
    result = installed.run("mis", "sync", "radiology")
    assert result.code == 3
    assert "radiology" in result.err


def test_a_connection_whose_mis_is_away_cannot_be_compared(installed: Installation) -> None:
    assert installed.run("mis", "compare").code == 4


async def a_strange_comparison(database: Database) -> None:
    async with database.transaction() as tx:
        page = RawBatch(b"", Cursor("a"), 200, newest=tx.now, ahead=tx.now + timedelta(days=365))
        await mis.advance(tx, "clinic", page)
        await mis.compared(tx, "clinic", differing=1, gone=90, lost=True)


def test_what_is_odd_about_a_connection_is_told(installed: Installation) -> None:
    installed.in_store(a_strange_comparison)
    spoken = installed.run("mis", "status")
    assert spoken.code == 1
    assert "WRONG  reading clinic: dates changes in the future" in spoken.out
    assert "at the last comparison 90 things were missing there, so that none was ended" in spoken.out
