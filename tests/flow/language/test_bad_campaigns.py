"""Every file of tests/bad_campaigns shows exactly the faults that its head promises, at their places."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.flow.language.check import check_campaign
from nextvisit.flow.language.load import load_campaign
from tests.world.campaigns import CHANNELS, english, source

FILES = sorted((Path(__file__).parents[2] / "bad_campaigns").glob("*.yaml"))
SPECIALTIES = frozenset({"cardiology", "dermatology"})
EXPECT = re.compile(r"# expect: (\d+):(\d+) (warning: )?(.+)")


def found(path: Path) -> list[Fault]:
    said = re.search(r"^# messages: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    names = said[1].split(", ") if said else ["neutral", "offer", "booked"]
    try:
        loaded = load_campaign(source(path), [english(*names)], specialties=SPECIALTIES)
    except InvalidFile as invalid:
        return list(invalid.faults)
    return list(check_campaign(loaded, CHANNELS))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_each_fault_is_found_at_its_place(path: Path) -> None:
    expected = EXPECT.findall(path.read_text(encoding="utf-8"))
    faults = found(path)
    shown = "\n".join(map(str, faults))
    assert len(faults) == len(expected), shown
    for fault, (line, column, warning, message) in zip(faults, expected, strict=True):
        assert (fault.line, fault.column) == (int(line), int(column)), shown
        assert fault.message == message, shown
        assert (fault.severity == "warning") == bool(warning), shown


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 25
