"""What another distribution adds to the terminal, and what becomes of one that is broken."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest
import typer

from nextvisit.cli import extension
from nextvisit.cli.extension import GROUP, Elsewhere, Extension, Leaf
from nextvisit.install.plugin_source import PluginSource, installed
from tests.cli.installation import Installation, said

Installed = Callable[[str, object], None]


def source(name: str, value: str) -> PluginSource:
    """An entry point, of a distribution that is called as what it names."""
    return PluginSource(name, value, "1", value, lambda: EntryPoint(name, value, GROUP).load, None)


@pytest.fixture
def installed_too(monkeypatch: pytest.MonkeyPatch) -> Installed:
    """Adds an entry point by this name to those of this environment."""
    sources = installed(GROUP)

    def add(name: str, found: object) -> None:
        module = ModuleType(f"installed_{name}")
        module.FOUND = found  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        sources.append(source(name, f"{module.__name__}:FOUND"))

    def add_broken(name: str, found: object) -> None:
        if found is None:
            sources.append(source(name, f"installed_nowhere_{name}"))
        else:
            add(name, found)

    monkeypatch.setattr(extension, "installed", lambda _: sources)
    return add_broken


def shout() -> None:
    """Shout."""
    typer.echo("LOUD")


def test_an_extension_brings_a_command(installed_too: Installed, capsys: pytest.CaptureFixture[str]) -> None:
    installed_too("loud", Extension({"shout": Leaf(f"{__name__}:shout", "Shout.")}))
    assert "shout" in said(capsys, "--help").out
    assert said(capsys, "shout").out == "LOUD\n"


@pytest.mark.parametrize("name", ["plugins", "campaign"])
def test_ours_wins_where_both_have_a_name_and_it_is_said(
    name: str, installed_too: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    installed_too("loud", Extension({name: Leaf(f"{__name__}:shout", "Shout.")}))
    result = said(capsys, name, "--help")
    assert "Shout." not in result.out
    assert f"installed_loud:FOUND: its command {name} is left out: NextVisit has that name" in result.err


def test_of_two_extensions_with_one_name_the_second_is_named(
    installed_too: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    installed_too("one", Extension({"shout": Leaf(f"{__name__}:shout", "Shout.")}))
    installed_too("two", Extension({"shout": Leaf("installed_nowhere:hollow", "Be hollow.")}))
    result = said(capsys, "shout")
    assert result.out == "LOUD\n"
    assert "installed_two:FOUND: its command shout is left out: another extension has" in result.err


@pytest.mark.parametrize("found", [None, "no extension"])
def test_a_broken_extension_is_named_and_takes_nothing_else_down(
    found: object, installed_too: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    installed_too("broken", found)
    installed_too("loud", Extension({"shout": Leaf(f"{__name__}:shout", "Shout.")}))
    result = said(capsys, "shout")
    assert (result.code, result.out) == (0, "LOUD\n")
    assert "its commands are left out" in result.err
    assert "broken" in result.err.split(":")[0]


@pytest.mark.parametrize("source", ["import nowhere_at_all", "def (", "import sys; sys.exit('no licence')"])
def test_one_that_will_not_be_imported_takes_nothing_else_down(
    source: str,
    installed_too: Installed,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An extension, and the module of a command."""
    (tmp_path / "installed_nowhere_unwilling.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    installed_too("unwilling", None)
    assert "installed_nowhere_unwilling: its commands are left out" in said(capsys, "--help").err
    installed_too("hollow", Extension({"hollow": Leaf("installed_nowhere_unwilling:hollow", "Be hollow.")}))
    result = said(capsys, "hollow")
    assert result.code == 3
    assert "command hollow" in result.err


def test_a_command_that_cannot_be_imported_is_named(
    installed_too: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    installed_too("hollow", Extension({"hollow": Leaf("installed_nowhere:hollow", "Be hollow.")}))
    assert "hollow" in said(capsys, "--help").out
    result = said(capsys, "hollow")
    assert result.code == 3
    assert "command hollow" in result.err


def test_a_terminal_without_the_demo_knows_no_demo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hospital's: no command, no option, no variable."""
    monkeypatch.setattr(extension, "installed", lambda _: [])
    monkeypatch.setenv("NEXTVISIT_DEMO", "/nowhere")
    assert "demo" not in said(capsys, "--help").out
    assert said(capsys, "journey", "list", "--demo", "/nowhere").code == 2
    assert "/etc/nextvisit/nextvisit.yaml" in said(capsys, "journey", "list").err


def test_of_two_places_one_is_named(installed_too: Installed, configured: Installation) -> None:
    place = Elsewhere("--there", "NEXTVISIT_THERE", "Elsewhere.", lambda path: path, f"{__name__}:shout")
    installed_too("there", Extension({}, (place,)))
    result = configured.run("journey", "list", "--demo", "a", "--there", "b")
    assert result.code == 2
    assert "--demo, --there" in result.err
