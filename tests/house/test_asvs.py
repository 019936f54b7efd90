"""docs/asvs.md answers every requirement of levels 1 and 2 of ASVS 5.0.0 once, and its answers name what is there.

data/asvs_5.0.0.tsv has the ids with their levels, from the standard's own list.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.test_promises import TEST_ID, collected
from tests.house.tree import ROOT

TEXT = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
LIST = Path(__file__).parent / "data" / "asvs_5.0.0.tsv"
LEVELS = dict(line.split("\t") for line in LIST.read_text(encoding="ascii").splitlines())
ID = r"\d+\.\d+\.\d+"
FILE = re.compile(r"`([\w./-]+/[\w.-]+\.\w+|\w+\.toml|Makefile)`")
FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement that applies."""

    id: str
    level: str
    asks: str
    answer: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Requirements that do not apply, for one reason."""

    ids: tuple[str, ...]
    why: str


def rows() -> list[Row]:
    lines = re.findall(rf"^\| {ID} \|.*$", TEXT, re.MULTILINE)
    return [Row(*(each.strip() for each in line.strip("|").split(" | "))) for line in lines]


def left_out() -> list[LeftOut]:
    found = re.findall(rf"^- ({ID}(?:, {ID})*): (.+)$", TEXT, re.MULTILINE)
    return [LeftOut(tuple(ids.split(", ")), why) for ids, why in found]


ROWS = rows()
LEFT_OUT = left_out()


def fault(answer: str) -> str | None:
    """What is wrong with it."""
    for path, *names in TEST_ID.findall(answer):
        name = "::".join(filter(None, names))
        if not (ROOT / path).is_file() or name not in collected(ROOT / path):
            return f"there is no test {path}::{name}"
    if TEST_ID.match(answer):
        return None
    rest = TEST_ID.sub("", answer)
    if "::" in rest:
        return "an id that is none"
    if rest.startswith("by design: "):
        return None if FILE.search(rest) else "no file shows it"
    if rest.startswith("not yet: "):
        return None if len(rest.split()) >= FEWEST_WORDS + 2 else "it does not say what is missing"
    return "it begins neither with a test nor with `by design: ` or `not yet: `"


def test_the_list_is_that_of_the_release() -> None:
    assert Counter(LEVELS.values()) == {"1": 70, "2": 183}


def test_every_requirement_is_answered_once_and_in_its_order() -> None:
    answered = [each.id for each in ROWS]
    assert Counter([*answered, *(one for each in LEFT_OUT for one in each.ids)]) == Counter(LEVELS.keys())
    assert answered == sorted(answered, key=lambda each: [int(part) for part in each.split(".")])


def test_every_requirement_has_its_level_and_is_told() -> None:
    assert [each.id for each in ROWS if each.level != LEVELS[each.id] or not each.asks] == []


def test_what_does_not_apply_has_its_reason_in_its_chapter() -> None:
    assert [each.ids for each in LEFT_OUT if len(each.why.split()) < 2] == []
    assert [each.ids for each in LEFT_OUT if len({one.split(".")[0] for one in each.ids}) > 1] == []


@pytest.mark.parametrize("row", ROWS, ids=[each.id for each in ROWS])
def test_an_answer_names_what_holds_it_or_says_what_is_missing(row: Row) -> None:
    assert fault(row.answer) is None


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "yes",
        "by design: it is so",
        "not yet: ",
        "not yet: soon",
        "`tests/house/test_asvs.py::test_of_nothing`",
        "`tests/house/absent.py::test_the_list_is_that_of_the_release`",
        "not yet: much is missing here (`tests/house/test_asvs.py::test_of_nothing`)",
        "by design: `core/nextvisit/clock.py`, tests/house/test_asvs.py::test_of_nothing",
    ],
)
def test_a_wrong_answer_is_noticed(answer: str) -> None:
    assert fault(answer) is not None
