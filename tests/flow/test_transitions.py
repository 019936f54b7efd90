"""The table of phases beside `State` says what `step` does, no more and no less, and the docs draw it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

from nextvisit.flow.engine.state import TRANSITIONS, Cause, PhaseName
from tests.flow.walks import impossible, seen

PAGE = Path(__file__).parents[2] / "docs" / "flow_semantics.md"
BEGIN, END = "<!-- the table of phases -->\n", "<!-- end of the table -->\n"


def drawn() -> str:
    """The table as docs/flow_semantics.md shows it."""
    lines = ["| phase | " + " | ".join(get_args(Cause)) + " |", "| --- " * (len(get_args(Cause)) + 1) + "|"]
    for phase in get_args(PhaseName):
        cells = [", ".join(TRANSITIONS.get((phase, cause), ())) or "—" for cause in get_args(Cause)]
        lines.append(f"| **{phase}** | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def test_whatever_happens_is_in_the_table() -> None:
    strange = [each for each in seen() if each.after not in TRANSITIONS.get((each.before, each.cause), ())]
    assert sorted(map(str, strange)) == []


def test_whatever_is_in_the_table_happens() -> None:
    happened = {(each.before, each.cause, each.after) for each in seen()}
    rows = {(before, cause, after) for (before, cause), afters in TRANSITIONS.items() for after in afters}
    assert sorted(rows - happened) == []


def test_what_is_not_in_the_table_is_a_bug() -> None:
    pairs = {(phase, cause) for phase in get_args(PhaseName) for cause in ("started", "timer", "result")}
    missing = {each for each in pairs - TRANSITIONS.keys() if each[0] != "ended"}
    assert missing <= impossible()


def test_the_docs_draw_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    above, rest = text.split(BEGIN)
    _, below = rest.split(END)
    if os.environ.get("NEXTVISIT_UPDATE_DOCS") == "1":
        PAGE.write_text(above + BEGIN + drawn() + END + below, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == above + BEGIN + drawn() + END + below
