"""`plugin check` says in words what is wrong and where: each way of being wrong, on a plugin that was right before."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from nextvisit.sdk.authoring import check as checking
from nextvisit.sdk.authoring import inside
from nextvisit.sdk.authoring.check import check
from nextvisit.sdk.authoring.command import run
from nextvisit.sdk.authoring.describe import describe
from nextvisit.sdk.authoring.fault import Wrong
from nextvisit.sdk.authoring.kit_run import run_kit
from nextvisit.sdk.authoring.project import metadata_faults, read_project
from nextvisit.sdk.errors import ConfigError


def spoilt(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def one(wrong: list[Wrong]) -> Wrong:
    (found,) = wrong
    return found


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('version = "0.1.0"\n', "", "[project] has no version"),
        ('"nextvisit-sdk>=1,<2"', "", "it does not say that it needs nextvisit-sdk"),
        ('["nextvisit-sdk>=1,<2"]', '["nextvisit-sdk>=1"]', "it takes any later nextvisit-sdk"),
        ('["nextvisit-sdk>=1,<2"]', '["nextvisit-sdk>=1,<2", "nextvisit"]', "it needs the engine"),
        (
            "[project.entry-points.nextvisit]",
            "[project.entry-points.next]",
            "it has no entry point of the group",
        ),
        ('ambulo = "ambulo_nextvisit"', 'ambulo = "ambulo"', "names ambulo, and there is no such module"),
        ('ambulo = "ambulo_nextvisit"', 'Ambulo = "ambulo_nextvisit"', "its entry point 'Ambulo' is no slug"),
    ],
)
def test_metadata_that_nobody_could_use_are_told(adapter: Path, before: str, after: str, says: str) -> None:
    assert list(metadata_faults(read_project(adapter))) == []
    spoilt(adapter / "pyproject.toml", before, after)
    found = one(list(metadata_faults(read_project(adapter))))
    assert says in found.what
    assert found.where == str(adapter / "pyproject.toml")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("from nextvisit.store.people import patients", "it imports nextvisit.store.people"),
        ("from nextvisit import store", "it imports nextvisit.store"),
        ("import nextvisit.sdk.testing.fake_mis", "which is for tests"),
        ("def broken(", "cannot be read"),
    ],
)
def test_an_import_of_what_is_not_a_plugin_s_is_told_with_its_line(
    adapter: Path, line: str, says: str
) -> None:
    file = adapter / "ambulo_nextvisit" / "more.py"
    file.write_text(f'"""More."""\n\n{line}\n', encoding="utf-8")
    found = one(list(metadata_faults(read_project(adapter))))
    assert says in found.what
    assert found.where == f"{file}:3"


@pytest.mark.parametrize(
    ("file", "before", "after", "says", "where"),
    [
        ("__init__", "def mis_adapters", "def mis_adapter", "there is no hook `mis_adapter`", "ambulo_nextvisit"),
        ("__init__", "@hookimpl\n", "", "its function `mis_adapters` is no hook", "ambulo_nextvisit"),
        ("__init__", "    return (", "    1 / 0\n    return (", "failed with ZeroDivisionError", "__init__.py:15"),
        ("__init__", "return (MisAdapterPlugin", "return str(MisAdapterPlugin", "returns something else", "mis_adapters"),
        ("__init__", "import Sequence", "import Sequences", "cannot import name 'Sequences'", "__init__.py:5"),
        ("__init__", "@hookimpl\n", "raise SystemExit('told')\n", "failed with SystemExit", "__init__.py:13"),
        ("__init__", "@hookimpl\n", "import os; os._exit(0)\n", "ends the process", "ambulo_nextvisit"),
        ("settings", "key: SecretRef", "key: str", "`key` holds a secret itself", "AmbuloSettings.key"),
        ("settings", "    url: str", "    model_config = {'extra': 'ignore'}\n    url: str", "an unknown key is no fault", "AmbuloSettings"),
        ("settings", "(PluginSettings)", "(__import__('pydantic').BaseModel)", "its settings are no PluginSettings", "settings"),
    ],
)  # fmt: skip
def test_a_plugin_that_cannot_be_loaded_or_holds_secrets_is_told(  # noqa: PLR0917  a row of the table
    adapter: Path, file: str, before: str, after: str, says: str, where: str
) -> None:
    package = adapter / "ambulo_nextvisit"
    provides, wrong = describe("ambulo_nextvisit", adapter)
    assert wrong == []
    assert [(each.kind, each.slug) for each in provides] == [("mis", "ambulo")]
    assert [(each.name, each.type) for each in provides[0].settings if each.required][1] == (
        "key",
        "SecretRef",
    )
    spoilt(package / f"{file}.py", before, after)
    found = one(list(describe("ambulo_nextvisit", adapter)[1]))
    assert says in found.what
    assert where in found.where
    assert "told" not in found.what


def test_what_a_plugin_prints_spoils_nothing(adapter: Path) -> None:
    spoilt(adapter / "ambulo_nextvisit" / "__init__.py", "@hookimpl\n", "print('{hello')\n@hookimpl\n")
    provides, wrong = describe("ambulo_nextvisit", adapter)
    assert one(list(wrong)).what == "importing it prints"
    assert len(provides) == 1


def test_a_slow_import_is_told_with_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "SLOW", timedelta(seconds=-1))
    (found,) = inside.described("nextvisit_mis_fhir_r4")["wrong"]
    assert found[:2] == ("importing it took 0 s", "nextvisit_mis_fhir_r4")


def test_a_wrong_adapter_is_told_in_the_kit_s_words_and_its_claim_is_refused(
    adapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt(adapter / "ambulo_nextvisit" / "adapter.py", 'version = str(int(row["change"]))', 'version = "1"')
    spoilt(
        adapter / "ambulo_nextvisit" / "adapter.py", "async def close(self) -> None", "async def close(self)"
    )
    assert run(["check", str(adapter), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    by_part = {each["part"]: each for each in said["wrong"]}
    assert set(by_part) == {"kit", "quality", "types"}
    assert "has the version that it had" in by_part["kit"]["what"]
    assert "adapter.py:" in by_part["kit"]["where"]
    assert "test_a_change_is_told_of_by_the_next_pull failed" in by_part["quality"]["what"]
    assert by_part["quality"]["where"].endswith("quality.yaml:11")
    assert "adapter.py:" in by_part["types"]["where"]
    assert "Kanarek" not in json.dumps(said)


def test_a_kit_that_does_not_run_is_no_green_kit(adapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = adapter / "tests" / "test_kit.py"
    spoilt(file, "(MisAdapterSuite)", "")
    assert "no test is the kit's" in one(list(run_kit(adapter / "tests")[1])).what
    file.write_text("import nowhere\n", encoding="utf-8")
    assert "pytest ended with 2" in one(list(run_kit(adapter / "tests")[1])).what
    assert "there are no tests" in one(list(run_kit(adapter / "nowhere")[1])).what
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "pytest is not installed" in one(list(run_kit(adapter / "tests")[1])).what


def test_a_slug_or_a_kind_that_is_another_s_is_told(adapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "run_kit", lambda _: ((), []))
    monkeypatch.setattr(checking, "can_check_types", lambda: False)
    assert check(adapter).wrong == ()
    spoilt(adapter / "ambulo_nextvisit" / "__init__.py", '"ambulo"', '"ambula"')
    assert "its entry point is 'ambulo', and it provides ambula" in one(list(check(adapter).wrong)).what
    spoilt(adapter / "ambulo_nextvisit" / "__init__.py", '"ambula"', '"ambulo"')
    (adapter / "ambulo_nextvisit" / "quality.yaml").write_text(
        "kind: reader\nreads: {exempt: not a reader at all}\n", encoding="utf-8"
    )
    assert "`kind: reader`, and ambulo is a mis" in one(list(check(adapter).wrong)).what


def test_a_folder_that_is_no_plugin_ends_as_a_fault_of_settings_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(tmp_path)]) == 3
    assert "holds no pyproject.toml" in capsys.readouterr().err
    (tmp_path / "pyproject.toml").write_text("[project\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="Expected"):
        check(tmp_path)
