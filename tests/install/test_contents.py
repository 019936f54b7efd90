"""What `plugins` in the settings allow: a distribution by its name, or of one version and one content."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import pytest

from nextvisit.install.contents import Pin, content_of
from nextvisit.install.plugin_source import home_of
from nextvisit.install.plugins import load_plugins
from nextvisit.sdk.errors import ConfigError
from tests.distributions import Install, record, right

Alter = Callable[[Path, Path], object]


@pytest.fixture
def package(install: Install, tmp_path: Path) -> Path:
    """Of the distribution acme-theirs, with a module more; it lies beside its `.dist-info`."""
    single = install("theirs", right("theirs"))
    folder = tmp_path / "acme_theirs"
    folder.mkdir()
    shutil.move(single, folder / "__init__.py")
    (folder / "parts.py").write_text("", encoding="utf-8")
    record(tmp_path / "acme_theirs-1.0.dist-info", folder / "__init__.py", folder / "parts.py")
    return folder


def content() -> str:
    return content_of(distribution("acme-theirs"), home_of("acme_theirs"))


def test_what_is_as_it_was_allowed_is_loaded(package: Path) -> None:
    pinned = Pin("acme-theirs", "1.0", content())
    assert set(load_plugins([pinned], wanted={"theirs"}).mis_adapters) == {"theirs"}
    assert content() == pinned.content  # also with what Python compiled of it


def test_one_wheel_has_one_content_wherever_and_by_whomever_it_is_installed(package: Path) -> None:
    before = content()
    described = package.parent / "acme_theirs-1.0.dist-info"
    (described / "INSTALLER").write_text("another", encoding="utf-8")
    with (described / "RECORD").open("a", encoding="utf-8") as recorded:
        recorded.write("acme_theirs-1.0.dist-info/INSTALLER,,\n../../../bin/acme,,\n")
    assert content() == before


@pytest.mark.parametrize(
    ("pin", "says"),
    [
        (Pin("acme-theirs", "1.1"), "its version is 1.0, and `plugins` in the settings allows 1.1"),
        (Pin("acme-theirs", "1.0", f"sha256:{'0' * 64}"), f"and `plugins` in the settings allows sha256:{'0' * 64}"),
    ],
    ids=["version", "content"],
)  # fmt: skip
def test_what_is_not_as_it_was_allowed_is_refused_before_it_is_imported(
    package: Path, pin: Pin, says: str
) -> None:
    (package / "__init__.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    record(package.parent / "acme_theirs-1.0.dist-info", package / "__init__.py", package / "parts.py")
    with pytest.raises(ConfigError) as caught:
        load_plugins([pin], wanted={"theirs"})
    assert (caught.value.code, caught.value.place) == ("plugin.unlike", "plugin acme-theirs")
    assert says in caught.value.why
    (listed,) = load_plugins([pin]).installed
    assert says in str(listed.fault)


def _link(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    (folder / "evil").symlink_to(folder.parent / "elsewhere")


ALTERED: dict[str, tuple[Alter, str]] = {
    "a module": (lambda folder, _: (folder / "__init__.py").write_text("evil = 1"), "altered or removed"),
    "a module that is gone": (lambda folder, _: (folder / "parts.py").unlink(), "altered or removed"),
    "its entry points": (lambda _, described: (described / "entry_points.txt").write_text("[nextvisit]\ntheirs = acme_theirs\n#"), "altered or removed"),
    "its whole package": (lambda folder, _: shutil.rmtree(folder), "what its entry points name is not there"),
    "a module more": (lambda folder, _: (folder / "evil.py").touch(), "added"),
    "a compiled one without its source": (lambda folder, _: (folder / "evil.pyc").touch(), "added"),
    "a folder of modules more": (lambda folder, _: _link(folder), "added"),
    "no record": (lambda _, described: (described / "RECORD").unlink(), "was not installed from a wheel"),
    "a record without hashes": (lambda _, described: (described / "RECORD").write_text("acme_theirs/__init__.py,,\n"), "altered or removed"),
}  # fmt: skip


@pytest.mark.parametrize("how", ALTERED)
def test_what_was_altered_since_it_was_installed_is_refused_with_what_to_do(package: Path, how: str) -> None:
    pinned = Pin("acme-theirs", content=content())
    alter, says = ALTERED[how]
    alter(package, package.parent / "acme_theirs-1.0.dist-info")
    with pytest.raises(ConfigError) as caught:
        load_plugins([pinned], wanted={"theirs"})
    assert caught.value.code == "plugin.altered"
    assert says in caught.value.why
    assert "`nextvisit plugin install WHEEL`" in caught.value.why


def test_a_record_that_was_altered_as_well_is_another_content(package: Path) -> None:
    pinned = Pin("acme-theirs", content=content())
    (package / "parts.py").write_text("evil = 1", encoding="utf-8")
    record(package.parent / "acme_theirs-1.0.dist-info", package / "__init__.py", package / "parts.py")
    with pytest.raises(ConfigError, match=r"^plugin\.unlike"):
        load_plugins([pinned], wanted={"theirs"})


def test_a_catalogue_is_held_against_its_content_too(install: Install, tmp_path: Path) -> None:
    install("recalls", "", group="nextvisit.campaigns")
    with pytest.raises(ConfigError, match=r"^plugin\.unlike: plugin acme-recalls"):
        load_plugins([Pin("acme-recalls", content=f"sha256:{'0' * 64}")], wanted=())
