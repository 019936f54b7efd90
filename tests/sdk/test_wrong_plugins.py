"""The kits catch what hurts: each wrong plugin fails in its tests and in no other, with a sentence that says what is wrong."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from nextvisit.sdk.testing.suites import ANSWER
from nextvisit.sdk.testing.suites.channel_peer import TEXT
from nextvisit.sdk.testing.suites.reader import CANARY
from tests.sdk.vendors.ambulo_server import KEY, NUMBERS
from tests.sdk.vendors.peers import NAMES, PHONE, WRONG
from tests.sdk.vendors.pigeon_server import NOBODY, SECRET, TOKEN
from tests.sdk.wrong import announced_in

ROOT = Path(__file__).parents[2]
MODULES = [
    "adapters_reading",
    "adapters_in_trouble",
    "adapters_boasting",
    "adapters_of_details",
    "channels",
    "channels_hearing",
    "channels_asked",
    "channels_priced",
    "channels_talking",
    "channels_media",
    "channels_templates",
    "channels_guessing",
    "readers",
]
PLUGINS = [
    each
    for module in MODULES
    for each in announced_in(vars(importlib.import_module(f"tests.sdk.wrong.{module}")))
]


def name_of(plugin: type[Any]) -> str:
    """Module and class."""
    return f"{plugin.__module__.rpartition('.')[2]}.{plugin.__name__}"


NEVER_SEEN = (*NAMES, *NUMBERS.values(), KEY, WRONG, TOKEN, SECRET, PHONE, NOBODY, ANSWER, TEXT, CANARY)


@dataclass(frozen=True)
class Ran:
    """What the kits said, by plugin and test, and all that was printed."""

    failed: dict[str, dict[str, str]]
    printed: str


def _start(module: str, folder: Path) -> subprocess.Popen[str]:
    """One plain run of pytest, as an author would start it."""
    code = (
        "import pytest, sys\nfrom tests.sdk.wrong import certificates_read_once\n"
        "with certificates_read_once():\n    sys.exit(pytest.main(sys.argv[1:]))"
    )
    options = [
        "-q",
        "-c",
        str(folder / "pytest.ini"),
        "--rootdir",
        str(ROOT),
        "--noconftest",
        "--import-mode=importlib",
    ]
    report = ["-p", "no:cacheprovider", f"--junitxml={folder / module}.xml"]
    return subprocess.Popen(
        [sys.executable, "-c", code, *options, *report, str(ROOT / "tests/sdk/wrong" / f"{module}.py")],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "TZ": "UTC"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The kits over all of them, in processes of their own."""
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "pytest.ini").write_text("[pytest]\n")
    failed: dict[str, dict[str, str]] = {name_of(each): {} for each in PLUGINS}
    printed = []
    running = {module: _start(module, folder) for module in MODULES}
    for module, process in running.items():
        said, _ = process.communicate()
        assert process.returncode == 1, said[-3000:]
        report = folder / f"{module}.xml"
        printed += [said, report.read_text("utf-8")]
        for case in ET.parse(report).iter("testcase"):
            for fault in (*case.findall("failure"), *case.findall("error")):
                plugin = case.attrib["classname"].rpartition(".")[2].removeprefix("Test")
                failed[f"{module}.{plugin}"][case.attrib["name"]] = fault.text or ""
    return Ran(failed, "".join(printed))


@pytest.mark.parametrize("plugin", PLUGINS, ids=[name_of(each) for each in PLUGINS])
def test_it_is_caught_with_a_sentence(plugin: Any, ran: Ran) -> None:
    failed = ran.failed[name_of(plugin)]
    assert set(failed) == plugin.fails, failed
    assert any(plugin.says in said for said in failed.values()), failed


def test_every_failure_says_what_where_and_what_is_right(ran: Ran) -> None:
    for plugin, failed in ran.failed.items():
        for test, said in failed.items():
            assert re.fullmatch(r"[^\n]+\n  where: [^\n]+\n  right: [^\n]+", said.strip()), (
                plugin,
                test,
                said,
            )
            assert "assert" not in said


def test_no_failure_shows_a_patient_or_a_secret(ran: Ran) -> None:
    printed = ran.printed.casefold()
    assert [each for each in NEVER_SEEN if each.casefold() in printed] == []


def test_what_was_not_checked_is_listed_with_its_reason(ran: Ran) -> None:
    assert "what the kits did not check" in ran.printed
    assert (
        "nobody calls this plugin over HTTP: implement AnswersWebhooks if the other side does\n"
        in ran.printed
    )


def test_there_are_a_hundred_of_them_and_more() -> None:
    assert len(PLUGINS) > 100
