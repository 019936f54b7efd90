"""The walls stand: each contract of pyproject.toml is broken here on purpose, in a copy, and refuses it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.tree import CODE, ROOT, name, python

BIN = Path(sys.executable).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = [each["name"] for each in PROJECT["tool"]["importlinter"]["contracts"]]
ROOMS, PURE, PLUGIN, SANDBOX, REPLAYED, ENGINE, STORE, DESK, TERMINAL = CONTRACTS

DOMAIN = "core/nextvisit/domain"
FLOW = "core/nextvisit/flow"
SMTP = "plugins/channels/email_smtp/nextvisit_channel_email_smtp"


@dataclass(frozen=True, slots=True)
class Planted:
    """A module that breaks a contract, and the words in which lint-imports has to refuse it."""

    contract: str
    path: str
    text: str
    refused: str


IMPORTS = [
    Planted(PURE, f"{DOMAIN}/planted_uuid.py", "import uuid", "domain.planted_uuid imports uuid"),
    Planted(PURE, f"{DOMAIN}/planted_time.py", "import time", "domain.planted_time imports time"),
    Planted(PURE, f"{DOMAIN}/planted_clock.py", "import nextvisit.clock", "imports nextvisit.clock"),
    Planted(PURE, "core/nextvisit/segments/planted.py", "import random", "segments.planted imports random"),
    Planted(PURE, "core/nextvisit/messages/planted.py", "import logging", "messages.planted imports logging"),
    Planted(PURE, "core/nextvisit/files/planted.py", "import socket", "files.planted imports socket"),
    Planted(PURE, f"{FLOW}/engine/planted_log.py", "import structlog", "planted_log imports structlog"),
    Planted(PURE, "core/nextvisit/understanding/planted.py", "import os", "understanding.planted imports os"),
    Planted(PLUGIN, f"{SMTP}/planted.py", "import nextvisit.files.part", "imports nextvisit.files.part"),
    Planted(
        SANDBOX,
        "core/sandbox/nextvisit_sandbox/planted.py",
        "import nextvisit.sdk.records",
        "nextvisit_sandbox.planted imports nextvisit.sdk.records",
    ),
    Planted(
        REPLAYED,
        "workflows/nextvisit_workflows/workflows/planted.py",
        "import asyncio",
        "nextvisit_workflows.workflows.planted imports asyncio",
    ),
    Planted(
        ENGINE,
        f"{FLOW}/engine/planted.py",
        "import nextvisit.flow.language.load",
        "nextvisit.flow.engine is not allowed to import nextvisit.flow.language",
    ),
    Planted(
        ENGINE,
        f"{FLOW}/engine/planted_verb.py",
        "import nextvisit.flow.verbs.send",
        "nextvisit.flow.engine is not allowed to import nextvisit.flow.verbs",
    ),
    Planted(
        ENGINE,
        f"{FLOW}/verbs/planted.py",
        "import nextvisit.flow.rehearsal.script",
        "nextvisit.flow.verbs is not allowed to import nextvisit.flow.rehearsal",
    ),
    Planted(ENGINE, f"{FLOW}/planted/__init__.py", "", "nextvisit.flow.planted"),
    Planted(
        STORE,
        "core/nextvisit/store/messages/planted.py",
        "import nextvisit.store.journeys.journeys",
        "nextvisit.store.messages is not allowed to import nextvisit.store.journeys",
    ),
    Planted(STORE, "core/nextvisit/store/planted/__init__.py", "", "nextvisit.store.planted"),
    Planted(DESK, "core/nextvisit/desk/planted.py", "import typer", "nextvisit.desk.planted imports typer"),
    Planted(
        TERMINAL,
        "core/nextvisit/cli/planted.py",
        "import nextvisit.store.people.patients",
        "nextvisit.cli.planted imports nextvisit.store.people.patients",
    ),
    Planted(ROOMS, "core/nextvisit/planted/__init__.py", "", "nextvisit.planted stands in no layer"),
    Planted(ROOMS, "core/nextvisit/planted_file.py", "", "nextvisit.planted_file stands in no layer"),
    Planted(
        ROOMS,
        "core/nextvisit/store/people/planted.py",
        "import nextvisit.desk",
        "nextvisit.store is not allowed to import nextvisit.desk",
    ),
    Planted(
        ROOMS,
        "core/nextvisit/intake/planted.py",
        "import nextvisit_channel_email_smtp",
        "nextvisit.intake is not allowed to import nextvisit_channel_email_smtp",
    ),
    Planted(
        ROOMS,
        "core/nextvisit/onebox/planted.py",
        "import nextvisit_sandbox.clinic",
        "nextvisit.onebox is not allowed to import nextvisit_sandbox",
    ),
]
# What no import shows: a clock that is asked where only instants are given.
CLOCKS = {
    f"{DOMAIN}/planted_now.py": "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n",
    f"{FLOW}/engine/planted_today.py": "import datetime as dt\n\nTODAY = dt.date.today()\n",
    "core/nextvisit/store/planted_wall.py": "import time\n\nNOW = time.time()\n",
    "core/sandbox/nextvisit_sandbox/planted_now.py": "from datetime import UTC, datetime as at\n\nNOW = at.now(UTC)\n",
}


def copied(to: Path) -> Path:
    """The code and its contracts, where they may be spoilt."""
    without = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for each in (*CODE, "tests/house"):
        shutil.copytree(ROOT / each, to / each, ignore=without)
    for each in ("pyproject.toml", "tests/__init__.py"):
        shutil.copy(ROOT / each, to / each)
    return to


def lint_imports(tree: Path) -> dict[str, str]:
    """For each contract that is broken, by name, what import-linter says of it."""
    roots = [tree / each for each in PROJECT["tool"]["ruff"]["src"]]
    run = subprocess.run(
        [BIN / "lint-imports", "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots)), "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts: " in run.stdout, run.stdout + run.stderr
    parts = run.stdout.split("Broken contracts", 1)[1:] or [""]
    sections = re.split(rf"^({'|'.join(map(re.escape, CONTRACTS))})$", parts[0], flags=re.MULTILINE)
    return dict(zip(sections[1::2], sections[2::2], strict=True))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One copy for all; who spoils it tidies up."""
    return copied(tmp_path_factory.mktemp("copy"))


