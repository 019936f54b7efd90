"""A plugin that was begun is green at once, for somebody who has the SDK and nothing else of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from nextvisit.sdk.authoring.check import check
from nextvisit.sdk.authoring.new import FILES, Begins, new
from nextvisit.sdk.errors import ConfigError
from tests.sdk.authoring.alone import Environment

KINDS: tuple[Begins, ...] = ("mis", "channel")


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_green_at_once_with_the_sdk_alone(kind: Begins, alone: Environment, tmp_path: Path) -> None:
    assert alone.run("python", "-c", "import nextvisit.cli", cwd=tmp_path).code == 1
    begun = alone.run("nextvisit-plugin", "new", kind, "acme_west", cwd=tmp_path)
    assert begun.code == 0, begun.said
    assert "acme-west-nextvisit" in begun.said
    ran = alone.run("python", "-m", "pytest", "-W", "error", "acme-west-nextvisit", cwd=tmp_path)
    assert ran.code == 0, ran.said
    assert " passed" in ran.said
    checked = alone.run("nextvisit-plugin", "check", "acme-west-nextvisit", cwd=tmp_path)
    assert checked.code == 0, checked.said
    assert "types: not checked: mypy is not installed" in checked.said


@pytest.mark.parametrize("folder", ["ambulo-nextvisit", "pigeon-nextvisit"])
def test_it_is_strictly_typed(folder: str, fresh: Path) -> None:
    found = check(fresh / folder)
    assert found.wrong == ()
    assert found.parts["types"] == "right"


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_overwritten(kind: Begins, tmp_path: Path) -> None:
    folder = new(kind, "acme", tmp_path)
    (folder / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="nothing is overwritten"):
        new(kind, "acme", tmp_path)
    assert (folder / "README.md").read_text(encoding="utf-8") == "mine"


def test_an_empty_folder_of_somebody_s_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "acme-nextvisit").mkdir()
    with pytest.raises(ConfigError, match="nothing is overwritten"):
        new("mis", "acme", tmp_path)
    assert list((tmp_path / "acme-nextvisit").iterdir()) == []


@pytest.mark.parametrize("name", ["", "Acme", "acme-west", "../acme", "9acme", "a" * 32, "class", "acme\n"])
def test_a_name_that_is_no_slug_makes_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no name for a plugin"):
        new("mis", name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_templates_vendor_is_left(kind: Begins, tmp_path: Path) -> None:
    folder = new(kind, "ambulo_two", tmp_path)
    made = [each for each in folder.rglob("*") if each.is_file()]
    assert len(made) == len(FILES[kind])
    for each in made:
        assert "acme" not in f"{each.relative_to(tmp_path)} {each.read_text(encoding='utf-8')}".lower()
