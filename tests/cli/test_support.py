"""What is sent to those who help is listed first, writes over nothing, and names nobody."""

from __future__ import annotations

import json
import stat
import tarfile
from pathlib import Path

import pytest

from nextvisit.install import support
from nextvisit.store.base.engine import Database
from nextvisit.store.queues import inbox
from tests.cli.installation import Installation

CANARIES = ("Kowalska", "geheim", "kept-secret", "+48", "Pod Lip", "127.0.0.1", "7d0f4c1a")
LOG = [
    {"event": "message.sent", "patient": "7d0f4c1a-1", "code": "ok", "level": "info", "role": "worker"},
    {
        "event": "odd.line",
        "name": "Kowalska",
        "reason": "Kowalska, born 1950!",
        "exception": [{"exc_value": "Kowalska"}],
    },
]


async def _told(database: Database) -> None:
    async with database.transaction() as tx:
        await inbox.put(tx, kind="mis_page", origin="clinic", dedupe="a", body=b"Kowalska")
        for item in await inbox.take(tx, 10):
            await inbox.park(tx, item.id, "Kowalska")


@pytest.fixture
def logged(installed: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Installation:
    """An installation with a log that says too much, and a parked thing whose reason does."""
    installed.in_store(_told)
    (tmp_path / "data" / "logs").mkdir(parents=True)
    lines = [*(json.dumps(each) for each in LOG), "Traceback: Kowalska"]
    (tmp_path / "data" / "logs" / "worker.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr(support, "data_folder", lambda _: tmp_path / "data")
    return installed


def _unpacked(file: Path) -> dict[str, str]:
    with tarfile.open(file) as archive:
        found = {}
        for each in archive.getmembers():
            content = archive.extractfile(each)
            assert content is not None
            found[each.name.removeprefix("nextvisit-support/")] = content.read().decode()
    return found


def test_no_patient_and_no_secret_is_in_a_bundle(logged: Installation, tmp_path: Path) -> None:
    target = tmp_path / "support.tar.gz"
    said = logged.run("support", "bundle", str(target))
    assert said.code == 0, said.err
    files = _unpacked(target)
    assert files.keys() == {
        "versions.json", "settings.json", "doctor.json", "status.json", "plugins.json", "schema.json",
        "logs/worker.jsonl",
    }  # fmt: skip
    for canary in CANARIES:
        assert not [name for name, content in files.items() if canary in content], canary
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_bundle_holds_what_helps(logged: Installation, tmp_path: Path) -> None:
    logged.run("support", "bundle", str(tmp_path / "support.tar.gz"))
    files = _unpacked(tmp_path / "support.tar.gz")
    codes = {one["code"] for each in json.loads(files["doctor.json"]) for one in each["findings"]}
    assert codes >= {"inbox.parked", "server.unanswered", "role.missing"}
    assert json.loads(files["settings.json"])["channels"]["sms"]["channel"] == "sms_smpp"
    assert json.loads(files["status.json"])["waiting"]["parked"] == 1
    schema = json.loads(files["schema.json"])
    assert schema["current"] == schema["head"]
    first, second, third = map(json.loads, files["logs/worker.jsonl"].splitlines())
    assert first == {"event": "message.sent", "code": "ok", "level": "info", "role": "worker"}
    assert (second, third) == ({"event": "odd.line"}, {"event": "line.left_out"})


def test_it_is_listed_before_it_is_written_and_nothing_is_written_over(
    logged: Installation, tmp_path: Path
) -> None:
    target = tmp_path / "support.tar.gz"
    listed = logged.run("support", "bundle", str(target), "--list")
    assert (listed.code, target.exists()) == (0, False)
    said = logged.run("support", "bundle", str(target))
    *names, last = said.out.splitlines()
    assert [each.split(":")[0] for each in names] == [each.split(":")[0] for each in listed.out.splitlines()]
    assert last == f"written: {target}"
    before = target.read_bytes()
    again = logged.run("support", "bundle", str(target))
    assert (again.code, target.read_bytes()) == (3, before)
    assert "is there already" in again.err


def test_a_bundle_is_made_without_a_database_too(configured: Installation, tmp_path: Path) -> None:
    target = tmp_path / "support.tar.gz"
    assert configured.run("support", "bundle", str(target)).code == 0
    files = _unpacked(target)
    assert "status.json" not in files
    assert json.loads(files["schema.json"]) == {"fault": "store.unavailable"}