@contextmanager
def spoilt(tree: Path, texts: Mapping[str, str]) -> Iterator[None]:
    """The tree with these modules in it."""
    with ExitStack() as tidy:
        for path in (tree / each for each in texts):
            if not path.parent.exists():
                path.parent.mkdir()
                tidy.callback(path.parent.rmdir)
            path.write_text(texts[path.relative_to(tree).as_posix()], encoding="utf-8")
            tidy.callback(path.unlink)
        yield


@pytest.mark.parametrize("planted", IMPORTS, ids=[each.path for each in IMPORTS])
def test_a_wall_refuses_what_is_planted(planted: Planted, copy: Path) -> None:
    with spoilt(copy, {planted.path: planted.text}):
        broken = lint_imports(copy)
    assert set(broken) == {planted.contract}
    assert planted.refused in broken[planted.contract]


def test_a_room_that_is_built_tomorrow_is_closed_to_plugins(copy: Path) -> None:
    """No list has to name it."""
    with spoilt(
        copy, {"core/nextvisit/planted/__init__.py": "", f"{SMTP}/planted.py": "import nextvisit.planted"}
    ):
        broken = lint_imports(copy)
    assert "nextvisit_channel_email_smtp.planted imports nextvisit.planted" in broken[PLUGIN]


def test_every_contract_is_broken_on_purpose_here() -> None:
    assert {each.contract for each in IMPORTS} == set(CONTRACTS)


def test_no_contract_is_broken_in_the_tree_itself(copy: Path) -> None:
    assert lint_imports(copy) == {}


def test_nobody_but_the_clock_asks_the_wall(copy: Path) -> None:
    with spoilt(copy, CLOCKS):
        run = subprocess.run(
            [BIN / "ruff", "check", "--no-cache", "--select", "TID251", "--output-format", "concise", "core"],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
    assert {line.split(":")[0] for line in run.stdout.splitlines() if "TID251" in line} == set(CLOCKS)


def test_no_comment_opens_a_wall() -> None:
    opened = [
        name(path)
        for path, _ in python(*CODE)
        if re.search(r"noqa(?!: (?!.*TID251))|ruff: noqa", path.read_text(encoding="utf-8"))
    ]
    assert opened == []


def test_the_contracts_are_held_against_every_package_that_we_build() -> None:
    """A package that import-linter is not told of would be a stranger to it, and free."""
    built = {
        Path(each).name
        for file in [
            ROOT / "pyproject.toml",
            *ROOT.glob("core/*/pyproject.toml"),
            *ROOT.glob("plugins/**/pyproject.toml"),
        ]
        for each in tomllib.loads(file.read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"][
            "packages"
        ]
    }
    assert built == set(PROJECT["tool"]["importlinter"]["root_packages"])
