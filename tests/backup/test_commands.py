"""`nextvisit backup …` as a person types it."""

from __future__ import annotations

import stat
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from nextvisit.store.base.engine import Database
from tests.backup.conftest import Clinic
from tests.cli.installation import Installation, Said, said


async def _nothing(_: Database) -> None:
    """The ring is made when it is opened."""


def test_keys_makes_an_identity_for_its_owner_alone_and_prints_its_recipient(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    made = said(capsys, "backup", "keys", str(tmp_path / "safe"))
    (file,) = (tmp_path / "safe").iterdir()
    content = file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert "AGE-SECRET-KEY-" in content
    assert "AGE-SECRET-KEY-" not in made.out + made.err
    recipient = made.out.partition("recipients: [")[2].partition("]")[0]
    assert recipient.startswith("age1")
    assert recipient in content
    again = said(capsys, "backup", "keys", str(tmp_path / "safe"))
    assert again.code == 3
    assert file.read_text(encoding="utf-8") == content


def test_without_settings_for_it_create_says_what_makes_them(installed: Installation) -> None:
    result = installed.run("backup", "create")
    assert result.code == 3
    assert "nextvisit backup keys" in result.err


def test_what_is_no_recipient_is_told_by_its_place(clinic: Clinic) -> None:
    clinic.at.rewrite(lambda document: document["backup"].update(recipients=["age1mistyped"]))
    result = clinic.run("create")
    assert result.code == 3
    assert "backup.recipients.0" in result.err


def test_create_lists_and_prunes(clinic: Clinic) -> None:
    clinic.at.in_store(_nothing)
    first = clinic.backup()
    clinic.at.rewrite(
        lambda document: document["backup"].update(keep={"daily": 1, "weekly": 0, "monthly": 0})
    )
    assert [each["file"] for each in clinic.run("list", "--json").json] == [str(first)]

    async def a_second_passes(database: Database) -> None:
        async with database.transaction() as tx:
            later = "date_trunc('second', clock_timestamp()) + interval '1 second'"
            await tx.connection.execute(text(f"SELECT pg_sleep_until({later})"))

    clinic.at.in_store(a_second_passes)  # a backup's name has seconds
    second = clinic.run("create", "--prune", "--json")
    assert second.code == 0, second.err
    assert second.json["removed"] == [str(first)]
    assert [each["file"] for each in clinic.run("list", "--json").json] == [second.json["file"]]


def test_doctor_says_that_none_is_set_up_none_was_made_or_the_last_is_old(clinic: Clinic) -> None:
    clinic.at.in_store(_nothing)
    assert "no backup was made yet" in _told(clinic.at.run("doctor", "--json"), "informs")
    clinic.backup()
    assert "knows all until" in _told(clinic.at.run("doctor", "--json"), "ok")

    with psycopg.connect(clinic.at.urls.superuser, autocommit=True) as connection:
        connection.execute("UPDATE backup SET taken_at_wall = taken_at_wall - interval '49 hours'")
    assert "older than two days" in _told(clinic.at.run("doctor", "--json"), "wrong")
    clinic.at.rewrite(lambda document: document.pop("backup"))
    assert "no backup is set up" in _told(clinic.at.run("doctor", "--json"), "informs")


def _told(doctor: Said, grade: str) -> str:
    (backup,) = (each for each in doctor.json if each["what"] == "backup")
    (finding,) = backup["findings"]
    assert finding["grade"] == grade
    assert finding["do"] or finding["grade"] == "ok"
    return str(finding["says"])


def test_restored_is_taken_down_in_the_audit_trail(clinic: Clinic) -> None:
    clinic.at.in_store(_nothing)
    done = clinic.run("restored", "--taken-at", "2026-01-02T03:04:05+0000", "--by", "anna")
    assert done.code == 0, done.err
    assert "rehydrate" in done.out
    unread = clinic.run("restored", "--taken-at", "yesterday")
    assert (unread.code, "--taken-at" in unread.err) == (3, True)
