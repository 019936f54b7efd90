"""`nextvisit demo --data`: what can be wrong is said before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import load_files
from nextvisit.install.plugins import load_plugins
from nextvisit.sdk.records import ChannelKind
from nextvisit_demo.data import patients_in
from nextvisit_demo.setup import CATALOGUE_SPECIALTY, DATA_SPECIALTY, demo_files
from tests.cli.installation import said

PEOPLE = '{"resourceType": "Patient", "id": "p1"}\n{"resourceType": "Patient", "id": "p2"}\n'


def test_the_patients_of_the_files_are_counted(tmp_path: Path) -> None:
    (tmp_path / "Patient.ndjson").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "Organization.ndjson").write_text('{"resourceType": "Organization", "id": "o1"}', "utf-8")
    assert patients_in(tmp_path) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "holds no *.ndjson"),
        (PEOPLE + '{"resourceType": "Patient", "id"\n', "Patient.ndjson, line 3: is no JSON"),
    ],
)
def test_files_that_cannot_be_used_end_with_3_before_anything_is_started(
    content: str | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, folder = tmp_path / "data", tmp_path / "demo"
    data.mkdir()
    if content is not None:
        (data / "Patient.ndjson").write_text(content, encoding="utf-8")
    result = said(capsys, "demo", "--data", str(data), "--folder", str(folder), "--exit")
    assert result.code == 3
    assert words in result.err
    assert str(data) in result.err
    assert "Traceback" not in result.err
    assert not folder.exists()


def test_files_and_a_number_of_patients_exclude_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Patient.ndjson").write_text(PEOPLE, encoding="utf-8")
    folder = tmp_path / "demo"
    result = said(capsys, "demo", "--data", str(tmp_path), "--patients", "500", "--folder", str(folder))
    assert result.code == 2
    assert "leave out --patients" in result.err
    assert not folder.exists()


@pytest.mark.parametrize("specialty", [CATALOGUE_SPECIALTY, DATA_SPECIALTY])
def test_the_demos_campaign_is_about_one_specialty(specialty: str) -> None:
    loaded = load_files(demo_files(load_plugins(wanted=()).campaign_folders, 30, specialty))
    program = compile_campaign(loaded, usable=frozenset({ChannelKind("email"), ChannelKind("sms")}))
    assert program.specialties == {specialty}
    pace = loaded.model.enrol.pace
    assert pace is not None
    assert pace.per_day == 30
    assert pace.open_slots is not None
    assert pace.open_slots.specialty == specialty
