"""How a command ends, and that its last words say what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from nextvisit.sdk.settings import reveal
from nextvisit_mis_fhir_r4 import FhirR4Settings
from tests.cli.installation import Installation, said


@pytest.mark.parametrize(
    "line",
    [
        "conquer",
        "campaign conquer",
        "plugins --nope",
        "campaign validate",
        "journey list --limit many",
        "patient find",
    ],
)
def test_what_cannot_be_understood_ends_with_2(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = said(capsys, *line.split())
    assert result.code == 2
    assert "--help" in result.err
    assert "Traceback" not in result.err


def test_a_missing_settings_file_ends_with_3_and_says_how_to_name_another(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    result = said(capsys, "journey", "list", "--config", str(tmp_path / "absent.yaml"))
    assert result.code == 3
    assert "absent.yaml" in result.err
    assert "--config or NEXTVISIT_CONFIG" in result.err


@pytest.mark.parametrize("verb", ["validate", "simulate"])
def test_a_settings_file_that_was_named_has_to_be_there(
    verb: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    result = said(capsys, "campaign", verb, "reactivation", "-c", str(tmp_path / "absent.yaml"))
    assert result.code == 3
    assert "absent.yaml" in result.err


def test_a_fault_in_the_settings_ends_with_3_and_names_line_and_column(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = tmp_path / "nextvisit.yaml"
    config.write_text("site:\n  name: Klinika\n  zone: Europe/Atlantis\n", encoding="utf-8")
    result = said(capsys, "mis", "status", "--config", str(config))
    assert result.code == 3
    assert f"{config}:3:9: error: " in result.err
    assert "Europe/Warsaw" in result.err


def test_a_channel_and_a_mis_never_share_a_name(
    capsys: pytest.CaptureFixture[str], configured: Installation
) -> None:
    def spoil(document: dict[str, dict[str, object]]) -> None:
        document["channels"]["his"] = document["channels"]["sms"]
        document["mis"]["his"] = next(iter(document["mis"].values()))

    configured.rewrite(spoil)
    result = configured.run("mis", "status")
    assert result.code == 3
    assert "channels.his" in result.err
    assert "mis.his" in result.err


def test_all_faults_are_named_at_once(capsys: pytest.CaptureFixture[str], configured: Installation) -> None:
    def spoil(document: dict[str, dict[str, object]]) -> None:
        document["site"]["country"] = "Poland"
        document["site"]["colour"] = "blue"

    configured.rewrite(spoil)
    result = configured.run("mis", "status")
    assert result.code == 3
    assert len(result.err.splitlines()) == 2
    assert "unknown key `colour`" in result.err


def test_a_fault_of_a_plugins_settings_names_its_key(configured: Installation) -> None:
    configured.rewrite(lambda document: document["channels"]["sms"]["settings"].update(sender="?"))
    result = configured.run("mis", "status")
    assert result.code == 3
    assert "channels.sms.settings.sender" in result.err


def test_all_faults_of_plugins_settings_are_named_at_once_with_their_lines(configured: Installation) -> None:
    def spoil(document: dict[str, dict[str, dict[str, dict[str, object]]]]) -> None:
        clinic, email = document["mis"]["clinic"]["settings"], document["channels"]["email"]["settings"]
        clinic["baseurl"] = clinic.pop("base_url")
        clinic["tokn"] = "file:/run/secrets/geheim"
        email["sender"] = {"adress": "wizyty@klinika.example"}
        email["port"] = "geheim"

    configured.rewrite(spoil)
    result = configured.run("mis", "status")
    assert result.code == 3
    lines = configured.config.read_text("utf-8").splitlines()
    for said_of_it, written in {
        "mis.clinic.settings.baseurl: unknown key; did you mean `base_url`?": '"baseurl"',
        "mis.clinic.settings.tokn: unknown key; did you mean `token`?": '"tokn"',
        "mis.clinic.settings.base_url: is missing": None,
        "channels.email.settings.sender.adress: unknown key; did you mean `address`?": '"adress"',
        "channels.email.settings.sender.address: is missing": None,
        "channels.email.settings.port: ": '"port": "geheim"',
    }.items():
        (line,) = [each for each in result.err.splitlines() if f" error: {said_of_it}" in each]
        if written is not None:
            at = next(number for number, text in enumerate(lines, 1) if written in text)
            assert line.startswith(f"{configured.config}:{at}:")
    assert "geheim" not in result.err


def test_a_channel_that_waits_longer_than_a_send_may_take_is_named(configured: Installation) -> None:
    def spoil(document: dict[str, Any]) -> None:
        document["attempt"] = "PT20S"
        document["channels"]["sms"]["settings"].update(timeout="PT10S", patience="PT5S")
        document["channels"]["email"]["settings"].update(timeout="PT10S", patience="PT4.9S")

    configured.rewrite(spoil)
    for words in (("mis", "status"), ("journey", "list")):
        result = configured.run(*words)
        assert result.code == 3
        (line,) = result.err.splitlines()
        at = 1 + configured.config.read_text("utf-8").splitlines().index('      "channel": "sms_smpp",')
        assert line.startswith(f"{configured.config}:{at + 1}:")
        assert "channels.sms.settings: a send may wait 15 seconds for an answer" in line
        assert "raise `attempt`" in line


def test_a_connection_that_cannot_book_is_not_booked_in(configured: Installation) -> None:
    """Of a MIS that does not give visits, nobody knows which were booked."""
    configured.rewrite(lambda document: document["mis"]["clinic"]["settings"].update(resources=["Patient"]))
    result = configured.run("mis", "status")
    assert result.code == 3
    lines = configured.config.read_text("utf-8").splitlines()
    at = next(number for number, text in enumerate(lines, 1) if '"books"' in text)
    assert f"{configured.config}:{at}:" in result.err
    assert "mis.clinic.books" in result.err


def test_two_connections_that_visits_are_booked_in_are_a_fault_at_once(configured: Installation) -> None:
    def twice(document: dict[str, Any]) -> None:
        document["mis"]["branch"] = document["mis"]["clinic"]

    configured.rewrite(twice)
    result = configured.run("plugins")
    assert result.code == 3
    lines = configured.config.read_text("utf-8").splitlines()
    at = [number for number, text in enumerate(lines, 1) if '"books"' in text][1]
    assert f"{configured.config}:{at}:" in result.err
    assert "visits are booked in clinic already" in result.err


def test_without_a_calendar_no_campaign_offers_times_and_all_else_works(installed: Installation) -> None:
    """A MIS that only reads is enough for reminders."""
    installed.rewrite(lambda document: document["mis"]["clinic"].update(books=False))
    assert installed.run("mis", "status").code != 3
    result = installed.run("campaign", "validate", "reactivation")
    assert result.code == 1
    assert "this needs free times, and no MIS of this site has `books: true`" in result.out
    applied = installed.run("campaign", "apply", "reactivation", "--by", "ann")
    assert applied.code == 3
    assert "this needs free times" in applied.err


def test_an_unknown_plugin_names_those_that_are_installed(configured: Installation) -> None:
    configured.rewrite(lambda document: document["channels"]["sms"].update(channel="pigeon"))
    result = configured.run("mis", "status")
    assert result.code == 3
    assert "sms_smpp" in result.err


def test_a_missing_secret_is_named_and_not_shown(configured: Installation) -> None:
    configured.rewrite(lambda document: document["database"].update(app="env:NOT_SET_ANYWHERE"))
    result = configured.run("mis", "status")
    assert result.code == 3
    assert "database.app: env:NOT_SET_ANYWHERE: " in result.err


class RevealsAtOnce:
    """Wants its secret while it is built."""

    def __init__(self, settings: FhirR4Settings) -> None:
        assert settings.token is not None
        reveal(settings.token)


def test_a_secret_that_a_plugin_misses_is_named_by_its_key(
    configured: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nextvisit_mis_fhir_r4.FhirR4Adapter", RevealsAtOnce)
    configured.rewrite(lambda document: document["mis"]["clinic"]["settings"].update(token="file:/absent"))
    result = configured.run("mis", "status")
    assert result.code == 3
    assert "secret.unreadable: mis.clinic.settings.token: file:/absent: " in result.err


def test_a_database_that_is_away_ends_with_4_and_is_named(configured: Installation, nobody: int) -> None:
    result = configured.run("journey", "list")
    assert result.code == 4
    assert "doctor" in result.err
    assert f"127.0.0.1:{nobody}" in result.err
    assert "kept-secret" not in result.out + result.err


def test_a_database_that_does_not_let_us_in_ends_with_3_and_names_the_setting(
    installed: Installation,
) -> None:
    wrong = make_url(installed.urls.app).set(password="geheim").render_as_string(hide_password=False)
    (installed.config.parent / "secrets" / "app.dsn").write_text(wrong, encoding="utf-8")
    for words in (("mis", "status"), ("journey", "list")):
        result = installed.run(*words)
        assert result.code == 3
        assert "database.app: PostgreSQL at 127.0.0.1:" in result.err
        assert "its password or the name of the database is wrong" in result.err
    (found,) = next(each for each in installed.run("doctor", "--json").json if each["what"] == "database")[
        "findings"
    ]
    assert "its password or the name of the database is wrong" in found["says"]
    assert "geheim" not in result.err + str(found)


@pytest.mark.parametrize("dsn", ["", "geheim"])
def test_a_secret_that_is_no_connection_ends_with_3_and_names_the_setting(
    dsn: str, installed: Installation
) -> None:
    (installed.config.parent / "secrets" / "app.dsn").write_text(dsn, encoding="utf-8")
    result = installed.run("mis", "status")
    assert result.code == 3
    assert "database.app: what it refers to is no connection such as postgresql://" in result.err
    assert "geheim" not in result.err


def test_a_temporal_that_is_away_ends_with_4(installed: Installation) -> None:
    result = installed.run("journey", "rehydrate")
    assert result.code == 4
    assert "Temporal" in result.err


def test_a_mis_that_is_away_ends_with_4(installed: Installation) -> None:
    assert installed.run("mis", "sync").code == 4


def test_a_folder_that_is_not_there_ends_with_3(installed: Installation, tmp_path: Path) -> None:
    result = installed.run("audit", "export", str(tmp_path / "absent" / "audit.jsonl"))
    assert result.code == 3
    assert "absent" in result.err


def test_a_demo_that_does_not_run_ends_with_3(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    result = said(capsys, "journey", "list", "--demo", str(tmp_path))
    assert result.code == 3
    assert "no demo is running" in result.err


def test_a_demos_clock_does_not_reach_a_real_site(
    capsys: pytest.CaptureFixture[str], installed: Installation
) -> None:
    clock = (
        '{"factor": 7200, "wall_origin": "2026-01-01T00:00:00Z", "virtual_origin": "2026-01-01T00:00:00Z"}'
    )
    (installed.config.parent / "clock.json").write_text(clock, encoding="utf-8")
    result = said(capsys, "journey", "list", "--demo", str(installed.config.parent))
    assert result.code == 3
    assert "site.public_url" in result.err


@pytest.mark.parametrize(
    "url", ["http://wizyty.klinika.example", "http://127.0.0.1.klinika.example", "https://", "ftp://here"]
)
def test_links_in_the_clear_are_refused(
    capsys: pytest.CaptureFixture[str], installed: Installation, url: str
) -> None:
    installed.rewrite(lambda document: document["site"].update(public_url=url))
    result = said(capsys, "journey", "list", "--config", str(installed.config))
    assert result.code == 3
    assert "https://" in result.err


@pytest.mark.parametrize("role", ["worker", "api", "gateway", "up"])
def test_a_role_takes_no_demo(role: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert said(capsys, role, "--demo", str(tmp_path)).code == 2


def test_the_terminal_shows_warnings_of_the_log_alone() -> None:
    code = (
        "import structlog; from nextvisit.cli.main import _log_as_the_terminal as begin; begin();"
        "log = structlog.get_logger(); log.info('journeys.rehydrated'); log.warning('webhook.refused')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stdout == ""
    assert "journeys.rehydrated" not in ended.stderr
    assert "webhook.refused" in ended.stderr


def test_the_installed_program_ends_as_the_function_does(tmp_path: Path) -> None:
    environment = {**os.environ, "NEXTVISIT_CONFIG": str(tmp_path / "absent.yaml")}
    ended = subprocess.run(
        [sys.executable, "-m", "nextvisit.cli", "doctor"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
    )
    assert ended.returncode == 3
    assert "absent.yaml" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "line",
    ["campaign report nosuch", "journey list --campaign nosuch", "task list --queue nosuch"],
)
def test_a_name_that_there_is_not_is_no_empty_answer(line: str, installed: Installation) -> None:
    result = installed.run(*line.split())
    assert (result.code, result.out) == (3, "")
    assert "nosuch: " in result.err
