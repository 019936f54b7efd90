"""`nextvisit campaign` and `nextvisit segment` on a real database."""

from __future__ import annotations

import io
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import nextvisit_campaigns
from nextvisit.cli.actor import account
from nextvisit.desk.rehearsal import read_words
from nextvisit.files.part import SourceFile
from nextvisit.flow.rehearsal.golden import play, read_golden
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns import campaigns
from nextvisit.store.messages import ledger
from nextvisit.store.people.patients import PatientId
from tests.cli.installation import Installation, said
from tests.world.campaigns import reactivation
from tests.world.rows import a_send, add_patients, add_visit, plan, some_journeys

BUILT_IN = Path(nextvisit_campaigns.__file__).parent / "reactivation"
ANN = ("--by", "ann")
BOB = ("--by", "bob")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the built-in campaign that may be spoilt."""
    return Path(shutil.copytree(BUILT_IN, tmp_path / "campaigns" / "reactivation"))


def spoil(folder: Path, old: str, new: str) -> None:
    file = folder / "campaign.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


async def some_patients(database: Database) -> list[PatientId]:
    """Three whom the built-in campaign wants, and one who was there last month."""
    now = datetime.now(UTC)
    async with database.transaction() as tx:
        found = await add_patients(tx, 4, birth_date=now.date() - timedelta(days=365 * 45), language="pl")
        for patient, days in zip(found, (400, 600, 900, 30), strict=True):
            await add_visit(tx, patient, now - timedelta(days=days), specialty="cardiology")
        await add_visit(tx, found[0], now - timedelta(days=90), "noshow", specialty="cardiology")
    return found


def test_the_built_in_campaign_is_valid_by_name_and_by_folder(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    by_name = said(capsys, "campaign", "validate", "reactivation", "--json")
    by_folder = said(capsys, "campaign", "validate", str(folder), "--json")
    assert by_name.code == by_folder.code == 0
    assert by_name.json["version"] == by_folder.json["version"]


def test_a_language_of_the_site_without_texts_is_a_warning(
    installed: Installation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "messages" / "pl.yaml").unlink()
    spoil(folder, "languages: [pl, ru, en]", "languages: [ru, en]")
    result = installed.run("campaign", "validate", str(folder))
    assert result.code == 0
    assert (
        "warning: there are no texts in `pl`, a language of the site: who speaks it gets `ru`" in result.out
    )
    assert "`en`, a language" not in result.out
    assert "warning: there are no texts" not in installed.run("campaign", "validate", "reactivation").out
    monkeypatch.setattr("sys.stdin", io.StringIO("replies opt_out\n"))
    assert installed.run("campaign", "simulate", str(folder)).code == 0


def test_a_fault_ends_with_1_and_names_file_line_and_column(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    spoil(folder, "silence: { after: 14 days, goto: reminder }", "silence: { after: 14 days, goto: remind }")
    result = said(capsys, "campaign", "validate", str(folder))
    assert result.code == 1
    line = next(
        number
        for number, text in enumerate((folder / "campaign.yaml").read_text("utf-8").splitlines(), 1)
        if "goto: remind }" in text
    )
    assert f"{folder}/campaign.yaml:{line}:" in result.out
    assert "error: " in result.out
    assert "1 error" in result.err


def test_a_fault_is_told_to_programs_too(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    spoil(folder, "purpose: recall", "purpose: profit")
    result = said(capsys, "campaign", "validate", str(folder), "--json")
    assert result.code == 1
    assert result.json["version"] is None
    (fault,) = result.json["faults"]
    assert (fault["line"], fault["severity"]) == (4, "error")


@pytest.mark.parametrize("name", ["campaign.yaml", "messages/en.yaml"])
@pytest.mark.parametrize(
    ("end", "said_of_it"),
    [
        ("# ó".encode("latin-1"), "is not UTF-8"),
        ("# zażółć".encode("utf-16"), "is not UTF-8"),
        (b"#" * 1_000_000, "larger than"),
        (b"\0", "cannot be printed"),
        (b"x: " + b"[" * 5000, "nested too deeply"),
        (b'"\\ud83d": 1', "cannot hold the character \\ud83d"),
        (b'"a\\nb:1:1: error: fake": 1', "unknown key `a\\nb:1:1: error: fake`"),
    ],
)
def test_a_file_that_means_no_good_is_a_fault_of_one_line(
    capsys: pytest.CaptureFixture[str], folder: Path, name: str, end: bytes, said_of_it: str
) -> None:
    file = folder / name
    whole = file.read_bytes()
    file.write_bytes(whole + end)
    result = said(capsys, "campaign", "validate", str(folder))
    assert (result.code, result.err) == (1, "1 error\n")
    (line,) = [each for each in result.out.splitlines() if " error: " in each]
    at = 1 if said_of_it == "larger than" else whole.count(b"\n") + 1
    assert line.startswith(f"{file}:{at}:")
    assert said_of_it in line
    assert line.isprintable()


def test_all_unreadable_files_are_named_at_once(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    for name in ("campaign.yaml", "messages/en.yaml"):
        (folder / name).write_bytes(b"\xff\xfe")
    result = said(capsys, "campaign", "validate", str(folder), "--json")
    assert result.code == 1
    assert [Path(each["file"]).name for each in result.json["faults"]] == ["campaign.yaml", "en.yaml"]


def test_a_campaign_that_is_nowhere_names_the_built_in_ones(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    result = said(capsys, "campaign", "validate", str(tmp_path / "absent"))
    assert result.code == 3
    assert "reactivation" in result.err
    empty = said(capsys, "campaign", "validate", str(tmp_path))
    assert empty.code == 3
    assert "campaign.yaml" in empty.err


def test_a_plan_counts_and_changes_nothing(installed: Installation) -> None:
    installed.in_store(some_patients)
    planned = installed.run("campaign", "plan", "reactivation", "--json").json
    assert planned["audience"] == 3
    assert planned["active_version"] is None
    assert planned["known"] is False
    assert {each["takes"]: each["patients"] for each in planned["choices"]} == {
        "offer_help": 1,
        "recommended_checkup": 1,
        "neutral": 1,
    }
    assert installed.run("campaign", "list", "--json").json["versions"] == []
    assert "audience today: 3" in installed.run("campaign", "plan", "reactivation").out


def test_a_faulty_campaign_is_neither_planned_nor_applied(installed: Installation, folder: Path) -> None:
    spoil(folder, "purpose: recall", "purpose: profit")
    for verb in ("plan", "apply"):
        result = installed.run("campaign", verb, str(folder))
        assert result.code == 3
        assert "campaign.yaml:4:" in result.err


def test_whoever_applied_cannot_approve(installed: Installation) -> None:
    installed.in_store(some_patients)
    applied = installed.run("campaign", "apply", "reactivation", "--json", *ANN)
    assert applied.code == 0
    assert installed.run("campaign", "apply", "reactivation", *ANN).code == 0
    refused = installed.run("campaign", "approve", "reactivation", *ANN)
    assert refused.code == 3
    assert "somebody else has to approve" in refused.err
    approved = installed.run(
        "campaign", "approve", "reactivation", applied.json["version"][:8], "--json", *BOB
    )
    assert approved.code == 0
    assert approved.json == {
        "campaign": "reactivation",
        "version": applied.json["version"],
        "audience": 3,
    }
    listed = installed.run("campaign", "list", "--json").json
    assert [each["state"] for each in listed["campaigns"]] == ["draft"]
    (version,) = listed["versions"]
    by = f"[{account()}]"
    assert (version["applied_by"], version["approved_by"]) == (f"ann {by}", f"bob {by}")
    assert version["audience"] == 3


def test_a_version_that_is_applied_again_is_said_to_stand_where_it_does(installed: Installation) -> None:
    said_of_it = []
    for step in (None, "approve", "run"):
        if step == "approve":
            installed.run("campaign", "approve", "reactivation", *BOB)
        if step == "run":
            installed.in_store(run_it)
        said_of_it.append(installed.run("campaign", "apply", "reactivation", *ANN).out)
    assert "somebody else approves it now" in said_of_it[0]
    assert "is approved already" in said_of_it[1]
    assert "runs already; nothing is changed" in said_of_it[2]


def test_a_version_that_was_never_applied_cannot_be_approved(installed: Installation) -> None:
    assert installed.run("campaign", "approve", "reactivation", *BOB).code == 3
    installed.run("campaign", "apply", "reactivation", *ANN)
    result = installed.run("campaign", "approve", "reactivation", "ffffffff", *BOB)
    assert result.code == 3
    assert "apply one first" in result.err


def test_a_campaign_does_not_start_while_temporal_is_away(installed: Installation) -> None:
    installed.run("campaign", "apply", "reactivation", *ANN)
    installed.run("campaign", "approve", "reactivation", *BOB)
    assert installed.run("campaign", "run", "reactivation").code == 4
    assert state_of(installed) == "draft"


def test_a_pause_and_a_stop_need_no_temporal(installed: Installation) -> None:
    installed.run("campaign", "apply", "reactivation", *ANN)
    installed.run("campaign", "approve", "reactivation", *BOB)
    installed.in_store(run_it)
    assert installed.run("campaign", "pause", "reactivation", "--json").json["state"] == "paused"
    assert state_of(installed) == "paused"
    assert installed.run("campaign", "resume", "reactivation").code == 4
    assert installed.run("campaign", "stop", "reactivation", "--json").json["journeys_told"] == 0
    assert state_of(installed) == "stopped"


async def run_it(database: Database) -> None:
    async with database.transaction() as tx:
        await campaigns.set_state(tx, "reactivation", "running")


def state_of(installed: Installation) -> str:
    (campaign,) = installed.run("campaign", "list", "--json").json["campaigns"]
    return str(campaign["state"])


def test_an_unapproved_or_unknown_campaign_cannot_be_paused(installed: Installation) -> None:
    result = installed.run("campaign", "pause", "reactivation")
    assert result.code == 3
    assert "apply it first" in result.err
    installed.run("campaign", "apply", "reactivation", *ANN)
    assert "cannot become paused" in installed.run("campaign", "pause", "reactivation").err


def test_a_report_states_equations_that_hold(installed: Installation) -> None:
    installed.run("campaign", "apply", "reactivation", *ANN)
    result = installed.run("campaign", "report", "reactivation", "--json")
    assert result.code == 0
    assert result.json["equations"]
    assert all(each["holds"] for each in result.json["equations"])
    spoken = installed.run("campaign", "report", "reactivation")
    assert spoken.code == 0
    assert "enrolled 0" in spoken.out
    assert "FAILS" not in spoken.out
    assert "holds  enrolled 0 = journeys 0 + held out 0\n" in spoken.out


async def a_fault_and_a_message_that_nobody_knows_of(database: Database) -> None:
    head = (await some_journeys(database, 1))[0]
    async with database.transaction() as tx:
        message = await plan(tx, head, a_send())
        kind = ChannelKind("email")
        await ledger.claim(tx, message.id, channel=kind, provider="email", language="en", content="Hello")
        await ledger.settle_unknown(tx, message.id)
        await campaigns.pause_for(tx, "recall", "template.missing", "messages/en.yaml")


def test_a_report_ends_with_1_when_its_campaign_needs_a_person(installed: Installation) -> None:
    installed.in_store(a_fault_and_a_message_that_nobody_knows_of)
    result = installed.run("campaign", "report", "recall", "--json")
    assert result.code == 1
    assert all(each["holds"] for each in result.json["equations"])
    assert [each["what"] for each in result.json["examined"] if not each["ok"]] == ["campaigns", "sends"]
    doctor = {each["what"]: each for each in installed.run("doctor", "--json").json}
    assert all(each == doctor[each["what"]] for each in result.json["examined"])
    spoken = installed.run("campaign", "report", "recall")
    assert spoken.code == 1
    assert "nextvisit campaign resume recall" in spoken.out
    assert "nobody can say whether they went through" in spoken.out


def test_a_report_is_not_blamed_for_another_campaign(installed: Installation) -> None:
    installed.in_store(a_fault_and_a_message_that_nobody_knows_of)
    installed.run("campaign", "apply", "reactivation", *ANN)
    assert installed.run("campaign", "report", "reactivation").code == 0


def test_a_segment_is_counted_and_listed_without_names(installed: Installation) -> None:
    patients = installed.in_store(some_patients)
    assert installed.run("segment", "count", "reactivation", "--json").json == {"patients": 3}
    assert installed.run("segment", "count", "reactivation").out == "3 patients\n"
    listed = installed.run("segment", "list", "reactivation", "--json").json
    assert {each["patient"] for each in listed} == {str(each) for each in patients[:3]}
    assert set(listed[0]) == {"patient", "birth_year", "language", "last_visit"}
    # The visit that the first of them missed three months ago is none.
    longest = datetime.now(UTC) - timedelta(days=365)
    assert all(datetime.fromisoformat(each["last_visit"]) < longest for each in listed)
    assert len(installed.run("segment", "list", "reactivation", "--limit", "2", "--json").json) == 2
    assert "The segment holds nobody" not in installed.run("segment", "list", "reactivation").out


def test_listing_a_segment_is_audited(installed: Installation) -> None:
    installed.run("segment", "list", "reactivation", *ANN)
    file = installed.config.parent / "audit.jsonl"
    installed.run("audit", "export", str(file))
    entries = [line for line in file.read_text("utf-8").splitlines() if "segment.listed" in line]
    assert len(entries) == 1
    assert '"actor":"ann [' in entries[0]


SCRIPT = "after 3 hours: opens\nafter 10 minutes: replies wants_visit\nafter 5 minutes: replies choice 2\n"


def test_a_rehearsal_speaks_the_patients_language_to_the_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(SCRIPT))
    result = said(capsys, "campaign", "simulate", "reactivation", "--language", "ru")
    assert result.code == 0
    assert "Klinika Pod Lipą" in result.out
    assert "clinic books time 2" in result.out
    assert "the journey ends: goal" in result.out


def test_a_recorded_rehearsal_is_a_golden_file_that_plays(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = tmp_path / "she_books.yaml"
    monkeypatch.setattr("sys.stdin", io.StringIO(SCRIPT))
    said(capsys, "campaign", "simulate", "reactivation", "--record", str(record))
    golden = read_golden(SourceFile(record.name, record.read_text("utf-8")))
    assert golden.transcript[-1].endswith("the journey ends: goal")
    assert play(golden, reactivation(frozenset(golden.channels))) == golden.transcript
    assert set(golden.channels) == {ChannelKind("email"), ChannelKind("sms")}


def test_a_rehearsal_reads_the_patients_own_words_and_records_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = tmp_path / "her_words.yaml"
    typed = 'after 3 hours, patient writes: "tak"\npatient writes: 2\n'
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    result = said(capsys, "campaign", "simulate", "reactivation", "--language", "pl", "--record", str(record))
    assert "understood as choice 2" in result.out
    golden = read_golden(SourceFile(record.name, record.read_text("utf-8")))
    assert golden.transcript[-1].endswith("the journey ends: goal")
    assert play(golden, reactivation(frozenset(golden.channels)), read_words) == golden.transcript


def test_a_slip_of_the_tongue_does_not_end_a_rehearsal_nor_get_recorded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = tmp_path / "slips.yaml"
    words = ["sings", "after 2 moons", "after 1 hour: sings", "after 3 hours: opens", "replies opt_out"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(words) + "\n"))
    result = said(capsys, "campaign", "simulate", "reactivation", "--record", str(record))
    assert result.code == 0
    assert len(result.err.splitlines()) == 3
    golden = read_golden(SourceFile(record.name, record.read_text("utf-8")))
    assert play(golden, reactivation(frozenset(golden.channels))) == golden.transcript


@pytest.mark.parametrize(("option", "named"), [("--language", "xx"), ("--flag", "rich")])
def test_a_rehearsal_says_what_there_is_to_choose(
    option: str, named: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    result = said(capsys, "campaign", "simulate", "reactivation", option, named)
    assert result.code == 3
    assert named in result.err
    assert ("en, pl, ru" in result.err) == (option == "--language")
